import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAG } from "../../src/dag/dag.js";
import { coreOf } from "../../src/dag/dag-value.js";
import { GraphBuilder } from "../../src/dag/graph-builder.js";
import type { NodeOptions } from "../../src/dag/options.js";
import { CycleError, DagnyError, GraphError } from "../../src/errors/index.js";
import { hostileNames } from "../support/hostile-names.js";
import { thrownBy } from "../support/thrown-by.js";

/** Code and message of everything wrong with a graph, in the order reported. */
function faults(write: (graph: GraphBuilder) => void): string[] {
  const graph = new GraphBuilder();
  write(graph);
  const error = thrownBy(() => graph.build());
  if (error instanceof GraphError) return error.errors.map(({ code, message }) => `${code}: ${message}`);
  return error instanceof DagnyError ? [`${error.code}: ${error.message}`] : [String(error)];
}

/** A value of a type that the compiler would not let through. */
const wrong = (value: unknown): never => value as never;

describe("a builder", () => {
  it("keeps nodes in the order of the calls and edges in canonical order", () => {
    const dag = DAG.builder()
      .addNode("c")
      .addNodes(["a", "b"])
      .addEdges([
        ["b", "a"],
        ["c", "b"],
        ["c", "a"],
      ])
      .build();
    expect(dag.toJSON().nodes.map(({ name }) => name)).toEqual(["c", "a", "b"]);
    expect(dag.edges()).toEqual([
      { from: "c", to: "a" },
      { from: "c", to: "b" },
      { from: "b", to: "a" },
    ]);
  });

  it("lets edges name nodes that come later", () => {
    const dag = DAG.builder().addEdge("a", "b", { label: "x" }).addEdge("b", "c").addNodes(["c", "b", "a"]).build();
    expect(dag.topologicalSort()).toEqual(["a", "b", "c"]);
    expect(dag.edges()).toContainEqual({ from: "a", to: "b", label: "x" });
  });

  it("takes edges as ids", () => {
    const dag = DAG.builder()
      .addNodes(["a", "b", "c"])
      .addEdgeIds(Uint32Array.of(2, 0, 0, 1))
      .build();
    expect(dag.topologicalSort()).toEqual(["c", "a", "b"]);
  });

  it("takes nodes in every form, with what they carry", () => {
    const dag = DAG.builder()
      .addNodes(["a", ["b", { cost: 2 }], { name: "c", retry: { maxAttempts: 3 }, metadata: { owner: "x" } }])
      .addNode("d", { payload: 0, priority: -1, timeoutMs: 5, retry: 2 })
      .build();
    expect(["a", "b", "c", "d"].map((name) => dag.get(wrong(name)))).toEqual([
      { name: "a" },
      { name: "b", cost: 2 },
      { name: "c", retry: { maxAttempts: 3 }, metadata: { owner: "x" } },
      { name: "d", payload: 0, priority: -1, timeoutMs: 5, retry: { maxAttempts: 2 } },
    ]);
  });

  it("makes columns only for what is used", () => {
    expect(Object.values(coreOf(DAG.builder().addNode("a", {}).build()).nodes).every((column) => column === null)).toBe(true);
  });

  it("may go on after a graph was built, which stays as it is", () => {
    const builder = DAG.builder().addNode("a", { cost: 1 });
    const first = builder.build();
    const second = builder.addNode("b", { cost: 2 }).addEdge("a", "b").build();
    expect([first.nodeCount, first.edgeCount, first.has("b")]).toEqual([1, 0, false]);
    expect(coreOf(first).nodes.cost?.size).toBe(1);
    expect([second.nodeCount, second.edgeCount]).toEqual([2, 1]);
  });

  it("builds the empty graph", () => {
    expect(DAG.builder().build().topologicalSort()).toEqual([]);
  });

  it("takes every hostile name", () => {
    const dag = DAG.builder().addNodes(hostileNames).build();
    for (const name of hostileNames) expect(dag.get(name)).toEqual({ name });
  });

  it("is shown with its size, as are its graphs and drafts", () => {
    const builder = DAG.builder().addNodes(["a", "b", "c"]).addEdge("a", "b");
    expect(inspect(builder)).toBe("DAGBuilder { nodes: 3, edges: 1 }");
    expect(inspect({ dag: builder.build() })).toBe("{ dag: DAG { nodes: 3, edges: 1 } }");
    expect(inspect(new DAG().addNode("a"))).toBe("DAG { nodes: 1, edges: 0 }");
  });

  it.each([
    ["a prototype of graphs", Object.getPrototypeOf(DAG.builder().build())],
    ["a prototype of drafts", DAG.prototype],
    ["a prototype of builders", Object.getPrototypeOf(DAG.builder())],
    ["a proxy of a graph", new Proxy(DAG.builder().build(), {})],
    ["a proxy of a builder", new Proxy(DAG.builder(), {})],
  ])("can be shown: %s", (_, value) => {
    expect(inspect(value)).toEqual(expect.any(String));
  });

  it("adds nothing where an iterable throws", () => {
    const stop = new Error("stop");
    function* nodes(): Generator<string> {
      yield "a";
      yield "b";
      throw stop;
    }
    function* edges(): Generator<[string, string, object]> {
      yield ["a", "c", { weight: 2 }];
      throw stop;
    }
    const builder = DAG.builder()
      .addNode("a")
      .addNode("c")
      .addEdges([["c", "a", { weight: 7 }]]);
    expect(thrownBy(() => builder.addNodes(nodes()))).toBe(stop);
    expect(thrownBy(() => builder.addEdges(edges()))).toBe(stop);
    const dag = builder.build();
    expect(dag.topologicalSort()).toEqual(["c", "a"]);
    expect(dag.edges()).toEqual([{ from: "c", to: "a", weight: 7 }]);
  });
});

