/**
 * What each attempt of a run waited for before it began.
 *
 * A task begins when three things are there: its upstreams' outcomes, a slot, and the JavaScript thread. The columns tell which came last:
 * - *upstream*: a node's first attempt waits for its upstreams (in a container, where it has none, for the container's), a later one for
 *   the attempt before it, and one that goes on after it was parked for what it did before;
 * - *delay*: a retry is not due at once, what a parked attempt waits for takes time, and so do predicates and the items of a map. Until then
 *   the inputs are not there. It is not waiting: no more workers would have made it shorter;
 * - *slot*: its lane was still held by another attempt after that. It began in that lane, so that attempt's end is what it waited for;
 * - *thread*: with its upstreams done and its lane free it still did not begin, and of all attempts the last to end before it did so
 *   in that time. Either that one also began in that time: had it been asynchronous, this one would have begun beside it. Or more
 *   than a millisecond passed, far more than the engine takes: it had begun before, and kept the thread with a synchronous part. Each thread is a thread of its own; commands begin on the main one.
 * What is left between the last of the three and the start is *dispatch*: the engine's own time and the event loop's.
 *
 * Only waits that happened count: a lane that was long free when its next attempt got ready is no wait. Together they are a graph of rows,
 * in which the start of each row is the latest end of what it waited for, plus its dispatch time. The profile is the critical path method on it.
 *
 * I1 Every wait leads from a smaller row to a greater one (`attempts.ts`, I1).
 * I2 start[row] = readyAt[row] + dispatch of the row, and readyAt[row] = the latest end of what it waited for + delay[row]; both are >= 0.
 */
import { type AttemptTable, cell, commandHost, mainHost } from "./attempts.js";
import type { RunColumns } from "./columns.js";
import { rowsInOrder, sortByTime } from "./sort-by-time.js";
import { forEachUpstream, type TraceGraph, topologicalOrder, type Upstreams } from "./trace-graph.js";

/** What came last of the things that an attempt waited for. */
export const waitKinds = ["start", "upstream", "retry", "slot", "thread"] as const;

/** `start`: it waited for nothing but the run itself. `retry`: for its node's attempt before it. */
export type WaitKind = (typeof waitKinds)[number];

const START = 0;
const UPSTREAM = 1;
const RETRY = 2;
const SLOT = 3;
const THREAD = 4;

/** More than the engine needs between the end of one attempt and the start of the next. */
const engineTimeUs = 1000;

/** By row of the attempt table. Times are whole microseconds since the run's start. */
export interface Waits {
  /** When its upstreams (or the attempt before it) had ended, and a delay after them was over; 0 for a root. */
  readonly inputsAt: Float64Array;
  /** When its lane was free as well. */
  readonly slotAt: Float64Array;
  /** When the thread was free as well: all that it waited for was there. */
  readonly readyAt: Float64Array;
  /** How long it was delayed between the end of what it waited for last and `readyAt`; 0 where a slot or the thread came last. */
  readonly delay: Float64Array;
  /** The row that ended at `readyAt`, less the delay, or -1. */
  readonly lastRow: Int32Array;
  /** Position in {@link waitKinds}. */
  readonly kind: Uint8Array;
  /** Calls back with every row that a row waited for, in no particular order. */
  forEach(row: number, visit: (waitedFor: number) => void): void;
}

