/** The typed-array floors for runs, as contenders. */
import os from "node:os";
import { makeNames, makeShape } from "../_setup.mjs";
import { buildFromIds } from "../floors/graph.mjs";
import * as floors from "../floors/runs.mjs";
import { makeTasks } from "./tasks.mjs";

const workers = os.availableParallelism();

function prepare({ shape, n, kind }) {
  const columns = makeShape(shape, n);
  const names = makeNames(n);
  return {
    graph: buildFromIds(n, columns.from, columns.to, names),
    tasks: makeTasks(kind, columns, names),
    isAsync: kind.startsWith("async"),
  };
}

function floor(sync, async, count) {
  return {
    prepare,
    works: { run: { run: ({ graph, tasks, isAsync }) => (isAsync ? async(graph, tasks, workers) : sync(graph, tasks)), check: count } },
  };
}

/** @type {Record<string, { prepare: Function, works: Record<string, { run: Function, check?: Function }> }>} */
export const contenders = {
  bare: floor(floors.bareSync, floors.bareAsync, (tail) => tail),
  timed: floor(floors.timedSync, floors.timedAsync, ({ count }) => count),
  record: floor(floors.recordSync, floors.recordAsync, ({ count, records }) => (records.size === count ? count : -1)),
};
