/**
 * Every real graph beside the checkout gives the reference answer for every field of its answer file. A field without a check fails, so
 * that no answer can be overlooked.
 */
import { describe, expect, it } from "vitest";
import {
  countPaths,
  countReachablePairs,
  criticalPath,
  type Diagnosis,
  diagnose,
  diff,
  dominatorTree,
  edges,
  executionPlan,
  GraphIds,
  largestAntichain,
  leaves,
  roots,
  stats,
  topologicalLevels,
  transitiveReduction,
  width,
} from "../../src/dag/analysis/index.js";
import { coreOf } from "../../src/dag/dag-value.js";
import { GraphBuilder } from "../../src/dag/graph-builder.js";
import type { GraphCore } from "../../src/dag/graph-core.js";
import { absence, namesEnding, readAnswers, readGraph, type SharedGraph, sha256OfLines, sorted } from "../support/shared-data.js";

type Json = unknown;
type Answers = { readonly [field: string]: Json };
type Checks = { readonly [field: string]: (expected: Json) => void };

/** Compares each field with what its check says; a field without a check fails, and so does an object whose fields have none. */
function checkAll(answers: Answers, checks: Checks): void {
  for (const [field, expected] of Object.entries(answers)) {
    const check = checks[field];
    if (check === undefined) throw new Error(`no check for the field ${JSON.stringify(field)}`);
    check(expected);
  }
}

const is = (actual: Json) => (expected: Json) => expect(actual).toEqual(expected);
const isWithin = (actual: number) => (expected: Json) => expect(Math.abs(actual / (expected as number) - 1)).toBeLessThan(1e-9);
const all = (checks: Checks) => (expected: Json) => checkAll(expected as Answers, checks);
/** Fields that tell how to read others. */
const isProse = (expected: Json) => expect(["string", "object"]).toContain(typeof expected);

function buildCore(graph: SharedGraph): GraphCore {
  const builder = new GraphBuilder();
  for (const { id, runtimeSeconds } of graph.nodes) builder.addNode(id, runtimeSeconds === undefined ? {} : { cost: runtimeSeconds });
  for (const [from, to] of graph.edges) builder.addEdge(from, to);
  return builder.build();
}

function diagnosisOf(graph: SharedGraph): Diagnosis {
  return diagnose(graph.edges, { nodes: graph.nodes.map(({ id }) => id) });
}

/** The five nodes that have most, ties by id. */
function topFive(names: readonly string[], counts: ArrayLike<number>): [string, number][] {
  const rows = names.map((name, id): [string, number] => [name, counts[id] ?? 0]);
  return rows.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, 5);
}

function hashOfCounts(names: readonly string[], counts: ArrayLike<number>): string {
  const lines = new Map(names.map((name, id) => [name, `${counts[id]}\t${name}`]));
  return sha256OfLines(sorted(names).map((name) => lines.get(name) ?? ""));
}

function levelChecks(core: GraphCore, nameOf: (name: string) => string): Checks {
  const levels = topologicalLevels(core).map((level) => level.map(nameOf));
  const levelOf = new Map(levels.flatMap((level, at) => level.map((name) => [name, at])));
  const sizes = levels.map((level) => level.length);
  const unit = criticalPath({ ...core, nodes: { ...core.nodes, cost: null } });
  return {
    count: is(levels.length),
    longestPathEdges: is(stats(core).depth),
    maxSize: is(stats(core).maxLevelSize),
    // Left out of the file where there are very many.
    sizes: (expected) => expected === null || expect(sizes).toEqual(expected),
    firstSizes: (expected) => expect(sizes.slice(0, (expected as number[]).length)).toEqual(expected),
    sizesSha256: is(sha256OfLines(sizes.map(String))),
    sha256: is(sha256OfLines(sorted(levelOf.keys()).map((name) => `${levelOf.get(name)}\t${name}`))),
    sha256Of: isProse,
    ids: is(levels.map(sorted)),
    onSomeLongestPath: is(unit.critical.length),
  };
}

function reductionChecks(core: GraphCore, nameOf: (name: string) => string): Checks {
  const pairsOf = (graph: GraphCore) => sorted(edges(graph).map(({ from, to }) => `${nameOf(from)}\t${nameOf(to)}`));
  const kept = pairsOf(transitiveReduction(core));
  const removed = pairsOf(core).filter((pair) => !kept.includes(pair));
  return {
    edges: is(kept.length),
    removed: is(removed.length),
    sha256: is(sha256OfLines(kept)),
    sha256Of: isProse,
    removedEdges: is(removed.map((pair) => pair.split("\t"))),
  };
}

