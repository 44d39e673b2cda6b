/**
 * What tasks on a thread hand to their run, as main can have it: additions without functions, waits without their schemas. Functions cannot
 * cross; a task crosses by its address.
 */
import { quote } from "../../errors/base.js";
import { InvalidOptionError } from "../../errors/options.js";
import { TaskCannotCrossError } from "../../errors/threads.js";
import type { GrowthEdge, GrowthEntry } from "../../flow/growth.js";
import type { ModuleRef } from "../../flow/module-ref.js";
import { checkedBy, isSchema, type Schema } from "../../flow/schema.js";
import type { WaitOptions } from "../../flow/task.js";
import { asUsersKnow } from "../error-classes.js";
import type { CrossingEdge, CrossingEntry, CrossingWait } from "../messages.js";

/** Where a task of any copy of this package keeps its address. */
const moduleKey: unique symbol = Symbol.for("dagny.module");

/** Nodes to be added. Throws `TaskCannotCrossError`, which names every node that has a function; what else may be wrong with them, main says. */
export function crossingEntries(entries: Iterable<GrowthEntry>): readonly CrossingEntry[] {
  const stuck: string[] = [];
  const crossing = listOf(entries, "nodes", "a list of nodes").map((entry) => {
    if (typeof entry !== "object" || entry === null)
      throw new (asUsersKnow(InvalidOptionError))("nodes", "a list of { name, task, needs? }", entry);
    const { task, ...options } = entry;
    const ref = addressOf(task);
    if (ref === undefined || hasFunction(options)) stuck.push(String(entry.name));
    return { ...options, task: ref ?? { url: "", exportName: "", isDefined: false } };
  });
  if (stuck.length > 0) throw new (asUsersKnow(TaskCannotCrossError))(stuck);
  return crossing;
}

/** Edges to be added. Throws `TaskCannotCrossError`, which names the ends of every edge that has a function. */
export function crossingEdges(edges: Iterable<GrowthEdge>): readonly CrossingEdge[] {
  const list = listOf(edges, "edges", "a list of edges");
  const stuck = list.filter((edge) => Array.isArray(edge) && hasFunction(edge[2]));
  if (stuck.length > 0) throw new (asUsersKnow(TaskCannotCrossError))(stuck.map(([from, to]) => `${from} -> ${to}`));
  return list;
}

/** The options of a wait. Throws `InvalidOptionError` where the schema is none; the rest main checks. */
export function crossingWait(options: WaitOptions | undefined, node: string): CrossingWait | undefined {
  if (options === undefined || typeof options !== "object" || options === null) return options;
  const { schema, timeoutMs } = options;
  if (schema === undefined) return { timeoutMs, default: options.default };
  if (!isSchema(schema)) {
    const owner = `node ${quote(node)}, ctx.waitFor`;
    throw new (asUsersKnow(InvalidOptionError))("schema", "a function, an object with `parse`, or a Standard Schema", schema, owner);
  }
  const boxed = options.default === undefined ? undefined : { value: options.default, isDefault: true };
  return { timeoutMs, default: boxed, isChecked: true };
}

/** What came of a wait, as its schema lets it through. Nobody has to handle its rejection. */
export function whatCame(answer: Promise<unknown>, options: WaitOptions | undefined): Promise<unknown> {
  const schema = options?.schema;
  if (schema === undefined) return answer;
  const checked = answer.then((box) => opened(box as { readonly value: unknown; readonly isDefault: boolean }, schema));
  checked.catch(() => {});
  return checked;
}

function opened({ value, isDefault }: { readonly value: unknown; readonly isDefault: boolean }, schema: Schema): unknown {
  return isDefault ? value : checkedBy(schema, value);
}

function addressOf(task: unknown): ModuleRef | undefined {
  return typeof task === "object" && task !== null && moduleKey in task ? (task[moduleKey] as ModuleRef | undefined) : undefined;
}

/** Whether there is a function in it, at any depth; an object that contains itself is looked at once. */
function hasFunction(options: unknown): boolean {
  const seen = new Set<unknown>();
  const open = [options];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === "function") return true;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    open.push(...Object.values(value));
  }
  return false;
}

function listOf<T>(given: Iterable<T>, option: string, expected: string): readonly T[] {
  if (typeof given !== "object" || given === null || !(Symbol.iterator in given))
    throw new (asUsersKnow(InvalidOptionError))(option, expected, given);
  return [...given];
}
