/** The options of an executor and of one run: checked at the edge, defaults filled in. */
import { availableParallelism } from "node:os";
import { type Clock, clockOption } from "../clock/clock.js";
import { OptionCheck } from "../dag/option-check.js";
import type { RetryOptions } from "../dag/options.js";
import { retryRow } from "../dag/retry-row.js";
import { isCapacity, isCrashCount, isPlace } from "../dag/rows.js";
import type { DagnyError } from "../errors/base.js";
import { errorOf } from "../errors/graph.js";
import { ConflictingOptionsError } from "../errors/options.js";
import type { RunDefaults } from "../flow/lowered.js";
import { ThreadPool, type ThreadPoolOptions } from "../threads/pool.js";
import type { EventFilter, EventListener } from "./events.js";

/** Options of an executor; each holds for all its runs. */
export interface ExecutorOptions {
  /**
   * How many nodes may hold a slot at once: an integer of at least 1, or Infinity.
   * @default available parallelism
   */
  readonly maxWorkers?: number | undefined;
  /**
   * Whether the first final failure stops the run: what has begun is cancelled, the rest skipped. If not, only what the failure
   * blocks is skipped.
   * @default true
   */
  readonly failFast?: boolean | undefined;
  /**
   * Whether a stop aborts attempts that are running. If not, they end, without a further attempt or wait.
   * @default true
   */
  readonly abortRunning?: boolean | undefined;
  /**
   * How long a run waits for code that was told to stop, in milliseconds, before it ends without it.
   * @default 1000
   */
  readonly graceMs?: number | undefined;
  /**
   * Longest running time of one attempt, in milliseconds, for functions that do not say, at every level.
   * @default no limit
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Longest wall time of a node from its first start, in milliseconds, for nodes that do not say.
   * @default no limit
   */
  readonly nodeTimeoutMs?: number | undefined;
  /**
   * Longest wall time of the run, pauses included, in milliseconds. What is unfinished then is cancelled, and the run fails.
   * @default no limit
   */
  readonly runTimeoutMs?: number | undefined;
  /**
   * Attempts in all, for functions that do not say, at every level: `3` is `{ maxAttempts: 3 }`. A task whose `effects` are `"external"` is
   * retried only where its own node says so.
   * @default 1
   */
  readonly retry?: number | RetryOptions | undefined;
  /**
   * How many retries there may be in a run, all nodes together: an integer of at least 0. With none left a failure is final.
   * @default no limit
   */
  readonly retryBudget?: number | undefined;
  /**
   * What chance is drawn from: an integer from 0 to 4,294,967,295. Equal runs with equal seeds wait equally long.
   * @default chosen at random for each run
   */
  readonly seed?: number | undefined;
  /**
   * Whether the nodes that succeeded are undone, where they have an `undo`, when a run fails or is cancelled.
   * @default false
   */
  readonly undo?: boolean | undefined;
  /** What nodes may name in `resources`: how much there is of each pool, integers of at least 1. */
  readonly pools?: Readonly<Record<string, number>> | undefined;
  /** What nodes may name in `rate`: at most `limit` starts in any window of `perMs` milliseconds. */
  readonly rates?: Readonly<Record<string, RateLimit>> | undefined;
  /** What a run may grow to; a growth or a container beyond it fails its node with reason `limit`. */
  readonly limits?: GrowthLimits | undefined;
  /**
   * Which outputs the report keeps. Others are freed after their last reader has settled.
   * @default "all"
   */
  readonly keepResults?: KeepResults | undefined;
  /**
   * Where functions run that do not say, at every level: on the main thread, or on threads of the pool. Each function that runs on a thread must be
   * given as `task.module(…)` or by `defineTasks(…)`.
   * @default "inline"
   */
  readonly on?: "inline" | "thread" | undefined;
  /**
   * The threads: a pool of yours, which you close, or the options of one that is the executor's own and that `close()` closes.
   * @default one pool for the whole process, made when a run first needs it
   */
  readonly pool?: ThreadPool | ThreadPoolOptions | undefined;
  /**
   * How many attempts of a node may end with their thread, for nodes that do not say: an integer of at least 0.
   * @default 3
   */
  readonly maxCrashes?: number | undefined;
  /**
   * How many commands (`task.command`) may run at once; they hold no slot: an integer of at least 1, or Infinity.
   * @default available parallelism
   */
  readonly maxCommands?: number | undefined;
}

