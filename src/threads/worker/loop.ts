/**
 * The loop of a thread: takes leases from the scheduler, calls their functions, reports what came of them, parks.
 *
 * It is to threads what `src/run/driver.ts` is to main, and decides even less: what fails, or grows, main settles. I1 A lease is claimed
 * right before its function is called; until then anybody may take it back. I2 Its function is loaded before it is claimed. I3 An output can be
 * read everywhere before its attempt is reported. I4 Nothing is said to main of an attempt before the scheduler knows that it has begun.
 * I5 The thread blocks only while no attempt is unsettled and no module is being loaded; else it is in its event loop. I6 Every promise
 * a task gave is followed; an attempt that was told to stop is reported like any other. I7 Tasks are called in an async context of their
 * turn's, with `this` undefined.
 *
 * One reading of the clock serves as the end of one task and the beginning of the next that is called right after it.
 */
import { AsyncResource } from "node:async_hooks";
import type { AnyTask } from "../../flow/lowered.js";
import { isThenable } from "../../run/thenable.js";
import { decode } from "../codec.js";
import type { AbortMessage, CarryMessage } from "../messages.js";
import { Descriptions, LoadFailure } from "./descriptions.js";
import type { MailHandler, MainLine } from "./main-line.js";
import { Modules } from "./modules.js";
import { Outlet } from "./outlet.js";
import { exchangeModes, leaseFlags, mostLeases, type NativeSeatLike, outcomes, type Seat, seatBits, tags } from "./seat.js";
import { type ThreadDesk, ThreadRun } from "./thread-run.js";

/** How long tasks may keep the event loop from turning, in milliseconds. */
const sliceMs = 20;
/** How long something that has ended may wait to be reported while other tasks are called, in milliseconds. */
const reportMs = 0.02;
/** How often a thread that has nothing to do looks before it blocks: some 15 µs, in which the main thread answers a short task. */
const spins = 8000;
/** How long it blocks before it returns to its event loop, in milliseconds. */
const parkMs = 50;

// What a task puts in the place of the globals is none of the loop's.
const { add, load, notify, wait } = Atomics;
const { setImmediate } = globalThis;

/** What the loop is made of. */
export interface LoopParts {
  readonly seat: Seat;
  /** The pool's words; the first one changes when there is work. */
  readonly words: Int32Array;
  readonly now: () => number;
  /** Makes the line to main. */
  readonly connect: (handler: MailHandler) => MainLine;
  /** The pool wants the thread to end. */
  readonly onStop: () => void;
  /** The engine has a fault. */
  readonly onFault: (error: unknown) => void;
}

/** An attempt whose function gave a promise. */
interface Going {
  readonly run: ThreadRun;
  readonly node: number;
  readonly attempt: number;
  readonly flags: number;
  readonly promise: PromiseLike<unknown>;
}

/** Runs what one thread is given. */
export class Loop implements MailHandler, ThreadDesk {
  readonly #seat: Seat;
  readonly #words: Int32Array;
  readonly #now: () => number;
  readonly #modules: Modules;
  readonly #outlet: Outlet;
  readonly #onStop: () => void;
  readonly #onFault: (error: unknown) => void;
  readonly native: NativeSeatLike;
  readonly line: MainLine;
  readonly descriptions = new Descriptions();
  readonly #runs = new Map<number, ThreadRun>();
  /** The run of the tray. */
  #run: ThreadRun | undefined;
  readonly #outside = new AsyncResource("DagnyThread");
  #turn = this.#outside;

  /** The attempt whose function is being called, if `#isCalling`, and whether its beginning has been recorded. */
  #isCalling = false;
  #isRecorded = false;
  #callRun = 0;
  #callNode = 0;
  #callAttempt = 0;
  #calledAt = 0;

