/**
 * A flow as a run takes it: the core's plan of each level, and by node id what stays on this side. A *level* is the base graph, the inside
 * of a container, or a growth; ids are places in its node order. `lower.ts` makes it.
 */
import type { BackoffRow, GraphCore, RetryOn } from "../dag/graph-core.js";
import type { NativePlan } from "../native/index.js";
import type { AnyFunction } from "./definition.js";
import type { FlowNames } from "./flow-names.js";
import type { ModuleRef } from "./module-ref.js";
import type { Moves } from "./moves.js";
import type { Schema } from "./schema.js";
import type { BasicContext, TaskContext } from "./task.js";

/** A task's function, called with inputs (a map's with an item) whose types the compiler has checked where it was given. */
export type AnyTask = (inputs: unknown, context: TaskContext) => unknown;

/** A question about inputs: a node's condition. */
export type NodeCondition = (inputs: object, context: BasicContext) => boolean | PromiseLike<boolean>;

/** A question about one upstream's output: an edge's condition. */
export type EdgeCondition = (output: unknown, context: BasicContext) => boolean | PromiseLike<boolean>;

/** Which of an upstream's items pass an edge; a value that is no array is one item, at 0. */
export type EdgeFilter = (item: unknown, index: number) => boolean | PromiseLike<boolean>;

/** A look-up of an output that is known already. */
export type CacheLookup = (
  inputs: object,
  context: BasicContext,
) => { readonly value: unknown } | undefined | PromiseLike<{ readonly value: unknown } | undefined>;

/** What takes back what a node has done. */
export type UndoFunction = (output: unknown, context: BasicContext) => unknown;

/** Whether a failure is worth another attempt; `attempt` is the one that failed. Anything but `true`, and a throw, means no. */
export type RetryTest = (error: unknown, attempt: number) => unknown;

/** What an edge asks before it lets anything through; at least one is there. The condition is asked first. */
export interface EdgeGuard {
  readonly condition?: EdgeCondition;
  readonly filter?: EdgeFilter;
}

/** A container's rules and its inside. */
export type LoweredContainer =
  | {
      readonly kind: "map";
      /** One node, which stands for each item: a function (`tasks[0]`), or a sub-DAG whose params are the item (`containers.get(0)`). */
      readonly inner: Lowered;
      readonly over: AnyFunction | undefined;
      readonly maxItems: number;
      readonly allowFailures: boolean;
      /** Whether what is done with each item is a function of `(item, ctx)`. */
      readonly isFunction: boolean;
    }
  | {
      readonly kind: "subDag";
      readonly inner: Lowered;
      /** `undefined`: the params are the inputs. */
      readonly params: AnyFunction | undefined;
      /** `undefined`: the output is the record of the leaves' outputs. */
      readonly output: AnyFunction | undefined;
    }
  | {
      readonly kind: "loop";
      /** The body's nodes; one where it is a function. */
      readonly inner: Lowered;
      readonly until: (output: unknown, round: { readonly iteration: number }) => boolean | PromiseLike<boolean>;
      readonly limit: number;
      /** Whether the body is a function of `(inputs, ctx)`, whose output is the round's; else that is the record of the leaves' outputs. */
      readonly isFunction: boolean;
    };

/** What a wait node waits for. */
export interface LoweredWait {
  readonly kind: "waitFor" | "approval" | "sleep";
  /** The signal's name; `undefined` for the node's own, and for a sleep. */
  readonly signal: string | undefined;
  readonly schema: Schema | undefined;
  /** `undefined` for no end, in milliseconds. */
  readonly timeoutMs: number | undefined;
  readonly default: { readonly value: unknown } | undefined;
}

/** The nodes of a level that run on threads. */
export interface ThreadedNodes {
  /** The functions they call, each once. */
  readonly modules: readonly ModuleRef[];
  /** By local node id: 1 + the place of its function in `modules`; 0 of a node that runs on the main thread. */
  readonly moduleOf: Uint32Array;
}

/** One level. Maps are by local node id, and empty where nothing is of their kind. */
export interface Lowered {
  readonly core: GraphCore;
  readonly plan: NativePlan;
  /** `undefined` for waits, containers and given nodes. */
  readonly tasks: readonly (AnyTask | undefined)[];
  readonly containers: ReadonlyMap<number, LoweredContainer>;
  readonly waits: ReadonlyMap<number, LoweredWait>;
  readonly conditions: ReadonlyMap<number, NodeCondition>;
  readonly caches: ReadonlyMap<number, CacheLookup>;
  readonly undos: ReadonlyMap<number, UndoFunction>;
  readonly retryOn: ReadonlyMap<number, RetryTest>;
  /** By `from * n + to`, where `n` is the number of nodes of this level. */
  readonly guards: ReadonlyMap<number, EdgeGuard>;
  /** The edges that hand an output over; `null` where none does. */
  readonly moves: Moves | null;
  /** `null` where every node runs on the main thread; then, and in a run without threads, `tasks` has all there is to call. */
  readonly threads: ThreadedNodes | null;
  /** Nodes that a value stands for from the start. They do not appear in the report. */
  readonly given: ReadonlyMap<number, unknown>;
}

/** The base level, and the numbers that its plans use for names. */
export interface LoweredFlow {
  readonly base: Lowered;
  /** Shared by all runs of the same lowering: a run that names more signals takes a copy, `names.copy()`. */
  readonly names: FlowNames;
  /** Whether a node at any level runs on a thread, or one that is added may: so that the run needs a pool. */
  readonly usesThreads: boolean;
}

/** What holds for nodes that say nothing themselves, at every level. */
export interface RunDefaults {
  /** Longest running time of one attempt, in milliseconds; `undefined` for no limit. */
  readonly timeoutMs: number | undefined;
  /** Longest wall time of a node, in milliseconds; `undefined` for no limit. */
  readonly nodeTimeoutMs?: number | undefined;
  /** Attempts in all. */
  readonly maxAttempts: number;
  readonly backoff?: BackoffRow | undefined;
  readonly retryOn?: RetryOn | undefined;
  /** Where functions run; `undefined` for the main thread. */
  readonly on?: "inline" | "thread" | undefined;
  /** How many attempts of a node may end with their thread; `undefined` for 3. */
  readonly maxCrashes?: number | undefined;
  /** Whether a run may use threads though no node of its graph does: for what is added to it. */
  readonly mayGrowOnThreads?: boolean | undefined;
  /** Whether everything runs on the main thread, whatever nodes say: under a simulated clock. */
  readonly isAllInline?: boolean | undefined;
  /** Whether a failure inside a sub-DAG or a loop that does not say stops what is inside. */
  readonly failFast?: boolean | undefined;
  /** Capacities of named pools. */
  readonly pools?: ReadonlyMap<string, number> | undefined;
  /** Starts in any window of so many milliseconds, by the rate's name. */
  readonly rates?: ReadonlyMap<string, { readonly limit: number; readonly perMs: number }> | undefined;
}