/** At most so many starts in any window of so many milliseconds. */
export interface RateLimit {
  readonly limit: number;
  readonly perMs: number;
}

/** What a run may grow to. */
export interface GrowthLimits {
  /**
   * Nodes in all: of the graph, inside containers, items, and added ones.
   * @default 10,000,000
   */
  readonly nodes?: number | undefined;
  /**
   * How deep containers and additions may be in each other.
   * @default 1000
   */
  readonly depth?: number | undefined;
}

/** Which outputs a report keeps. */
export type KeepResults = "all" | "leaves" | "none";

/** Options of one run. `Name` is what its nodes are called, `Params` what they read as `ctx.params`. */
// biome-ignore lint/suspicious/noExplicitAny: options written for no particular graph fit every graph, and may name any node; with `string` they would not fit, with `never` they could not name one.
export interface RunOptions<Name extends string = any, Params = unknown> extends Selection<Name> {
  /** What tasks read as `ctx.params`. */
  readonly params?: Params | undefined;
  /** Cancels the run when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Called with every event, from the first. What it throws becomes an event and changes nothing. */
  readonly onEvent?: EventListener | undefined;
  /**
   * Which events `onEvent` is called with.
   * @default all of them
   */
  readonly eventFilter?: EventFilter | undefined;
  /**
   * The run's id.
   * @default a random UUID
   */
  readonly runId?: string | undefined;
}

/** Which nodes of the graph a run is made of. Several of these take away from each other: a node runs where all of them keep it. */
export interface Selection<Name extends string = string> {
  /** Runs these nodes and what they depend on. */
  readonly targets?: readonly Name[] | undefined;
  /** Runs these nodes alone; for what they depend on, `values` stand. */
  readonly only?: readonly Name[] | undefined;
  /** Runs these nodes and what depends on them; for what else that depends on, `values` stand. */
  readonly from?: readonly Name[] | undefined;
  /** Leaves these nodes out; what follows them follows what they followed. */
  readonly exclude?: readonly Name[] | undefined;
  /** Outputs of nodes that are not to run: they look completed. */
  readonly values?: { readonly [node in Name]?: unknown } | undefined;
}

export { clockOption } from "../clock/clock.js";

/** Executor options with every default filled in. */
export interface ResolvedOptions {
  readonly maxWorkers: number;
  readonly failFast: boolean;
  readonly abortRunning: boolean;
  readonly graceMs: number;
  readonly runTimeoutMs: number | undefined;
  readonly retryBudget: number | undefined;
  readonly seed: number | undefined;
  readonly undo: boolean;
  readonly limits: { readonly nodes: number; readonly depth: number };
  readonly keepResults: KeepResults;
  /** What holds for nodes that say nothing themselves; one object per executor. */
  readonly defaults: RunDefaults;
  readonly maxCommands: number;
  /** The pool that was given, or made of options; `undefined` for that of the process. */
  readonly pool: ThreadPool | undefined;
  /** Whether it was made here. */
  readonly isOwnPool: boolean;
  readonly clock: Clock | undefined;
}

/** The largest number the core counts to. */
const mostCount = 0xffff_ffff;
const keepModes = ["all", "leaves", "none"] as const;
const executorOptionNames: readonly (keyof ExecutorOptions)[] = [
  "maxWorkers",
  "failFast",
  "abortRunning",
  "graceMs",
  "timeoutMs",
  "nodeTimeoutMs",
  "runTimeoutMs",
  "retry",
  "retryBudget",
  "seed",
  "undo",
  "pools",
  "rates",
  "limits",
  "keepResults",
  "on",
  "pool",
  "maxCrashes",
  "maxCommands",
];

let knownParallelism: number | undefined;

/** How much may go on at once on this machine. Asked once: asking costs as much as a task of a small run. */
function parallelism(): number {
  knownParallelism ??= availableParallelism();
  return knownParallelism;
}

