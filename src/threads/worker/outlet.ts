/** Puts what attempts give where everybody can read it: before they are reported (I3 of the loop). */
import { Codec, notCloneable } from "../codec.js";
import type { CarriedMessage } from "../messages.js";
import { tags } from "./seat.js";
import type { ThreadDesk, ThreadRun } from "./thread-run.js";

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

  /** Puts a value that does not fit a record, for the record that is written next. Answers with its tag. */
  put(run: ThreadRun, node: number, attempt: number, value: unknown): number {
    this.isRefused = false;
    try {
      if (this.#codec.encodeBytes(value) === tags.bytes) return this.#putBytes(this.#codec.bytes);
      this.#desk.report();
      this.#carry({ type: "carried", run: run.id, node, attempt, value });
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

  #carry(message: CarriedMessage): void {
    this.byteCount = 0;
    try {
      this.#desk.line.post(message);
    } catch (error) {
      throw notCloneable(message.value, error);
    }
  }
}
