/** Puts what attempts give where everybody can read it: before they are reported (I3 of the loop). */
import { encode, encodeError } from "../codec.js";
import { tags } from "./seat.js";
import type { ThreadDesk, ThreadRun } from "./thread-run.js";

/** The outlet of one thread. */
export class Outlet {
  readonly #desk: ThreadDesk;
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
      const { bytes, buffers } = encode(value);
      this.byteCount = bytes.byteLength;
      if (buffers.length === 0) {
        this.#desk.native.put(bytes);
        return tags.bytes;
      }
      this.#desk.report();
      this.#desk.line.post({ type: "carried", run: run.id, node, attempt, value: { bytes, buffers } });
      return tags.carried;
    } catch (error) {
      this.isRefused = true;
      return this.putError(error);
    }
  }

  /** Puts what an attempt threw. Answers with its tag. */
  putError(error: unknown): number {
    const bytes = encodeError(error);
    this.byteCount = bytes.byteLength;
    this.#desk.native.put(bytes);
    return tags.bytes;
  }
}
