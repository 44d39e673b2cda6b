/**
 * Who carried a run out, and how busy that was: the main thread, each thread of the pool, and commands, which are processes of their own.
 * Made from the columns, like everything in a report.
 */
import { type AttemptTable, attemptsOf, cell, commandHost, mainHost } from "./attempts.js";
import type { TraceSource } from "./columns.js";
import { type Histogram, histogramOf } from "./histogram.js";
import { stepsOf } from "./timeline.js";
import { upstreamsOf } from "./trace-graph.js";
import { waitsOf } from "./waits.js";

/** What one of them did in a run. An attempt that was parked counts once for each stretch of its running time. */
export interface HostReport {
  /** `main`, the name of a thread, or `commands`. */
  readonly name: string;
  /** How many attempts ran there. */
  readonly attempts: number;
  /** How long at least one of them did, in milliseconds: time in which an asynchronous one only waits is in it. */
  readonly busyMs: number;
  /** `busyMs` by the run's duration, from 0 to 1. */
  readonly utilization: number;
  /** How long attempts waited with all their inputs there: for a slot, for the thread, for the engine. */
  readonly waiting: Histogram;
  /** How long attempts ran. */
  readonly running: Histogram;
}

/** Who carried a run out. */
export interface ThreadsReport {
  readonly main: HostReport;
  /** One for each thread of the pool, in its order, those included that had nothing to do; none where the run used no pool. */
  readonly threads: readonly HostReport[];
  /** All commands together. */
  readonly commands: HostReport;
  /** The busy time of the threads of the pool by their number and the run's duration, from 0 to 1; 0 where there are none. */
  readonly utilization: number;
  /** The most attempts that waited at once with all their inputs there. */
  readonly longestQueue: number;
  /** How long attempts waited, wherever they ran. */
  readonly waiting: Histogram;
  /** How long attempts ran, wherever they did. */
  readonly running: Histogram;
}

/** Makes the report. Time and space linear in nodes, edges and attempts, but for sorting. */
export function threadsReportOf(source: TraceSource): ThreadsReport {
  const attempts = attemptsOf(source);
  const { inputsAt } = waitsOf(attempts, source.columns(), source.graph, upstreamsOf(source.graph));
  const rowsOf = rowsByHost(attempts);
  const reportOf = (name: string, host: number): HostReport => {
    const rows = rowsOf.get(host) ?? [];
    const busyUs = busyTime(attempts, rows);
    return {
      name,
      attempts: rows.length,
      busyMs: busyUs / 1000,
      utilization: source.durationUs === 0 ? 0 : busyUs / source.durationUs,
      waiting: histogramOf(Float64Array.from(rows, (row) => cell(attempts.start, row) - cell(inputsAt, row))),
      running: histogramOf(Float64Array.from(rows, (row) => cell(attempts.end, row) - cell(attempts.start, row))),
    };
  };
  const threads = (source.hosts?.().threadNames ?? []).map((name, seat) => reportOf(name, seat + 1));
  return {
    main: reportOf("main", mainHost),
    threads,
    commands: reportOf("commands", commandHost),
    utilization: threads.length === 0 ? 0 : threads.reduce((sum, { utilization }) => sum + utilization, 0) / threads.length,
    longestQueue: stepsOf(inputsAt.slice(), attempts.start.slice()).count.reduce((most, count) => Math.max(most, count), 0),
    waiting: histogramOf(inputsAt.map((at, row) => cell(attempts.start, row) - at)),
    running: histogramOf(attempts.end.map((at, row) => at - cell(attempts.start, row))),
  };
}

function rowsByHost({ rowCount, host }: AttemptTable): ReadonlyMap<number, readonly number[]> {
  const rows = new Map<number, number[]>();
  for (let row = 0; row < rowCount; row++) {
    const ofHost = rows.get(cell(host, row));
    if (ofHost === undefined) rows.set(cell(host, row), [row]);
    else ofHost.push(row);
  }
  return rows;
}

/** How long at least one of these rows ran; they ascend by their start. */
function busyTime({ start, end }: AttemptTable, rows: readonly number[]): number {
  let busy = 0;
  let until = 0;
  for (const row of rows) {
    busy += Math.max(0, cell(end, row) - Math.max(until, cell(start, row)));
    until = Math.max(until, cell(end, row));
  }
  return busy;
}
