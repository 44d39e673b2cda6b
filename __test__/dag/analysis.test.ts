/** What everyone expects of a graph library, one row a case, and what it says to wrong arguments. */
import { describe, expect, it } from "vitest";
import { coreOf, DAG } from "../../src/dag/dag.js";
import { NodeNotFoundError } from "../../src/errors/graph.js";
import { InvalidOptionError, UnknownOptionError } from "../../src/errors/options.js";
import { edgesAsText, graphOf } from "../support/graph-text.js";

/** A value of a type that the compiler would not let through. */
const wrong = (value: unknown): never => value as never;

const diamond = "a -> b, c -> d";
const ladder = "a -> b -> c -> d; a -> c; a -> d; b -> d";

/** Every case: what it is, the graph, the question, the answer. */
const cases: readonly (readonly [name: string, graph: string, ask: (dag: DAG) => unknown, answer: unknown])[] = [
  ["empty: sort", "", (dag) => dag.topologicalSort(), []],
  ["empty: levels", "", (dag) => dag.topologicalLevels(), []],
  ["empty: critical path", "", (dag) => [dag.criticalPath().path, dag.criticalPath().cost], [[], 0]],
  ["empty: longest path", "", (dag) => dag.longestPath(), null],
  ["empty: width", "", (dag) => dag.width(), 0],
  ["empty: plan", "", (dag) => [dag.executionPlan().makespan, dag.executionPlan().steps], [0, []]],
  ["empty: counts of paths", "", (dag) => dag.countPaths(), 0n],
  ["empty: depth", "", (dag) => dag.stats().depth, 0],
  ["empty: reduction", "", (dag) => edgesAsText(dag.transitiveReduction()), ""],
  ["one node: sort", "a", (dag) => dag.topologicalSort(), ["a"]],
  ["one node: it is root and leaf", "a", (dag) => [dag.roots(), dag.leaves()], [["a"], ["a"]]],
  ["one node: no ancestors", "a", (dag) => [dag.ancestors("a"), dag.descendants("a")], [[], []]],
  ["one node: its path to itself", "a", (dag) => [...dag.allPaths("a", "a")], [["a"]]],
  ["one node: one path from root to leaf", "a", (dag) => dag.countPaths(), 1n],
  ["one node: shortest path to itself", "a", (dag) => dag.shortestPath("a", "a"), { path: ["a"], length: 0 }],
  ["one node: not its own ancestor", "a", (dag) => [dag.isAncestor("a", "a"), dag.reachability().isAncestor("a", "a")], [false, false]],
  ["two nodes apart: node order", "b; a", (dag) => dag.topologicalSort(), ["b", "a"]],
  ["two nodes apart: no path", "b; a", (dag) => dag.shortestPath("b", "a"), null],
  ["two nodes apart: two components", "b; a", (dag) => dag.stats().componentCount, 2],
  ["diamond: sort", diamond, (dag) => dag.topologicalSort(), ["a", "b", "c", "d"]],
  ["diamond: levels", diamond, (dag) => dag.topologicalLevels(), [["a"], ["b", "c"], ["d"]]],
  [
    "diamond: paths in order",
    diamond,
    (dag) => [...dag.allPaths("a", "d")],
    [
      ["a", "b", "d"],
      ["a", "c", "d"],
    ],
  ],
  ["diamond: paths, limited", diamond, (dag) => [...dag.allPaths("a", "d", { limit: 1 })], [["a", "b", "d"]]],
  ["diamond: no paths asked for", diamond, (dag) => [...dag.allPaths("a", "d", { limit: 0 })], []],
  ["diamond: paths against the edges", diamond, (dag) => [...dag.allPaths("d", "a")], []],
  ["diamond: count", diamond, (dag) => dag.countPaths("a", "d"), 2n],
  [
    "diamond: neighbors",
    diamond,
    (dag) => [dag.predecessors("d"), dag.successors("a")],
    [
      ["b", "c"],
      ["b", "c"],
    ],
  ],
  ["diamond: degrees", diamond, (dag) => [dag.inDegree("d"), dag.outDegree("d")], [2, 0]],
  ["diamond: dominator skips both sides", diamond, (dag) => dag.dominatorTree().immediate("d"), "a"],
  ["diamond: width and who", diamond, (dag) => [dag.width(), dag.largestAntichain()], [2, ["b", "c"]]],
  ["diamond: reverse", diamond, (dag) => edgesAsText(dag.reverse()), "b -> a; c -> a; d -> b; d -> c"],
  ["diamond: closure adds the long edge", diamond, (dag) => edgesAsText(dag.transitiveClosure()), "a -> b; a -> c; a -> d; b -> d; c -> d"],
  ["diamond: pairs", diamond, (dag) => dag.countReachablePairs(), 5n],
  ["diamond: two workers", diamond, (dag) => dag.executionPlan(2).makespan, 3],
  ["diamond: one worker", diamond, (dag) => dag.executionPlan(1).makespan, 4],
  ["two roots: no common dominator", "a, b -> c", (dag) => dag.dominatorTree().immediate("c"), null],
  ["dominators of a chain, nearest first", "a -> b -> c", (dag) => dag.dominatorTree().dominatorsOf("c"), ["b", "a"]],
  ["ladder: reduction is the chain", ladder, (dag) => edgesAsText(dag.transitiveReduction()), "a -> b; b -> c; c -> d"],
  [
    "ladder: shortest and longest",
    ladder,
    (dag) => [dag.shortestPath("a", "d"), dag.longestPath()],
    [
      { path: ["a", "d"], length: 1 },
      { path: ["a", "b", "c", "d"], length: 3 },
    ],
  ],
  ["ladder: isAncestor both ways", ladder, (dag) => [dag.isAncestor("a", "d"), dag.isAncestor("d", "a")], [true, false]],
  ["levels are set by the longest way", "a -> c; a -> b -> c", (dag) => dag.topologicalLevels(), [["a"], ["b"], ["c"]]],
  ["order does not depend on the order of edges", "x; y; y -> z; x -> z; x -> w", (dag) => dag.topologicalSort(), ["x", "y", "w", "z"]],
  ["sort by name", "c -> a; b", (dag) => dag.sortByName(), ["b", "c", "a"]],
  ["parallel parts: components and width", "a -> b; c -> d; e -> f", (dag) => [dag.stats().componentCount, dag.width()], [3, 3]],
  ["longest path to a node", "a -> b -> c; x -> c", (dag) => dag.longestPath({ to: "b" }), { path: ["a", "b"], length: 1 }],
  ["longest path from a node", "a -> b -> c; x -> c", (dag) => dag.longestPath({ from: "x" }), { path: ["x", "c"], length: 1 }],
  [
    "costs: critical path is not the longest",
    "a=1 -> b=1 -> c=1; d=9",
    (dag) => [dag.criticalPath().path, dag.criticalPath().cost],
    [["d"], 9],
  ],
  ["costs: slack of the short branch", "a=1 -> b=5, c=2 -> d=1", (dag) => ({ ...dag.criticalPath().slack }), { a: 0, b: 0, c: 3, d: 0 }],
  ["costs: earliest and latest", "a=1 -> b=5, c=2 -> d=1", (dag) => dag.criticalPath().times("c"), { earliest: 1, latest: 4, slack: 3 }],
  ["costs: a missing one is 1", "a=3 -> b", (dag) => dag.criticalPath().cost, 4],
  ["costs: bottom levels", "a=1 -> b=5, c=2 -> d=1", (dag) => ({ ...dag.bottomLevels() }), { a: 7, b: 6, c: 3, d: 1 }],
  [
    "costs of 0: everything is critical",
    "a=0 -> b=0, c=0",
    (dag) => [dag.criticalPath().cost, dag.criticalPath().critical],
    [0, ["a", "b", "c"]],
  ],
  [
    "costs of 0: never in one step with what waits for it",
    "a=0 -> b=0 -> c=2; d=1",
    (dag) => dag.executionPlan().steps,
    [
      { start: 0, nodes: ["a", "d"] },
      { start: 0, nodes: ["b"] },
      { start: 0, nodes: ["c"] },
    ],
  ],
  [
    "decimal costs that do not add up in binary leave no slack",
    "a=0.1 -> b=0.2 -> c=0.3; x=0.3 -> y=0.2 -> z=0.1",
    (dag) => dag.criticalPath().critical.length,
    6,
  ],
  [
    "plan: longer remaining cost goes first",
    "s=1, l=5; l -> e=5",
    (dag) => dag.executionPlan(1).nodes.map(({ name }) => name),
    ["l", "e", "s"],
  ],
  [
    "plan: who works where",
    "a=2, b=1, c=1",
    (dag) => dag.executionPlan(2).nodes,
    [
      { name: "a", start: 0, finish: 2, worker: 0 },
      { name: "b", start: 0, finish: 1, worker: 1 },
      { name: "c", start: 1, finish: 2, worker: 1 },
    ],
  ],
  ["plan: no more workers than are of use", "a -> b -> c", (dag) => dag.executionPlan(8).workers, 1],
  ["subgraph: only the edges between", ladder, (dag) => edgesAsText(dag.subgraph(["d", "a", "b"])), "a -> b; a -> d; b -> d"],
  ["subgraph: one level up", "a -> b -> c -> d", (dag) => dag.subgraph(["c"], { upstream: 1 }).topologicalSort(), ["b", "c"]],
  [
    "subgraph: all levels down",
    "a -> b -> c -> d",
    (dag) => dag.subgraph(["b"], { downstream: Number.POSITIVE_INFINITY }).topologicalSort(),
    ["b", "c", "d"],
  ],
  ["subgraph: of nothing", diamond, (dag) => dag.subgraph([]).nodeCount, 0],
  ["filter: nothing is bridged", "a -> b -> c", (dag) => edgesAsText(dag.filter((name) => name !== "b")), ""],
  ["matching: a star stays in its segment", "x/a; x/b; x/y/c; z", (dag) => dag.nodesMatching("x/*"), ["x/a", "x/b"]],
  ["matching: two stars do not", "x/a; x/b; x/y/c; z", (dag) => dag.nodesMatching("x/**"), ["x/a", "x/b", "x/y/c"]],
  [
    "matching: sets, choices and one character",
    "a1; a2; b1; c1",
    (dag) => [dag.nodesMatching("[!a]?"), dag.nodesMatching("{a,c}1")],
    [
      ["b1", "c1"],
      ["a1", "c1"],
    ],
  ],
  ["matching: dots are dots", "a.b; axb", (dag) => dag.nodesMatching("a.b"), ["a.b"]],
  ["matching: a global expression keeps no place", "aa; ab", (dag) => dag.nodesMatching(/a/g), ["aa", "ab"]],
];