  /** How many attempts go on, and how many functions are being loaded (I5). */
  #unsettled = 0;
  #loading = 0;
  #isPumping = false;
  #isResting = false;
  #isOver = false;
  #sliceStart = 0;
  #exchangedAt = 0;
  /** The next promise for the lane that asks. */
  #handOver: Going | undefined;

  constructor(parts: LoopParts) {
    this.#seat = parts.seat;
    this.native = parts.seat.native;
    this.#words = parts.words;
    this.#now = parts.now;
    this.#onStop = parts.onStop;
    this.#onFault = parts.onFault;
    this.line = parts.connect(this);
    this.#modules = new Modules((message) => this.line.post(message));
    this.#outlet = new Outlet(this);
  }

  /** There may be something to do. Called from the event loop. */
  wake(): void {
    if (this.#isPumping || this.#isResting || this.#isOver) return;
    // What a task leaves in its async context ends with the turn (I7).
    this.#turn = this.#outside.runInAsyncScope(() => new AsyncResource("DagnyThread"));
    this.#sliceStart = this.#now();
    this.#turn.runInAsyncScope(this.#pump, this, this.#sliceStart, false);
  }

  // ── what main says ──

  aborted({ run, node, attempt, reason }: AbortMessage): void {
    const error = decode(reason);
    this.#runs.get(run)?.abort(node, attempt, error);
    this.line.post({ type: "acknowledged", run, node, attempt });
  }

  carried({ run, node, inputs }: CarryMessage): void {
    this.#runOf(run).carry(node, inputs);
  }

  // ── the loop ──

  /** Calls what is leased and exchanges, until there is nothing, or it is time to rest. `now` is a fresh reading. */
  #pump(now: number, isLane: boolean): void {
    if (this.#isPumping || this.#isResting || this.#isOver) return;
    this.#isPumping = true;
    try {
      this.#work(now, isLane);
    } catch (error) {
      this.#fail(error);
    }
    this.#isPumping = false;
  }

  #work(now: number, isLane: boolean): void {
    const seat = this.#seat;
    const restAt = Math.max(this.#sliceStart, now) + sliceMs;
    let time = now;
    while (time <= restAt && !this.#isOver) {
      const run = this.#run;
      if (run === undefined || !seat.hasNext) {
        if (!this.#lease(time)) return; // All has been reported.
        time = this.#now();
        continue;
      }
      const fn = run.fns[seat.nextFn];
      if (fn === undefined) {
        this.#load(run, seat.nextFn);
        break;
      }
      if (seat.claim(time)) time = this.#call(run, fn, time, isLane);
    }
    if (seat.pending > 0 && !this.#isOver) this.#exchange(0, exchangeModes.work, time);
    if (time - this.#sliceStart > sliceMs) this.#rest();
  }

  /** Lets the event loop turn once before anything else is called, so that timers, messages and I/O are heard. */
  #rest(): void {
    this.#isResting = true;
    setImmediate(() => {
      this.#isResting = false;
      this.wake();
    });
  }

  /** Calls the function of the lease claimed last, at `time`. Answers with a reading of the clock taken after it. */
  #call(run: ThreadRun, fn: AnyTask | LoadFailure, time: number, isLane: boolean): number {
    const seat = this.#seat;
    const { node, attempt, flags } = seat;
    if (!seat.takes(run.id)) this.#exchange(0, exchangeModes.work, time); // What came of an attempt of another run.
    if (flags & leaseFlags.mistrusted) run.mistrust();
    this.#callRun = run.id;
    this.#callNode = node;
    this.#callAttempt = attempt;
    this.#calledAt = time;
    this.#isRecorded = false;
    this.#isCalling = true;
    let value: unknown;
    let isOk = true;
    let isPromise = false;
    try {
      const inputs = flags & leaseFlags.prepared ? run.preparedInputsOf(node) : run.inputsOf(node);
      if (typeof fn !== "function") throw fn;
      value = fn(inputs, run.contextOf(node, attempt));
      isPromise = isThenable(value);
    } catch (error) {
      isOk = false;
      value = error;
    }
    if (isPromise) {
      this.#record();
      this.#isCalling = false;
      this.#follow({ run, node, attempt, flags, promise: value as PromiseLike<unknown> }, isLane);
      return this.#reported(this.#now(), false);
    }
    const now = this.#settle(run, node, attempt, flags, this.#now(), isOk, value);
    this.#isCalling = false;
    return this.#reported(now, !isOk);
  }

  /** Exchanges if it is time to, and nobody is going to: a failure may take back what has not begun. Answers with a reading of the clock. */
  #reported(now: number, isUrgent: boolean): number {
    const seat = this.#seat;
    if (!seat.hasNext) return now;
    if (!isUrgent && now - this.#exchangedAt < reportMs && !seat.isFull) return now;
    if (seat.pending > 0) this.#exchange(0, exchangeModes.work, now);
    this.line.takeMail();
    return now;
  }

  /** Writes down what an attempt came to at `now`. Answers with a reading of the clock after that. */
  #settle(run: ThreadRun, node: number, attempt: number, flags: number, now: number, isOk: boolean, value: unknown): number {
    const isMoving = run.hasMoving && run.isMoving(node);
    const isMains = run.returned(node, attempt);
    let outcome: number = isMains ? outcomes.settles : outcomes.ok;
    let tag: number = tags.undefined;
    if (!isOk) {
      const isLoading = value instanceof LoadFailure;
      outcome = isLoading ? outcomes.final : outcomes.failed;
      tag = this.#outlet.putError(isLoading ? value.error : value);
    } else if (isMains || flags & leaseFlags.read) {
      tag = tagOf(value);
      if (tag === tags.bytes) {
        tag = this.#outlet.put(run, node, attempt, value, isMoving);
        if (this.#outlet.isRefused) outcome = outcomes.final;
        else if (!isMoving) run.keepObject(node, value, this.#outlet.byteCount);
      } else run.keepScalar(node, value);
    }
    const number = tag === tags.number ? (value as number) : 0;
    if (this.#isCalling && !this.#isRecorded) this.#seat.ran(run.id, node, attempt, this.#calledAt, now, outcome, tag, number);
    else this.#seat.ended(run.id, node, attempt, now, outcome, tag, number);
    return tag === tags.bytes || tag === tags.carried ? this.#now() : now;
  }

  /** Gives a promise to the lane that asks, or to a new one. */
  #follow(going: Going, isLane: boolean): void {
    this.#unsettled++;
    if (isLane && this.#handOver === undefined) this.#handOver = going;
    else void this.#lane(going);
  }

  /** Follows one promise after another for as long as there are leases. */
  async #lane(first: Going): Promise<void> {
    for (let going: Going | undefined = first; going !== undefined; ) {
      let value: unknown;
      let isOk = true;
      try {
        value = await going.promise;
      } catch (error) {
        isOk = false;
        value = error;
      }
      going = this.#settled(going, isOk, value);
    }
  }

  /** An attempt that went on has ended. Answers with the next one for its lane. */
  #settled({ run, node, attempt, flags }: Going, isOk: boolean, value: unknown): Going | undefined {
    this.#unsettled--;
    if (this.#isOver) return undefined;
    const now = this.#now();
    try {
      if (!this.#seat.takes(run.id) || this.#seat.isFull) this.#exchange(0, exchangeModes.work, now);
      this.#settle(run, node, attempt, flags, now, isOk, value);
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
    this.#handOver = undefined;
    this.#turn.runInAsyncScope(this.#pump, this, now, true);
    const next = this.#handOver;
    this.#handOver = undefined;
    return next;
  }

  /** Loads a function, and goes on when it is there or has failed. What was not claimed meanwhile, others may take. */
  #load(run: ThreadRun, fn: number): void {
    if (!run.loads(fn)) return;
    this.#loading++;
    const done = (found: AnyTask | LoadFailure): void => {
      run.loaded(fn, found);
      this.#loading--;
      this.wake();
    };
    this.#modules.find(run.refOf(fn)).then(done, (error) => done(new LoadFailure(error)));
  }

  // ── exchanges ──

  report(): void {
    if (this.#isOver) return;
    this.#record();
    if (this.#seat.pending > 0) this.#exchange(0, exchangeModes.work, this.#now());
  }

  /** Writes down that the attempt which is being called has begun. */
  #record(): void {
    if (!this.#isCalling || this.#isRecorded) return;
    this.#isRecorded = true;
    this.#seat.began(this.#callRun, this.#callNode, this.#callAttempt, this.#calledAt);
  }

  /** Asks for leases; waits for some where nothing else goes on here. Answers false where it is time to return to the event loop. */
  #lease(now: number): boolean {
    this.line.takeMail();
    const seen = load(this.#words, 0);
    const isBusy = this.#unsettled > 0 || this.#loading > 0;
    if (this.#take(isBusy ? exchangeModes.leave : exchangeModes.park, now)) return true;
    return !isBusy && !this.#isOver && this.#park(seen, now);
  }

  /** Waits until the pool's word changes, for a while. */
  #park(first: number, since: number): boolean {
    const words = this.#words;
    this.#prune();
    for (let seen = first; ; ) {
      for (let i = 0; i < spins && load(words, 0) === seen; ) i++;
      wait(words, 0, seen, parkMs);
      this.line.takeMail();
      const now = this.#now();
      seen = load(words, 0);
      const isLeaving = now - since >= parkMs;
      if (this.#take(isLeaving ? exchangeModes.leave : exchangeModes.park, now)) return true;
      if (isLeaving || this.#isOver) return false;
    }
  }

  /** Exchanges for leases. How many are worth handing out at a time, the scheduler knows. */
  #take(mode: number, now: number): boolean {
    const bits = this.#exchange(mostLeases, mode, now);
    if ((bits & seatBits.leases) === 0) return false;
    const { run: id, version } = this.#seat;
    let run = this.#run;
    if (run === undefined || run.id !== id) run = this.#runOf(id);
    this.#run = run;
    if (run.version !== version && !run.describe(version)) this.#seat.drop(); // It has ended meanwhile.
    return true;
  }

  #exchange(want: number, mode: number, now: number): number {
    const hadRecords = this.#seat.pending > 0;
    let bits = 0;
    try {
      bits = this.#seat.exchange(want, mode, now);
    } catch (error) {
      if (!hadRecords) throw error;
      this.#seat.drop(); // The run of the records has ended by a fault, which main hears of; others go on.
    }
    this.#exchangedAt = now;
    if (bits & seatBits.notify) {
      add(this.#words, 0, 1);
      notify(this.#words, 0, this.#seat.notifyCount);
    }
    if (bits & seatBits.stop && !this.#isOver) {
      this.#isOver = true;
      this.#onStop();
    }
    return bits;
  }

  #runOf(id: number): ThreadRun {
    let run = this.#runs.get(id);
    if (run === undefined) {
      this.#prune();
      run = new ThreadRun(id, this);
      this.#runs.set(id, run);
    }
    return run;
  }

  /** Forgets the runs that are over. */
  #prune(): void {
    for (const id of this.#runs.keys()) if (!this.native.isLive(id)) this.#runs.delete(id);
    if (this.#run !== undefined && !this.#runs.has(this.#run.id) && !this.#seat.hasNext) this.#run = undefined;
  }

  #fail(error: unknown): void {
    this.#isOver = true;
    this.#onFault(error);
  }
}

/** How a value stands in a record; `bytes` where it does not fit one. */
function tagOf(value: unknown): number {
  if (value === undefined) return tags.undefined;
  if (typeof value === "number") return tags.number;
  if (value === true) return tags.true;
  if (value === false) return tags.false;
  return value === null ? tags.null : tags.bytes;
}
