/** The options of an executor and of one run: checked at the edge, defaults filled in. */
import { availableParallelism } from "node:os";
import { type Clock, clockOption } from "../clock/clock.js";
import { nearest } from "../errors/did-you-mean.js";
import { InvalidOptionError, UnknownOptionError } from "../errors/options.js";
import type { EventListener } from "./events.js";

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
   * How long a run waits for code that was told to stop, in milliseconds, before it ends without it.
   * @default 1000
   */
  readonly graceMs?: number | undefined;
  /**
   * Longest running time of one attempt, in milliseconds, for nodes that do not say.
   * @default no limit
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Attempts in all, for nodes that do not say: `3` is `{ maxAttempts: 3 }`.
   * @default 1
   */
  readonly retry?: number | { readonly maxAttempts?: number | undefined } | undefined;
  /**
   * Which outputs the report keeps. Others are freed after their last reader has settled.
   * @default "all"
   */
  readonly keepResults?: KeepResults | undefined;
}

/** Which outputs a report keeps. */
export type KeepResults = "all" | "leaves" | "none";

/** Options of one run. */
export interface RunOptions {
  /** Cancels the run when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Called with every event, from the first. What it throws becomes an event and changes nothing. */
  readonly onEvent?: EventListener | undefined;
  /**
   * The run's id.
   * @default a random UUID
   */
  readonly runId?: string | undefined;
}

export { clockOption } from "../clock/clock.js";

/** Executor options with every default filled in. */
export interface ResolvedOptions {
  readonly maxWorkers: number;
  readonly failFast: boolean;
  readonly graceMs: number;
  readonly timeoutMs: number | undefined;
  readonly maxAttempts: number;
  readonly keepResults: KeepResults;
  readonly clock: Clock | undefined;
}

/** The most slots the core counts; Infinity means as many. */
const mostWorkers = 0xffff_ffff;
/** The most attempts of one node: a bound on what a task that always fails can cost, and small enough to be told apart by a number. */
const mostAttempts = 2 ** 20;
const keepModes: readonly unknown[] = ["all", "leaves", "none"];

/** Checks the second argument of `new DAGExecutor`. */
export function resolveOptions(given: number | ExecutorOptions = {}): ResolvedOptions {
  const options: ExecutorOptions & { readonly [clockOption]?: Clock } = typeof given === "number" ? { maxWorkers: given } : given;
  checkNames(options, ["maxWorkers", "failFast", "graceMs", "timeoutMs", "retry", "keepResults"]);
  const { maxWorkers = availableParallelism(), failFast = true, graceMs = 1000, timeoutMs, retry = 1, keepResults = "all" } = options;
  const isCount = (n: unknown, most: number): boolean => typeof n === "number" && Number.isInteger(n) && n >= 1 && n <= most;
  expect(
    "maxWorkers",
    maxWorkers,
    "an integer of at least 1, or Infinity",
    isCount(maxWorkers, mostWorkers) || maxWorkers === Number.POSITIVE_INFINITY,
  );
  expect("failFast", failFast, "true or false", typeof failFast === "boolean");
  expect("graceMs", graceMs, "a number of at least 0, in milliseconds", typeof graceMs === "number" && graceMs >= 0);
  const isTimeout = timeoutMs === undefined || (typeof timeoutMs === "number" && Number.isFinite(timeoutMs) && timeoutMs > 0);
  expect("timeoutMs", timeoutMs, "a finite number above 0, in milliseconds", isTimeout);
  if (typeof retry === "object" && retry !== null) checkNames(retry, ["maxAttempts"], "retry.");
  const maxAttempts = typeof retry === "object" && retry !== null ? (retry.maxAttempts ?? 1) : retry;
  expect(
    typeof retry === "object" && retry !== null ? "retry.maxAttempts" : "retry",
    maxAttempts,
    `an integer from 1 to ${mostAttempts}`,
    isCount(maxAttempts, mostAttempts),
  );
  expect("keepResults", keepResults, '"all", "leaves" or "none"', keepModes.includes(keepResults));
  return {
    maxWorkers: Math.min(maxWorkers, mostWorkers),
    failFast,
    graceMs,
    timeoutMs,
    maxAttempts,
    keepResults,
    clock: options[clockOption],
  };
}

/** Checks the second argument of `execute` and `start`. */
export function checkRunOptions(options: RunOptions): void {
  checkNames(options, ["signal", "onEvent", "runId"]);
  const { signal, onEvent, runId } = options;
  expect("signal", signal, "an AbortSignal", signal === undefined || signal instanceof AbortSignal);
  expect("onEvent", onEvent, "a function", onEvent === undefined || typeof onEvent === "function");
  expect("runId", runId, "a non-empty string", runId === undefined || (typeof runId === "string" && runId !== ""));
}

function expect(option: string, received: unknown, expected: string, isRight: boolean): void {
  if (!isRight) throw new InvalidOptionError(option, expected, received);
}

function checkNames(options: object, known: readonly string[], prefix = ""): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new InvalidOptionError("options", "an object", options);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const suggestion = nearest(name, known);
    throw new UnknownOptionError(
      prefix + name,
      suggestion && prefix + suggestion,
      known.map((it) => prefix + it),
    );
  }
}
