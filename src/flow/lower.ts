/**
 * From a graph and its tasks to what a run takes: one level after another, the core's plan and this side's functions of each.
 *
 * Invariants: W1 a graph without options, or whose nodes all say the same, costs no policy a node. W2 a plan is made once per graph and set
 * of defaults, as long as the tasks of a run are of the kinds that the graph's own are. W3 everything that is wrong is found here, before a
 * run starts, and said at once.
 */
import { commandOf } from "../command/function.js";
import { edgeColumns, nodeColumns } from "../dag/columns.js";
import type { GraphCore, KeptFunction } from "../dag/graph-core.js";
import { matchesRetry } from "../dag/retry-row.js";
import type { DagnyError } from "../errors/base.js";
import { GrowthError } from "../errors/control.js";
import { errorOf } from "../errors/graph.js";
import { InternalError } from "../errors/internal.js";
import { JoinExpressionError } from "../errors/join.js";
import { MissingTaskError } from "../errors/task.js";
import { TaskCannotCrossError } from "../errors/threads.js";
import { joinRules, NativeGraph, NativePlan, nodeKinds, onFailures, policyFlags } from "../native/index.js";
import { addressText } from "./address.js";
import { type AnyFunction, type MapSpec, TaskDefinition, type WaitSpec } from "./definition.js";
import { FlowNames } from "./flow-names.js";
import { LimitColumns } from "./limit-columns.js";
import type { AnyTask, EdgeGuard, Lowered, LoweredContainer, LoweredFlow, LoweredWait, RetryTest, RunDefaults } from "./lowered.js";
import { moveFaults, movesOf } from "./moves.js";
import { addPools, Keys, needsOf } from "./needs.js";
import { calledBy, ownTasks, type RunTask } from "./own-tasks.js";
import { backoffPart, flagsOf, isDefault, nodesWithPolicies, type PolicyDraft, PolicyTable, plainPolicy } from "./policies.js";
import { definitionFaults, finallyFaults, lostFunctionFaults, upstreamNames, wordsOfJoin } from "./rules.js";
import { isThreaded, threadsOf } from "./threads.js";

/** A graph that is to be run, with its tasks. */
export interface FlowSource {
  readonly core: GraphCore;
  /** By node id. */
  readonly tasks: readonly (RunTask | undefined)[];
  /** Whether each task is of the kind that the graph itself says, so that a plan made before holds. */
  readonly isAsPlanned: boolean;
  /** Whether it is known that every node has a task, and that it is a function. */
  readonly areFunctions?: boolean;
  /** Nodes that a value stands for. */
  readonly given?: ReadonlyMap<number, unknown>;
}

const noValues: ReadonlyMap<number, unknown> = new Map();

/** How many plans are kept for one graph: its executors may each have timeouts of their own, computed from the time of day, say. */
const mostPlans = 8;

/** By graph, by the tests of the defaults' `retryOn`, by the rest of the defaults as text. */
const flows = new WeakMap<GraphCore, WeakMap<object, Map<string, KeptFlow>>>();

/** A flow and the tasks it was made for. */
interface KeptFlow {
  readonly flow: LoweredFlow;
  readonly tasks: readonly (RunTask | undefined)[];
}

/**
 * A flow as a run takes it. The first call costs O(n + m) with everything inside; the next ones with equal defaults, a look-up. Throws
 * what is wrong with the tasks, with what nodes need and with how they go together.
 */
export function lowerFlow(source: FlowSource, defaults: RunDefaults): LoweredFlow {
  const { core, tasks, isAsPlanned, given = noValues } = source;
  if (!isAsPlanned || given.size > 0) return makeFlow(core, tasks, given, defaults);
  const kept = keptFlows(core, defaults);
  const key = keyOf(defaults);
  const found = kept.get(key);
  if (found !== undefined) {
    const { flow } = found;
    if (found.tasks === tasks) return flow;
    if (source.areFunctions !== true) checkTasks(core.names, tasks, given);
    const functions = source.areFunctions === true ? (tasks as readonly AnyTask[]) : functionsOf(tasks);
    return { ...flow, base: { ...flow.base, tasks: functions, threads: threadsOf(core, functions, defaults) } };
  }
  const flow = makeFlow(core, tasks, given, defaults);
  for (const oldest of kept.keys()) if (kept.size >= mostPlans) kept.delete(oldest);
  kept.set(key, { flow, tasks });
  return flow;
}

