/** Executors to compare runs with: p-graph, async's `auto`, and one written by hand over p-limit. */
import os from "node:os";
import { auto } from "async";
import { PGraph } from "p-graph";
import { makeNamedEdges, makeNames, makeShape } from "../_setup.mjs";
import { handGraph, runWithPLimit } from "../floors/executors.mjs";
import { makeTasks } from "./tasks.mjs";

const workers = os.availableParallelism();

function inputOf({ shape, n, kind }) {
  const names = makeNames(n);
  const columns = makeShape(shape, n);
  return { names, edges: makeNamedEdges(columns, names), tasks: makeTasks(kind, columns, names) };
}

/** @type {Record<string, { prepare: Function, works: Record<string, { run: Function, check?: Function }> }>} */
export const contenders = {
  "p-graph": {
    prepare(input) {
      const { names, edges, tasks } = inputOf(input);
      return new PGraph(new Map(names.map((name, i) => [name, { run: tasks[i] }])), edges);
    },
    works: { run: { run: (graph) => graph.run({ concurrency: workers }) } },
  },
  "p-limit": {
    prepare(input) {
      const { names, edges, tasks } = inputOf(input);
      return handGraph(names, edges, tasks);
    },
    works: { run: { run: (graph) => runWithPLimit(graph, workers), check: (results) => results.size } },
  },
  "async.auto": {
    prepare(input) {
      const { names, edges, tasks } = inputOf(input);
      const { upstreams } = handGraph(names, edges, tasks);
      return Object.fromEntries(names.map((name, i) => [name, [...upstreams.get(name), autoTask(tasks[i])]]));
    },
    works: { run: { run: (tasks) => auto(tasks, workers), check: (results) => Object.keys(results).length } },
  },
};

/** `auto` takes an async function without a callback, or a callback style one. */
function autoTask(task) {
  return async () => task();
}
