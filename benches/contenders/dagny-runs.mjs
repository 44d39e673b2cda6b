/**
 * Dagny's runs through its public API, with the default `maxWorkers`. A run is `new DAGExecutor(dag).execute()`, awaited: the
 * executor is made each time, the graph once.
 *
 * - `Dagny`: tasks given with the nodes (`.task`), as the floors have theirs in an array by node id.
 * - `Dagny, tasks by name`: tasks given to `execute` as an object by name, a look-up and a check per node more.
 * - `Dagny, inputs and ctx`: tasks that read both.
 * - `Dagny, guarded`: a timeout on every node and a cancel signal on the run.
 */
import { DAG, DAGExecutor } from "dagny";
import { makeNamedEdges, makeNames, makeShape } from "../_setup.mjs";
import { makeTasks } from "./tasks.mjs";

/** Far longer than any run here: armed, never due. */
const TIMEOUT_MS = 3_600_000;

function inputOf({ shape, n, kind }) {
  const columns = makeShape(shape, n);
  const names = makeNames(n);
  return { columns, names, tasks: makeTasks(kind, columns, names) };
}

function withTasks({ columns, names, tasks }, options) {
  const { from, to } = columns;
  const needs = names.map(() => []);
  for (let e = 0; e < from.length; e++) needs[to[e]].push(names[from[e]]);
  const builder = DAG.builder();
  for (let i = 0; i < names.length; i++) builder.task(names[i], needs[i], tasks[i], options);
  return builder.build();
}

const counted = (result) => (result.status === "completed" ? result.succeeded : -1);

/** @type {Record<string, { prepare: Function, works: Record<string, { run: Function, check?: Function }> }>} */
export const contenders = {
  Dagny: {
    prepare: (input) => ({ dag: withTasks(inputOf(input)) }),
    works: {
      run: { run: ({ dag }) => new DAGExecutor(dag).execute(), check: counted },
      "run-and-read": { run: runAndRead, check: (seen) => seen },
    },
  },
  "Dagny, tasks by name": {
    prepare(input) {
      const { columns, names, tasks } = inputOf(input);
      const dag = DAG.builder().addNodes(names).addEdges(makeNamedEdges(columns, names)).build();
      return { dag, tasks: Object.fromEntries(names.map((name, i) => [name, tasks[i]])) };
    },
    works: { run: { run: ({ dag, tasks }) => new DAGExecutor(dag).execute(tasks), check: counted } },
  },
  "Dagny, inputs and ctx": {
    prepare: (input) => ({ dag: withTasks(inputOf({ ...input, kind: `${input.kind}-io` })) }),
    works: { run: { run: ({ dag }) => new DAGExecutor(dag).execute(), check: counted } },
  },
  "Dagny, guarded": {
    prepare: (input) => ({ dag: withTasks(inputOf(input), { timeoutMs: TIMEOUT_MS }), signal: new AbortController().signal }),
    works: { run: { run: ({ dag, signal }) => new DAGExecutor(dag).execute(undefined, { signal }), check: counted } },
  },
};

/** A run whose whole report is then read: the record of every node, by name. */
async function runAndRead({ dag }) {
  const { nodeResults } = await new DAGExecutor(dag).execute();
  let seen = 0;
  for (const name in nodeResults) if (nodeResults[name].status === "completed") seen++;
  return seen;
}
