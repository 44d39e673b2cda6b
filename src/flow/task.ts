/** A task as users write it: a function of its inputs and its context. */
import type { GrowthEdge, GrowthEntry } from "./growth.js";
import type { Schema } from "./schema.js";

/** What any function of a node can ask of its run: tasks, conditions, undo. `Params` is what its graph is given as parameters. */
export interface BasicContext<Params = unknown> {
  /** The node's name. */
  readonly name: string;
  /** The node's address from the top of the run: names of containers and of the node; items and rounds by number. */
  readonly path: readonly (string | number)[];
  /** The run's id. */
  readonly runId: string;
  /** Which attempt this is, from 1; 0 for what is asked before the first. */
  readonly attempt: number;
  /** What the run was given as `params`; inside a sub-DAG what its `params` made of the inputs; inside a map's DAG the item. */
  readonly params: Params;
  /** Which item of the nearest map around this is, from 0; -1 outside of maps. */
  readonly index: number;
  /** Which round of the nearest loop around this is, from 1; 0 outside of loops. */
  readonly iteration: number;
  /** What the round before put out; `undefined` in the first one, and outside of loops. */
  readonly previous: unknown;
  /** What the tasks of the run share: values by key, each with a version. */
  readonly state: RunState;
  /** Aborts when the attempt is told to stop: the run was cancelled or is stopping, or the attempt ran out of time. */
  readonly signal: AbortSignal;
  /** Reports a line as an event of the run. */
  log(message: string, data?: unknown): void;
}

/** What a task can ask of the run it is part of. */
export interface TaskContext<Params = unknown> extends BasicContext<Params> {
  /** Parks the attempt for so long: it holds no slot and no resource meanwhile. Rejects when the attempt is told to stop. */
  sleep(ms: number): Promise<void>;
  /** Parks the attempt until the run receives this signal. Rejects when it is rejected, does not come in time, or the attempt is told to stop. */
  waitFor<T = unknown>(signal: string, options?: WaitOptions<T>): Promise<T>;
  /** Adds nodes to the run, beside this one, when this attempt succeeds. Throws at once what is wrong with them. */
  addNodes(nodes: Iterable<GrowthEntry>): void;
  /** Adds edges to the run when this attempt succeeds. Throws at once what is wrong with them. */
  addEdges(edges: Iterable<GrowthEdge>): void;
}

/** How to wait for a signal. */
export interface WaitOptions<T = unknown> {
  /** Checks the payload, and may change it. */
  readonly schema?: Schema<T> | undefined;
  /**
   * How long to wait, in milliseconds: finite, at least 0.
   * @default for ever
   */
  readonly timeoutMs?: number | undefined;
  /** Stands in for a signal that does not come in time; needs `timeoutMs`. */
  readonly default?: T | undefined;
}

/** Values that the tasks of one run share, by key. Each write makes a new version, counted from 1. */
export interface RunState {
  /** The value of a key with its version; `undefined` where nobody has set it. */
  get(key: string): { readonly value: unknown; readonly version: number } | undefined;
  /**
   * Sets a key and returns its new version. With `ifVersion`, only where the key still has this version (0: was never set): throws
   * `StateConflictError` otherwise.
   */
  set(key: string, value: unknown, options?: { readonly ifVersion?: number | undefined }): number;
}

/**
 * A task. `inputs` holds the outputs of its direct upstreams by name; a function that takes no argument ignores them. What it returns,
 * awaited, is the node's output.
 */
export type TaskFunction<Inputs = { readonly [upstream: string]: unknown }, Output = unknown, Params = unknown> = (
  inputs: Inputs,
  context: TaskContext<Params>,
) => Output;
