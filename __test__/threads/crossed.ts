/** A value as it arrives on another thread. */
import { Codec, decode } from "../../src/threads/codec.js";

/** Encodes and decodes, always as bytes. */
export function crossed<T>(value: T, codec = new Codec()): T {
  codec.encodeBytes(value);
  // A copy: another thread never sees the encoder's own buffer.
  return decode(codec.bytes.slice()) as T;
}

/** What a task threw, as the main thread sees it. */
export function thrownAcross(thrown: unknown, codec = new Codec()): unknown {
  return decode(codec.encodeThrown(thrown).slice());
}
