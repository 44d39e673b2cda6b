/** Parts of graphs: which nodes run, what stands for the others, and what is refused. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { DAG, DAGExecutor } from "../../src/index.js";
import type { Selection } from "../../src/run/options.js";
import { graphOf } from "../support/graph-text.js";

/** What each node put out, or its state where it did not complete; nodes that are outside the run are absent. */
async function ends(dag: DAG, selection: Selection): Promise<Record<string, unknown>> {
  const task = (inputs: object, ctx: { readonly name: string }): string => `${ctx.name}(${Object.values(inputs).join()})`;
  const { nodeResults } = await new DAGExecutor(dag, 1).execute(task as () => unknown, selection);
  return Object.fromEntries(Object.values(nodeResults).map((node) => [node.name, node.status === "completed" ? node.result : node.status]));
}

const argo = graphOf("A -> B, C; B, C -> D; C -> E");

describe("a selection", () => {
  it.each<[string, Selection, Record<string, string>]>([
    ["nothing", {}, { A: "A()", B: "B(A())", C: "C(A())", D: "D(B(A()),C(A()))", E: "E(C(A()))" }],
    ["a target and its ancestors", { targets: ["E"] }, { A: "A()", C: "C(A())", E: "E(C(A()))" }],
    ["two targets", { targets: ["B", "E"] }, { A: "A()", B: "B(A())", C: "C(A())", E: "E(C(A()))" }],
    ["no target", { targets: [] }, {}],
    ["a target up to a value", { targets: ["E"], values: { C: "c" } }, { E: "E(c)" }],
    ["some alone", { only: ["D"], values: { B: "b", C: "c" } }, { D: "D(b,c)" }],
    ["what follows", { from: ["C"], values: { A: "a", B: "b" } }, { C: "C(a)", D: "D(b,C(a))", E: "E(C(a))" }],
    ["all but some", { exclude: ["C"] }, { A: "A()", B: "B(A())", D: "D(A(),B(A()))", E: "E(A())" }],
    ["all but some in a row", { exclude: ["A", "C"] }, { B: "B()", D: "D(B())", E: "E()" }],
    ["all but a value", { values: { C: "c" } }, { A: "A()", B: "B(A())", D: "D(B(A()),c)", E: "E(c)" }],
    ["a value that is undefined", { only: ["E"], values: { C: undefined } }, { E: "E()" }],
    ["a value that nobody reads", { targets: ["B"], values: { E: "e" } }, { A: "A()", B: "B(A())" }],
    ["several at once", { targets: ["D"], exclude: ["B"] }, { A: "A()", C: "C(A())", D: "D(A(),C(A()))" }],
  ])("of %s", async (_, selection, expected) => {
    expect(await ends(argo, selection)).toEqual(expected);
  });

  it("has a finally-node if one of its upstreams is in, or if it has none", async () => {
    const dag = DAG.builder()
      .addNodes(["a", "b", "c"])
      .addNodes([
        ["ofA", { finally: true }],
        ["ofBoth", { finally: true }],
        ["always", { finally: true }],
        ["next", { finally: true }],
      ])
      .addEdges([
        ["a", "ofA"],
        ["a", "ofBoth"],
        ["b", "ofBoth"],
        ["ofA", "next"],
      ])
      .build();
    expect(Object.keys(await ends(dag, { only: ["b"] })).sort()).toEqual(["always", "b", "ofBoth"]);
    expect(Object.keys(await ends(dag, { targets: ["a"] })).sort()).toEqual(["a", "always", "next", "ofA", "ofBoth"]);
    expect(Object.keys(await ends(dag, { only: ["c"], exclude: ["always"] }))).toEqual(["c"]);
  });

  it("asks for tasks of what runs only, and knows the others' names", async () => {
    const result = await new DAGExecutor(argo, 1).execute({ A: () => 1, D: () => 2 }, { targets: ["A"] });
    expect(result.status).toBe("completed");
    expect(Object.keys(result.nodeResults)).toEqual(["A"]);
  });

  it("keeps what nodes and edges carry", async () => {
    const dag = DAG.builder()
      .addNodes(["a", "b", "x"])
      .addNode("c", { join: { expr: "a.skipped || b.failed" } })
      .addEdge("a", "c", { condition: () => false })
      .addEdges([
        ["b", "c"],
        ["x", "b"],
      ])
      .build();
    expect(await ends(dag as unknown as DAG, { exclude: ["x"] })).toEqual({ a: "a()", b: "b()", c: "c()" });
  });
});

describe("a selection is refused that", () => {
  const joined = DAG.builder()
    .addNodes(["a", "b"])
    .addNode("c", { join: { expr: "a.completed || b.failed" } })
    .addEdges([
      ["a", "c"],
      ["b", "c"],
    ])
    .build();

  it.each<[string, DAG, Selection, string]>([
    ["names no node", argo, { targets: ["AA"] }, 'no node is named "AA", used by `targets`; did you mean "A"?'],
    ["gives a value of no node", argo, { values: { zebra: 1 } }, 'no node is named "zebra", used by `values`'],
    [
      "lacks an upstream",
      argo,
      { only: ["D"], values: { B: 1 } },
      'node "D" needs "C", which is not selected: select it, too, or give its output in `values`',
    ],
    ["lacks upstreams of what follows", argo, { from: ["C"] }, "the selection has 2 faults"],
    [
      "excludes what an expression names",
      joined as unknown as DAG,
      { exclude: ["b"] },
      'the join of node "c" names "b", which is excluded: exclude "c", too, or give the output of "b" in `values` instead',
    ],
    [
      "runs what it excludes",
      argo,
      { targets: ["A"], exclude: ["A"] },
      'node "A" is named in `targets`, which runs it, and in `exclude`, which does not',
    ],
    ["runs what a value stands for", argo, { only: ["A"], values: { A: 1 } }, "and in `values`, which does not: name it once"],
    ["is a text", argo, { targets: "A" as never }, '`targets` must be an array of non-empty strings, received "A" (string)'],
    ["has values that are a list", argo, { values: [1] as never }, "`values` must be an object of outputs by node name"],
  ])("%s", async (_, dag, selection, message) => {
    await expect(ends(dag, selection)).rejects.toThrow(message);
  });
});

const file = fileURLToPath(new URL("../../../shared/data/argo/dag-targets.yaml", import.meta.url));

describe.skipIf(!existsSync(file))("Argo's dag-targets.yaml", () => {
  it("has the graph of this page, and ends as it says", async () => {
    const tasks = [...readFileSync(file, "utf8").matchAll(/- name: ([A-E])\n\s+(?:depends: "(.*)"\n)?/g)];
    const lists = Object.fromEntries(tasks.map(([, name, depends = ""]) => [name, depends === "" ? [] : depends.split(" && ")]));
    expect(lists).toEqual({ A: [], B: ["A"], C: ["A"], D: ["B", "C"], E: ["C"] });
    expect(Object.keys(await ends(DAG.from(lists as never), { targets: ["E"] }))).toEqual(["A", "C", "E"]);
  });
});
