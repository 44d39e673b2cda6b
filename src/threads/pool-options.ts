/** The options of a pool of threads: checked at the edge, and how many threads they come to. */
import { availableParallelism, totalmem } from "node:os";
import type { ResourceLimits, WorkerOptions } from "node:worker_threads";
import { OptionCheck } from "../dag/option-check.js";
import type { DagnyError } from "../errors/base.js";
import { errorOf } from "../errors/graph.js";

/** Options of a pool of threads. */
export interface ThreadPoolOptions {
  /**
   * How many threads there may be: an integer from 1 to 512. They are started when runs need them.
   * @default available parallelism, or as many as fit into `maxMemoryMb`
   */
  readonly threads?: number | undefined;
  /**
   * What its threads are called, in traces and in tools: `name` and a number from 1.
   * @default "dagny"
   */
  readonly name?: string | undefined;
  /**
   * How much memory its threads may need together, in MiB; a thread counts as the heap that `resourceLimits` allow it, or as 128. Decides
   * how many there are, at least one.
   * @default where `threads` is not given, half of the memory that the process may use
   */
  readonly maxMemoryMb?: number | undefined;
  /**
   * How long the module of a task may take to load, in milliseconds, before its thread is ended and the task fails.
   * @default 10_000
   */
  readonly loadTimeoutMs?: number | undefined;
  /** The limits of each thread's heap and stack, as `new Worker` takes them. A thread that needs more ends, and is replaced. */
  readonly resourceLimits?: ResourceLimits | undefined;
  /**
   * The environment variables of its threads, as `new Worker` takes them.
   * @default a copy of this thread's
   */
  readonly env?: WorkerOptions["env"] | undefined;
  /**
   * Options of Node.js for its threads, such as `["--import", "tsx"]`.
   * @default this thread's
   */
  readonly execArgv?: readonly string[] | undefined;
}

/** Options that have been checked. */
export interface ResolvedPoolOptions {
  readonly threads: number;
  readonly name: string;
  readonly loadTimeoutMs: number;
  /** What `new Worker` takes as it is. */
  readonly worker: Pick<WorkerOptions, "resourceLimits" | "env" | "execArgv">;
}

const optionNames = ["threads", "name", "maxMemoryMb", "loadTimeoutMs", "resourceLimits", "env", "execArgv"];
const limitNames = ["maxOldGenerationSizeMb", "maxYoungGenerationSizeMb", "codeRangeSizeMb", "stackSizeMb"] as const;
const mostThreads = 512;
/** What a thread without limits counts as: tasks that hold more are what `resourceLimits` and `maxMemoryMb` are for. */
const usualThreadMb = 128;

/** Checks the options of a pool, and fills in what they leave out. Throws what is wrong with them. */
export function resolvePoolOptions(options: ThreadPoolOptions = {}): ResolvedPoolOptions {
  const faults: DagnyError[] = [];
  const check = new OptionCheck(undefined, faults);
  const isRecord: boolean = check.isRecord("options", options);
  if (!isRecord) throw errorOf(faults);
  check.names(options, optionNames);
  const { threads, name = "dagny", maxMemoryMb, loadTimeoutMs = 10_000, resourceLimits, env, execArgv } = options;
  const isCount = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= mostThreads;
  if (threads !== undefined) check.isNumber("threads", `an integer from 1 to ${mostThreads}`, threads, isCount);
  check.isName("name", name);
  if (maxMemoryMb !== undefined) check.isNumber("maxMemoryMb", "a finite number above 0, in MiB", maxMemoryMb, (n) => n > 0);
  check.isNumber("loadTimeoutMs", "a finite number above 0, in milliseconds", loadTimeoutMs, (n) => n > 0 && n < 2 ** 31);
  if (resourceLimits !== undefined) checkLimits(resourceLimits, check);
  if (execArgv !== undefined) {
    const isList = Array.isArray(execArgv) && execArgv.every((argument) => typeof argument === "string");
    check.holds("execArgv", "an array of strings", execArgv, isList);
  }
  if (env !== undefined && typeof env !== "symbol") check.isRecord("env", env, "an object of strings, or SHARE_ENV");
  if (faults.length > 0) throw errorOf(faults, "the options have");
  return {
    threads: sizeOf(options),
    name,
    loadTimeoutMs,
    worker: {
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
      ...(env === undefined ? {} : { env }),
      ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
    },
  };
}

function checkLimits(limits: unknown, check: OptionCheck): void {
  if (!check.isRecord("resourceLimits", limits)) return;
  check.names(limits, limitNames, "resourceLimits.");
  for (const name of limitNames) {
    const limit = limits[name];
    if (limit !== undefined) check.isNumber(`resourceLimits.${name}`, "a finite number above 0, in MiB", limit, (n) => n > 0);
  }
}

function sizeOf({ threads, maxMemoryMb, resourceLimits = {} }: ThreadPoolOptions): number {
  const wanted = threads ?? availableParallelism();
  if (threads !== undefined && maxMemoryMb === undefined) return wanted;
  const { maxOldGenerationSizeMb = usualThreadMb, maxYoungGenerationSizeMb = 0 } = resourceLimits;
  const fitting = Math.floor((maxMemoryMb ?? usableMb() / 2) / (maxOldGenerationSizeMb + maxYoungGenerationSizeMb));
  return Math.max(1, Math.min(wanted, fitting, mostThreads));
}

/** How much memory this process may use, in MiB. A container's limit counts where there is one. */
function usableMb(): number {
  const total = totalmem();
  const constrained = process.constrainedMemory?.() ?? 0;
  return (constrained > 0 ? Math.min(constrained, total) : total) / 2 ** 20;
}
