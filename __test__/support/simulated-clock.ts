/** A clock that stands still until the test moves it, for runs without real time. */
import { AsyncResource } from "node:async_hooks";
import type { Clock } from "../../src/clock/clock.js";

export class SimulatedClock implements Clock {
  #now = 0;
  #nextId = 0;
  #deferred = 0;
  readonly #timers = new Map<number, { readonly at: number; readonly wake: () => void }>();

  now(): number {
    return this.#now;
  }

  setTimer(delayMs: number, wake: () => void): () => void {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#now + delayMs, wake: AsyncResource.bind(wake) }); // As the system's timers do.
    return () => this.#timers.delete(id);
  }

  /** The event loop itself takes no simulated time. */
  defer(go: () => void): void {
    this.#deferred++;
    setImmediate(() => {
      this.#deferred--;
      go();
    });
  }

  /** Lets everything happen that needs no time: promise reactions, and turns of the event loop that were asked for. */
  async settle(): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#deferred > 0);
  }

  /** Moves to the earliest timer and fires it. @returns false where there is none. */
  jump(): boolean {
    const [first] = [...this.#timers].sort(([a, left], [b, right]) => left.at - right.at || a - b);
    if (first === undefined) return false;
    const [id, { at, wake }] = first;
    this.#timers.delete(id);
    this.#now = Math.max(this.#now, at);
    wake();
    return true;
  }

  /** Moves on by `ms`, firing what comes due on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while ([...this.#timers.values()].some(({ at }) => at <= end)) this.jump();
    this.#now = Math.max(this.#now, end);
  }

  /** Lets `ms` go by, as code that does not give the event loop a turn does: what comes due has to wait. */
  pass(ms: number): void {
    this.#now += ms;
  }
}
