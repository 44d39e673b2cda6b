/**
 * Every attempt of a run as one table, in the order in which they began.
 *
 * Invariants, which hold because the core's clock never goes back and a lane is handed on only when it is free:
 * I1 Rows ascend by (start, end, topological position, attempt), so whatever an attempt waited for has a smaller row.
 * I2 The attempts of one lane do not overlap, and their rows ascend.
 * I3 A node has at most one row that settled it; its other rows are earlier and have the outcome "waiting" (a retry followed).
 */
import { type NodeState, nodeStates, type RunColumns, type TraceGraph, type TraceSource } from "./columns.js";
import { rowsInOrder, sortByTime } from "./sort-by-time.js";

/** One column per fact about an attempt. */
interface AttemptColumns {
  readonly node: Uint32Array;
  /** From 1. */
  readonly attempt: Uint32Array;
  readonly lane: Int32Array;
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** The node's settled state if this attempt settled it, else `waiting`: a position in `nodeStates`. */
  readonly outcome: Uint8Array;
  readonly reason: Uint8Array;
}

/** Attempts by row. Times are whole microseconds since the run's start. */
export interface AttemptTable extends AttemptColumns {
  readonly rowCount: number;
  /** The row of the same node's attempt before, or -1. */
  readonly previousRow: Int32Array;
  /** By node id: the row of its first attempt, or -1. */
  readonly firstRow: Int32Array;
  /** By node id: the row of its last attempt, or -1. */
  readonly lastRow: Int32Array;
  /** By node id: the row of the attempt that settled it, or -1 (it never began, or was settled between two attempts). */
  readonly settlingRow: Int32Array;
  /** One more than the highest lane in use. */
  readonly laneCount: number;
}

/** The number of a state in the columns. */
export function stateCode(state: NodeState): number {
  return nodeStates.indexOf(state);
}

const waiting = stateCode("waiting");

/** Collects a run's attempts. Takes time and space linear in nodes and attempts (a radix sort by time). */
export function attemptsOf(source: TraceSource): AttemptTable {
  const columns = source.columns();
  const past = source.pastAttempts();
  const nodeCount = source.names.length;

  // Rows in topological order first: the stable sorts below keep that order among attempts of equal times.
  const pastOf = rowsByNode(
    Uint32Array.from(past, (row) => row.node),
    nodeCount,
  );
  const unsorted = attemptColumns(past.length + nodeCount);
  let rowCount = 0;
  for (const node of source.graph.native.order()) {
    let lastPast = 0;
    for (let i = cell(pastOf.start, node); i < cell(pastOf.start, node + 1); i++) {
      const row = past[cell(pastOf.rows, i)];
      if (row === undefined) continue;
      unsorted.node[rowCount] = node;
      unsorted.attempt[rowCount] = lastPast = row.attempt;
      unsorted.lane[rowCount] = row.lane;
      unsorted.start[rowCount] = row.startedAt;
      unsorted.end[rowCount] = row.endedAt;
      unsorted.outcome[rowCount] = waiting;
      unsorted.reason[rowCount] = row.reason;
      rowCount++;
    }
    // A node settled between two attempts still shows its last attempt in the columns: that one is listed already.
    if (cell(columns.startedAt, node) < 0 || cell(columns.attempt, node) === lastPast) continue;
    unsorted.node[rowCount] = node;
    unsorted.attempt[rowCount] = cell(columns.attempt, node);
    unsorted.lane[rowCount] = cell(columns.lane, node);
    unsorted.start[rowCount] = cell(columns.startedAt, node);
    unsorted.end[rowCount] = endOf(columns, node, source.durationUs);
    unsorted.outcome[rowCount] = cell(columns.state, node);
    unsorted.reason[rowCount] = cell(columns.reason, node);
    rowCount++;
  }

  const sorted = sortByTime(sortByTime(rowsInOrder(rowCount), unsorted.end), unsorted.start);
  return arranged(unsorted, sorted, nodeCount);
}

