/** Time as a run sees it: a monotonic reading and a timer. Tests put a simulated one in its place. */

/** Where a run gets the time from. */
export interface Clock {
  /** A monotonic reading, in milliseconds, with fractions. */
  now(): number;
  /** Calls `wake` once, `delayMs` from now or a little later; the function returned takes the timer back. */
  setTimer(delayMs: number, wake: () => void): () => void;
  /** Calls `go` once the event loop has turned: timers, signals and I/O that are due come first. */
  defer(go: () => void): void;
}

/** For the modules and tests of this package: executor options carry a clock in place of the system's under this key. */
export const clockOption: unique symbol = Symbol.for("dagny.clock"); // Registered: the bundle of `dagny/testing` has the same one.

/** The longest delay that `setTimeout` does not turn into 1 ms. */
const longestDelayMs = 2 ** 31 - 1;

// Taken from the global object once: there it is a getter, which costs as much as the reading.
const { performance } = globalThis;

/** The clock of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer(delayMs, wake) {
    const timer = setTimeout(wake, Math.min(Math.ceil(delayMs), longestDelayMs));
    return () => clearTimeout(timer);
  },
  defer: (go) => void setImmediate(go),
};
