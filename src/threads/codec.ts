/**
 * How values leave a thread and arrive on another: scalars in the record itself, all else as bytes, and what bytes cannot hold through a
 * message port.
 *
 * What arrives is what structured clone would make of it, with three differences, all in favor of the reader: errors keep their class,
 * code, cause and own properties at any depth; a `Buffer` stays a `Buffer`; a view of part of a buffer brings that part only.
 */
import { ValueNotCloneableError } from "../errors/threads.js";
import { decodeBytes } from "./decode.js";
import { OnlyByPort, ValueEncoder } from "./encode.js";
import { findUncloneable } from "./uncloneable.js";
import { type ValueTag, valueTags } from "./value-tags.js";

const noBytes = new Uint8Array(0);

/** What a value is outside its thread, except where it is carried. */
export type PlainNativeValue = undefined | null | boolean | number | Uint8Array;

/** Encodes the values of one thread. What a call gives is valid until the next call. */
export class Codec {
  #encoder = new ValueEncoder();
  #isBusy = false;
  /** The number, where the tag is `number`. */
  number = 0;
  /** The bytes, where the tag is `bytes`: a view that the next call overwrites. */
  bytes: Uint8Array = noBytes;

  /**
   * Encodes a value. With tag `carried` nothing is written: the value is to be posted through a message port, which may still refuse it
   * (see {@link notCloneable}).
   *
   * `root` is what the path in an error begins with.
   *
   * @throws {ValueNotCloneableError} if there is something in the value that no other thread can have
   */
  encode(value: unknown, root = "result"): ValueTag {
    switch (typeof value) {
      case "undefined":
        return valueTags.undefined;
      case "boolean":
        return value ? valueTags.true : valueTags.false;
      case "number":
        this.number = value;
        return valueTags.number;
      default:
        return value === null ? valueTags.null : this.#encode(value, root);
    }
  }

  /** Encodes as bytes, whatever it is: for many values in one message, and where there is no record. */
  encodeBytes(value: unknown, root = "result"): typeof valueTags.bytes | typeof valueTags.carried {
    return this.#encode(value, root);
  }

  /**
   * The bytes of what a task threw. Never throws: what cannot be brought over is told of in an error that stands in its place, and what
   * an error has that cannot be brought over is left out.
   */
  encodeThrown(thrown: unknown): Uint8Array {
    try {
      return this.#write(thrown);
    } catch {
      return this.#write(standIn(thrown));
    }
  }

  #encode(value: unknown, root: string): typeof valueTags.bytes | typeof valueTags.carried {
    try {
      this.#write(value);
      return valueTags.bytes;
    } catch (thrown) {
      if (thrown instanceof OnlyByPort) return valueTags.carried;
      throw notCloneable(value, thrown, root);
    }
  }

  #write(value: unknown): Uint8Array {
    if (this.#isBusy) {
      // A getter of the value that is being written came back here: that one's writer stays as it is.
      this.bytes = new ValueEncoder().encode(value);
      return this.bytes;
    }
    this.#isBusy = true;
    try {
      this.bytes = this.#encoder.encode(value);
      return this.bytes;
    } finally {
      this.#isBusy = false;
    }
  }
}

/** The value of what {@link Codec} wrote; scalars stand for themselves. Bytes are not kept. */
export function decode(native: PlainNativeValue): unknown {
  return typeof native === "object" && native !== null ? decodeBytes(native) : native;
}

/** The error for a value that an encoder or a message port has refused: it says where in the value, and what stands there. */
export function notCloneable(value: unknown, thrown: unknown, root = "result", node?: string): ValueNotCloneableError {
  return new ValueNotCloneableError(node, findUncloneable(value, thrown, root));
}

/** What tells of a thrown value that cannot leave its thread. */
function standIn(thrown: unknown): Error {
  const what = typeof thrown === "function" ? `the function ${thrown.name === "" ? "(anonymous)" : thrown.name}` : shown(thrown);
  return new Error(`the task threw ${what}, which cannot be sent to another thread: throw an Error`);
}

function shown(thrown: unknown): string {
  try {
    return typeof thrown === "symbol" ? String(thrown) : `an object (${Object.prototype.toString.call(thrown).slice(8, -1)})`;
  } catch {
    return "an object";
  }
}
