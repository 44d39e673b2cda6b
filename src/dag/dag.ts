/** `DAG`, the name users import: the ways to make a graph. What a graph can do is in `dag-value.ts`. */
import { DAGBuilder } from "./builder.js";
import { type DagValue, frozen } from "./dag-value.js";
import { GraphBuilder } from "./graph-builder.js";
import type { AnyShape, CheckedLists, Shape, ShapeOfLists } from "./types.js";

export { coreOf } from "./dag-value.js";

/** A directed acyclic graph: checked when built, and never changed after. */
export interface DAG<out S extends Shape = AnyShape> extends DagValue<S> {}

/** The ways to make a graph. */
export const DAG = {
  /** Starts a fluent builder; its `build()` checks everything and reports everything at once. */
  builder(): DAGBuilder {
    return new DAGBuilder();
  },

  /**
   * A graph from every node with the names of its upstreams, checked by the compiler. Node order is the order of the object's keys
   * (JavaScript lists keys that look like array indices first; a `Map` keeps any order).
   */
  from<const D extends CheckedLists<D>>(upstreams: D): DAG<ShapeOfLists<D>> {
    const graph = new GraphBuilder();
    const lists = upstreams as { readonly [node: string]: readonly string[] };
    graph.addNodes(Object.keys(lists));
    for (const [node, list] of Object.entries(lists)) for (const upstream of list) graph.addEdge(upstream, node);
    return frozen(graph.build());
  },
};
