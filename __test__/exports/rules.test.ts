/** Exports of graphs with rules: what JSON keeps, and what drawings show of joins, predicates, waits and containers. */
import { Graphviz } from "@hpcc-js/wasm-graphviz";
import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { DAG } from "../../src/dag/dag.js";
import { GraphFormatError } from "../../src/errors/index.js";
import { approval, loop, map, sleep, subDag, waitFor } from "../../src/flow/definitions.js";
import { hostileNames } from "../support/hostile-names.js";

const pass = (): number => 1;
const yes = (): boolean => true;

const inner = DAG.builder()
  .task("read", pass)
  .task("wait", ["read"], waitFor({ signal: "go" }))
  .build();
const flow = DAG.builder()
  .task("list", () => [1])
  .task("each", ["list"], map({ each: inner }))
  .task("sizes", ["list"], map({ each: pass, allowFailures: true }))
  .task("part", ["each"], subDag(inner, { failFast: false }), { join: { expr: "each.completed ||\n each.failed" } })
  .task("poll", ["part"], loop({ body: pass, until: yes, limit: 3 }), { condition: yes })
  .task("gate", approval({ timeoutMs: 5, default: "late" }))
  .task("pause", sleep(20))
  .task("end", ["gate"], pass, { finally: true })
  .addNode("next", {
    join: "anyCompleted",
    onFailure: "allow",
    retry: { maxAttempts: 3, backoff: "linear", delayMs: 2, retryOn: ["E", yes] },
  })
  .addEdge("gate", "next", { condition: yes, choice: "size" })
  .addEdge("pause", "next", { label: "late", filter: yes })
  .build();

