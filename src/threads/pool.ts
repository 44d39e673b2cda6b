/** `ThreadPool`, the name users import: threads that runs share, started when they are needed and kept for later runs. */
import { resolvePoolOptions, type ThreadPoolOptions } from "./pool-options.js";
import { Seats } from "./seats.js";

export type { ThreadPoolOptions } from "./pool-options.js";

/** What a thread of a pool has done. */
export interface ThreadStats {
  /** The thread's name. */
  readonly name: string;
  /** Whether there is a thread now: it starts when a run needs it. */
  readonly isRunning: boolean;
  /** How many threads there have been under this name: one that dies is replaced. */
  readonly generation: number;
  /** How many attempts it has begun. */
  readonly tasks: number;
  /** How long it has called functions, in milliseconds; what went on while they waited is not counted. */
  readonly busyMs: number;
  /** How often it took work. */
  readonly batches: number;
  /** How often it went to sleep. */
  readonly parks: number;
}

/** What a pool has done since it was made. */
export interface ThreadPoolStats {
  /** How many runs use it now. */
  readonly runs: number;
  /** One for each of its threads, in order. */
  readonly threads: readonly ThreadStats[];
}

let seatsOfPool: (pool: ThreadPool) => Seats;

/**
 * Threads for tasks that say `on: "thread"`. Several runs and executors may share a pool. Its threads start when a run needs them, stay
 * warm for the next, are replaced where they die, and keep a program alive only while a run uses them.
 */
export class ThreadPool {
  readonly #seats: Seats;

  static {
    seatsOfPool = (pool) => pool.#seats;
  }

  /** Starts no thread yet. Throws on wrong options. */
  constructor(options: ThreadPoolOptions = {}) {
    this.#seats = new Seats(resolvePoolOptions(options));
  }

  /** How many threads there may be. */
  get size(): number {
    return this.#seats.size;
  }

  /** What its threads have done. */
  stats(): ThreadPoolStats {
    return this.#seats.stats();
  }

  /**
   * Refuses further runs (they reject with a `PoolClosedError`), waits for those in progress, and ends the threads. Idempotent. To end the
   * runs first, cancel them.
   */
  close(): Promise<void> {
    return this.#seats.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What `console.log(pool)` shows. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return Object.assign(Object.create({ constructor: ThreadPool }), { size: this.size, ...this.stats() });
  }
}

/** The seats of a pool. */
export function seatsOf(pool: ThreadPool): Seats {
  return seatsOfPool(pool);
}

let madeDefault: ThreadPool | undefined;

/** The pool of executors that name none: one for this thread of the process, made when it is first needed, and never closed. */
export function defaultPool(): ThreadPool {
  madeDefault ??= new ThreadPool();
  return madeDefault;
}
