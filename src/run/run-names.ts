/** What the numbers of one run are called: nodes by name and address, signals by name. */
import type { GraphCore } from "../dag/graph-core.js";
import type { EventNames } from "./event-records.js";
import type { Extras } from "./extras.js";

/** What names are made from. */
export interface NameParts {
  readonly core: GraphCore;
  readonly runId: () => string;
  /** What the last attempt of a node threw. */
  readonly errors: ReadonlyMap<number, unknown>;
  readonly extras: () => Extras;
}

/** The names of one run. */
export class RunNames implements EventNames {
  readonly #parts: NameParts;

  constructor(parts: NameParts) {
    this.#parts = parts;
  }

  get runId(): string {
    return this.#parts.runId();
  }

  /** The base node of this name. */
  idOf(name: string): number | undefined {
    return this.#parts.core.index.get(name);
  }

  /** A node's own name; that of its container where it is an item, or the function of a loop. */
  nameOf(node: number): string {
    return this.#parts.core.names[node] ?? this.#parts.extras().levels.nameOf(node);
  }

  addressOf(node: number): string {
    return this.#parts.core.names[node] ?? this.#parts.extras().levels.addressOf(node);
  }

  errorOf(node: number): unknown {
    return this.#parts.errors.get(node);
  }

  signalNameOf(number: number): string | undefined {
    return this.#parts.extras().signals.nameOf(number);
  }

  signalOfWait(node: number, key: number): string | undefined {
    const extras = this.#parts.extras();
    const rule = extras.waitOf(node);
    return rule === undefined ? extras.signals.nameOf(key) : rule.signal;
  }
}