describe("a graph answers", () => {
  it.each(cases)("%s", (_name, graph, ask, answer) => {
    expect(ask(graphOf(graph))).toEqual(answer);
  });

  it("chains and stars of 100,000", () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `n${i}`);
    const chain = DAG.builder()
      .addNodes(names)
      .addEdgeIds(Uint32Array.from({ length: 199_998 }, (_, i) => Math.ceil(i / 2)))
      .build();
    const star = DAG.builder()
      .addNodes(names)
      .addEdges(names.slice(1).map((name) => ["n0", name] as const))
      .build();
    expect([chain.topologicalLevels().length, chain.width(), chain.countPaths(), chain.criticalPath().cost]).toEqual([
      100_000,
      1,
      1n,
      100_000,
    ]);
    expect([star.topologicalLevels().length, star.width(), star.countPaths(), star.executionPlan(1).makespan]).toEqual([
      2,
      99_999,
      99_999n,
      100_000,
    ]);
  });

  it("counts beyond 2^53 exactly", () => {
    const diamonds = Array.from({ length: 100 }, (_, i) => `${i} -> ${i}a, ${i}b -> ${i + 1}`).join(";");
    expect(graphOf(diamonds).countPaths("0", "100")).toBe(2n ** 100n);
  });

  it("paths one at a time, however many there are", () => {
    const diamonds = graphOf(Array.from({ length: 100 }, (_, i) => `${i} -> ${i}a, ${i}b -> ${i + 1}`).join(";"));
    const paths = diamonds.allPaths("0", "100");
    expect(paths.next().value).toHaveLength(201);
    expect(paths.next().value?.at(-2)).toBe("99b");
    expect([...diamonds.allPaths("0", "100", { limit: 5_000 })]).toHaveLength(5_000);
  });

  it("in the caller's arrays", () => {
    const { ids } = graphOf(diamond);
    const into = new Uint32Array(6);
    expect(ids.topologicalSort(into)).toEqual(Uint32Array.of(0, 1, 2, 3));
    expect(ids.topologicalSort(into).buffer).toBe(into.buffer);
    expect(ids.descendants(0, into)).toEqual(Uint32Array.of(1, 2, 3));
    expect(() => ids.topologicalSort(new Uint32Array(3))).toThrow(InvalidOptionError);
    expect(() => ids.descendants(0, new Uint32Array(2))).toThrow(/at least 3 entries/);
    expect(() => ids.descendants(4)).toThrow(NodeNotFoundError);
    expect(() => ids.descendants(-1)).toThrow(NodeNotFoundError);
    expect(() => ids.descendants(0.5)).toThrow(NodeNotFoundError);
  });
});

