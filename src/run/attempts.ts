/**
 * Every attempt of a run as one table, in the order in which they began. An attempt that parked has a row for each stretch of its running
 * time. What holds no lane (containers, wait nodes) has no rows: {@link spansOf} lists it.
 *
 * Invariants, which hold because the core's clock never goes back and a lane is handed on only when it is free:
 * I1 Rows ascend by (start, end, topological position, attempt), so whatever an attempt waited for has a smaller row.
 * I2 The attempts of one lane do not overlap, and their rows ascend.
 * I3 A node has at most one row that settled it; its other rows are earlier and have the outcome "waiting" (a retry followed, or, with
 *    reason 0, the attempt was parked).
 */
import { type NodeState, nodeStates, type PastAttempt, type RunColumns, type TraceSource } from "./columns.js";
import { rowsInOrder, sortByTime } from "./sort-by-time.js";
import { topologicalOrder } from "./trace-graph.js";

/** One column per fact about an attempt. */
interface AttemptColumns {
  readonly node: Uint32Array;
  /** From 1. */
  readonly attempt: Uint32Array;
  readonly lane: Int32Array;
  /** Where it ran: {@link mainHost}, a thread's place in its pool plus one, or {@link commandHost}. */
  readonly host: Uint16Array;
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
  /** By node id: the same; of a container, the row inside it that ended last, or -1. */
  readonly endingRow: Int32Array;
  /** By row: 1 if it is running time of the attempt that completed its node. */
  readonly isWork: Uint8Array;
  /** One more than the highest lane in {@link lane}. */
  readonly laneCount: number;
  /** Calls back with the row that ended last in each container that a row is in, innermost first. */
  forEachContainer(row: number, visit: (lastInside: number) => void): void;
}

/** What ran on the main thread. */
export const mainHost = 0;
/** What ran in processes of its own. */
export const commandHost = 0xffff;

/** The number of a state in the columns. */
export function stateCode(state: NodeState): number {
  return nodeStates.indexOf(state);
}

const waiting = stateCode("waiting");
const completed = stateCode("completed");

/** Collects a run's attempts. Takes time and space linear in nodes and attempts (a radix sort by time). */
export function attemptsOf(source: TraceSource): AttemptTable {
  const columns = source.columns();
  const past = source.pastAttempts();
  const { nodeCount } = source.graph;

  // Rows in topological order first: the stable sorts below keep that order among attempts of equal times.
  const pastOf = rowsByNode(
    Uint32Array.from(past, (row) => row.node),
    nodeCount,
  );
  const unsorted = attemptColumns(past.length + nodeCount);
  const hostOf = hostsOf(source, columns);
  let rowCount = 0;
  const add = (row: PastAttempt, outcome: number, reason: number): void => {
    if (!isLane(row.lane)) return;
    unsorted.node[rowCount] = row.node;
    unsorted.attempt[rowCount] = row.attempt;
    unsorted.lane[rowCount] = row.lane;
    unsorted.host[rowCount] = hostOf(row);
    unsorted.start[rowCount] = row.startedAt;
    unsorted.end[rowCount] = row.endedAt;
    unsorted.outcome[rowCount] = outcome;
    unsorted.reason[rowCount] = reason;
    rowCount++;
  };
  for (const node of topologicalOrder(source.graph)) {
    let lastPast = 0;
    let lastStart = -1;
    for (let i = cell(pastOf.start, node); i < cell(pastOf.start, node + 1); i++) {
      const row = past[cell(pastOf.rows, i)];
      if (row === undefined) continue;
      add(row, waiting, row.reason);
      lastStart = row.reason === 0 ? row.startedAt : -1;
      if (row.reason !== 0) lastPast = row.attempt;
    }
    // A node settled between two attempts, or while it was parked, still shows its last stretch in the columns: that one is listed already.
    const startedAt = cell(columns.startedAt, node);
    const attempt = cell(columns.attempt, node);
    const isListed = attempt === lastPast || (startedAt === lastStart && cell(columns.state, node) !== completed);
    if (startedAt < 0 || isListed) continue;
    const ended: PastAttempt = {
      node,
      attempt,
      lane: cell(columns.lane, node),
      startedAt,
      endedAt: endOf(columns, node, source.durationUs),
      reason: cell(columns.reason, node),
    };
    add(ended, cell(columns.state, node), ended.reason);
  }

  const sorted = sortByTime(sortByTime(rowsInOrder(rowCount), unsorted.end), unsorted.start);
  return arranged(unsorted, sorted, columns, source);
}

