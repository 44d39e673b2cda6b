/**
 * The reference model led through a run that has happened: every input that the run's events tell of is given to the model, in their order, and the
 * model has to decide what the run decided. So nothing has to be known of when and where code ran.
 *
 * What depends on how inputs were gathered into batches is left out on the model's side: it has slots, pools and keys without end, so whatever is
 * ready may begin, and a timer fires when the run's events say that it did.
 */
import type { RunEvent as PublicEvent } from "../../../src/index.js";
import { isSettled } from "../model/moves.js";
import { ModelRun, type Seen } from "../model/run.js";
import { type Growth, type ModelKind, type ModelPlan, type ModelPolicy, newNode } from "../model/spec.js";
import type { Attempt, ModelNode } from "../model/state.js";
import { nextTimer, type Timer } from "../model/timers.js";
import { type Effect, ownSignal, type RunEvent, type RunInput, timeKey, type Verdict } from "../model/types.js";
import { aroundOf, planOf, specOf } from "../program-spec.js";
import type { Program, ProgramFlow, ProgramNode } from "../programs.js";
import { selectedProgram } from "../selected-program.js";

/** What a node of the run is in the program. */
interface Known {
  /** Its name, behind that of the container it stands in. */
  readonly name: string;
  readonly node: ProgramNode;
  readonly container: number | null;
}

/** What the model and the run came to, in one shape each: equal where nothing is wrong. */
export interface Followed {
  readonly expected: object;
  readonly actual: object;
}

/** Signals that code may wait for, by their number. */
const signals = ["go", "on"];
const nothing: ProgramFlow = { nodes: [], edges: [] };
const containers = ["map", "subdag", "loop"];
/** Events that depend on slots and pools, which the model has none of. */
const ofSlots = new Set(["nodeLeased", "leaseReturned", "undoStarted"]);

/** Leads the model through the events of a run of `program`. @throws where it decides something else, with the events that led there. */
export function follow(program: Program, events: readonly PublicEvent[]): Followed {
  const follower = new Follower(program);
  for (const [i, event] of events.entries()) follower.hear(event, events, i);
  return follower.compared(events);
}

class Follower {
  readonly #run: ModelRun;
  readonly #program: Program;
  readonly #known: Known[] = [];
  readonly #rounds = new Map<number, number>();
  /** How many sleeps each node has begun. */
  readonly #sleeps = new Map<string, number>();
  readonly #events: RunEvent[] = [];

