/** What a run of the reference model is made of: nodes with their policies, what is inside a container, the options of the run. */

/** DESIGN §4, the table of joins. `upstream` of an atom is the upstream's place among the node's upstreams in node order. */
export type JoinRule =
  | "allCompleted"
  | "anyCompleted"
  | "allSettled"
  | "anyFailed"
  | "allFailed"
  | "noneFailed"
  | "noneFailedOneCompleted"
  | { readonly expression: Expression };

export type Expression =
  | { readonly op: "is"; readonly upstream: number; readonly look: Exclude<Look, "open"> }
  | { readonly op: "not"; readonly of: Expression }
  | { readonly op: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | { readonly op: "constant"; readonly value: boolean };

/** What an upstream looks like through its edge; `open`: it is not settled, or a predicate of the edge is not answered. */
export type Look = "open" | "completed" | "failed" | "skipped" | "blocked" | "filtered" | "cancelled";

/** What a node does. */
export type ModelKind =
  | { readonly is: "task" }
  | { readonly is: "wait"; readonly wait: WaitNode }
  | { readonly is: "map" | "subDag" | "loop"; readonly inside: Inside }
  /** A value stands for it from the start. */
  | { readonly is: "given" };

export interface WaitNode {
  /** The name of a signal; `own` for one that only this node hears; left out for a mere sleep. */
  readonly signal?: number | "own";
  /** The length of the sleep, or how long it waits for the signal. */
  readonly timeoutMs?: number;
  readonly hasDefault?: boolean;
}

export interface Inside {
  /** A map's has one node, which stands for each item. */
  readonly plan: ModelPlan;
  readonly failFast: boolean;
  /** How many of the nodes directly inside may run at once. No default: any number. */
  readonly concurrency?: number;
  /** The most items of a map, or rounds of a loop. */
  readonly limit: number;
}

/** DESIGN §4, row "retry". */
export interface Backoff {
  readonly growth: "fixed" | "linear" | { readonly factor: number };
  readonly delayMs: number;
  readonly maxDelayMs?: number;
  /** In millionths of the delay. */
  readonly jitter?: number;
}

/** A node's policy; a missing entry has DESIGN's default. */
export interface ModelPolicy {
  /** @default a task */
  readonly kind?: ModelKind;
  /** @default "allCompleted" */
  readonly join?: JoinRule;
  /** @default "fail" */
  readonly onFailure?: "fail" | "allow" | "continue";
  readonly hasCondition?: boolean;
  readonly isCached?: boolean;
  readonly isFinally?: boolean;
  readonly hasUndo?: boolean;
  /** Its code acts on the world outside: what crashed is not simply run again. */
  readonly isExternal?: boolean;
  /** A command: it holds no slot, but a lane of its own kind. Of tasks only. */
  readonly isCommand?: boolean;
  /** How many crashed attempts are run again without counting. @default 3 */
  readonly maxCrashes?: number;
  /** @default 0 */
  readonly priority?: number;
  /** @default 1 */
  readonly cost?: number;
  /** Running time of one attempt. No default: such an attempt has no deadline. */
  readonly timeoutMs?: number;
  /** Wall time from its first start. No default. */
  readonly nodeTimeoutMs?: number;
  /** Total of attempts. @default 1 */
  readonly maxAttempts?: number;
  /** @default none: the next attempt is due at once */
  readonly backoff?: Backoff;
  /** Pairs (pool, amount), by pool. */
  readonly needs?: readonly (readonly [number, number])[];
}

/** A graph whose nodes are 0..nodeCount in insertion order. */
export interface ModelPlan {
  readonly nodeCount: number;
  /** (upstream, downstream, whether the host is asked about it), distinct and acyclic. */
  readonly edges: readonly (readonly [number, number, boolean?])[];
  /** One entry per node. */
  readonly policies: readonly ModelPolicy[];
}

/** A pool of resources, a concurrency key or, with an interval, a rate. */
export interface ModelPool {
  readonly capacity: number;
  readonly intervalMs?: number;
}

/** One run of a graph. */
export interface RunSpec extends ModelPlan {
  readonly maxWorkers: number;
  /** How many commands may run at once. No default: any number. */
  readonly maxCommands?: number;
  readonly failFast: boolean;
  readonly graceMs: number;
  /** @default true */
  readonly abortRunning?: boolean;
  /** @default false */
  readonly undo?: boolean;
  readonly runTimeoutMs?: number;
  /** How many failed attempts may be followed by another, in the whole run. No default: any number. */
  readonly retryBudget?: number;
  /** Of all chance. @default 0 */
  readonly seed?: number;
  readonly pools?: readonly ModelPool[];
  /** @default 10,000,000 */
  readonly maxNodes?: number;
  /** @default 1,000 */
  readonly maxDepth?: number;
  /** @default "all" */
  readonly keepResults?: "all" | "leaves" | "none";
}

/** In an edge of a growth, `newNode + k` is the growth's own node k. */
export const newNode = 2 ** 31;

/** Nodes and edges that are added to a run. */
export interface Growth {
  readonly plan: ModelPlan;
  /** Edges of which an end is a node of the run: (upstream, downstream, whether the host is asked about it), each end an id or `newNode + k`. */
  readonly links: readonly (readonly [number, number, boolean?])[];
}
