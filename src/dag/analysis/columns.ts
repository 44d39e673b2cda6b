/** The numbers that nodes and edges carry, as dense columns for the core. Made once per graph, when first needed. */
import type { GraphCore } from "../graph-core.js";

/** Dense columns of one graph; `null` where no node or edge has the number, which means 1 each (priorities: 0). */
interface NumberColumns {
  costs?: Float64Array | null;
  priorities?: Float64Array | null;
  weights?: Float64Array | null;
}

const cache = new WeakMap<GraphCore, NumberColumns>();

/** Expected cost by node id; a missing cost is 1. */
export function costsOf(core: GraphCore): Float64Array | null {
  const columns = columnsOf(core);
  columns.costs ??= dense(core.nodes.cost, core.names.length, 1);
  return columns.costs;
}

/** Priority by node id; a missing priority is 0. */
export function prioritiesOf(core: GraphCore): Float64Array | null {
  const columns = columnsOf(core);
  columns.priorities ??= dense(core.nodes.priority, core.names.length, 0);
  return columns.priorities;
}

/** Weight by canonical edge index; a missing weight is 1. */
export function weightsOf(core: GraphCore): Float64Array | null {
  const columns = columnsOf(core);
  columns.weights ??= dense(core.edges.weight, core.native.edgeCount, 1);
  return columns.weights;
}

function columnsOf(core: GraphCore): NumberColumns {
  let columns = cache.get(core);
  if (columns === undefined) {
    columns = {};
    cache.set(core, columns);
  }
  return columns;
}

function dense(column: ReadonlyMap<number, number> | null, length: number, missing: number): Float64Array | null {
  if (column === null) return null;
  const values = new Float64Array(length);
  if (column.size < length && missing !== 0) values.fill(missing);
  for (const [at, value] of column) values[at] = value;
  return values;
}
