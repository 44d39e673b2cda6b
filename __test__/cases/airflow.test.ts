/**
 * What users of Airflow expect: every trigger rule, branches that meet again, retries, time limits, pools, mapped tasks, setup and teardown.
 * Airflow goes on with what a failure does not touch, so most of these rows run with `failFast: false`.
 */
import { approval, loop, map, waitFor } from "../../src/index.js";
import { fails, failsTimes, hangs, returns, takes } from "../../src/testing/index.js";
import { type Case, testCases } from "../support/cases.js";

/** Airflow has no fail-fast. */
const goesOn = { failFast: false };
const skipped = { condition: () => false };
/** An upstream is settled, whatever became of it: Kleene's `||` knows only once the upstream is known. */
const done = (node: string): string => `(${node}.completed || !${node}.completed)`;
const choose = (taken: string, arm: string) => ({ choice: "arm", condition: (output: unknown) => output === taken && arm === taken });
const allDoneOneSuccess = `${done("a")} && ${done("b")} && (a.completed || b.completed)`;

const triggerRules: readonly Case[] = [
  {
    feature: "all_success",
    given: "given two upstreams, when both succeed, then the task runs, and only then",
    flow: { graph: "a, b -> c", tasks: { a: takes(10), b: takes(30) } },
    ends: { status: "completed", nodes: "a, b, c completed", tookMs: 30, order: ["a", "b", "c"] },
  },
  {
    feature: "all_success",
    given: "given a chain behind a task, when the task fails, then all of the chain is blocked (`upstream_failed`)",
    flow: { graph: "a, b -> c -> d", tasks: { b: fails() }, executor: goesOn },
    ends: { status: "failed", nodes: "a completed; b failed (error); c, d skipped (upstreamFailed)", why: { d: '"b"' } },
  },
  {
    feature: "all_success",
    given: "given a skipped upstream, then the task is skipped, and so is what follows it",
    flow: { graph: "a, b -> c -> d", nodes: { b: skipped } },
    ends: { status: "completed", nodes: "a completed; b skipped (condition); c, d skipped (upstreamSkipped)" },
  },
  {
    feature: "all_success",
    given: "given a task beside the one that fails, when it goes on in Airflow, then it does here only without fail-fast",
    flow: { graph: "a, b -> c", tasks: { a: takes(50), b: takes(10, fails()) } },
    ends: { status: "failed", nodes: "b failed (error); c skipped (upstreamFailed); a cancelled", tookMs: 10 },
    differs: "fail-fast is the default: a run that has failed spends nothing more unless it is asked to (`failFast: false`)",
  },
  {
    feature: "all_failed",
    given: "given two upstreams, when both fail, then the task runs",
    flow: { graph: "a, b -> c", tasks: { a: fails(), b: fails() }, nodes: { c: { join: "allFailed" } } },
    ends: { status: "failed", nodes: "a, b failed (error); c completed" },
    differs: "the run is failed though its only leaf succeeded: see `state of the run`",
  },
  {
    feature: "all_failed",
    given: "given an upstream that is blocked itself, then it counts as failed",
    flow: { graph: "a -> b; a, b -> c", tasks: { a: fails() }, nodes: { c: { join: "allFailed" } } },
    ends: { status: "failed", nodes: "a failed (error); b skipped (upstreamFailed); c completed" },
  },
  {
    feature: "all_failed",
    given: "given two upstreams, when the first succeeds, then the task is skipped at once",
    flow: { graph: "a, b -> c -> d", tasks: { b: takes(20, fails()) }, nodes: { c: { join: "allFailed" } }, executor: goesOn },
    ends: {
      status: "failed",
      nodes: "a completed; c skipped (join); d skipped (upstreamSkipped); b failed (error)",
      log: ["0 nodeSkipped c 0 join"],
    },
    differs: "a rule is decided the moment its answer cannot change, so `c` does not wait for `b`; Airflow may look at it later",
  },
  {
    feature: "all_done",
    given: "given one upstream that fails and one that is skipped, when both are done, then the task runs",
    flow: { graph: "a, b -> c", tasks: { a: takes(20, fails()) }, nodes: { b: skipped, c: { join: "allSettled" } } },
    ends: { status: "failed", nodes: "b skipped (condition); a failed (error); c completed", tookMs: 20 },
  },
  {
    feature: "all_done_min_one_success",
    given: "given one success and a later failure, when both are done, then the task runs",
    flow: { graph: "a, b -> c", tasks: { b: takes(20, fails()) }, nodes: { c: { join: { expr: allDoneOneSuccess } } } },
    ends: { status: "failed", nodes: "a completed; b failed (error); c completed", log: ["20 nodeReady c 0"] },
  },
  {
    feature: "all_done_min_one_success",
    given: "given no success, then the task does not run",
    flow: { graph: "a, b -> c", tasks: { a: fails(), b: fails() }, nodes: { c: { join: { expr: allDoneOneSuccess } } }, executor: goesOn },
    ends: { status: "failed", nodes: "a, b failed (error); c skipped (upstreamFailed)" },
  },
  {
    feature: "all_skipped",
    given: "given two upstreams, when both are skipped, then the task runs",
    flow: { graph: "a, b -> c", nodes: { a: skipped, b: skipped, c: { join: { expr: "a.skipped && b.skipped" } } } },
    ends: { status: "completed", nodes: "a, b skipped (condition); c completed" },
  },
  {
    feature: "one_failed",
    given: "given two upstreams, when the first fails, then the task starts without waiting for the other",
    flow: { graph: "a, b -> c", tasks: { a: takes(10, fails()), b: takes(50) }, nodes: { c: { join: "anyFailed" } } },
    ends: { status: "failed", nodes: "a failed (error); c, b completed", tookMs: 50, log: ["10 nodeCompleted c 1"] },
  },
  {
    feature: "one_failed",
    given: "given upstreams that all succeed, then the task is skipped",
    flow: { graph: "a, b -> c", nodes: { c: { join: "anyFailed" } } },
    ends: { status: "completed", nodes: "a, b completed; c skipped (join)" },
  },
  {
    feature: "one_success",
    given: "given two upstreams, when the first succeeds, then the task starts, with the output of that one alone",
    flow: { graph: "a, b -> c", tasks: { b: takes(50), c: (inputs: object) => inputs }, nodes: { c: { join: "anyCompleted" } } },
    ends: { status: "completed", nodes: "a, c, b completed", log: ["0 nodeCompleted c 1"], outputs: { c: { a: "a" } } },
  },
  {
    feature: "one_success",
    given: "given two upstreams, when one fails and the other succeeds later, then the task runs",
    flow: { graph: "a, b -> c", tasks: { a: fails(), b: takes(30) }, nodes: { c: { join: "anyCompleted" } } },
    ends: { status: "failed", nodes: "a failed (error); b, c completed" },
  },
  {
    feature: "one_done",
    given: "given a skipped upstream and one that fails later, then the skip does not count and the failure does",
    flow: {
      graph: "a, b, x -> c",
      tasks: { b: takes(20, fails()), x: takes(50) },
      nodes: { a: skipped, c: { join: { expr: "a.completed || a.failed || b.completed || b.failed || x.completed || x.failed" } } },
    },
    ends: { status: "failed", nodes: "a skipped (condition); b failed (error); c, x completed", log: ["20 nodeCompleted c 1"] },
  },
  {
    feature: "none_failed",
    given: "given one upstream that succeeds and one that is skipped, then the task runs",
    flow: { graph: "a, b -> c", nodes: { b: skipped, c: { join: "noneFailed" } } },
    ends: { status: "completed", nodes: "b skipped (condition); a, c completed" },
  },
  {
    feature: "none_failed",
    given: "given upstreams that are all skipped, then the task runs",
    flow: { graph: "a, b -> c", nodes: { a: skipped, b: skipped, c: { join: "noneFailed" } } },
    ends: { status: "completed", nodes: "a, b skipped (condition); c completed" },
  },
  {
    feature: "none_failed",
    given: "given an upstream that is blocked by a failure, then the task is blocked, too",
    flow: { graph: "x -> a; a, b -> c", tasks: { x: fails() }, nodes: { c: { join: "noneFailed" } }, executor: goesOn },
    ends: { status: "failed", nodes: "x failed (error); a, c skipped (upstreamFailed); b completed" },
  },
  {
    feature: "none_failed_min_one_success",
    given: "given a branch that meets again, when one arm is taken, then the task where they meet runs",
    flow: {
      graph: "pick -> left, right -> meet",
      tasks: { pick: returns("left") },
      nodes: { meet: { join: "noneFailedOneCompleted" } },
      edges: { "pick -> left": choose("left", "left"), "pick -> right": choose("left", "right") },
    },
    ends: { status: "completed", nodes: "pick, left, meet completed; right skipped (upstreamSkipped)" },
  },
  {
    feature: "none_failed_min_one_success",
    given: "given arms that are all skipped, then the task where they meet is skipped",
    flow: { graph: "a, b -> c", nodes: { a: skipped, b: skipped, c: { join: "noneFailedOneCompleted" } } },
    ends: { status: "completed", nodes: "a, b skipped (condition); c skipped (upstreamSkipped)" },
  },
  {
    feature: "none_skipped",
    given: "given one upstream that fails and one that succeeds, then the task runs; a blocked one does not count as skipped",
    flow: {
      graph: "x -> a; a, b -> c",
      tasks: { x: fails() },
      nodes: { c: { join: { expr: "!a.skipped && !b.skipped" } } },
      executor: goesOn,
    },
    ends: { status: "failed", nodes: "x failed (error); a skipped (upstreamFailed); b, c completed" },
  },
  {
    feature: "none_skipped",
    given: "given a skipped upstream, then the task is skipped",
    flow: { graph: "a, b -> c", nodes: { a: skipped, c: { join: { expr: "!a.skipped && !b.skipped" } } } },
    ends: { status: "completed", nodes: "a skipped (condition); b completed; c skipped (upstreamSkipped)" },
  },
  {
    feature: "always",
    given: "given upstreams that the task is not to wait for, then it starts at once",
    flow: { graph: "a -> b; c", tasks: { a: takes(10) } },
    ends: { status: "completed", nodes: "c, a, b completed", log: ["0 nodeCompleted c 1"] },
    differs: "there is no such rule: an edge that nothing waits for and nothing is read through is left out",
  },
  {
    feature: "all_done_setup_success",
    given: "given a setup that succeeded, when the work fails, then the teardown runs",
    flow: {
      graph: "setup -> work; setup, work -> teardown",
      tasks: { work: fails() },
      nodes: { teardown: { join: { expr: `setup.completed && ${done("work")}` } } },
    },
    ends: { status: "failed", nodes: "setup completed; work failed (error); teardown completed" },
  },
  {
    feature: "all_done_setup_success",
    given: "given a setup that fails, then the teardown does not run",
    flow: {
      graph: "setup -> work; setup, work -> teardown",
      tasks: { setup: fails() },
      nodes: { teardown: { join: { expr: `setup.completed && ${done("work")}` } } },
    },
    ends: { status: "failed", nodes: "setup failed (error); work, teardown skipped (upstreamFailed)" },
  },
];

