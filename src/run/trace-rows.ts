/**
 * The rows of a trace: a lane of the main thread, a thread of a pool, or a lane of commands each has one, in this order. What overlaps on a
 * thread (an attempt that waits for a promise does not keep it from others) has further rows of the thread, as many as overlapped at once.
 */
import { type AttemptTable, cell, commandHost, mainHost } from "./attempts.js";

/** The rows, and which attempts are in them. */
export interface TraceRows {
  /** By row of the attempt table: the place of its row here. */
  readonly of: Uint32Array;
  /** By place. */
  readonly names: readonly string[];
}

/** Arranges attempts in rows. O(attempts · rows of a thread). */
export function traceRowsOf(attempts: AttemptTable, threadNames: readonly string[]): TraceRows {
  const { rowCount, lane, host, laneCount } = attempts;
  if (!host.some((other) => other !== mainHost)) {
    return { of: Uint32Array.from(lane), names: Array.from({ length: laneCount }, (_, i) => `lane ${i}`) };
  }
  const byHost = new Map<number, Group>();
  for (let row = 0; row < rowCount; row++) {
    let group = byHost.get(cell(host, row));
    if (group === undefined) byHost.set(cell(host, row), (group = { rows: [], place: [], count: 0 }));
    group.rows.push(row);
  }
  const of = new Uint32Array(rowCount);
  const names: string[] = [];
  const add = (group: Group, name: (place: number) => string): void => {
    for (const [i, row] of group.rows.entries()) of[row] = names.length + cell(group.place, i);
    for (let place = 0; place < group.count; place++) names.push(name(place));
  };
  for (const [number, group] of [...byHost].sort(([a], [b]) => a - b)) {
    if (number === mainHost) add(byLane(group, lane), (place) => `lane ${place}`);
    else if (number === commandHost) add(byLane(group, lane), (place) => `command ${place}`);
    else {
      const thread = threadNames[number - 1] ?? `thread ${number}`;
      add(sideBySide(group, attempts), (place) => (place === 0 ? thread : `${thread} (${place + 1})`));
    }
  }
  return { of, names };
}

/** The attempts of one host: rows of the attempt table, and the place of each within the host's. */
interface Group {
  readonly rows: number[];
  place: number[];
  count: number;
}

/** One place for each lane that occurs, in their order. */
function byLane(group: Group, lane: Int32Array): Group {
  const lanes = [...new Set(group.rows.map((row) => cell(lane, row)))].sort((a, b) => a - b);
  const places = new Map(lanes.map((number, place) => [number, place]));
  return { rows: group.rows, place: group.rows.map((row) => places.get(cell(lane, row)) ?? 0), count: lanes.length };
}

/** The first place that is free again, for one attempt after the other as they began. */
function sideBySide(group: Group, { start, end }: AttemptTable): Group {
  const freeAt: number[] = [];
  const place = group.rows.map((row) => {
    const free = freeAt.findIndex((at) => at <= cell(start, row));
    const chosen = free === -1 ? freeAt.length : free;
    freeAt[chosen] = cell(end, row);
    return chosen;
  });
  return { rows: group.rows, place, count: freeAt.length };
}
