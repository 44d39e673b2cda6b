/** A fresh process that imports a library, builds the layered graph of 1,000 nodes with names and sorts it: how long from import to answer? */
import { makeNamedEdges, makeNames, makeShape } from "../_setup.mjs";

const names = makeNames(1_000);
const edges = makeNamedEdges(makeShape("layered", 1_000), names);

const libraries = {
  async Dagny() {
    const { DAG } = await import("dagny");
    return DAG.builder().addNodes(names).addEdges(edges).build().topologicalSort();
  },
  async graphology() {
    const [{ DirectedGraph }, { default: dag }] = await Promise.all([import("graphology"), import("graphology-dag")]);
    const graph = new DirectedGraph();
    for (const name of names) graph.addNode(name);
    for (const [from, to] of edges) graph.addEdge(from, to);
    return dag.topologicalSort(graph);
  },
  async graphlib() {
    const { alg, Graph } = await import("@dagrejs/graphlib");
    const graph = new Graph();
    for (const name of names) graph.setNode(name);
    for (const [from, to] of edges) graph.setEdge(from, to);
    return alg.topsort(graph);
  },
  async toposort() {
    const { default: toposort } = await import("toposort");
    return toposort.array(names, edges);
  },
};

const start = performance.now();
const order = await libraries[process.argv[2]]();
const ms = performance.now() - start;
if (order.length !== 1_000) throw new Error(`Error: sorted ${order.length} nodes`);
console.log(JSON.stringify({ ms }));
