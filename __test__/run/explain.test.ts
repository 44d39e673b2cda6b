/** One sentence for each node that did not complete, naming the root cause. */
import { describe, expect, test } from "vitest";
import type { NodeState, Reason } from "../../src/run/columns.js";
import { Explainer, type ExplainSource } from "../../src/run/explain.js";

/** A node of a run as a line: `name <- upstreams: state reason, attempts, at time: error`. */
interface Row {
  readonly name: string;
  readonly state: NodeState;
  readonly reason?: Reason;
  readonly upstreams?: readonly string[];
  readonly error?: unknown;
  readonly attempt?: number;
  readonly at?: number;
  readonly join?: string;
  readonly timeoutMs?: number;
  readonly isForgiven?: boolean;
  readonly isCancelRequested?: boolean;
}

const blocked = (name: string, ...upstreams: string[]): Row => ({
  name,
  state: "skipped",
  reason: "upstreamFailed",
  upstreams,
  attempt: 0,
  at: 1,
});
const done = (name: string, ...upstreams: string[]): Row => ({ name, state: "completed", upstreams });
const broken = (name: string, error: unknown = new Error("ENOENT: no such file"), more: Partial<Row> = {}): Row => {
  return { name, state: "failed", reason: "error", error, at: 1, ...more };
};

/** Names with a slash are inside the container before it. */
function explained(rows: readonly Row[], node: string, end: Partial<ExplainSource> = {}): string | undefined {
  const idOf = new Map(rows.map(({ name }, id) => [name, id]));
  const row = (id: number): Row => rows[id] ?? rows[0] ?? done("?");
  const containerOf = (id: number): number | undefined => idOf.get(row(id).name.split("/").slice(0, -1).join("/"));
  const ids = rows.map((_, id) => id);
  const source: ExplainSource = {
    nameOf: (id) => row(id).name,
    stateOf: (id) => row(id).state,
    reasonOf: (id) => row(id).reason,
    attemptOf: (id) => row(id).attempt ?? 1,
    settledAt: (id) => row(id).at ?? 0,
    upstreamsOf: (id) => (row(id).upstreams ?? []).map((name) => idOf.get(name) ?? -1),
    containerOf,
    insideOf: (id) => ids.filter((inner) => containerOf(inner) === id),
    errorOf: (id) => row(id).error,
    timeoutOf: (id) => row(id).timeoutMs,
    joinOf: (id) => row(id).join,
    isForgiven: (id) => row(id).isForgiven ?? false,
    isCancelRequested: (id) => row(id).isCancelRequested ?? false,
    failed: ids.filter((id) => row(id).state === "failed").sort((a, b) => (row(a).at ?? 0) - (row(b).at ?? 0)),
    cancel: undefined,
    isOutOfTime: false,
    ...end,
  };
  return new Explainer(source).explain(idOf.get(node) ?? -1);
}

