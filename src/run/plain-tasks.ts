/**
 * Which nodes of a base graph are *plain*: a function whose inputs are the outputs of all its upstreams, as they lie by id. They are
 * called straight from the loop; of the others it asks `extras.ts`.
 */
import type { AnyTask, Lowered } from "../flow/lowered.js";
import type { NativePlan } from "../native/index.js";
import { upstreamsOf } from "./inputs.js";

/** By plan, which runs of one flow share though their functions differ: the ids of special nodes. */
const specialByPlan = new WeakMap<NativePlan, readonly number[]>();

/** The functions of a run's plain nodes. */
export class PlainTasks {
  #tasks: readonly (AnyTask | undefined)[];
  #own: (AnyTask | undefined)[] | undefined;

  constructor(base: Lowered) {
    this.#tasks = plainTasksOf(base);
  }

  /** The function of a plain node; `undefined` of a special one. */
  of(node: number): AnyTask | undefined {
    return this.#tasks[node];
  }

  /** A node has become special, for this run. */
  markSpecial(node: number): void {
    if (this.#tasks[node] === undefined) return;
    if (this.#own === undefined) this.#tasks = this.#own = this.#tasks.slice();
    this.#own[node] = undefined;
  }
}

/** The functions of the plain nodes of a level, by id. O(n + m) where it has special ones, once for each plan; then O(n), or O(1) without. */
function plainTasksOf(level: Lowered): readonly (AnyTask | undefined)[] {
  const special = specialNodesOf(level);
  if (special.length === 0) return level.tasks;
  const plain = level.tasks.slice();
  for (const node of special) plain[node] = undefined;
  return plain;
}

const noNodes: readonly number[] = [];

/** The nodes of a level that are not plain, though they may have a function. O(1) where no rule makes any, else O(n + m) once for each plan. */
export function specialNodesOf(level: Lowered): readonly number[] {
  const { core, containers, guards, moves, plan } = level;
  const { join, finally: isFinally } = core.nodes;
  if (join === null && isFinally === null && guards.size === 0 && containers.size === 0 && moves === null) return noNodes;
  let special = specialByPlan.get(plan);
  if (special === undefined) {
    special = [...specialNodes(level)];
    specialByPlan.set(plan, special);
  }
  return special;
}

function specialNodes(level: Lowered): ReadonlySet<number> {
  const { core, containers, guards, moves } = level;
  const { join, finally: isFinally } = core.nodes;
  const n = core.names.length;
  const special = new Set<number>(isFinally?.keys());
  // Upstreams that failed, were skipped or cancelled give nothing: the event that decided the join tells which ones count.
  for (const [node, rule] of join ?? []) if (rule !== "allCompleted") special.add(node);
  // What is taken over must be known to be gone.
  for (const node of moves?.into.keys() ?? []) special.add(node);
  if (guards.size === 0 && containers.size === 0) return special;

  const { starts, ids } = upstreamsOf(core, level.plan);
  // A filter makes what follows it filtered, too: of several upstreams any may be.
  const hasFilters = [...guards.values()].some(({ filter }) => filter !== undefined);
  for (const edge of guards.keys()) special.add(edge % n);
  for (let node = 0; node < n; node++) {
    const upstreams = ids.subarray(starts[node], starts[node + 1]);
    if (hasFilters && upstreams.length > 1) special.add(node);
    // The output of a container is made when it is first read.
    else if (containers.size > 0 && upstreams.some((upstream) => containers.has(upstream))) special.add(node);
  }
  return special;
}
