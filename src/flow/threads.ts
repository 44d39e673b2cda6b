/** Which nodes of a level run on threads, and which functions those call there. */
import { commandOf } from "../command/function.js";
import type { GraphCore } from "../dag/graph-core.js";
import { TaskCannotCrossError } from "../errors/threads.js";
import type { AnyTask, RunDefaults, ThreadedNodes } from "./lowered.js";
import { type ModuleRef, moduleOf } from "./module-ref.js";

/** Whether a node runs on a thread, if it is a function. */
export function isThreaded({ nodes }: GraphCore, node: number, { on, isAllInline }: RunDefaults): boolean {
  return !isAllInline && (nodes.on?.get(node) ?? on) === "thread";
}

/**
 * The threaded nodes of a level; `null` where there are none. `tasks` are the functions of its nodes, by local id. A node whose function has no
 * address is told to `onStuck`; without it such nodes are thrown. O(n) where any node may be threaded, else O(1).
 */
export function threadsOf(
  core: GraphCore,
  tasks: readonly (AnyTask | undefined)[],
  defaults: RunDefaults,
  onStuck?: (node: number) => void,
): ThreadedNodes | null {
  if (defaults.isAllInline || (defaults.on !== "thread" && core.nodes.on === null)) return null;
  const modules: ModuleRef[] = [];
  const places = new Map<AnyTask, number>();
  const moduleOfNode = new Uint32Array(tasks.length);
  const stuck: string[] = [];
  let last: AnyTask | undefined;
  let lastPlace = 0;
  for (let node = 0; node < tasks.length; node++) {
    const task = tasks[node];
    if (task === undefined || !isThreaded(core, node, defaults)) continue;
    if (task !== last) {
      last = task;
      lastPlace = places.get(task) ?? 0;
      const ref = lastPlace === 0 ? moduleOf(task) : undefined;
      if (ref !== undefined) {
        lastPlace = modules.push(ref);
        places.set(task, lastPlace);
      }
    }
    if (lastPlace > 0) moduleOfNode[node] = lastPlace;
    else if (commandOf(task) !== undefined)
      continue; // It has a process of its own.
    else if (onStuck === undefined) stuck.push(core.names[node] ?? "");
    else onStuck(node);
  }
  if (stuck.length > 0) throw new TaskCannotCrossError(stuck);
  return modules.length === 0 ? null : { modules, moduleOf: moduleOfNode };
}
