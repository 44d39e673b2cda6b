/** Stand-in for the codec of branch values. */
import { deserialize, serialize } from "node:v8";
import type { CarriedValue } from "./messages.js";

export function encode(value: unknown): CarriedValue {
  return { bytes: serialize(value), buffers: [] };
}

export function decode(bytes: Uint8Array, _buffers?: CarriedValue["buffers"]): unknown {
  return deserialize(bytes);
}

export function encodeError(error: unknown): Uint8Array {
  return serialize(error);
}
