/** Random graphs with random running times, run on paper by a greedy scheduler: ready nodes in node order, the lowest free lane first. */
import type { TraceSource } from "../../src/run/columns.js";
import { emptyColumns, recordedSource } from "./recorded-run.js";

const completed = 4;

export interface ScheduledRun {
  readonly source: TraceSource;
  /** The same graph and running times, with changes. */
  again(changes: { slots?: number; without?: string; longer?: readonly [name: string, byUs: number] }): ScheduledRun;
}

/** A run of `nodeCount` tasks; the same arguments give the same run. */
export function scheduledRun(seed: number, nodeCount: number, slots: number): ScheduledRun {
  const random = generator(seed);
  const names = Array.from({ length: nodeCount }, (_, id) => `n${id}`);
  const runtimes = names.map(() => 1 + Math.floor(random() * 1000));
  const pairs = names.flatMap((_, to) =>
    names.slice(0, to).flatMap((__, from): [number, number][] => (random() < 2 / nodeCount ? [[from, to]] : [])),
  );
  const run = (times: readonly number[], slotCount: number): ScheduledRun => ({
    source: schedule(names, pairs, times, slotCount),
    again({ slots: newSlots, without, longer }) {
      const [slower, byUs] = longer ?? [undefined, 0];
      const changed = times.map((time, id) => (names[id] === without ? 0 : names[id] === slower ? time + byUs : time));
      return run(changed, newSlots ?? slotCount);
    },
  });
  return run(runtimes, slots);
}

function schedule(
  names: readonly string[],
  pairs: readonly (readonly [number, number])[],
  times: readonly number[],
  slots: number,
): TraceSource {
  const columns = emptyColumns(names.length);
  const missing = names.map((_, to) => pairs.filter((pair) => pair[1] === to).length);
  const ready = names.flatMap((_, id) => (missing[id] === 0 ? [id] : []));
  for (const id of ready) columns.readyAt[id] = 0;
  const running = new Map<number, number>();
  let now = 0;
  for (;;) {
    ready.sort((a, b) => a - b);
    while (ready.length > 0 && running.size < slots) {
      const id = ready.shift() ?? 0;
      let lane = 0;
      while ([...running.keys()].some((other) => columns.lane[other] === lane)) lane++;
      columns.lane[id] = lane;
      columns.attempt[id] = 1;
      columns.startedAt[id] = now;
      running.set(id, now + (times[id] ?? 0));
    }
    const next = [...running].sort((a, b) => a[1] - b[1] || a[0] - b[0])[0];
    if (next === undefined) return recordedSource(names, pairs, columns, [], now);
    const [id, end] = next;
    now = end;
    running.delete(id);
    columns.state[id] = completed;
    columns.settledAt[id] = now;
    for (const [from, to] of pairs) {
      if (from !== id) continue;
      missing[to] = (missing[to] ?? 0) - 1;
      if (missing[to] === 0) {
        columns.readyAt[to] = now;
        ready.push(to);
      }
    }
  }
}

/** Mulberry32: small, seeded, good enough to draw test cases. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}
