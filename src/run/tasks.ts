/** Which function each node calls: those given with the nodes, overridden by those given to the run. Checked before anything starts. */
import type { GraphCore } from "../dag/graph-core.js";
import type { DagnyError } from "../errors/base.js";
import { nearest } from "../errors/did-you-mean.js";
import { errorOf } from "../errors/graph.js";
import { InvalidOptionError } from "../errors/options.js";
import { MissingTaskError, UnknownTaskError } from "../errors/task.js";
import type { AnyTask } from "./driver.js";

/** One function for every node, or functions by node name. */
export type AnyTasks = AnyTask | Readonly<Record<string, AnyTask>>;

/** How many unknown tasks are told the nearest node's name: each search may look at a thousand names. */
const mostSuggestions = 100;

const ownTasks = new WeakMap<GraphCore, readonly AnyTask[]>();

/** The task of every node, by id. O(n). Throws where one is missing, or given for no node. */
export function tasksOf(core: GraphCore, given: AnyTasks | undefined): readonly AnyTask[] {
  const n = core.names.length;
  if (typeof given === "function") return new Array<AnyTask>(n).fill(given);
  if (given === undefined || given === null) {
    let own = ownTasks.get(core);
    if (own === undefined) {
      own = complete(core, tasksOfNodes(core));
      ownTasks.set(core, own);
    }
    return own;
  }
  if (typeof given !== "object" || given instanceof Map || Array.isArray(given))
    throw new InvalidOptionError("tasks", "an object of functions by node name, or one function for all nodes", given);
  const tasks = tasksOfNodes(core);
  let found = 0;
  for (let node = 0; node < tasks.length; node++) {
    const name = core.names[node] as string;
    const task: unknown = given[name];
    if (task === undefined || (name in Object.prototype && !Object.hasOwn(given, name))) continue;
    if (typeof task !== "function") throw new InvalidOptionError(`tasks[${JSON.stringify(name)}]`, "a function", task);
    tasks[node] = task as AnyTask;
    found++;
  }
  // Looking names up is cheap, listing keys is not: they are only looked at where not all is well.
  const keys = Object.keys(given);
  return complete(core, tasks, keys.length === found ? [] : keys);
}

function tasksOfNodes(core: GraphCore): (AnyTask | undefined)[] {
  const tasks = new Array<AnyTask | undefined>(core.names.length).fill(undefined);
  if (core.nodes.task !== null) for (const [node, task] of core.nodes.task) tasks[node] = task as unknown as AnyTask;
  return tasks;
}

/** Checks that no task is missing and that each of `keys` names a node; says everything that is wrong at once. */
function complete(core: GraphCore, tasks: readonly (AnyTask | undefined)[], keys: readonly string[] = []): readonly AnyTask[] {
  const missing = core.names.filter((_, node) => tasks[node] === undefined);
  const unknown = keys.filter((name) => !core.index.has(name));
  const suggestionFor = (name: string, i: number): string | undefined => (i < mostSuggestions ? nearest(name, core.names) : undefined);
  const faults: DagnyError[] = [];
  if (unknown.length > 0) faults.push(new UnknownTaskError(unknown.map((name, i) => ({ name, suggestion: suggestionFor(name, i) }))));
  if (missing.length > 0) faults.push(new MissingTaskError(missing));
  if (faults.length > 0) throw errorOf(faults, "the tasks have");
  return tasks as readonly AnyTask[];
}
