/** A program as the reference model's run spec: names become numbers. */
import { parseExpression } from "./expression-text.js";
import type { JoinRule, ModelKind, ModelPlan, ModelPolicy, RunSpec } from "./model/spec.js";
import type { Program, ProgramFlow, ProgramNode } from "./programs.js";

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
  const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
  const pools: Readonly<Record<string, unknown>> = { ...(typeof options.pools === "object" ? options.pools : {}) };
  const runTimeoutMs = number(options.runTimeoutMs);
  return {
    ...planOf(program, Object.keys(pools)),
    maxWorkers: number(options.maxWorkers) ?? 4,
    failFast: options.failFast !== false,
    graceMs: number(options.graceMs) ?? 1000,
    abortRunning: options.abortRunning !== false,
    undo: options.undo === true,
    ...(runTimeoutMs === undefined ? {} : { runTimeoutMs }),
    pools: Object.values(pools).map((capacity) => ({ capacity: number(capacity) ?? 0 })),
  };
}

/** @param known names before the flow's own, for the edges of a growth: such an edge is no edge of the plan. */
export function planOf({ nodes, edges }: ProgramFlow, pools: readonly string[]): ModelPlan {
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
        pools,
      );
    }),
  };
}

function policyOf(node: ProgramNode, upstreams: readonly string[], pools: readonly string[]): ModelPolicy {
  const { policy = {} } = node;
  const { priority, cost, timeoutMs, nodeTimeoutMs, onFailure, retry } = policy;
  const given = { priority, cost, timeoutMs, nodeTimeoutMs, onFailure, maxAttempts: retry?.maxAttempts };
  const join = typeof policy.join === "object" ? { expression: parseExpression(policy.join.expr, upstreams) } : policy.join;
  return {
    kind: kindOf(node, pools),
    join: typeof join === "object" ? join : (joins.find((rule) => rule === join) ?? "allCompleted"),
    hasCondition: policy.condition !== undefined,
    isCached: policy.cached === true,
    isFinally: policy.finally === true,
    ...(retry?.delayMs === undefined ? {} : { backoff: { growth: "fixed", delayMs: retry.delayMs } }),
    needs: Object.entries(policy.resources ?? {}).map(([pool, amount]): [number, number] => [pools.indexOf(pool), amount]),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

function kindOf(node: ProgramNode, pools: readonly string[]): ModelKind {
  const { does, flow = { nodes: [], edges: [] } } = node;
  if (does === "wait") return { is: "wait", wait: { signal: "own" } };
  if (does === "given") return { is: "given" };
  if (does === "subdag") return { is: "subDag", inside: { plan: planOf(flow, pools), failFast: true, limit: 1 } };
  if (does !== "map") return { is: "task" };
  const item: ProgramFlow = { nodes: [{ id: "item", does: "ok" }], edges: [] };
  return { is: "map", inside: { plan: planOf(item, pools), failFast: true, limit: 1_000_000 } };
}
