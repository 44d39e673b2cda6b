/**
 * The loop of a run on this thread: calls what the core leases, reports what came of it, carries out the effects.
 *
 * It decides nothing: no order, no readiness, no retry, no deadline. I1 At most one crossing per task, plus a constant. I2 The core
 * hears of a failure, and of a deadline that has passed, before the next lease begins, because both may take leases back. I3 After
 * the end nothing of this run touches its door again. I4 A lane, an async function, follows one promise at a time and takes the next
 * lease itself, so that a task costs an `await`, not a promise chain. I5 Whenever a task or a listener is called, the door has room
 * for what may be reported in that call: nothing crosses between the taking of a lease and the report of its beginning. I6 Every
 * promise a task gave is followed, also after the end: its rejection is nobody else's to handle.
 *
 * One reading of the clock serves as the end of one task and the beginning of the next that is called right after it.
 */
import type { Clock } from "../clock/clock.js";
import type { GraphCore } from "../dag/graph-core.js";
import { InternalError } from "../errors/internal.js";
import { RunError } from "../errors/run.js";
import { TimeoutError } from "../errors/task.js";
import { Door, doorBits, effectKinds, type NativePlan, type NativeRun } from "../native/index.js";
import { AttemptContext, type ContextHost } from "./context.js";
import { decodeEvents, type EventHub, type RunStatus, runStatuses } from "./events.js";
import { RunInputs } from "./inputs.js";
import { AttemptSignals } from "./signals.js";

/** A task as the driver calls it. */
export type AnyTask = (inputs: object, context: AttemptContext) => unknown;

/** What a driver is made of. */
export interface DriverParts {
  readonly core: GraphCore;
  readonly plan: NativePlan;
  readonly run: NativeRun;
  /** The id of the run, made when it is first asked for. */
  readonly runId: () => string;
  /** Tasks by node id. */
  readonly tasks: readonly AnyTask[];
  /** Longest running time of one attempt of nodes that say nothing themselves, in milliseconds. */
  readonly defaultTimeoutMs: number | undefined;
  readonly clock: Clock;
  readonly events: EventHub;
  /** Called once, with the status, or with the fault that ended the run. */
  readonly onEnd: (end: RunStatus | InternalError) => void;
}

/** How long tasks may keep the event loop from turning before the driver lets it, in milliseconds. */
const sliceMs = 20;

/** Why an attempt is told to stop, by the core's number. */
const abortReasons = { cancel: 1, timeout: 2, failFast: 3 } as const;

/** Runs one run. */
export class Driver implements ContextHost {
  readonly #parts: DriverParts;
  readonly #tasks: readonly AnyTask[];
  readonly #clock: Clock;
  readonly #inputs: RunInputs;
  readonly #signals = new AttemptSignals();
  #door: Door | undefined;
  #isOver = false;

  /** Outputs by node id; a hole where a task returned nothing. */
  readonly outputs: unknown[];
  /** What the last attempt of a node threw, by node id. */
  readonly errors = new Map<number, unknown>();

  /** Leases to begin: pairs of node and attempt from `#todoHead` up to `#todoTail`. */
  #todo = new Uint32Array(64);
  #todoHead = 0;
  #todoTail = 0;
  /** How many leases of each node were taken back and are still to come out of the queue. */
  readonly #revoked = new Map<number, number>();
  /** Whether something was reported that may change what is to be done. */
  #hasNews = false;
  #isPumping = false;
  /** Whether code has run since the pump last read the clock. */
  #isTimeStale = false;

  /** The attempt whose function is being called, if any, and when it was. */
  #calledNode = -1;
  #calledAttempt = 0;
  #calledAt = 0;
  #isCalledReported = false;

  /** The first promise of the lane that begins. */
  #newLane: PromiseLike<unknown> | undefined;
  /** The next promise for the lane that asks. */
  #handOver: PromiseLike<unknown> | undefined;
  #handOverNode = 0;
  #handOverAttempt = 0;

  #cancelTimer: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #sliceStart = 0;
  #isResting = false;

