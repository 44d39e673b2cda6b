/**
 * The modules of tasks, imported once per thread. Main is told when a module begins to load and when it is done: what never finishes, or
 * ends the thread, only main can see.
 */
import type { AnyTask } from "../../flow/lowered.js";
import { functionIn, loadErrorOf } from "../../flow/module-loader.js";
import type { ModuleRef } from "../../flow/module-ref.js";
import { beginLoading } from "../loading.js";
import type { ThreadMessage } from "../messages.js";
import { registerTsx } from "./tsx.js";

/** Finds functions. */
export class Modules {
  readonly #post: (message: ThreadMessage) => void;
  readonly #imports = new Map<string, Promise<unknown>>();
  #loaders: Promise<void> | undefined;

  constructor(post: (message: ThreadMessage) => void) {
    this.#post = post;
  }

  /** The function at an address. Rejects with `ModuleLoadError`, which names no node. */
  async find(ref: ModuleRef): Promise<AnyTask> {
    let module: unknown;
    try {
      module = await this.#import(ref.url);
    } catch (error) {
      this.#imports.delete(ref.url); // It may be there by the next time.
      throw loadErrorOf(error, ref, undefined);
    }
    return functionIn(module, ref, undefined);
  }

  #import(url: string): Promise<unknown> {
    let imported = this.#imports.get(url);
    if (imported === undefined) {
      imported = this.#load(url);
      this.#imports.set(url, imported);
    }
    return imported;
  }

  async #load(url: string): Promise<unknown> {
    this.#post({ type: "loading", url });
    const end = beginLoading(url);
    try {
      this.#loaders ??= registerTsx();
      await this.#loaders;
      return await import(url);
    } finally {
      end();
      this.#post({ type: "loaded", url });
    }
  }
}
