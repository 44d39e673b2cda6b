/** The graph value: checked when built, immutable, typed by its node names. */
import { nearest } from "../errors/did-you-mean.js";
import { NodeNotFoundError } from "../errors/graph.js";
import type { GraphCore } from "./graph-core.js";
import type { AnyShape, NodeName, Shape } from "./types.js";

/** Where a graph's frozen form comes from: the form itself, or a draft that makes a snapshot when asked. */
export interface CoreSource {
  snapshot(): GraphCore;
}

/** One node as `dag.get(name)` shows it. Options that were not given are absent. */
export interface NodeView<N extends string = string> {
  readonly name: N;
  readonly payload?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly cost?: number;
  readonly priority?: number;
  readonly timeoutMs?: number;
  readonly retry?: { readonly maxAttempts: number };
}

/** What a graph can do. Node order is the order nodes were added in; every list below is in a documented, deterministic order. */
export class DagValue<out S extends Shape = AnyShape> {
  /** Only the compiler sees it: what it knows of this graph. */
  declare readonly shape?: S;
  readonly #source: CoreSource;

  constructor(source: CoreSource) {
    this.#source = source;
  }

  /** The frozen form of a graph, for the modules of this package. */
  static coreOf(dag: DagValue<Shape>): GraphCore {
    return dag.#source.snapshot();
  }

  /** Number of nodes. O(1). */
  get nodeCount(): number {
    return this.#core.names.length;
  }

  /** Whether there is a node of this name. O(1). */
  has(name: string): boolean {
    return this.#core.index.has(name);
  }

  /** The node of this name with what it carries. O(1). Throws `NodeNotFoundError`. */
  get<N extends NodeName<S>>(name: N): NodeView<N> {
    const { index, names, nodes } = this.#core;
    const id = index.get(name);
    if (id === undefined) throw new NodeNotFoundError(name, nearest(name, names));
    const maxAttempts = nodes.maxAttempts?.get(id);
    return {
      name,
      ...given("payload", nodes.payload?.get(id)),
      ...given("metadata", nodes.metadata?.get(id)),
      ...given("cost", nodes.cost?.get(id)),
      ...given("priority", nodes.priority?.get(id)),
      ...given("timeoutMs", nodes.timeoutMs?.get(id)),
      ...given("retry", maxAttempts === undefined ? undefined : { maxAttempts }),
    };
  }

  /** Every node, roots first, then each node when its last upstream was listed (Kahn's order with a queue). O(n). */
  topologicalSort(): NodeName<S>[] {
    const { names, native } = this.#core;
    return Array.from(native.order(), (id) => names[id] as NodeName<S>);
  }

  get #core(): GraphCore {
    return this.#source.snapshot();
  }
}

/** A graph value around a frozen form. */
export function frozen<S extends Shape>(core: GraphCore): DagValue<S> {
  return new DagValue<S>({ snapshot: () => core });
}

/** The frozen form of a graph: for the modules of this package, not exported from it. */
export function coreOf(dag: DagValue<Shape>): GraphCore {
  return DagValue.coreOf(dag);
}

function given<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: T });
}
