/** Options of executors and runs: defaults, and what is wrong with them. */
import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { DAG, DAGExecutor, type ExecutorOptions, type RunOptions } from "../../src/index.js";
import { checkRunOptions, resolveOptions } from "../../src/run/options.js";

/** Options as somebody writes them who has no compiler. */
function wrong<T>(options: unknown): T {
  return options as T;
}

describe("options of an executor", () => {
  it("have defaults", () => {
    expect(resolveOptions(4)).toEqual({
      maxWorkers: 4,
      failFast: true,
      abortRunning: true,
      graceMs: 1000,
      runTimeoutMs: undefined,
      retryBudget: undefined,
      seed: undefined,
      undo: false,
      limits: { nodes: 10_000_000, depth: 1000 },
      keepResults: "all",
      defaults: { maxAttempts: 1, failFast: true, mayGrowOnThreads: false, isAllInline: false },
      maxCommands: availableParallelism(),
      pool: undefined,
      isOwnPool: false,
      clock: undefined,
    });
    expect(resolveOptions({ maxWorkers: Number.POSITIVE_INFINITY }).maxWorkers).toBe(2 ** 32 - 1);
  });

  it("become what holds for nodes that say nothing", () => {
    const { defaults } = resolveOptions({
      failFast: false,
      timeoutMs: 1,
      nodeTimeoutMs: 2,
      retry: { maxAttempts: 3, delayMs: 4, retryOn: "EAGAIN" },
      pools: { gpu: 5 },
      rates: { api: { limit: 6, perMs: 7 } },
      on: "thread",
      maxCrashes: 0,
    });
    expect(defaults).toEqual({
      failFast: false,
      timeoutMs: 1,
      nodeTimeoutMs: 2,
      maxAttempts: 3,
      backoff: { growth: "fixed", delayMs: 4, factor: undefined, maxDelayMs: undefined, jitter: 0 },
      retryOn: ["EAGAIN"],
      pools: new Map([["gpu", 5]]),
      rates: new Map([["api", { limit: 6, perMs: 7 }]]),
      on: "thread",
      maxCrashes: 0,
      mayGrowOnThreads: true,
      isAllInline: false,
    });
  });

  it.each<[unknown, string]>([
    [null, "`options` must be an object, received null"],
    [{ maxWorkers: 0 }, "`maxWorkers` must be an integer of at least 1, or Infinity, received 0 (number)"],
    [{ maxWorkers: Number.NaN }, "`maxWorkers` must be an integer of at least 1, or Infinity, received NaN (number)"],
    [{ maxWorker: 4 }, "there is no option `maxWorker`; did you mean `maxWorkers`?"],
    [{ failFast: "no" }, "`failFast` must be true or false"],
    [{ abortRunning: 0 }, "`abortRunning` must be true or false"],
    [{ undo: 1 }, "`undo` must be true or false"],
    [{ graceMs: -1 }, "`graceMs` must be a number of at least 0, in milliseconds"],
    [{ timeoutMs: 0 }, "`timeoutMs` must be a finite number above 0, in milliseconds"],
    [{ nodeTimeoutMs: Number.NaN }, "`nodeTimeoutMs` must be a finite number above 0"],
    [{ runTimeoutMs: Number.POSITIVE_INFINITY }, "`runTimeoutMs` must be a finite number above 0"],
    [{ retry: 0 }, "`retry` must be an integer from 1 to 1048576"],
    [{ retry: { maxAttempts: 2, backoff: "exponential" } }, "`retry.backoff` needs `retry.delayMs`: without it there is no delay"],
    [{ retryBudget: -1 }, "`retryBudget` must be an integer of at least 0"],
    [{ retryBudget: 1.5 }, "`retryBudget` must be an integer of at least 0"],
    [{ seed: -1 }, "`seed` must be an integer from 0 to 4294967295"],
    [{ seed: 2 ** 32 }, "`seed` must be an integer from 0 to 4294967295"],
    [{ keepResults: "some" }, '`keepResults` must be "all", "leaves" or "none"'],
    [{ pools: ["gpu"] }, "`pools` must be an object of capacities by pool, received an array of 1"],
    [{ pools: { gpu: Number.NaN } }, '`pools["gpu"]` must be an integer from 1 to 4294967295, received NaN (number)'],
    [{ pools: { gpu: -2 } }, '`pools["gpu"]` must be an integer from 1'],
    [{ rates: { api: 5 } }, '`rates["api"]` must be an object { limit, perMs }, received 5 (number)'],
    [{ rates: { api: { limit: 0, perMs: 1 } } }, '`rates["api"].limit` must be an integer from 1'],
    [{ rates: { api: { limit: 1, perMs: 0 } } }, '`rates["api"].perMs` must be a finite number above 0'],
    [{ rates: { api: { limit: 1, perMs: 1, zzz: 1 } } }, 'there is no option `rates["api"].zzz`; known are'],
    [{ on: "moon" }, '`on` must be "inline" or "thread", received "moon" (string)'],
    [{ pool: 4 }, "`pool` must be a ThreadPool, or the options of one, received 4 (number)"],
    [{ maxCrashes: -1 }, "`maxCrashes` must be an integer from 0 to 4294967295"],
    [{ maxCommands: 0 }, "`maxCommands` must be an integer of at least 1, or Infinity"],
    [{ limits: 5 }, "`limits` must be an object, received 5 (number)"],
    [{ limits: { nodes: 0 } }, "`limits.nodes` must be an integer of at least 1"],
    [{ limits: { depth: -1 } }, "`limits.depth` must be an integer of at least 0"],
    [{ limits: { node: 1 } }, "there is no option `limits.node`; did you mean `limits.nodes`?"],
    [{ seed: "x", undo: "y" }, "the options have 2 faults"],
  ])("%j are refused", (options, message) => {
    expect(() => resolveOptions(wrong<ExecutorOptions>(options))).toThrow(message);
    expect(() => new DAGExecutor(DAG.from({}), wrong<ExecutorOptions>(options))).toThrow(message);
  });
});

describe("options of a run", () => {
  it.each<[unknown, string]>([
    [null, "`options` must be an object, received null"],
    [{ signal: {} }, "`signal` must be an AbortSignal"],
    [{ onEvent: 5 }, "`onEvent` must be a function"],
    [{ eventFilter: { types: ["nodeStarted"] } }, "`eventFilter` needs `onEvent`"],
    [{ onEvent: () => {}, eventFilter: [] }, "`eventFilter` must be an object"],
    [{ onEvent: () => {}, eventFilter: { types: "nodeStarted" } }, "`eventFilter.types` must be an array of non-empty strings"],
    [{ onEvent: () => {}, eventFilter: { node: ["a"] } }, "there is no option `eventFilter.node`; did you mean `eventFilter.nodes`?"],
    [{ runId: "" }, "`runId` must be a non-empty string"],
    [{ targets: "a" }, "`targets` must be an array of non-empty strings"],
    [{ only: [5] }, "`only` must be an array of non-empty strings"],
    [{ values: new Array(2) }, "`values` must be an object of outputs by node name"],
    [{ param: {} }, "there is no option `param`; did you mean `params`?"],
  ])("%j are refused", (options, message) => {
    expect(() => checkRunOptions(wrong<RunOptions>(options))).toThrow(message);
  });
});