/** What can be asked of any edges, cyclic or not. */
function commonChecks(graph: SharedGraph, found: Diagnosis): Checks {
  const cyclic = found.strongComponents.filter((members) => members.length > 1);
  const sizes = cyclic.map((members) => members.length).sort((a, b) => b - a);
  const indexed = new Set(graph.edges.map(([, to]) => to));
  const leaving = new Set(graph.edges.map(([from]) => from));
  const rootIds = graph.nodes.map(({ id }) => id).filter((id) => !indexed.has(id));
  const leafIds = graph.nodes.map(({ id }) => id).filter((id) => !leaving.has(id));
  const most = (end: 0 | 1) => {
    const degrees = new Map<string, number>();
    for (const edge of graph.edges) degrees.set(edge[end], (degrees.get(edge[end]) ?? 0) + 1);
    return Math.max(0, ...degrees.values());
  };
  const [descendants, ancestors] = [found.descendantCounts(), found.ancestorCounts()];
  const weakSizes = found.weakComponents.map((members) => members.length);
  return {
    name: is(graph.name),
    conventions: isProse,
    checkedWith: isProse,
    nodes: is(found.nodes.length),
    edges: is(graph.edges.length),
    selfLoops: is(found.selfLoops.length),
    isDag: is(found.isDag),
    stronglyConnectedComponents: all({
      count: is(found.strongComponents.length),
      nontrivial: is(cyclic.length),
      largest: is(sizes[0] ?? 1),
      nontrivialSizes: is(sizes),
      nodesInCycles: is(new Set([...cyclic.flat(), ...found.selfLoops]).size),
      sha256: is(sha256OfLines(sorted(cyclic.map((members) => sorted(members).join("\t"))))),
      sha256Of: isProse,
      members: is(cyclic.map(sorted).sort(([a = ""], [b = ""]) => (a < b ? -1 : 1))),
    }),
    weaklyConnectedComponents: all({
      count: is(weakSizes.length),
      largest: is(Math.max(...weakSizes)),
      isolatedNodes: is(rootIds.filter((id) => !leaving.has(id)).length),
    }),
    roots: is(rootIds.length),
    leaves: is(leafIds.length),
    rootIds: is(sorted(rootIds)),
    leafIds: is(sorted(leafIds)),
    maxInDegree: is(most(1)),
    maxOutDegree: is(most(0)),
    transitiveClosure: all({ reachablePairs: is(descendants.reduce((sum, count) => sum + count, 0)), definition: isProse }),
    topDescendants: is(topFive(found.nodes, descendants)),
    topAncestors: is(topFive(found.nodes, ancestors)),
    descendantCountsSha256: is(hashOfCounts(found.nodes, descendants)),
    ancestorCountsSha256: is(hashOfCounts(found.nodes, ancestors)),
  };
}

function dagChecks(core: GraphCore): Checks {
  const tree = dominatorTree(core);
  const immediate = new Map([...tree.entries()].map(([name, dominator]) => [name, dominator ?? "(virtual root)"]));
  const below = new Map(core.names.map((name) => [name, 0]));
  let treeDepth = 0;
  for (const name of core.names) {
    const above = tree.dominatorsOf(name);
    treeDepth = Math.max(treeDepth, above.length + 1);
    for (const dominator of above) below.set(dominator, (below.get(dominator) ?? 0) + 1);
  }
  const path = criticalPath(core);
  const work = [...(core.nodes.cost?.values() ?? [])].reduce((sum, cost) => sum + cost, 0);
  const plan = (workers: number) => (expected: Json) => {
    const [lower = 0, upper = 0] = expected as number[];
    const { makespan } = executionPlan(core, workers);
    expect(makespan).toBeGreaterThanOrEqual(lower * (1 - 1e-9));
    expect(makespan).toBeLessThanOrEqual(upper * (1 + 1e-9));
  };
  return {
    // The same from the graph itself instead of the diagnosis.
    roots: is(roots(core).length),
    leaves: is(leaves(core).length),
    rootIds: is(sorted(roots(core))),
    leafIds: is(sorted(leaves(core))),
    maxInDegree: is(stats(core).maxInDegree),
    maxOutDegree: is(stats(core).maxOutDegree),
    levels: all(levelChecks(core, (name) => name)),
    transitiveReduction: all(reductionChecks(core, (name) => name)),
    transitiveClosure: all({
      reachablePairs: (expected) => expect(countReachablePairs(core)).toBe(BigInt(expected as number)),
      definition: isProse,
    }),
    descendantCountsSha256: is(hashOfCounts(core.names, new GraphIds(core).descendantCounts())),
    width: all({ maxAntichain: is(width(core)), definition: isProse }),
    rootToLeafPaths: is(countPaths(core).toString()),
    dominators: all({
      virtualRoot: isProse,
      dominatedByVirtualRootOnly: is([...immediate.values()].filter((name) => name === "(virtual root)").length),
      treeDepth: is(treeDepth),
      topDominators: is(
        topFive(
          core.names,
          core.names.map((name) => below.get(name) ?? 0),
        ),
      ),
      sha256: is(sha256OfLines(sorted(core.names).map((name) => `${name}\t${immediate.get(name)}`))),
      sha256Of: isProse,
      immediate: is(Object.fromEntries(immediate)),
    }),
    criticalPath: all({
      seconds: isWithin(path.cost),
      nodes: (expected) => {
        // Several critical paths may differ in length; every one of them must cost the same.
        expect(path.path.length).toBeGreaterThan(0);
        expect(typeof expected).toBe("number");
      },
      path: (expected) => {
        for (const name of expected as string[]) expect(path.times(name).slack).toBe(0);
        const cost = (names: readonly string[]) =>
          names.reduce((sum, name) => sum + (core.nodes.cost?.get(core.index.get(name) ?? -1) ?? 1), 0);
        expect(cost(path.path)).toBeCloseTo(cost(expected as string[]), 9);
      },
      pathIsOneExample: is(true),
      zeroSlackNodes: is(path.critical.length),
      allZeroSlackNodesOnPath: (expected) => {
        if (expected === true) expect(sorted(path.critical)).toEqual(sorted(path.path));
        else expect(path.critical.length).toBeGreaterThan(path.path.length);
      },
    }),
    totalWorkSeconds: isWithin(work),
    averageParallelism: isWithin(work / path.cost),
    makespanBounds: all({ definition: isProse, 1: plan(1), 4: plan(4), 16: plan(16), 64: plan(64) }),
  };
}

