/** The frozen graph as both sides hold it: names and attributes here, structure in the core. */
import type { NativeGraph } from "../native/index.js";

/** A task as the graph keeps it; what it takes and returns is known to the graph's type, not here. */
export type NodeTask = (inputs: never, context: never) => unknown;

/** What one node carries. */
export interface NodeRow {
  readonly payload: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Expected cost, in any one unit; a node that does not say costs 1. */
  readonly cost: number;
  /** Among ready nodes the higher starts first; a node that does not say has 0. */
  readonly priority: number;
  /** Longest running time of one attempt, in milliseconds. */
  readonly timeoutMs: number;
  /** Attempts in all. */
  readonly maxAttempts: number;
  /** The task given with the node (`.task(...)`). */
  readonly task: NodeTask;
}

/** What one edge carries. */
export interface EdgeRow {
  readonly weight: number;
  readonly label: string;
}

/** Rows as sparse columns: by row number, the values that were given; a column nobody uses is `null`. */
export type Table<Row extends object> = { readonly [K in keyof Row]: ReadonlyMap<number, Row[K]> | null };

/** What nodes carry, by node id. */
export type NodeTable = Table<NodeRow>;

/** What edges carry, by canonical edge index (edges sorted by upstream, then downstream, in node order). */
export type EdgeTable = Table<EdgeRow>;

/** A checked, immutable graph. Node ids are insertion order. */
export interface GraphCore {
  readonly names: readonly string[];
  readonly index: ReadonlyMap<string, number>;
  readonly native: NativeGraph;
  readonly nodes: NodeTable;
  readonly edges: EdgeTable;
}
