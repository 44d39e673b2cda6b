/** Values that the tasks of one run share: by key, each with a version, so that nobody overwrites what he has not seen. */
import { StateConflictError } from "../errors/control.js";
import { InvalidOptionError } from "../errors/options.js";
import type { RunState } from "../flow/task.js";

/** The shared state of one run. */
export class SharedState implements RunState {
  readonly #values = new Map<string, { readonly value: unknown; readonly version: number }>();

  get(key: string): { readonly value: unknown; readonly version: number } | undefined {
    return this.#values.get(checkedKey(key));
  }

  set(key: string, value: unknown, options: { readonly ifVersion?: number | undefined } = {}): number {
    const before = this.#values.get(checkedKey(key))?.version ?? 0;
    const { ifVersion } = options;
    if (ifVersion !== undefined) {
      const isVersion = Number.isInteger(ifVersion) && ifVersion >= 0;
      if (!isVersion)
        throw new InvalidOptionError("ifVersion", "a version: an integer of at least 0", ifVersion, `state ${JSON.stringify(key)}`);
      if (ifVersion !== before) throw new StateConflictError(key, ifVersion, before);
    }
    this.#values.set(key, Object.freeze({ value, version: before + 1 }));
    return before + 1;
  }

  /** The keys that somebody has set, in the order in which they were first set. */
  get keys(): readonly string[] {
    return [...this.#values.keys()];
  }
}

function checkedKey(key: string): string {
  if (typeof key !== "string") throw new InvalidOptionError("key", "a string", key);
  return key;
}
