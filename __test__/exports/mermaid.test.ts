import fc from "fast-check";
import { JSDOM } from "jsdom";
import { beforeAll, describe, expect, it } from "vitest";
import { DAG } from "../../src/dag/dag.js";
import { anyGraph } from "../support/any-graph.js";
import { hostileNames } from "../support/hostile-names.js";
import { realGraph, realGraphNames } from "../support/real-graphs.js";
import { absence } from "../support/shared-data.js";

/** What is read of Mermaid's own model of a flowchart. */
interface FlowDb {
  getVertices(): Map<string, { readonly id: string; readonly text?: string; readonly classes: readonly string[] }>;
  getEdges(): { readonly start: string; readonly end: string; readonly text: string }[];
  getSubGraphs(): { readonly id: string; readonly title: string; readonly nodes: readonly string[] }[];
  getDirection(): string;
}

let parse: (text: string) => Promise<FlowDb>;

beforeAll(async () => {
  // Mermaid wants a browser's window when it is loaded.
  const { window } = new JSDOM("");
  Object.assign(globalThis, { window, document: window.document });
  const { default: mermaid } = await import("mermaid");
  mermaid.initialize({ startOnLoad: false, maxEdges: 100_000, maxTextSize: 10_000_000 });
  parse = async (text) => (await mermaid.mermaidAPI.getDiagramFromText(text)).db as unknown as FlowDb;
}, 60_000);

/** Undoes entity codes, in the form Mermaid keeps them in until it draws. */
function shown(text: string): string {
  return text.replace(/ﬂ°°(\d+)¶ß/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

async function readBack(text: string): Promise<{ names: string[]; edges: string[] }> {
  const db = await parse(text);
  const names = new Map([...db.getVertices()].map(([id, { text = "" }]) => [id, shown(text)]));
  return {
    names: [...names.values()],
    edges: db.getEdges().map(({ start, end, text }) => JSON.stringify([names.get(start), names.get(end), shown(text)])),
  };
}

async function expectSame(dag: DAG): Promise<void> {
  const { names, edges } = await readBack(dag.toMermaid());
  expect(names).toEqual(dag.toJSON().nodes.map(({ name }) => name));
  expect(edges).toEqual(dag.edges().map(({ from, to, label = "" }) => JSON.stringify([from, to, label])));
}

describe("Mermaid", () => {
  it("is readable", () => {
    const dag = DAG.builder().addNodes(["extract", "load it"]).addEdge("extract", "load it", { label: "rows" }).build();
    expect(dag.toMermaid({ direction: "LR" })).toBe(
      ["flowchart LR", '  n0["extract"]', '  n1["load it"]', '  n0 -->|"rows"| n1', ""].join("\n"),
    );
  });

  it("is read back by Mermaid with every hostile name", async () => {
    await expectSame(DAG.builder().addNodes(hostileNames).build());
  });

  it("is read back by Mermaid whatever the graph", async () => {
    await fc.assert(fc.asyncProperty(anyGraph, expectSame));
  }, 60_000);

  it.skipIf(absence !== undefined)(
    `is read back by Mermaid for every real graph${absence === undefined ? "" : ` (skipped: ${absence})`}`,
    async () => {
      for (const name of realGraphNames) await expectSame(realGraph(name));
    },
    120_000,
  );

  it("draws namespaces as subgraphs and states as classes", async () => {
    const dag = DAG.from({ "etl/in/a": [], "etl/b": ["etl/in/a"], c: [] });
    const status = (name: string): string => (name === "c" ? "failed" : "completed");
    const db = await parse(dag.toMermaid({ direction: "RL", namespaces: "/", result: { status } }));
    expect(db.getSubGraphs().map(({ title, nodes }) => [title, [...nodes].sort()])).toEqual([
      ["in", ["n0"]],
      ["etl", ["n1", "s1"]],
    ]);
    expect([...db.getVertices().values()].map(({ classes }) => classes)).toEqual([["completed"], ["completed"], ["failed"]]);
    expect(db.getDirection()).toBe("RL");
  });
});