describe("graphs made from graphs keep what nodes and edges carry", () => {
  const build = () =>
    DAG.builder()
      .addNode("a", { cost: 2, metadata: { owner: "x" } })
      .addNode("b", { payload: [1] })
      .addNode("c", { priority: 3 })
      .addEdge("a", "b", { weight: 4, label: "ab" })
      .addEdge("b", "c", { weight: 5 })
      .addEdge("a", "c", { label: "ac" })
      .build();
  const carried = (dag: DAG) => dag.edges().map(({ from, to, weight, label }) => `${from}${to}:${weight ?? ""}${label ?? ""}`);

  it.each([
    ["reverse", (dag: DAG) => dag.reverse(), ["ba:4ab", "ca:ac", "cb:5"]],
    ["filter", (dag: DAG) => dag.filter((name) => name !== "b"), ["ac:ac"]],
    ["subgraph", (dag: DAG) => dag.subgraph(["c", "b"]), ["bc:5"]],
    ["transitiveReduction", (dag: DAG) => dag.transitiveReduction(), ["ab:4ab", "bc:5"]],
    ["transitiveClosure", (dag: DAG) => dag.transitiveClosure(), ["ab:4ab", "ac:ac", "bc:5"]],
  ])("%s", (_name, derive, edges) => {
    const derived = derive(build());
    expect(carried(derived)).toEqual(edges);
    for (const name of derived.topologicalSort()) expect(derived.get(name)).toEqual(build().get(name as "a"));
  });

  it("merge: the other's word counts, option by option", () => {
    const other = DAG.builder().addNode("d").addNode("b", { cost: 7 }).addEdge("b", "d", { weight: 1 }).build();
    const merged: DAG = build().merge(other);
    expect(merged.topologicalSort()).toEqual(["a", "b", "c", "d"]);
    expect(merged.get("b")).toEqual({ name: "b", payload: [1], cost: 7 });
    expect(carried(merged)).toEqual(["ab:4ab", "ac:ac", "bc:5", "bd:1"]);
    expect(() => build().merge(graphOf("c -> a"))).toThrow(expect.objectContaining({ code: "CYCLE", path: ["a", "c", "a"] }));
  });

  it("diff", () => {
    const other = DAG.builder()
      .addNode("a", { cost: 3 })
      .addNode("b", { payload: [1] })
      .addNode("z")
      .addEdge("a", "b", { weight: 9 })
      .build();
    expect(build().diff(other)).toEqual({
      addedNodes: ["z"],
      removedNodes: ["c"],
      commonNodes: ["a", "b"],
      changedNodes: ["a"],
      addedEdges: [],
      removedEdges: [
        ["a", "c"],
        ["b", "c"],
      ],
      commonEdges: [["a", "b"]],
      changedEdges: [["a", "b"]],
    });
  });

  it("hashes: order and attributes are content, not structure", () => {
    const one = graphOf("a -> b; c -> b");
    const two = graphOf("c -> b; a -> b");
    expect(one.structureHash()).toBe(two.structureHash());
    expect(one.contentHash()).not.toBe(two.contentHash());
    expect(one.contentHash()).toBe(graphOf("a -> b; c -> b").contentHash());
    expect(graphOf("a=2 -> b; c -> b").contentHash()).not.toBe(one.contentHash());
    expect(graphOf("a=2 -> b; c -> b").structureHash()).toBe(one.structureHash());
    expect(DAG.from({ ab: [], c: [] }).structureHash()).not.toBe(DAG.from({ a: [], bc: [] }).structureHash());
    expect(DAG.from({ "\ud800": [] }).contentHash()).not.toBe(DAG.from({ "\ufffd": [] }).contentHash());
  });
});

