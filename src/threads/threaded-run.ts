/**
 * What a run has beside its driver where threads work for it: made when the run starts, so that runs without threads pay nothing.
 *
 * The core hands threads their work and hears what came of it by itself. Here is what only the main thread can do: make inputs that
 * are more than outputs of upstreams, settle failures and additions, publish what its own tasks put out, read what threads put out, stop
 * what does not listen. It decides nothing. I1 What threads may read is published before the core hears that it is there. I2 Outputs of
 * threads are decoded when they are first read here, and then kept like any other. I3 The user's code is called in the run's own async
 * context.
 */
import { v8 } from "../builtins.js";
import { ModuleLoadError, ThreadCrashedError } from "../errors/threads.js";
import type { LoweredFlow } from "../flow/lowered.js";
import type { ModuleRef } from "../flow/module-ref.js";
import { type DoorEffect, doorBits, effectKinds, openings } from "../native/index.js";
import type { Desk } from "../run/desk.js";
import { upstreamsOf } from "../run/inputs.js";
import { answerAsk, answerCall, type CallScene, type Returned } from "./calls.js";
import { decode, notCloneable } from "./codec.js";
import { crossingNames, layoutOf, type ThreadLayout } from "./layout.js";
import type { DescribedFunction, PreparedAttempt, RunDescription } from "./messages.js";
import { ownCodec, thrownBytes } from "./own-codec.js";
import { seatsOf, type ThreadPool } from "./pool.js";
import type { ModuleFault, PoolUser, Seats } from "./seats.js";
import type { AttemptMessage, Thread } from "./thread.js";
import { valueTags } from "./value-tags.js";

/** Longest time in which a thread must hear that an attempt is to stop, in milliseconds; less where the run's grace is shorter. */
const hearingMs = 50;

/** How an attempt has ended: well or not, and if not, whether no further attempt may follow, whatever its policy says. */
export interface Ending {
  readonly isOk: boolean;
  readonly isFinal: boolean;
}

/** An effect of our own: the inputs of items are to be made. */
const offerKind = 256;
/** How many inputs are made between two looks at the clock. */
const offersAtOnce = 64;
/** Of how many items of a map inputs are made at most before they are needed: encoded, they take memory. */
const mostOffers = 65_536;

/** The driver's side of a run with threads. */
export interface ThreadDesk extends Desk {
  /** Has the run go on: the core has news. */
  ring(): void;
  /** Ends the run with an error. */
  fail(error: unknown): void;
  /** Settles what came of an attempt; `value` is its output or its error. */
  settle(node: number, attempt: number, at: number, ending: Ending, value: unknown): void;
  /** The code of an attempt has ended without a word. Answers whether it had been told to stop. */
  returned(node: number, attempt: number): boolean;
  /** Whether what undoing needs has to be kept. */
  readonly isUndoing: boolean;
  /** Calls in the run's async context. */
  enter(call: () => void): void;
}

/** What the threads' side of a run is made from. */
export interface ThreadedRunParts {
  readonly desk: ThreadDesk;
  readonly flow: LoweredFlow;
  readonly pool: ThreadPool;
  readonly keepResults: RunDescription["keep"];
  readonly graceMs: number;
}

/** The threads' side of one run. */
export class ThreadedRun implements PoolUser, CallScene {
  readonly desk: ThreadDesk;
  readonly #flow: LoweredFlow;
  readonly #seats: Seats;
  readonly #keep: RunDescription["keep"];
  readonly #patienceMs: number;
  readonly #layout: ThreadLayout | undefined;
  /** The functions that threads were told of, and the place of each. */
  readonly #fns: DescribedFunction[] = [];
  readonly #placeOf = new Map<ModuleRef, number>();
  /** Outputs that bytes cannot hold, by node and attempt. */
  readonly #carried = new Map<number, Map<number, unknown>>();
  #id: number | undefined;
  #isOver = false;

  /** Throws where the pool is closed. */
  constructor({ desk, flow, pool, keepResults, graceMs }: ThreadedRunParts) {
    this.desk = desk;
    this.#flow = flow;
    this.#seats = seatsOf(pool);
    this.#keep = keepResults;
    this.#patienceMs = Math.min(graceMs, hearingMs);
    const { threads } = flow.base;
    this.#layout = threads === null ? undefined : layoutOf(flow.base, threads);
    for (const ref of threads?.modules ?? []) this.#placeOf.set(ref, this.#fns.push(ref) - 1); // The layout's numbers.
    this.#seats.enter();
  }

