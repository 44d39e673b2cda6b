/** What the compiler checks of the tasks given to a run, and what it knows of the outputs that come back. */
import type { Task } from "../dag/builder.js";
import type { InputsIn, NodeName, ParamsOf, Shape } from "../dag/types.js";
import type { TaskDefinition } from "./definition.js";

/** The nodes that were not given a task with the graph: `execute` asks for theirs. */
export type NameWithoutTask<S extends Shape> = Exclude<NodeName<S>, keyof S["outputs"]>;

/**
 * The tasks of a run, by node name. `R` is what each returns, as the compiler infers it from the tasks themselves.
 *
 * In one object literal inputs are inferred one step from a root and are `unknown` beyond it; annotations are checked against what the
 * upstream returns. A name that no node has, and a node without a task, are errors whose message is the type that did not fit.
 */
export type TasksFor<S extends Shape, R> = {
  [N in keyof R]: N extends NodeName<S>
    ? Task<InputsIn<S, N, R & S["outputs"]>, ReturnOf<S, R, N>, ParamsOf<S>>
    : `no node is named "${N & string}"`;
} & MissingTasks<Exclude<NameWithoutTask<S>, keyof R>>;

/** What the task of `N` may return: anything, or what its place in the graph promises where it stands in for the graph's own task. */
export type ReturnOf<S extends Shape, R, N extends keyof R> = N extends keyof S["outputs"]
  ? S["outputs"][N] | PromiseLike<S["outputs"][N]>
  : R[N];

/** Asks for a task for each of these nodes, in words. */
export type MissingTasks<N extends string> = [N] extends [never] ? unknown : { [K in N]: `no task was given for node "${K}"` };

/** What each node puts out: what its task returns, awaited, or what was inferred where the graph was built. */
export type OutputsOf<S extends Shape, T> = {
  readonly [N in NodeName<S>]: N extends keyof T
    ? T[N] extends ((...args: never) => infer R) | TaskDefinition<never, infer R>
      ? Awaited<R>
      : unknown
    : N extends keyof S["outputs"]
      ? S["outputs"][N]
      : unknown;
};

/**
 * The arguments of `execute` and `start`: tasks, then options. The tasks may be left out only where every node was given its own, the
 * options where the graph says nothing of its parameters. (At
 * run time one function may stand for the tasks of all nodes; the compiler knows it for graphs whose nodes it does not know.)
 *
 * @example execute<R, T>(...args: RunArguments<S, R, T, RunOptions>): Promise<RunResult<OutputsOf<S, T>>>
 */
export type RunArguments<S extends Shape, R, T, Options> =
  undefined extends ParamsOf<S>
    ? [NameWithoutTask<S>] extends [never]
      ? [tasks?: (TasksFor<S, R> & T) | undefined, options?: Options | undefined]
      : [tasks: TasksFor<S, R> & T, options?: Options | undefined]
    : [NameWithoutTask<S>] extends [never]
      ? [tasks: (TasksFor<S, R> & T) | undefined, options: Options & { readonly params: ParamsOf<S> }]
      : [tasks: TasksFor<S, R> & T, options: Options & { readonly params: ParamsOf<S> }];
