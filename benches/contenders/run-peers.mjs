/** Executors to compare runs with: p-graph, async's `auto`, and one written by hand over p-limit. */
import os from "node:os";
import { auto } from "async";
import { PGraph } from "p-graph";
import { makeNamedEdges, makeNames, makeShape } from "../_setup.mjs";
import { handGraph, runWithPLimit } from "../floors/executors.mjs";
import { makeTasks } from "./tasks.mjs";

const workers = os.availableParallelism();

function prepare({ shape, n, kind }) {
  const names = makeNames(n);
  const columns = makeShape(shape, n);
  return {
    names,
    edges: makeNamedEdges(columns, names),
    tasks: makeTasks(kind, columns, names),
    isSync: kind === "sync",
    graph: undefined,
  };
}

const pGraph = ({ names, edges, tasks }) => new PGraph(new Map(names.map((name, i) => [name, { run: tasks[i] }])), edges);
const byHand = ({ names, edges, tasks }) => handGraph(names, edges, tasks);

/**
 * `run` is what a program does that has names, edges and functions: the peer's graph is made and run. `run-alone` leaves the making out,
 * for a program that runs the same graph again and again.
 *
 * @type {Record<string, { prepare: Function, ready?: Function, works: Record<string, { run: Function, check?: Function }> }>}
 */
export const contenders = {
  "p-graph": {
    prepare,
    ready(state, work) {
      if (work === "run-alone") state.graph ??= pGraph(state);
    },
    works: {
      run: { run: (state) => pGraph(state).run({ concurrency: workers }) },
      "run-alone": { run: ({ graph }) => graph.run({ concurrency: workers }) },
    },
  },
  "p-limit": {
    prepare,
    ready(state, work) {
      if (work === "run-alone") state.graph ??= byHand(state);
    },
    works: {
      run: { run: (state) => runWithPLimit(byHand(state), workers), check: (results) => results.size },
      "run-alone": { run: ({ graph }) => runWithPLimit(graph, workers), check: (results) => results.size },
    },
  },
  "async.auto": {
    prepare,
    ready(state) {
      state.graph ??= autoGraph(state);
    },
    works: { run: { run: ({ graph }) => auto(graph, workers), check: (results) => Object.keys(results).length } },
  },
};

/** `auto` takes async functions, and functions with a callback: each task is given in its own style. */
function autoGraph(state) {
  const { upstreams } = byHand(state);
  const { names, tasks, isSync } = state;
  const inStyle = (task) => (isSync ? (...args) => args.at(-1)(null, task()) : async () => task());
  return Object.fromEntries(names.map((name, i) => [name, [...upstreams.get(name), inStyle(tasks[i])]]));
}
