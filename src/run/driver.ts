/**
 * The loop of a run on this thread: calls what the core leases, reports what came of it, carries out the effects.
 *
 * It decides nothing: no order, no readiness, no retry, no deadline. I1 At most one crossing per task, plus a constant. I2 The core
 * hears of a failure, and of a deadline that has passed, before the next lease begins, because both may take leases back. I3 After
 * the end nothing of this run touches its door again. I4 A lane, an async function, follows one promise at a time and takes the next
 * lease itself, so that a task costs an `await`, not a promise chain. I5 Whenever a task or a listener is called, the door has room
 * for what may be reported in that call: nothing crosses between the taking of a lease and the report of its beginning. I6 Every
 * promise a task gave is followed, also after the end: its rejection is nobody else's to handle. I7 Tasks and predicates are called in
 * the async context in which the run was started, whoever wakes it. I8 What few runs use is in `extras.ts`, made when it is first needed.
 *
 * One reading of the clock serves as the end of one task and the beginning of the next that is called right after it.
 */
import { AsyncResource } from "node:async_hooks";
import type { Clock } from "../clock/clock.js";
import { runEnded as commandsOver } from "../command/live.js";
import type { GraphCore } from "../dag/graph-core.js";
import { DagnyError } from "../errors/base.js";
import { InternalError } from "../errors/internal.js";
import type { LoweredFlow } from "../flow/lowered.js";
import { Door, type DoorEffect, doorBits, effectKinds, firstSharedBit, type NativeRun } from "../native/index.js";
import { type Ending, type ThreadDesk, ThreadedRun } from "../threads/threaded-run.js";
import { abortReasonOf } from "./abort-reason.js";
import { Alarm } from "./alarm.js";
import { Cancellation } from "./cancellation.js";
import { Chores } from "./chores.js";
import { firstSettled } from "./columns.js";
import { AttemptContext } from "./context.js";
import type { DriverParts, RunEnd } from "./driver-parts.js";
import { type HostEvent, type RunStatus, runStatuses } from "./events.js";
import { Extras } from "./extras.js";
import { RunInputs } from "./inputs.js";
import { Leases } from "./leases.js";
import { OpenCall } from "./open-call.js";
import { PlainTasks } from "./plain-tasks.js";
import { Policies } from "./policies.js";
import { Recorder } from "./recorder.js";
import { RunNames } from "./run-names.js";
import { Settling } from "./settling.js";
import { AttemptSignals } from "./signals.js";
import { SharedState } from "./state.js";
import { isThenable } from "./thenable.js";

/** How long tasks may keep the event loop from turning before the driver lets it, in milliseconds. */
const sliceMs = 20;

/** Runs one run. */
export class Driver implements ThreadDesk {
  readonly #parts: DriverParts;
  readonly #core: GraphCore;
  readonly #tasks: PlainTasks;
  readonly #clock: Clock;
  readonly #inputs: RunInputs;
  readonly #signals = new AttemptSignals();
  /** The async context of whoever started the run (I7). */
  readonly #caller = new AsyncResource("DagnyRun");
  #door: Door | undefined;
  #isOver = false;
  #extras: Extras | undefined;
  #state: SharedState | undefined;

  readonly outputs: unknown[];
  readonly errors = new Map<number, unknown>();

  readonly cancellation = new Cancellation();
  readonly names: RunNames;
  readonly policies: Policies;

  readonly #leases = new Leases();
  readonly #chores = new Chores();
  readonly #recorder: Recorder;
  readonly #alarm: Alarm;
  readonly #settling: Settling;
  /** What threads do for this run; `undefined` where all of it runs here. */
  readonly #threads: ThreadedRun | undefined;
  /** Whether something was reported that may change what is to be done. */
  #hasNews = false;
  /** Whether that is to be heard before anything else is called. */
  #isUrgent = false;
  #isPumping = false;
  /** Whether code has run since the pump last read the clock. */
  #isTimeStale = false;
  #isWaking = false;

  readonly #openCall = new OpenCall();

  /** The first promise of the lane that begins. */
  #newLane: PromiseLike<unknown> | undefined;
  /** The next promise for the lane that asks. */
  #handOver: PromiseLike<unknown> | undefined;
  #handOverNode = 0;
  #handOverAttempt = 0;

  #sliceStart = 0;
  #isResting = false;

