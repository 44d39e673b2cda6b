/**
 * What users of AWS Step Functions expect: retriers and catchers, choices, parallel branches, maps with a concurrency and tolerated
 * failures, waits, time limits, callbacks with a token, nested and stopped executions.
 */
import { expect } from "vitest";
import { approval, DAG, map, RejectedError, sleep, subDag, TimeoutError, WaitTimeoutError, waitFor } from "../../src/index.js";
import { attempts, fails, failsTimes, hangs, returns, takes } from "../../src/testing/index.js";
import { type Case, testCases } from "../support/cases.js";

const exponential = (more: object = {}) => ({
  retry: { maxAttempts: 4, backoff: "exponential" as const, delayMs: 2000, factor: 2, ...more },
});
const coded = (code: string) => Object.assign(new Error(code), { code });
const is = (kind: string) => ({ condition: (order: unknown) => order === kind });
const otherwise = { condition: (order: unknown) => order !== "book" && order !== "song" };
const branches = DAG.builder()
  .task("left", takes(10, returns(1)))
  .task("right", takes(30, returns(2)))
  .build();
const brokenBranches = DAG.builder()
  .task("left", takes(10, fails(coded("OutOfStock"))))
  .task("right", takes(30, returns(2)))
  .build();
const timed = map({ over: () => [30, 10, 20, 10], each: (ms, ctx) => takes(ms, returns(`${ctx.index}:${ms}`))(ms, ctx), concurrency: 2 });
const tolerant = map({
  over: () => [1, 2, 3, 4],
  each: (n) => {
    if (n % 2 === 0) throw new Error(`item ${n}`);
    return n;
  },
  allowFailures: true,
});
/** How many failures are tolerated, as a task behind the map. */
const tolerates =
  (most: number) =>
  ({ each }: { each: readonly { status: string }[] }) => {
    const failed = each.filter(({ status }) => status === "failed").length;
    if (failed > most) throw coded("ExceedToleratedFailureThreshold");
    return failed;
  };

const errors: readonly Case[] = [
  {
    feature: "Retry: IntervalSeconds, BackoffRate, MaxAttempts",
    given: "given an interval of 2 s, a rate of 2 and 3 retries, when all attempts fail, then they come after 2, 4 and 8 s",
    flow: { graph: "A", tasks: { A: fails() }, nodes: { A: exponential() } },
    ends: { status: "failed", nodes: "A failed (error)", tookMs: 14_000, attempts: { A: ["error", "error", "error", "error"] } },
    differs: "`maxAttempts` is the total: `MaxAttempts` and one",
  },
  {
    feature: "Retry: MaxDelaySeconds",
    given: "given a longest delay of 5 s, then the third delay is 5 s and not 8",
    flow: { graph: "A", tasks: { A: fails() }, nodes: { A: exponential({ maxDelayMs: 5000 }) } },
    ends: { status: "failed", nodes: "A failed (error)", tookMs: 11_000 },
  },
  {
    feature: "Retry: JitterStrategy FULL",
    given: "given full jitter and a seed, then each delay is between nothing and what it were, and the same in each run with that seed",
    flow: { graph: "A", tasks: { A: failsTimes(1, returns("ok")) }, nodes: { A: exponential({ jitter: true }) }, executor: { seed: 7 } },
    ends: { status: "completed", nodes: "A completed", attempts: { A: ["error", "completed"] } },
  },
  {
    feature: "Retry: ErrorEquals",
    given: "given a retrier for one name of error, when another comes, then it is final",
    flow: {
      graph: "A",
      tasks: { A: attempts(fails(coded("Throttled")), fails(coded("Denied"))) },
      nodes: { A: exponential({ retryOn: "Throttled" }) },
    },
    ends: { status: "failed", nodes: "A failed (error)", tookMs: 2000, attempts: { A: ["error", "error"] } },
  },
  {
    feature: "Retry: several retriers",
    given: "given a rule for each kind of error, then the first that matches says whether there is another attempt",
    flow: {
      graph: "A",
      tasks: { A: attempts(fails(coded("Throttled")), fails(coded("Busy")), fails(coded("Busy"))) },
      nodes: {
        A: {
          retry: {
            maxAttempts: 9,
            retryOn: ["Throttled", (error: unknown, attempt: number) => String(error).includes("Busy") && attempt < 3],
          },
        },
      },
    },
    ends: { status: "failed", nodes: "A failed (error)", attempts: { A: ["error", "error", "error"] } },
    differs:
      "one policy with one backoff per node; its tests see the error and the attempt. An error's `retryAfterMs` sets a delay of its own",
  },
  {
    feature: "Catch",
    given: "given a catcher, when the state fails, then the fallback runs, and so does what follows either of them",
    flow: {
      graph: "A -> fallback; A, fallback -> next",
      tasks: { A: fails() },
      nodes: { A: { onFailure: "allow" }, fallback: { join: "anyFailed" }, next: { join: "anyCompleted" } },
    },
    ends: { status: "completed", nodes: "A failed (error); fallback, next completed" },
  },
  {
    feature: "Catch",
    given: "given a state that succeeds, then the fallback is not run",
    flow: {
      graph: "A -> fallback; A, fallback -> next",
      nodes: { A: { onFailure: "allow" }, fallback: { join: "anyFailed" }, next: { join: "anyCompleted" } },
    },
    ends: { status: "completed", nodes: "A, next completed; fallback skipped (join)" },
  },
  {
    feature: "Catch",
    given: "given the fallback alone, when the state fails, then Step Functions' execution succeeds",
    flow: { graph: "A -> fallback", tasks: { A: fails() }, nodes: { fallback: { join: "anyFailed" } } },
    ends: { status: "failed", nodes: "A failed (error); fallback completed" },
    differs: 'a handler does not hide a failure; the node that may fail says so: `onFailure: "allow"`, as above',
  },
  {
    feature: "Fail",
    given: "given a Fail state with an error and a cause, then the execution fails with them",
    flow: { graph: "A -> stop -> B", tasks: { stop: fails(coded("InvalidOrder")) } },
    ends: {
      status: "failed",
      nodes: "A completed; stop failed (error); B skipped (upstreamFailed)",
      causes: { stop: expect.objectContaining({ code: "InvalidOrder" }) },
    },
  },
  {
    feature: "TimeoutSeconds",
    given: "given a state that takes too long, when it is retried on time-outs, then its next attempt may succeed",
    flow: {
      graph: "A",
      tasks: { A: attempts<unknown, unknown>(hangs({ heedsSignal: true }), returns("in time")) },
      nodes: { A: { timeoutMs: 1000, retry: { maxAttempts: 2, retryOn: TimeoutError } } },
    },
    ends: { status: "completed", nodes: "A completed", tookMs: 1000, attempts: { A: ["timeout", "completed"] } },
    differs: "a `retryOn` is asked of what was thrown; a time-out is always worth another attempt",
  },
  {
    feature: "TimeoutSeconds of the state machine",
    given: "given an execution that takes too long, then it ends as failed",
    flow: { graph: "A -> B", tasks: { A: sleep(5000) }, executor: { runTimeoutMs: 1000 } },
    ends: { status: "failed", nodes: "A, B cancelled", tookMs: 1000 },
  },
];

