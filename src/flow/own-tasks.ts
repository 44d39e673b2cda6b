/** The tasks that were given with the nodes of a graph. */
import type { GraphCore } from "../dag/graph-core.js";
import { TaskDefinition } from "./definition.js";
import type { AnyTask } from "./lowered.js";

/** What a node does: a function, or what is more than that. A function with an address (`task.module`) is a function. */
export type RunTask = AnyTask | TaskDefinition<never, unknown>;

/** The function of a definition that is called like a function; `undefined` of containers, waits and what is no definition. */
export function calledBy(definition: unknown): AnyTask | undefined {
  const spec = TaskDefinition.specOf(definition);
  return spec?.kind === "module" || spec?.kind === "command" ? spec.task : undefined;
}

/** A task as it was given, as a run takes it. A command is no mere function: its node's policy says so. */
export function runTaskOf(task: RunTask): RunTask {
  return typeof task === "function" || task.kind === "command" ? task : (calledBy(task) ?? task);
}

const byGraph = new WeakMap<GraphCore, readonly (RunTask | undefined)[]>();

/** The tasks given with the nodes, by id; the same list for the same graph. O(n) the first time. */
export function ownTasks(core: GraphCore): readonly (RunTask | undefined)[] {
  let own = byGraph.get(core);
  if (own === undefined) {
    const tasks = new Array<RunTask | undefined>(core.names.length).fill(undefined);
    // What a task takes was checked by the compiler where it was given.
    for (const [node, task] of core.nodes.task ?? []) tasks[node] = runTaskOf(task as RunTask);
    own = tasks;
    byGraph.set(core, own);
  }
  return own;
}
