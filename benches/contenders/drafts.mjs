/** Adding edges one by one: to Dagny's draft, which stays acyclic at every step, to builders that check nothing yet, to graphology. */
import { DAG } from "dagny";
import { DirectedGraph } from "graphology";
import graphologyDag from "graphology-dag";
import { makeNamedEdges, makeNames, makeShape } from "../_setup.mjs";

function prepare({ n }) {
  const names = makeNames(n);
  const edges = makeNamedEdges(makeShape("layered", n), names);
  return {
    names: { forward: names, backward: names.toReversed() },
    edges: { forward: edges, backward: edges.toReversed() },
    graph: undefined,
  };
}

/** Nodes are added before the clock starts; a sample is one fill of one fresh graph. */
function contender(fresh, add, count) {
  const work = (order) => ({ run: ({ graph, edges }) => add(graph, edges[order]), check: (_answer, { graph }) => count(graph) });
  return {
    prepare,
    isOneShot: true,
    ready(state, work) {
      state.graph = fresh();
      for (const name of state.names[work.split("-")[0]]) state.graph.addNode(name);
    },
    works: { "forward-forward": work("forward"), "forward-backward": work("backward"), "backward-backward": work("backward") },
  };
}

function addAll(graph, edges) {
  for (const [from, to] of edges) graph.addEdge(from, to);
}

function addChecked(graph, edges) {
  for (const [from, to] of edges) {
    if (graphologyDag.willCreateCycle(graph, from, to)) throw new Error("cycle");
    graph.addEdge(from, to);
  }
}

/** @type {Record<string, { prepare: Function, isOneShot: boolean, ready: Function, works: Record<string, { run: Function, check?: Function }> }>} */
export const contenders = {
  "Dagny draft": contender(
    () => new DAG(),
    addAll,
    (dag) => dag.edgeCount,
  ),
  "Dagny builder, unchecked": contender(
    () => DAG.builder(),
    addAll,
    (builder) => builder.build().edgeCount,
  ),
  "graphology, unchecked": contender(
    () => new DirectedGraph(),
    addAll,
    (graph) => graph.size,
  ),
  "graphology, willCreateCycle": contender(
    () => new DirectedGraph(),
    addChecked,
    (graph) => graph.size,
  ),
};
