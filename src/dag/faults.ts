/** From the core's verdict on a list of edges to the errors users see, names in the place of ids. */
import type { DagnyError } from "../errors/base.js";
import { nearest } from "../errors/did-you-mean.js";
import { CycleError, DuplicateEdgeError, NodeNotFoundError, SelfLoopError } from "../errors/graph.js";
import { type NativeFault, NativeGraph } from "../native/index.js";

/** A frozen graph, or everything that is wrong with its edges. */
export type CheckedGraph =
  | { readonly native: NativeGraph; readonly faults: readonly [] }
  | { readonly native: null; readonly faults: readonly DagnyError[] };

/** Ids from here on stand for names that no node has (yet); those below are the user's own. */
export const firstUnknown = 0x8000_0000;

/** So many unknown names are compared with all there are; a graph with more of them has another problem than its spelling. */
const mostSuggestions = 50;

/**
 * Freezes the edges `[from, to, …]` of these nodes, or says what is wrong with them: the faults of single edges in list order, then one
 * cycle for each cyclic component by its first node. `nameOf` also knows what the user called an id that is no node.
 */
export function checkedGraph(names: readonly string[], pairs: Uint32Array, nameOf: (id: number) => string): CheckedGraph {
  const built = NativeGraph.build(names.length, pairs);
  return Array.isArray(built) ? { native: null, faults: errorsOf(built, names, pairs, nameOf) } : { native: built, faults: [] };
}

/** The core's faults as errors. An unknown node is reported once, at the first edge that uses it. */
export function errorsOf(
  faults: readonly NativeFault[],
  names: readonly string[],
  pairs: Uint32Array,
  nameOf: (id: number) => string,
): DagnyError[] {
  const errors: DagnyError[] = [];
  const unknown = new Set<number>();
  for (const { kind, edge, other, path } of faults) {
    const from = nameOf(pairs[2 * edge] ?? 0);
    const to = nameOf(pairs[2 * edge + 1] ?? 0);
    switch (kind) {
      case "unknownNode": {
        if (unknown.has(other)) break;
        unknown.add(other);
        const name = nameOf(other);
        const suggestion = unknown.size <= mostSuggestions && other >= firstUnknown ? nearest(name, names) : undefined;
        errors.push(new NodeNotFoundError(other < firstUnknown ? { id: other } : name, suggestion, { from, to }));
        break;
      }
      case "selfLoop":
        errors.push(new SelfLoopError(from));
        break;
      case "duplicateEdge":
        errors.push(new DuplicateEdgeError(from, to));
        break;
      case "cycle":
        errors.push(new CycleError(Array.from([...path, path[0] ?? 0], nameOf)));
        break;
    }
  }
  return errors;
}
