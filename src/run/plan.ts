/** A graph and its policies as the core runs them, made once per graph and set of defaults. */
import type { GraphCore } from "../dag/graph-core.js";
import { NativePlan } from "../native/index.js";

/** What holds for nodes that say nothing themselves. */
export interface PolicyDefaults {
  /** Longest running time of one attempt, in milliseconds; `undefined` for no limit. */
  readonly timeoutMs: number | undefined;
  /** Attempts in all. */
  readonly maxAttempts: number;
}

/** How many plans are kept for one graph: its executors may each have timeouts of their own, computed from the time of day, say. */
const mostPlans = 8;

const plans = new WeakMap<GraphCore, Map<string, NativePlan>>();

/** The plan of a graph under these defaults. The first call costs O(n + m); the next ones with equal defaults, a look-up. */
export function planOf(core: GraphCore, defaults: PolicyDefaults): NativePlan {
  const key = `${defaults.timeoutMs} ${defaults.maxAttempts}`;
  const byDefaults = plans.get(core) ?? new Map<string, NativePlan>();
  plans.set(core, byDefaults);
  let plan = byDefaults.get(key);
  if (plan === undefined) {
    const { cost, priority, timeoutMs, maxAttempts } = core.nodes;
    const n = core.names.length;
    plan = new NativePlan(core.native, {
      ...(cost && { costs: fill(new Float64Array(n).fill(1), cost) }),
      ...(priority && { priorities: fill(new Float64Array(n), priority) }),
      ...(timeoutMs && { timeouts: fill(new Float64Array(n).fill(defaults.timeoutMs ?? Number.NaN), timeoutMs) }),
      ...(maxAttempts && { maxAttempts: fill(new Uint32Array(n).fill(defaults.maxAttempts), maxAttempts) }),
      defaultTimeout: defaults.timeoutMs ?? Number.NaN,
      defaultMaxAttempts: defaults.maxAttempts,
    });
    for (const oldest of byDefaults.keys()) if (byDefaults.size >= mostPlans) byDefaults.delete(oldest);
    byDefaults.set(key, plan);
  }
  return plan;
}

function fill<A extends Float64Array | Uint32Array>(column: A, values: ReadonlyMap<number, number>): A {
  for (const [node, value] of values) column[node] = value;
  return column;
}
