/** The frozen graph as both sides hold it: names and attributes here, structure in the core. */
import type { TaskDefinition } from "../flow/definition.js";
import type { NativeGraph } from "../native/index.js";

/** A task as the graph keeps it; what it takes and returns is known to the graph's type, not here. */
export type NodeTask = ((inputs: never, context: never) => unknown) | TaskDefinition<never, unknown>;

/** A function of users as the graph keeps it. */
export type KeptFunction = (...args: never) => unknown;

/** The delay before a further attempt. */
export interface BackoffRow {
  readonly growth: "fixed" | "linear" | "exponential";
  /** Before the second attempt, in milliseconds. */
  readonly delayMs: number;
  /** What an exponential delay is multiplied by; `undefined` for others. */
  readonly factor: number | undefined;
  /** The longest delay, in milliseconds; `undefined` for no cap. */
  readonly maxDelayMs: number | undefined;
  /** Which part of a delay is up to chance, 0 to 1. */
  readonly jitter: number;
}

/** Which failures are worth another attempt: any of these codes, classes and tests. */
export type RetryOn = readonly (string | KeptFunction)[];

/** A join rule that has a name. */
export type JoinRule = "allCompleted" | "anyCompleted" | "allSettled" | "anyFailed" | "allFailed" | "noneFailed" | "noneFailedOneCompleted";

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
  /** Delays between attempts; a node that does not say has none. */
  readonly backoff: BackoffRow;
  readonly retryOn: RetryOn;
  /** Longest wall time from the node's first start, in milliseconds. */
  readonly nodeTimeoutMs: number;
  /** When it runs, seen from its upstreams. A tree is kept as its text. */
  readonly join: JoinRule | { readonly expr: string };
  readonly condition: KeptFunction;
  readonly onFailure: "fail" | "allow" | "continue";
  /** Whether it runs when everything else has settled. */
  readonly finally: boolean;
  readonly undo: KeptFunction;
  /** Amounts of named pools. */
  readonly resources: Readonly<Record<string, number>>;
  /** No more than `limit` nodes of one key run at once; `limit` is `undefined` where another node, or nobody, says it. */
  readonly concurrencyKey: { readonly key: string; readonly limit: number | undefined };
  /** Rates that each start counts for. */
  readonly rate: readonly string[];
  readonly effects: "pure" | "idempotent" | "external";
  /** Where its code runs; for a container, that of its items or its body. */
  readonly on: "inline" | "thread";
  /** How many of its attempts may end with their thread before the node fails. */
  readonly maxCrashes: number;
  readonly cached: KeptFunction;
  /** The task given with the node (`.task(...)`). */
  readonly task: NodeTask;
}

/** What one edge carries. */
export interface EdgeRow {
  readonly weight: number;
  readonly label: string;
  /** Asked of the upstream's output; false makes the upstream look skipped. */
  readonly condition: KeptFunction;
  /** Asked of each item of the upstream's output; nothing left makes the upstream look filtered. */
  readonly filter: KeptFunction;
  /** A group of edges of one node of which a run takes at most one. */
  readonly choice: string;
  /** Whether the downstream takes over the upstream's buffers. */
  readonly move: boolean;
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