  constructor(parts: DriverParts) {
    const { base } = parts.flow;
    this.#parts = parts;
    this.#core = base.core;
    this.#tasks = new PlainTasks(base);
    this.#clock = parts.clock;
    this.outputs = new Array<unknown>(base.core.names.length);
    for (const [node, value] of base.given) this.outputs[node] = value;
    const { pool, keepResults, graceMs } = parts;
    this.#threads = pool && new ThreadedRun({ desk: this, flow: parts.flow, pool, keepResults, graceMs });
    this.#inputs = new RunInputs(base.core, base.plan, this.outputs, this.#threads && ((node) => this.outputOf(node)));
    this.names = new RunNames({ core: base.core, runId: parts.runId, errors: this.errors, extras: () => this.extras });
    this.#recorder = new Recorder(parts.run, parts.events, this.names);
    // The timer may have been set by anybody, in a command say.
    this.#alarm = new Alarm(parts.clock, () => this.#caller.runInAsyncScope(() => this.#ring()));
    this.policies = new Policies(base, parts.defaults, (node) => this.extras.placeOf(node));
    this.#settling = new Settling(this, {
      signals: this.#signals,
      policies: this.policies,
      isUndoing: parts.isUndoing,
      extras: () => this.extras,
      knownExtras: () => this.#extras,
      threads: this.#threads,
    });
  }

  get run(): NativeRun {
    return this.#parts.run;
  }

  /** The flow it runs. */
  get flow(): LoweredFlow {
    return this.#parts.flow;
  }

  get runId(): string {
    return this.#parts.runId();
  }

  get params(): unknown {
    return this.#parts.params;
  }

  get state(): SharedState {
    this.#state ??= new SharedState();
    return this.#state;
  }

  get extras(): Extras {
    this.#extras ??= new Extras(this, this.#parts);
    return this.#extras;
  }

  /** The extras, where the run has needed any. */
  get knownExtras(): Extras | undefined {
    return this.#extras;
  }

  release(node: number): void {
    this.#settling.free(node);
    this.#threads?.drop(node);
  }

  get isUndoing(): boolean {
    return this.#parts.isUndoing;
  }

  outputOf(node: number): unknown {
    const output = this.outputs[node];
    return output === undefined && this.#threads !== undefined ? this.#threads.fetch(node) : output;
  }

  /** Whether the run has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  now(): number {
    return this.#clock.now();
  }

  nameOf(node: number): string {
    return this.names.nameOf(node);
  }

  addressOf(node: number): string {
    return this.names.addressOf(node);
  }

  signalOf(node: number, attempt: number): AbortSignal {
    return this.#signals.of(node, attempt);
  }

  throwIfTold(node: number, attempt: number): void {
    this.#signals.throwIfTold(node, attempt);
  }

  viewOf(node: number): object | undefined {
    return this.#tasks.of(node) === undefined ? undefined : this.#inputs.of(node);
  }

  markSpecial(node: number): void {
    this.#tasks.markSpecial(node);
  }

  expectSpecial(node: number): void {
    this.#threads?.expectSpecial(node);
  }

  log(node: number, attempt: number, message: string, data: unknown): void {
    if (!this.#parts.events.isHeard) return;
    // Nobody hears of an attempt before it has started; of one on a thread the core knows already.
    if (this.#openCall.report(this.#door) || this.#threads !== undefined) this.#cross(this.#clock.now());
    this.say({ type: "log", node: this.addressOf(node), attempt, message, data });
  }

  say(event: HostEvent): void {
    this.#recorder.say(event);
  }

  /** Keeps events from now on. */
  record(): void {
    if (!this.#isOver) this.#recorder.record();
  }

  /** Begins the run, if no command has; its time 0 is now. */
  start(): void {
    if (this.#isOver) return;
    this.#open();
    this.#pump(this.#sliceStart);
  }

  /** Opens the door. A command that comes before the first task is called does so itself. */
  #open(): void {
    if (this.#door !== undefined) return;
    const baseMs = this.#clock.now();
    this.#sliceStart = baseMs;
    try {
      this.#threads?.share(baseMs);
      this.#door = Door.open(this.#parts.run, baseMs);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#door.start(baseMs);
    if (this.cancellation.isCancelled) this.#door.cancel(baseMs);
    this.#hasNews = true;
  }

  get runTimeoutMs(): number | undefined {
    return this.#parts.runTimeoutMs;
  }

  /** Cancels the run, now. Also from inside a task. Before `start`, the run starts cancelled. */
  cancel(reason: unknown): void {
    if (this.#isOver || !this.cancellation.cancel(reason)) return;
    if (this.#door === undefined) return; // It has not started.
    this.report()?.cancel(this.#clock.now());
    this.flush();
  }

  /** Cancels nodes, by ascending id, with what is inside them. */
  cancelBranch(nodes: Uint32Array, reason: unknown): void {
    this.cancellation.cancelBranch(nodes, reason, () => {
      this.#parts.run.queueCancel(nodes);
      this.report()?.mail(this.#clock.now());
      this.flush();
    });
  }

  report(): Door | undefined {
    if (this.#isOver) return undefined;
    if (this.#door === undefined) this.#open();
    this.#openCall.report(this.#door);
    this.#hasNews = true;
    this.#wake();
    return this.#door;
  }

  isGoingOn(node: number, attempt: number): boolean {
    if (this.#openCall.isOf(node, attempt)) return true;
    return !this.#isOver && (this.#parts.run.states(node, 1)[0] ?? firstSettled) < firstSettled;
  }

  flush(): void {
    this.#cross(this.#clock.now());
  }

  hurry(): void {
    if (this.#isPumping) this.#isUrgent = true;
    else this.flush();
  }

  /** Pumps soon, unless that is going to happen anyway. */
  #wake(): void {
    if (this.#isPumping || this.#isResting || this.#isWaking) return;
    this.#isWaking = true;
    this.#caller.runInAsyncScope(() =>
      queueMicrotask(() => {
        this.#isWaking = false;
        this.#pump(this.#clock.now());
      }),
    );
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
      const hasLease = !this.#leases.isEmpty;
      if (!this.#chores.isEmpty) {
        time = this.#doChores(restAt);
        this.#isTimeStale = false;
        if (this.#isUrgent) this.#cross(time);
        if (time > restAt) break;
        continue;
      }
      if (!hasLease && !this.#hasNews && !this.#isToBeHeard) break;
      if (this.#isTimeStale) {
        time = this.#clock.now();
        this.#isTimeStale = false;
      }
      // A deadline that has passed inside a call may take back the leases that have not begun.
      if (!hasLease || time >= this.#alarm.at) {
        this.#cross(time);
        this.#isTimeStale = this.#recorder.isRecording; // Listeners have run.
        continue;
      }
      if (time > restAt) break;
      if (this.#leases.take()) time = this.#call(this.#leases.node, this.#leases.attempt, time, isLane);
    }
    if (this.#isToBeHeard) this.#cross(time); // Before the rest.
    this.#isPumping = false;
    if (time - this.#sliceStart > sliceMs && this.#door !== undefined) this.#rest();
  }

  /** Whether somebody listens and something was reported that has not been taken across. */
  get #isToBeHeard(): boolean {
    return this.#recorder.isRecording && this.#door !== undefined && this.#door.pending > 0;
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
    const task = this.#tasks.of(node); // Called by itself: `this` is nothing of ours.
    if (task === undefined && this.#resumes(node, attempt, time)) return time;
    this.#openCall.begin(node, attempt, time);
    let value: unknown;
    let isOk = true;
    let isPromise = false;
    try {
      value = task === undefined ? this.extras.call(node, attempt) : task(this.#inputs.of(node), new AttemptContext(this, node, attempt));
      isPromise = isThenable(value);
    } catch (error) {
      isOk = false;
      value = error;
    }
    this.#openCall.end();
    const door = this.#door;
    if (isPromise) {
      this.#isTimeStale = true;
      if (!this.#openCall.isReported) door?.began(node, attempt, time);
      this.#follow(value as PromiseLike<unknown>, node, attempt, isLane); // A hostile promise may fail right here.
      if (this.#door?.isFull) this.#cross(this.#clock.now());
      return time;
    }
    const now = this.#clock.now();
    if (door === undefined) return now; // The run ended inside the call: a cancel without grace.
    if (isOk && !this.#openCall.isReported && this.#threads === undefined) {
      this.#settling.keep(node, attempt, value);
      door.ran(node, attempt, time, now, true);
    } else {
      if (!this.#openCall.isReported) door.began(node, attempt, time);
      isOk = this.#settling.settle(door, node, attempt, now, isOk, value);
    }
    this.#hasNews = true;
    if (!isOk || door.isFull) this.#cross(now);
    return now;
  }

  /** Lets a parked attempt go on, if it is one that was leased. */
  #resumes(node: number, attempt: number, time: number): boolean {
    const parks = this.#extras?.parks;
    if (parks === undefined || !parks.isParked(node, attempt)) return false;
    this.#door?.began(node, attempt, time);
    this.#hasNews = true;
    parks.resume(node);
    if (this.#door?.isFull) this.#cross(time);
    return true;
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
      isOk = this.#settling.settle(door, node, attempt, now, isOk, value);
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

  /** One crossing: inputs in; leases, other effects, the next timer and perhaps the end out. */
  #cross(now: number): void {
    const door = this.#door;
    if (door === undefined) return;
    this.#hasNews = false;
    this.#isUrgent = false;
    let bits: number;
    do {
      try {
        bits = door.advance(now);
      } catch (error) {
        this.#fail(error);
        return;
      }
      const { wakeAt, status } = door;
      if (bits >= firstSharedBit && this.#threads?.crossed(bits)) {
        this.#hasNews = true; // There is more to call: one lease at a time, so that what is decided on threads finds it not begun.
        this.#wake();
      }
      if (bits & doorBits.leases) this.#leases.add(door);
      if (bits & doorBits.others) this.#carryOut(door);
      if (this.#door === undefined) return; // A listener of an aborted signal came back in and ended the run.
      if (wakeAt < this.#alarm.at || this.#alarm.at <= now) this.#alarm.set(wakeAt, now);
      if (this.#recorder.isRecording) {
        this.#recorder.publish();
        if (this.#door === undefined) return; // So did a listener of events.
      }
      if (bits & doorBits.ended) this.#end(runStatuses[status - 1] as RunStatus);
    } while (bits & doorBits.more);
  }

  /** Takes note of what the core asks for. What calls the user's code comes last: it may come back in here, and find other effects. */
  #carryOut(door: Door): void {
    const count = door.effectCount;
    let aborts: { readonly effect: DoorEffect; readonly reason: unknown; readonly signal: AbortController | undefined }[] | undefined;
    for (let i = 0; i < count; i++) {
      const effect = door.effect(i);
      const { kind, node, a } = effect;
      if (kind === effectKinds.free) this.#settling.free(node);
      else if (kind === effectKinds.revoke) this.#leases.revoke(node);
      else if (kind === effectKinds.abort) {
        const reason = abortReasonOf(this, effect);
        aborts ??= [];
        aborts.push({ effect, reason, signal: this.#signals.tell(node, a, reason) });
      } else if (kind === effectKinds.discard) this.#settling.discard(node, a);
      else if (kind === effectKinds.opened || kind === effectKinds.waitOver || kind === effectKinds.growthRefused) {
        this.extras.note(effect);
        const chore = this.#threads?.opened(effect);
        if (chore !== undefined) this.#chores.add(chore);
      } else if (kind === effectKinds.crashed) this.#threads?.crashed(effect);
      else this.#chores.add(effect);
    }
    if (!this.#chores.isEmpty) this.#wake();
    for (const { effect, reason, signal } of aborts ?? []) {
      this.#extras?.parks.abort(effect.node, effect.a, reason);
      if (effect.c > 0) this.#threads?.abort(effect, reason);
      signal?.abort(reason);
    }
  }

  /** Calls the user's code that the core asks for, until it is time to rest. Answers with a reading of the clock. */
  #doChores(restAt: number): number {
    let time = 0;
    do {
      const chore = this.#chores.take();
      if (chore.kind < effectKinds.prepare) this.extras.carryOut(chore);
      else {
        const rest = this.#threads?.carryOut(chore);
        if (rest !== undefined) this.#chores.add(rest);
      }
      time = this.#clock.now();
    } while (!this.#chores.isEmpty && time <= restAt && this.#door !== undefined);
    return time;
  }

  timeoutOf(node: number): number {
    return this.policies.timeoutOf(node);
  }

  #ring(): void {
    if (this.#door === undefined) return;
    this.#hasNews = true;
    this.#pump(this.#clock.now());
  }

  // ── what threads do for the run ──

  enter(call: () => void): void {
    this.#caller.runInAsyncScope(call);
  }

  ring(): void {
    this.enter(() => this.#ring());
  }

  returned(node: number, attempt: number): boolean {
    return this.#signals.returned(node, attempt);
  }

  settle(node: number, attempt: number, at: number, { isOk, isFinal }: Ending, value: unknown): void {
    const door = this.report();
    if (door === undefined) return;
    if (isFinal) this.#settling.failedForGood(door, node, attempt, at, value);
    else isOk = this.#settling.settle(door, node, attempt, at, isOk, value);
    if (!isOk) this.hurry();
  }

  fail(error: unknown): void {
    if (!this.#isOver) this.#fail(error);
  }

  #end(status: RunStatus): void {
    this.#door?.close();
    this.#close(status);
  }

  /** A fault in the engine ends this run, and only this one; its door is not used again. What still runs is told to stop. */
  #fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const fault = error instanceof DagnyError ? error : new InternalError(message, { cause: error });
    this.#close(fault);
    this.#extras?.parks.abortAll(fault);
    this.#signals.abortAll(fault);
  }

  #close(end: RunEnd): void {
    this.#door = undefined;
    this.#isOver = true;
    this.#alarm.clear();
    this.#threads?.end();
    this.#extras?.items.stopAll();
    this.#parts.events.close();
    commandsOver(this);
    this.#parts.onEnd(end);
  }
}
