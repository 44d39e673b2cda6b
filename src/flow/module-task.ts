/** Tasks that say where their function lives, so that threads can have it: `task.module` and `defineTasks`. */
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import type { DagnyError } from "../errors/base.js";
import { errorOf } from "../errors/graph.js";
import { InvalidOptionError } from "../errors/options.js";
import { type AnyFunction, TaskDefinition } from "./definition.js";
import type { AnyTask } from "./lowered.js";
import { functionAt, functionHere, type ModuleRef } from "./module-ref.js";
import type { TaskContext } from "./task.js";
import { register } from "./task-registry.js";

/** A function that can be a task, whatever it takes. What its parameters are annotated with is checked where the task is used. */
export type TaskBody = { call(inputs: unknown, context: TaskContext): unknown }["call"];

/** The task that a function makes: its inputs, and its output, awaited. */
export type TaskOf<F> = F extends (...args: infer A) => infer R ? TaskDefinition<InputsOfArguments<A>, Awaited<R>> : never;

/** What a function is given first; anything, where it takes nothing. */
type InputsOfArguments<A extends readonly unknown[]> = A extends readonly [] ? unknown : A[0];

/**
 * A task that is the export of a module. Where it runs on the main thread, the module is imported when the task is first called; else each thread
 * imports it once. Name the function's type, and the compiler knows what goes in and what comes out.
 *
 * `url` is a URL, or the absolute path of a file. Throws `InvalidOptionError` where it is neither, and on an empty name.
 *
 * @example task.module<typeof resize>(new URL("./tasks.js", import.meta.url), "resize")
 */
export function moduleTask<F extends TaskBody = TaskBody>(url: URL | string, exportName: string): TaskOf<F> {
  const faults: DagnyError[] = [];
  const href = hrefOf(url, "url", faults, "task.module");
  if (typeof exportName !== "string" || exportName === "") {
    faults.push(new InvalidOptionError("exportName", "a non-empty string", exportName, "task.module"));
  }
  if (faults.length > 0) throw errorOf(faults, "the task has");
  return definitionAt({ url: href, exportName, isDefined: false }) as TaskOf<F>;
}

/**
 * Tasks for threads out of the functions of this module: the first argument is its own address, `import.meta.url` (`__filename` in CommonJS).
 * Each can be used like what `task.module` makes; on the main thread it is the function itself. Threads import the module: what else it does
 * when it is loaded, it does in each of them, so keep tasks in a module of their own. A module may call this more than once, with different names.
 * Throws `InvalidOptionError`.
 *
 * @example export const tasks = defineTasks(import.meta.url, { resize({ photo }: { photo: Photo }) { … } });
 */
export function defineTasks<T extends Readonly<Record<string, TaskBody>>>(
  url: URL | string,
  functions: T,
): { readonly [N in keyof T]: TaskOf<T[N]> } {
  const faults: DagnyError[] = [];
  const href = hrefOf(url, "url", faults, "defineTasks");
  const isRecord = typeof functions === "object" && functions !== null && !Array.isArray(functions);
  if (!isRecord) faults.push(new InvalidOptionError("functions", "an object of functions by name", functions, "defineTasks"));
  const entries = isRecord ? Object.entries(functions) : [];
  for (const [name, task] of entries) {
    if (typeof task !== "function")
      faults.push(new InvalidOptionError(`functions[${JSON.stringify(name)}]`, "a function", task, "defineTasks"));
  }
  if (faults.length > 0) throw errorOf(faults, "the tasks have");
  register(href, entries);
  const tasks = entries.map(([name, task]) => [name, definitionOf({ url: href, exportName: name, isDefined: true }, task)] as const);
  return Object.freeze(Object.fromEntries(tasks)) as { readonly [N in keyof T]: TaskOf<T[N]> };
}

/** The task of a function at an address. */
export function definitionAt(ref: ModuleRef): TaskDefinition<never, unknown> {
  return new TaskDefinition<never, unknown>({ kind: "module", ref, task: functionAt(ref) });
}

function definitionOf(ref: ModuleRef, here: AnyFunction): TaskDefinition<never, unknown> {
  return new TaskDefinition<never, unknown>({ kind: "module", ref, task: functionHere(ref, here as AnyTask) });
}

const scheme = /^[a-z][a-z0-9+.-]+:/i; // At least two characters: one is a drive.

/** An address as `import()` takes it. */
function hrefOf(url: unknown, option: string, faults: DagnyError[], owner: string): string {
  if (url instanceof URL) return url.href;
  if (typeof url === "string" && scheme.test(url) && URL.canParse(url)) return new URL(url).href;
  if (typeof url === "string" && isAbsolute(url)) return pathToFileURL(url).href;
  const expected = 'a URL or an absolute path: `new URL("./tasks.js", import.meta.url)`, `import.meta.url`, `__filename`';
  faults.push(new InvalidOptionError(option, expected, url, owner));
  return "";
}
