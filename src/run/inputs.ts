/**
 * What a task reads of its upstreams: an object with one key per direct upstream, filled when it is read.
 *
 * Most tasks look at few of their inputs, many at none, and an object with foreign keys costs 0.5 µs to make; a view costs 0.02.
 * To the reader it is a plain object with a null prototype that cannot be changed: it can be destructured, spread, enumerated.
 * (Structured clone refuses views: clone `{ ...inputs }`. Values that go to another thread may have views in them.)
 */
import type { GraphCore } from "../dag/graph-core.js";
import type { NativePlan } from "../native/index.js";
import { shownByView } from "../threads/viewed-inputs.js";

/** What `node:util` calls `inspect.custom`. */
const inspect: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** Above this many upstreams a name is found by its id, not by comparing. */
const scanLimit = 8;

/** What a view hides: which node reads; and once somebody has listed them, a copy of all it reads. */
class InputsView {
  #copy: Record<string, unknown> | undefined;

  constructor(
    readonly inputs: RunInputs,
    readonly node: number,
  ) {}

  get copy(): Record<string, unknown> {
    this.#copy ??= this.inputs.copyOf(this.node);
    return this.#copy;
  }

  /** `console.log(inputs)` looks through the proxy, but calls this on the proxy: `this` is the view. */
  [inspect](): object {
    return Object.assign(Object.create(null), this);
  }
}

function refuse(): never {
  throw new TypeError("inputs are read-only: change a copy, { ...inputs }");
}

/** The inputs of all nodes of one run, over the outputs by node id. */
export class RunInputs {
  readonly #core: GraphCore;
  readonly #plan: NativePlan;
  readonly #outputs: readonly unknown[];
  /** Asked where there is no output, if threads make some. */
  readonly #fetch: ((node: number) => unknown) | undefined;
  #rows: UpstreamRows | undefined;
  readonly #traps: ProxyHandler<InputsView>;

  constructor(core: GraphCore, plan: NativePlan, outputs: readonly unknown[], fetch?: (node: number) => unknown) {
    this.#core = core;
    this.#plan = plan;
    this.#outputs = outputs;
    this.#fetch = fetch;
    this.#traps = {
      get: (reader, key) => (key === shownByView ? reader.copy : this.#read(reader.node, key)),
      has: (reader, key) => this.#find(reader.node, key) !== -1,
      ownKeys: (reader) => this.#namesOf(reader.node),
      getOwnPropertyDescriptor: (reader, key) => Reflect.getOwnPropertyDescriptor(reader.copy, key),
      getPrototypeOf: () => null,
      set: refuse,
      defineProperty: refuse,
      deleteProperty: refuse,
      setPrototypeOf: refuse,
      preventExtensions: refuse,
    };
  }

  /** The view that an attempt of `node` is given. */
  of(node: number): object {
    return new Proxy(new InputsView(this, node), this.#traps);
  }

  /** A plain copy of what `node` is given. */
  copyOf(node: number): Record<string, unknown> {
    const copy: Record<string, unknown> = Object.create(null);
    for (const name of this.#namesOf(node)) copy[name] = this.#read(node, name);
    return copy;
  }

  /** The names of a node's upstreams, in node order. */
  #namesOf(node: number): string[] {
    const { starts, ids } = this.#upstreams();
    const { names } = this.#core;
    return Array.from(ids.subarray(starts[node], starts[node + 1]), (id) => names[id] as string);
  }

  #read(node: number, key: string | symbol): unknown {
    const upstream = this.#find(node, key);
    if (upstream === -1) return undefined;
    const output = this.#outputs[upstream];
    return output === undefined && this.#fetch !== undefined ? this.#fetch(upstream) : output;
  }

  /** The id of the upstream of `node` that has this name, or -1. */
  #find(node: number, key: string | symbol): number {
    if (typeof key !== "string") return -1;
    const { starts, ids } = this.#upstreams();
    const start = starts[node] as number;
    const end = starts[node + 1] as number;
    if (end - start <= scanLimit) {
      const { names } = this.#core;
      for (let i = start; i < end; i++) {
        const id = ids[i] as number;
        if (names[id] === key) return id;
      }
      return -1;
    }
    const id = this.#core.index.get(key);
    return id !== undefined && includes(ids, start, end, id) ? id : -1;
  }

  #upstreams(): UpstreamRows {
    this.#rows ??= upstreamsOf(this.#core, this.#plan);
    return this.#rows;
  }
}

/** The direct upstreams of every node: those of node `n` are `ids[starts[n]]` up to `ids[starts[n + 1]]`, ascending. */
export interface UpstreamRows {
  readonly starts: Uint32Array;
  readonly ids: Uint32Array;
}

const rowsByGraph = new WeakMap<GraphCore, UpstreamRows>();

/** The upstreams of a graph's nodes; asked of the core once. */
export function upstreamsOf(core: GraphCore, plan: NativePlan): UpstreamRows {
  const rows = rowsByGraph.get(core) ?? plan.upstreams();
  rowsByGraph.set(core, rows);
  return rows;
}

/** Whether the ascending `ids[start..end]` has `id`. */
function includes(ids: Uint32Array, start: number, end: number, id: number): boolean {
  let low = start;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  return low < end && ids[low] === id;
}
