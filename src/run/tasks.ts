/** What each node does: what was given with the nodes, overridden by what is given to the run. Checked before anything starts. */

import { expectedTask } from "../dag/graph-builder.js";
import type { GraphCore } from "../dag/graph-core.js";
import type { DagnyError } from "../errors/base.js";
import { nearest } from "../errors/did-you-mean.js";
import { errorOf } from "../errors/graph.js";
import { InvalidOptionError } from "../errors/options.js";
import { MissingTaskError, UnknownTaskError } from "../errors/task.js";
import { TaskDefinition } from "../flow/definition.js";
import { ownTasks, type RunTask, runTaskOf } from "../flow/own-tasks.js";

/** One function for every node, or tasks by node name. */
export type AnyTasks = RunTask | Readonly<Record<string, RunTask>>;

/** How many unknown tasks are told the nearest node's name: each search may look at a thousand names. */
const mostSuggestions = 100;

/** The tasks of the nodes of a graph, by id, and whether some were given to the run. */
export interface GivenTasks {
  readonly tasks: readonly (RunTask | undefined)[];
  /** Whether each task is of the kind that the graph itself says, so that what is planned for the graph holds. */
  readonly isAsPlanned: boolean;
  /** Whether every node has a task, and it is a function. */
  readonly areFunctions: boolean;
}

/** The task of every node, by id. O(n); O(1) where none are given. Throws where one is given for no node. Missing ones are the caller's. */
export function tasksOf(core: GraphCore, given: AnyTasks | undefined): GivenTasks {
  const n = core.names.length;
  if (given === undefined || given === null) return { tasks: ownTasks(core), isAsPlanned: true, areFunctions: false };
  const one = isRunTask(given) ? runTaskOf(given) : undefined;
  if (typeof one === "function") return { tasks: new Array<RunTask>(n).fill(one), isAsPlanned: !hasDefinitions(core), areFunctions: true };
  if (typeof given !== "object" || given instanceof Map || Array.isArray(given) || given instanceof TaskDefinition) {
    throw new InvalidOptionError("tasks", "an object of tasks by node name, or one function for all nodes", given);
  }
  const tasks = ownTasks(core).slice();
  let isAsPlanned = true;
  let found = 0;
  for (let node = 0; node < tasks.length; node++) {
    const name = core.names[node] as string;
    const givenTask: unknown = given[name];
    if (givenTask === undefined || (name in Object.prototype && !Object.hasOwn(given, name))) continue;
    if (!isRunTask(givenTask)) throw new InvalidOptionError(`tasks[${JSON.stringify(name)}]`, expectedTask, givenTask);
    const task = runTaskOf(givenTask);
    if (typeof task !== "function" || typeof tasks[node] === "object") isAsPlanned = false;
    tasks[node] = task;
    found++;
  }
  // Looking names up is cheap, listing keys is not: they are only looked at where not all is well.
  const keys = Object.keys(given);
  if (keys.length !== found) refuseUnknown(core, keys);
  return { tasks, isAsPlanned, areFunctions: isAsPlanned && found === tasks.length };
}

function hasDefinitions(core: GraphCore): boolean {
  const own = ownTasks(core);
  for (const node of core.nodes.task?.keys() ?? []) if (typeof own[node] === "object") return true;
  return false;
}

function isRunTask(value: unknown): value is RunTask {
  return typeof value === "function" || value instanceof TaskDefinition;
}

/** Throws where a name is no node's; says what else is wrong with the tasks, too. */
function refuseUnknown(core: GraphCore, keys: readonly string[]): void {
  const unknown = keys.filter((name) => !core.index.has(name));
  if (unknown.length === 0) return;
  const suggestionFor = (name: string, i: number): string | undefined => (i < mostSuggestions ? nearest(name, core.names) : undefined);
  const faults: DagnyError[] = [new UnknownTaskError(unknown.map((name, i) => ({ name, suggestion: suggestionFor(name, i) })))];
  const known = new Set(keys);
  const own = ownTasks(core);
  const missing = core.names.filter((name, node) => own[node] === undefined && !known.has(name));
  if (missing.length > 0) faults.push(new MissingTaskError(missing));
  throw errorOf(faults, "the tasks have");
}
