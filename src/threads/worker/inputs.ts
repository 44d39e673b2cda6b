/**
 * What a direct task reads of its upstreams on a thread: the same view that `src/run/inputs.ts` gives on main, over outputs that are looked up,
 * and decoded where they came from elsewhere, when they are first read.
 *
 * To the reader it is a plain object with a null prototype that cannot be changed: it can be destructured, spread, enumerated.
 */

import { shownByView } from "../viewed-inputs.js";

/** What `node:util` calls `inspect.custom`. */
const inspect: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** Above this many upstreams a name is looked up, not compared. */
const scanLimit = 8;

/** The upstreams of every base node: those of node `n` are `ids[starts[n]]` up to `ids[starts[n + 1]]`, ascending. */
export interface UpstreamIds {
  readonly starts: Uint32Array;
  readonly ids: Uint32Array;
}

/** Where inputs come from. */
export interface InputSource {
  readonly upstreams: UpstreamIds;
  /** The names of the base nodes, where they are known here. */
  readonly baseNames: readonly string[] | undefined;
  /** The names of a node's upstreams, in order, from where they are known. */
  askNames(node: number): readonly string[];
  /** What `upstream`, one of the node's, put out. */
  inputOf(node: number, upstream: number): unknown;
}

/** What a view hides: which node reads; and once somebody has asked for more than one by name, what it reads. */
class InputsView {
  #copy: Record<string, unknown> | undefined;
  /** The upstreams by name: where there are many, or their names had to be asked for. */
  #byName: ReadonlyMap<string, number> | undefined;

  constructor(
    readonly source: InputSource,
    readonly node: number,
  ) {}

  get copy(): Record<string, unknown> {
    if (this.#copy === undefined) {
      const copy: Record<string, unknown> = Object.create(null);
      for (const name of this.names()) copy[name] = this.read(name);
      this.#copy = copy;
    }
    return this.#copy;
  }

  names(): string[] {
    const { upstreams, baseNames } = this.source;
    if (baseNames === undefined) return [...this.#upstreamsByName().keys()];
    const names: string[] = [];
    const end = upstreams.starts[this.node + 1] ?? 0;
    for (let i = upstreams.starts[this.node] ?? 0; i < end; i++) names.push(baseNames[upstreams.ids[i] as number] as string);
    return names;
  }

  read(key: string | symbol): unknown {
    const upstream = this.find(key);
    return upstream === -1 ? undefined : this.source.inputOf(this.node, upstream);
  }

  /** The upstream of this name, or -1. */
  find(key: string | symbol): number {
    if (typeof key !== "string") return -1;
    const { upstreams, baseNames } = this.source;
    const start = upstreams.starts[this.node] ?? 0;
    const end = upstreams.starts[this.node + 1] ?? 0;
    if (baseNames === undefined || end - start > scanLimit) return this.#upstreamsByName().get(key) ?? -1;
    for (let i = start; i < end; i++) {
      const id = upstreams.ids[i] as number;
      if (baseNames[id] === key) return id;
    }
    return -1;
  }

  #upstreamsByName(): ReadonlyMap<string, number> {
    if (this.#byName === undefined) {
      const { upstreams, baseNames } = this.source;
      const start = upstreams.starts[this.node] ?? 0;
      const end = upstreams.starts[this.node + 1] ?? 0;
      const names = end === start ? [] : baseNames === undefined ? this.source.askNames(this.node) : this.names();
      this.#byName = new Map(names.map((name, i) => [name, upstreams.ids[start + i] as number]));
    }
    return this.#byName;
  }

  /** `console.log(inputs)` looks through the proxy, but calls this on the proxy: `this` is the view. */
  [inspect](): object {
    return Object.assign(Object.create(null), this);
  }
}

function refuse(): never {
  throw new TypeError("inputs are read-only: change a copy, { ...inputs }");
}

const traps: ProxyHandler<InputsView> = {
  get: (view, key) => (key === shownByView ? view.copy : view.read(key)),
  has: (view, key) => view.find(key) !== -1,
  ownKeys: (view) => view.names(),
  getOwnPropertyDescriptor: (view, key) => Reflect.getOwnPropertyDescriptor(view.copy, key),
  getPrototypeOf: () => null,
  set: refuse,
  defineProperty: refuse,
  deleteProperty: refuse,
  setPrototypeOf: refuse,
  preventExtensions: refuse,
};

/** The view that an attempt of a direct node is given. */
export function inputsOf(source: InputSource, node: number): object {
  return new Proxy(new InputsView(source, node), traps);
}