describe("wrong arguments", () => {
  const dag: DAG = graphOf("extract -> transform -> load");

  it.each([
    ["ancestors", () => dag.ancestors("transfrom")],
    ["shortestPath", () => dag.shortestPath("extract", "transfrom")],
    ["allPaths, before the first path", () => dag.allPaths("transfrom", "load")],
    ["subgraph", () => dag.subgraph(["transfrom"])],
    ["reachability", () => dag.reachability().isAncestor("transfrom", "load")],
    ["criticalPath", () => dag.criticalPath().times("transfrom")],
    ["dominatorTree", () => dag.dominatorTree().immediate("transfrom")],
  ])("%s names the nearest node", (_name, ask) => {
    expect(ask).toThrow(expect.objectContaining({ code: "NODE_NOT_FOUND", node: "transfrom", suggestion: "transform" }));
  });

  it.each<readonly [string, unknown, string]>([
    ["too high", 9, "no node has id 9"],
    ["below 0", -1, "no node has id -1"],
    ["a name", "load", 'no node has id "load" (string)'],
    ["missing", undefined, "no node has id undefined"],
  ])("an id that is none: %s", (_name, id, message) => {
    for (const ask of [() => dag.ids.ancestors(wrong(id)), () => dag.reachability().isAncestorId(0, wrong(id))]) {
      expect(ask).toThrow(expect.objectContaining({ code: "NODE_NOT_FOUND", node: String(id), message }));
    }
  });

  it.each([
    ["workers: 0", () => dag.executionPlan(0)],
    ["workers: 1.5", () => dag.executionPlan(1.5)],
    ["workers: NaN", () => dag.executionPlan(Number.NaN)],
    ["limit: -1", () => dag.allPaths("extract", "load", { limit: -1 })],
    ["depth: -1", () => dag.subgraph(["load"], { upstream: -1 })],
    ["one end of two", () => dag.countPaths("extract")],
  ])("%s", (_name, ask) => {
    expect(ask).toThrow(InvalidOptionError);
  });

  it.each<readonly [string, string | undefined, () => unknown]>([
    ["limt", "limit", () => dag.allPaths("extract", "load", wrong({ limt: 1 }))],
    ["upsteam", "upstream", () => dag.subgraph(["load"], wrong({ upsteam: 3 }))],
    ["maxedges", "maxEdges", () => dag.transitiveClosure(wrong({ maxedges: 3 }))],
    ["too", "to", () => dag.longestPath(wrong({ too: "load" }))],
    ["node", "nodes", () => DAG.diagnose([], wrong({ node: ["a"] }))],
    ["upstream", "upstreams", () => DAG.fromRecords([{ name: "a" }], wrong({ upstream: "name" }))],
    ["zzz", undefined, () => dag.allPaths("extract", "load", wrong({ zzz: 1 }))],
  ])("an option `%s`, for which %s may be meant", (option, suggestion, ask) => {
    expect(ask).toThrow(UnknownOptionError);
    expect(ask).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION", option, suggestion }));
  });

  it.each([
    ["allPaths", () => dag.allPaths("extract", "load", wrong(null))],
    ["subgraph", () => dag.subgraph(["load"], wrong(3))],
    ["transitiveClosure", () => dag.transitiveClosure(wrong(3))],
    ["longestPath", () => dag.longestPath(wrong("extract"))],
    ["diagnose", () => DAG.diagnose([], wrong(["a"]))],
    ["fromRecords", () => DAG.fromRecords([], wrong("name"))],
  ])("options of %s that are no object", (_name, ask) => {
    expect(ask).toThrow(/^`(options|ends)` must be an object, received /);
  });

  it.each<readonly [string, () => unknown, string]>([
    ["merge with an object", () => dag.merge(wrong({})), "`other` must be a DAG, received an object (Object)"],
    ["merge with what only looks like a DAG", () => dag.merge(Object.create(dag)), "`other` must be a DAG, received an object (Object)"],
    ["diff with nothing", () => dag.diff(wrong(undefined)), "`other` must be a DAG, received undefined"],
    ["the core of a text", () => coreOf(wrong("dag")), '`dag` must be a DAG, received "dag" (string)'],
    [
      "too little room",
      () => dag.ids.topologicalSort(new Uint32Array(1)),
      "`into` must be a Uint32Array of at least 3 entries, received a Uint32Array of 1",
    ],
    ["filter by nothing", () => dag.filter(wrong(undefined)), "`keep` must be a function, received undefined"],
    ["a pattern that is none", () => dag.nodesMatching(wrong(4)), "`pattern` must be a glob or a regular expression, received 4 (number)"],
    ["a descending range", () => dag.nodesMatching("[z-a]"), '`pattern` must be a glob whose ranges ascend, received "[z-a]" (string)'],
    ["a subgraph of a text", () => dag.subgraph("load"), '`names` must be a list of node names, received "load" (string)'],
    ["a subgraph of nothing", () => dag.subgraph(wrong(undefined)), "`names` must be a list of node names, received undefined"],
    ["a diagnosis of nothing", () => DAG.diagnose(wrong(null)), "`edges` must be a list of edges, received null"],
    ["a diagnosis of a text", () => DAG.diagnose(wrong("ab")), '`edges` must be a list of edges, received "ab" (string)'],
    ["nodes as text", () => DAG.diagnose([], { nodes: "ab" }), '`nodes` must be a list of node names, received "ab" (string)'],
    ["diff of a diagnosis", () => DAG.diagnose([]).diff(wrong(dag)), "`other` must be a diagnosis, received an object (Object)"],
  ])("%s", (_name, ask, message) => {
    expect(ask).toThrow(InvalidOptionError);
    expect(ask).toThrow(expect.objectContaining({ message }));
  });

  it("a closure that is too large is refused before it is made", () => {
    expect(() => dag.transitiveClosure({ maxEdges: 2 })).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
    expect(dag.transitiveClosure({ maxEdges: 3 }).edgeCount).toBe(3);
  });
});

