/** Specs of the reference model as the core holds them: plans with their policies, additions, options. */
import {
  delayGrowths,
  expressionOps,
  joinRules,
  keepResultsCodes,
  looks,
  NativeGraph,
  NativeGrowth,
  NativePlan,
  type NativePolicy,
  type NativeRunOptions,
  nodeKinds,
  none,
  onFailures,
  ownSignal,
  policyFlags,
} from "../../src/native/index.js";
import type { Expression, Growth, Inside, JoinRule, ModelKind, ModelPlan, ModelPolicy, RunSpec } from "./model/spec.js";
import { nativePolicy, nativeRunOptions } from "./native-policy.js";

const plans = new WeakMap<ModelPlan, NativePlan>();

/** A graph with its policies, as the core holds it. One for each spec. */
export function corePlan(spec: ModelPlan): NativePlan {
  const known = plans.get(spec);
  if (known !== undefined) return known;
  const plan = madePlan(spec);
  plans.set(spec, plan);
  return plan;
}

function madePlan(spec: ModelPlan): NativePlan {
  const pairs = spec.edges.map(([from, to]) => [from, to]);
  const graph = NativeGraph.build(spec.nodeCount, Uint32Array.from(pairs.flat()));
  if (Array.isArray(graph)) throw new Error("the spec's edges are no DAG");
  const { policies } = spec;
  const column = (values: readonly (number | undefined)[], missing: number): Float64Array | null =>
    values.every((value) => value === undefined) ? null : Float64Array.from(values, (value) => value ?? missing);
  const costs = column(
    policies.map((policy) => policy.cost),
    1,
  );
  const priorities = column(
    policies.map((policy) => policy.priority),
    0,
  );
  const timeouts = column(
    policies.map((policy) => policy.timeoutMs),
    Number.NaN,
  );
  const attempts = column(
    policies.map((policy) => policy.maxAttempts),
    1,
  );
  const inner: NativePlan[] = [];
  const rules = rulesOf(policies, inner);
  const guards = spec.edges.flatMap(([from, to, isGuarded]) => (isGuarded === true ? [from, to] : []));
  return new NativePlan(
    graph,
    {
      ...(costs === null ? {} : { costs }),
      ...(priorities === null ? {} : { priorities }),
      ...(timeouts === null ? {} : { timeouts }),
      ...(attempts === null ? {} : { maxAttempts: Uint32Array.from(attempts) }),
      ...(rules === null ? {} : rules),
      ...(guards.length === 0 ? {} : { guards: Uint32Array.from(guards) }),
      defaultTimeout: Number.NaN,
      defaultMaxAttempts: 1,
    },
    inner,
  );
}

/** The distinct rules of the nodes and each node's place among them; `null` where all nodes are plain tasks. */
function rulesOf(policies: readonly ModelPolicy[], inner: NativePlan[]): { policies: NativePolicy[]; policyOf: Uint32Array } | null {
  const places = new Map<string, number>();
  const rules: NativePolicy[] = [];
  const plain = JSON.stringify(nativePolicy());
  const policyOf = Uint32Array.from(policies, (policy) => {
    const rule = ruleOf(policy, inner);
    const key = JSON.stringify(rule, (_, value: unknown) => (typeof value === "number" ? String(value) : value));
    const place = places.get(key) ?? rules.push(rule) - 1;
    places.set(key, place);
    return place;
  });
  return rules.every((rule) => JSON.stringify(rule) === plain) ? null : { policies: rules, policyOf };
}

