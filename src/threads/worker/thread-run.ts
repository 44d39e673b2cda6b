/**
 * What a thread knows of one run: its functions, what its tasks are given, and what their contexts ask for, which is mostly asked of main.
 *
 * I1 What is asked of main costs a round trip, so all that can be known here is known here: a direct node is a base node, so it has no index,
 * no iteration, no previous. I2 Before main is asked or told anything, the scheduler has heard of every attempt that has begun here
 * ({@link ThreadDesk.report}).
 */
import { InternalError } from "../../errors/internal.js";
import type { GrowthEdge, GrowthEntry } from "../../flow/growth.js";
import type { AnyTask } from "../../flow/lowered.js";
import type { ModuleRef } from "../../flow/module-ref.js";
import type { RunState, WaitOptions } from "../../flow/task.js";
import { AttemptContext, type ContextExtras, type ContextHost } from "../../run/context.js";
import type { AddressSegment } from "../../run/levels.js";
import { decode } from "../codec.js";
import type { AttemptRef, Calls } from "../messages.js";
import { AttemptNotes, type Given } from "./attempt-notes.js";
import { crossingEdges, crossingEntries, crossingWait, whatCame } from "./crossing.js";
import { type Descriptions, type KnownDescription, LoadFailure } from "./descriptions.js";
import { type InputSource, inputsOf, type UpstreamIds } from "./inputs.js";
import { KnownValues } from "./known-values.js";
import type { MainLine } from "./main-line.js";
import type { NativeSeatLike } from "./seat.js";

/** What a run needs of its thread. */
export interface ThreadDesk {
  readonly native: NativeSeatLike;
  readonly line: MainLine;
  readonly descriptions: Descriptions;
  /** Takes across all that has been recorded, the beginning of the attempt that is being called included (I2). */
  report(): void;
}

/** One run, on one thread. */
export class ThreadRun implements ContextHost, ContextExtras, InputSource {
  readonly id: number;
  readonly #desk: ThreadDesk;
  /** The version of what is known of it; -1 before anything is. */
  version = -1;
  #known: KnownDescription | undefined;
  /** The functions by index; holes where they have not been loaded. */
  fns: (AnyTask | LoadFailure | undefined)[] = [];
  /** Which of them are being loaded. */
  #loading: Set<number> | undefined;
  #values: KnownValues | undefined;
  /** Whether any output of this run moves, as far as is known. */
  hasMoving = false;
  /** Whether outputs of attempts made here can be trusted to be those of their nodes. */
  #isTrusted = true;
  /** What few attempts have; `undefined` while none had anything. */
  #notes: AttemptNotes | undefined;
  #upstreams: UpstreamIds | undefined;
  #state: RunState | undefined;
  #runId: string | undefined;
  #params: { readonly value: unknown } | undefined;

  constructor(id: number, desk: ThreadDesk) {
    this.id = id;
    this.#desk = desk;
  }

