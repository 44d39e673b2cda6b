/**
 * What users of Argo Workflows expect of a DAG template: `depends` with the states of tasks, `target`, `failFast`, `continueOn`, items and
 * their aggregates, retries, limits on parallelism, suspended steps and exit handlers.
 */
import { approval, DAG, loop, map, sleep, subDag } from "../../src/index.js";
import { fails, failsTimes, hangs, returns, takes } from "../../src/testing/index.js";
import { type Case, testCases } from "../support/cases.js";

/** A bare name in `depends` means that the task succeeded or was skipped. */
const ok = (name: string): string => `(${JSON.stringify(name)}.completed || ${JSON.stringify(name)}.skipped)`;
const join = (expr: string) => ({ join: { expr } });
const targets = "A -> B, C; B, C -> D; C -> E";
const skipped = { condition: () => false };
const outcomes = returns([
  { status: "completed", result: 1 },
  { status: "failed", error: "no" },
]);
const anySucceeded = (items: unknown) => Array.isArray(items) && items.some(({ status }) => status === "completed");
const allFailed = (items: unknown) => Array.isArray(items) && items.every(({ status }) => status === "failed");
const twoSteps = DAG.builder().task("first", takes(10)).task("second", ["first"], takes(10)).build();
const brokenInside = DAG.builder().task("x", fails()).task("y", ["x"], returns()).build();
const someFail = (item: unknown) => {
  if (item === "bad") throw new Error("bad item");
  return item;
};