  constructor(program: Program) {
    this.#program = selectedProgram(program);
    const spec = specOf(this.#program);
    this.#run = new ModelRun({ ...spec, ...boundless(spec), maxWorkers: 1_000_000, pools: [] });
    this.#know(this.#program, null);
  }

  hear(event: PublicEvent, all: readonly PublicEvent[], place: number): void {
    if (!("timeMs" in event)) return;
    const at = Math.round(event.timeMs * 1000);
    const isEnd = event.type === "nodeResumed" && event.lane === undefined;
    const [input, timer] = isEnd ? [this.#endOfParked(event, all.slice(place + 1), at), null] : this.#causeOf(event, at);
    // Waits and containers start when a step has ended, not after each input: the run's own word for it is awaited.
    const starting = event.type === "nodeStarted" && event.lane === undefined ? this.#nodeOf(event.node) : undefined;
    const mayStart = (node: ModelNode): boolean => node === starting || (node.policy.kind?.is ?? "task") === "task";
    const mayEnter = (event.type === "phaseEntered" && event.node === undefined) || event.type === "runEnded";
    const isStep = input !== null || starting !== undefined || timer !== null || mayEnter;
    if (isStep) this.#advance(input === null ? [] : [input], at, { mayFire: timer ?? (() => false), mayStart, mayEnter });
  }

  /** What has to have happened for this event: an input, a timer, or nothing more than has happened already. */
  #causeOf(event: Extract<PublicEvent, { timeMs: number }>, at: number): [RunInput | null, ((timer: Timer) => boolean) | null] {
    const none: [null, null] = [null, null];
    switch (event.type) {
      case "runStarted":
        return [{ kind: "start", at }, null];
      case "cancelRequested":
        return [{ kind: "cancel", at }, null];
      case "runPaused":
        return [{ kind: "pause", at }, null];
      case "runResumed":
        return [{ kind: "resume", at }, null];
      case "runTimedOut":
        return [null, ({ class: kind }) => kind === 6];
      case "signalQueued":
        return [this.#signal(event.signal, event.node, event.isRejection, at), null];
      case "grew":
      case "runEnded":
      case "phaseEntered":
        return none;
    }
    if (event.node === undefined) throw new Error(JSON.stringify(event));
    const isLate = event.type === "lateOutcome" || event.type === "attemptAbandoned";
    const phases = event.type === "attemptAbandoned" ? ["told"] : ["told", "abandoned"];
    const undoing = event.type === "undoCompleted" || event.type === "undoFailed" ? this.#undoingNodeOf(event.node) : undefined;
    const node = undoing ?? (isLate ? this.#toldNodeOf(event.node, event.attempt, phases) : this.#nodeOf(event.node));
    const timerOf = (...classes: readonly number[]): [null, (timer: Timer) => boolean] => [
      null,
      once((timer) => timer.node === node.id && classes.includes(timer.class)),
    ];
    const isCode = this.#isCode(node.id);
    const live = this.#liveAttempt(node);
    const { grows } = this.#knownOf(node.id).node;
    const growth = grows === undefined ? {} : { growth: this.#growthOf(grows) };
    const settled = (outcome: "ok" | "failed" | "crashed"): [RunInput | null, null] => {
      if (!isCode || live?.number !== event.attempt) return none;
      const settle = { kind: "settle", node: node.id, attempt: event.attempt, at } as const;
      return [outcome === "ok" ? { ...settle, outcome, ...growth } : { ...settle, outcome }, null];
    };
    switch (event.type) {
      case "nodeCancelRequested":
        return [{ kind: "cancelNodes", nodes: [node.id], at }, null];
      case "nodeReady":
        return node.state === "waiting" && node.retryAt !== null ? timerOf(2) : none;
      case "nodeStarted":
      case "nodeResumed":
        return isCode && event.lane !== undefined ? [{ kind: "begin", node: node.id, attempt: event.attempt, at }, null] : none;
      case "nodeCompleted":
        return settled("ok");
      case "attemptFailed":
        if (event.reason === "timeout") return timerOf(0);
        return settled(event.reason === "crashed" ? "crashed" : "failed");
      case "nodeFailed":
        if (isSettled(node.state)) return none;
        if (event.reason === "timeout") return live === null || !this.#hasTimer(node, 0, at) ? timerOf(1) : timerOf(0);
        // What an attempt adds may be refused when it has ended, too, and then the attempt fails.
        if (event.reason === "limit") return settled("ok");
        return settled(event.reason === "crashed" ? "crashed" : "failed");
      case "lateOutcome":
        return [
          { kind: "settle", node: node.id, attempt: event.attempt, at, outcome: event.outcome === "succeeded" ? "ok" : "failed" },
          null,
        ];
      case "nodeCancelled":
        // Code that a stop has spared ends when it waits for something: that it asked to is seen from nothing else.
        if (!isCode || live?.number !== event.attempt || isSettled(node.state)) return none;
        return [{ kind: "wait", node: node.id, attempt: event.attempt, key: timeKey, what: { for: "time", us: 0 }, at }, null];
      case "attemptAbandoned":
        return [null, ({ node: id, class: kind, which }) => id === node.id && kind === 5 && which === event.attempt];
      case "predicateAnswered":
        if (event.verdict === "timedOut") return timerOf(4);
        return [this.#answer(event, node, event.verdict, at), null];
      case "waitOpened":
        return [isCode ? this.#waitOf(event, node, at) : null, null];
      case "waitOver":
        if (event.end === "slept" || event.end === "timedOut" || event.end === "default") return timerOf(3);
        if (this.#run.state.waits.every((wait) => wait.node !== node)) return none;
        return [this.#signal(event.signal, event.signal === undefined ? event.node : undefined, event.end === "rejected", at), null];
      case "itemsAdded":
        return [{ kind: "items", node: node.id, attempt: event.attempt, count: event.count, isDone: event.isDone, at }, null];
      case "undoCompleted":
        return [{ kind: "undone", node: node.id, isOk: true, at }, null];
      case "undoFailed":
        return event.reason === "timeout" ? timerOf(0) : [{ kind: "undone", node: node.id, isOk: false, at }, null];
      default:
        return none;
    }
  }

  /** Code that ended while it was parked: how it did is told by what comes next. */
  #endOfParked(
    { node, attempt }: { readonly node: string; readonly attempt: number },
    later: readonly PublicEvent[],
    at: number,
  ): RunInput {
    const told = later.find(
      (event) =>
        "node" in event &&
        event.node === node &&
        (event.type === "nodeCompleted" ||
          ((event.type === "attemptFailed" || event.type === "nodeFailed") && event.reason !== "timeout") ||
          event.type === "lateOutcome"),
    );
    const isOk = told?.type === "nodeCompleted" || (told?.type === "lateOutcome" && told.outcome === "succeeded");
    const isCrash = told !== undefined && "reason" in told && told.reason === "crashed";
    return { kind: "settle", node: this.#nodeOf(node).id, attempt, at, outcome: isOk ? "ok" : isCrash ? "crashed" : "failed" };
  }

  #answer(event: Extract<PublicEvent, { type: "predicateAnswered" }>, node: ModelNode, verdict: Verdict, at: number): RunInput {
    const from = event.from === undefined ? 0 : this.#nodeOf(event.from).id;
    return { kind: "answer", node: node.id, question: event.question, from, verdict, at };
  }

  #waitOf(event: Extract<PublicEvent, { type: "waitOpened" }>, node: ModelNode, at: number): RunInput {
    const { attempt } = event;
    if (!event.isSleep) {
      const key = signals.indexOf(event.signal ?? "");
      return { kind: "wait", node: node.id, attempt, key, what: { for: "signal", hasDefault: false }, at };
    }
    const us = Math.round((event.dueAtMs ?? 0) * 1000) - at;
    const ordinal = this.#sleeps.get(`${node.id}#${attempt}`) ?? 0;
    this.#sleeps.set(`${node.id}#${attempt}`, ordinal + 1);
    return { kind: "wait", node: node.id, attempt, key: timeKey + ordinal, what: { for: "time", us }, at };
  }

  #signal(name: string | undefined, node: string | undefined, isRejection: boolean, at: number): RunInput {
    const id = node === undefined ? null : this.#nodeOf(node).id;
    const number = name === undefined ? ownSignal + (id ?? 0) : signals.indexOf(name);
    return { kind: "signal", name: number, node: id, payload: 0, isRejection, at };
  }

  #isCode(node: number): boolean {
    const { does } = this.#knownOf(node).node;
    return !containers.includes(does) && does !== "wait";
  }

  #hasTimer(node: ModelNode, kind: number, at: number): boolean {
    return nextTimer(this.#run.state, (timer) => timer.node === node.id && timer.class === kind && timer.due <= at) !== null;
  }

  /** The attempt of a node whose code is out. */
  #liveAttempt(node: ModelNode): Attempt | null {
    const attempt = this.#run.state.currentAttempt(node);
    return attempt !== null && (attempt.phase === "running" || attempt.phase === "parked") ? attempt : null;
  }

  #advance(inputs: readonly RunInput[], at: number, seen: Seen): void {
    const report = this.#run.advance(inputs, at, seen);
    // Names first: events may be about nodes that this step has opened.
    for (const event of report.events) if (event.kind === "scopeOpened") this.#rounds.set(event.node, event.round);
    for (const effect of report.effects) if (effect.kind === "opened") this.#open(effect);
    this.#events.push(...report.events);
  }

  #open({ what, node, count }: Extract<Effect, { kind: "opened" }>): void {
    const owner = node === null ? undefined : this.#knownOf(node).node;
    const first = this.#known.filter((known) => known.container === node).length;
    const items = (owner?.items ?? []).map((does, i) => ({ id: String(i), does }));
    if (what === "growth") this.#know(owner?.grows ?? nothing, null);
    else this.#know(what === "items" ? { nodes: items.slice(first, first + count), edges: [] } : (owner?.flow ?? nothing), node);
  }

  #growthOf({ nodes, edges }: ProgramFlow): Growth {
    const idOf = (name: string): number => {
      const k = nodes.findIndex(({ id }) => id === name);
      return k === -1 ? this.#known.findIndex((known) => known.name === name) : newNode + k;
    };
    const links = edges.map(([from, to]): [number, number, boolean] => [idOf(from), idOf(to), false]);
    return {
      plan: boundless(planOf({ nodes, edges }, aroundOf(this.#program))),
      links: links.filter(([from, to]) => from < newNode || to < newNode),
    };
  }

  #know({ nodes }: ProgramFlow, container: number | null): void {
    const prefix = container === null ? "" : this.#prefixOf(container);
    for (const node of nodes) this.#known.push({ name: `${prefix}${node.id}`, node, container });
  }

  #prefixOf(container: number): string {
    const { name, node } = this.#knownOf(container);
    return node.does === "loop" ? `${name}/${this.#rounds.get(container)}/` : `${name}/`;
  }

  #knownOf(node: number): Known {
    const known = this.#known[node];
    if (known === undefined) throw new Error(`the run has a node ${node} that the model does not have`);
    return known;
  }