  get #noted(): AttemptNotes {
    this.#notes ??= new AttemptNotes();
    return this.#notes;
  }

  // ── what is known of it ──

  /** Reads again what there is to know of it. Answers whether it still goes on. */
  describe(version: number): boolean {
    const bytes = this.#desk.native.description(this.id);
    if (bytes === null) return false;
    this.#known = this.#desk.descriptions.read(bytes);
    this.fns = this.#known.fns;
    this.hasMoving ||= this.#known.hasMoving;
    this.version = version;
    return true;
  }

  /** Where the function of this index is. */
  refOf(fn: number): ModuleRef {
    const ref = this.#known?.refOf(fn);
    if (ref === undefined) throw new InternalError(`run ${this.id} has no function ${fn}`);
    return ref;
  }

  /** A function is being loaded from now on; answers false where it was already. */
  loads(fn: number): boolean {
    this.#loading ??= new Set();
    return !this.#loading.has(fn) && this.#loading.add(fn) !== undefined;
  }

  /** It is there. Other runs have functions too; that it could not be had counts for this one. */
  loaded(fn: number, found: AnyTask | LoadFailure): void {
    this.#loading?.delete(fn);
    if (found instanceof LoadFailure) this.fns = this.fns.slice();
    this.fns[fn] ??= found;
  }

  // ── what tasks are given ──

  /** The context of an attempt. */
  contextOf(node: number, attempt: number): AttemptContext {
    return new AttemptContext(this, node, attempt);
  }

  /** The inputs of a direct node. */
  inputsOf(node: number): object {
    return inputsOf(this, node);
  }

  /** The inputs of a prepared attempt. */
  preparedInputsOf(node: number): unknown {
    const bytes = this.#desk.native.prepared(this.id, node);
    if (bytes === null) throw new InternalError(`run ${this.id} has nothing prepared for node ${node}`);
    const given = decode(bytes) as Given;
    this.#noted.given.set(node, given);
    if (given.isMoving === true) this.hasMoving = true;
    const inputs = given.isCarried === true ? this.#carriedInputsOf(node) : given.inputs;
    if (given.takesOver !== true) return inputs;
    // Not before now: a lease can be taken back until it begins, and what has moved cannot.
    const moved = this.#call(node, "moved", []);
    return Object.defineProperties(
      Object.assign(Object.create(null), inputs),
      Object.fromEntries(
        Object.entries(moved).map(([name, value]) => [name, { value, enumerable: true, writable: true, configurable: true }]),
      ),
    );
  }

  #carriedInputsOf(node: number): unknown {
    this.#desk.line.takeMail();
    const carried = this.#notes?.carried.get(node);
    if (carried === undefined) throw new InternalError(`run ${this.id}: the inputs of node ${node} have not come`);
    this.#notes?.carried.delete(node);
    return carried.inputs;
  }

  /** Whether what an attempt puts out moves. Ask before it has returned. */
  isMoving(node: number): boolean {
    return this.#givenTo(node)?.isMoving ?? this.#known?.isMoving(node) === true;
  }

  /** Inputs have come that bytes cannot hold. */
  carry(node: number, inputs: unknown): void {
    this.#noted.carried.set(node, { inputs });
  }

  get upstreams(): UpstreamIds {
    this.#upstreams ??= this.#desk.native.upstreams(this.id) ?? noUpstreams; // Nobody waits for code of a run that is over.
    return this.#upstreams;
  }

  get baseNames(): readonly string[] | undefined {
    return this.#known?.names;
  }

  askNames(node: number): readonly string[] {
    return this.#call(node, "upstreamNames", [node]);
  }

  inputOf(node: number, upstream: number): unknown {
    this.#values ??= new KnownValues();
    const values = this.#values;
    if (values.find(upstream)) return values.found;
    const value = this.#desk.native.value(this.id, upstream);
    if (typeof value !== "object" || value === null) {
      values.addScalar(upstream, value);
      return value;
    }
    if (value instanceof Uint8Array) {
      const decoded = decode(value);
      values.addObject(upstream, decoded, value.byteLength);
      return decoded;
    }
    const carried = this.#call(node, "value", [upstream]);
    values.addObject(upstream, carried, 0); // What it weighs is in buffers that others have, too.
    return carried;
  }

  // ── what attempts come to ──

  /** The code of an attempt has returned. Answers whether main has to settle what it gave. */
  returned(node: number, attempt: number): boolean {
    return this.#notes?.returned(node, attempt) === true;
  }

  /** Keeps an output at hand that fits a record. */
  keepScalar(node: number, value: unknown): void {
    if (this.#isKeeping) (this.#values ??= new KnownValues()).addScalar(node, value);
  }

  /** Keeps an output at hand that was put as so many bytes. */
  keepObject(node: number, value: unknown, byteCount: number): void {
    if (this.#isKeeping) (this.#values ??= new KnownValues()).addObject(node, value, byteCount);
  }

  /** Whether anybody here may read what is put out here. */
  get #isKeeping(): boolean {
    return this.#isTrusted && this.#known?.hasNames === true;
  }

  /** From now on outputs are read where the scheduler has them. */
  mistrust(): void {
    if (!this.#isTrusted) return;
    this.#isTrusted = false;
    this.#values?.clear();
  }

  /** An attempt is told to stop. Its listeners are called. */
  abort(node: number, attempt: number, reason: unknown): void {
    this.mistrust();
    this.#noted.signals.tell(node, attempt, reason)?.abort(reason);
  }

  // ── what contexts ask for ──

  #givenTo(node: number): Given | undefined {
    return this.#notes?.given.get(node);
  }

  get extras(): ContextExtras {
    return this;
  }

  get runId(): string {
    this.#runId ??= this.#known?.runId ?? this.#call(0, "runId", []);
    return this.#runId;
  }

  nameOf(node: number): string {
    const given = this.#givenTo(node);
    if (given !== undefined) return (given.name ??= this.#call(node, "name", []));
    return this.baseNames?.[node] ?? this.#call(node, "name", []);
  }

  pathOf(node: number): readonly AddressSegment[] {
    const given = this.#givenTo(node);
    return given === undefined ? [this.nameOf(node)] : (given.path ??= this.#call(node, "path", []));
  }

  paramsOf(node: number): unknown {
    const given = this.#givenTo(node);
    if (given === undefined) {
      this.#params ??= { value: this.#call(node, "params", []) };
      return this.#params.value;
    }
    if (!("params" in given)) given.params = this.#call(node, "params", []);
    return given.params;
  }

  indexOf(node: number): number {
    return this.#givenTo(node)?.index ?? -1;
  }

  iterationOf(node: number): number {
    const given = this.#givenTo(node);
    return given === undefined ? 0 : (given.iteration ??= this.#call(node, "iteration", []));
  }

  previousOf(node: number): unknown {
    const given = this.#givenTo(node);
    if (given === undefined) return undefined;
    if (!("previous" in given)) given.previous = this.#call(node, "previous", []);
    return given.previous;
  }

  get state(): RunState {
    this.#state ??= {
      get: (key) => this.#call(0, "stateGet", [key]),
      set: (key, value, options) => this.#call(0, "stateSet", [key, value, options]),
    };
    return this.#state;
  }

  signalOf(node: number, attempt: number): AbortSignal {
    return this.#noted.signals.of(node, attempt);
  }

  log(node: number, attempt: number, message: string, data: unknown): void {
    this.#desk.report();
    this.#desk.line.log({ run: this.id, node, attempt }, message, data);
  }

  sleep(node: number, attempt: number, ms: number): Promise<unknown> {
    this.#desk.report();
    return this.#desk.line.ask({ run: this.id, node, attempt }, { what: "sleep", args: [ms] });
  }

  waitFor(node: number, attempt: number, signal: string, options: WaitOptions | undefined): Promise<unknown> {
    const crossing = crossingWait(options, this.nameOf(node));
    this.#desk.report();
    const answer = this.#desk.line.ask({ run: this.id, node, attempt }, { what: "waitFor", args: [signal, crossing] });
    return whatCame(answer, options);
  }

  addNodes(node: number, attempt: number, entries: Iterable<GrowthEntry>): void {
    this.#grow({ run: this.id, node, attempt }, "addNodes", [crossingEntries(entries)]);
  }

  addEdges(node: number, attempt: number, edges: Iterable<GrowthEdge>): void {
    this.#grow({ run: this.id, node, attempt }, "addEdges", [crossingEdges(edges)]);
  }

  #grow<What extends "addNodes" | "addEdges">(ref: AttemptRef, what: What, args: Calls[What]["args"]): void {
    this.#desk.report();
    this.#desk.line.call(ref, what, args);
    this.#noted.grows(ref.node, ref.attempt);
  }

  #call<What extends keyof Calls>(node: number, what: What, args: Calls[What]["args"]): Calls[What]["value"] {
    this.#desk.report();
    return this.#desk.line.call({ run: this.id, node, attempt: 0 }, what, args);
  }
}

const noUpstreams: UpstreamIds = { starts: new Uint32Array(), ids: new Uint32Array() };