const depends: readonly Case[] = [
  {
    feature: "dag-enhanced-depends.yaml",
    given:
      "given its diamond in which C fails, then the three that should execute do, the one that should not does not, and the workflow fails",
    flow: {
      graph:
        "A -> B; A -> C; A, C -> should-execute-1; B, C -> should-execute-2; B, C -> should-not-execute; " +
        "should-execute-2, should-not-execute -> should-execute-3",
      tasks: { C: fails() },
      nodes: {
        "should-execute-1": join(`${ok("A")} && (C.completed || C.failed)`),
        "should-execute-2": join(`${ok("B")} || ${ok("C")}`),
        "should-not-execute": join(`${ok("B")} && ${ok("C")}`),
        "should-execute-3": join(`"should-execute-2".completed || ${ok("should-not-execute")}`),
      },
    },
    ends: {
      status: "failed",
      nodes:
        "A, B, should-execute-1, should-execute-2, should-execute-3 completed; C failed (error); should-not-execute skipped (upstreamFailed)",
    },
  },
  {
    feature: "dependencies",
    given: "given a diamond, then both arms run side by side and the last task once both have succeeded",
    flow: { graph: "A -> B, C -> D", tasks: { B: takes(10), C: takes(30) } },
    ends: { status: "completed", nodes: "A, B, C, D completed", tookMs: 30, order: ["A", "B", "C", "D"] },
  },
  {
    feature: "depends: A, with A skipped by `when`",
    given: "given a skipped task, when another depends on it by its bare name, then that one runs",
    flow: { graph: "A -> B", nodes: { A: skipped, B: join(ok("A")) } },
    ends: { status: "completed", nodes: "A skipped (condition); B completed" },
  },
  {
    feature: "depends: A, with A skipped by `when`",
    given: "given the default rule, then a skip cascades",
    flow: { graph: "A -> B", nodes: { A: skipped } },
    ends: { status: "completed", nodes: "A skipped (condition); B skipped (upstreamSkipped)" },
    differs: "`allCompleted` wants an upstream that ran: a task is never called without an input it takes; `ok(A)` above says Argo's rule",
  },
  {
    feature: "depends: A.Succeeded",
    given: "given a skipped task, then what wants its success does not run",
    flow: { graph: "A -> B", nodes: { A: skipped, B: join("A.completed") } },
    ends: { status: "completed", nodes: "A skipped (condition); B skipped (upstreamSkipped)" },
  },
  {
    feature: "depends: A.Failed",
    given: "given a task that fails, then its handler runs, and the workflow fails all the same",
    flow: { graph: "A -> handler", tasks: { A: fails() }, nodes: { handler: join("A.failed") } },
    ends: { status: "failed", nodes: "A failed (error); handler completed" },
  },
  {
    feature: "depends: A.Failed",
    given: "given a task that succeeds, then its handler is omitted",
    flow: { graph: "A -> handler", nodes: { handler: join("A.failed") } },
    ends: { status: "completed", nodes: "A completed; handler skipped (join)" },
  },
  {
    feature: "depends: A.Errored",
    given: "given a task that ends by its time limit, then `failed` sees it",
    flow: { graph: "A -> handler", tasks: { A: hangs({ heedsSignal: true }) }, nodes: { A: { timeoutMs: 5 }, handler: join("A.failed") } },
    ends: { status: "failed", nodes: "A failed (timeout); handler completed" },
    differs: "there is one state `failed`, with a reason; no second state for what the platform did wrong",
  },
  {
    feature: "depends: A.Skipped",
    given: "given a task whose `when` is false, then the one that stands in for it runs",
    flow: { graph: "A -> instead", nodes: { A: skipped, instead: join("A.skipped") } },
    ends: { status: "completed", nodes: "A skipped (condition); instead completed" },
  },
  {
    feature: "depends: A.Omitted",
    given: "given a task that did not run since its own upstream failed, then `blocked` sees it, and `skipped` does not",
    flow: {
      graph: "X -> A -> told, missed",
      tasks: { X: fails() },
      nodes: { told: join("A.blocked"), missed: join("A.skipped") },
    },
    ends: { status: "failed", nodes: "X failed (error); A skipped (upstreamFailed); told completed; missed skipped (join)" },
    differs: "omitted is split by its cause: `blocked` behind a failure, `skipped` otherwise",
  },
  {
    feature: "depends with &&, || and !",
    given: "given operators without parentheses, then `!` binds tighter than `&&`, and `&&` than `||`",
    flow: { graph: "A, B, C -> D", tasks: { B: fails() }, nodes: { C: skipped, D: join("A.completed || B.completed && !C.skipped") } },
    ends: { status: "failed", nodes: "A, D completed; B failed (error); C skipped (condition)" },
  },
  {
    feature: "depends over withItems: AnySucceeded",
    given: "given items of which one succeeds, then what depends on any of them runs",
    flow: {
      graph: "list -> each -> any",
      tasks: { list: returns(["bad", "good"]), each: map({ each: someFail, allowFailures: true }) },
      edges: { "each -> any": { condition: anySucceeded } },
    },
    ends: { status: "completed", nodes: "list completed; each/0 failed (error); each/1, each, any completed" },
    differs: "a condition on the map's list of outcomes: any question may be asked of it, and allowed failures do not fail the run",
  },
  {
    feature: "depends over withItems: AllFailed",
    given: "given items of which one succeeds, then what depends on all of them failing is omitted",
    flow: { graph: "each -> all", tasks: { each: outcomes }, edges: { "each -> all": { condition: allFailed } } },
    ends: { status: "completed", nodes: "each completed; all skipped (upstreamSkipped)" },
  },
];

