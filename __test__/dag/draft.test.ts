import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAG } from "../../src/dag/dag.js";
import { coreOf } from "../../src/dag/dag-value.js";
import type { DraftDAG } from "../../src/dag/draft-dag.js";
import { CycleError, DagnyError, GraphError } from "../../src/errors/index.js";
import { thrownBy } from "../support/thrown-by.js";

const wrong = (value: unknown): never => value as never;

/** `a -> b -> c`, and `d` by itself. */
function draft(): DraftDAG {
  return new DAG()
    .addNodes(["a", ["b", { cost: 2 }], "c", "d"])
    .addEdge("a", "b", { weight: 1, label: "x" })
    .addEdge("b", "c", { weight: 2 });
}

describe("a draft", () => {
  it("is a DAG, and answers like one after every change", () => {
    const dag = draft();
    expect(dag).toBeInstanceOf(DAG);
    expect([dag.nodeCount, dag.edgeCount, dag.has("d"), dag.hasEdge("a", "b"), dag.hasEdge("b", "a")]).toEqual([4, 2, true, true, false]);
    expect(dag.topologicalSort()).toEqual(["a", "d", "b", "c"]);
    dag.addEdge("c", "d");
    expect(dag.topologicalSort()).toEqual(["a", "b", "c", "d"]);
  });

  it("keeps one snapshot until the next change", () => {
    const dag = draft();
    const before = coreOf(dag);
    expect(coreOf(dag)).toBe(before);
    dag.addNode("e");
    expect(coreOf(dag)).not.toBe(before);
    expect(before.names).toEqual(["a", "b", "c", "d"]);
  });

  it("takes edges with a node, and what both carried", () => {
    const dag = draft().removeNode("b");
    expect([dag.nodeCount, dag.edgeCount, dag.edges()]).toEqual([3, 0, []]);
    dag.addNode("b").addEdge("a", "b");
    expect(dag.get("b")).toEqual({ name: "b" });
    expect(dag.edges()).toEqual([{ from: "a", to: "b" }]);
    expect(dag.toJSON().nodes.map(({ name }) => name)).toEqual(["a", "c", "d", "b"]);
  });

  it("closes the gaps that removed nodes leave", () => {
    const dag = draft().removeNode("a").addEdge("d", "b", { label: "y" });
    expect(dag.edges()).toEqual([
      { from: "b", to: "c", weight: 2 },
      { from: "d", to: "b", label: "y" },
    ]);
    expect(dag.get("b")).toEqual({ name: "b", cost: 2 });
  });

  it("lets a removed edge come back the other way", () => {
    const dag = draft().removeEdge("b", "c").addEdge("c", "a");
    expect(dag.topologicalSort()).toEqual(["c", "d", "a", "b"]);
  });

  it("sets what nodes and edges carry, and leaves the rest", () => {
    const dag = draft().setNode("b", { priority: 3 }).setEdge("a", "b", { weight: 9 });
    expect(dag.get("b")).toEqual({ name: "b", cost: 2, priority: 3 });
    expect(dag.edges()[0]).toEqual({ from: "a", to: "b", weight: 9, label: "x" });
    const task = (): number => 1;
    expect(coreOf(dag.setTask("a", task)).nodes.task?.get(0)).toBe(task);
  });
});

