/**
 * Parked code: attempts that sleep or wait for a signal, and wait nodes. The core knows which waits are open and when they end; this keeps
 * the promises, the payloads of signals, and the answers.
 *
 * I1 An attempt that waits is parked until the core leases its node again; only then do promises of waits that are over settle. One that
 * runs again (of several waits, one is over) has its others settled at once. I2 An answer is kept with its node: a further attempt that
 * asks the same (a signal by its name, a sleep by its place among the attempt's sleeps) has it at once. A wait that nobody answered in
 * time is no answer. I3 A signal crosses at once, so that nothing that comes after it in a turn shares its batch.
 */

import { quote } from "../errors/base.js";
import { ContextError, RejectedError, WaitTimeoutError } from "../errors/control.js";
import { InvalidOptionError } from "../errors/options.js";
import type { LoweredWait } from "../flow/lowered.js";
import { checkedBy, isSchema, type Schema } from "../flow/schema.js";
import type { WaitOptions } from "../flow/task.js";
import { waitEnds } from "../native/index.js";
import type { Desk } from "./desk.js";
import type { SignalNames } from "./signal-names.js";

/** The key of a sleep is this, and its place among the attempt's sleeps. */
const sleepKey = 0x8000_0000;
/** The longest wait the core counts in microseconds without loss. */
const longestMs = 2 ** 52 / 1000;

/** A wait that is going on. */
interface OpenWait {
  readonly signal: string | undefined;
  readonly options: WaitOptions;
  readonly promise: Promise<unknown>;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/** How a wait of a function ended: it gives a value, or throws. */
type WaitAnswer = { readonly value: unknown } | { readonly thrown: unknown };

/** An attempt that has waited. */
interface ParkedAttempt {
  readonly attempt: number;
  /** How many sleeps it has begun. */
  sleeps: number;
  isParked: boolean;
  readonly open: Map<number, OpenWait>;
  /** Waits that are over, whose promises settle when the attempt runs again (I1). */
  readonly over: { readonly wait: OpenWait; readonly answer: WaitAnswer }[];
}

/** What parked code needs to know of the run. */
export interface ParkScene {
  /** What a wait node waits for; `undefined` of other nodes. */
  waitOf(node: number): LoweredWait | undefined;
}

/** The parked code of one run. */
export class Parks {
  readonly #desk: Desk;
  readonly #scene: ParkScene;
  readonly #names: SignalNames;
  readonly #attempts = new Map<number, ParkedAttempt>();
  readonly #answers = new Map<number, Map<number, WaitAnswer>>();
  /** What signals brought, by the number the core knows it by. */
  readonly #payloads = new Map<number, unknown>();
  #nextPayload = 0;

  constructor(desk: Desk, scene: ParkScene, names: SignalNames) {
    this.#desk = desk;
    this.#scene = scene;
    this.#names = names;
  }

  /** Parks an attempt for so long. Throws where the call is wrong. */
  sleep(node: number, attempt: number, ms: number): Promise<unknown> {
    if (typeof ms !== "number" || !(ms >= 0 && ms <= longestMs)) {
      throw new InvalidOptionError("ms", "a finite number of at least 0, in milliseconds", ms, this.#owner(node, "ctx.sleep"));
    }
    const parked = this.#parked(node, attempt, "ctx.sleep");
    const key = sleepKey + parked.sleeps++;
    return this.#wait(node, parked, key, undefined, {}, (at) => {
      this.#desk.report()?.waitTime(node, attempt, key, ms, at);
    });
  }

