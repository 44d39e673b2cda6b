/** What can be said of a node and of an edge, as users write it. How it is checked is in `rows.ts`. */

import type { JoinTree } from "../flow/join-tree.js";
import type { BasicContext } from "../flow/task.js";
import type { JoinRule } from "./graph-core.js";

/** How often a task may be tried, and when again. */
export interface RetryOptions {
  /**
   * Attempts in all, the first one included: an integer from 1 to 1,048,576. The other options need it.
   * @default 1
   */
  readonly maxAttempts?: number | undefined;
  /**
   * How the delay grows from attempt to attempt: not at all; by `delayMs` each time; by `factor` each time. Needs `delayMs`.
   * @default "fixed"
   */
  readonly backoff?: "fixed" | "linear" | "exponential" | undefined;
  /**
   * The delay before the second attempt, in milliseconds: finite, at least 0.
   * @default 0
   */
  readonly delayMs?: number | undefined;
  /**
   * What an exponential delay is multiplied by: finite, at least 1.
   * @default 2
   */
  readonly factor?: number | undefined;
  /**
   * The longest delay, in milliseconds. What an error itself asks for (`retryAfterMs`) is not capped.
   * @default no cap
   */
  readonly maxDelayMs?: number | undefined;
  /**
   * Which part of a delay is up to chance, from 0 to 1: a delay `d` becomes one from `d * (1 - jitter)` to `d`. `true` is 1.
   * @default false
   */
  readonly jitter?: boolean | number | undefined;
  /**
   * Which failures are worth another attempt: those with this `code`, of this class, or for which this function answers true; any of a list.
   * @default all of them
   */
  readonly retryOn?: RetryMatch | readonly RetryMatch[] | undefined;
}

/** A `code` that errors have, a class of errors, or a test. */
export type RetryMatch = string | ErrorClass | ((error: unknown, attempt: number) => boolean);

/** A class of errors. */
export type ErrorClass = abstract new (...args: never) => Error;

/** An answer, now or later. */
export type Answer<T> = T | PromiseLike<T>;

/**
 * A function that is asked of `Input`. Where the compiler does not know what that is, a parameter may be annotated with what it is known to be.
 */
export type Asked<Input, Rest extends readonly unknown[], R> =
  IsUnknown<Input> extends true ? { ask(input: Input, ...rest: Rest): R }["ask"] : (input: Input, ...rest: Rest) => R;

type IsUnknown<T> = unknown extends T ? true : string extends keyof T ? true : false;

/** The inputs of a node of which the compiler does not know the upstreams. */
export interface AnyInputs {
  readonly [upstream: string]: unknown;
}

/** A join rule by its name, an expression in its text form, or one as a tree. Which names are upstreams is checked when the graph is built. */
export type JoinOption = JoinRule | { readonly expr: string } | JoinTree;

/**
 * The policy of a task: what is said of it beside its function. `Inputs` is what it takes, `Output` what it gives: a policy for tasks of any
 * kind, `TaskPolicy`, has nothing to give in its place.
 */