/** The attempts of what holds no lane, by node: open containers, waits. Linear in nodes and attempts. */
export function* spansOf(source: TraceSource): Generator<PastAttempt & { readonly state: number }, void, undefined> {
  const columns = source.columns();
  const open = new Map<number, PastAttempt[]>();
  const parked = new Set<number>();
  for (const row of source.pastAttempts()) {
    if (row.reason === 0) parked.add(row.node);
    if (isLane(row.lane) || row.reason === 0) continue;
    const rows = open.get(row.node);
    if (rows === undefined) open.set(row.node, [row]);
    else rows.push(row);
  }
  for (let node = 0; node < source.graph.nodeCount; node++) {
    const rows = open.get(node) ?? [];
    for (const row of rows) yield { ...row, state: waiting };
    const startedAt = cell(columns.startedAt, node);
    const attempt = cell(columns.attempt, node);
    if (startedAt < 0 || isLane(cell(columns.lane, node)) || rows.at(-1)?.attempt === attempt || parked.has(node)) continue;
    const endedAt = endOf(columns, node, source.durationUs);
    yield { node, attempt, lane: -1, startedAt, endedAt, reason: cell(columns.reason, node), state: cell(columns.state, node) };
  }
}

/** Whether a lane's number stands for one. */
function isLane(lane: number): boolean {
  return lane >= 0 && lane !== 0xffff_ffff;
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
    host: new Uint16Array(rowCount),
    start: new Float64Array(rowCount),
    end: new Float64Array(rowCount),
    outcome: new Uint8Array(rowCount),
    reason: new Uint8Array(rowCount),
  };
}

function arranged(rows: AttemptColumns, sorted: Uint32Array, columns: RunColumns, { graph }: TraceSource): AttemptTable {
  const { nodeCount, baseCount } = graph;
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
    table.host[row] = cell(rows.host, from);
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
  // No slot has such a number: it is one of a command, and nothing lies between.
  if (laneCount > nodeCount) laneCount = renumber(table.lane);
  const endingRow = settlingRow.slice();
  const isWork = new Uint8Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const node = cell(table.node, row);
    isWork[row] = cell(columns.state, node) === completed && cell(columns.attempt, node) === cell(table.attempt, row) ? 1 : 0;
    if (node < baseCount) continue;
    for (let container = graph.containerOf(node); container >= 0; container = graph.containerOf(container)) {
      const last = cell(endingRow, container);
      if (last < 0 || cell(table.end, row) >= cell(table.end, last)) endingRow[container] = row;
    }
  }
  const forEachContainer: AttemptTable["forEachContainer"] = (row, visit) => {
    let node = cell(table.node, row);
    while (node >= baseCount) {
      node = graph.containerOf(node);
      if (node >= 0) visit(cell(endingRow, node));
    }
  };
  return { rowCount, ...table, previousRow, firstRow, lastRow, settlingRow, endingRow, isWork, laneCount, forEachContainer };
}

/**
 * Numbers the lanes that occur, in their order, and answers with how many there are. Those of commands come after all slots there might have been,
 * and that may be any number.
 */
function renumber(lanes: Int32Array): number {
  const used = [...new Set(lanes)].sort((a, b) => a - b);
  const places = new Map(used.map((lane, place) => [lane, place]));
  for (let row = 0; row < lanes.length; row++) lanes[row] = places.get(cell(lanes, row)) ?? 0;
  return used.length;
}

/** Where attempts ran. */
function hostsOf(source: TraceSource, columns: RunColumns): (row: PastAttempt) => number {
  if (source.hosts === undefined) return () => mainHost;
  const { threads, pastThreads, firstCommandLane } = source.hosts();
  const keyOf = (node: number, attempt: number): number => attempt * 2 ** 32 + node;
  const past = new Map<number, number>();
  for (let i = 0; i < pastThreads.length; i += 3) past.set(keyOf(cell(pastThreads, i), cell(pastThreads, i + 1)), cell(pastThreads, i + 2));
  return ({ node, attempt, lane }) => {
    if (lane >= firstCommandLane) return commandHost;
    return past.get(keyOf(node, attempt)) ?? (attempt === cell(columns.attempt, node) ? cell(threads, node) : mainHost);
  };
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
