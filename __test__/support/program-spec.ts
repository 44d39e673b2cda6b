/** A program as the reference model's run spec: names become numbers. */
import { parseExpression } from "./expression-text.js";
import type { JoinRule, ModelKind, ModelPlan, ModelPolicy, ModelPool, RunSpec } from "./model/spec.js";
import type { Program, ProgramFlow, ProgramNode, ProgramPolicy } from "./programs.js";

const joins: readonly JoinRule[] = [
  "allCompleted",
  "anyCompleted",
  "allSettled",
  "anyFailed",
  "allFailed",
  "noneFailed",
  "noneFailedOneCompleted",
];

/** "A missing policy or 'options' entry has DESIGN's default." */
export function specOf(program: Program): RunSpec {
  const { options } = program;
  const failFast = options.failFast !== false;
  const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
  const around = aroundOf(program);
  const runTimeoutMs = number(options.runTimeoutMs);
  return {
    ...planOf(program, around),
    maxWorkers: number(options.maxWorkers) ?? 4,
    failFast,
    graceMs: number(options.graceMs) ?? 1000,
    abortRunning: options.abortRunning !== false,
    undo: options.undo === true,
    ...(runTimeoutMs === undefined ? {} : { runTimeoutMs }),
    pools: [...around.pools.values()],
  };
}

/** What a plan has of the run it is for. */
export interface Around {
  /** The pools, rates and keys, by name, in the order of their numbers. */
  readonly pools: ReadonlyMap<string, ModelPool>;
  /** Row "map, sub-DAG, loop": the run's is the default inside. */
  readonly failFast: boolean;
}

export function aroundOf({ options }: Program): Around {
  const pools = new Map<string, ModelPool>();
  const { pools: capacities = {}, rates = {} } = options;
  for (const [name, capacity] of Object.entries(Object(capacities))) pools.set(name, { capacity: Number(capacity) });
  for (const [name, rate] of Object.entries<{ limit: number; perMs: number }>(Object(rates))) {
    pools.set(`rate ${name}`, { capacity: rate.limit, intervalMs: rate.perMs });
  }
  for (const key of concurrencyKeys) pools.set(`key ${key}`, { capacity: 1 });
  return { pools, failFast: options.failFast !== false };
}

/** The concurrency keys that programs may name. */
export const concurrencyKeys = ["k1", "k2"];

/** Edges to nodes that the flow does not have (of a growth, say) are no edges of its plan. */
export function planOf({ nodes, edges }: ProgramFlow, around: Around): ModelPlan {
  const index = new Map(nodes.map(({ id }, i) => [id, i]));
  return {
    nodeCount: nodes.length,
    edges: edges.flatMap(([from, to, edge]): [number, number, boolean][] => {
      const [a, b] = [index.get(from), index.get(to)];
      return a === undefined || b === undefined ? [] : [[a, b, edge !== undefined && Object.keys(edge).length > 0]];
    }),
    policies: nodes.map((node) => {
      const upstreams = nodes.filter(({ id }) => edges.some(([from, to]) => from === id && to === node.id));
      return policyOf(
        node,
        upstreams.map(({ id }) => id),
        around,
      );
    }),
  };
}

function policyOf(node: ProgramNode, upstreams: readonly string[], around: Around): ModelPolicy {
  const { policy = {} } = node;
  const { priority, cost, nodeTimeoutMs, onFailure } = policy;
  const join = typeof policy.join === "object" ? { expression: parseExpression(policy.join.expr, upstreams) } : policy.join;
  return {
    kind: kindOf(node, around),
    join: typeof join === "object" ? join : (joins.find((rule) => rule === join) ?? "allCompleted"),
    hasCondition: policy.condition !== undefined,
    isCached: policy.cached === true,
    isFinally: policy.finally === true,
    hasUndo: policy.undo !== undefined,
    ...present({ priority, cost, nodeTimeoutMs, onFailure }),
    // Row "map, sub-DAG, loop": "A map's retry, attempt timeout and resources are its items'".
    ...(node.does === "map" ? {} : attemptPolicyOf(policy, around)),
  };
}

function attemptPolicyOf({ timeoutMs, retry, resources = {}, rate, concurrencyKey }: ProgramPolicy, { pools }: Around): ModelPolicy {
  const names = [...pools.keys()];
  const named = [...(rate === undefined ? [] : [`rate ${rate}`]), ...(concurrencyKey === undefined ? [] : [`key ${concurrencyKey}`])];
  const amounts = [...Object.entries(resources), ...named.map((name): [string, number] => [name, 1])];
  return {
    ...present({ timeoutMs, maxAttempts: retry?.maxAttempts }),
    ...(retry?.delayMs === undefined ? {} : { backoff: { growth: "fixed", delayMs: retry.delayMs } }),
    needs: amounts.map(([pool, amount]): [number, number] => [names.indexOf(pool), amount]),
  };
}

function present(policy: Readonly<Record<string, unknown>>): ModelPolicy {
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
}

function kindOf(node: ProgramNode, around: Around): ModelKind {
  const { does, policy = {}, flow = { nodes: [], edges: [] }, rounds = 1 } = node;
  if (does === "wait") return { is: "wait", wait: { signal: "own" } };
  if (does === "given") return { is: "given" };
  if (does === "subdag") return { is: "subDag", inside: { plan: planOf(flow, around), failFast: around.failFast, limit: 1 } };
  if (does === "loop") return { is: "loop", inside: { plan: planOf(flow, around), failFast: around.failFast, limit: rounds } };
  if (does !== "map") return { is: "task" };
  const { concurrency, allowFailures = false } = node;
  const item: ModelPolicy = { ...attemptPolicyOf(policy, around), ...(allowFailures ? { onFailure: "continue" } : {}) };
  const items: ModelPlan = { nodeCount: 1, edges: [], policies: [item] };
  const limits = { ...(concurrency === undefined ? {} : { concurrency }), limit: 1_000_000 };
  return { is: "map", inside: { plan: items, failFast: !allowFailures, ...limits } };
}
