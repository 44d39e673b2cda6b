/** Pools of threads. (A stand-in: the surface that others are written against.) */
import type { ResourceLimits } from "node:worker_threads";
import { PoolClosedError } from "../errors/threads.js";

/** How a pool's threads are made. */
export interface ThreadPoolOptions {
  readonly threads?: number | undefined;
  readonly name?: string | undefined;
  readonly resourceLimits?: ResourceLimits | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly execArgv?: readonly string[] | undefined;
  readonly maxMemoryMb?: number | undefined;
  readonly loadTimeoutMs?: number | undefined;
}

/** Threads that runs share. */
export class ThreadPool {
  #isClosed = false;

  constructor(_options: ThreadPoolOptions = {}) {}

  /** Throws `PoolClosedError` after `close()`. */
  expectOpen(): void {
    if (this.#isClosed) throw new PoolClosedError();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

let shared: ThreadPool | undefined;

/** The pool of the whole process, for executors that have none of their own. */
export function defaultPool(): ThreadPool {
  shared ??= new ThreadPool();
  return shared;
}