  /** The last that was opened of this name: a sub-DAG that is tried again opens its nodes again. */
  #nodeOf(name: string): ModelNode {
    const id = this.#known.findLastIndex((known) => known.name === name);
    if (id === -1) throw new Error(`the run has a node "${name}" that the model has not opened`);
    return this.#run.state.node(id);
  }

  /** The one of this name that is being undone. */
  #undoingNodeOf(name: string): ModelNode | undefined {
    return this.#run.state.undos.find(({ node, state }) => state === "running" && this.#knownOf(node.id).name === name)?.node;
  }

  /** The one of this name whose attempt was told to stop and has not returned. */
  #toldNodeOf(name: string, attempt: number, phases: readonly string[]): ModelNode {
    const told = [...this.#run.state.attempts.values()].find(
      ({ node, number, phase }) => number === attempt && phases.includes(phase) && this.#knownOf(node.id).name === name,
    );
    return told?.node ?? this.#nodeOf(name);
  }

  /** What each node went through, and how everything ended. */
  compared(actual: readonly PublicEvent[]): Followed {
    const expected = this.#events.map((event) => ({
      ...event,
      type: event.kind,
      node: "node" in event && event.node !== null ? this.#knownOf(event.node).name : undefined,
    }));
    return { expected: histories(expected), actual: histories(actual.filter((event) => "timeMs" in event)) };
  }
}

