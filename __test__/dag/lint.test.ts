/** What `lint()` names, and what it must not: what is reported can never run. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAG } from "../../src/dag/dag.js";
import type { JoinOption } from "../../src/dag/options.js";
import { loop, map, subDag } from "../../src/flow/definitions.js";
import { looks } from "../../src/flow/join-tree.js";
import { task } from "../../src/flow/task-kinds.js";

const pass = (): number => 1;
const yes = (): boolean => true;

/** A choice between two branches that meet again under this join. */
function branches(join: JoinOption, group: readonly [string, string] = ["size", "size"]) {
  return DAG.builder()
    .addNodes(["measure", "small", "large"])
    .addNode("report", { join })
    .addNode("send")
    .addEdge("measure", "small", { condition: yes, choice: group[0] })
    .addEdge("measure", "large", { condition: yes, choice: group[1] })
    .addEdges([
      ["small", "report"],
      ["large", "report"],
      ["report", "send"],
    ])
    .build();
}

describe("lint names", () => {
  it("functions that are to run on a thread and cannot, at any depth", () => {
    const here = task.module("file:///tasks.js", "five");
    const onThread = { on: "thread" } as const;
    const inner = DAG.builder().task("x", pass, onThread).task("y", here, onThread).build();
    const flow = DAG.builder()
      .task("a", pass, onThread)
      .task("b", here, onThread)
      .task("c", pass)
      .task("m", map({ over: () => [1], each: pass }), onThread)
      .task("l", loop({ body: here, until: () => true, limit: 1 }), onThread)
      .task("s", subDag(inner))
      .addNode("later", onThread) // Its task may come with the run.
      .build();
    expect(flow.lint().map(({ code, node }) => [code, node])).toEqual([
      ["TASK_CANNOT_CROSS", "a"],
      ["TASK_CANNOT_CROSS", "m"],
      ["TASK_CANNOT_CROSS", "s/x"],
    ]);
    expect(flow.lint()[0]?.message).toContain('the task of node "a" is a function, which cannot go to another thread');
  });

  it("a join of branches of which a run takes one", () => {
    expect(branches("allCompleted").lint()).toEqual([
      {
        code: "JOIN_NEVER_MET",
        node: "report",
        upstreams: ["small", "large"],
        after: ["send"],
        message:
          'node "report": its join `allCompleted` can never be met, since "small" and "large" exclude each other ' +
          '(they are behind different edges of choice "size" of "measure"); ' +
          'let it run with one of them: `join: "anyCompleted"` or `"noneFailedOneCompleted"`',
      },
    ]);
  });

  it("a join of a handler and of what it handles", () => {
    const dag = DAG.builder()
      .task("load", pass)
      .task("store", ["load"], pass)
      .task("alarm", ["load"], pass, { join: "anyFailed" })
      .task("end", ["store", "alarm"], pass)
      .build();
    expect(dag.lint()).toMatchObject([
      {
        node: "end",
        upstreams: ["store", "alarm"],
        message: expect.stringContaining('(one needs "load" completed, the other failed or blocked or cancelled)'),
      },
    ]);
  });

  it.each<[string, DAG, string[]]>([
    [
      "an expression that excludes itself",
      DAG.builder()
        .task("a", pass)
        .task("b", ["a"], pass, { join: { expr: "a.completed && a.failed" } })
        .build(),
      ["b"],
    ],
    ["an expression that asks for both branches", branches({ expr: "small.completed && !large.skipped && large.completed" }), ["report"]],
    [
      "branches far apart",
      DAG.builder()
        .addNodes(["a", "b", "c", "d", "e", "end"])
        .addEdge("a", "b", { choice: "x" })
        .addEdge("a", "c", { choice: "x" })
        .addEdges([
          ["b", "d"],
          ["c", "e"],
          ["d", "end"],
          ["e", "end"],
        ])
        .build(),
      ["end"],
    ],
    [
      "several, each by itself",
      DAG.builder()
        .addNodes(["a", "b", "c"])
        .addNode("x")
        .addNode("y")
        .addEdge("a", "b", { choice: "x" })
        .addEdge("a", "c", { choice: "x" })
        .addEdges([
          ["b", "x"],
          ["c", "x"],
          ["b", "y"],
          ["c", "y"],
        ])
        .build(),
      ["x", "y"],
    ],
    [
      "what is inside a container",
      DAG.builder()
        .task("outer/1", subDag(branches("allCompleted")))
        .build(),
      ["outer~11/report"],
    ],
  ])("%s", (_, dag, nodes) => {
    expect(dag.lint().map(({ node }) => node)).toEqual(nodes);
  });
});