describe("what is wrong with a graph", () => {
  const rows: readonly (readonly [string, readonly unknown[], readonly unknown[], readonly string[]])[] = [
    ["a node twice", ["a", "b", "a"], [], ['DUPLICATE_NODE: node "a" was added twice']],
    ["an edge twice", ["a", "b"], ["ab", "ab"].map(([...ends]) => ends), ['DUPLICATE_EDGE: edge "a" -> "b" was added twice']],
    ["a self loop", ["a"], [["a", "a"]], ['SELF_LOOP: node "a" cannot depend on itself']],
    [
      "an unknown end",
      ["extract", "load"],
      [["extarct", "load"]],
      ['NODE_NOT_FOUND: no node is named "extarct", used by edge "extarct" -> "load"; did you mean "extract"?'],
    ],
    [
      "an unknown end that is used often",
      ["a", "b"],
      [
        ["zzzzz", "a"],
        ["zzzzz", "b"],
      ],
      ['NODE_NOT_FOUND: no node is named "zzzzz", used by edge "zzzzz" -> "a"'],
    ],
    [
      "a cycle, starting at its first node",
      ["a", "b", "c"],
      [
        ["c", "a"],
        ["b", "c"],
        ["a", "b"],
      ],
      ['CYCLE: cycle: "a" -> "b" -> "c" -> "a"'],
    ],
    [
      "a cycle in each component",
      ["a", "b", "x", "y"],
      [
        ["x", "y"],
        ["y", "x"],
        ["a", "b"],
        ["b", "a"],
      ],
      ['CYCLE: cycle: "a" -> "b" -> "a"', 'CYCLE: cycle: "x" -> "y" -> "x"'],
    ],
    ["the empty name", [""], [], ['INVALID_NAME: a node\'s name must be a non-empty string, received "" (string)']],
    ["a number as name", [["a"], [5]], [], ["INVALID_NAME: a node's name must be a non-empty string, received 5 (number)"]],
    ["null among nodes", [null], [], ["INVALID_NAME: a node's name must be a non-empty string, received null"]],
    ["text as an edge", [], ["ab"], ['INVALID_EDGE: an edge must be [from, to] or [from, to, options], received "ab" (string)']],
    [
      "ends that are no names",
      ["a"],
      [
        ["a", undefined],
        [5, "a"],
        ["", "a"],
        [Symbol("s"), null],
      ],
      [
        'INVALID_NAME: edge "a" -> undefined: a node\'s name must be a non-empty string, received undefined',
        'INVALID_NAME: edge 5 (number) -> "a": a node\'s name must be a non-empty string, received 5 (number)',
        'INVALID_NAME: edge "" -> "a": a node\'s name must be a non-empty string, received "" (string)',
        "INVALID_NAME: edge Symbol(s) (symbol) -> null: a node's name must be a non-empty string, received Symbol(s) (symbol)",
      ],
    ],
    ["half an edge", [], [["a"]], ["INVALID_EDGE: an edge must be [from, to] or [from, to, options], received an array of 1"]],
  ];

  it.each(rows)("%s", (_, nodes, edges, expected) => {
    const write = (graph: GraphBuilder): void => {
      graph.addNodes(wrong(nodes));
      graph.addEdges(wrong(edges));
    };
    expect(faults(write)).toEqual(expected);
  });

  it.each<readonly [string, (graph: GraphBuilder) => void, string]>([
    ["an id of no node", (g) => g.addEdgeIds(Uint32Array.of(0, 7)), 'NODE_NOT_FOUND: no node has id 7, used by edge "a" -> "7"'],
    [
      "ids that are no pairs",
      (g) => g.addEdgeIds(Uint32Array.of(1)),
      "INVALID_EDGE: edge ids must be a Uint32Array of pairs, received a Uint32Array of 1",
    ],
    [
      "one end of two",
      (g) => g.addEdge("a", wrong(undefined)),
      'INVALID_NAME: edge "a" -> undefined: a node\'s name must be a non-empty string, received undefined',
    ],
    [
      "both ends in one object",
      (g) => g.addEdge(wrong({ from: "a", to: "b" }), wrong(undefined), { weight: Number.NaN }),
      "INVALID_NAME: edge an object (Object) -> undefined: a node's name must be a non-empty string, received an object (Object)",
    ],
    ["no list of nodes", (g) => g.addNodes(wrong(5)), "INVALID_OPTION: `nodes` must be a list of nodes, received 5 (number)"],
    ["nodes as text", (g) => g.addNodes("abc"), 'INVALID_OPTION: `nodes` must be a list of nodes, received "abc" (string)'],
    ["no list of edges", (g) => g.addEdges(wrong(null)), "INVALID_OPTION: `edges` must be a list of edges, received null"],
    [
      "a task that is none",
      (g) => g.addTask("b", [], 5),
      'INVALID_OPTION: node "b": `task` must be a function, or what map, subDag, loop, waitFor, approval, sleep, task.module or defineTasks makes, received 5 (number)',
    ],
  ])("%s", (_, write, expected) => {
    const written = faults((graph) => {
      graph.addNode("a");
      write(graph);
    });
    expect(written).toEqual([expected]);
  });

  it("a cycle through a node added twice", () => {
    const found = faults((graph) => {
      graph.addNodes(["a", "b"]);
      graph.addEdge("a", "b");
      graph.addNode("a");
      graph.addEdge("b", "a");
    });
    expect(found).toEqual(['DUPLICATE_NODE: node "a" was added twice', 'CYCLE: cycle: "a" -> "b" -> "a"']);
  });

  it("is reported all at once, calls first, then edges in their order, then cycles", () => {
    const found = faults((g) => {
      g.addNodes(["a", "b", "c"]);
      g.addEdges([
        ["c", "a"],
        ["a", "a"],
        ["a", "b"],
        ["b", "c"],
        ["a", "b"],
        ["a", "d"],
      ]);
      g.addNode("b", { cost: Number.NaN });
    });
    expect(found.map((fault) => fault.slice(0, fault.indexOf(":")))).toEqual([
      "DUPLICATE_NODE",
      "INVALID_OPTION",
      "SELF_LOOP",
      "DUPLICATE_EDGE",
      "NODE_NOT_FOUND",
      "CYCLE",
    ]);
  });

  it("throws one fault itself and several as a GraphError", () => {
    const cycle = thrownBy(() => DAG.from({ a: ["b"], b: ["a"] }));
    expect(cycle).toBeInstanceOf(CycleError);
    expect(cycle).toMatchObject({ name: "CycleError", code: "CYCLE", path: ["a", "b", "a"], errors: [cycle] });
    const several = thrownBy(() => DAG.from({ a: ["a"], b: ["b"] }));
    expect(several).toMatchObject({ name: "GraphError", code: "GRAPH_INVALID", errors: [{ code: "SELF_LOOP" }, { code: "SELF_LOOP" }] });
    expect(several).toHaveProperty(
      "message",
      'the graph has 2 faults:\n  - node "a" cannot depend on itself\n  - node "b" cannot depend on itself',
    );
  });

  it("is told again by every build, and does not end with it", () => {
    const graph = new GraphBuilder();
    graph.addEdge("a", "b");
    expect(() => graph.build()).toThrow(GraphError);
    graph.addNodes(["a", "b"]);
    expect(graph.build().names).toEqual(["a", "b"]);
  });

  it("names whole cycles of any length, cut only in the message", () => {
    const names = Array.from({ length: 1000 }, (_, i) => `n${i}`);
    const error = thrownBy(() => DAG.from(new Map(names.map((name, i) => [name, [names[(i + 999) % 1000] ?? ""]]))));
    expect(error).toHaveProperty("path", [...names, "n0"]);
    expect(error instanceof Error && error.message.length).toBeLessThan(200);
  });

  it("is found in a million nodes and unknown names without a hang", () => {
    const graph = new GraphBuilder();
    for (let i = 0; i < 1_000_000; i++) graph.addNode(`node-${i}`);
    for (let i = 0; i < 2000; i++) graph.addEdge(`nodes-${i}`, "node-0");
    const error = thrownBy(() => graph.build());
    expect(error instanceof GraphError && error.errors.length).toBe(2000);
  });
});