/** The graph of components; a component is named by its smallest member. */
function condensationChecks(found: Diagnosis): Checks {
  const condensation = coreOf(found.condensation);
  const named = new Map(found.strongComponents.map((members, component) => [condensation.names[component], sorted(members)[0] ?? ""]));
  const nameOf = (name: string) => named.get(name) ?? "";
  return {
    nodes: is(condensation.names.length),
    edges: is(condensation.native.edgeCount),
    levels: all(levelChecks(condensation, nameOf)),
    transitiveReduction: all(reductionChecks(condensation, nameOf)),
  };
}

describe.skipIf(absence !== undefined)("reference answers", () => {
  it.each(namesEnding(".expected.json").filter((name) => !name.endsWith(".diff")))("%s", (name) => {
    const graph = readGraph(name);
    const answers = readAnswers(name, ".expected.json");
    const found = diagnosisOf(graph);
    const common = commonChecks(graph, found);
    if (answers.isDag !== true) {
      checkAll(answers, { ...common, condensation: all(condensationChecks(found)) });
      expect(() => buildCore(graph)).toThrow();
      return;
    }
    const core = buildCore(graph);
    checkAll(answers, { ...common, ...dagChecks(core) });
    // And once more what both ways of asking can answer.
    checkAll(Object.fromEntries(Object.entries(answers).filter(([field]) => field in common)), common);
    expect(largestAntichain(core)).toHaveLength(width(core));
  });

  it.each(namesEnding(".diff.expected.json"))("%s, differences", (name) => {
    const answers = readAnswers(name, ".diff.expected.json");
    const [from, to] = [readGraph(String(answers.from)), readGraph(String(answers.to))] as const;
    const found = diagnosisOf(from).diff(diagnosisOf(to));
    const lines = (pairs: readonly (readonly string[])[]) => sorted(pairs.map((pair) => pair.join("\t")));
    if (diagnosisOf(from).isDag) {
      const byGraph = diff(buildCore(from), buildCore(to));
      expect(byGraph.addedNodes).toEqual(found.addedNodes);
      expect(lines(byGraph.addedEdges)).toEqual(lines(found.addedEdges));
      expect(lines(byGraph.removedEdges)).toEqual(lines(found.removedEdges));
    }
    const common = new Set(found.commonNodes);
    const between = (pairs: readonly (readonly string[])[]) => pairs.filter((pair) => pair.every((end) => common.has(end))).length;
    checkAll(answers, {
      from: isProse,
      to: is(name),
      checkedWith: isProse,
      sha256Of: isProse,
      addedNodes: is(found.addedNodes.length),
      removedNodes: is(found.removedNodes.length),
      commonNodes: is(found.commonNodes.length),
      addedEdges: is(found.addedEdges.length),
      removedEdges: is(found.removedEdges.length),
      commonEdges: is(found.commonEdges.length),
      addedEdgesBetweenCommonNodes: is(between(found.addedEdges)),
      removedEdgesBetweenCommonNodes: is(between(found.removedEdges)),
      sha256: all({
        addedNodes: is(sha256OfLines(sorted(found.addedNodes))),
        removedNodes: is(sha256OfLines(sorted(found.removedNodes))),
        addedEdges: is(sha256OfLines(lines(found.addedEdges))),
        removedEdges: is(sha256OfLines(lines(found.removedEdges))),
      }),
      addedNodeIds: is(sorted(found.addedNodes)),
      removedNodeIds: is(sorted(found.removedNodes)),
      addedEdgeList: is(lines(found.addedEdges).map((line) => line.split("\t"))),
      removedEdgeList: is(lines(found.removedEdges).map((line) => line.split("\t"))),
    });
  });
});
