/**
 * The seats of a pool: the threads in them, and the runs that use them.
 *
 * The core's side of the pool hands out work; this side starts threads, replaces those that die, and hands what they say to the run it is
 * about. I1 Threads keep the program alive while a run uses the pool, and no longer. I2 A thread is replaced at once where a run may need
 * it; a pool in which no thread comes to work is given up after a few attempts, with the runs that need it. I3 What is known of a death is
 * kept before the core hears of it. I4 A module that did not load in time, or whose loading
 * ended two threads, is not loaded again while the pool is in use.
 */
import { InternalError } from "../errors/internal.js";
import { PoolClosedError, ThreadStartError } from "../errors/threads.js";
import { NativePool } from "../native/index.js";
import { refuseCall } from "./calls.js";
import type { ThreadPoolStats, ThreadStats } from "./pool.js";
import type { ResolvedPoolOptions } from "./pool-options.js";
import { type AttemptMessage, type Death, Thread, type ThreadOwner } from "./thread.js";

/** How often threads may end before they are ready, one after the other, before the pool is given up. */
const mostFailedStarts = 3;
/** How long a thread may take to end by itself when its pool is closed. */
const leavingMs = 1000;

/** A run, as a pool sees it. */
export interface PoolUser {
  /** The core has something for this thread. */
  wake(): void;
  /** It cannot go on. */
  fail(error: Error): void;
  /** A thread says something about an attempt of it. */
  heard(thread: Thread, message: AttemptMessage): void;
  /** It is known that a module ends threads by being loaded. */
  blame(fault: ModuleFault): void;
}

/** A module that no thread can load. */
export interface ModuleFault {
  readonly url: string;
  readonly fault: "exited" | "timeout";
  readonly exitCode: number | undefined;
  readonly timeoutMs: number;
}

/** The seats of one pool. */
export class Seats implements ThreadOwner {
  readonly #options: ResolvedPoolOptions;
  /** See `ThreadData.sab`. */
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #threads: (Thread | undefined)[];
  readonly #deaths: (Death | undefined)[];
  /** How many threads each seat has had. */
  readonly #startCounts: number[];
  readonly #users = new Map<number, PoolUser>();
  readonly #faults = new Map<string, ModuleFault>();
  /** Modules during whose loading a thread has ended by itself, once: something else on that thread may have ended it. */
  readonly #suspects = new Set<string>();
  #native: NativePool | undefined;
  /** How many runs use the pool, those included that have not been shared yet. */
  #useCount = 0;
  #failedStarts = 0;
  #closing: Promise<void> | undefined;
  #onUnused: (() => void) | undefined;

  constructor(options: ResolvedPoolOptions) {
    this.#options = options;
    this.#words = new Int32Array(new SharedArrayBuffer(4 * (1 + 2 * options.threads)));
    this.#threads = new Array<Thread | undefined>(options.threads).fill(undefined);
    this.#startCounts = new Array<number>(options.threads).fill(0);
    this.#deaths = new Array<Death | undefined>(options.threads).fill(undefined);
  }

  get size(): number {
    return this.#options.threads;
  }

  /** The core's side of it. */
  get native(): NativePool {
    if (this.#native === undefined) {
      const seats = new WeakRef<Seats>(this); // The core keeps the function, and so would keep the pool.
      this.#native = new NativePool(this.size, (run: number) => seats.deref()?.wake(run));
    }
    return this.#native;
  }

  /** The core has something for the main thread about a run. */
  wake(run: number): void {
    this.#users.get(run)?.wake();
  }

  // ── runs come and go ──

