/** Puts what attempts give where everybody can read it: before they are reported (I3 of the loop). */
import { Codec, notCloneable } from "../codec.js";
import type { CarriedMessage } from "../messages.js";
import { transferablesOf } from "../transferables.js";
import { tags } from "./seat.js";
import type { ThreadDesk, ThreadRun } from "./thread-run.js";

const noBuffers: readonly ArrayBuffer[] = [];

/** The outlet of one thread. */
export class Outlet {
  readonly #desk: ThreadDesk;
  readonly #codec = new Codec();
  /** Whether what was put last could not be, and the error that says so stands in its place. */
  isRefused = false;
  /** How many bytes it took. */
  byteCount = 0;

  constructor(desk: ThreadDesk) {
    this.#desk = desk;
  }

  /**
   * Puts a value that does not fit a record, for the record that is written next. Where it moves, its buffers are gone here afterwards.
   * Answers with its tag.
   */
  put(run: ThreadRun, node: number, attempt: number, value: unknown, isMoving = false): number {
    this.isRefused = false;
    try {
      const buffers = isMoving ? transferablesOf(value) : noBuffers;
      if (buffers.length === 0 && this.#codec.encodeBytes(value) === tags.bytes) return this.#putBytes(this.#codec.bytes);
      this.#desk.report();
      this.#carry({ type: "carried", run: run.id, node, attempt, value }, buffers);
      return tags.carried;
    } catch (error) {
      this.isRefused = true;
      return this.putError(error);
    }
  }

  /** Puts what an attempt threw. Answers with its tag. */
  putError(error: unknown): number {
    return this.#putBytes(this.#codec.encodeThrown(error));
  }

  #putBytes(bytes: Uint8Array): number {
    this.byteCount = bytes.byteLength;
    this.#desk.native.put(bytes);
    return tags.bytes;
  }

  #carry(message: CarriedMessage, buffers: readonly ArrayBuffer[]): void {
    this.byteCount = 0;
    try {
      this.#desk.line.post(message, buffers);
    } catch (error) {
      throw notCloneable(message.value, error);
    }
  }
}