describe("JSON of rules", () => {
  it("keeps everything but functions, and says where there were some", () => {
    const json = JSON.parse(JSON.stringify(flow));
    expect(json.nodes.slice(1, 5)).toMatchObject([
      { name: "each", task: { kind: "map", each: { nodes: [{ name: "read" }, { name: "wait" }] }, maxItems: 1_000_000 } },
      { name: "sizes", task: { kind: "map", each: null, allowFailures: true } },
      {
        name: "part",
        join: { expr: "each.completed ||\n each.failed" },
        task: { kind: "subDag", failFast: false, graph: { edges: [[0, 1]] } },
      },
      { name: "poll", condition: null, task: { kind: "loop", body: null, until: null, limit: 3 } },
    ]);
    expect(json.nodes.slice(5)).toEqual([
      { name: "gate", task: { kind: "approval", timeoutMs: 5, default: { value: "late" } } },
      { name: "pause", task: { kind: "sleep", timeoutMs: 20 } },
      { name: "end", finally: true },
      {
        name: "next",
        join: "anyCompleted",
        onFailure: "allow",
        retry: { maxAttempts: 3, backoff: "linear", delayMs: 2, jitter: 0, retryOn: ["E", null] },
      },
    ]);
    expect(json.edges.slice(-2)).toEqual([
      [5, 8, { condition: null, choice: "size" }],
      [6, 8, { label: "late", filter: null }],
    ]);
  });

  it("is read back with all that it kept", () => {
    const again = DAG.fromJSON(JSON.stringify(flow));
    expect(JSON.stringify(again)).toBe(JSON.stringify(flow));
    expect(again.contentHash()).toBe(flow.contentHash());
    expect(again.toDot()).toBe(flow.toDot());
    expect(again.toMermaid()).toBe(flow.toMermaid());
    expect(again.diff(flow)).toEqual(flow.diff(flow));
  });

  const nodes = (...entries: unknown[]): string => JSON.stringify({ format: "dagny/graph", version: 1, nodes: entries, edges: [] });

  it.each([
    ["a task of no kind", nodes({ name: "a", task: { kind: "job" } }), 'received "job" (string)'],
    [
      "a task that is a text",
      nodes({ name: "a", task: "map" }),
      '`task` must be an object with one of the kinds of definitions, received "map"',
    ],
    ["a kind that every object has", nodes({ name: "a", task: { kind: "toString" } }), 'received "toString" (string)'],
    ["a map over nothing", nodes({ name: "a", task: { kind: "map" } }), "a graph must be an object"],
    [
      "a map with a wrong limit",
      nodes({ name: "a", task: { kind: "map", each: null, concurrency: -1 } }),
      "`task.concurrency` of a map cannot be -1 (number)",
    ],
    [
      "a loop without limit",
      nodes({ name: "a", task: { kind: "loop", body: null, until: null } }),
      "`task.limit` of a loop cannot be undefined",
    ],
    ["a sleep of no time", nodes({ name: "a", task: { kind: "sleep", timeoutMs: "5" } }), "`task.timeoutMs` of a sleep cannot be"],
    ["a graph inside that is none", nodes({ name: "a", task: { kind: "subDag", graph: { nodes: [] } } }), "a graph must be an object"],
  ])("refuses %s", (_, text, message) => {
    const read = (): DAG => DAG.fromJSON(text);
    expect(read).toThrow(GraphFormatError);
    expect(read).toThrow(message);
  });

  it("refuses graphs that are inside each other without end", () => {
    const empty = '{"format":"dagny/graph","version":1,"edges":[],"nodes":';
    const text = `${`${empty}[{"name":"a","task":{"kind":"subDag","graph":`.repeat(1500)}${empty}[]}${"}}]}".repeat(1500)}`;
    expect(() => DAG.fromJSON(text)).toThrow("graphs inside graphs may be at most 1000 levels deep");
  });
});

describe("a drawing of rules", () => {
  it("in DOT has a cluster for each container's inside", async () => {
    const dot = flow.toDot({ result: { status: (name: string) => (name === "part/wait" ? "waiting" : undefined) } });
    expect(dot.split("\n").slice(3)).toEqual([
      "  compound=true;",
      '  "list";',
      "  subgraph cluster_0 {",
      '    label="each\\nfor each item";',
      '    "each" [shape=point, style=invis];',
      '    "#1.0" [label="read"];',
      '    "#1.1" [label="wait\\nwait for go", shape=hexagon];',
      '    "#1.0" -> "#1.1";',
      "  }",
      '  "sizes" [label="sizes\\nfor each item", shape=box3d];',
      "  subgraph cluster_1 {",
      '    label="part\\nsub-DAG, each.completed || each.failed";',
      '    "part" [shape=point, style=invis];',
      '    "#3.0" [label="read"];',
      '    "#3.1" [label="wait\\nwait for go", shape=hexagon, style="filled", fillcolor="#fef9c3", color="#ca8a04"];',
      '    "#3.0" -> "#3.1";',
      "  }",
      '  "poll" [label="poll\\nrepeat, at most 3 times, condition", shape=box3d];',
      '  "gate" [label="gate\\napproval", shape=hexagon];',
      '  "pause" [label="pause\\nsleep 20 ms", shape=hexagon];',
      '  "end" [label="end\\nfinally", peripheries=2];',
      '  "next" [label="next\\nanyCompleted, on failure allow"];',
      '  "list" -> "each" [lhead=cluster_0];',
      '  "list" -> "sizes";',
      '  "each" -> "part" [ltail=cluster_0, lhead=cluster_1];',
      '  "part" -> "poll" [ltail=cluster_1];',
      '  "gate" -> "end";',
      '  "gate" -> "next" [label="condition, one of size", style=dashed];',
      '  "pause" -> "next" [label="late", style=dashed];',
      "}",
      "",
    ]);
    const drawn = JSON.parse((await Graphviz.load()).layout(dot, "dot_json", "dot"));
    const boxes = drawn.objects.filter(({ name }: { name: string }) => name.startsWith("cluster_"));
    expect(boxes.map(({ label }: { label: string }) => label.split("\\n")[0])).toEqual(["each", "part"]);
  });

  it("in Mermaid has a subgraph for each container's inside", async () => {
    const text = flow.toMermaid({ result: { status: (name: string) => (name === "part/wait" ? "waiting" : undefined) } });
    expect(text.split("\n")).toEqual([
      "flowchart TB",
      '  n0["list"]',
      '  subgraph n1["each<br/>for each item"]',
      '    n1_0["read"]',
      '    n1_1{{"wait<br/>wait for go"}}',
      "    n1_0 --> n1_1",
      "  end",
      '  n2[["sizes<br/>for each item"]]',
      '  subgraph n3["part<br/>sub-DAG, each#46;completed #124;#124; each#46;failed"]',
      '    n3_0["read"]',
      '    n3_1{{"wait<br/>wait for go"}}',
      "    n3_0 --> n3_1",
      "  end",
      '  n4[["poll<br/>repeat, at most 3 times, condition"]]',
      '  n5{{"gate<br/>approval"}}',
      '  n6{{"pause<br/>sleep 20 ms"}}',
      '  n7(["end<br/>finally"])',
      '  n8["next<br/>anyCompleted, on failure allow"]',
      "  n0 --> n1",
      "  n0 --> n2",
      "  n1 --> n3",
      "  n3 --> n4",
      "  n5 --> n7",
      '  n5 -.->|"condition, one of size"| n8',
      '  n6 -.->|"late"| n8',
      "  classDef waiting fill:#fef9c3,stroke:#ca8a04",
      "  class n3_1 waiting",
      "",
    ]);
    const { window } = new JSDOM("");
    Object.assign(globalThis, { window, document: window.document });
    const { default: mermaid } = await import("mermaid");
    mermaid.initialize({ startOnLoad: false });
    expect(await mermaid.parse(text)).toBeTruthy();
  }, 60_000);

  it("is read whatever names and expressions are inside", async () => {
    const hostile = DAG.builder()
      .addNodes(hostileNames)
      .addNode("n", { join: { expr: hostileNames.map((name) => `${JSON.stringify(name)}.failed`).join(" || ") } })
      .addEdges(hostileNames.map((name) => [name, "n"] as const))
      .build();
    const dag = DAG.builder()
      .task(
        '"]\\',
        subDag(
          DAG.builder()
            .task("%x&", subDag(hostile as DAG))
            .build(),
        ),
      )
      .task("w", waitFor({ signal: '"];\n<b>' }))
      .build();
    const drawn = JSON.parse((await Graphviz.load()).layout(dag.toDot(), "dot_json", "osage"));
    const boxes = drawn.objects.filter(({ name }: { name: string }) => name.startsWith("cluster_"));
    expect(boxes).toHaveLength(2);
    const { window } = new JSDOM("");
    Object.assign(globalThis, { window, document: window.document });
    const { default: mermaid } = await import("mermaid");
    mermaid.initialize({ startOnLoad: false, maxTextSize: 10_000_000 });
    expect(await mermaid.parse(dag.toMermaid())).toBeTruthy();
  }, 60_000);
});
