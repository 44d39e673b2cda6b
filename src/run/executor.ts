/** `DAGExecutor`, the name users import: runs a graph, any number of times, also at once. */
import { systemClock } from "../clock/clock.js";
import { coreOf, type DAG } from "../dag/dag.js";
import { DagValue } from "../dag/dag-value.js";
import type { AnyShape, Shape } from "../dag/types.js";
import { InvalidOptionError } from "../errors/options.js";
import type { OutputsOf, RunArguments } from "../flow/types.js";
import { NativeRun } from "../native/index.js";
import { onAbort } from "./cancel.js";
import { Driver } from "./driver.js";
import { EventHub, type RunEvent } from "./events.js";
import { checkRunOptions, type ExecutorOptions, type ResolvedOptions, type RunOptions, resolveOptions } from "./options.js";
import { planOf } from "./plan.js";
import { RunResult } from "./result.js";
import { type AnyTasks, tasksOf } from "./tasks.js";

/** A run that has been started. */
export interface RunHandle<Nodes extends object = Record<string, unknown>> {
  readonly id: string;
  /** The run's events. An iteration begun in the turn of `start` has them from the very first. */
  readonly events: AsyncIterable<RunEvent>;
  /** The report; rejects only on a fault in Dagny itself. */
  readonly result: Promise<RunResult<Nodes>>;
  /** Cancels the run. Cancelling again, or after the end, changes nothing. `reason` is what signals abort with. */
  cancel(reason?: unknown): void;
}

const keepCodes = { all: 0, leaves: 1, none: 2 } as const;

/** Runs a graph of tasks: each node starts the moment its upstreams have completed and a slot is free. */
export class DAGExecutor<S extends Shape = AnyShape> {
  readonly #dag: DAG<S>;
  readonly #options: ResolvedOptions;

  /** `options` may be just the number of slots: `new DAGExecutor(dag, 4)`. Throws on wrong options. */
  constructor(dag: DAG<S>, options?: number | ExecutorOptions) {
    if (!(dag instanceof DagValue)) throw new InvalidOptionError("dag", "a DAG", dag);
    this.#dag = dag;
    this.#options = resolveOptions(options);
  }

  /**
   * Runs the graph once and resolves with the report, whatever the tasks did. Rejects before anything starts on missing or unknown
   * tasks and on wrong options.
   *
   * @param args tasks by node name (or one function for all nodes); may be left out where every node was given its task; then options
   */
  async execute<R, T>(...args: RunArguments<S, R, T, RunOptions>): Promise<RunResult<OutputsOf<S, T>>> {
    return this.start<R, T>(...args).result;
  }

  /** The same, with a handle on the run while it goes on. Throws where `execute` rejects. The first task is called after this turn. */
  start<R, T>(...args: RunArguments<S, R, T, RunOptions>): RunHandle<OutputsOf<S, T>> {
    const [given, options = {}] = args as [tasks?: AnyTasks, options?: RunOptions];
    checkRunOptions(options);
    const core = coreOf(this.#dag);
    const tasks = tasksOf(core, given);
    const { maxWorkers, failFast, graceMs, timeoutMs, maxAttempts, keepResults, clock = systemClock } = this.#options;
    const plan = planOf(core, { timeoutMs, maxAttempts });
    const run = new NativeRun(plan, maxWorkers, graceMs, failFast, keepCodes[keepResults]);
    let id = options.runId;
    const runId = (): string => {
      id ??= globalThis.crypto.randomUUID(); // Made when first read: it costs as much as a task of a small run.
      return id;
    };
    const { signal } = options;
    const startedAtEpochMs = Date.now();
    const events = new EventHub(() => driver.record());
    let settle: (end: Parameters<ConstructorParameters<typeof Driver>[0]["onEnd"]>[0]) => void = () => {};
    const driver = new Driver({ core, plan, run, runId, tasks, defaultTimeoutMs: timeoutMs, clock, events, onEnd: (end) => settle(end) });
    const result = new Promise<RunResult<OutputsOf<S, T>>>((resolve, reject) => {
      settle = (end) => {
        unlink();
        if (end instanceof Error) return reject(end);
        const { outputs, errors, cancelReason } = driver;
        const timeoutOf = (node: number): number => driver.timeoutOf(node);
        resolve(new RunResult({ status: end, runId, core, run, outputs, errors, cancelReason, startedAtEpochMs, timeoutOf }));
      };
    });
    if (options.onEvent !== undefined) events.listen(options.onEvent);
    const unlink = signal === undefined ? () => {} : onAbort(signal, () => driver.cancel(signal.reason));
    queueMicrotask(() => driver.start(clock.now()));
    return {
      get id() {
        return runId();
      },
      events,
      result,
      cancel: (reason) => driver.cancel(reason),
    };
  }
}