export interface TaskPolicy<Inputs = AnyInputs, Output = never> {
  /**
   * Expected cost, in any one unit (seconds, say): finite, at least 0. Longer remaining cost starts earlier.
   * @default 1
   */
  readonly cost?: number | undefined;
  /**
   * Among ready nodes the higher starts first; any finite number.
   * @default 0
   */
  readonly priority?: number | undefined;
  /**
   * Longest running time of one attempt, in milliseconds: finite, more than 0. Also how long a condition may take.
   * @default no limit
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Longest wall time of the node from its first start, delays and waits included, in milliseconds: finite, more than 0.
   * @default no limit
   */
  readonly nodeTimeoutMs?: number | undefined;
  /**
   * Attempts in all, as a number or an object: `3` is `{ maxAttempts: 3 }`.
   * @default 1
   */
  readonly retry?: number | RetryOptions | undefined;
  /**
   * When the node runs, seen from its upstreams: the name of a rule, an expression such as `{ expr: "a.completed || b.failed" }`, or a tree.
   * @default "allCompleted"
   */
  readonly join?: JoinOption | undefined;
  /** Asked once, when the join is met: false skips the node, a throw fails it. */
  readonly condition?: Asked<Inputs, [context: BasicContext], Answer<boolean>> | undefined;
  /** Asked after the condition: a `value` it returns is the output of the node, which then does not run. */
  readonly cached?: Asked<Inputs, [context: BasicContext], Answer<{ readonly value: Output } | undefined>> | undefined;
  /**
   * What a final failure means: `"fail"` fails the run; `"allow"` does not; `"continue"` does not either, and downstreams see the node
   * completed, with `undefined`.
   * @default "fail"
   */
  readonly onFailure?: "fail" | "allow" | "continue" | undefined;
  /**
   * Whether the node runs at the end, however the run ends, when everything else has settled. Only such nodes may follow it.
   * @default false
   */
  readonly finally?: boolean | undefined;
  /** Takes back what the node has done, where the executor's `undo` is on and the run fails or is cancelled. */
  readonly undo?: Asked<[Output] extends [never] ? unknown : Output, [context: BasicContext], unknown> | undefined;
  /** What each attempt needs of the executor's `pools`: integers of at least 1. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /**
   * Nodes with one key run one at a time, or `limit` at a time.
   * @default none
   */
  readonly concurrencyKey?: string | { readonly key: string; readonly limit?: number | undefined } | undefined;
  /** The executor's `rates` that each attempt counts for. */
  readonly rate?: string | readonly string[] | undefined;
  /**
   * What running the task twice does: nothing that could be told apart (`"pure"`), nothing more than once (`"idempotent"`), or something
   * that cannot be taken back (`"external"`: it is retried only where the node itself says so).
   * @default "idempotent"
   */
  readonly effects?: "pure" | "idempotent" | "external" | undefined;
  /**
   * Where the task runs: on the main thread (`"inline"`), or on a thread of a pool (`"thread"`), for which it must be given as `task.module(…)` or
   * by `defineTasks(…)`. Of a map it speaks of the items, of a loop of its body; conditions and other predicates stay on the main thread.
   * @default what the executor says
   */
  readonly on?: "inline" | "thread" | undefined;
  /**
   * How many of its attempts may end with their thread: an integer of at least 0. Such an attempt is made again without counting as one of
   * `retry`; one more fails the node. A node whose `effects` are `"external"` fails the first time.
   * @default what the executor says
   */
  readonly maxCrashes?: number | undefined;
}

/** What a node carries beside its name. */
export interface NodeOptions<Inputs = AnyInputs, Output = unknown> extends TaskPolicy<Inputs, Output> {
  /** Any value, kept untouched and exported to JSON. */
  readonly payload?: unknown;
  /** Any record of yours, kept untouched and exported to JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** What an edge carries beside its ends. `Output` is what its upstream puts out. */
export interface EdgeOptions<Output = unknown> {
  /** Any finite number; the length of the edge for `shortestPath` and `longestPath`. */
  readonly weight?: number | undefined;
  /** Text drawn at the edge. */
  readonly label?: string | undefined;
  /** Asked once, when the upstream has completed: false makes it look skipped. A throw fails the downstream. */
  readonly condition?: Asked<Output, [context: BasicContext], Answer<boolean>> | undefined;
  /**
   * Asked of each item of the upstream's output (of the output itself, where it is no array): the downstream's input is what is left. Where
   * nothing is, the upstream looks filtered. A throw fails the downstream.
   */
  readonly filter?: Asked<FilteredItem<Output>, [index: number], Answer<boolean>> | undefined;
  /**
   * A group of edges that leave one node, of which every run takes at most one: their conditions exclude each other. `lint()` relies on it.
   */
  readonly choice?: string | undefined;
  /**
   * Whether the downstream takes over the array buffers in the upstream's output, without a copy, where they run on different threads. It must be
   * the output's only reader.
   * @default false
   */
  readonly move?: boolean | undefined;
}

/** What a filter is asked of. */
export type FilteredItem<Output> = Output extends readonly (infer T)[] ? T : Output;

/** The options of a node whatever its task takes and gives. */
export type AnyNodeOptions = NodeOptions<never, unknown>;

/** The options of an edge whatever its upstream puts out. */
export type AnyEdgeOptions = EdgeOptions<never>;