const states: readonly Case[] = [
  {
    feature: "Choice",
    given: "given choices, when one matches, then its branch runs and the others do not",
    flow: {
      graph: "order -> book, song, other; book, song, other -> ship",
      tasks: { order: returns("song") },
      nodes: { ship: { join: "noneFailedOneCompleted" } },
      edges: { "order -> book": is("book"), "order -> song": is("song"), "order -> other": otherwise },
    },
    ends: { status: "completed", nodes: "order, song, ship completed; book, other skipped (upstreamSkipped)" },
  },
  {
    feature: "Choice: Default",
    given: "given no choice that matches, then the default branch runs",
    flow: {
      graph: "order -> book, song, other",
      tasks: { order: returns("lamp") },
      edges: { "order -> book": is("book"), "order -> song": is("song"), "order -> other": otherwise },
    },
    ends: { status: "completed", nodes: "order, other completed; book, song skipped (upstreamSkipped)" },
  },
  {
    feature: "Choice: NoChoiceMatched",
    given: "given no match and no default, then Step Functions' execution fails",
    flow: { graph: "order -> book -> ship", tasks: { order: returns("lamp") }, edges: { "order -> book": is("book") } },
    ends: { status: "completed", nodes: "order completed; book, ship skipped (upstreamSkipped)" },
    differs:
      'nothing matched means nothing to do; a node behind the branches with `join: "anyFailed"` or a throw in the choosing task makes it a fault',
  },
  {
    feature: "Parallel",
    given: "given branches, then they run side by side, and the state's output has the output of each",
    flow: { graph: "A -> P -> B", tasks: { P: subDag(branches) } },
    ends: { status: "completed", nodes: "A, P/left, P/right, P, B completed", tookMs: 30, outputs: { P: { left: 1, right: 2 } } },
    differs: "the output is a record by name and not a list by place",
  },
  {
    feature: "Parallel",
    given: "given a branch that fails, then the others are stopped, and the state fails with that branch's error",
    flow: { graph: "P -> B", tasks: { P: subDag(brokenBranches) } },
    ends: {
      status: "failed",
      nodes: "P/left failed (error); P/right cancelled; P failed (error); B skipped (upstreamFailed)",
      tookMs: 10,
      why: { B: '"P/left"' },
    },
  },
  {
    feature: "Parallel: Retry",
    given: "given a retrier at the state, when a branch fails, then all branches run again",
    flow: { graph: "P", tasks: { P: subDag(brokenBranches) }, nodes: { P: { retry: { maxAttempts: 2, delayMs: 100 } } } },
    ends: {
      status: "failed",
      nodes: "P/left failed (error); P/right cancelled; P failed (error)",
      tookMs: 120,
      attempts: { P: ["error", "error"] },
    },
  },
  {
    feature: "Map: MaxConcurrency",
    given: "given items of different lengths and a concurrency of two, then two run at a time and the results keep the order",
    flow: { graph: "each", tasks: { each: timed } },
    ends: {
      status: "completed",
      nodes: "each/0, each/1, each/2, each/3, each completed",
      tookMs: 40,
      outputs: { each: ["0:30", "1:10", "2:20", "3:10"] },
    },
  },
  {
    feature: "Map",
    given: "given an item that fails, then the map fails, and items that run are stopped and the rest not begun",
    flow: {
      graph: "each -> B",
      tasks: { each: map({ over: () => [0, 1, 2], each: (n, ctx) => takes(10, n === 0 ? fails() : takes(10))(n, ctx), concurrency: 2 }) },
    },
    ends: {
      status: "failed",
      nodes: "each/0 failed (error); each/1 cancelled; each/2 skipped (failFast); each failed (error); B skipped (upstreamFailed)",
    },
  },
  {
    feature: "Map: Retry within the iterator",
    given: "given a retrier of the iterator's task, when one item fails once, then only that item runs again",
    flow: {
      graph: "each",
      tasks: { each: map({ over: () => ["x", "y"], each: (item, ctx) => failsTimes(item === "x" ? 1 : 0, returns(item))(item, ctx) }) },
      nodes: { each: { retry: 2 } },
    },
    ends: {
      status: "completed",
      nodes: "each/0, each/1, each completed",
      attempts: { "each/0": ["error", "completed"], "each/1": ["completed"] },
    },
    differs: "the retry of a map is that of its items; a map is not run again as a whole, as a retrier at the Map state would",
  },
  {
    feature: "Map: ToleratedFailureCount",
    given: "given two failures where two are tolerated, then the map succeeds with the outcome of each item",
    flow: { graph: "each -> check -> B", tasks: { each: tolerant, check: tolerates(2) } },
    ends: { status: "completed", nodes: "each/0, each/2, each, check, B completed; each/1, each/3 failed (error)", outputs: { check: 2 } },
    differs: "the threshold is a task behind the map, which sees every outcome: any rule can be said, a percentage too",
  },
  {
    feature: "Map: ToleratedFailurePercentage",
    given: "given more failures than are tolerated, then what follows does not run",
    flow: { graph: "each -> check -> B", tasks: { each: tolerant, check: tolerates(1) } },
    ends: {
      status: "failed",
      nodes: "each/0, each/2, each completed; each/1, each/3 failed (error); check failed (error); B skipped (upstreamFailed)",
    },
    differs: "all items have run by then; Step Functions stops a map that is over its threshold",
  },
  {
    feature: "Map over an empty list",
    given: "given no items, then the state's output is an empty list",
    flow: { graph: "each -> B", tasks: { each: map({ over: () => [], each: returns() }) } },
    ends: { status: "completed", nodes: "each, B completed", outputs: { each: [] } },
  },
  {
    feature: "Map over what is no list",
    given: "given an input that is no list, then the state fails and says so",
    flow: { graph: "A -> each", tasks: { A: returns(17), each: map({ each: returns() }) } },
    ends: { status: "failed", nodes: "A completed; each failed (error)" },
  },
  {
    feature: "Wait: Seconds",
    given: "given a wait of an hour, then the execution goes on after it, and work beside it has the slot",
    flow: { graph: "A -> wait -> B; C", tasks: { wait: sleep(3_600_000), C: takes(10) }, executor: { maxWorkers: 1 } },
    ends: { status: "completed", nodes: "A, wait, B, C completed", tookMs: 3_600_000 },
  },
  {
    feature: "startExecution.sync",
    given: "given a nested execution, then it sees what it is given, and its output is the state's",
    flow: {
      graph: "A -> inner -> B",
      tasks: {
        A: returns(20),
        inner: subDag(
          DAG.builder()
            .task("twice", (_inputs, ctx) => Number(ctx.params) * 2)
            .build(),
          {
            params: ({ A }: { A: number }) => A + 1,
            output: ({ twice }) => twice,
          },
        ),
        B: ({ inner }: { inner: number }) => inner,
      },
    },
    ends: { status: "completed", nodes: "A, inner/twice, inner, B completed", outputs: { B: 42 } },
  },
  {
    feature: "StopExecution",
    given: "given an execution that is stopped, then what runs is told so and nothing more begins",
    flow: { graph: "A -> B; C", tasks: { A: takes(100), C: takes(10) } },
    commands: (sim) => sim.at(50, (run) => run.cancel(new Error("operator"))),
    ends: { status: "cancelled", nodes: "C completed; A, B cancelled", tookMs: 50 },
  },
  {
    feature: "redrive",
    given: "given the outputs of what succeeded before, when a run is begun from what failed, then only that and what follows it run",
    flow: {
      graph: "A -> B -> C",
      tasks: { A: fails("must not run"), B: ({ A }: { A: unknown }) => `${A}!` },
      run: { from: ["B"], values: { A: "kept" } },
    },
    ends: { status: "completed", nodes: "A, B, C completed", outputs: { B: "kept!" }, order: ["B", "C"] },
    differs: "a redrive is another run, which is given the outputs that it builds on",
  },
];

