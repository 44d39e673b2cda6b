/** `DAGExecutor`, the name users import: runs a graph, any number of times, also at once. */
import { systemClock } from "../clock/clock.js";
import { coreOf, type DAG } from "../dag/dag.js";
import { DagValue } from "../dag/dag-value.js";
import type { EdgeOptions } from "../dag/options.js";
import { edgeRow } from "../dag/rows.js";
import type { AnyShape, NodeName, ParamsOf, Shape } from "../dag/types.js";
import { type DagnyError, quote } from "../errors/base.js";
import { errorOf } from "../errors/graph.js";
import { InvalidOptionError } from "../errors/options.js";
import { PoolClosedError, ThreadStartError } from "../errors/threads.js";
import type { FlowNames } from "../flow/flow-names.js";
import { guardOf, lowerGrowth } from "../flow/lower.js";
import type { EdgeGuard, LoweredFlow } from "../flow/lowered.js";
import type { OutputsOf, RunArguments } from "../flow/types.js";
import { keepResultsCodes, type NativeRunOptions, none, openRun } from "../native/index.js";
import { moduleLoading } from "../threads/loading.js";
import { defaultPool, type ThreadPool } from "../threads/pool.js";
import { onAbort } from "./cancel.js";
import { Driver } from "./driver.js";
import type { RunEnd } from "./driver-parts.js";
import { EventHub, type RunStatus } from "./events.js";
import { DriverHandle, type HandleParts, type RunHandle } from "./handle.js";
import { checkRunOptions, type ExecutorOptions, type ResolvedOptions, type RunOptions, resolveOptions } from "./options.js";
import { flowOf } from "./plan.js";
import { RunResult } from "./result.js";
import type { AnyTasks } from "./tasks.js";

export type { OpenWait, RunHandle } from "./handle.js";

/** Runs a graph of tasks: each node starts the moment its join rule is met, and a slot and its resources are free. */
export class DAGExecutor<S extends Shape = AnyShape> {
  readonly #dag: DAG<S>;
  readonly #options: ResolvedOptions;

  #isClosed = false;

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
  async execute<R, T>(...args: RunArguments<S, R, T, RunOptions<NodeName<S>, ParamsOf<S>>>): Promise<RunResult<OutputsOf<S, T>>> {
    return this.#begin<R, T>(args).result;
  }

  /** The same, with a handle on the run while it goes on. Throws where `execute` rejects. The first task is called after this turn. */
  start<R, T>(...args: RunArguments<S, R, T, RunOptions<NodeName<S>, ParamsOf<S>>>): RunHandle<OutputsOf<S, T>> {
    return new DriverHandle(this.#begin<R, T>(args));
  }

  /**
   * Closes the pool of threads that was made from this executor's options, when its runs in progress have ended. A pool that was given, and that of
   * the process, stay as they are. After that no run that needs threads of its own can be started; closing again changes nothing.
   */
  async close(): Promise<void> {
    const { pool, isOwnPool } = this.#options;
    if (!isOwnPool) return;
    this.#isClosed = true;
    await pool?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The threads for a run. Throws where they are gone. */
  #poolFor({ usesThreads }: LoweredFlow): ThreadPool | undefined {
    if (!usesThreads) return undefined;
    if (this.#isClosed) throw new PoolClosedError("executor");
    const url = moduleLoading();
    if (url !== undefined) {
      const cure = "keep tasks in a module that only defines things; where the code is bundled, make it an entry of its own";
      throw new ThreadStartError(`module ${url} starts a run on threads while a thread loads it; ${cure}`);
    }
    return this.#options.pool ?? defaultPool();
  }

  #begin<R, T>(args: RunArguments<S, R, T, RunOptions<NodeName<S>, ParamsOf<S>>>): HandleParts<OutputsOf<S, T>> {
    const [given, options = {}] = args as [tasks?: AnyTasks, options?: RunOptions<string>];
    checkRunOptions(options);
    const { defaults, undo, runTimeoutMs, clock = systemClock } = this.#options;
    const flow = flowOf(coreOf(this.#dag), given, options, defaults);
    const pool = this.#poolFor(flow);
    const run = openRun(flow.base.plan, nativeOptions(this.#options, flow.names));
    let id = options.runId;
    const runId = (): string => {
      id ??= globalThis.crypto.randomUUID(); // Made when first read: it costs as much as a task of a small run.
      return id;
    };
    const { signal, params } = options;
    const startedAtEpochMs = Date.now();
    const events = new EventHub(() => driver.record());
    let status: RunStatus | undefined;
    let settle: (end: RunEnd) => void = () => {};
    const driver: Driver = new Driver({
      flow,
      run,
      runId,
      params,
      defaults,
      runTimeoutMs,
      isUndoing: undo,
      clock,
      events,
      pool,
      keepResults: this.#options.keepResults,
      graceMs: this.#options.graceMs,
      lower: (core, upstreamsOf) => lowerGrowth(core, defaults, driver.extras.signals.all, upstreamsOf, pool !== undefined),
      guardOf: grownGuard,
      onEnd: (end) => settle(end),
    });
    const result = new Promise<RunResult<OutputsOf<S, T>>>((resolve, reject) => {
      settle = (end) => {
        unlink();
        if (end instanceof Error) {
          status = "failed";
          return reject(end);
        }
        status = end;
        resolve(new RunResult({ status: end, driver, startedAtEpochMs, pool, maxWorkers: this.#options.maxWorkers }));
      };
    });
    if (options.onEvent !== undefined) events.listen(options.onEvent, options.eventFilter);
    const unlink = signal === undefined ? () => {} : onAbort(signal, () => driver.cancel(signal.reason));
    queueMicrotask(() => driver.start());
    return { driver, events, result, ended: () => status };
  }
}

/** What the core is told of a run's options. */
function nativeOptions(options: ResolvedOptions, names: FlowNames): NativeRunOptions {
  const { limits } = options;
  const numbers = {
    maxWorkers: options.maxWorkers,
    maxCommands: options.maxCommands,
    graceMs: options.graceMs,
    failFast: options.failFast,
    keepResults: keepResultsCodes[options.keepResults],
    abortRunning: options.abortRunning,
    undo: options.undo,
    runTimeoutMs: options.runTimeoutMs ?? Number.NaN,
    retryBudget: options.retryBudget ?? none,
    // Chance matters for the delays of retries only, where two runs should differ.
    seed: options.seed ?? Math.floor(Math.random() * 2 ** 32),
    maxNodes: limits.nodes,
    maxDepth: limits.depth,
  };
  return names.hasPools ? { ...numbers, pools: names.capacities, intervals: names.intervals } : numbers;
}

/** What an edge that is added to a run asks. Throws what is wrong with its options. */
function grownGuard(options: EdgeOptions, from: string, to: string): EdgeGuard | undefined {
  const faults: DagnyError[] = [];
  const { condition, filter } = edgeRow(options, `edge ${quote(from)} -> ${quote(to)}`, faults);
  if (faults.length > 0) throw errorOf(faults);
  return guardOf(condition, filter);
}