const cases: readonly { it: string; rows: readonly Row[]; node: string; says: string | undefined; end?: Partial<ExplainSource> }[] = [
  { it: "says nothing of what completed", rows: [done("a")], node: "a", says: undefined },
  { it: "nor of what has not settled", rows: [{ name: "a", state: "running" }], node: "a", says: undefined },
  { it: "names the node that failed", rows: [broken("extract")], node: "extract", says: '"extract" failed: ENOENT: no such file' },
  { it: "and the attempt", rows: [broken("a", "nope", { attempt: 3 })], node: "a", says: '"a" failed in attempt 3: nope' },
  {
    it: "a predicate that threw",
    rows: [broken("a", new Error("no field"), { attempt: 0 })],
    node: "a",
    says: '"a" failed before its first attempt: no field',
  },
  {
    it: "a timeout",
    rows: [broken("a", undefined, { reason: "timeout", error: undefined, timeoutMs: 50, attempt: 2 })],
    node: "a",
    says: '"a" ran out of time (50 ms) in attempt 2',
  },
  { it: "a rejection", rows: [broken("ok?", "too dear", { reason: "rejected" })], node: "ok?", says: '"ok?" was rejected: too dear' },
  {
    it: "a limit",
    rows: [broken("l", undefined, { reason: "limit", error: undefined })],
    node: "l",
    says: '"l" failed because it went beyond a limit',
  },
  {
    it: "what blocked a node",
    rows: [broken("extract"), blocked("load", "extract")],
    node: "load",
    says: '"load" was skipped because "extract" failed: ENOENT: no such file',
  },
  {
    it: "and the way to it",
    rows: [broken("extract"), blocked("load", "extract"), blocked("report", "load")],
    node: "report",
    says: '"report" was skipped because "extract", upstream of it by way of "load", failed: ENOENT: no such file',
  },
  {
    it: "a long way in short",
    rows: [broken("n0"), ...Array.from({ length: 9 }, (_, i) => blocked(`n${i + 1}`, `n${i}`))],
    node: "n9",
    says: '"n9" was skipped because "n0", upstream of it by way of "n1", "n2", "n3" and 5 more, failed: ENOENT: no such file',
  },
  {
    it: "of several failures the first",
    rows: [broken("late", "b", { at: 9 }), broken("early", "a", { at: 2 }), { ...blocked("x", "late", "early"), at: 2 }],
    node: "x",
    says: '"x" was skipped because "early" failed: a',
  },
  {
    it: "a failure before what it blocked at once",
    rows: [blocked("b", "root"), broken("root"), blocked("x", "b", "root")],
    node: "x",
    says: '"x" was skipped because "root" failed: ENOENT: no such file',
  },
  {
    it: "its own condition",
    rows: [{ name: "x", state: "skipped", reason: "condition" }],
    node: "x",
    says: '"x" was skipped because its condition was not met',
  },
  {
    it: "another's condition",
    rows: [
      { name: "x", state: "skipped", reason: "condition" },
      { name: "y", state: "skipped", reason: "upstreamSkipped", upstreams: ["x"] },
    ],
    node: "y",
    says: '"y" was skipped because "x" was skipped because its condition was not met',
  },
  {
    it: "an edge's condition",
    rows: [done("a"), { name: "x", state: "skipped", reason: "upstreamSkipped", upstreams: ["a"] }],
    node: "x",
    says: '"x" was skipped because the condition of an edge to it was not met',
  },
  {
    it: "an edge's condition further up",
    rows: [
      done("a"),
      { name: "x", state: "skipped", reason: "upstreamSkipped", upstreams: ["a"] },
      { name: "y", state: "skipped", reason: "upstreamSkipped", upstreams: ["x"] },
    ],
    node: "y",
    says: '"y" was skipped because "x" was skipped because the condition of an edge to it was not met',
  },
  {
    it: "a join that could not be met",
    rows: [done("a"), done("b"), { name: "alarm", state: "skipped", reason: "join", upstreams: ["a", "b"], join: "anyFailed" }],
    node: "alarm",
    says: '"alarm" was skipped because its join anyFailed could not be met: "a" completed, "b" completed',
  },
  {
    it: "nothing let through",
    rows: [done("a"), { name: "x", state: "filtered", upstreams: ["a"] }, { name: "y", state: "filtered", upstreams: ["x"] }],
    node: "y",
    says: '"y" was filtered out because nothing was let through to "x"',
  },
  {
    it: "a run that stopped",
    rows: [broken("bad", "boom"), { name: "x", state: "skipped", reason: "failFast", at: 1 }],
    node: "x",
    says: '"x" was skipped because the run stopped when "bad" failed: boom',
  },
  {
    it: "not a failure that was forgiven",
    rows: [broken("soft", "s", { isForgiven: true }), broken("bad", "boom"), { name: "x", state: "cancelled", at: 1 }],
    node: "x",
    says: '"x" was cancelled because the run stopped when "bad" failed: boom',
  },
  {
    it: "a cancel",
    rows: [{ name: "x", state: "cancelled" }],
    node: "x",
    says: '"x" was cancelled because the run was cancelled: shutting down',
    end: { cancel: { reason: "shutting down" } },
  },
  {
    it: "a cancel without a reason",
    rows: [{ name: "x", state: "cancelled" }],
    node: "x",
    says: '"x" was cancelled because the run was cancelled',
    end: { cancel: { reason: new DOMException("This run was cancelled", "AbortError") } },
  },
  {
    it: "a run out of time",
    rows: [{ name: "x", state: "cancelled" }],
    node: "x",
    says: '"x" was cancelled because the run was out of time',
    end: { isOutOfTime: true },
  },
  {
    it: "a branch that was cancelled",
    rows: [{ name: "x", state: "cancelled", isCancelRequested: true }, blocked("y", "x")],
    node: "y",
    says: '"y" was skipped because "x" was cancelled because a command asked for it',
  },
  {
    it: "what made a container fail",
    rows: [broken("etl"), broken("etl/sub"), broken("etl/sub/load", "disk full")],
    node: "etl",
    says: '"etl" failed because "etl/sub/load" failed: disk full',
  },
  {
    it: "what failed inside a container",
    rows: [broken("etl"), broken("etl/load", "disk full"), broken("etl/soft", "s", { isForgiven: true, at: 0 }), blocked("mail", "etl")],
    node: "mail",
    says: '"mail" was skipped because "etl/load", inside "etl", failed: disk full',
  },
  {
    it: "a container that was stopped",
    rows: [
      broken("etl"),
      broken("etl/0", "disk full"),
      { name: "etl/1", state: "cancelled", at: 1 },
      { name: "etl/2", state: "skipped", reason: "failFast", at: 1 },
    ],
    node: "etl/2",
    says: '"etl/2" was skipped because "etl" stopped when "etl/0" failed: disk full',
  },
  {
    it: "a container that ran out of time",
    rows: [broken("etl", undefined, { reason: "timeout", error: undefined, timeoutMs: 9 }), { name: "etl/1", state: "cancelled", at: 1 }],
    node: "etl/1",
    says: '"etl/1" was cancelled because "etl", which it is in, ended: "etl" ran out of time (9 ms)',
  },
  {
    it: "a run that stopped around a container",
    rows: [
      broken("bad", "boom"),
      { name: "etl", state: "cancelled", at: 1 },
      { name: "etl/1", state: "skipped", reason: "failFast", at: 1 },
    ],
    node: "etl/1",
    says: '"etl/1" was skipped because the run stopped when "bad" failed: boom',
  },
  { it: "in one line", rows: [broken("a", new Error(`first\nsecond`))], node: "a", says: '"a" failed: first' },
];

describe("a sentence names", () => {
  test.each(cases)("$it", ({ rows, node, says, end }) => {
    expect(explained(rows, node, end)).toBe(says);
  });
});

test("a chain of 200,000 does not recurse", () => {
  const rows = [broken("n0", "x"), ...Array.from({ length: 200_000 }, (_, i) => blocked(`n${i + 1}`, `n${i}`))];
  expect(explained(rows, "n200000")).toContain("and 199996 more, failed: x");
});
