/** The one timer that a run has in the host: for the earliest time at which the core wants to be asked. */
import type { Clock } from "../clock/clock.js";

/** One run's timer. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #cancel: (() => void) | undefined;
  /** When it rings; Infinity for never. */
  at = Number.POSITIVE_INFINITY;

  /** `ring` is called when it is time. */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `at` and not before. */
  set(at: number, now: number): void {
    this.clear();
    this.at = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#cancel = this.#clock.setTimer(Math.max(0, at - now), () => {
      this.#cancel = undefined;
      this.at = Number.POSITIVE_INFINITY;
      this.#ring();
    });
  }

  /** Takes the host's timer back. */
  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
