import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAG } from "../../src/dag/dag.js";
import { GraphFormatError } from "../../src/errors/index.js";
import { anyGraph } from "../support/any-graph.js";
import { hostileNames } from "../support/hostile-names.js";
import { realGraph, realGraphNames } from "../support/real-graphs.js";
import { absence } from "../support/shared-data.js";

/** Through text and back. */
function again(dag: DAG): DAG {
  return DAG.fromJSON(JSON.stringify(dag));
}

function expectSame(dag: DAG): void {
  const read = again(dag);
  expect(read.toJSON()).toEqual(dag.toJSON());
  expect(read.contentHash()).toBe(dag.contentHash());
  expect(read.topologicalSort()).toEqual(dag.topologicalSort());
}

describe("JSON", () => {
  it("has one documented form", () => {
    const dag = DAG.builder()
      .addNode("a", { payload: { rows: [1] }, metadata: { team: "x" }, cost: 2, priority: -1, timeoutMs: 50, retry: 3 })
      .addNode("__proto__")
      .addNode("c")
      .addEdge("c", "a", { weight: 0.5, label: "late" })
      .addEdge("a", "__proto__")
      .build();
    expect(dag.toJSON()).toEqual({
      format: "dagny/graph",
      version: 1,
      nodes: [
        { name: "a", payload: { rows: [1] }, metadata: { team: "x" }, cost: 2, priority: -1, timeoutMs: 50, retry: 3 },
        { name: "__proto__" },
        { name: "c" },
      ],
      edges: [
        [0, 1],
        [2, 0, { weight: 0.5, label: "late" }],
      ],
    });
    expectSame(dag);
  });

  it("reads data as well as text", () => {
    const dag = DAG.from({ a: [], b: ["a"] });
    expect(DAG.fromJSON(dag.toJSON()).edges()).toEqual([{ from: "a", to: "b" }]);
  });

  it("keeps everything of any graph", () => {
    fc.assert(fc.property(anyGraph, expectSame));
  });

  it("keeps every hostile name", () => {
    expect(again(DAG.builder().addNodes(hostileNames).build()).sortByName()).toEqual([...hostileNames].sort());
  });

  it.skipIf(absence !== undefined)(`keeps every real graph${absence === undefined ? "" : ` (skipped: ${absence})`}`, () => {
    for (const name of realGraphNames) expectSame(realGraph(name));
  });

  it.each([
    ["text that is no JSON", "{", "the text is not JSON"],
    ["null", "null", "received null"],
    ["an array", "[]", "received an array of 0"],
    ["another format", '{"format":"x"}', '`format` "x"'],
    ["no version", '{"format":"dagny/graph"}', "`version` must be an integer of at least 1, received undefined"],
    ["a newer version", '{"format":"dagny/graph","version":2}', "this release reads up to 1"],
    ["nodes that are no array", '{"format":"dagny/graph","version":1,"nodes":{}}', "`nodes` must be an array"],
    ["edges that are no array", '{"format":"dagny/graph","version":1,"nodes":[]}', "`edges` must be an array"],
    ["an edge to nowhere", '{"format":"dagny/graph","version":1,"nodes":[{"name":"a"}],"edges":[[0,1]]}', "[0,1]"],
    ["an edge that is none", '{"format":"dagny/graph","version":1,"nodes":[],"edges":["ab"]}', '"ab"'],
  ])("refuses %s", (_, text, message) => {
    const attempt = (): DAG => DAG.fromJSON(text);
    expect(attempt).toThrow(GraphFormatError);
    expect(attempt).toThrow(message);
  });

  it("checks what it reads like any graph", () => {
    const text = '{"format":"dagny/graph","version":1,"nodes":[{"name":"a","cots":1},{"name":"b"}],"edges":[[0,1],[1,0]]}';
    expect(() => DAG.fromJSON(text)).toThrow(/2 faults:\n.*`cots`; did you mean `cost`\?\n.*cycle: "a" -> "b" -> "a"/);
  });
});