  #eventSeq = 0;
  #isCancelled = false;
  #cancelReason: unknown;
  #isRecording = false;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.#tasks = parts.tasks;
    this.#clock = parts.clock;
    this.outputs = new Array<unknown>(parts.core.names.length);
    this.#inputs = new RunInputs(parts.core, parts.plan, this.outputs);
  }

  get runId(): string {
    return this.#parts.runId();
  }

  nameOf(node: number): string {
    return this.#parts.core.names[node] as string;
  }

  signalOf(node: number, attempt: number): AbortSignal {
    return this.#signals.of(node, attempt);
  }

  log(node: number, attempt: number, message: string, data: unknown): void {
    const { events } = this.#parts;
    if (!events.isHeard) return;
    if (this.#reportCall()) this.#cross(this.#clock.now()); // Nobody hears of an attempt before it has started.
    events.publish([{ type: "log", node: this.nameOf(node), attempt, message, data }]);
  }

  /** Keeps events from now on. */
  record(): void {
    if (this.#isRecording || this.#isOver) return;
    this.#isRecording = true;
    this.#parts.run.record();
    this.#eventSeq = this.#parts.run.eventCount();
  }

  /** Begins the run; `baseMs` is the clock's reading that counts as its time 0. */
  start(baseMs: number): void {
    this.#sliceStart = baseMs;
    try {
      this.#door = Door.open(this.#parts.run, baseMs);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#door.start(baseMs);
    if (this.#isCancelled) this.#door.cancel(baseMs);
    this.#hasNews = true;
    this.#pump(baseMs);
  }

  /** Why the run was cancelled; `undefined` if it was not. */
  get cancelReason(): unknown {
    return this.#cancelReason;
  }

  /** Cancels the run, now. Also from inside a task. Before `start`, the run starts cancelled. */
  cancel(reason: unknown): void {
    if (this.#isCancelled || this.#isOver) return;
    this.#isCancelled = true;
    this.#cancelReason = reason === undefined ? new DOMException("This run was cancelled", "AbortError") : reason;
    const door = this.#door;
    if (door === undefined) return; // It has not started.
    const now = this.#clock.now();
    this.#reportCall();
    door.cancel(now);
    this.#cross(now);
  }

  /** Reports that the function that is being called was called. Answers whether that was news. */
  #reportCall(): boolean {
    if (this.#calledNode === -1 || this.#isCalledReported || this.#door === undefined) return false;
    this.#isCalledReported = true;
    this.#door.began(this.#calledNode, this.#calledAttempt, this.#calledAt);
    return true;
  }

  /**
   * Calls what is leased and crosses, until nothing can be called before something settles. `now` is a fresh reading.
   * The first promise it meets is left in `#handOver` if `isLane`; others get lanes of their own.
   */
  #pump(now: number, isLane = false): void {
    if (this.#isPumping || this.#isResting) return;
    this.#isPumping = true;
    this.#isTimeStale = false;
    const restAt = Math.max(this.#sliceStart, now) + sliceMs;
    let time = now;
    while (this.#door !== undefined) {
      const hasLease = this.#todoHead < this.#todoTail;
      if (!hasLease && !this.#hasNews && !this.#isToBeHeard) break;
      if (this.#isTimeStale) {
        time = this.#clock.now();
        this.#isTimeStale = false;
      }
      // A deadline that has passed inside a call may take back the leases that have not begun.
      if (!hasLease || time >= this.#timerAt) {
        this.#cross(time);
        this.#isTimeStale = this.#isRecording; // Listeners have run.
        continue;
      }
      if (time > restAt) break;
      const node = this.#todo[this.#todoHead++] as number;
      const attempt = this.#todo[this.#todoHead++] as number;
      if (this.#revoked.size > 0 && this.#isRevoked(node)) continue;
      time = this.#call(node, attempt, time, isLane);
    }
    if (this.#isToBeHeard) this.#cross(time); // Before the rest.
    this.#isPumping = false;
    if (time - this.#sliceStart > sliceMs && this.#door !== undefined) this.#rest();
  }

  /** Whether somebody listens and something was reported that has not been taken across. */
  get #isToBeHeard(): boolean {
    return this.#isRecording && this.#door !== undefined && this.#door.pending > 0;
  }

  /** Lets the event loop turn once before anything else is called, so that timers, signals and I/O are heard. */
  #rest(): void {
    this.#isResting = true;
    this.#clock.defer(() => {
      this.#isResting = false;
      this.#sliceStart = this.#clock.now();
      this.#pump(this.#sliceStart);
    });
  }

  /**
   * Calls one task at `time`. Answers with a reading of the clock taken after it; after one that gave a promise the time is only
   * marked stale, because often nobody needs it.
   */
  #call(node: number, attempt: number, time: number, isLane: boolean): number {
    const inputs = this.#inputs.of(node);
    this.#calledNode = node;
    this.#calledAttempt = attempt;
    this.#calledAt = time;
    this.#isCalledReported = false;
    let value: unknown;
    let isOk = true;
    let isPromise = false;
    try {
      const task = this.#tasks[node] as AnyTask; // Called by itself: `this` is nothing of ours.
      value = task(inputs, new AttemptContext(this, node, attempt));
      isPromise = isThenable(value);
    } catch (error) {
      isOk = false;
      value = error;
    }
    this.#calledNode = -1;
    const door = this.#door;
    if (isPromise) {
      this.#isTimeStale = true;
      if (!this.#isCalledReported) door?.began(node, attempt, time);
      this.#follow(value as PromiseLike<unknown>, node, attempt, isLane); // A hostile promise may fail right here.
      if (this.#door?.isFull) this.#cross(this.#clock.now());
      return time;
    }
    const now = this.#clock.now();
    if (door === undefined) return now; // The run ended inside the call: a cancel without grace.
    this.#keep(node, attempt, isOk, value);
    if (this.#isCalledReported) door.settled(node, attempt, now, isOk);
    else door.ran(node, attempt, time, now, isOk);
    this.#hasNews = true;
    if (!isOk || door.isFull) this.#cross(now);
    return now;
  }

  /** Gives a promise to the lane that asks, or to a new one. */
  #follow(promise: PromiseLike<unknown>, node: number, attempt: number, isLane: boolean): void {
    if (isLane && this.#handOver === undefined) {
      this.#handOver = promise;
      this.#handOverNode = node;
      this.#handOverAttempt = attempt;
    } else {
      this.#newLane = promise;
      void this.#lane(node, attempt);
    }
  }

  /** Follows one promise after another for as long as there are leases. */
  async #lane(firstNode: number, firstAttempt: number): Promise<void> {
    let promise = this.#newLane; // Not a parameter: that would hold the first output for as long as the lane lives.
    this.#newLane = undefined;
    let node = firstNode;
    let attempt = firstAttempt;
    while (promise !== undefined) {
      let value: unknown;
      let isOk = true;
      try {
        value = await promise;
      } catch (error) {
        isOk = false;
        value = error;
      }
      const door = this.#door;
      if (door === undefined) return;
      const now = this.#clock.now();
      this.#keep(node, attempt, isOk, value);
      door.settled(node, attempt, now, isOk);
      this.#hasNews = true;
      if (!isOk || door.isFull) this.#cross(now);
      this.#handOver = undefined;
      this.#pump(now, true);
      promise = this.#handOver;
      this.#handOver = undefined;
      node = this.#handOverNode;
      attempt = this.#handOverAttempt;
    }
  }

  /** Keeps what an attempt gave, unless it was told to stop. */
  #keep(node: number, attempt: number, isOk: boolean, value: unknown): void {
    if (this.#signals.returned(node, attempt)) return;
    if (!isOk) this.errors.set(node, value);
    else if (value !== undefined) this.outputs[node] = value;
  }

  /** One crossing: inputs in; leases, other effects, the next timer and perhaps the end out. */
  #cross(now: number): void {
    const door = this.#door;
    if (door === undefined) return;
    this.#hasNews = false;
    let bits: number;
    do {
      try {
        bits = door.advance(now);
      } catch (error) {
        this.#fail(error);
        return;
      }
      const { wakeAt, status } = door;
      if (bits & doorBits.leases) this.#take(door);
      if (bits & doorBits.others) this.#carryOut(door);
      if (this.#door === undefined) return; // A listener of an aborted signal came back in and ended the run.
      if (wakeAt < this.#timerAt || this.#timerAt <= now) this.#setTimer(wakeAt, now);
      if (this.#isRecording) {
        this.#publish();
        if (this.#door === undefined) return; // So did a listener of events.
      }
      if (bits & doorBits.ended) this.#end(runStatuses[status - 1] as RunStatus);
    } while (bits & doorBits.more);
  }

  #take(door: Door): void {
    const count = 2 * door.leaseCount;
    if (this.#todoHead === this.#todoTail) this.#todoHead = this.#todoTail = 0;
    if (this.#todoTail + count > this.#todo.length) {
      const left = this.#todo.subarray(this.#todoHead, this.#todoTail);
      const isRoomy = left.length + count <= this.#todo.length / 2;
      const queue = isRoomy ? this.#todo : new Uint32Array(2 * (left.length + count));
      queue.set(left);
      this.#todo = queue;
      this.#todoTail = left.length;
      this.#todoHead = 0;
    }
    door.copyLeases(this.#todo, this.#todoTail);
    this.#todoTail += count;
  }

  #carryOut(door: Door): void {
    // Aborting a signal runs the user's listeners, which may come back in here: read everything first.
    const effects = Array.from({ length: door.effectCount }, (_, i) => door.effect(i));
    for (const { kind, node, attempt, reason } of effects) {
      if (kind === effectKinds.free) this.outputs[node] = undefined;
      else if (kind === effectKinds.revoke) this.#revoke(node);
      else if (kind === effectKinds.abort) this.#signals.abort(node, attempt, this.#abortReason(node, attempt, reason));
      else if (!this.#signals.forget(node, attempt)) this.#drop(node);
    }
  }

  /** The outcome just reported came after its deadline: it is a timeout, and gave nothing. */
  #drop(node: number): void {
    this.outputs[node] = undefined;
    this.errors.delete(node);
  }

  /** A lease that has not begun is void. It is passed over when it comes out of the queue: a sweep takes back a million of them. */
  #revoke(node: number): void {
    this.#revoked.set(node, (this.#revoked.get(node) ?? 0) + 1);
  }

  /** Whether the lease that just came out of the queue is void. */
  #isRevoked(node: number): boolean {
    const count = this.#revoked.get(node);
    if (count === undefined) return false;
    if (count > 1) this.#revoked.set(node, count - 1);
    else this.#revoked.delete(node);
    return true;
  }

  #abortReason(node: number, attempt: number, reason: number): unknown {
    if (reason === abortReasons.cancel) return this.#cancelReason;
    if (reason === abortReasons.timeout) return new TimeoutError(this.nameOf(node), attempt, this.timeoutOf(node));
    return new RunError("RUN_FAILED", this.runId, "another node failed, and the run stops at the first failure", []);
  }

  /** The attempt timeout of a node, in milliseconds; NaN for none. */
  timeoutOf(node: number): number {
    return this.#parts.core.nodes.timeoutMs?.get(node) ?? this.#parts.defaultTimeoutMs ?? Number.NaN;
  }

  #setTimer(at: number, now: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#clock.setTimer(Math.max(0, at - now), () => {
      this.#cancelTimer = undefined;
      this.#timerAt = Number.POSITIVE_INFINITY;
      if (this.#door === undefined) return;
      this.#hasNews = true;
      this.#pump(this.#clock.now());
    });
  }

  #publish(): void {
    const { events, run } = this.#parts;
    const records = run.takeEvents();
    const firstSeq = this.#eventSeq;
    this.#eventSeq += records.byteLength / 24;
    if (events.isHeard) events.publish(decodeEvents(records, firstSeq, (node) => this.nameOf(node)));
  }

  #end(status: RunStatus): void {
    this.#door?.close();
    this.#close(status);
  }

  /** A fault in the engine ends this run, and only this one; its door is not used again. What still runs is told to stop. */
  #fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const fault = error instanceof InternalError ? error : new InternalError(message, { cause: error });
    this.#close(fault);
    this.#signals.abortAll(fault);
  }

  #close(end: RunStatus | InternalError): void {
    this.#door = undefined;
    this.#isOver = true;
    this.#cancelTimer?.();
    this.#parts.events.close();
    this.#parts.onEnd(end);
  }
}

/** Whether awaiting `value` would wait. May throw what a hostile `then` getter throws. */
function isThenable(value: unknown): boolean {
  if (value instanceof Promise) return true;
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return false;
  return typeof (value as { then?: unknown }).then === "function";
}
