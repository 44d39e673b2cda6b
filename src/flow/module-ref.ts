/**
 * Where a function lives, so that any thread can find it: the module that has it, and its name there.
 *
 * A task that says so is, to a run, a function like any other, which knows its own address (`moduleOf`). Called on the main thread it is
 * the function itself, or imports it when it is first called; a thread imports the module by itself.
 */
import { addressText } from "./address.js";
import type { AnyTask } from "./lowered.js";
import { importFunction } from "./module-loader.js";

/** The address of a function. */
export interface ModuleRef {
  /** A `file:` URL, or any other that `import()` takes. */
  readonly url: string;
  /** The name of the export, or of the function in the module's `defineTasks`. */
  readonly exportName: string;
  /** Whether the module names it in `defineTasks`; else it exports it. */
  readonly isDefined: boolean;
}

const refs = new WeakMap<object, ModuleRef>();

/** The address of a function that `functionAt` or `functionHere` made; `undefined` of others, which live on one thread. */
export function moduleOf(task: object): ModuleRef | undefined {
  return refs.get(task);
}

/** A function that is imported when it is first called. It rejects with `ModuleLoadError` where that fails. */
export function functionAt(ref: ModuleRef): AnyTask {
  let loaded: AnyTask | undefined;
  const task: AnyTask = (inputs, context) => {
    if (loaded !== undefined) return loaded(inputs, context);
    const node = (): string => {
      const path = context.path.map(String);
      return addressText(path.slice(0, -1), path.at(-1) ?? "");
    };
    return importFunction(ref, node).then((found) => {
      loaded = found;
      return found(inputs, context);
    });
  };
  refs.set(task, ref);
  return task;
}

/** A function of this module, which is called as it is. */
export function functionHere(ref: ModuleRef, here: AnyTask): AnyTask {
  const task: AnyTask = (inputs, context) => here(inputs, context);
  refs.set(task, ref);
  return task;
}