const callbacks: readonly Case[] = [
  {
    feature: ".waitForTaskToken, SendTaskSuccess",
    given: "given a state that waits for a callback, when it comes with an output, then that is the state's output",
    flow: { graph: "ask -> token -> B", tasks: { token: waitFor({ signal: "token-1" }), B: ({ token }: { token: unknown }) => token } },
    commands: (sim) => sim.at(700, (run) => run.signal("token-1", { paid: true })),
    ends: { status: "completed", nodes: "ask, token, B completed", tookMs: 700, outputs: { B: { paid: true } } },
  },
  {
    feature: ".waitForTaskToken, SendTaskSuccess",
    given: "given a callback that comes before the state waits, then it is kept for it",
    flow: { graph: "ask -> token", tasks: { ask: takes(100), token: waitFor({ signal: "token-1" }) } },
    commands: (sim) => sim.at(10, (run) => run.signal("token-1", "early")),
    ends: { status: "completed", nodes: "ask, token completed", tookMs: 100, outputs: { token: "early" } },
    differs: "a token is a name that sender and flow agree on; Step Functions makes one up when the state begins",
  },
  {
    feature: ".waitForTaskToken, SendTaskFailure",
    given: "given a callback that reports a failure, then the state fails with its cause, and a catcher handles it",
    flow: {
      graph: "token -> fallback",
      tasks: { token: approval() },
      nodes: { token: { onFailure: "allow" }, fallback: { join: "anyFailed" } },
    },
    commands: (sim) => sim.at(10, (run) => run.reject("token", "card declined")),
    ends: { status: "completed", nodes: "token failed (rejected); fallback completed", causes: { token: "card declined" } },
  },
  {
    feature: ".waitForTaskToken with TimeoutSeconds",
    given: "given no callback in time, then the state fails with a time-out",
    flow: { graph: "token -> B", tasks: { token: waitFor({ signal: "token-1", timeoutMs: 1000 }) } },
    ends: { status: "failed", nodes: "token failed (timeout); B skipped (upstreamFailed)", tookMs: 1000 },
  },
  {
    feature: "HeartbeatSeconds",
    given: "given a worker that reports now and then, when a report is late, then the state fails at once",
    flow: {
      graph: "work",
      tasks: {
        work: async (_inputs: unknown, ctx: { waitFor(name: string, options: { timeoutMs: number }): Promise<unknown> }) => {
          for (let beat = 1; beat <= 3; beat++) await ctx.waitFor(`beat-${beat}`, { timeoutMs: 100 });
        },
      },
    },
    commands: (sim) => sim.at(90, (run) => run.signal("beat-1")).at(180, (run) => run.signal("beat-2")),
    ends: { status: "failed", nodes: "work failed (error)", tookMs: 280, causes: { work: expect.any(WaitTimeoutError) } },
    differs: "a task has no heartbeat of its own; a wait per report, each with a time limit, says the same",
  },
  {
    feature: ".waitForTaskToken in a task",
    given: "given a task that handles a refusal itself, then it goes on in the same attempt",
    flow: {
      graph: "work",
      tasks: {
        work: (_inputs: unknown, ctx: { waitFor(name: string, options: object): Promise<unknown> }) =>
          ctx.waitFor("token", { timeoutMs: 50 }).catch((error) => (error instanceof RejectedError ? "refused" : `late: ${error.name}`)),
      },
    },
    ends: { status: "completed", nodes: "work completed", outputs: { work: "late: WaitTimeoutError" }, attempts: { work: ["completed"] } },
  },
];

testCases("Step Functions", errors);
testCases("Step Functions", states);
testCases("Step Functions", callbacks);