/** Checks the second argument of `new DAGExecutor`. Throws what is wrong with it. */
export function resolveOptions(given: number | ExecutorOptions = {}): ResolvedOptions {
  const options: ExecutorOptions & { readonly [clockOption]?: Clock } = typeof given === "number" ? { maxWorkers: given } : given;
  const faults: DagnyError[] = [];
  const check = new OptionCheck(undefined, faults);
  const isRecord: boolean = check.isRecord("options", options);
  if (!isRecord) throw errorOf(faults);
  check.names(options, executorOptionNames);
  const { maxWorkers = parallelism(), failFast = true, abortRunning = true, graceMs = 1000 } = options;
  const { runTimeoutMs, retryBudget, seed, undo = false, keepResults = "all" } = options;
  const { pool, maxCommands = parallelism() } = options;
  if (maxWorkers !== Number.POSITIVE_INFINITY) isCount("maxWorkers", maxWorkers, check, 1, "an integer of at least 1, or Infinity");
  check.isBoolean("failFast", failFast);
  check.isBoolean("abortRunning", abortRunning);
  check.isBoolean("undo", undo);
  if (graceMs !== Number.POSITIVE_INFINITY) check.isNumber("graceMs", "a number of at least 0, in milliseconds", graceMs, (n) => n >= 0);
  if (runTimeoutMs !== undefined) isTimeout("runTimeoutMs", runTimeoutMs, check);
  if (retryBudget !== undefined) isCount("retryBudget", retryBudget, check, 0, "an integer of at least 0", mostCount - 1);
  if (seed !== undefined) isCount("seed", seed, check, 0, `an integer from 0 to ${mostCount}`);
  check.isWord("keepResults", keepResults, keepModes);
  const limits = limitsOf(options.limits, check);
  if (maxCommands !== Number.POSITIVE_INFINITY) isCount("maxCommands", maxCommands, check, 1, "an integer of at least 1, or Infinity");
  if (pool !== undefined) check.isRecord("pool", pool, "a ThreadPool, or the options of one");
  const clock = options[clockOption];
  const defaults = { ...defaultsOf(options, check), failFast, isAllInline: clock !== undefined };
  if (faults.length > 0) throw errorOf(faults, "the options have");
  return {
    maxWorkers: Math.min(maxWorkers, mostCount),
    failFast,
    abortRunning,
    graceMs,
    runTimeoutMs,
    retryBudget,
    seed,
    undo,
    limits,
    keepResults,
    defaults,
    maxCommands: Math.min(maxCommands, mostCount),
    pool: pool === undefined || pool instanceof ThreadPool ? pool : new ThreadPool(pool),
    isOwnPool: pool !== undefined && !(pool instanceof ThreadPool),
    clock,
  };
}

const runOptionNames: readonly (keyof RunOptions)[] = [
  "signal",
  "onEvent",
  "eventFilter",
  "runId",
  "params",
  "targets",
  "only",
  "from",
  "exclude",
  "values",
];

/** Checks the second argument of `execute` and `start`. Names of nodes are checked where they are looked up. */
export function checkRunOptions(options: RunOptions<string>): void {
  const faults: DagnyError[] = [];
  const check = new OptionCheck(undefined, faults);
  if (!check.isRecord("options", options)) throw errorOf(faults);
  check.names(options, runOptionNames);
  const { signal, onEvent, eventFilter, runId, values } = options;
  if (signal !== undefined) check.holds("signal", "an AbortSignal", signal, signal instanceof AbortSignal);
  if (onEvent !== undefined) check.isFunction("onEvent", onEvent);
  if (eventFilter !== undefined) checkFilter(eventFilter, onEvent, check);
  if (runId !== undefined) check.isName("runId", runId);
  if (values !== undefined) check.isRecord("values", values, "an object of outputs by node name");
  for (const option of ["targets", "only", "from", "exclude"] as const) {
    if (options[option] !== undefined) isNameList(option, options[option], check);
  }
  if (faults.length > 0) throw errorOf(faults, "the options have");
}

/** Checks a filter that stands by itself. Throws what is wrong with it. */
export function checkEventFilter(filter: unknown): void {
  const faults: DagnyError[] = [];
  checkFilter(filter, true, new OptionCheck(undefined, faults));
  if (faults.length > 0) throw errorOf(faults, "the filter has");
}

