/** Adding edges one by one: to Dagny's draft, which stays acyclic at every step, to builders that check nothing yet, to graphology. */
import { DAG } from "dagny";
import { DirectedGraph } from "graphology";
import graphologyDag from "graphology-dag";
import { makeNamedEdges, makeNames, makeShape } from "../_setup.mjs";

/** Edges in both orders. Nodes are always added first, in node order, and are timed with the edges. */
function prepare({ n }) {
  const names = makeNames(n);
  const edges = makeNamedEdges(makeShape("layered", n), names);
  return { names, edges, reversed: edges.toReversed() };
}

function contender(fill, count) {
  return {
    prepare,
    works: {
      "last-first": { run: ({ names, reversed }) => fill(names, reversed), check: count },
      "first-first": { run: ({ names, edges }) => fill(names, edges), check: count },
    },
  };
}

function draft(names, edges) {
  const dag = new DAG();
  for (const name of names) dag.addNode(name);
  for (const [from, to] of edges) dag.addEdge(from, to);
  return dag;
}

function builder(names, edges) {
  const dag = DAG.builder();
  for (const name of names) dag.addNode(name);
  for (const [from, to] of edges) dag.addEdge(from, to);
  return dag;
}

function unchecked(names, edges) {
  const graph = new DirectedGraph();
  for (const name of names) graph.addNode(name);
  for (const [from, to] of edges) graph.addEdge(from, to);
  return graph;
}

function checked(names, edges) {
  const graph = new DirectedGraph();
  for (const name of names) graph.addNode(name);
  for (const [from, to] of edges) {
    if (graphologyDag.willCreateCycle(graph, from, to)) throw new Error("cycle");
    graph.addEdge(from, to);
  }
  return graph;
}

/** @type {Record<string, { prepare: Function, works: Record<string, { run: Function, check?: Function }> }>} */
export const contenders = {
  "Dagny draft": contender(draft, (dag) => dag.edgeCount),
  "Dagny builder, unchecked": contender(builder),
  "Dagny builder, then build": contender(
    (names, edges) => builder(names, edges).build(),
    (dag) => dag.edgeCount,
  ),
  "graphology, unchecked": contender(unchecked, (graph) => graph.size),
  "graphology, willCreateCycle": contender(checked, (graph) => graph.size),
};
