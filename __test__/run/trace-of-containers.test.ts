/** Traces and profiles of runs with containers, nodes that were added, attempts that parked, delays and undo. */
import { expect, test } from "vitest";
import { type NodeState, nodeStates, type PastAttempt, type RunColumns, type TraceSource } from "../../src/run/columns.js";
import { profileOf } from "../../src/run/profile.js";
import { Trace } from "../../src/run/trace.js";
import { topologicalOrder } from "../../src/run/trace-graph.js";
import { emptyColumns } from "../support/recorded-run.js";
import { checkTrace } from "../support/trace-format.js";

/** A node of the run: `[name, state, lane (-1 none), ready, start, end, more]`. */
type Row = readonly [
  name: string,
  state: NodeState,
  lane: number,
  ready: number,
  start: number,
  end: number,
  more?: { in?: string; by?: string; attempt?: number },
];

interface Run {
  readonly base: number;
  readonly rows: readonly Row[];
  readonly edges?: readonly (readonly [string, string])[];
  readonly past?: readonly (Omit<PastAttempt, "node"> & { readonly of: string })[];
  readonly undo?: readonly {
    readonly of: string;
    readonly startedAt: number;
    readonly endedAt: number;
    readonly isOk: boolean;
  }[];
}

function sourceOf({ base, rows, edges = [], past = [], undo }: Run): TraceSource {
  const idOf = (name: string | undefined): number => rows.findIndex((row) => row[0] === name);
  const columns: RunColumns = emptyColumns(rows.length);
  for (const [id, [, state, lane, ready, start, end, more]] of rows.entries()) {
    columns.state[id] = nodeStates.indexOf(state);
    columns.lane[id] = lane;
    columns.readyAt[id] = ready;
    columns.startedAt[id] = start;
    columns.settledAt[id] = end;
    columns.attempt[id] = start < 0 ? 0 : (more?.attempt ?? 1);
  }
  const pairs = edges.map(([from, to]) => [idOf(from), idOf(to)]).sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d);
  return {
    runId: "run-1",
    graph: {
      nodeCount: rows.length,
      baseCount: base,
      nameOf: (id) => rows[id]?.[0] ?? "",
      idOf: (name) => (idOf(name) < 0 ? undefined : idOf(name)),
      order: () => Uint32Array.from({ length: base }, (_, id) => id),
      edges: () => Uint32Array.from(pairs.flat()),
      containerOf: (id) => idOf(rows[id]?.[6]?.in),
      growerOf: (id) => idOf(rows[id]?.[6]?.by),
    },
    startedAtEpochMs: 0,
    durationUs: Math.max(...rows.map((row) => row[5])),
    columns: () => columns,
    pastAttempts: () => past.map(({ of, ...row }) => ({ node: idOf(of), ...row })),
    ...(undo === undefined ? {} : { undoCalls: () => undo.map(({ of, ...call }) => ({ node: idOf(of), ...call })) }),
  };
}

/** Slices, asynchronous slices and arrows as lines; the trace is valid. */
function drawn(source: TraceSource): string[] {
  const trace = new Trace(source).toChromeTrace({ counters: false });
  expect(checkTrace(trace)).toEqual([]);
  return trace.traceEvents.flatMap((event) => {
    if (event.ph === "X") return [`${event.tid}: ${event.name} ${event.ts}+${event.dur} ${event.args.status}`];
    if (event.ph === "b") return [`${event.cat} ${event.name} from ${event.ts} ${event.args.status}`];
    if (event.ph === "e") return [`${event.cat} ${event.name} to ${event.ts}`];
    if (event.ph === "s" || event.ph === "f") return [`${event.ph} ${event.tid} ${event.ts}`];
    return [];
  });
}

const none = 0xffff_ffff;

// extract, each (a map over two items), load; the items are nodes 3 and 4.
const mapped: Run = {
  base: 3,
  rows: [
    ["extract", "completed", 0, 0, 0, 10],
    ["each", "completed", -1, 10, 10, 50],
    ["load", "completed", 0, 50, 50, 60],
    ["each/0", "completed", 0, 12, 12, 50, { in: "each" }],
    ["each/1", "completed", 1, 12, 12, 30, { in: "each" }],
  ],
  edges: [
    ["extract", "each"],
    ["each", "load"],
  ],
};

test("a container is a slice of its own, what is inside runs on lanes under its address", () => {
  expect(drawn(sourceOf(mapped))).toEqual([
    "0: extract 0+10 completed",
    "1: each/1 12+18 completed",
    "0: each/0 12+38 completed",
    "0: load 50+10 completed",
    "container each from 10 completed",
    "container each to 50",
    "s 0 49",
    "f 0 50",
  ]);
});

test("the critical path goes through the inside of a container", () => {
  const profile = profileOf(sourceOf(mapped));
  expect(profile.criticalPath).toMatchObject({
    path: ["extract", "each/0", "load"],
    durationMs: 0.06,
    workMs: 0.058,
    delayMs: 0.002,
    dispatchMs: 0,
  });
  expect(profile.criticalPath.steps.map(({ name, after, delayMs }) => [name, after, delayMs])).toEqual([
    ["extract", "start", 0],
    ["each/0", "upstream", 0.002],
    ["load", "upstream", 0],
  ]);
  expect(profile.workMs).toBe(0.076);
  expect(profile.waiting.totalMs).toBe(0);
  expect(profile.get("each/1")).toMatchObject({ slackMs: 0.02, onCriticalPath: false, workMs: 0.018 });
  expect(profile.get("each")).toMatchObject({ workMs: 0, lostMs: 0, status: "completed" });
});