describe("options of nodes and edges", () => {
  const rows: readonly (readonly [string, unknown, string])[] = [
    ["a NaN cost", { cost: Number.NaN }, "`cost` must be a finite number of at least 0, received NaN (number)"],
    ["a negative cost", { cost: -1 }, "`cost` must be a finite number of at least 0, received -1 (number)"],
    ["an infinite cost", { cost: Number.POSITIVE_INFINITY }, "`cost` must be a finite number of at least 0, received Infinity (number)"],
    ["a cost as text", { cost: "1" }, '`cost` must be a finite number of at least 0, received "1" (string)'],
    ["a NaN priority", { priority: Number.NaN }, "`priority` must be a finite number, received NaN (number)"],
    ["no time at all", { timeoutMs: 0 }, "`timeoutMs` must be a finite number above 0, in milliseconds, received 0 (number)"],
    ["no attempts", { retry: 0 }, "`retry` must be an integer from 1 to 1048576, received 0 (number)"],
    ["half an attempt", { retry: { maxAttempts: 1.5 } }, "`retry.maxAttempts` must be an integer from 1 to 1048576, received 1.5 (number)"],
    ["retry as text", { retry: "3" }, '`retry` must be an integer from 1 to 1048576, or an object, received "3" (string)'],
    ["metadata that is a list", { metadata: [] }, "`metadata` must be an object, received an array of 0"],
    ["options that are null", null, "`options` must be an object, received null"],
    ["an unknown option", { cots: 1 }, "there is no option `cots`; did you mean `cost`?"],
    [
      "an unknown option of retry",
      { retry: { attempts: 2 } },
      "there is no option `retry.attempts`; known are `retry.maxAttempts`, `retry.backoff`, `retry.delayMs`, `retry.factor`, `retry.maxDelayMs`, `retry.jitter`, `retry.retryOn`",
    ],
    [
      "an option like no other",
      { zzz: 1 },
      "there is no option `zzz`; known are `payload`, `metadata`, `cost`, `priority`, `timeoutMs`, `nodeTimeoutMs`, `retry`, `join`, `condition`, `cached`, `onFailure`, `finally`, `undo`, `resources`, `concurrencyKey`, `rate`, `effects`",
    ],
  ];

  it.each(rows)("refuses %s", (_, options, message) => {
    expect(() => DAG.builder().addNode("a", wrong(options)).build()).toThrow(`node "a": ${message}`);
    const draft = new DAG();
    expect(() => draft.addNode("a", wrong(options))).toThrow(`node "a": ${message}`);
    expect(draft.nodeCount).toBe(0);
  });

  it.each([
    ["a NaN weight", { weight: Number.NaN }, "`weight` must be a finite number, received NaN (number)"],
    ["a number as label", { label: 5 }, "`label` must be a string, received 5 (number)"],
    ["an unknown option", { wieght: 5 }, "there is no option `wieght`; did you mean `weight`?"],
  ])("of an edge refuse %s", (_, options, message) => {
    expect(() => DAG.builder().addNodes(["a", "b"]).addEdge("a", "b", wrong(options)).build()).toThrow(`edge "a" -> "b": ${message}`);
  });

  it("that are undefined are not given", () => {
    const options: NodeOptions = { cost: undefined, retry: undefined, metadata: undefined, payload: undefined };
    expect(DAG.builder().addNode("a", options).build().get("a")).toEqual({ name: "a" });
  });
});

