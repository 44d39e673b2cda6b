/** What the policies of nodes say, where the host needs to know: for messages, and for what only it can ask. */
import type { Lowered, RetryTest, RunDefaults } from "../flow/lowered.js";

/** A level, and a node's id there. */
export interface Place {
  readonly level: Lowered;
  readonly local: number;
}

/** The policies of one run's nodes. */
export class Policies {
  readonly #base: Lowered;
  readonly #defaults: RunDefaults;
  readonly #placeOf: (node: number) => Place;

  /** `placeOf` is asked of nodes that are not of the base level only. */
  constructor(base: Lowered, defaults: RunDefaults, placeOf: (node: number) => Place) {
    this.#base = base;
    this.#defaults = defaults;
    this.#placeOf = placeOf;
  }

  #place(node: number): Place {
    return node < this.#base.core.names.length ? { level: this.#base, local: node } : this.#placeOf(node);
  }

  /** The attempt timeout of a node, in milliseconds; NaN for none. */
  timeoutOf(node: number): number {
    const { level, local } = this.#place(node);
    return level.core.nodes.timeoutMs?.get(local) ?? this.#defaults.timeoutMs ?? Number.NaN;
  }

  /** The longest wall time of a node, in milliseconds; NaN for none. */
  nodeTimeoutOf(node: number): number {
    const { level, local } = this.#place(node);
    return level.core.nodes.nodeTimeoutMs?.get(local) ?? this.#defaults.nodeTimeoutMs ?? Number.NaN;
  }

  /** Which failures of a node are worth another attempt; `undefined` for all. */
  retryTestOf(node: number): RetryTest | undefined {
    const { level, local } = this.#place(node);
    return level.retryOn.get(local);
  }

  /** The join rule of a node as text, where it is not the default. */
  joinOf(node: number): string | undefined {
    const { level, local } = this.#place(node);
    const rule = level.core.nodes.join?.get(local);
    return typeof rule === "object" ? rule.expr : rule;
  }

  /** What a failure of a node means. */
  onFailureOf(node: number): "fail" | "allow" | "continue" {
    const { level, local } = this.#place(node);
    return level.core.nodes.onFailure?.get(local) ?? "fail";
  }
}
