/**
 * What users of Prefect expect of tasks in a flow: retries and their conditions, states that allow failures, mapped and awaited tasks,
 * paused flows with input, concurrency and rate limits, caching, cancellation, transactions that roll back.
 */
import { expect } from "vitest";
import { approval, DAG, map, subDag, type TaskContext, waitFor } from "../../src/index.js";
import { fails, failsTimes, hangs, returns, takes } from "../../src/testing/index.js";
import { type Case, testCases } from "../support/cases.js";

const inner = DAG.builder().task("a", fails("inner trouble")).task("b", returns("fine")).build();
/** Undoes by noting it in the shared state. */
const undoes = (name: string) => ({
  undo: (
    _output: unknown,
    ctx: { state: { get(key: string): { value: unknown } | undefined; set(key: string, value: unknown): unknown } },
  ) => {
    ctx.state.set("undone", `${ctx.state.get("undone")?.value ?? ""}${name}`);
  },
});
const key = { concurrencyKey: { key: "database", limit: 2 } };

const tasks: readonly Case[] = [
  {
    feature: "retries, retry_delay_seconds",
    given: "given three retries ten seconds apart, when the last one succeeds, then the flow goes on",
    flow: { graph: "a -> b", tasks: { a: failsTimes(3, returns("ok")) }, nodes: { a: { retry: { maxAttempts: 4, delayMs: 10_000 } } } },
    ends: { status: "completed", nodes: "a, b completed", tookMs: 30_000, attempts: { a: ["error", "error", "error", "completed"] } },
    differs: "`maxAttempts` is the total",
  },
  {
    feature: "retry_delay_seconds=[1, 2, 4]",
    given: "given a list of delays, then they are a formula here, or what the error asks for",
    flow: {
      graph: "a",
      tasks: {
        a: (_inputs: unknown, { attempt }: TaskContext) => {
          if (attempt < 4) throw Object.assign(new Error("busy"), { retryAfterMs: [1000, 2000, 7000][attempt - 1] });
        },
      },
      nodes: { a: { retry: 4 } },
    },
    ends: { status: "completed", nodes: "a completed", tookMs: 10_000 },
    differs: "delays are fixed, linear or exponential, so that a plan is plain data; an error may carry its own `retryAfterMs`",
  },
  {
    feature: "retry_jitter_factor",
    given: "given jitter of a half, then a delay is between a half and the whole of what it were",
    flow: {
      graph: "a",
      tasks: { a: failsTimes(1) },
      nodes: { a: { retry: { maxAttempts: 2, delayMs: 1000, jitter: 0.5 } } },
      executor: { seed: 1, nodeTimeoutMs: 1000.001 },
    },
    ends: { status: "completed", nodes: "a completed", attempts: { a: ["error", "completed"] } },
    differs: "jitter shortens a delay and never lengthens it, so that a cap is a cap; Prefect's makes it longer",
  },
  {
    feature: "retry_condition_fn",
    given: "given a condition on the error, when it says no, then the failure is final",
    flow: {
      graph: "a",
      tasks: { a: fails(new TypeError("401")) },
      nodes: { a: { retry: { maxAttempts: 5, retryOn: (error: unknown) => !String(error).includes("401") } } },
    },
    ends: { status: "failed", nodes: "a failed (error)", attempts: { a: ["error"] } },
  },
  {
    feature: "retry_condition_fn",
    given: "given a condition that throws, then that means no",
    flow: {
      graph: "a",
      tasks: { a: fails("the task's own") },
      nodes: {
        a: {
          retry: {
            maxAttempts: 5,
            retryOn: () => {
              throw new Error("the condition's");
            },
          },
        },
      },
    },
    ends: { status: "failed", nodes: "a failed (error)", causes: { a: expect.objectContaining({ message: "the task's own" }) } },
  },
  {
    feature: "timeout_seconds",
    given: "given a task that takes too long, then it fails as timed out",
    flow: { graph: "a -> b", tasks: { a: hangs({ heedsSignal: true }) }, nodes: { a: { timeoutMs: 3000 } } },
    ends: { status: "failed", nodes: "a failed (timeout); b skipped (upstreamFailed)", tookMs: 3000 },
  },
  {
    feature: "upstream states",
    given: "given a failed upstream, then what takes its result is never run (Prefect: not ready)",
    flow: { graph: "a, x -> b", tasks: { a: fails() } },
    ends: { status: "failed", nodes: "a failed (error); x skipped (failFast); b skipped (upstreamFailed)", why: { b: '"a"' } },
    differs: "and with fail-fast the rest of the run is stopped as well",
  },
  {
    feature: "allow_failure",
    given: "given an upstream whose failure is allowed for, then the task runs all the same",
    flow: {
      graph: "a, x -> b",
      tasks: { a: fails(), b: (inputs: object) => Object.keys(inputs) },
      nodes: { b: { join: "allSettled" } },
    },
    ends: { status: "failed", nodes: "a failed (error); x, b completed", outputs: { b: ["x"] } },
    differs: 'the input is missing, where Prefect hands the exception over; the run stays failed unless `a` says `onFailure: "allow"`',
  },
  {
    feature: "return_state=True",
    given: "given a failure that the flow goes on with as if it were a result, then it says so where it fails",
    flow: { graph: "a -> b", tasks: { a: fails(), b: ({ a }: { a?: unknown }) => a ?? "none" }, nodes: { a: { onFailure: "continue" } } },
    ends: { status: "completed", nodes: "a failed (error); b completed", outputs: { b: "none" } },
  },
  {
    feature: "wait_for",
    given: "given a task that only waits for another and takes nothing of it, then an edge is that",
    flow: { graph: "a -> b", tasks: { a: takes(10), b: () => "no inputs" } },
    ends: { status: "completed", nodes: "a, b completed", tookMs: 10, outputs: { b: "no inputs" } },
  },
  {
    feature: "cache_key_fn",
    given: "given a result that is cached, then the task does not run, and its state is completed",
    flow: { graph: "a -> b", tasks: { b: fails("must not run") }, nodes: { b: { cached: ({ a }) => ({ value: `kept for ${a}` }) } } },
    ends: { status: "completed", nodes: "a, b completed", outputs: { b: "kept for a" }, order: ["a"] },
  },
  {
    feature: "cache_key_fn",
    given: "given nothing in the cache, then it runs",
    flow: { graph: "a", nodes: { a: { cached: () => undefined } } },
    ends: { status: "completed", nodes: "a completed", outputs: { a: "a" }, attempts: { a: ["completed"] } },
  },
];

