/** How nodes come to be in the reference model: the base graph, what a container opens, what a growth adds. */
import { inside, ranksOf } from "./order.js";
import type { ModelPlan } from "./spec.js";
import { insideOf, type ModelNode, type RunState, type Scope } from "./state.js";

/** Adds the nodes of a plan to a scope, in the plan's order; "ids are given in commit order and never reused" (DESIGN §3). */
export function addNodes(run: RunState, scope: Scope, plan: ModelPlan, depth: number, areItems = false): ModelNode[] {
  const first = run.nodes.length;
  const ranks = ranksOf(plan);
  const { container } = scope;
  const added = plan.policies.map((policy, k): ModelNode => {
    const ranked = ranks[k] ?? { priority: 0, remainingCost: 1 };
    const cost = areItems && container !== null ? container.cost : (policy.cost ?? 1);
    const own = areItems ? { ...ranked, remainingCost: cost } : ranked;
    return {
      id: first + k,
      policy,
      scope,
      depth,
      upstreams: [],
      downstreams: [],
      places: [],
      guardedFrom: new Set(),
      seen: new Set(),
      answers: new Map(),
      cost,
      rank: container === null ? own : inside(own, container.rank, container.cost),
      state: "pending",
      skipReason: null,
      decision: null,
      inputs: null,
      begun: 0,
      crashes: 0,
      firstStart: null,
      lease: null,
      retryAt: null,
      passedOver: 0,
      isFreed: false,
    };
  });
  run.nodes.push(...added);
  for (const [from, to, isGuarded] of plan.edges) addEdge(run.node(first + from), run.node(first + to), isGuarded === true);
  numberPlaces(added);
  return added;
}

/** Numbers the upstreams that have no place yet, in node order. */
export function numberPlaces(nodes: readonly ModelNode[]): void {
  for (const { upstreams, places } of nodes) places.push(...upstreams.filter((id) => !places.includes(id)));
}

export function addEdge(from: ModelNode, to: ModelNode, isGuarded: boolean): void {
  const insert = (list: number[], id: number): void => {
    list.push(id);
    list.sort((a, b) => a - b);
  };
  insert(from.downstreams, to.id);
  insert(to.upstreams, from.id);
  if (isGuarded) to.guardedFrom.add(from.id);
}

/** Whether `count` more nodes at this depth stay within the run's limits. */
export function isWithinLimits(run: RunState, count: number, depth: number): boolean {
  const { maxNodes = 10_000_000, maxDepth = 1000 } = run.spec;
  return run.nodes.length + count <= maxNodes && (count === 0 || depth <= maxDepth);
}

/** Opens a scope of a container that is running. */
export function newScope(run: RunState, container: ModelNode, round: number): Scope {
  const content = insideOf(container);
  if (content === null) throw new Error(`node ${container.id} is no container`);
  const scope: Scope = {
    container,
    round,
    failFast: content.failFast,
    concurrency: content.concurrency ?? null,
    phase: "running",
    isStopping: false,
    isSwept: false,
    isLiving: true,
    isItemsDone: container.policy.kind?.is !== "map",
    isExpanding: false,
  };
  run.scopes.push(scope);
  return scope;
}