function checkFilter(filter: unknown, onEvent: unknown, check: OptionCheck): void {
  if (!check.isRecord("eventFilter", filter)) return;
  check.names(filter, ["types", "nodes"], "eventFilter.");
  if (filter.types !== undefined) isNameList("eventFilter.types", filter.types, check);
  if (filter.nodes !== undefined) isNameList("eventFilter.nodes", filter.nodes, check);
  if (onEvent === undefined) check.fault(new ConflictingOptionsError(["eventFilter", "onEvent"], "`eventFilter` needs `onEvent`"));
}

function isNameList(option: string, value: unknown, check: OptionCheck): void {
  const isRight = Array.isArray(value) && value.every((name) => typeof name === "string" && name !== "");
  check.holds(option, "an array of non-empty strings", value, isRight);
}

function isTimeout(option: string, value: unknown, check: OptionCheck): value is number {
  return check.isNumber(option, "a finite number above 0, in milliseconds", value, (n) => n > 0);
}

function isCount(option: string, value: unknown, check: OptionCheck, least: number, expected: string, most = mostCount): value is number {
  return check.isNumber(option, expected, value, (n) => Number.isInteger(n) && n >= least && n <= most);
}

function limitsOf(limits: unknown, check: OptionCheck): ResolvedOptions["limits"] {
  const { nodes = 10_000_000, depth = 1000 } = limits !== undefined && check.isRecord("limits", limits) ? limits : {};
  if (typeof limits === "object" && limits !== null) check.names(limits, ["nodes", "depth"], "limits.");
  const expected = "an integer of at least 1";
  return {
    nodes: isCount("limits.nodes", nodes, check, 1, expected) ? nodes : 0,
    depth: isCount("limits.depth", depth, check, 0, "an integer of at least 0") ? depth : 0,
  };
}

function defaultsOf(options: ExecutorOptions, check: OptionCheck): RunDefaults {
  const { timeoutMs, nodeTimeoutMs, retry = 1, pools, rates, on, maxCrashes, pool } = options;
  const { maxAttempts = 1, backoff, retryOn } = retryRow(retry, check) ?? {};
  return {
    timeoutMs: timeoutMs !== undefined && isTimeout("timeoutMs", timeoutMs, check) ? timeoutMs : undefined,
    nodeTimeoutMs: nodeTimeoutMs !== undefined && isTimeout("nodeTimeoutMs", nodeTimeoutMs, check) ? nodeTimeoutMs : undefined,
    maxAttempts,
    backoff,
    retryOn,
    pools: pools === undefined ? undefined : poolsOf(pools, check),
    rates: rates === undefined ? undefined : ratesOf(rates, check),
    on: on !== undefined && isPlace(on, check) ? on : undefined,
    maxCrashes: maxCrashes !== undefined && isCrashCount(maxCrashes, check) ? maxCrashes : undefined,
    mayGrowOnThreads: on === "thread" || pool !== undefined,
  };
}

function poolsOf(pools: unknown, check: OptionCheck): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  if (!check.isRecord("pools", pools, "an object of capacities by pool")) return found;
  for (const [name, capacity] of Object.entries(pools)) {
    if (isCapacity(`pools[${JSON.stringify(name)}]`, capacity, check)) found.set(name, capacity);
  }
  return found;
}

function ratesOf(rates: unknown, check: OptionCheck): ReadonlyMap<string, RateLimit> {
  const found = new Map<string, RateLimit>();
  if (!check.isRecord("rates", rates, "an object of { limit, perMs } by rate")) return found;
  for (const [name, rate] of Object.entries(rates)) {
    const option = `rates[${JSON.stringify(name)}]`;
    if (!check.isRecord(option, rate, "an object { limit, perMs }")) continue;
    check.names(rate, ["limit", "perMs"], `${option}.`);
    const { limit, perMs } = rate;
    if (isCapacity(`${option}.limit`, limit, check) && isTimeout(`${option}.perMs`, perMs, check)) found.set(name, { limit, perMs });
  }
  return found;
}
