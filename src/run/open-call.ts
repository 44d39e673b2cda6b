/** The attempt whose function is being called, if any: what it reports in its call comes after the report of its beginning. */
import type { Door } from "../native/index.js";

/** The call that is going on. */
export class OpenCall {
  #node = -1;
  #attempt = 0;
  #at = 0;
  /** Whether the core was told that it began. */
  isReported = false;

  begin(node: number, attempt: number, at: number): void {
    this.#node = node;
    this.#attempt = attempt;
    this.#at = at;
    this.isReported = false;
  }

  end(): void {
    this.#node = -1;
  }

  /** Whether it is this attempt's. */
  isOf(node: number, attempt: number): boolean {
    return node === this.#node && attempt === this.#attempt;
  }

  /** Reports that it began, if one is going on. Answers whether that was news. */
  report(door: Door | undefined): boolean {
    if (this.#node === -1 || this.isReported || door === undefined) return false;
    this.isReported = true;
    door.began(this.#node, this.#attempt, this.#at);
    return true;
  }
}
