import { Graphviz } from "@hpcc-js/wasm-graphviz";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAG } from "../../src/dag/dag.js";
import { anyGraph } from "../support/any-graph.js";
import { hostileNames } from "../support/hostile-names.js";
import { realGraph, realGraphNames } from "../support/real-graphs.js";
import { absence } from "../support/shared-data.js";

/** Graphviz's answer. Its WebAssembly build traps now and then after many graphs; a fresh instance answers the same question. */
async function layout(dot: string): Promise<string> {
  try {
    return (await Graphviz.load()).layout(dot, "dot_json", "osage");
  } catch {
    Graphviz.unload();
    return (await Graphviz.load()).layout(dot, "dot_json", "osage");
  }
}

/** What Graphviz says of a drawing; only what is read here. */
interface DotJson {
  readonly objects?: readonly {
    readonly _gvid: number;
    readonly name: string;
    readonly label?: string;
    readonly nodes?: readonly number[];
  }[];
  readonly edges?: readonly { readonly tail: number; readonly head: number; readonly label?: string }[];
}

interface Drawn {
  readonly nodes: readonly string[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly label?: string }[];
  readonly boxes: readonly { readonly label: string; readonly nodes: readonly string[] }[];
}

/** The graph as Graphviz read it. Labels are undone as Graphviz documents its escString. */
async function readBack(dot: string): Promise<Drawn> {
  const { objects = [], edges = [] }: DotJson = JSON.parse(await layout(dot));
  const nameOf = new Map(objects.map(({ _gvid, name, label = "\\N" }) => [_gvid, label === "\\N" ? name : unescaped(label)]));
  const named = (ids: readonly number[] = []): string[] => ids.map((id) => nameOf.get(id) ?? "");
  const isBox = ({ name }: { readonly name: string }): boolean => name.startsWith("cluster_");
  return {
    nodes: named(objects.filter((object) => !isBox(object)).map(({ _gvid }) => _gvid)),
    edges: edges.map(({ tail, head, label }) => {
      const [from = "", to = ""] = named([tail, head]);
      return label === undefined ? { from, to } : { from, to, label: unescaped(label) };
    }),
    boxes: objects.filter(isBox).map(({ label = "", nodes }) => ({ label: unescaped(label), nodes: named(nodes) })),
  };
}

function unescaped(label: string): string {
  return label.replace(/\\(.)|&amp;|&#(\d+);/gs, (_, escaped?: string, code?: string) => {
    if (escaped !== undefined) return escaped === "n" ? "\n" : escaped;
    return code === undefined ? "&" : String.fromCharCode(Number(code));
  });
}

async function expectSame(dag: DAG): Promise<void> {
  const { nodes, edges } = await readBack(dag.toDot());
  // DOT has no difference between an empty label and none.
  const key = ({ from, to, label = "" }: { from: string; to: string; label?: string | undefined }): string =>
    JSON.stringify([from, to, label]);
  expect(nodes).toEqual(dag.toJSON().nodes.map(({ name }) => name));
  expect(edges.map(key).sort()).toEqual(dag.edges().map(key).sort());
}

describe("DOT", () => {
  it("is readable where names are plain", () => {
    const dag = DAG.builder().addNodes(["extract", "load it"]).addEdge("extract", "load it", { label: "rows" }).build();
    expect(dag.toDot({ direction: "LR" })).toBe(
      [
        "digraph {",
        "  rankdir=LR;",
        "  node [shape=box, style=rounded];",
        '  "extract";',
        '  "load it";',
        '  "extract" -> "load it" [label="rows"];',
        "}",
        "",
      ].join("\n"),
    );
  });

  it("is read back by Graphviz with every hostile name", async () => {
    await expectSame(DAG.builder().addNodes(hostileNames).build());
  });

  it("is read back by Graphviz whatever the graph", async () => {
    await fc.assert(fc.asyncProperty(anyGraph, expectSame));
  });

  it.skipIf(absence !== undefined)(
    `is read back by Graphviz for every real graph${absence === undefined ? "" : ` (skipped: ${absence})`}`,
    () => {
      for (const name of realGraphNames) expectSame(realGraph(name));
    },
  );

  it("draws namespaces as boxes and states as colors", async () => {
    const dag = DAG.from({ "etl/in/a": [], "etl/b": ["etl/in/a"], c: [] });
    const dot = dag.toDot({ namespaces: true, result: { status: (name) => (name === "c" ? "failed" : "unheard of") } });
    expect((await readBack(dot)).boxes).toEqual([
      { label: "etl", nodes: ["etl/in/a", "etl/b"] },
      { label: "in", nodes: ["etl/in/a"] },
    ]);
    expect(dot).toContain('"c" [style="rounded,filled", fillcolor="#fee2e2", color="#dc2626"];');
    expect(dot.match(/fillcolor/g)).toHaveLength(1);
  });

  it("shows labels of the user's", async () => {
    const dag = DAG.from({ a: [], "b\\": ["a"] });
    expect((await readBack(dag.toDot({ label: (name) => `<${name}>&\n` }))).nodes).toEqual(["<a>&\n", "<b\\>&\n"]);
  });
});
