/**
 * A fresh process, started with --expose-gc, that builds a graph or runs one and prints how many bytes that added:
 * `retained` is resident memory after a full collection with the graph (or the report) still held, `peak` the highest resident
 * memory while it was made, `heap` what V8 itself accounts for (heap, external, array buffers), retained.
 *
 * Names, edge columns and task functions exist before the first reading and are not counted.
 */
import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { makeNames, makeShape } from "../_setup.mjs";
import { build, buildFromIds } from "../floors/graph.mjs";
import { recordAsync, timedAsync } from "../floors/runs.mjs";

const [what, who, shape, size] = process.argv.slice(2);
const n = Number(size);
const columns = makeShape(shape, n);
const names = makeNames(n);

function* edges() {
  for (let e = 0; e < columns.from.length; e++) yield [names[columns.from[e]], names[columns.to[e]]];
}

const builders = {
  async Dagny() {
    const { DAG } = await import("dagny");
    return () => DAG.builder().addNodes(names).addEdges(edges()).build();
  },
  async "JS floor"() {
    // The floor wants a list; its pairs are garbage once it is built.
    return () => build(names, Array.from(edges()));
  },
  async graphology() {
    const { DirectedGraph } = await import("graphology");
    return () => {
      const graph = new DirectedGraph();
      for (const name of names) graph.addNode(name);
      for (const [from, to] of edges()) graph.addEdge(from, to);
      return graph;
    };
  },
  async graphlib() {
    const { Graph } = await import("@dagrejs/graphlib");
    return () => {
      const graph = new Graph();
      for (const name of names) graph.setNode(name);
      for (const [from, to] of edges()) graph.setEdge(from, to);
      return graph;
    };
  },
};

const runners = {
  async Dagny() {
    const { DAG, DAGExecutor } = await import("dagny");
    const needs = names.map(() => []);
    for (let e = 0; e < columns.from.length; e++) needs[columns.to[e]].push(names[columns.from[e]]);
    const builder = DAG.builder();
    for (let i = 0; i < n; i++) builder.task(names[i], needs[i], async () => {});
    const dag = builder.build();
    return () => new DAGExecutor(dag).execute();
  },
  async timed() {
    const graph = buildFromIds(n, columns.from, columns.to, names);
    const tasks = Array.from({ length: n }, () => async () => {});
    return () => timedAsync(graph, tasks, os.availableParallelism());
  },
  async record() {
    const graph = buildFromIds(n, columns.from, columns.to, names);
    const tasks = Array.from({ length: n }, () => async () => {});
    return () => recordAsync(graph, tasks, os.availableParallelism());
  },
};

/** Linux keeps a high-water mark of resident memory that a process may reset. */
function resetPeak() {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    return true;
  } catch {
    return false;
  }
}

function peak() {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

async function settle() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}

const make = await (what === "build" ? builders : runners)[who]();
const before = await settle();
const hasPeak = resetPeak();
let held = make();
if (held instanceof Promise) held = await held;
const high = hasPeak ? peak() : undefined;
const after = await settle();
console.log(
  JSON.stringify({
    retained: after.rss - before.rss,
    heap: after.heap - before.heap,
    peak: high === undefined ? undefined : high - before.rss,
    held: held === undefined,
  }),
);
