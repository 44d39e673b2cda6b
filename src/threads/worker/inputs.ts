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

/** Where inputs come from. */
export interface InputSource {
  /** The upstreams of a base node, ascending. */
  upstreamsOf(node: number): Uint32Array;
  /** Their names, in the same order. */
  upstreamNamesOf(node: number): readonly string[];
  /** What `upstream`, one of them, put out. */
  inputOf(node: number, upstream: number): unknown;
}

/** What a view hides: which node reads; once it has read, its upstreams; and once somebody has listed them, a copy of all it reads. */
class InputsView {
  #copy: Record<string, unknown> | undefined;
  #names: readonly string[] | undefined;
  #places: Map<string, number> | undefined;

  constructor(
    readonly source: InputSource,
    readonly node: number,
  ) {}

  get copy(): Record<string, unknown> {
    if (this.#copy === undefined) {
      const copy: Record<string, unknown> = Object.create(null);
      for (const name of this.names) copy[name] = this.read(name);
      this.#copy = copy;
    }
    return this.#copy;
  }

  get names(): readonly string[] {
    this.#names ??= this.source.upstreamNamesOf(this.node);
    return this.#names;
  }

  /** The place of a name among the upstreams, or -1. */
  find(key: string | symbol): number {
    if (typeof key !== "string") return -1;
    const { names } = this;
    if (names.length <= scanLimit) return names.indexOf(key);
    this.#places ??= new Map(names.map((name, place) => [name, place]));
    return this.#places.get(key) ?? -1;
  }

  read(key: string | symbol): unknown {
    const place = this.find(key);
    return place === -1 ? undefined : this.source.inputOf(this.node, this.source.upstreamsOf(this.node)[place] as number);
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
  ownKeys: (view) => [...view.names],
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