describe("lint is silent about", () => {
  it.each<[string, DAG]>([
    ["a graph without rules", DAG.from({ a: [], b: ["a"], c: ["a", "b"] })],
    ["branches that meet with anyCompleted", branches("anyCompleted")],
    ["branches that meet with noneFailedOneCompleted", branches("noneFailedOneCompleted")],
    ["branches that meet with allSettled", branches("allSettled")],
    ["branches of two choices", branches("allCompleted", ["a", "b"])],
    ["an expression that is content with one", branches({ expr: "small.completed || large.completed" })],
    [
      "a failure that goes on as completed",
      DAG.builder()
        .addNode("a", { onFailure: "continue" })
        .addNodes(["b", "c", "end"])
        .addEdge("a", "b", { choice: "x" })
        .addEdge("a", "c", { choice: "x" })
        .addEdges([
          ["b", "end"],
          ["c", "end"],
        ])
        .build(),
    ],
    [
      "a handler beside what may be filtered",
      DAG.builder()
        .addNodes(["a", "b"])
        .addNode("alarm", { join: "anyFailed" })
        .addNode("end")
        .addEdge("a", "b")
        .addEdge("a", "alarm")
        .addEdge("b", "end", { filter: yes })
        .addEdge("alarm", "end")
        .build(),
    ],
    [
      "a finally-node after both branches",
      DAG.builder()
        .addNodes(["a", "b", "c"])
        .addNode("end", { finally: true })
        .addEdge("a", "b", { choice: "x" })
        .addEdge("a", "c", { choice: "x" })
        .addEdges([
          ["b", "end"],
          ["c", "end"],
        ])
        .build(),
    ],
  ])("%s", (_, dag) => {
    expect(dag.lint()).toEqual([]);
  });
});

describe("lint", () => {
  it("takes large graphs with many rules in its stride", () => {
    const builder = DAG.builder();
    const names = Array.from({ length: 3000 }, (_, at) => `n${at}`);
    builder.addNodes(names.map((name, at) => [name, at % 3 === 1 ? { join: "anyFailed" as const } : {}]));
    for (let at = 3; at < names.length; at++) {
      for (const back of [1, 2, 3]) builder.addEdge(names[at - back] ?? "", names[at] ?? "", { choice: `c${at % 2}` });
    }
    expect(builder.build().lint().length).toBeGreaterThan(0);
  });

  // A second opinion by trying every end of every root and every choice; no filters, no predicates that fail, no cancellation.
  it("never reports a join that some run meets", () => {
    const anyRule = fc.constantFrom<JoinOption | undefined>(
      undefined,
      "anyCompleted",
      "anyFailed",
      "allFailed",
      "noneFailed",
      "noneFailedOneCompleted",
    );
    const anyNode = fc.record({
      join: anyRule,
      upstreams: fc.uniqueArray(fc.nat(6), { maxLength: 3 }),
      choice: fc.boolean(),
      expression: fc.option(fc.constantFrom(...looks)),
    });
    fc.assert(
      fc.property(fc.array(anyNode, { minLength: 2, maxLength: 7 }), (specs) => {
        const builder = DAG.builder();
        const edges: { from: number; to: number; choice: boolean }[] = [];
        for (const [to, { upstreams, choice }] of specs.entries()) {
          for (const from of upstreams) if (from < to) edges.push({ from, to, choice });
        }
        for (const [id, { join, expression, upstreams }] of specs.entries()) {
          const named = upstreams.filter((from) => from < id);
          const expr = named.map((from) => `n${from}.${expression}`).join(" && ");
          const rule = expression !== null && named.length > 0 ? { expr } : join;
          builder.addNode(`n${id}`, rule === undefined ? {} : { join: rule });
        }
        for (const { from, to, choice } of edges) builder.addEdge(`n${from}`, `n${to}`, choice ? { choice: "x", condition: yes } : {});
        const reported = new Set(
          builder
            .build()
            .lint()
            .flatMap(({ node, after }) => [node, ...after]),
        );
        const ran = everyRun(specs.length, edges, specs);
        for (const name of reported) expect(ran.has(name), name).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

interface Spec {
  readonly join: JoinOption | undefined;
  readonly expression: (typeof looks)[number] | null;
}

/** The names of all nodes that run in some run, by trial: each node fails or not, each choice takes one edge or none. */
function everyRun(count: number, edges: readonly { from: number; to: number; choice: boolean }[], specs: readonly Spec[]): Set<string> {
  const ran = new Set<string>();
  for (let fails = 0; fails < 2 ** count; fails++) {
    for (let pick = 0; pick < 4; pick++) {
      const states: string[] = [];
      for (let node = 0; node < count; node++) {
        const seen = edges
          .filter(({ to }) => to === node)
          .map((edge) => {
            const taken = edges.filter(({ from, choice }) => from === edge.from && choice)[pick];
            const state = states[edge.from] ?? "";
            return state === "completed" && edge.choice && edge !== taken ? "skipped" : state;
          });
        const isMet = holds(specs[node], seen);
        const isFailing = (fails >> node) % 2 === 1;
        if (isMet) ran.add(`n${node}`);
        const isBlocked = seen.some((state) => state === "failed" || state === "blocked");
        states.push(isMet ? (isFailing ? "failed" : "completed") : isBlocked ? "blocked" : "skipped");
      }
    }
  }
  return ran;
}

function holds(spec: Spec | undefined, seen: readonly string[]): boolean {
  if (seen.length === 0 || spec === undefined) return true;
  if (spec.expression !== null) return seen.every((state) => state === spec.expression);
  const isUnlucky = (state: string): boolean => state === "failed" || state === "blocked";
  switch (spec.join) {
    case "anyCompleted":
      return seen.includes("completed");
    case "anyFailed":
      return seen.some(isUnlucky);
    case "allFailed":
      return seen.every(isUnlucky);
    case "noneFailed":
      return !seen.some(isUnlucky);
    case "noneFailedOneCompleted":
      return !seen.some(isUnlucky) && seen.includes("completed");
    default:
      return seen.every((state) => state === "completed");
  }
}