/** A predicate that is true once. */
function once(isMeant: (timer: Timer) => boolean): (timer: Timer) => boolean {
  let fired: Timer | null = null;
  return (timer) => {
    if (!isMeant(timer) || (fired !== null && !(fired.due === timer.due && fired.which === timer.which && fired.class === timer.class)))
      return false;
    fired ??= timer;
    return true;
  };
}

interface Told {
  readonly type: string;
  readonly node?: string | undefined;
}

/** By node what happened to it, in order; what happened to the run under "". */
function histories(events: readonly Told[]): Readonly<Record<string, readonly string[]>> {
  const byNode: Record<string, string[]> = {};
  for (const event of events) {
    if (ofSlots.has(event.type)) continue;
    const fields: Readonly<Record<string, unknown>> = { ...event };
    const outcome = fields.outcome === "succeeded" ? "ok" : fields.outcome;
    const attempt = ofAttempts.has(event.type) ? fields.attempt : undefined;
    const words = [event.type, attempt, fields.reason, outcome, fields.status, fields.verdict, fields.end, fields.question];
    const history = (byNode[event.node ?? ""] ??= []);
    history.push(words.filter((word) => word !== undefined).join(" "));
  }
  return byNode;
}

/** Events that are about an attempt. */
const ofAttempts = new Set(["nodeStarted", "nodeResumed", "nodeCompleted", "attemptFailed", "nodeFailed", "nodeCancelled", "lateOutcome"]);

/** A plan without anything that nodes have to wait for one another for, but edges. */
function boundless(plan: ModelPlan): ModelPlan {
  return { ...plan, policies: plan.policies.map(({ needs: _, kind, ...policy }): ModelPolicy => ({ ...policy, ...kindOf(kind) })) };
}

function kindOf(kind: ModelKind | undefined): Pick<ModelPolicy, "kind"> {
  if (kind === undefined || !("inside" in kind)) return kind === undefined ? {} : { kind };
  const { concurrency: _, plan, ...inside } = kind.inside;
  return { kind: { ...kind, inside: { ...inside, plan: boundless(plan) } } };
}