describe("other ways to a graph", () => {
  it("a Map keeps the order of names that look like numbers", () => {
    expect(
      DAG.from(
        new Map([
          ["10", []],
          ["2", ["10"]],
        ]),
      )
        .toJSON()
        .nodes.map(({ name }) => name),
    ).toEqual(["10", "2"]);
  });

  it("lists must be lists, not text", () => {
    expect(() => DAG.from(wrong({ a: [], b: "a" }))).toThrow('node "b": `upstreams` must be a list of node names, received "a" (string)');
  });

  it.each([
    ["lists", () => DAG.from(wrong({ a: [5] })), 'edge 5 (number) -> "a": a node\'s name must be a non-empty string, received 5 (number)'],
    ["records", () => DAG.fromRecords([{ upstreams: ["a"] }]), "a node's name must be a non-empty string, received undefined"],
  ])("%s must have names", (_, make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_NAME", message }));
  });

  it("records are nodes, and payloads", () => {
    const rows = [
      { name: "a", upstreams: [] },
      { name: "b", upstreams: ["a"] },
    ];
    const dag = DAG.fromRecords(rows);
    expect(dag.edges()).toEqual([{ from: "a", to: "b" }]);
    expect(dag.get("b").payload).toBe(rows[1]);
  });

  it.each<readonly [string, () => unknown, string]>([
    ["a list", () => DAG.from(wrong([])), "`upstreams` must be an object of lists, or a Map, received an array of 0"],
    ["a Set", () => DAG.from(wrong(new Set())), "`upstreams` must be an object of lists, or a Map, received an object (Set)"],
    ["no records", () => DAG.fromRecords(wrong(null)), "`records` must be a list of records, received null"],
    ["records as text", () => DAG.fromRecords(wrong("ab")), '`records` must be a list of records, received "ab" (string)'],
    ["a record that is none", () => DAG.fromRecords(wrong([{ name: "a" }, null])), "`records[1]` must be an object, received null"],
    [
      "a field by number",
      () => DAG.fromRecords([], { name: wrong(0) }),
      "`name` must be a field's name or a function, received 0 (number)",
    ],
    [
      "a list of fields",
      () => DAG.fromRecords([], { upstreams: wrong([]) }),
      "`upstreams` must be a field's name or a function, received an array of 0",
    ],
    ["options for all", () => DAG.fromRecords([], { options: wrong({}) }), "`options` must be a function, received an object (Object)"],
  ])("none from %s", (_, make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message }));
  });

  it("records may have fields of other names", () => {
    const rows = [{ id: 1 }, { id: 2, after: 1 }];
    const dag = DAG.fromRecords(rows, {
      name: ({ id }) => `#${id}`,
      upstreams: ({ after }) => (after === undefined ? [] : [`#${after}`]),
      options: ({ id }) => ({ cost: id }),
    });
    expect([dag.edges(), dag.get("#2")]).toEqual([[{ from: "#1", to: "#2" }], { name: "#2", cost: 2 }]);
  });

  it("all give the same graph", () => {
    const lists = fc.array(fc.uniqueArray(fc.nat({ max: 30 })), { maxLength: 30 });
    fc.assert(
      fc.property(lists, (upstreams) => {
        const entries = upstreams.map((list, i): [string, string[]] => [`n${i}`, list.filter((up) => up < i).map((up) => `n${up}`)]);
        const edges = entries.flatMap(([to, list]) => list.map((from): [string, string] => [from, to]));
        const names = entries.map(([name]) => name);
        const hash = DAG.from(new Map(entries)).contentHash();
        expect(DAG.builder().addEdges(edges).addNodes(names).build().contentHash()).toBe(hash);
        expect(new DAG().addNodes(names).addEdges(edges.toReversed()).merge(new DAG()).contentHash()).toBe(hash);
        const ids = Uint32Array.from(edges.flat(), (name) => Number(name.slice(1)));
        expect(DAG.builder().addNodes(names).addEdgeIds(ids).build().contentHash()).toBe(hash);
      }),
    );
  });
});