const mapped: readonly Case[] = [
  {
    feature: "task.map",
    given: "given a list, then there is one task run for each item, each retried by itself",
    flow: {
      graph: "list -> each",
      tasks: { list: returns([1, 2, 3]), each: map({ each: (n: unknown, ctx) => failsTimes(Number(n) - 1, returns(n))(n, ctx) }) },
      nodes: { each: { retry: 3 } },
    },
    ends: {
      status: "completed",
      nodes: "list, each/0, each/1, each/2, each completed",
      outputs: { each: [1, 2, 3] },
      attempts: { "each/0": ["completed"], "each/2": ["error", "error", "completed"] },
    },
  },
  {
    feature: "unmapped",
    given: "given an input that is the same for all items, then `over` puts it into each",
    flow: {
      graph: "list, rate -> each",
      tasks: {
        list: returns([1, 2]),
        rate: returns(10),
        each: map({
          over: ({ list, rate }: { list: number[]; rate: number }) => list.map((n) => ({ n, rate })),
          each: ({ n, rate }) => n * rate,
        }),
      },
    },
    ends: { status: "completed", nodes: "list, rate, each/0, each/1, each completed", outputs: { each: [10, 20] } },
  },
  {
    feature: "mapped futures",
    given: "given a mapped run that fails, then the others go on, and the results of those that did well can be had",
    flow: {
      graph: "each -> b",
      tasks: {
        each: map({ over: () => [1, 2, 3], each: (n, ctx) => takes(n * 10, n === 1 ? fails() : returns(n))(n, ctx), allowFailures: true }),
        b: ({ each }: { each: readonly object[] }) => each.flatMap((outcome) => ("result" in outcome ? [outcome.result] : [])),
      },
    },
    ends: { status: "completed", nodes: "each/0 failed (error); each/1, each/2, each, b completed", outputs: { b: [2, 3] } },
    differs: "only with `allowFailures`: by default the first failure stops the other items",
  },
];