/**
 * The level of nodes that are added to a run: a graph of their own, with the tasks given with them. `upstreamsOf` answers with the names
 * of all upstreams of such a node, those that the run has first, in the order of their ids. `names` are those of the run, `hasThreads` says
 * whether it may use threads. Throws like `lowerFlow`.
 */
export function lowerGrowth(
  core: GraphCore,
  defaults: RunDefaults,
  names: FlowNames,
  upstreamsOf: (node: number) => readonly string[],
  hasThreads = true,
): Lowered {
  const tasks = ownTasks(core);
  checkTasks(core.names, tasks, new Map());
  const lowering = new Lowering(defaults, names);
  const level = lowering.level(core, tasks, new Map(), [], upstreamsOf);
  lowering.finish();
  if (lowering.usesThreads && !hasThreads) {
    throw new GrowthError(
      'a node that is added says `on: "thread"`, and this run has no threads: give the executor a `pool`, `{}` will do',
    );
  }
  return level;
}

/** What an edge asks, if it asks anything; of options that have been checked. */
export function guardOf(condition: KeptFunction | undefined, filter: KeptFunction | undefined): EdgeGuard | undefined {
  if (condition === undefined && filter === undefined) return undefined;
  return { ...(condition && { condition: trusted(condition) }), ...(filter && { filter: trusted(filter) }) };
}

function keptFlows(core: GraphCore, { retryOn }: RunDefaults): Map<string, KeptFlow> {
  const byTests = flows.get(core) ?? new WeakMap<object, Map<string, KeptFlow>>();
  flows.set(core, byTests);
  const kept = byTests.get(retryOn ?? core) ?? new Map<string, KeptFlow>();
  byTests.set(retryOn ?? core, kept);
  return kept;
}

/** By defaults, of which an executor has one object. */
const keys = new WeakMap<RunDefaults, string>();

function keyOf(defaults: RunDefaults): string {
  let key = keys.get(defaults);
  if (key === undefined) {
    key = textOf(defaults);
    keys.set(defaults, key);
  }
  return key;
}

function textOf(defaults: RunDefaults): string {
  const { pools, rates, backoff, timeoutMs, nodeTimeoutMs, maxAttempts, failFast, on, maxCrashes } = defaults;
  const threads = `${on} ${maxCrashes} ${defaults.mayGrowOnThreads} ${defaults.isAllInline}`;
  const plain = `${timeoutMs} ${nodeTimeoutMs} ${maxAttempts} ${failFast} ${threads}`;
  if (pools === undefined && rates === undefined && backoff === undefined) return plain;
  return JSON.stringify([plain, backoff, [...(pools ?? [])], [...(rates ?? [])]]);
}

function makeFlow(
  core: GraphCore,
  tasks: readonly (RunTask | undefined)[],
  given: ReadonlyMap<number, unknown>,
  defaults: RunDefaults,
): LoweredFlow {
  checkTasks(core.names, tasks, given);
  const names = new FlowNames();
  addPools(names, defaults);
  const lowering = new Lowering(defaults, names);
  lowering.gatherKeys(core, tasks);
  const base = lowering.level(core, tasks, given, []);
  lowering.finish();
  const usesThreads = !defaults.isAllInline && (lowering.usesThreads || defaults.mayGrowOnThreads === true);
  return { base, names, usesThreads };
}

