/** What users of dagron expect, an engine for Python on a Rust core: tasks by node name, fail-fast, time limits, cancelling, recomputing. */
import { expect, test } from "vitest";
import { DAG, DAGExecutor, DuplicateNodeError, MissingTaskError, UnknownTaskError } from "../../src/index.js";
import { fails, hangs, returns, takes } from "../../src/testing/index.js";
import { type Case, testCases } from "../support/cases.js";
import { graphOf } from "../support/graph-text.js";

const etl = "extract -> transform -> load";

const cases: readonly Case[] = [
  {
    feature: "DAGExecutor.execute",
    given: "given callables by node name, then they run in dependency order, and each result is in the report",
    flow: { graph: etl, tasks: { extract: returns([1, 2]), transform: ({ extract }: { extract: number[] }) => extract.length } },
    ends: { status: "completed", nodes: "extract, transform, load completed", outputs: { extract: [1, 2], transform: 2, load: "load" } },
    differs: "a task is given the outputs of its upstreams; dagron's callables take nothing and share what they close over",
  },
  {
    feature: "max_workers",
    given: "given two workers, when three roots take ten milliseconds each, then two run at a time",
    flow: { graph: "a, b, c", tasks: { a: takes(10), b: takes(10), c: takes(10) }, executor: { maxWorkers: 2 } },
    ends: { status: "completed", nodes: "a, b, c completed", tookMs: 20 },
  },
  {
    feature: "AsyncDAGExecutor",
    given: "given asynchronous tasks that fetch two things, then they overlap, and what merges them runs after both",
    flow: { graph: "users, orders -> merge", tasks: { users: takes(30), orders: takes(20) } },
    ends: { status: "completed", nodes: "orders, users, merge completed", tookMs: 30 },
    differs: "there is one executor: synchronous and asynchronous tasks mix",
  },
  {
    feature: "fail_fast=True",
    given: "given a task that fails, then nothing that has not begun is begun",
    flow: { graph: "a; b -> c", tasks: { a: takes(5, fails()), b: takes(20) } },
    ends: { status: "failed", nodes: "a failed (error); b cancelled; c skipped (failFast)", tookMs: 5 },
    differs: "what is running is told to stop, too; `abortRunning: false` lets it end",
  },
  {
    feature: "fail_fast=False",
    given: "given a task that fails, then only what depends on it is left out",
    flow: { graph: "a -> x; b -> c", tasks: { a: takes(5, fails()), b: takes(20) }, executor: { failFast: false } },
    ends: { status: "failed", nodes: "a failed (error); x skipped (upstreamFailed); b, c completed", tookMs: 20 },
  },
  {
    feature: "per-node timeouts",
    given: "given a limit for one node, when it takes longer, then it has timed out and what depends on it does not run",
    flow: { graph: etl, tasks: { transform: hangs({ heedsSignal: true }) }, nodes: { transform: { timeoutMs: 50 } } },
    ends: { status: "failed", nodes: "extract completed; transform failed (timeout); load skipped (upstreamFailed)", tookMs: 50 },
    differs: "a node that timed out is `failed`, with reason `timeout`; it has no state of its own",
  },
  {
    feature: "cancellation",
    given: "given a run that is cancelled in its middle, then what had completed keeps its result, and the rest is cancelled",
    flow: { graph: etl, tasks: { transform: takes(100) } },
    commands: (sim) => sim.at(30, (run) => run.cancel()),
    ends: { status: "cancelled", nodes: "extract completed; transform, load cancelled", tookMs: 30, outputs: { extract: "extract" } },
  },
  {
    feature: "on_start, on_complete, on_error",
    given: "given a listener, then it hears of every start, success and failure, in order",
    flow: { graph: "a -> b", tasks: { b: fails() } },
    ends: {
      status: "failed",
      nodes: "a completed; b failed (error)",
      log: ["0 nodeStarted a 1", "0 nodeCompleted a 1", "0 nodeStarted b 1", "0 nodeFailed b 1 error"],
    },
    differs: "one subscription to events in the place of three callbacks",
  },
  {
    feature: "IncrementalExecutor",
    given: "given results from before and one node that has changed, then it and what depends on it run again, and nothing else",
    flow: {
      graph: "a -> b; x -> c; b, c -> d",
      tasks: { a: fails("must not run"), x: fails("must not run"), c: fails("must not run"), b: returns("new") },
      run: { from: ["b"], values: { a: 1, c: 2 } },
    },
    ends: { status: "completed", nodes: "a, c, b, d completed", order: ["b", "d"] },
  },
  {
    feature: "early cutoff",
    given: "given an output that is what it was, then what depends on it is filtered out",
    flow: { graph: "a -> b -> c", tasks: { a: returns("same") }, edges: { "a -> b": { filter: (output: unknown) => output !== "same" } } },
    ends: { status: "completed", nodes: "a completed; b, c filtered" },
    differs: "the edge says what a change is",
  },
];

testCases("dagron", cases);

test("dagron, missing tasks: given a node without a callable, then nothing starts, and the error names it [differs: dagron passes over it]", async () => {
  const calls: string[] = [];
  const run = new DAGExecutor(graphOf(etl)).execute({ extract: () => calls.push("extract"), transform: () => calls.push("transform") });
  const error = await run.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MissingTaskError);
  expect(String(error)).toContain('"load"');
  expect(calls).toEqual([]);
});

test("dagron, unknown tasks: given a callable for no node, then the error names it and the nearest node", async () => {
  const run = new DAGExecutor(graphOf(etl)).execute({ extract: returns(), transform: returns(), load: returns(), extrct: returns() });
  const error = await run.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UnknownTaskError);
  expect(String(error)).toContain('"extract"');
});

test("dagron, DAGBuilder: given a name twice, then the graph is refused", () => {
  expect(() => DAG.builder().addNode("a").addNode("a").build()).toThrow(DuplicateNodeError);
});
