/** A task as users write it: a function of its inputs and its context. */

/** What a task can ask of the run it is part of. */
export interface TaskContext {
  /** The node's name. */
  readonly name: string;
  /** The run's id. */
  readonly runId: string;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /** Aborts when the attempt is told to stop: the run was cancelled or is stopping, or the attempt ran out of time. */
  readonly signal: AbortSignal;
  /** Reports a line as an event of the run. */
  log(message: string, data?: unknown): void;
}

/**
 * A task. `inputs` holds the outputs of its direct upstreams by name; a function that takes no argument ignores them. What it returns,
 * awaited, is the node's output.
 */
export type TaskFunction<Inputs = { readonly [upstream: string]: unknown }, Output = unknown> = (
  inputs: Inputs,
  context: TaskContext,
) => Output;