/** An entry of a column that has one for every id asked for: the run's columns and the tables made of them do. */
export function cell(column: { readonly [id: number]: number }, id: number): number {
  return column[id] ?? 0;
}

function attemptColumns(rowCount: number): AttemptColumns {
  return {
    node: new Uint32Array(rowCount),
    attempt: new Uint32Array(rowCount),
    lane: new Int32Array(rowCount),
    start: new Float64Array(rowCount),
    end: new Float64Array(rowCount),
    outcome: new Uint8Array(rowCount),
    reason: new Uint8Array(rowCount),
  };
}

function arranged(rows: AttemptColumns, sorted: Uint32Array, nodeCount: number): AttemptTable {
  const rowCount = sorted.length;
  const firstRow = new Int32Array(nodeCount).fill(-1);
  const lastRow = new Int32Array(nodeCount).fill(-1);
  const settlingRow = new Int32Array(nodeCount).fill(-1);
  const previousRow = new Int32Array(rowCount).fill(-1);
  const table = attemptColumns(rowCount);
  let laneCount = 0;
  for (let row = 0; row < rowCount; row++) {
    const from = cell(sorted, row);
    const node = (table.node[row] = cell(rows.node, from));
    const lane = (table.lane[row] = cell(rows.lane, from));
    const outcome = (table.outcome[row] = cell(rows.outcome, from));
    table.attempt[row] = cell(rows.attempt, from);
    table.start[row] = cell(rows.start, from);
    table.end[row] = cell(rows.end, from);
    table.reason[row] = cell(rows.reason, from);
    previousRow[row] = cell(lastRow, node);
    lastRow[node] = row;
    if (cell(firstRow, node) < 0) firstRow[node] = row;
    if (outcome !== waiting) settlingRow[node] = row;
    if (lane >= laneCount) laneCount = lane + 1;
  }
  return { rowCount, ...table, previousRow, firstRow, lastRow, settlingRow, laneCount };
}

/** A node that has not settled is taken to run until the end. */
function endOf(columns: RunColumns, node: number, durationUs: number): number {
  const settledAt = cell(columns.settledAt, node);
  return settledAt < 0 ? durationUs : settledAt;
}

/** Rows grouped by their node, in compressed sparse rows; the rows of one node keep their order. */
function rowsByNode(nodes: Uint32Array, nodeCount: number): { start: Uint32Array; rows: Uint32Array } {
  const start = new Uint32Array(nodeCount + 1);
  for (const node of nodes) start[node + 1] = cell(start, node + 1) + 1;
  for (let node = 0; node < nodeCount; node++) start[node + 1] = cell(start, node + 1) + cell(start, node);
  const fill = start.slice();
  const rows = new Uint32Array(nodes.length);
  nodes.forEach((node, row) => {
    const slot = cell(fill, node);
    rows[slot] = row;
    fill[node] = slot + 1;
  });
  return { start, rows };
}

/** The upstreams of every node, in compressed sparse rows. */
export interface Upstreams {
  /** `node[start[d] .. start[d + 1]]` are the upstreams of `d`, ascending. */
  readonly start: Uint32Array;
  readonly node: Uint32Array;
  /** The canonical edge index of each entry: edges by (upstream, downstream) in node order. */
  readonly edge: Uint32Array;
}

/** Turns the canonical edge list around. Linear in nodes and edges. */
export function upstreamsOf(graph: TraceGraph): Upstreams {
  const pairs = graph.native.edges();
  const nodeCount = graph.index.size;
  const downstreams = new Uint32Array(pairs.length / 2);
  for (let edge = 0; edge < downstreams.length; edge++) downstreams[edge] = cell(pairs, 2 * edge + 1);
  const { start, rows } = rowsByNode(downstreams, nodeCount);
  return { start, node: rows.map((edge) => cell(pairs, 2 * edge)), edge: rows };
}