const control: readonly Case[] = [
  {
    feature: "pause_flow_run(wait_for_input)",
    given: "given a flow that waits for input, when it comes in the right shape, then it is the task's result",
    flow: {
      graph: "a -> ask -> b",
      tasks: { ask: waitFor({ signal: "answer", schema: (value: unknown) => Number(value) }), b: ({ ask }: { ask: number }) => ask + 1 },
    },
    commands: (sim) => sim.at(5000, (run) => run.signal("answer", "41")),
    ends: { status: "completed", nodes: "a, ask, b completed", tookMs: 5000, outputs: { b: 42 } },
  },
  {
    feature: "pause_flow_run(timeout)",
    given: "given nobody who answers in time, then the flow fails",
    flow: { graph: "a -> ask -> b", tasks: { ask: approval({ timeoutMs: 1000 }) } },
    ends: { status: "failed", nodes: "a completed; ask failed (timeout); b skipped (upstreamFailed)", tookMs: 1000 },
  },
  {
    feature: "suspend_flow_run in a task",
    given: "given a task that waits in its middle, then it holds no worker, and goes on where it was",
    flow: {
      graph: "a; b",
      tasks: { a: async (_inputs: unknown, ctx: TaskContext) => `${await ctx.waitFor("go")} in attempt ${ctx.attempt}`, b: takes(100) },
      executor: { maxWorkers: 1 },
    },
    commands: (sim) => sim.at(10, (run) => run.signal("go", "on")),
    ends: { status: "completed", nodes: "a, b completed", tookMs: 100, outputs: { a: "on in attempt 1" } },
    differs: "the code goes on after the wait; a suspended flow of Prefect starts again from its top",
  },
  {
    feature: "pause and resume of a run",
    given: "given a run that is paused from outside, then what runs ends, nothing begins, and it goes on when it is resumed",
    flow: { graph: "a -> b", tasks: { a: takes(50), b: takes(10) } },
    commands: (sim) => sim.at(10, (run) => run.pause()).at(500, (run) => run.resume()),
    ends: {
      status: "completed",
      nodes: "a, b completed",
      tookMs: 510,
      log: ["10 runPaused", "50 nodeCompleted a 1", "500 nodeStarted b 1"],
    },
  },
  {
    feature: "tag concurrency limits",
    given: "given a limit of two for a tag, then two of its tasks run at a time",
    flow: {
      graph: "a, b, c, d",
      tasks: { a: takes(10), b: takes(10), c: takes(10), d: takes(10) },
      nodes: { a: key, b: key, c: key },
    },
    ends: { status: "completed", nodes: "a, b, c, d completed", tookMs: 20 },
  },
  {
    feature: "rate_limit",
    given: "given one start per second, then three tasks begin a second apart",
    flow: {
      graph: "a, b, c",
      nodes: { a: { rate: "api" }, b: { rate: "api" }, c: { rate: "api" } },
      executor: { rates: { api: { limit: 1, perMs: 1000 } } },
    },
    ends: {
      status: "completed",
      nodes: "a, b, c completed",
      tookMs: 2000,
      log: ["0 nodeStarted a 1", "1000 nodeStarted b 1", "2000 nodeStarted c 1"],
    },
  },
  {
    feature: "cancellation",
    given: "given a run that is cancelled, then running tasks are told, what had completed stays, and its hook runs",
    flow: {
      graph: "a -> b -> c; hook",
      tasks: { b: takes(100) },
      nodes: { hook: { finally: true } },
    },
    commands: (sim) => sim.at(20, (run) => run.cancel("enough")),
    ends: { status: "cancelled", nodes: "a completed; b, c cancelled; hook completed", tookMs: 20 },
  },
  {
    feature: "on_rollback",
    given: "given a transaction of which the last task fails, then the others are rolled back, the latest first",
    flow: {
      graph: "a -> b -> c; told",
      tasks: { c: fails(), told: (_inputs: unknown, ctx: TaskContext) => ctx.state.get("undone")?.value },
      nodes: { a: undoes("a"), b: undoes("b"), c: undoes("c"), told: { finally: true } },
      executor: { undo: true },
    },
    ends: { status: "failed", nodes: "a, b completed; c failed (error); told completed", outputs: { told: "ba" } },
  },
  {
    feature: "subflows",
    given: "given a subflow in which a task fails, then the subflow fails, and what does not depend on it goes on",
    flow: { graph: "sub -> b; x", tasks: { sub: subDag(inner, { failFast: false }), x: takes(10) }, executor: { failFast: false } },
    ends: { status: "failed", nodes: "sub/a failed (error); sub/b completed; sub failed (error); b skipped (upstreamFailed); x completed" },
  },
  {
    feature: "final state of a flow",
    given: "given a failed task whose result the flow does not return, then Prefect's flow may still be completed",
    flow: { graph: "a; b", tasks: { a: fails() }, executor: { failFast: false } },
    ends: { status: "failed", nodes: "a failed (error); b completed" },
    differs: "the status of a run never depends on what somebody returns: any failure counts, unless its node says otherwise",
  },
  {
    feature: "submit in a loop",
    given: "given tasks that are only known while the flow runs, then a task adds them, and one added last gathers them",
    flow: {
      graph: "plan",
      tasks: {
        plan: (_inputs: unknown, ctx: TaskContext) => {
          ctx.addNodes([
            { name: "x", needs: ["plan"], task: () => 1 },
            { name: "y", needs: ["plan"], task: () => 2 },
            { name: "sum", needs: ["x", "y"], task: (inputs) => Number(inputs["x"]) + Number(inputs["y"]) },
          ]);
        },
      },
    },
    ends: { status: "completed", nodes: "plan, x, y, sum completed", outputs: { sum: 3 } },
  },
  {
    feature: "human rejection",
    given: "given a refusal while a task waits, then its `await` throws it, and a task that does not catch it has failed",
    flow: { graph: "ask -> b", tasks: { ask: approval() } },
    commands: (sim) => sim.at(1, (run) => run.reject("ask", new RangeError("over budget"))),
    ends: { status: "failed", nodes: "ask failed (rejected); b skipped (upstreamFailed)", causes: { ask: new RangeError("over budget") } },
  },
];

testCases("Prefect", tasks);
testCases("Prefect", mapped);
testCases("Prefect", control);