  /** A run is going to use the pool. Throws where it is closed. */
  enter(): void {
    if (this.#closing !== undefined) throw new PoolClosedError();
    if (this.#useCount++ > 0) return;
    this.#failedStarts = 0;
    this.#faults.clear();
    this.#suspects.clear();
    for (const thread of this.#threads) thread?.ref(); // I1
  }

  /** A run that has entered was shared, by this number; at most `threads` threads have work for it. Throws where they cannot be started. */
  join(run: number, user: PoolUser, threads: number): void {
    this.#users.set(run, user);
    this.want(threads);
  }

  /** A run that has entered is over; `undefined` where it was not shared. */
  leave(run: number | undefined): void {
    if (run !== undefined) this.#users.delete(run);
    if (--this.#useCount > 0) return;
    for (const thread of this.#threads) thread?.unref();
    this.#onUnused?.();
  }

  /** The modules that are known not to load. */
  get faults(): Iterable<ModuleFault> {
    return this.#faults.values();
  }

  /** Whether no module is known not to load. */
  get isFaultless(): boolean {
    return this.#faults.size === 0;
  }

  // ── threads come and go ──

  /** Has so many threads, or as many as there may be. Throws where one cannot be started. */
  want(count: number): void {
    const most = Math.min(count, this.size);
    for (let seat = 0; seat < most; seat++) if (this.#threads[seat] === undefined) this.#start(seat);
  }

  #start(seat: number): void {
    const { native } = this;
    const generation = native.openSeat(seat);
    const { name, loadTimeoutMs, worker } = this.#options;
    try {
      const thread = new Thread({
        owner: this,
        name: `${name}-${seat + 1}`,
        poolId: native.id,
        seat,
        generation,
        words: this.#words,
        loadTimeoutMs,
        worker,
      });
      this.#threads[seat] = thread;
      this.#startCounts[seat] = (this.#startCounts[seat] ?? 0) + 1;
      if (this.#useCount > 0) thread.ref();
    } catch (error) {
      native.seatDied(seat, generation);
      throw error;
    }
  }

  /** The thread that has a seat now. */
  threadAt(seat: number): Thread | undefined {
    return this.#threads[seat];
  }

  /** A seat whose thread may take work; the next one each time. */
  nextSeat(): number {
    for (let i = 0; i < this.size; i++) {
      this.#lastSeat = (this.#lastSeat + 1) % this.size;
      if (this.#threads[this.#lastSeat] !== undefined) return this.#lastSeat;
    }
    return 0;
  }

  #lastSeat = -1;

  /** How the last thread of a seat ended. */
  deathAt(seat: number): Death | undefined {
    return this.#deaths[seat];
  }

  /** What the thread of a seat is called. */
  /** Of all threads there may be, in order. */
  get names(): readonly string[] {
    return Array.from({ length: this.size }, (_, seat) => this.nameOf(seat));
  }

  nameOf(seat: number): string {
    return `${this.#options.name}-${seat + 1}`;
  }

  ready(): void {
    this.#failedStarts = 0;
  }

  heard(thread: Thread, message: AttemptMessage): void {
    const user = this.#users.get(message.run);
    if (user !== undefined) user.heard(thread, message);
    else if (message.type === "call") refuseCall(thread, message);
  }

  faulted(error: Error): void {
    this.#failAll(new InternalError(`a thread has failed: ${error.message}`, { cause: error }));
  }

  died(thread: Thread, death: Death): void {
    const { seat, generation } = thread;
    if (this.#threads[seat] !== thread) return;
    this.#threads[seat] = undefined;
    this.#deaths[seat] = death; // I3
    if (death.load !== undefined) this.#blame(death.load, death.exitCode);
    this.native.seatDied(seat, generation);
    this.notify();
    if (this.#closing !== undefined && this.#useCount === 0) return;
    const hasFailed = !death.wasReady && !death.wasEnded;
    if (hasFailed && ++this.#failedStarts >= mostFailedStarts) this.#giveUp(death);
    else if (this.#useCount > 0) this.#replace(seat);
  }

  #blame({ url, fault }: NonNullable<Death["load"]>, exitCode: number | undefined): void {
    if (fault === "exited" && !this.#suspects.has(url)) {
      this.#suspects.add(url);
      return;
    }
    const known: ModuleFault = { url, fault, exitCode, timeoutMs: this.#options.loadTimeoutMs };
    this.#faults.set(url, known);
    for (const user of this.#users.values()) user.blame(known);
  }

  #replace(seat: number): void {
    try {
      this.#start(seat);
    } catch (error) {
      this.#failAll(error instanceof Error ? error : new ThreadStartError(String(error)));
    }
  }

  /** I2: where others work, they do what there is. */
  #giveUp({ exitCode, cause }: Death): void {
    if (this.#threads.some((thread) => thread?.isReady)) return;
    this.#failedStarts = 0;
    const why = cause instanceof Error ? cause.message : `it ended with exit code ${exitCode}`;
    const message = `no thread of the pool could be started: ${why}; see the \`execArgv\`, \`env\` and \`resourceLimits\` of the pool`;
    this.#failAll(new ThreadStartError(message, cause === undefined ? undefined : { cause }));
  }

  #failAll(error: Error): void {
    for (const user of [...this.#users.values()]) user.fail(error);
  }

  // ── waking ──

  /** Wakes as many parked threads as there is work for. */
  notify(): void {
    const count = this.native.toNotify();
    if (count > 0) this.#notify(count);
  }

  /** Has all parked threads look at what was posted to them. */
  notifyAll(): void {
    this.#notify(Number.POSITIVE_INFINITY);
  }

  #notify(count: number): void {
    Atomics.add(this.#words, 0, 1);
    Atomics.notify(this.#words, 0, count);
  }

  // ── the end ──

  /** See `ThreadPool.close`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#useCount > 0) {
      await new Promise<void>((resolve) => {
        this.#onUnused = resolve;
      });
    }
    this.#native?.close();
    this.notifyAll();
    await Promise.all(this.#threads.map((thread) => thread?.leave(leavingMs)));
  }

  stats(): ThreadPoolStats {
    const numbers = this.#native?.stats();
    const threads = this.#threads.map((thread, seat): ThreadStats => {
      const [tasks = 0, busyUs = 0, batches = 0, parks = 0] = numbers?.subarray(5 * seat, 5 * seat + 5) ?? [];
      return {
        name: this.nameOf(seat),
        isRunning: thread !== undefined,
        generation: this.#startCounts[seat] ?? 0,
        tasks,
        busyMs: busyUs / 1000,
        batches,
        parks,
      };
    });
    return { runs: this.#useCount, threads };
  }
}