test("what a node added comes after it", () => {
  const source = sourceOf({
    base: 2,
    rows: [
      ["plan", "completed", 0, 0, 0, 10],
      ["report", "completed", 0, 30, 30, 40],
      ["part", "completed", 0, 10, 10, 30, { by: "plan" }],
    ],
    edges: [
      ["plan", "report"],
      ["part", "report"],
    ],
  });
  expect([...topologicalOrder(source.graph)]).toEqual([0, 2, 1]);
  expect(profileOf(source).criticalPath.path).toEqual(["plan", "part", "report"]);
});

test("containers within containers come in an order that respects all of it", () => {
  const source = sourceOf({
    base: 2,
    rows: [
      ["outer", "completed", -1, 0, 0, 30],
      ["after", "completed", 0, 30, 30, 30],
      ["outer/a", "completed", -1, 0, 0, 20, { in: "outer" }],
      ["outer/b", "completed", 0, 20, 20, 30, { in: "outer" }],
      ["outer/a/0", "completed", 0, 0, 0, 20, { in: "outer/a" }],
    ],
    edges: [
      ["outer", "after"],
      ["outer/a", "outer/b"],
    ],
  });
  expect([...topologicalOrder(source.graph)]).toEqual([0, 2, 4, 3, 1]);
  expect(profileOf(source).criticalPath.path).toEqual(["outer/a/0", "outer/b", "after"]);
});

test("an attempt that parked has a slice for each stretch, its wait between them, and all of it is work", () => {
  const source = sourceOf({
    base: 2,
    rows: [
      ["ask", "completed", 1, 80, 85, 100],
      ["other", "completed", 0, 10, 10, 70],
    ],
    past: [{ of: "ask", attempt: 1, reason: 0, lane: 0, startedAt: 0, endedAt: 10 }],
  });
  expect(drawn(source)).toEqual([
    "0: ask 0+10 parked",
    "0: other 10+60 completed",
    "1: ask 85+15 completed",
    "wait ask from 10 parked",
    "wait ask to 85",
  ]);
  const profile = profileOf(source);
  expect(profile.get("ask")).toMatchObject({ workMs: 0.025, lostMs: 0, waitedMs: 0.005 });
  expect(profile.criticalPath.steps.map(({ outcome, delayMs, dispatchMs }) => [outcome, delayMs, dispatchMs])).toEqual([
    ["parked", 0, 0],
    ["completed", 0.07, 0.005],
  ]);
});

test("an attempt that parked and failed, then one that was cancelled while parked", () => {
  const source = sourceOf({
    base: 1,
    rows: [["a", "cancelled", 0, 20, 20, 50, { attempt: 2 }]],
    past: [
      { of: "a", attempt: 1, lane: 0, startedAt: 0, endedAt: 5, reason: 0 },
      { of: "a", attempt: 1, lane: 0, startedAt: 10, endedAt: 15, reason: 1 },
      { of: "a", attempt: 2, lane: 0, startedAt: 20, endedAt: 30, reason: 0 },
    ],
  });
  expect(drawn(source)).toEqual(["0: a 0+5 parked", "0: a 10+5 retried", "0: a 20+10 parked", "wait a from 5 parked", "wait a to 10"]);
  expect(profileOf(source).lostMs).toBe(0.02);
});

test("a container that was tried again, a wait node, and undo", () => {
  const source = sourceOf({
    base: 2,
    rows: [
      ["sub", "failed", -1, 20, 20, 40, { attempt: 2 }],
      ["gate", "cancelled", none | 0, 0, 0, 40],
      ["sub/x", "failed", 0, 0, 0, 10, { in: "sub" }],
      ["sub/x", "failed", 0, 20, 20, 40, { in: "sub" }],
    ],
    past: [{ of: "sub", attempt: 1, lane: none, startedAt: 0, endedAt: 10, reason: 1 }],
    undo: [{ of: "sub/x", startedAt: 40, endedAt: 44, isOk: false }],
  });
  expect(drawn(source)).toEqual([
    "0: sub/x 0+10 failed",
    "0: sub/x 20+20 failed",
    "container sub from 0 retried",
    "container sub to 10",
    "container sub from 20 failed",
    "container sub to 40",
    "wait gate from 0 cancelled",
    "wait gate to 40",
    "undo sub/x from 40 failed",
    "undo sub/x to 44",
  ]);
});

test("a retry's delay is not waiting for a slot", () => {
  const source = sourceOf({
    base: 1,
    rows: [["a", "completed", 0, 900, 901, 1000, { attempt: 2 }]],
    past: [{ of: "a", attempt: 1, lane: 0, startedAt: 0, endedAt: 100, reason: 1 }],
  });
  const { criticalPath, waiting } = profileOf(source);
  expect(waiting).toEqual({ totalMs: 0.001, slotMs: 0, threadMs: 0, dispatchMs: 0.001 });
  expect(criticalPath).toMatchObject({ durationMs: 1, workMs: 0.099, lostMs: 0.1, delayMs: 0.8, dispatchMs: 0.001 });
});
