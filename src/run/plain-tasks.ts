/**
 * Which nodes of a base graph are *plain*: a function whose inputs are the outputs of all its upstreams, as they lie by id. They are
 * called straight from the loop; of the others it asks `extras.ts`.
 */
import type { AnyTask, Lowered } from "../flow/lowered.js";
import { upstreamsOf } from "./inputs.js";

const tasksByLevel = new WeakMap<Lowered, readonly (AnyTask | undefined)[]>();

/** The functions of the plain nodes of a level, by id. O(n + m) where it has special ones, once. */
export function plainTasksOf(level: Lowered): readonly (AnyTask | undefined)[] {
  let tasks = tasksByLevel.get(level);
  if (tasks === undefined) {
    tasks = makeTasks(level);
    tasksByLevel.set(level, tasks);
  }
  return tasks;
}

function makeTasks(level: Lowered): readonly (AnyTask | undefined)[] {
  const { core, containers, guards, tasks } = level;
  const { join, finally: isFinally } = core.nodes;
  if (join === null && isFinally === null && guards.size === 0 && containers.size === 0) return tasks;

  const plain = tasks.slice();
  // Upstreams that failed, were skipped or cancelled give nothing: the event that decided the join tells which ones count.
  for (const [node, rule] of join ?? []) if (rule !== "allCompleted") plain[node] = undefined;
  for (const node of isFinally?.keys() ?? []) plain[node] = undefined;
  if (guards.size === 0 && containers.size === 0) return plain;

  const { starts, ids } = upstreamsOf(core, level.plan);
  // A filter makes what follows it filtered, too: of several upstreams any may be.
  const hasFilters = [...guards.values()].some(({ filter }) => filter !== undefined);
  for (const edge of guards.keys()) plain[edge % plain.length] = undefined;
  for (let node = 0; node < plain.length; node++) {
    const upstreams = ids.subarray(starts[node], starts[node + 1]);
    if (hasFilters && upstreams.length > 1) plain[node] = undefined;
    // The output of a container is made when it is first read.
    else if (containers.size > 0 && upstreams.some((upstream) => containers.has(upstream))) plain[node] = undefined;
  }
  return plain;
}
