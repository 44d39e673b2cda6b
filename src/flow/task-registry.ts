/**
 * The functions that modules have named with `defineTasks`, by the module's URL: where a thread that has imported the module finds them.
 *
 * It stands on the global object, because one process may hold this package twice (as ESM and as CommonJS).
 */
import type { AnyFunction } from "./definition.js";

const place: unique symbol = Symbol.for("dagny.tasks");

interface Registry {
  [place]?: Map<string, Map<string, AnyFunction>>;
}

/** Adds functions of a module; a name that was there gets the new one: the module was evaluated again. */
export function register(url: string, functions: Iterable<readonly [name: string, task: AnyFunction]>): void {
  const global: Registry = globalThis as Registry;
  global[place] ??= new Map();
  const known = global[place].get(url) ?? new Map<string, AnyFunction>();
  global[place].set(url, known);
  for (const [name, task] of functions) known.set(name, task);
}

/** The functions of a module by name; `undefined` where it has named none. */
export function definedIn(url: string): ReadonlyMap<string, AnyFunction> | undefined {
  return (globalThis as Registry)[place]?.get(url);
}