/** Finds out what every attempt waited for. Linear in nodes, edges and attempts. */
export function waitsOf(attempts: AttemptTable, columns: RunColumns, graph: TraceGraph, upstreams: Upstreams): Waits {
  const { rowCount, node, lane, host, start, end, previousRow, lastRow: lastOf } = attempts;
  const endingRow = endingsOf(attempts, columns, graph, upstreams);
  const inputsAt = new Float64Array(rowCount);
  const slotAt = new Float64Array(rowCount);
  const readyAt = new Float64Array(rowCount);
  const delay = new Float64Array(rowCount);
  const lastRow = new Int32Array(rowCount).fill(-1);
  const kind = new Uint8Array(rowCount);
  const slotRow = new Int32Array(rowCount).fill(-1);
  const threadRow = new Int32Array(rowCount).fill(-1);

  const lastOfLane = new Int32Array(attempts.laneCount).fill(-1);
  const byEnd = sortByTime(rowsInOrder(rowCount), end);
  const lastOfHost = new Map<number, number>();
  let ended = 0;
  const endsBefore = (other: number, row: number): boolean => {
    const gap = cell(start, row) - cell(end, other);
    return gap > 0 || (gap === 0 && other < row);
  };

  for (let row = 0; row < rowCount; row++) {
    const began = cell(start, row);
    const id = cell(node, row);

    // The inputs.
    let at = 0;
    let last = -1;
    let why = START;
    const before = cell(previousRow, row);
    if (before >= 0) {
      last = before;
      at = cell(end, before);
      why = RETRY;
    } else {
      forEachUpstream(upstreams, id, (upstream) => {
        const settledAt = cell(columns.settledAt, upstream);
        // An upstream that settled after the start was not waited for.
        if (settledAt < at || settledAt > began) return;
        const from = cell(endingRow, upstream);
        if (settledAt === at && from < last) return;
        at = settledAt;
        last = from;
        why = from < 0 ? START : UPSTREAM;
      });
    }
    const inputsEnded = last < 0 ? 0 : cell(end, last);

    // The delay. The columns know when a node last became ready: that is its last row. Of earlier ones only long delays are seen.
    if (before >= 0 || id >= graph.baseCount) {
      const isLast = cell(lastOf, id) === row;
      const due = isLast ? cell(columns.readyAt, id) : began - at > engineTimeUs ? began : at;
      at = Math.min(began, Math.max(at, due));
    }
    inputsAt[row] = at;

    // The slot.
    const holder = cell(lastOfLane, cell(lane, row));
    lastOfLane[cell(lane, row)] = row;
    if (holder >= 0 && cell(end, holder) > at) {
      at = cell(end, holder);
      slotRow[row] = last = holder;
      why = SLOT;
    }
    slotAt[row] = at;

    // The thread: of the attempts before this row that have ended by now, the last to end there. Commands keep no thread.
    for (; ended < rowCount && endsBefore(cell(byEnd, ended), row); ended++) {
      lastOfHost.set(cell(host, cell(byEnd, ended)), cell(byEnd, ended));
    }
    const own = cell(host, row);
    const busy = lastOfHost.get(own === commandHost ? mainHost : own) ?? -1;
    if (busy >= 0 && cell(end, busy) > at && (cell(start, busy) >= at || began - at > engineTimeUs)) {
      at = cell(end, busy);
      threadRow[row] = last = busy;
      why = THREAD;
    }
    readyAt[row] = at;
    delay[row] = why === SLOT || why === THREAD ? 0 : at - inputsEnded;

    lastRow[row] = last;
    kind[row] = why;
  }

  return {
    inputsAt,
    slotAt,
    readyAt,
    delay,
    lastRow,
    kind,
    forEach(row, visit) {
      const before = cell(previousRow, row);
      if (before >= 0) visit(before);
      else {
        const id = cell(node, row);
        forEachUpstream(upstreams, id, (upstream) => {
          const from = cell(endingRow, upstream);
          if (from >= 0 && cell(end, from) <= cell(start, row)) visit(from);
        });
      }
      if (cell(slotRow, row) >= 0) visit(cell(slotRow, row));
      if (cell(threadRow, row) >= 0) visit(cell(threadRow, row));
    },
  };
}

/**
 * By node id: the row that ended last before the node settled, or -1. Of a node that ran it is its own; one that settled without (a wait, a
 * node that was skipped, one between attempts) stands for what it waited for itself.
 */
function endingsOf({ end, endingRow, lastRow }: AttemptTable, columns: RunColumns, graph: TraceGraph, upstreams: Upstreams): Int32Array {
  if (!endingRow.includes(-1)) return endingRow;
  const endings = endingRow.slice();
  for (const node of topologicalOrder(graph)) {
    if (cell(endings, node) >= 0) continue;
    const settledAt = cell(columns.settledAt, node);
    let last = cell(lastRow, node);
    forEachUpstream(upstreams, node, (upstream) => {
      const row = cell(endings, upstream);
      if (row < 0 || cell(end, row) > settledAt) return;
      if (last < 0 || cell(end, row) > cell(end, last) || (cell(end, row) === cell(end, last) && row > last)) last = row;
    });
    endings[node] = last;
  }
  return endings;
}
