/** How often and how long the nodes of a level may try: the columns of its plan, made where they are needed. */
import type { GraphCore } from "../dag/graph-core.js";
import type { PlanColumns } from "../native/index.js";
import type { RunDefaults } from "./lowered.js";

/** The columns of one level. Nodes that say nothing themselves have what the run says. */
export class LimitColumns {
  readonly #core: GraphCore;
  readonly #defaults: RunDefaults;
  #timeouts: Float64Array | undefined;
  #maxAttempts: Uint32Array | undefined;

  constructor(core: GraphCore, defaults: RunDefaults) {
    this.#core = core;
    this.#defaults = defaults;
    const n = core.names.length;
    const { timeoutMs, maxAttempts } = core.nodes;
    if (timeoutMs !== null) this.#timeouts = fill(new Float64Array(n).fill(defaults.timeoutMs ?? Number.NaN), timeoutMs);
    if (maxAttempts !== null) this.#maxAttempts = fill(new Uint32Array(n).fill(defaults.maxAttempts), maxAttempts);
  }

  /** A function: retried as the run says, unless what it does cannot be taken back. */
  task(node: number): void {
    const { effects, maxAttempts } = this.#core.nodes;
    if (effects?.get(node) === "external" && !maxAttempts?.has(node)) this.#setAttempts(node, 1);
  }

  /** A container: what the run says of attempts is for the functions inside. A map's own limits are its items'. */
  container(node: number, kind: "map" | "subDag" | "loop"): void {
    const { timeoutMs, maxAttempts } = this.#core.nodes;
    const isItems = kind === "map";
    if (isItems || !maxAttempts?.has(node)) this.#setAttempts(node, 1);
    if (isItems || !timeoutMs?.has(node)) this.#setTimeout(node, Number.NaN);
  }

  /** A node that takes over what cannot be had again. */
  once(node: number): void {
    this.#setAttempts(node, 1);
  }

  /** A wait: what ends it is final. Its attempt timeout is how long its predicates may take. */
  wait(node: number): void {
    this.#setAttempts(node, 1);
  }

  /** What the plan is given of them, with costs and priorities. */
  columns(): PlanColumns {
    const { cost, priority } = this.#core.nodes;
    const n = this.#core.names.length;
    return {
      ...(cost && { costs: fill(new Float64Array(n).fill(1), cost) }),
      ...(priority && { priorities: fill(new Float64Array(n), priority) }),
      ...(this.#timeouts && { timeouts: this.#timeouts }),
      ...(this.#maxAttempts && { maxAttempts: this.#maxAttempts }),
      defaultTimeout: this.#defaults.timeoutMs ?? Number.NaN,
      defaultMaxAttempts: this.#defaults.maxAttempts,
    };
  }

  #setAttempts(node: number, attempts: number): void {
    if (this.#maxAttempts === undefined) {
      if (attempts === this.#defaults.maxAttempts) return;
      this.#maxAttempts = new Uint32Array(this.#core.names.length).fill(this.#defaults.maxAttempts);
    }
    this.#maxAttempts[node] = attempts;
  }

  #setTimeout(node: number, timeoutMs: number): void {
    if (this.#timeouts === undefined) {
      if (this.#defaults.timeoutMs === undefined && Number.isNaN(timeoutMs)) return;
      this.#timeouts = new Float64Array(this.#core.names.length).fill(this.#defaults.timeoutMs ?? Number.NaN);
    }
    this.#timeouts[node] = timeoutMs;
  }
}

function fill<A extends Float64Array | Uint32Array>(column: A, values: ReadonlyMap<number, number>): A {
  for (const [node, value] of values) column[node] = value;
  return column;
}
