/**
 * What few attempts on a thread have: a signal, things that main has made for them, additions that they asked for. Kept from when it is first
 * needed until the attempt's code returns.
 */
import { AttemptSignals } from "../../run/signals.js";
import type { PreparedAttempt } from "../messages.js";

/** What a prepared attempt is given, as far as it is known; the rest is asked for once. */
export type Given = { -readonly [K in keyof PreparedAttempt]: PreparedAttempt[K] };

/** The notes of one run. */
export class AttemptNotes {
  readonly signals = new AttemptSignals();
  /** By node. */
  readonly given = new Map<number, Given>();
  /** Inputs that have come, boxed: they may be anything. By node. */
  readonly carried = new Map<number, { readonly inputs: unknown }>();
  readonly #growing = new Set<number>();

  /** An attempt asked for additions: main settles it. */
  grows(node: number, attempt: number): void {
    this.#growing.add(keyOf(node, attempt));
  }

  /** The code of an attempt has returned. Answers whether main has to settle what it gave. */
  returned(node: number, attempt: number): boolean {
    this.signals.returned(node, attempt);
    this.signals.forget(node, attempt);
    this.given.delete(node);
    return this.#growing.delete(keyOf(node, attempt));
  }
}

/** An attempt as one number: exact for 2^32 nodes and 2^20 attempts of each. */
function keyOf(node: number, attempt: number): number {
  return attempt * 2 ** 32 + node;
}
