/**
 * Dagny's graph work through its public API: ids out (`dag.ids`), and the same with names out.
 *
 * A built graph keeps the order that its check found, so a sort copies it; the work of finding it is in the builds.
 */
import { DAG } from "dagny";
import { makeCosts, makeNamedEdges, makeNames, makeShape } from "../_setup.mjs";
import { countBits } from "../floors/bitset.mjs";

const length = (answer) => answer.length;

function prepare({ shape, n }) {
  const columns = makeShape(shape, n);
  const names = makeNames(n);
  const pairs = new Uint32Array(2 * columns.from.length);
  for (let e = 0; e < columns.from.length; e++) {
    pairs[2 * e] = columns.from[e];
    pairs[2 * e + 1] = columns.to[e];
  }
  return {
    names,
    edges: makeNamedEdges(columns, names),
    pairs,
    start: names[columns.from[0]],
    startId: columns.from[0],
    // The caller's arrays, reused from call to call.
    into: new Uint32Array(n),
    // A matrix of bits, where one fits.
    bits: n <= 10_000 ? new Uint32Array(n * Math.ceil(n / 32)) : undefined,
    columns: { earliest: new Float64Array(n), latest: new Float64Array(n), slack: new Float64Array(n) },
    dag: undefined,
  };
}

/** The graph that is asked, with costs, made once and untimed; builds are timed without costs, as the peers' are. */
function ready(state, work) {
  if (work.startsWith("build") || state.dag !== undefined) return;
  const costs = makeCosts(state.names.length);
  const nodes = state.names.map((name, i) => [name, { cost: costs[i] }]);
  state.dag = DAG.builder().addNodes(nodes).addEdges(state.edges).build();
}

const byNames = ({ names, edges }) => DAG.builder().addNodes(names).addEdges(edges).build();
/** A node's handle is its id, its place in node order. */
const byHandles = ({ names, pairs }) => DAG.builder().addNodes(names).addEdgeIds(pairs).build();

/** @type {Record<string, { prepare: Function, ready?: Function, works: Record<string, { run: Function, check?: Function }> }>} */
export const contenders = {
  Dagny: {
    prepare,
    ready,
    works: {
      build: { run: byNames, check: (dag) => dag.edgeCount },
      "build-handles": { run: byHandles, check: (dag) => dag.edgeCount },
      cycle: { run: ({ names, pairs }) => DAG.isAcyclic(names.length, pairs), check: Number },
      sort: { run: ({ dag, into }) => dag.ids.topologicalSort(into), check: length },
      levels: { run: ({ dag, into }) => dag.ids.topologicalLevels(into), check: ({ starts }) => starts.length - 1 },
      descendants: { run: ({ dag, startId, into }) => dag.ids.descendants(startId, into), check: length },
      critical: { run: ({ dag, columns }) => dag.ids.criticalPath(columns), check: ({ cost }) => cost },
      reduction: { run: ({ dag }) => dag.transitiveReduction(), check: (reduced) => reduced.edgeCount },
      closure: { run: ({ dag, bits }) => dag.ids.closureBits(bits), check: countBits },
      "sort-names": { run: ({ dag }) => dag.topologicalSort(), check: length },
      "levels-names": { run: ({ dag }) => dag.topologicalLevels(), check: length },
      "descendants-names": { run: ({ dag, start }) => dag.descendants(start), check: length },
      "critical-names": { run: ({ dag }) => dag.criticalPath(), check: ({ cost }) => cost },
    },
  },
};