  /** Hands the run to the pool. `baseMs` is what `performance.now()` said at its time 0. Throws where threads cannot be started. */
  share(baseMs: number): void {
    const layout = this.#layout;
    const baseHrMs = Number(process.hrtime.bigint()) / 1e6 - (performance.now() - baseMs);
    this.#id = this.desk.run.share(this.#seats.native, baseHrMs, baseMs, layout?.direct);
    if (layout === undefined || !this.#seats.isFaultless) this.#describeMore();
    else this.desk.run.describe(this.#plainDescription(layout));
    this.#seats.join(this.#id, this, layout === undefined ? 0 : Math.max(1, layout.directCount));
  }

  /** The run is over: no thread works for it any more. Its outputs can still be read. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#id !== undefined) this.desk.run.leave();
    this.#seats.leave(this.#id);
  }

  // ── what threads are told ──

  /** The inputs of a node are going to be more than outputs of upstreams: nobody but the main thread can make them. */
  expectSpecial(node: number): void {
    if (node < this.#flow.base.core.names.length) this.desk.run.markPrepared(node);
  }

  #placeFor(ref: ModuleRef): number {
    const known = this.#placeOf.get(ref);
    if (known !== undefined) return known;
    const isSame = (fn: ModuleRef): boolean => fn.url === ref.url && fn.exportName === ref.exportName && fn.isDefined === ref.isDefined;
    const same = this.#fns.findIndex(isSame);
    const place = same === -1 ? this.#fns.push(ref) - 1 : same;
    this.#placeOf.set(ref, place);
    return place;
  }

  #describe(): void {
    this.desk.run.describe(this.#description());
  }

  #description(): Uint8Array {
    const names = this.#layout?.needsNames === true ? crossingNames(this.#flow.base.core) : undefined;
    const { moves } = this.#flow.base;
    const moving = moves === null ? undefined : [...moves.from.keys()];
    return v8().serialize({ runId: undefined, fns: this.#fns, names, keep: this.#keep, moving } satisfies RunDescription);
  }

  /** What threads are told at first, which is the same for all runs of a layout: making it costs more than a small run. */
  #plainDescription({ descriptions }: ThreadLayout): Uint8Array {
    const known = descriptions.get(this.#keep) ?? this.#description();
    descriptions.set(this.#keep, known);
    return known;
  }

  blame(fault: ModuleFault): void {
    if (this.#markFaulty(fault)) this.#describe();
  }

  #markFaulty({ url, fault, exitCode, timeoutMs }: ModuleFault): boolean {
    let isNews = false;
    for (const [place, fn] of this.#fns.entries()) {
      if (fn.url !== url || fn.fault !== undefined) continue;
      const details = fault === "exited" && exitCode !== undefined ? { exitCode } : { timeoutMs };
      this.#fns[place] = { ...fn, fault: thrownBytes(new ModuleLoadError(fn, fault, undefined, details)) };
      isNews = true;
    }
    return isNews;
  }

  // ── crossings ──

  /** What a crossing has answered beside what every run answers. Says whether there is more for this thread to call. */
  crossed(bits: number): boolean {
    if (bits & doorBits.notify) this.#seats.notify();
    return (bits & doorBits.moreLeases) !== 0;
  }

  wake(): void {
    if (!this.#isOver) this.desk.ring();
  }

  fail(error: Error): void {
    if (!this.#isOver) this.desk.fail(error);
  }

  /** Carries out what may call the user's code. Answers with what is left to do, later. */
  carryOut({ kind, node, a, b }: DoorEffect): DoorEffect | undefined {
    if (kind === effectKinds.prepare) this.#prepare(node, a);
    else if (kind === effectKinds.report) this.#settleReport();
    else if (kind === offerKind) return this.#offer(node, a, b);
    return undefined;
  }

  /**
   * A map has more items. Where threads are to work on them, answers with what is to be carried out: the inputs of items are known before
   * their leases, and whoever ends one can take the next without this thread.
   */
  opened({ kind, node: map, a: first, b: count, c: what }: DoorEffect): DoorEffect | undefined {
    if (what !== openings.items || kind !== effectKinds.opened) return undefined;
    const rule = this.desk.extras.levels.containerOf(map);
    const isOffered = rule?.kind === "map" && rule.isFunction && rule.inner.threads !== null;
    return isOffered ? { kind: offerKind, node: first, a: Math.min(count, mostOffers), b: map, c: 0 } : undefined;
  }

  #offer(first: number, count: number, map: number): DoorEffect | undefined {
    const { run, extras } = this.desk;
    const now = Math.min(count, offersAtOnce);
    try {
      const fn = this.#functionOf(first);
      for (let node = first; node < first + now; node++) {
        const given: PreparedAttempt = { inputs: extras.callInputsOf(node), index: extras.indexOf(node) };
        if (ownCodec().encodeBytes(given, "") === valueTags.bytes) run.offer(node, fn, ownCodec().bytes);
      }
    } catch {
      return undefined; // Whatever it is, it is the attempt's error, once there is one.
    }
    return now === count ? undefined : { kind: offerKind, node: first + now, a: count - now, b: map, c: 0 };
  }

  /** The number of the function of a node, of which the threads have been told. */
  #functionOf(node: number): number {
    const { level, local } = this.desk.extras.placeOf(node);
    const place = (level.threads?.moduleOf[local] ?? 0) - 1;
    const ref = level.threads?.modules[place];
    if (ref === undefined) throw new TypeError(`node ${node} has no module`);
    const count = this.#fns.length;
    const fn = this.#placeFor(ref);
    if (this.#fns.length > count) this.#describeMore();
    return fn;
  }

  /** Has as many threads as there may be. Where one cannot be started the run has ended, and the answer is false. */
  #hasThreads(): boolean {
    try {
      this.#seats.want(this.#seats.size);
      return true;
    } catch (error) {
      this.desk.fail(error);
      return false;
    }
  }

  /** Makes the inputs of a leased node, and hands it to the threads. */
  #prepare(node: number, attempt: number): void {
    const { desk } = this;
    if (!this.#hasThreads()) return;
    try {
      const { level, local } = desk.extras.placeOf(node);
      const fn = this.#functionOf(node);
      const taken = level.moves === null ? [] : desk.extras.movedNamesOf(node);
      const given: PreparedAttempt = {
        inputs: without(desk.extras.callInputsOf(node), taken),
        index: desk.extras.indexOf(node),
        ...(taken.length > 0 && { takesOver: true }),
        ...(level.moves?.from.has(local) && { isMoving: true }),
      };
      if (ownCodec().encodeBytes(given, "") === valueTags.bytes) desk.run.prepare(node, attempt, fn, ownCodec().bytes, -1);
      else this.#carry(node, attempt, fn, given);
      this.#seats.notify();
    } catch (error) {
      const door = desk.report();
      const now = desk.now();
      door?.began(node, attempt, now);
      desk.settle(node, attempt, now, { isOk: false, isFinal: false }, error);
    }
  }

  #describeMore(): void {
    for (const fault of this.#seats.faults) this.#markFaulty(fault);
    this.#describe();
  }

  /** Hands a node to one thread, which is given the inputs over its port: bytes cannot hold them. */
  #carry(node: number, attempt: number, fn: number, { inputs, ...given }: PreparedAttempt): void {
    const seat = this.#seats.nextSeat();
    try {
      this.#seats.threadAt(seat)?.post({ type: "carry", run: this.#id ?? 0, node, attempt, inputs });
    } catch (error) {
      throw notCloneable(inputs, error, "inputs", this.desk.addressOf(node));
    }
    ownCodec().encodeBytes({ ...given, inputs: undefined, isCarried: true } satisfies PreparedAttempt);
    this.desk.run.prepare(node, attempt, fn, ownCodec().bytes, seat);
  }

  /** Settles what threads have reported and cannot settle by themselves. */
  #settleReport(): void {
    const { desk } = this;
    const report = desk.run.nextReport();
    if (report === null) return;
    const [node = 0, attempt = 0, , endedAt = 0, ok = 0, seat = 0, final = 0] = report;
    const ending: Ending = { isOk: ok === 1, isFinal: final === 1 };
    this.#seats.threadAt(seat)?.forget({ run: this.#id ?? 0, node, attempt });
    // The core keeps an output that settles its node. One that came too late is of use only to undo it: `discard` reads it.
    desk.settle(node, attempt, endedAt, ending, ending.isOk ? undefined : this.#attemptValue(node, attempt));
    if (!ending.isOk) desk.run.dropAttemptValue(node, attempt);
  }

  /** The thread of an attempt has died, and the core knows: says why. */
  crashed({ node, a: attempt, b: seat }: DoorEffect): void {
    const { desk } = this;
    const death = this.#seats.deathAt(seat);
    const name = desk.addressOf(node);
    const error = new ThreadCrashedError(name, attempt, death?.exitCode, death?.cause === undefined ? undefined : { cause: death.cause });
    desk.knownExtras?.parks.abort(node, attempt, error);
    if (!desk.returned(node, attempt)) desk.errors.set(node, error);
  }

  /** Tells an attempt on a thread to stop. */
  abort({ node, a: attempt, c: seat }: DoorEffect, reason: unknown): void {
    const thread = this.#seats.threadAt(seat - 1);
    if (thread === undefined) return;
    const ref = { run: this.#id ?? 0, node, attempt };
    thread.abort({ type: "abort", ...ref, reason: thrownBytes(reason) }, this.#patienceMs, () => {
      const { native } = this.#seats;
      // Where the thread is calling nothing, it is code that goes on after it had yielded: perhaps this one.
      return native.isAtWork(seat - 1, ref.run, node, attempt) || !native.isCalling(seat - 1);
    });
    this.#seats.notifyAll();
  }

  // ── what threads say ──

  heard(thread: Thread, message: AttemptMessage): void {
    this.desk.enter(() => this.#heard(thread, message)); // I3
  }

  #heard(thread: Thread, message: AttemptMessage): void {
    const { node, attempt } = message;
    switch (message.type) {
      case "call":
        answerCall(this, thread, message);
        break;
      case "ask":
        answerAsk(this.desk, thread, message);
        break;
      case "log":
        this.desk.log(node, attempt, message.message, message.data);
        break;
      case "carried":
        this.#keepCarried(node, attempt, message.value);
    }
  }

  #keepCarried(node: number, attempt: number, value: unknown): void {
    const byAttempt = this.#carried.get(node) ?? new Map<number, unknown>();
    this.#carried.set(node, byAttempt.set(attempt, value));
  }

  carried(upstream: number): Returned {
    return { value: this.#carriedOf(upstream) };
  }

  upstreamNames(node: number): readonly string[] {
    const { core, plan } = this.#flow.base;
    const { starts, ids } = upstreamsOf(core, plan);
    return Array.from(ids.subarray(starts[node], starts[node + 1]), (id) => core.names[id] ?? "");
  }

  // ── values ──

  /** An attempt on this thread has put something out: makes it known where threads read it. Throws where it cannot cross. */
  publish(node: number, value: unknown): void {
    if (this.#layout === undefined || this.#layout.isRead[node] !== 1) return;
    const { run } = this.desk;
    const tag = ownCodec().encode(value);
    if (tag === valueTags.carried) this.#keepCarried(node, 0, value);
    run.publish(node, tag, tag === valueTags.number ? ownCodec().number : 0, tag === valueTags.bytes ? ownCodec().bytes : undefined);
  }

  /** The output of a node that ran on a thread, decoded; `undefined` where there is none. Once it is read, it is kept here (I2). */
  fetch(node: number): unknown {
    const { desk } = this;
    if (!this.#isThreaded(node)) return undefined;
    const value = this.#decoded(desk.run.value(node), () => this.#carriedOf(node));
    if (value === undefined) return undefined;
    desk.outputs[node] = value;
    if (this.#isOver) this.drop(node);
    return value;
  }

  /** An attempt has ended too late, or in an undone way: answers what it gave, where undoing may need it. */
  discard(node: number, attempt: number): unknown {
    const late = this.desk.isUndoing ? this.#attemptValue(node, attempt) : undefined;
    this.desk.run.dropAttemptValue(node, attempt);
    this.#carried.get(node)?.delete(attempt);
    return late;
  }

  /** What an attempt gave that its node was not settled with: an output or an error. */
  #attemptValue(node: number, attempt: number): unknown {
    return this.#decoded(this.desk.run.attemptValue(node, attempt), () => this.#carriedOf(node, attempt));
  }

  /** Nobody reads the output of a node any more. The core has dropped it by itself, unless undoing might have needed it. */
  free(node: number): void {
    if (this.desk.isUndoing) this.desk.run.dropValue(node);
    this.#carried.delete(node);
  }

  /** Forgets the output of a node, wherever it is kept. */
  drop(node: number): void {
    this.#carried.delete(node);
    this.desk.run.dropValue(node);
  }

  #isThreaded(node: number): boolean {
    const { base } = this.#flow;
    if (node < base.core.names.length) return (base.threads?.moduleOf[node] ?? 0) !== 0;
    const { level, local } = this.desk.extras.placeOf(node);
    return (level.threads?.moduleOf[local] ?? 0) !== 0;
  }

  #decoded(value: ReturnType<Desk["run"]["value"]>, carried: () => unknown): unknown {
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return decode(value);
    return carried();
  }

  #carriedOf(node: number, attempt?: number): unknown {
    // It was posted before the core heard of it, but the core's news may have come here first.
    const isHere = attempt === undefined ? this.#carried.has(node) : this.#carried.get(node)?.has(attempt);
    for (let seat = 0; isHere !== true && seat < this.#seats.size; seat++) this.#seats.threadAt(seat)?.takeCarried();
    const byAttempt = this.#carried.get(node);
    const last = attempt ?? Math.max(...(byAttempt?.keys() ?? []));
    return byAttempt?.get(last);
  }
}

/** Inputs of which some are left out: their names stay, in their places. */
function without(inputs: unknown, names: readonly string[]): unknown {
  if (names.length === 0) return inputs;
  const rest: object = Object.create(null);
  for (const [name, value] of Object.entries(inputs ?? {})) {
    Object.defineProperty(rest, name, { value: names.includes(name) ? undefined : value, enumerable: true });
  }
  return rest;
}
