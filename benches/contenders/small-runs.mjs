/** A run of 10 nodes, whole: Dagny, and an executor over promises as people write it by hand. */
import { DAG, DAGExecutor } from "dagny";
import { makeNamedEdges, makeNames, makeShape } from "../_setup.mjs";
import { handGraph, runWithPromises } from "../floors/executors.mjs";
import { makeTasks } from "./tasks.mjs";

function inputOf({ shape, n, kind }) {
  const columns = makeShape(shape, n);
  const names = makeNames(n);
  return { names, edges: makeNamedEdges(columns, names), tasks: makeTasks(kind, columns, names) };
}

function dagnyOf(input) {
  const { names, edges, tasks } = inputOf(input);
  const dag = DAG.builder().addNodes(names).addEdges(edges).build();
  return { dag, tasks: Object.fromEntries(names.map((name, i) => [name, tasks[i]])) };
}

/** @type {Record<string, { prepare: Function, works: Record<string, { run: Function, check?: Function }> }>} */
export const contenders = {
  Dagny: {
    prepare: dagnyOf,
    works: { run: { run: ({ dag, tasks }) => new DAGExecutor(dag).execute(tasks), check: ({ succeeded }) => succeeded } },
  },
  "Dagny, executor kept": {
    prepare(input) {
      const { dag, tasks } = dagnyOf(input);
      return { executor: new DAGExecutor(dag), tasks };
    },
    works: { run: { run: ({ executor, tasks }) => executor.execute(tasks), check: ({ succeeded }) => succeeded } },
  },
  "Promise executor": {
    prepare(input) {
      const { names, edges, tasks } = inputOf(input);
      return handGraph(names, edges, tasks);
    },
    works: { run: { run: (graph) => runWithPromises(graph), check: (records) => records.size } },
  },
};