  /** Parks an attempt until a signal comes. Throws where the call is wrong. */
  waitFor(node: number, attempt: number, signal: string, options: WaitOptions = {}): Promise<unknown> {
    this.#check(node, signal, options);
    const parked = this.#parked(node, attempt, "ctx.waitFor");
    const key = this.#names.numberOf(signal);
    return this.#wait(node, parked, key, signal, options, (at) => {
      this.#desk.report()?.waitSignal(node, attempt, key, options.timeoutMs, options.default !== undefined, at);
    });
  }

  #check(node: number, signal: unknown, options: WaitOptions): void {
    const owner = this.#owner(node, "ctx.waitFor");
    if (typeof signal !== "string" || signal === "") throw new InvalidOptionError("signal", "a non-empty string", signal, owner);
    if (typeof options !== "object" || options === null) throw new InvalidOptionError("options", "an object", options, owner);
    const { schema, timeoutMs } = options;
    const isLength = timeoutMs === undefined || (typeof timeoutMs === "number" && timeoutMs >= 0 && timeoutMs <= longestMs);
    if (!isLength) throw new InvalidOptionError("timeoutMs", "a finite number of at least 0, in milliseconds", timeoutMs, owner);
    if (options.default !== undefined && timeoutMs === undefined) {
      throw new InvalidOptionError(
        "timeoutMs",
        "given where there is a `default`, which stands in for a signal that is late",
        timeoutMs,
        owner,
      );
    }
    if (schema !== undefined && !isSchema(schema)) {
      throw new InvalidOptionError("schema", "a function, an object with `parse`, or a Standard Schema", schema, owner);
    }
  }

  #owner(node: number, call: string): string {
    return `node ${quote(this.#desk.nameOf(node))}, ${call}`;
  }

  /** Throws where no attempt calls, or one that was told to stop. */
  #parked(node: number, attempt: number, call: string): ParkedAttempt {
    if (attempt === 0) throw new ContextError(`${this.#owner(node, call)}: only a task can wait, no predicate and no undo`);
    this.#desk.signalOf(node, attempt).throwIfAborted();
    this.#desk.expectGoingOn(node, attempt, call);
    const known = this.#attempts.get(node);
    if (known?.attempt === attempt) return known;
    const parked: ParkedAttempt = { attempt, sleeps: 0, isParked: false, open: new Map(), over: [] };
    this.#attempts.set(node, parked);
    this.#desk.markSpecial(node);
    return parked;
  }

  #wait(
    node: number,
    parked: ParkedAttempt,
    key: number,
    signal: string | undefined,
    options: WaitOptions,
    open: (at: number) => void,
  ): Promise<unknown> {
    const kept = this.#answers.get(node)?.get(key);
    if (kept !== undefined) return settled(kept);
    const going = parked.open.get(key);
    if (going !== undefined) return going.promise;
    const wait = openWait(signal, options);
    parked.open.set(key, wait);
    parked.isParked = true;
    open(this.#desk.now());
    return wait.promise;
  }

  /** A wait is over. */
  over(node: number, key: number, end: number, payload: number): void {
    const content = end === waitEnds.answered || end === waitEnds.rejected ? this.#payloads.get(payload) : undefined;
    if (end === waitEnds.answered || end === waitEnds.rejected) this.#payloads.delete(payload);
    const rule = this.#scene.waitOf(node);
    if (rule !== undefined) {
      this.#endOfNode(node, rule, end, content);
      return;
    }
    const parked = this.#attempts.get(node);
    const wait = parked?.open.get(key);
    if (parked === undefined || wait === undefined) return;
    parked.open.delete(key);
    const answer = this.#answerOf(node, parked.attempt, wait, end, content);
    if (end !== waitEnds.timedOut) this.#keep(node, key, answer);
    if (parked.isParked) parked.over.push({ wait, answer });
    else give(wait, answer);
  }

  #keep(node: number, key: number, answer: WaitAnswer): void {
    const answers = this.#answers.get(node) ?? new Map<number, WaitAnswer>();
    this.#answers.set(node, answers.set(key, answer));
  }

  #endOfNode(node: number, rule: LoweredWait, end: number, content: unknown): void {
    const { outputs, errors } = this.#desk;
    const name = this.#desk.nameOf(node);
    if (end === waitEnds.answered) outputs[node] = content;
    else if (end === waitEnds.default) outputs[node] = rule.default?.value;
    else if (end === waitEnds.rejected) errors.set(node, new RejectedError(name, 1, content));
    else if (end === waitEnds.timedOut) errors.set(node, new WaitTimeoutError(name, 1, rule.signal));
  }

  #answerOf(node: number, attempt: number, { signal, options }: OpenWait, end: number, content: unknown): WaitAnswer {
    const name = this.#desk.nameOf(node);
    if (end === waitEnds.slept) return { value: undefined };
    if (end === waitEnds.rejected) return { thrown: new RejectedError(name, attempt, content) };
    if (end === waitEnds.timedOut) return { thrown: new WaitTimeoutError(name, attempt, signal) };
    if (end === waitEnds.default) return { value: options.default };
    try {
      return { value: options.schema === undefined ? content : checkedBy(options.schema, content) };
    } catch (error) {
      return { thrown: error };
    }
  }

  /** Whether a lease is of an attempt that was parked, and not of a new one. */
  isParked(node: number, attempt: number): boolean {
    const parked = this.#attempts.get(node);
    return parked !== undefined && parked.attempt === attempt && parked.isParked;
  }

  /** A parked attempt goes on. */
  resume(node: number): void {
    const parked = this.#attempts.get(node);
    if (parked === undefined) return;
    parked.isParked = false;
    for (const { wait, answer } of parked.over.splice(0)) give(wait, answer);
  }

  /** An attempt was told to stop: nothing that it waits for will come. */
  abort(node: number, attempt: number, reason: unknown): void {
    const parked = this.#attempts.get(node);
    if (parked === undefined || parked.attempt !== attempt) return;
    parked.isParked = false;
    for (const { wait } of parked.over.splice(0)) wait.reject(reason);
    for (const wait of parked.open.values()) wait.reject(reason);
    parked.open.clear();
  }

  /** Every attempt was told to stop. */
  abortAll(reason: unknown): void {
    for (const [node, { attempt }] of this.#attempts) this.abort(node, attempt, reason);
  }

  /** Sends a signal: the oldest wait that may hear it does, or the next one. `signal` is the core's number for its name. */
  send(signal: number, node: number | undefined, payload: unknown, isRejection: boolean): void {
    const door = this.#desk.report();
    if (door === undefined) return;
    const number = this.#nextPayload++;
    this.#payloads.set(number, payload);
    door.signal(signal, node, number, isRejection, this.#desk.now());
    this.#desk.flush();
  }

  /** The schemas that a signal to this node's open wait, or to the node itself, has to pass. */
  schemaOf(node: number, key: number): Schema | undefined {
    const rule = this.#scene.waitOf(node);
    return rule === undefined ? this.#attempts.get(node)?.open.get(key)?.options.schema : rule.schema;
  }
}

function openWait(signal: string | undefined, options: WaitOptions): OpenWait {
  let resolve: (value: unknown) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<unknown>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => {}); // Whoever awaits it hears of it; a wait that was left behind in a race ends the process otherwise.
  return { signal, options, promise, resolve, reject };
}

function give(wait: OpenWait, answer: WaitAnswer): void {
  if ("thrown" in answer) wait.reject(answer.thrown);
  else wait.resolve(answer.value);
}

async function settled(answer: WaitAnswer): Promise<unknown> {
  if ("thrown" in answer) throw answer.thrown;
  return answer.value;
}