describe("diagnose", () => {
  it("tells everything at once", () => {
    const found = DAG.diagnose(
      [
        ["a", "b"],
        ["b", "c"],
        ["c", "a"],
        ["c", "d"],
        ["d", "d"],
        ["a", "b"],
        ["x", "y"],
        ["y", "x"],
      ],
      { nodes: ["d", "c", "b", "a", "lone", "d"] },
    );
    expect(found).toMatchObject({
      isDag: false,
      nodes: ["d", "c", "b", "a", "lone", "x", "y"],
      unknownNodes: ["x", "y"],
      duplicateNodes: ["d"],
      selfLoops: ["d"],
      duplicateEdges: [["a", "b"]],
      cycles: [
        ["c", "a", "b"],
        ["x", "y"],
      ],
      strongComponents: [["d"], ["c", "b", "a"], ["lone"], ["x", "y"]],
      weakComponents: [["d", "c", "b", "a"], ["lone"], ["x", "y"]],
    });
    expect([...found.descendantCounts()]).toEqual([0, 3, 3, 3, 0, 1, 1]);
  });

  it.each([
    ["an end that is no name", ["a", 5], 'edge "a" -> 5 (number): a node\'s name must be a non-empty string, received 5 (number)'],
    ["text", "ab", 'an edge must be a pair of node names, received "ab" (string)'],
  ])("takes no edge that is none: %s", (_name, edge, message) => {
    expect(() => DAG.diagnose([wrong(edge)])).toThrow(expect.objectContaining({ message }));
  });

  it("of edges by id, only whether there is a cycle", () => {
    expect(DAG.isAcyclic(3, Uint32Array.of(0, 1, 1, 2, 0, 1))).toBe(true);
    expect(DAG.isAcyclic(3, Uint32Array.of(0, 1, 1, 2, 2, 0))).toBe(false);
    expect(DAG.isAcyclic(1, Uint32Array.of(0, 0))).toBe(false);
    expect(DAG.isAcyclic(0, new Uint32Array())).toBe(true);
    expect(() => DAG.isAcyclic(2, Uint32Array.of(0, 2))).toThrow(InvalidOptionError);
    expect(() => DAG.isAcyclic(2, Uint32Array.of(0))).toThrow(InvalidOptionError);
    expect(() => DAG.isAcyclic(-1, new Uint32Array())).toThrow(InvalidOptionError);
  });

  it("finds nothing wrong with a graph, and nothing at all in nothing", () => {
    expect(DAG.diagnose([["a", "b"]])).toMatchObject({ isDag: true, cycles: [], unknownNodes: [] });
    expect(DAG.diagnose([])).toMatchObject({ isDag: true, nodes: [], strongComponents: [] });
  });
});
