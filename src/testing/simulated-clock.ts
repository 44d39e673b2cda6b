/** A clock that stands still until somebody moves it, for runs without real time. */
import { AsyncResource } from "node:async_hooks";
import type { Clock } from "../clock/clock.js";

interface Timer {
  /** When it is due, on this clock. */
  readonly at: number;
  /** In the order in which timers were set: of those due at one time the first one set fires first. */
  readonly order: number;
  /** `undefined` once it was taken back. */
  wake: (() => void) | undefined;
}

/** Simulated time, in milliseconds from 0. */
export class SimulatedClock implements Clock {
  #now = 0;
  #nextOrder = 0;
  #deferred = 0;
  /** A binary heap, the earliest timer first. Timers taken back stay in it until they come up. */
  readonly #timers: Timer[] = [];

  now(): number {
    return this.#now;
  }

  /** When the earliest timer is due; `undefined` where there is none. */
  get nextAt(): number | undefined {
    return this.#first()?.at;
  }

  setTimer(delayMs: number, wake: () => void): () => void {
    // Bound to the caller's context, as the system's timers are.
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#nextOrder++, wake: AsyncResource.bind(wake) };
    this.#timers.push(timer);
    rise(this.#timers);
    return () => {
      timer.wake = undefined;
    };
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
    const first = this.#first();
    if (first === undefined) return false;
    takeFirst(this.#timers);
    this.#now = Math.max(this.#now, first.at);
    first.wake?.();
    return true;
  }

  /** Moves on by `ms`, firing what comes due on the way. What that brings about later, in promise reactions, is not waited for. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let at = this.nextAt; at !== undefined && at <= end; at = this.nextAt) this.jump();
    this.#now = Math.max(this.#now, end);
  }

  /** Lets `ms` go by, as code does that gives the event loop no turn: what comes due has to wait. */
  pass(ms: number): void {
    this.#now += ms;
  }

  #first(): Timer | undefined {
    while (this.#timers[0] !== undefined && this.#timers[0].wake === undefined) takeFirst(this.#timers);
    return this.#timers[0];
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Moves the last timer of a heap to its place. */
function rise(heap: Timer[]): void {
  let place = heap.length - 1;
  const timer = heap[place] as Timer;
  while (place > 0) {
    const above = (place - 1) >> 1;
    const other = heap[above] as Timer;
    if (!isBefore(timer, other)) break;
    heap[place] = other;
    place = above;
  }
  heap[place] = timer;
}

/** Takes the first timer out of a heap that is not empty. */
function takeFirst(heap: Timer[]): void {
  const last = heap.pop() as Timer;
  if (heap.length === 0) return;
  let place = 0;
  for (;;) {
    let below = 2 * place + 1;
    const left = heap[below];
    if (left === undefined) break;
    const right = heap[below + 1];
    if (right !== undefined && isBefore(right, left)) below++;
    const other = heap[below] as Timer;
    if (!isBefore(other, last)) break;
    heap[place] = other;
    place = below;
  }
  heap[place] = last;
}
