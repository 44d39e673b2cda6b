/** Finds the function that a task names by module and export: imports the module on the thread that asks. */
import { fileSystem } from "../builtins.js";
import { ModuleLoadError } from "../errors/threads.js";
import { TaskDefinition } from "./definition.js";
import type { AnyTask } from "./lowered.js";
import type { ModuleRef } from "./module-ref.js";
import { definedIn } from "./task-registry.js";

/** How long the main thread waits for a module, in milliseconds. (Threads are watched by their pool: `loadTimeoutMs`.) */
const longestLoadMs = 10_000;

/**
 * The function at an address. Rejects with `ModuleLoadError`, which speaks of `node()`. A module that never finishes is given up
 * after ten seconds; one that blocks its thread is not.
 */
export async function importFunction(ref: ModuleRef, node: () => string | undefined): Promise<AnyTask> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ModuleLoadError(ref, "timeout", node(), { timeoutMs: longestLoadMs })), longestLoadMs);
  });
  try {
    return functionIn(await Promise.race([import(ref.url), late]), ref, node());
  } catch (error) {
    throw error instanceof ModuleLoadError ? error : loadErrorOf(error, ref, node());
  } finally {
    clearTimeout(timer);
  }
}

/** The function at an address whose module has been imported. Throws `ModuleLoadError` where it is not there. */
export function functionIn(module: unknown, ref: ModuleRef, node: string | undefined): AnyTask {
  const exports = exportsOf(module);
  const found = ref.isDefined ? definedIn(ref.url)?.get(ref.exportName) : exports.get(ref.exportName);
  if (typeof found === "function") return found as AnyTask; // What it takes was checked by the compiler where the task was given.
  const known = ref.isDefined ? [...(definedIn(ref.url)?.keys() ?? [])] : [...exports.keys()];
  const spec = TaskDefinition.specOf(found);
  if (spec?.kind === "module") return spec.task;
  throw new ModuleLoadError(ref, found === undefined ? "noExport" : "notFunction", node, { known });
}

/** What an import of the module at `ref.url` threw, as an error that says which module, and what to do. */
export function loadErrorOf(thrown: unknown, ref: ModuleRef, node: string | undefined): ModuleLoadError {
  return new ModuleLoadError(ref, isMissing(thrown, ref.url) ? "notFound" : "threw", node, { cause: thrown });
}

/** Exports by name. A CommonJS module whose exports the loader did not see has them on its default export. */
function exportsOf(module: unknown): Map<string, unknown> {
  const exports = new Map<string, unknown>();
  const add = (from: unknown): void => {
    if (typeof from !== "object" || from === null) return;
    for (const name of Object.keys(from)) if (!exports.has(name)) exports.set(name, Reflect.get(from, name));
  };
  add(module);
  const inner = exports.get("default");
  if (typeof inner === "object") {
    if (typeof inner === "object" && inner !== null && "default" in inner) exports.delete("default");
    add(inner);
  }
  return exports;
}

const missingCodes: readonly unknown[] = ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND", "ERR_LOAD_URL"];

/** Whether it is this module that was not found, and not one that it imports. Loaders say so in ways of their own; the file system knows. */
function isMissing(thrown: unknown, url: string): boolean {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown) || !missingCodes.includes(thrown.code)) return false;
  if ("url" in thrown && typeof thrown.url === "string") return thrown.url === url;
  return url.startsWith("file:") && !fileSystem().existsSync(new URL(url));
}