function ruleOf(policy: ModelPolicy, inner: NativePlan[]): NativePolicy {
  const { kind = { is: "task" }, join = "allCompleted", backoff, needs } = policy;
  const flags =
    (policy.hasCondition === true ? policyFlags.condition : 0) |
    (policy.isCached === true ? policyFlags.cached : 0) |
    (policy.isFinally === true ? policyFlags.finally : 0) |
    (policy.hasUndo === true ? policyFlags.undo : 0) |
    (policy.isExternal === true ? policyFlags.external : 0) |
    (policy.isCommand === true ? policyFlags.command : 0);
  const ofKind = kindOf(kind, inner);
  return nativePolicy({
    ...ofKind,
    ...joinOf(join),
    flags: flags | (ofKind.flags ?? 0),
    onFailure: onFailures[policy.onFailure ?? "fail"],
    nodeTimeoutMs: policy.nodeTimeoutMs ?? Number.NaN,
    ...(policy.maxCrashes === undefined ? {} : { maxCrashes: policy.maxCrashes }),
    ...(backoff === undefined
      ? {}
      : {
          delayMs: backoff.delayMs,
          maxDelayMs: backoff.maxDelayMs ?? Number.NaN,
          jitter: (backoff.jitter ?? 0) / 1e6,
          ...(typeof backoff.growth === "string"
            ? { growth: delayGrowths[backoff.growth] }
            : { growth: delayGrowths.exponential, factor: backoff.growth.factor }),
        }),
    ...(needs === undefined ? {} : { needs: Uint32Array.from(needs.flat()) }),
  });
}

function kindOf(kind: ModelKind, inner: NativePlan[]): Partial<NativePolicy> {
  if (kind.is === "task" || kind.is === "given") return { kind: nodeKinds[kind.is] };
  if (kind.is === "wait") {
    const { signal, timeoutMs, hasDefault } = kind.wait;
    return {
      kind: nodeKinds.wait,
      waitMs: timeoutMs ?? Number.NaN,
      flags: hasDefault === true ? policyFlags.waitDefault : 0,
      ...(signal === undefined ? {} : { signal: signal === "own" ? ownSignal : signal }),
    };
  }
  return { kind: nodeKinds[kind.is], ...insideOf(kind.inside, inner) };
}

function insideOf(inside: Inside, inner: NativePlan[]): Partial<NativePolicy> {
  const plan = corePlan(inside.plan);
  const known = inner.indexOf(plan);
  return {
    inner: known === -1 ? inner.push(plan) - 1 : known,
    flags: inside.failFast ? policyFlags.failFastInside : 0,
    concurrency: inside.concurrency ?? 0,
    limit: inside.limit,
  };
}

function joinOf(join: JoinRule): Partial<NativePolicy> {
  if (typeof join === "string") return { join: joinRules[join] };
  return { join: joinRules.expression, expression: Uint32Array.from(postfix(join.expression)) };
}

function postfix(expression: Expression): number[] {
  switch (expression.op) {
    case "is":
      return [(expressionOps.is | (looks[expression.look] << 4) | (expression.upstream << 8)) >>> 0];
    case "constant":
      return [expression.value ? expressionOps.true : expressionOps.false];
    case "not":
      return [...postfix(expression.of), expressionOps.not];
    default:
      return [...postfix(expression.left), ...postfix(expression.right), expressionOps[expression.op]];
  }
}

const growths = new WeakMap<Growth, NativeGrowth>();

/** An addition, as the core takes it. One for each spec. */
export function coreGrowth(growth: Growth): NativeGrowth {
  const words = growth.links.flatMap(([from, to, isGuarded]) => [from, to, isGuarded === true ? 1 : 0]);
  const native = growths.get(growth) ?? new NativeGrowth(corePlan(growth.plan), Uint32Array.from(words));
  growths.set(growth, native);
  return native;
}

/** The options of a run, as the core takes them. */
export function coreOptions(spec: RunSpec): NativeRunOptions {
  const pools = spec.pools ?? [];
  return nativeRunOptions({
    maxWorkers: spec.maxWorkers,
    ...(spec.maxCommands === undefined ? {} : { maxCommands: spec.maxCommands }),
    graceMs: spec.graceMs,
    failFast: spec.failFast,
    keepResults: keepResultsCodes[spec.keepResults ?? "all"],
    abortRunning: spec.abortRunning ?? true,
    undo: spec.undo ?? false,
    runTimeoutMs: spec.runTimeoutMs ?? Number.NaN,
    retryBudget: spec.retryBudget ?? none,
    seed: spec.seed ?? 0,
    pools: Uint32Array.from(pools, (pool) => pool.capacity),
    intervals: Float64Array.from(pools, (pool) => pool.intervalMs ?? 0),
    ...(spec.maxNodes === undefined ? {} : { maxNodes: spec.maxNodes }),
    ...(spec.maxDepth === undefined ? {} : { maxDepth: spec.maxDepth }),
  });
}