const templates: readonly Case[] = [
  {
    feature: "dag-targets.yaml, target: E",
    given: "given one target, then it and what it depends on run, and nothing else is part of the run",
    flow: { graph: targets, run: { targets: ["E"] } },
    ends: { status: "completed", nodes: "A, C, E completed" },
  },
  {
    feature: "dag-targets.yaml, target: B E",
    given: "given two targets, then the tasks of both run",
    flow: { graph: targets, run: { targets: ["B", "E"] } },
    ends: { status: "completed", nodes: "A, B, C, E completed" },
  },
  {
    feature: "failFast: true",
    given: "given a task that fails, then nothing new is started, and what runs is left to end",
    flow: { graph: "A; B; C -> D", tasks: { A: takes(10, fails()), B: takes(30), C: takes(20) }, executor: { abortRunning: false } },
    ends: { status: "failed", nodes: "A failed (error); B, C completed; D skipped (failFast)", tookMs: 30 },
  },
  {
    feature: "failFast: true",
    given: "given the same with the default, then what runs is told to stop",
    flow: { graph: "A; B; C -> D", tasks: { A: takes(10, fails()), B: takes(30), C: takes(20) } },
    ends: { status: "failed", nodes: "A failed (error); B, C cancelled; D skipped (failFast)", tookMs: 10 },
    differs: "work for a run that has failed is aborted; `abortRunning: false` is Argo's way",
  },
  {
    feature: "failFast: false",
    given: "given two branches, when one fails, then the other goes on to its end",
    flow: { graph: "A -> B, C; B -> D; C -> E", tasks: { C: fails() }, executor: { failFast: false } },
    ends: { status: "failed", nodes: "A, B, D completed; C failed (error); E skipped (upstreamFailed)" },
  },
  {
    feature: "continueOn: { failed: true }",
    given: "given a task whose failure is to be ignored, then its dependents run and the workflow succeeds",
    flow: {
      graph: "A -> B -> C",
      tasks: { B: fails(), C: ({ B }: { B?: unknown }) => `B gave ${B}` },
      nodes: { B: { onFailure: "continue" } },
    },
    ends: { status: "completed", nodes: "A, C completed; B failed (error)", outputs: { C: "B gave undefined" } },
  },
  {
    feature: "withItems, withParam",
    given: "given items made by a task, then one task runs for each, and their results come in the order of the items",
    flow: {
      graph: "gen -> each",
      tasks: { gen: returns([30, 10, 20]), each: map({ each: (ms: unknown, ctx) => takes(Number(ms), returns(ctx.index))(ms, ctx) }) },
    },
    ends: { status: "completed", nodes: "gen, each/0, each/1, each/2, each completed", tookMs: 30, outputs: { each: [0, 1, 2] } },
  },
  {
    feature: "parallelism of a nested DAG",
    given: "given nested DAGs of two tasks per item and a parallelism of one, then one of them runs at a time",
    flow: {
      graph: "gen -> each",
      tasks: { gen: returns(["a", "b"]), each: map({ each: twoSteps, concurrency: 1 }) },
    },
    ends: {
      status: "completed",
      nodes: "gen, each/0, each/0/first, each/0/second, each/1, each/1/first, each/1/second, each completed",
      tookMs: 40,
      outputs: { each: [{ second: undefined }, { second: undefined }] },
    },
  },
  {
    feature: "retryStrategy: { limit: 2 }",
    given: "given a limit of two retries, when the task fails three times, then it has failed",
    flow: { graph: "A -> B", tasks: { A: failsTimes(3) }, nodes: { A: { retry: 3 } } },
    ends: { status: "failed", nodes: "A failed (error); B skipped (upstreamFailed)", attempts: { A: ["error", "error", "error"] } },
    differs: "`maxAttempts` is the total: the limit of retries and one",
  },
  {
    feature: "retryStrategy.backoff with maxDuration",
    given: "given growing delays and a longest time in all, when the next attempt would begin after it, then the last error is final",
    flow: {
      graph: "A",
      tasks: { A: fails() },
      nodes: { A: { retry: { maxAttempts: 10, backoff: "exponential", delayMs: 10, factor: 2 }, nodeTimeoutMs: 60 } },
    },
    ends: { status: "failed", nodes: "A failed (error)", tookMs: 30, attempts: { A: ["error", "error", "error"] } },
  },
  {
    feature: "retryStrategy.retryPolicy: OnError",
    given: "given errors with codes, then only those that are named are retried",
    flow: {
      graph: "A",
      tasks: { A: fails(Object.assign(new Error("denied"), { code: "EACCES" })) },
      nodes: { A: { retry: { maxAttempts: 5, retryOn: ["ECONNRESET", "ETIMEDOUT"] } } },
    },
    ends: { status: "failed", nodes: "A failed (error)", attempts: { A: ["error"] } },
  },
  {
    feature: "activeDeadlineSeconds of the workflow",
    given:
      "given a deadline for the workflow, when it passes, then what is unfinished is stopped, the workflow fails, and its exit handler runs",
    flow: {
      graph: "A -> B; exit",
      tasks: { A: hangs({ heedsSignal: true }) },
      nodes: { exit: { finally: true } },
      executor: { runTimeoutMs: 100 },
    },
    ends: { status: "failed", nodes: "A, B cancelled; exit completed", tookMs: 100 },
  },
  {
    feature: "onExit",
    given: "given an exit handler, when a task fails, then it runs last, and sees who did it in its inputs only where they succeeded",
    flow: {
      graph: "A, B -> exit",
      tasks: { B: fails(), exit: (inputs: object) => Object.keys(inputs) },
      nodes: { exit: { finally: true } },
      executor: { failFast: false },
    },
    ends: { status: "failed", nodes: "A, exit completed; B failed (error)", outputs: { exit: ["A"] } },
  },
  {
    feature: "suspend with a duration",
    given: "given a suspended step with a duration, then the workflow goes on after it, and nothing is held meanwhile",
    flow: { graph: "A -> pause -> B; C", tasks: { pause: sleep(60_000), C: takes(60_000) }, executor: { maxWorkers: 1 } },
    ends: { status: "completed", nodes: "A, pause, B, C completed", tookMs: 60_000 },
  },
  {
    feature: "suspend, and resume",
    given: "given a suspended step, when somebody lets it go on with a value, then its dependents get the value",
    flow: { graph: "A -> gate -> B", tasks: { gate: approval(), B: ({ gate }: { gate: unknown }) => gate } },
    commands: (sim) => sim.at(500, (run) => run.approve("gate", "ship it")),
    ends: { status: "completed", nodes: "A, gate, B completed", tookMs: 500, outputs: { B: "ship it" } },
  },
  {
    feature: "synchronization: semaphore",
    given: "given a semaphore of two, when three tasks want it, then the third one waits",
    flow: {
      graph: "A, B, C",
      tasks: { A: takes(10), B: takes(10), C: takes(10) },
      nodes: Object.fromEntries(["A", "B", "C"].map((name) => [name, { concurrencyKey: { key: "gpu", limit: 2 } }])),
    },
    ends: { status: "completed", nodes: "A, B, C completed", tookMs: 20 },
  },
  {
    feature: "recursion (coinflip)",
    given: "given a template that calls itself until heads come up, then a bounded loop does the same",
    flow: {
      graph: "flip -> done",
      tasks: {
        flip: loop({
          body: (_inputs: unknown, ctx) => (ctx.iteration < 3 ? "tails" : "heads"),
          until: (side) => side === "heads",
          limit: 5,
        }),
      },
    },
    ends: { status: "completed", nodes: "flip/1, flip/2, flip/3, flip, done completed", outputs: { flip: "heads" } },
  },
  {
    feature: "recursion (coinflip)",
    given: "given a coin that never shows heads, then Argo goes on for ever",
    flow: { graph: "flip -> done", tasks: { flip: loop({ body: () => "tails", until: () => false, limit: 2 }) } },
    ends: { status: "failed", nodes: "flip/1, flip/2 completed; flip failed (limit); done skipped (upstreamFailed)" },
    differs: "a loop has a limit, and reaching it fails the node",
  },
  {
    feature: "memoize",
    given: "given a recorded output, then the task is not run and counts as succeeded",
    flow: { graph: "A -> B", tasks: { A: fails("must not run") }, nodes: { A: { cached: () => ({ value: "from the cache" }) } } },
    ends: { status: "completed", nodes: "A, B completed", outputs: { A: "from the cache" }, order: ["B"] },
  },
  {
    feature: "nested DAG",
    given: "given a nested DAG in which a task fails, then its dependents do not run, and the outer task fails",
    flow: { graph: "A -> inner -> B", tasks: { inner: subDag(brokenInside) } },
    ends: {
      status: "failed",
      nodes: "A completed; inner/x failed (error); inner/y skipped (upstreamFailed); inner failed (error); B skipped (upstreamFailed)",
    },
  },
];

testCases("Argo", depends);
testCases("Argo", templates);
