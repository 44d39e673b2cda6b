/** The frozen graph as both sides hold it: names and attributes here, structure in the core. */
import type { NativeGraph } from "../native/index.js";

/** A task as the graph keeps it; what it takes and returns is known to the graph's type, not here. */
export type NodeTask = (inputs: never, context: never) => unknown;

/** What nodes carry, in sparse columns by node id; a column nobody uses is `null`. */
export interface NodeTable {
  readonly payload: ReadonlyMap<number, unknown> | null;
  readonly metadata: ReadonlyMap<number, Readonly<Record<string, unknown>>> | null;
  /** Expected cost of a node, in any one unit; a node without an entry costs 1. */
  readonly cost: ReadonlyMap<number, number> | null;
  readonly priority: ReadonlyMap<number, number> | null;
  /** Longest running time of one attempt, in milliseconds. */
  readonly timeoutMs: ReadonlyMap<number, number> | null;
  readonly maxAttempts: ReadonlyMap<number, number> | null;
  /** Tasks given with their nodes (`.task(...)`). */
  readonly task: ReadonlyMap<number, NodeTask> | null;
}

/** What edges carry, by canonical edge index (edges sorted by upstream, then downstream, in node order). */
export interface EdgeTable {
  readonly weight: ReadonlyMap<number, number> | null;
  readonly label: ReadonlyMap<number, string> | null;
}

/** A checked, immutable graph. Node ids are insertion order. */
export interface GraphCore {
  readonly names: readonly string[];
  readonly index: ReadonlyMap<string, number>;
  readonly native: NativeGraph;
  readonly nodes: NodeTable;
  readonly edges: EdgeTable;
}