describe("a call that throws", () => {
  it.each<readonly [string, (dag: DraftDAG) => unknown, string]>([
    ["a node twice", (dag) => dag.addNode("a"), "DUPLICATE_NODE"],
    ["an empty name", (dag) => dag.addNode(""), "INVALID_NAME"],
    ["wrong options", (dag) => dag.addNode("e", { cost: -1 }), "INVALID_OPTION"],
    ["nodes of which one is there", (dag) => dag.addNodes(["e", "a"]), "DUPLICATE_NODE"],
    ["nodes of which two are the same", (dag) => dag.addNodes(["e", "e"]), "DUPLICATE_NODE"],
    ["nodes as text", (dag) => dag.addNodes("ef"), "INVALID_OPTION"],
    ["no list of nodes", (dag) => dag.addNodes(wrong(5)), "INVALID_OPTION"],
    ["no list of edges", (dag) => dag.addEdges(wrong({ a: "d" })), "INVALID_OPTION"],
    ["an edge twice", (dag) => dag.addEdge("a", "b"), "DUPLICATE_EDGE"],
    ["an edge from nowhere", (dag) => dag.addEdge("aa", "b"), "NODE_NOT_FOUND"],
    ["an edge to nowhere", (dag) => dag.addEdge("b", "aa"), "NODE_NOT_FOUND"],
    ["half an edge", (dag) => dag.addEdge("b", wrong(undefined)), "INVALID_NAME"],
    ["both ends in one object", (dag) => dag.addEdge(wrong({ from: "a", to: "d" }), wrong(undefined)), "INVALID_NAME"],
    [
      "edges of which one has an end that is no name",
      (dag) =>
        dag.addEdges([
          ["a", "d"],
          ["d", wrong(5)],
        ]),
      "INVALID_NAME",
    ],
    ["a self loop", (dag) => dag.addEdge("a", "a"), "SELF_LOOP"],
    ["an edge that closes a cycle", (dag) => dag.addEdge("c", "a"), "CYCLE"],
    ["an edge with wrong options", (dag) => dag.addEdge("a", "d", { weight: Number.NaN }), "INVALID_OPTION"],
    [
      "edges that close a cycle together",
      (dag) =>
        dag.addEdges([
          ["c", "d"],
          ["d", "a"],
        ]),
      "CYCLE",
    ],
    [
      "edges of which one has wrong options",
      (dag) =>
        dag.addEdges([
          ["a", "d"],
          ["a", "c", wrong({ lable: "x" })],
        ]),
      "UNKNOWN_OPTION",
    ],
    ["edges of which one is none", (dag) => dag.addEdges([["a", "d"], wrong("ad")]), "INVALID_EDGE"],
    [
      "edges with several faults",
      (dag) =>
        dag.addEdges([
          ["a", "a"],
          ["a", "x"],
        ]),
      "GRAPH_INVALID",
    ],
    ["removing what is not there", (dag) => dag.removeNode("x"), "NODE_NOT_FOUND"],
    ["removing an edge that is not there", (dag) => dag.removeEdge("a", "c"), "EDGE_NOT_FOUND"],
    ["setting what is not there", (dag) => dag.setEdge("a", "c", { weight: 1 }), "EDGE_NOT_FOUND"],
    ["setting wrong options", (dag) => dag.setNode("a", { retry: 0 }), "INVALID_OPTION"],
    ["a task that is none", (dag) => dag.setTask("a", wrong(5)), "INVALID_OPTION"],
  ])("says so and changes nothing: %s", (_, call, code) => {
    const dag = draft();
    const before = JSON.stringify(dag);
    const error = thrownBy(() => call(dag));
    expect(error instanceof DagnyError && error.code).toBe(code);
    expect(JSON.stringify(dag)).toBe(before);
    expect(dag.edgeCount).toBe(2);
  });

  it.each([
    ["", "aaa", 'no node is named "aaa", used by edge "b" -> "aaa"'],
    ["with the nearest", "D", 'no node is named "D", used by edge "b" -> "D"; did you mean "d"?'],
    ["that is no name", undefined, 'edge "b" -> undefined: a node\'s name must be a non-empty string, received undefined'],
  ])("names the edge whose end is unknown %s", (_, to, message) => {
    expect(() => draft().addEdge("b", wrong(to))).toThrow(expect.objectContaining({ message }));
    expect(() => draft().addEdges([["b", wrong(to)]])).toThrow(expect.objectContaining({ message }));
  });

  it("has the cycle an edge would close", () => {
    const error = thrownBy(() => draft().addEdge("c", "a"));
    expect(error instanceof CycleError && error.path).toEqual(["c", "a", "b", "c"]);
  });

  it("lists everything wrong with many edges", () => {
    const error = thrownBy(() =>
      draft().addEdges([
        ["a", "a"],
        ["a", "b"],
        ["bb", "c"],
        ["c", "d"],
        ["d", "b"],
      ]),
    );
    expect(error instanceof GraphError && error.errors.map(({ code }) => code)).toEqual([
      "SELF_LOOP",
      "DUPLICATE_EDGE",
      "NODE_NOT_FOUND",
      "CYCLE",
    ]);
  });
});

describe("drafts and builders", () => {
  /** What a program does to a draft: add or remove a node or an edge, by number. */
  const steps = fc.array(fc.tuple(fc.constantFrom("node", "edge", "noNode", "noEdge"), fc.nat({ max: 9 }), fc.nat({ max: 9 })), {
    maxLength: 60,
  });

  it("agree after any changes: a draft is what a builder would make of what is left", () => {
    fc.assert(
      fc.property(steps, (program) => {
        const dag = new DAG();
        const names: string[] = [];
        const edges = new Map<string, [string, string]>();
        for (const [kind, a, b] of program) {
          const [from, to] = [`n${a}`, `n${b}`];
          try {
            if (kind === "node") dag.addNode(from);
            else if (kind === "edge") dag.addEdge(from, to);
            else if (kind === "noNode") dag.removeNode(from);
            else dag.removeEdge(from, to);
          } catch (error) {
            expect(error).toBeInstanceOf(DagnyError);
            continue;
          }
          if (kind === "node") names.push(from);
          else if (kind === "edge") edges.set(`${a} ${b}`, [from, to]);
          else if (kind === "noEdge") edges.delete(`${a} ${b}`);
          else {
            names.splice(names.indexOf(from), 1);
            for (const [key, ends] of edges) if (ends.includes(from)) edges.delete(key);
          }
        }
        const built = DAG.builder().addNodes(names).addEdges(edges.values()).build();
        expect(dag.toJSON()).toEqual(built.toJSON());
        expect([dag.nodeCount, dag.edgeCount]).toEqual([built.nodeCount, built.edgeCount]);
      }),
    );
  });
});
