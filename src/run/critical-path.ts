/**
 * The critical path method on what really happened: the graph of attempts and their waits (`waits.ts`).
 *
 * In that graph a row begins its delay and its dispatch time after the latest end of what it waited for, and runs as long as it ran. Its longest
 * path is the run itself, so "longest path to the end of a row" is just when the row ended, and only the way onwards needs computing.
 * After Kelley, Walker, "Critical-Path Planning and Scheduling" (1959).
 */
import { type AttemptTable, cell, stateCode } from "./attempts.js";
import type { Waits } from "./waits.js";

const completed = stateCode("completed");
const failed = stateCode("failed");
const cancelled = stateCode("cancelled");

/** Of attempts that ended last together, the one that explains the run's length best: a cancelled one ended only because the run did. */
function rank(outcome: number): number {
  return outcome === completed ? 3 : outcome === failed ? 2 : outcome === cancelled ? 0 : 1;
}

/**
 * The rows of the critical path, first to last: from the last end back through what each row waited for last. Of equals the greatest row is
 * the last, so that a chain within one microsecond is still a chain. Linear in rows.
 */
export function criticalRows(attempts: AttemptTable, waits: Waits): Uint32Array {
  const { rowCount, end, outcome } = attempts;
  let row = -1;
  for (let other = 0; other < rowCount; other++) {
    const later = row < 0 ? 1 : cell(end, other) - cell(end, row) || rank(cell(outcome, other)) - rank(cell(outcome, row));
    if (later >= 0) row = other;
  }
  const rows: number[] = [];
  for (; row >= 0; row = cell(waits.lastRow, row)) rows.push(row);
  return Uint32Array.from(rows.reverse());
}

/** For each row, how long the longest chain of waits after its end still took. Linear in rows and waits. */
export function timeAfter(attempts: AttemptTable, waits: Waits): Float64Array {
  const after = new Float64Array(attempts.rowCount);
  for (let row = attempts.rowCount - 1; row >= 0; row--) {
    // What followed a container followed everything in it; all of that began later than any row inside.
    attempts.forEachContainer(row, (lastInside) => {
      after[row] = Math.max(cell(after, row), cell(after, lastInside));
    });
    const taken = timeFromReady(attempts, waits, row) + cell(after, row);
    waits.forEach(row, (from) => {
      if (taken > cell(after, from)) after[from] = taken;
    });
  }
  return after;
}

/** Delay, dispatch and running time of a row. */
function timeFromReady(attempts: AttemptTable, waits: Waits, row: number): number {
  return cell(attempts.end, row) - cell(waits.readyAt, row) + cell(waits.delay, row);
}

/**
 * For each row of the critical path, how much earlier the last end would have come had the row taken no time.
 *
 * That is its own time, or less where a path around it is nearly as long. A path around row `v` has a wait `a -> b` with `a < v < b`
 * (or begins after `v`, or ends before it), and the longest path over that wait is `end[a]` + time of `b` + time after `b`. So each wait
 * raises a floor over the path's rows between its two ends; the floors are kept in a segment tree. O(waits * log of the path's length).
 */
export function savingsAlong(path: Uint32Array, attempts: AttemptTable, waits: Waits, after: Float64Array): Float64Array {
  const { rowCount, start, end, outcome } = attempts;
  const length = path.length;
  const last = cell(path, length - 1);
  const around = new Float64Array(2 * length);
  /** Raises the floor over positions `low..high` of the path. */
  const raise = (low: number, high: number, value: number): void => {
    for (let l = low + length, r = high + 1 + length; l < r; l >>= 1, r >>= 1) {
      if (l & 1) around[l] = Math.max(cell(around, l++), value);
      if (r & 1) around[--r] = Math.max(cell(around, r), value);
    }
  };

  // How many rows of the path are smaller than a row, and than the one after it.
  const below = new Uint32Array(rowCount + 1);
  for (const row of path) below[row + 1] = 1;
  for (let row = 0; row < rowCount; row++) below[row + 1] = cell(below, row + 1) + cell(below, row);

  for (let row = 0; row < rowCount; row++) {
    // A cancelled attempt that nothing followed would have ended earlier with the run: it keeps no run from ending.
    if (cell(outcome, row) === cancelled && cell(after, row) === 0 && row !== last) continue;
    const before = cell(below, row) - 1;
    const onwards = timeFromReady(attempts, waits, row) + cell(after, row);
    let isFirst = true;
    waits.forEach(row, (from) => {
      isFirst = false;
      raise(cell(below, from + 1), before, cell(end, from) + onwards);
    });
    if (isFirst) raise(0, before, cell(end, row) + cell(after, row));
    raise(cell(below, row + 1), length - 1, cell(end, row));
  }
  return Float64Array.from(path, (row, position) => {
    let floor = 0;
    for (let i = position + length; i >= 1; i >>= 1) floor = Math.max(floor, cell(around, i));
    return Math.max(0, Math.min(cell(end, row) - cell(start, row), cell(end, last) - floor));
  });
}
