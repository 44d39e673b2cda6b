/** Traces and profiles of real runs: what they must have whatever the times were. */
import { DAG, DAGExecutor, type ExecutorOptions, type RunOptions } from "dagny";
import { describe, expect, test } from "vitest";
import type { TraceEvent } from "../../src/run/trace.js";
import { checkTrace } from "../support/trace-format.js";

type Task = (inputs: unknown, context: { readonly attempt: number; readonly signal: AbortSignal }) => unknown;

const fails: Task = () => Promise.reject(new Error("as planned"));
const succeeds: Task = () => "done";
const later: Task = async () => "done";
/** Runs until it is told to stop. */
const endless: Task = (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

/** Slices with how they ended, instants and arrows by name, each sorted. */
function shape(events: readonly TraceEvent[], edges: readonly string[]) {
  return {
    slices: events.flatMap((e) => (e.ph === "X" ? `${e.name}#${e.args.attempt} ${e.args.status}` : [])).sort(),
    instants: events.flatMap((e) => (e.ph === "i" ? `${e.name} ${e.args.status} ${e.args.reason ?? ""}`.trim() : [])).sort(),
    arrows: events.flatMap((e) => (e.ph === "s" ? (edges[e.id - 1] ?? "?") : [])).sort(),
  };
}

interface Case {
  readonly about: string;
  /** Nodes with what they need, upstreams first. */
  readonly graph: Readonly<Record<string, readonly string[]>>;
  readonly tasks: Readonly<Record<string, Task>>;
  readonly options?: ExecutorOptions;
  readonly run?: RunOptions;
  readonly slices: readonly string[];
  readonly instants?: readonly string[];
  readonly arrows?: readonly string[];
}

const cases: readonly Case[] = [
  {
    about: "a diamond of synchronous tasks",
    graph: { a: [], b: ["a"], c: ["a"], d: ["b", "c"] },
    tasks: { a: succeeds, b: succeeds, c: succeeds, d: succeeds },
    slices: ["a#1 completed", "b#1 completed", "c#1 completed", "d#1 completed"],
    arrows: ["a->b", "a->c", "b->d", "c->d"],
  },
  {
    about: "asynchronous ones on one slot",
    graph: { a: [], b: ["a"], c: ["a"], d: ["b", "c"] },
    tasks: { a: later, b: later, c: later, d: later },
    options: { maxWorkers: 1 },
    slices: ["a#1 completed", "b#1 completed", "c#1 completed", "d#1 completed"],
    arrows: ["a->b", "a->c", "b->d", "c->d"],
  },
  {
    about: "retries",
    graph: { a: [], b: ["a"] },
    tasks: { a: (inputs, context) => (context.attempt < 3 ? fails(inputs, context) : "done"), b: succeeds },
    options: { retry: 3 },
    slices: ["a#1 retried", "a#2 retried", "a#3 completed", "b#1 completed"],
    arrows: ["a->b"],
  },
  {
    about: "a failure that blocks, others going on",
    graph: { a: [], b: ["a"], c: ["b"], d: [] },
    tasks: { a: fails, b: succeeds, c: succeeds, d: later },
    options: { failFast: false },
    slices: ["a#1 failed", "d#1 completed"],
    instants: ["b skipped upstreamFailed", "c skipped upstreamFailed"],
  },
  {
    about: "a failure that stops the run",
    graph: { a: [], b: ["a"], c: [], d: ["c"] },
    tasks: { a: fails, b: succeeds, c: endless, d: succeeds },
    options: { maxWorkers: 2 },
    slices: ["a#1 failed", "c#1 cancelled"],
    instants: ["b skipped upstreamFailed", "c cancelled", "d skipped failFast"],
  },
  {
    about: "a timeout",
    graph: { a: [], b: ["a"] },
    tasks: { a: endless, b: succeeds },
    options: { timeoutMs: 1, retry: 2 },
    slices: ["a#1 retried", "a#2 failed"],
    instants: ["b skipped upstreamFailed"],
  },
  {
    about: "cancelled before it began",
    graph: { a: [], b: ["a"] },
    tasks: { a: succeeds, b: succeeds },
    run: { signal: AbortSignal.abort() },
    slices: [],
    instants: ["a cancelled", "b cancelled"],
  },
];

describe("the trace and the profile of a run", () => {
  test.each(cases)("$about", async ({ graph, tasks, options, run = {}, slices, instants = [], arrows = [] }) => {
    const names = Object.keys(graph);
    const needs = names.flatMap((to) => (graph[to] ?? []).map((from): [string, string] => [from, to]));
    const dag: DAG = DAG.builder().addNodes(names).addEdges(needs).build();
    const edges = needs
      .sort(([a, b], [c, d]) => names.indexOf(a) - names.indexOf(c) || names.indexOf(b) - names.indexOf(d))
      .map(([from, to]) => `${from}->${to}`);

    const result = await new DAGExecutor(dag, { maxWorkers: 4, ...options }).execute(tasks, run);

    const trace = result.trace.toChromeTrace();
    expect(checkTrace(trace)).toEqual([]);
    expect(shape(trace.traceEvents, edges)).toEqual({ slices, instants, arrows });

    const profile = result.profile();
    expect(profile.durationMs).toBe(result.durationMs);
    expect(profile.criticalPath.durationMs).toBeLessThanOrEqual(result.durationMs);
    for (const node of profile.nodes()) {
      if (node.status !== "completed") expect(node.workMs).toBe(0);
      expect(node.slackMs ?? 0).toBeGreaterThanOrEqual(0);
    }
    expect(profile.bottlenecks.filter(({ name }) => result.get(name).status !== "completed")).toEqual([]);
  });
});