/** Makes the levels of one flow; what is wrong is gathered and thrown at the end (W3). */
class Lowering {
  readonly #defaults: RunDefaults;
  readonly #names: FlowNames;
  readonly #faults: DagnyError[] = [];
  /** Nodes that are to run on a thread, and cannot. */
  readonly #stuck: string[] = [];
  /** Whether any node lowered so far runs on a thread. */
  usesThreads = false;
  /** Graphs that were lowered already: one that stands in many places is lowered once. */
  readonly #inside = new Map<GraphCore, Lowered>();

  constructor(defaults: RunDefaults, names: FlowNames) {
    this.#defaults = defaults;
    this.#names = names;
  }

  /** Throws what was found wrong. */
  finish(): void {
    if (this.#stuck.length > 0) this.#faults.push(new TaskCannotCrossError(this.#stuck));
    if (this.#faults.length > 0) throw errorOf(this.#faults, "the flow has");
  }

  /** Numbers the concurrency keys of a graph and of all graphs inside. */
  gatherKeys(core: GraphCore, tasks: readonly (RunTask | undefined)[]): void {
    const keys = new Keys();
    const seen = new Set<GraphCore>();
    const rest = [{ core, tasks, path: [] as readonly string[] }];
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      const { path } = next;
      const { names } = next.core;
      if (seen.has(next.core)) continue;
      seen.add(next.core);
      keys.gather(next.core, (node) => addressText(path, names[node] ?? ""), this.#faults);
      for (const [node, task] of next.tasks.entries()) {
        const graph = graphInside(task);
        if (graph !== undefined) rest.push({ core: graph, tasks: ownTasks(graph), path: [...path, names[node] ?? ""] });
      }
    }
    keys.addTo(this.#names);
  }

  level(
    core: GraphCore,
    tasks: readonly (RunTask | undefined)[],
    given: ReadonlyMap<number, unknown>,
    path: readonly string[],
    upstreamsOf?: (node: number) => readonly string[],
  ): Lowered {
    const inner: NativePlan[] = [];
    const containers = new Map<number, LoweredContainer>();
    const waits = new Map<number, LoweredWait>();
    const definitions = definitionsOf(core, tasks);
    this.#faults.push(...finallyFaults(core), ...lostFunctionFaults(core, (node) => tasks[node]));
    for (const [node, task] of definitions) this.#faults.push(...definitionFaults(core, node, task, upstreamsOf?.(node).length));
    const table = new PolicyTable();
    const plain = plainPolicy(this.#defaults);
    const moves = movesOf(core, given);
    if (moves !== null) this.#faults.push(...moveFaults(core, (node) => tasks[node]));
    const special = nodesWithPolicies(core, [...definitions.keys(), ...given.keys(), ...(moves?.into.keys() ?? [])]);
    const isPlain = special.length === 0 && isDefault(plain);
    if (!isPlain) table.place(plain);
    const policyOf = special.length === 0 ? undefined : new Uint32Array(core.names.length);
    const limits = new LimitColumns(core, this.#defaults);
    for (const node of special) {
      const policy = { ...plain };
      const address = addressText(path, core.names[node] ?? "");
      this.#putRow(core, node, policy, upstreamsOf ?? ((of) => upstreamNames(core, of)));
      const spec = given.has(node) ? undefined : TaskDefinition.specOf(definitions.get(node));
      if (given.has(node)) policy.kind = nodeKinds.given;
      else if (spec === undefined || spec.kind === "command") {
        const needs = needsOf(core, node, address, this.#names, this.#defaults, this.#faults);
        if (needs !== undefined) policy.needs = needs;
        limits.task(node);
        if (spec !== undefined) policy.flags |= policyFlags.command;
        else if (isThreaded(core, node, this.#defaults)) policy.flags |= policyFlags.thread;
      } else if (spec.kind === "map" || spec.kind === "subDag" || spec.kind === "loop") {
        const container = this.#container(core, node, spec, [...path, core.names[node] ?? ""]);
        containers.set(node, container);
        putContainer(policy, container, spec, this.#defaults.failFast ?? true, placeIn(inner, container.inner.plan));
        // A map's delays are its items'.
        if (spec.kind === "map") Object.assign(policy, backoffPart(undefined));
        limits.container(node, spec.kind);
      } else if (spec.kind !== "module") {
        waits.set(node, waitOf(spec));
        putWait(policy, spec, this.#names);
        limits.wait(node);
      }
      if (moves?.into.has(node)) {
        policy.maxCrashes = 0;
        limits.once(node);
      }
      if (policyOf !== undefined) policyOf[node] = table.place(policy);
    }
    const guards = guardsOf(core);
    const columns = {
      ...limits.columns(),
      ...(isPlain ? {} : { policies: table.policies }),
      ...(policyOf && { policyOf }),
      ...(guards.pairs.length > 0 && { guards: guards.pairs }),
    };
    const functions = functionsOf(tasks);
    const threads = threadsOf(core, functions, this.#defaults, (node) => this.#stuck.push(addressText(path, core.names[node] ?? "")));
    if (threads !== null) this.usesThreads = true;
    // The core has no words for what is wrong: once anything is, plans are made of nothing, and nobody sees them (W3).
    const plan = this.#faults.length + this.#stuck.length > 0 ? emptyPlan() : new NativePlan(core.native, columns, inner);
    const { condition, cached, undo } = core.nodes;
    return {
      core,
      plan,
      tasks: functions,
      threads,
      containers,
      waits,
      conditions: functionColumn(condition),
      caches: functionColumn(cached),
      undos: functionColumn(undo),
      retryOn: this.#retryTests(core, definitions),
      guards: guards.map,
      moves,
      given,
    };
  }

  /** What a node's row says of its policy. */
  #putRow(core: GraphCore, node: number, policy: PolicyDraft, upstreamsOf: (node: number) => readonly string[]): void {
    const { nodes } = core;
    policy.flags = flagsOf(core, node);
    policy.onFailure = onFailures[nodes.onFailure?.get(node) ?? "fail"];
    policy.nodeTimeoutMs = nodes.nodeTimeoutMs?.get(node) ?? policy.nodeTimeoutMs;
    policy.maxCrashes = nodes.maxCrashes?.get(node) ?? policy.maxCrashes;
    if (nodes.maxAttempts?.has(node)) Object.assign(policy, backoffPart(nodes.backoff?.get(node)));
    const join = nodes.join?.get(node);
    if (typeof join === "string") policy.join = joinRules[join];
    else if (join !== undefined) {
      policy.join = joinRules.expression;
      try {
        policy.expression = wordsOfJoin(core, node, join.expr, upstreamsOf(node));
      } catch (error) {
        if (!(error instanceof JoinExpressionError)) throw error;
        this.#faults.push(error);
      }
    }
  }

  #container(core: GraphCore, node: number, spec: ContainerSpec, path: readonly string[]): LoweredContainer {
    if (spec.kind === "subDag") {
      return { kind: "subDag", inner: this.#graph(spec.core, path), params: spec.params, output: spec.output };
    }
    if (spec.kind === "map") {
      const { over, maxItems, allowFailures, each } = spec;
      return {
        kind: "map",
        inner: this.#item(core, node, spec, path),
        over,
        maxItems,
        allowFailures,
        isFunction: typeof each === "function",
      };
    }
    const { body, limit } = spec;
    const isFunction = typeof body === "function";
    const inner = isFunction ? this.#round(core, node, body, path) : this.#graph(body, path);
    return { kind: "loop", inner, until: trusted(spec.until), limit, isFunction };
  }

  /** The one node that stands for each round of a loop over a function. */
  #round(core: GraphCore, node: number, body: AnyFunction, path: readonly string[]): Lowered {
    const { effects, on, maxCrashes } = core.nodes;
    const row = { effects: effects?.get(node), on: on?.get(node), maxCrashes: maxCrashes?.get(node) };
    return this.level(singleNode(path.at(-1) ?? "", row), [taskOf(body)], new Map(), path.slice(0, -1));
  }

  /** The level of a graph inside, with the tasks given with its nodes. */
  #graph(core: GraphCore, path: readonly string[]): Lowered {
    let lowered = this.#inside.get(core);
    if (lowered === undefined) {
      const tasks = ownTasks(core);
      const missing = core.names.filter((_, node) => tasks[node] === undefined).map((name) => addressText(path, name));
      if (missing.length > 0) this.#faults.push(new MissingTaskError(missing));
      lowered = this.level(core, tasks, new Map(), path);
      this.#inside.set(core, lowered);
    }
    return lowered;
  }

  /** The one node that stands for each item of a map, with what the map's node says of items. */
  #item(core: GraphCore, node: number, spec: MapSpec, path: readonly string[]): Lowered {
    const { timeoutMs, maxAttempts, backoff, retryOn, resources, concurrencyKey, rate, effects, on, maxCrashes } = core.nodes;
    const ofItems = { timeoutMs, maxAttempts, backoff, retryOn, resources, concurrencyKey, rate, effects, on, maxCrashes };
    const row = Object.fromEntries(Object.entries(ofItems).map(([option, column]) => [option, column?.get(node)]));
    const single = singleNode(path.at(-1) ?? "", { ...row, ...(spec.allowFailures && { onFailure: "continue" }) });
    const each =
      typeof spec.each === "function"
        ? taskOf(spec.each)
        : new TaskDefinition<never, unknown>({
            kind: "subDag",
            core: spec.each,
            params: undefined,
            failFast: undefined,
            output: undefined,
          });
    return this.level(single, [each], new Map(), path.slice(0, -1));
  }

  #retryTests({ names, nodes }: GraphCore, definitions: ReadonlyMap<number, unknown>): ReadonlyMap<number, RetryTest> {
    const tests = new Map<number, RetryTest>();
    const { retryOn } = this.#defaults;
    if (retryOn !== undefined) {
      const test: RetryTest = (error, attempt) => matchesRetry(retryOn, error, attempt);
      const isTask = (node: number): boolean => !definitions.has(node) || calledBy(definitions.get(node)) !== undefined;
      for (const node of names.keys()) if (!nodes.maxAttempts?.has(node) && isTask(node)) tests.set(node, test);
    }
    for (const [node, matches] of nodes.retryOn ?? []) tests.set(node, (error, attempt) => matchesRetry(matches, error, attempt));
    return tests;
  }
}

type ContainerSpec = Extract<ReturnType<typeof TaskDefinition.specOf>, { kind: "map" | "subDag" | "loop" }>;

function putContainer(policy: PolicyDraft, container: LoweredContainer, spec: ContainerSpec, failFast: boolean, inner: number): void {
  policy.kind = nodeKinds[container.kind];
  policy.inner = inner;
  const isFailFast = spec.kind === "map" ? !spec.allowFailures : spec.kind === "subDag" ? (spec.failFast ?? failFast) : failFast;
  if (isFailFast) policy.flags |= policyFlags.failFastInside;
  if (spec.kind === "map") {
    policy.concurrency = spec.concurrency;
    policy.limit = spec.maxItems;
  } else if (spec.kind === "loop") policy.limit = spec.limit;
}

function putWait(policy: PolicyDraft, { kind, signal, timeoutMs, default: standIn }: WaitSpec, names: FlowNames): void {
  policy.kind = nodeKinds.wait;
  policy.signal = kind === "sleep" ? -1 : signal === undefined ? -2 : names.signal(signal);
  policy.waitMs = timeoutMs ?? Number.NaN;
  if (standIn !== undefined) policy.flags |= policyFlags.waitDefault;
}

function waitOf({ kind, signal, schema, timeoutMs, default: standIn }: WaitSpec): LoweredWait {
  return { kind, signal, schema, timeoutMs, default: standIn };
}

/** The edges that ask something: as pairs for the core, and by `from * n + to`. O(m) where there are any. */
function guardsOf({ names, native, edges }: GraphCore): { readonly pairs: Uint32Array; readonly map: ReadonlyMap<number, EdgeGuard> } {
  const asking = new Set([...(edges.condition?.keys() ?? []), ...(edges.filter?.keys() ?? [])]);
  const map = new Map<number, EdgeGuard>();
  if (asking.size === 0) return { pairs: new Uint32Array(), map };
  const all = native.edges();
  const pairs: number[] = [];
  for (const edge of [...asking].sort((a, b) => a - b)) {
    const from = all[2 * edge] ?? 0;
    const to = all[2 * edge + 1] ?? 0;
    const guard = guardOf(edges.condition?.get(edge), edges.filter?.get(edge));
    if (guard === undefined) continue;
    pairs.push(from, to);
    map.set(from * names.length + to, guard);
  }
  return { pairs: Uint32Array.from(pairs), map };
}

function definitionsOf({ nodes }: GraphCore, tasks: readonly (RunTask | undefined)[]): Map<number, TaskDefinition<never, unknown>> {
  const found = new Map<number, TaskDefinition<never, unknown>>();
  // Only nodes with tasks of their own, or those of a run, have any: a graph without is not searched twice.
  if (nodes.task === null && tasks.length === 0) return found;
  for (let node = 0; node < tasks.length; node++) {
    const task = tasks[node];
    if (typeof task === "object") found.set(node, task);
  }
  return found;
}

function functionsOf(tasks: readonly (RunTask | undefined)[]): readonly (AnyTask | undefined)[] {
  const isAll = (list: readonly (RunTask | undefined)[]): list is readonly (AnyTask | undefined)[] =>
    !list.some((task) => typeof task === "object");
  return isAll(tasks) ? tasks : tasks.map((task) => (typeof task === "object" ? calledBy(task) : task));
}

function checkTasks(names: readonly string[], tasks: readonly (RunTask | undefined)[], given: ReadonlyMap<number, unknown>): void {
  if (!tasks.includes(undefined)) return;
  const missing = names.filter((_, node) => tasks[node] === undefined && !given.has(node));
  if (missing.length > 0) throw new MissingTaskError(missing);
}

function graphInside(task: RunTask | undefined): GraphCore | undefined {
  const spec = TaskDefinition.specOf(task);
  const inside = spec?.kind === "map" ? spec.each : spec?.kind === "loop" ? spec.body : spec?.kind === "subDag" ? spec.core : undefined;
  return typeof inside === "object" ? inside : undefined;
}

/** A graph of one node with this row. */
function singleNode(name: string, row: object): GraphCore {
  const native = NativeGraph.build(1, new Uint32Array());
  if (Array.isArray(native)) throw new InternalError("a graph of one node was refused");
  const nodes = Object.fromEntries(
    Object.entries(row).flatMap(([option, value]) => (value === undefined ? [] : [[option, new Map([[0, value]])]])),
  );
  return { names: [name], index: new Map([[name, 0]]), native, nodes: { ...nodeColumns(), ...nodes }, edges: edgeColumns() };
}

function emptyPlan(): NativePlan {
  const native = NativeGraph.build(0, new Uint32Array());
  if (Array.isArray(native)) throw new InternalError("a graph of no node was refused");
  return new NativePlan(native, { defaultTimeout: Number.NaN, defaultMaxAttempts: 1 });
}

function placeIn(inner: NativePlan[], plan: NativePlan): number {
  const place = inner.indexOf(plan);
  return place === -1 ? inner.push(plan) - 1 : place;
}

function functionColumn<F extends (...args: never) => unknown>(column: ReadonlyMap<number, KeptFunction> | null): ReadonlyMap<number, F> {
  return new Map(Array.from(column ?? [], ([node, kept]) => [node, trusted<F>(kept)]));
}

/** The task of an item or a round. */
function taskOf(kept: KeptFunction): RunTask {
  const task: AnyTask = trusted(kept);
  const command = commandOf(task);
  return command === undefined ? task : new TaskDefinition<never, unknown>({ ...command, kind: "command", task });
}

/** A function whose types the compiler checked where it was given, and forgot where it was kept. */
function trusted<F extends (...args: never) => unknown>(kept: KeptFunction): F {
  return kept as F;
}
