/** The plain-JavaScript typed-array floor for graph work, as a contender. */
import { makeCosts, makeNamedEdges, makeNames, makeShape } from "../_setup.mjs";
import * as bitset from "../floors/bitset.mjs";
import * as floor from "../floors/graph.mjs";

function prepare({ shape, n }) {
  const columns = makeShape(shape, n);
  const names = makeNames(n);
  const edges = makeNamedEdges(columns, names);
  // As Dagny's: a matrix of bits, where one fits.
  const bits = n <= 10_000 ? new Uint32Array(n * Math.ceil(n / 32)) : undefined;
  return { columns, names, edges, start: columns.from[0], costs: makeCosts(n), graph: floor.build(names, edges), bits };
}

const length = (answer) => answer.length;

/** @type {Record<string, { prepare: (input: object) => object, works: Record<string, { run: Function, check?: Function }> }>} */
export const contenders = {
  "JS floor": {
    prepare,
    works: {
      build: { run: ({ names, edges }) => floor.build(names, edges), check: (graph) => graph.out.length },
      "build-handles": {
        run: ({ columns: { from, to }, names }) => floor.buildWithHandles(names, from, to),
        check: (graph) => graph.out.length,
      },
      "build-ids": { run: ({ columns: { n, from, to } }) => floor.buildFromIds(n, from, to), check: (graph) => graph.out.length },
      sort: { run: ({ graph }) => floor.sort(graph), check: length },
      levels: { run: ({ graph }) => floor.levels(graph), check: length },
      cycle: { run: ({ graph }) => floor.isAcyclic(graph), check: Number },
      descendants: { run: ({ graph, start }) => floor.descendants(graph, start), check: length },
      critical: { run: ({ graph, costs }) => floor.criticalPath(graph, costs), check: ({ cost }) => cost },
      "sort-names": { run: ({ graph }) => floor.toNames(graph, floor.sort(graph)), check: length },
      "levels-names": { run: ({ graph }) => floor.levels(graph).map((ids) => floor.toNames(graph, ids)), check: length },
      "descendants-names": { run: ({ graph, start }) => floor.toNames(graph, floor.descendants(graph, start)), check: length },
      "critical-names": { run: criticalNames, check: ({ cost }) => cost },
      reduction: { run: ({ graph }) => bitset.transitiveReduction(graph), check: (edges) => edges.length / 2 },
      closure: { run: ({ graph, bits }) => bitset.closureBits(graph, bits), check: bitset.countBits },
    },
  },
};

function criticalNames({ graph, costs }) {
  const answer = floor.criticalPath(graph, costs);
  return { ...answer, path: floor.toNames(graph, answer.path) };
}