const flows: readonly Case[] = [
  {
    feature: "state of the run",
    given: "given a failure with a handler behind it that succeeds, when all leaves succeeded, then Airflow's run is a success",
    flow: { graph: "a -> handler", tasks: { a: fails() }, nodes: { handler: { join: "allSettled" } } },
    ends: { status: "failed", nodes: "a failed (error); handler completed" },
    differs: "a handler does not hide a failure; a node whose failure is harmless says so itself (`onFailure`), as the next row does",
  },
  {
    feature: "state of the run",
    given: "given the same with a failure that is allowed, then the run is completed",
    flow: { graph: "a -> handler", tasks: { a: fails() }, nodes: { a: { onFailure: "allow" }, handler: { join: "allSettled" } } },
    ends: { status: "completed", nodes: "a failed (error); handler completed" },
  },
  {
    feature: "BranchPythonOperator",
    given: "given arms that meet in a task with the default rule, when one is taken, then that task is skipped: the well-known trap",
    flow: {
      graph: "pick -> left, right -> meet",
      tasks: { pick: returns("right") },
      edges: { "pick -> left": choose("right", "left"), "pick -> right": choose("right", "right") },
    },
    ends: { status: "completed", nodes: "pick, right completed; left, meet skipped (upstreamSkipped)" },
  },
  {
    feature: "ShortCircuitOperator",
    given: "given a false answer, then what follows is skipped, but a task further down still goes by its own rule",
    flow: { graph: "check -> a -> b -> report", nodes: { check: skipped, report: { join: "allSettled" } } },
    ends: { status: "completed", nodes: "check skipped (condition); a, b skipped (upstreamSkipped); report completed" },
    differs:
      "Airflow's default here ignores the rules further down; Dagny always asks them, as with `ignore_downstream_trigger_rules=False`",
  },
  {
    feature: "retries",
    given: "given `retries=2` with a delay of five minutes, when the third attempt succeeds, then so does the task",
    flow: { graph: "a", tasks: { a: failsTimes(2, returns("ok")) }, nodes: { a: { retry: { maxAttempts: 3, delayMs: 300_000 } } } },
    ends: { status: "completed", nodes: "a completed", tookMs: 600_000, attempts: { a: ["error", "error", "completed"] } },
    differs: "`maxAttempts` counts the first attempt, too: one more than `retries`",
  },
  {
    feature: "retry_exponential_backoff, max_retry_delay",
    given: "given growing delays with a cap, then they double up to the cap",
    flow: {
      graph: "a",
      tasks: { a: failsTimes(4, returns("ok")) },
      nodes: { a: { retry: { maxAttempts: 5, backoff: "exponential", delayMs: 1000, maxDelayMs: 3000 } } },
    },
    ends: { status: "completed", nodes: "a completed", tookMs: 1000 + 2000 + 3000 + 3000 },
  },
  {
    feature: "AirflowFailException",
    given: "given an error that says that another attempt is no use, then there is none",
    flow: {
      graph: "a",
      tasks: { a: fails(new RangeError("bad key")) },
      nodes: { a: { retry: { maxAttempts: 5, retryOn: (error: unknown) => !(error instanceof RangeError) } } },
    },
    ends: { status: "failed", nodes: "a failed (error)", attempts: { a: ["error"] } },
  },
  {
    feature: "execution_timeout",
    given: "given an attempt that runs too long, then it is stopped and retried as a failure is",
    flow: { graph: "a", tasks: { a: hangs({ heedsSignal: true }) }, nodes: { a: { timeoutMs: 100, retry: 2 } } },
    ends: { status: "failed", nodes: "a failed (timeout)", tookMs: 200, attempts: { a: ["timeout", "timeout"] } },
  },
  {
    feature: "dagrun_timeout",
    given: "given a run that takes too long, then it fails, and what was going on is stopped",
    flow: { graph: "a -> b -> c", tasks: { b: hangs({ heedsSignal: true }) }, executor: { runTimeoutMs: 500 } },
    ends: { status: "failed", nodes: "a completed; b, c cancelled", tookMs: 500 },
    differs: "unfinished nodes are `cancelled`: Airflow calls them skipped, which here means that a rule decided so",
  },
  {
    feature: "pools",
    given: "given a pool of two slots, when three tasks need one each, then two run at a time",
    flow: {
      graph: "a, b, c",
      tasks: { a: takes(10), b: takes(10), c: takes(10) },
      nodes: { a: { resources: { db: 1 } }, b: { resources: { db: 1 } }, c: { resources: { db: 1 } } },
      executor: { pools: { db: 2 } },
    },
    ends: { status: "completed", nodes: "a, b, c completed", tookMs: 20 },
  },
  {
    feature: "priority_weight",
    given: "given one slot, then the task of the highest weight starts first, and one that it waits for as early",
    flow: { graph: "a; b; early -> urgent", nodes: { b: { priority: 1 }, urgent: { priority: 9 } }, executor: { maxWorkers: 1 } },
    ends: { status: "completed", nodes: "early, urgent, b, a completed", order: ["early", "urgent", "b", "a"] },
    differs: "a node lends its priority to what it waits for, instead of a `weight_rule` that adds weights up",
  },
  {
    feature: "max_active_tis_per_dag",
    given: "given a limit of one for a kind of task, then they run one after the other though slots are free",
    flow: {
      graph: "a, b",
      tasks: { a: takes(10), b: takes(10) },
      nodes: { a: { concurrencyKey: "export" }, b: { concurrencyKey: "export" } },
    },
    ends: { status: "completed", nodes: "a, b completed", tookMs: 20 },
  },
  {
    feature: "expand (mapped tasks)",
    given: "given a list from an upstream, then the task runs once per item, and the outputs keep the order of the items",
    flow: {
      graph: "list -> double -> sum",
      tasks: {
        list: returns([3, 1, 2]),
        double: map({ each: (item: unknown) => Number(item) * 2 }),
        sum: ({ double }: { double: number[] }) => double.join(),
      },
    },
    ends: {
      status: "completed",
      nodes: "list, double/0, double/1, double/2, double, sum completed",
      outputs: { double: [6, 2, 4], sum: "6,2,4" },
    },
  },
  {
    feature: "expand (mapped tasks)",
    given: "given an empty list, then Airflow skips the mapped task",
    flow: { graph: "list -> each -> after", tasks: { list: returns([]), each: map({ each: returns() }) } },
    ends: { status: "completed", nodes: "list, each, after completed", outputs: { each: [] } },
    differs: "a map over nothing completes with `[]`: that there was nothing to do is no reason not to go on",
  },
  {
    feature: "expand (mapped tasks)",
    given: "given an item that fails, when the others go on as in Airflow, then the task still fails for those behind it",
    flow: {
      graph: "list -> each -> after",
      tasks: {
        list: returns([1, 2, 3]),
        each: map({ each: (item: unknown, ctx) => takes(Number(item), item === 1 ? fails() : returns(item))(item, ctx) }),
      },
    },
    ends: {
      status: "failed",
      nodes: "list completed; each/0 failed (error); each/1, each/2 cancelled; each failed (error); after skipped (upstreamFailed)",
    },
    differs: "the first item that fails stops the others, unless the map has `allowFailures`",
  },
  {
    feature: "sensors",
    given: "given a sensor that pokes, when its third poke finds what it looks for, then what follows runs, and no slot was held between",
    flow: {
      graph: "sensor -> work; other",
      tasks: {
        sensor: loop({
          body: async (_inputs: unknown, ctx) => {
            await ctx.sleep(60);
            return ctx.iteration;
          },
          until: (round) => round === 3,
          limit: 10,
        }),
        other: takes(150),
      },
      executor: { maxWorkers: 1 },
    },
    ends: { status: "completed", nodes: "sensor/1, other, sensor/2, sensor/3, sensor, work completed", tookMs: 270 },
  },
  {
    feature: "sensor with soft_fail",
    given: "given a sensor that finds nothing in time, then what follows is skipped and the run completes",
    flow: {
      graph: "sensor -> work",
      tasks: { sensor: waitFor({ signal: "file", timeoutMs: 100, default: "nothing" }) },
      edges: { "sensor -> work": { condition: (found: unknown) => found !== "nothing" } },
    },
    ends: { status: "completed", nodes: "sensor completed; work skipped (upstreamSkipped)", tookMs: 100 },
    differs: "the wait completes with its default, and the edge decides: a wait does not skip itself",
  },
  {
    feature: "ApprovalOperator",
    given: "given an approval, when it is rejected, then what follows is blocked",
    flow: { graph: "plan -> sign -> act", tasks: { sign: approval() } },
    commands: (sim) => sim.at(10, (run) => run.reject("sign", "too costly")),
    ends: {
      status: "failed",
      nodes: "plan completed; sign failed (rejected); act skipped (upstreamFailed)",
      causes: { sign: "too costly" },
    },
  },
  {
    feature: "teardown",
    given: "given a teardown, when the work fails, then it runs all the same and the run stays failed",
    flow: { graph: "setup -> work -> teardown", tasks: { work: fails() }, nodes: { teardown: { finally: true } } },
    ends: { status: "failed", nodes: "setup completed; work failed (error); teardown completed" },
  },
  {
    feature: "teardown",
    given: "given a teardown that fails after work that succeeded, then Airflow's run is a success",
    flow: { graph: "work -> teardown", tasks: { teardown: fails() }, nodes: { teardown: { finally: true } } },
    ends: { status: "failed", nodes: "work completed; teardown failed (error)" },
    differs: 'a finally-node counts like any other, as with `on_failure_fail_dagrun=True`; `onFailure: "allow"` gives Airflow\'s default',
  },
];

testCases("Airflow", triggerRules);
testCases("Airflow", flows);
