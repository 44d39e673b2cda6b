/** The peers' graph work. Where a library lacks a call, the work is written over its public API as a user of it would, and the README says so. */
import { alg, Graph } from "@dagrejs/graphlib";
import { DepGraph } from "dependency-graph";
import { DirectedGraph } from "graphology";
import graphologyDag from "graphology-dag";
import toposort from "toposort";
import { makeCosts, makeNamedEdges, makeNames, makeShape } from "../_setup.mjs";

const length = (answer) => answer.length;

function inputOf({ shape, n }) {
  const columns = makeShape(shape, n);
  const names = makeNames(n);
  const costs = makeCosts(n);
  const costOf = new Map(names.map((name, i) => [name, costs[i]]));
  return { names, edges: makeNamedEdges(columns, names), start: names[columns.from[0]], costOf, graph: undefined };
}

/** A contender that builds with names: its graph is that of the last timed build, or one made (untimed) when first needed. */
function builder(build, works) {
  return {
    prepare: inputOf,
    ready(state, work) {
      if (work !== "build") state.graph ??= build(state);
    },
    works: { build: { run: (state) => (state.graph = build(state)), check: (_graph, { edges }) => edges.length }, ...works },
  };
}

function buildGraphology({ names, edges }) {
  const graph = new DirectedGraph();
  for (const name of names) graph.addNode(name);
  for (const [from, to] of edges) graph.addEdge(from, to);
  return graph;
}

function graphologyDescendants({ graph, start }) {
  const seen = new Set();
  const stack = [start];
  while (stack.length > 0) {
    graph.forEachOutNeighbor(stack.pop(), (next) => {
      if (seen.has(next)) return;
      seen.add(next);
      stack.push(next);
    });
  }
  return [...seen];
}

function graphologyCritical({ graph, costOf }) {
  const finish = new Map();
  let cost = 0;
  graphologyDag.forEachNodeInTopologicalOrder(graph, (node) => {
    let start = 0;
    graph.forEachInNeighbor(node, (upstream) => {
      start = Math.max(start, finish.get(upstream));
    });
    const end = start + costOf.get(node);
    finish.set(node, end);
    cost = Math.max(cost, end);
  });
  return { cost };
}

function buildGraphlib({ names, edges }) {
  const graph = new Graph();
  for (const name of names) graph.setNode(name);
  for (const [from, to] of edges) graph.setEdge(from, to);
  return graph;
}

function graphlibCritical({ graph, costOf }) {
  const finish = new Map();
  let cost = 0;
  for (const node of alg.topsort(graph)) {
    let start = 0;
    for (const upstream of graph.predecessors(node)) start = Math.max(start, finish.get(upstream));
    const end = start + costOf.get(node);
    finish.set(node, end);
    cost = Math.max(cost, end);
  }
  return { cost };
}

function buildDepGraph({ names, edges }) {
  const graph = new DepGraph();
  for (const name of names) graph.addNode(name);
  for (const [from, to] of edges) graph.addDependency(to, from);
  return graph;
}

const asked = { check: length };

/** @type {Record<string, { prepare: Function, ready?: Function, works: Record<string, { run: Function, check?: Function }> }>} */
export const contenders = {
  graphology: builder(buildGraphology, {
    sort: { run: ({ graph }) => graphologyDag.topologicalSort(graph), ...asked },
    levels: { run: ({ graph }) => graphologyDag.topologicalGenerations(graph), ...asked },
    cycle: { run: ({ graph }) => !graphologyDag.hasCycle(graph), check: Number },
    descendants: { run: graphologyDescendants, ...asked },
    critical: { run: graphologyCritical, check: ({ cost }) => cost },
  }),
  graphlib: builder(buildGraphlib, {
    sort: { run: ({ graph }) => alg.topsort(graph), ...asked },
    cycle: { run: ({ graph }) => alg.isAcyclic(graph), check: Number },
    descendants: { run: ({ graph, start }) => alg.preorder(graph, start), check: (answer) => answer.length - 1 },
    critical: { run: graphlibCritical, check: ({ cost }) => cost },
  }),
  toposort: {
    prepare: inputOf,
    works: { sort: { run: ({ names, edges }) => toposort.array(names, edges), ...asked } },
  },
  "dependency-graph": builder(buildDepGraph, {
    sort: { run: ({ graph }) => graph.overallOrder(), ...asked },
    descendants: { run: ({ graph, start }) => graph.dependantsOf(start), ...asked },
  }),
};
