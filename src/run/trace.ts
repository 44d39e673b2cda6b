/**
 * A run drawn as a Chrome trace (the Trace Event Format), for ui.perfetto.dev and chrome://tracing.
 *
 * One process stands for the run, and a row of it for each lane of the main thread, each thread of a pool and each lane of commands. A second process shows what holds no lane, as asynchronous
 * slices, which may overlap: containers while they are open, what waits while it is parked, undo. Names are addresses, so what is inside a container
 * is named after it. The format is described in Google's "Trace Event Format";
 * where its two viewers differ, the file is written so that both show the same:
 * I1 A slice per attempt, retried ones too; the slices of one row never overlap.
 * I2 An arrow starts within its upstream's slice (in its last microsecond) and ends, bound to the enclosing slice, where the
 *    downstream's first attempt begins. In the file both come after all slices, for viewers that take events of equal time in file order.
 * I3 The times of each counter ascend strictly.
 */
import { type AttemptTable, attemptsOf, cell, spansOf, stateCode } from "./attempts.js";
import { nodeStates, type RunColumns, reasonName, type TraceSource } from "./columns.js";
import { type Steps, stepsOf } from "./timeline.js";
import { forEachUpstream, upstreamsOf } from "./trace-graph.js";
import { type TraceRows, traceRowsOf } from "./trace-rows.js";

/** One event of the Trace Event Format, of the phases that Dagny writes. `ts` and `dur` are whole microseconds. */
export type TraceEvent = SliceEvent | SpanEvent | FlowEvent | InstantEvent | CounterEvent | MetadataEvent;

interface EventBase {
  readonly name: string;
  readonly ts: number;
  readonly pid: number;
  readonly tid: number;
}

/** A complete event: one attempt. */
export interface SliceEvent extends EventBase {
  readonly ph: "X";
  readonly cat: "task";
  readonly dur: number;
  /** A reserved color of the format, for attempts that did not complete. */
  readonly cname?: string;
  readonly args: {
    /** The state it settled its node in, or `retried`, or `parked` where it waited and went on later. */
    readonly status: string;
    readonly attempt: number;
    readonly reason?: string;
  };
}

/** One end of an asynchronous slice: something that holds no lane begins (`b`) or ends (`e`). */
export interface SpanEvent extends EventBase {
  readonly ph: "b" | "e";
  readonly cat: "container" | "wait" | "undo";
  /** The same for both ends, and for no other slice of this category. */
  readonly id: number;
  readonly args: { readonly status: string; readonly attempt: number; readonly reason?: string };
}

/** One end of an arrow along an edge: `s` at the upstream, `f` at the downstream. */
export interface FlowEvent extends EventBase {
  readonly ph: "s" | "f";
  readonly cat: "edge";
  /** The edge: its canonical index and 1. */
  readonly id: number;
  /** Binds the end of an arrow to the slice around it. */
  readonly bp?: "e";
}

/** A node that was skipped, filtered or cancelled. */
export interface InstantEvent extends EventBase {
  readonly ph: "i";
  readonly cat: "skipped" | "filtered" | "cancelled";
  readonly s: "t";
  readonly args: { readonly status: string; readonly reason?: string };
}

/** How many nodes are ready (waiting for a slot) or running, from this time on. */
export interface CounterEvent extends EventBase {
  readonly ph: "C";
  readonly args: { readonly ready: number } | { readonly running: number };
}

/** The name or the place of a row. */
export interface MetadataEvent extends EventBase {
  readonly ph: "M";
  readonly args: { readonly name: string } | { readonly sort_index: number };
}

/** A whole trace in the format's JSON object form. */
export interface ChromeTrace {
  readonly traceEvents: TraceEvent[];
  readonly displayTimeUnit: "ms";
  readonly otherData: Readonly<Record<string, string | number>>;
}

/** What to leave out of a trace of a very large run. */
export interface ChromeTraceOptions {
  /** Arrows along edges: two events for each. @default true */
  readonly arrows?: boolean;
  /** The `ready` and `running` counters: up to two events for each node. @default true */
  readonly counters?: boolean;
}

const PID = 1;
/** The process of what holds no lane. */
const SPANS_PID = 2;

/** What happened in a run, over time. */
export class Trace {
  readonly #source: TraceSource;

  constructor(source: TraceSource) {
    this.#source = source;
  }

  /**
   * The trace as one object. Its events: the names of rows, the slices by start, what holds no lane by node, the arrows by downstream,
   * the instants by node, the counters by time.
   * Takes time and space linear in nodes, edges and attempts; for a run of a million nodes prefer {@link Trace.chromeTraceChunks}.
   */
  toChromeTrace(options: ChromeTraceOptions = {}): ChromeTrace {
    return { traceEvents: [...eventsOf(this.#source, options)], displayTimeUnit: "ms", otherData: aboutRun(this.#source) };
  }

  /**
   * The same trace as JSON text in pieces of about 64 KiB, one event a line, made while they are read:
   * `await writeFile("run.trace.json", run.trace.chromeTraceChunks())`.
   */
  *chromeTraceChunks(options: ChromeTraceOptions = {}): Generator<string, void, undefined> {
    let chunk = `{"displayTimeUnit":"ms","otherData":${JSON.stringify(aboutRun(this.#source))},"traceEvents":[`;
    let separator = "\n";
    for (const event of eventsOf(this.#source, options)) {
      chunk += separator + JSON.stringify(event);
      separator = ",\n";
      if (chunk.length >= 65_536) {
        yield chunk;
        chunk = "";
      }
    }
    yield `${chunk}\n]}\n`;
  }
}

function aboutRun(source: TraceSource): ChromeTrace["otherData"] {
  return {
    runId: source.runId,
    startedAt: new Date(source.startedAtEpochMs).toISOString(),
    durationUs: source.durationUs,
    nodeCount: source.graph.nodeCount,
  };
}

function* eventsOf(source: TraceSource, options: ChromeTraceOptions): Generator<TraceEvent, void, undefined> {
  const columns = source.columns();
  const attempts = attemptsOf(source);
  const rows = traceRowsOf(attempts, source.hosts?.().threadNames ?? []);
  yield* rowNames(source, attempts, rows, columns);
  yield* slices(source, attempts, rows);
  yield* spans(source, attempts);
  if (options.arrows ?? true) yield* arrows(source, attempts, rows);
  yield* instants(source, attempts, rows, columns);
  if (options.counters ?? true) yield* counters(source, attempts, columns);
}

/** The states that end a node without an outcome of its own: each such node gets an instant. */
const withoutOutcome = new Map<number, InstantEvent["cat"]>([
  [stateCode("skipped"), "skipped"],
  [stateCode("filtered"), "filtered"],
  [stateCode("cancelled"), "cancelled"],
]);

function* rowNames(source: TraceSource, attempts: AttemptTable, rows: TraceRows, columns: RunColumns): Generator<MetadataEvent> {
  yield { name: "process_name", ph: "M", ts: 0, pid: PID, tid: 0, args: { name: `dagny run ${source.runId}` } };
  const row = function* (tid: number, name: string): Generator<MetadataEvent> {
    yield { name: "thread_name", ph: "M", ts: 0, pid: PID, tid, args: { name } };
    yield { name: "thread_sort_index", ph: "M", ts: 0, pid: PID, tid, args: { sort_index: tid } };
  };
  for (const [place, name] of rows.names.entries()) yield* row(place, name);
  // Nodes that settled without a lane share a row below the lanes for their instants.
  const hasInstants = columns.state.some((state, node) => withoutOutcome.has(state) && cell(attempts.settlingRow, node) < 0);
  if (hasInstants) yield* row(rows.names.length, "skipped and cancelled");
}

const colors: Readonly<Record<string, string | undefined>> = { failed: "terrible", cancelled: "grey", retried: "bad" };

function* slices(source: TraceSource, attempts: AttemptTable, rows: TraceRows): Generator<SliceEvent> {
  const { node, attempt, start, end, outcome, reason } = attempts;
  for (let row = 0; row < attempts.rowCount; row++) {
    const status = statusOf(cell(outcome, row), cell(reason, row));
    const cname = colors[status];
    const why = reasonName(cell(reason, row));
    yield {
      name: source.graph.nameOf(cell(node, row)),
      cat: "task",
      ph: "X",
      ts: cell(start, row),
      dur: cell(end, row) - cell(start, row),
      pid: PID,
      tid: cell(rows.of, row),
      ...(cname === undefined ? {} : { cname }),
      args: { status, attempt: cell(attempt, row), ...(why === undefined ? {} : { reason: why }) },
    };
  }
}

/** The state in which an attempt left its node, as a word. */
function statusOf(outcome: number, reason: number): string {
  const state = nodeStates[outcome] ?? "pending";
  return state !== "waiting" ? state : reason === 0 ? "parked" : "retried";
}

/** What holds no lane: containers and wait nodes, attempts while they are parked, undo. */
function* spans(source: TraceSource, attempts: AttemptTable): Generator<SpanEvent | MetadataEvent> {
  const { graph } = source;
  const containers = new Set<number>();
  for (let node = graph.baseCount; node < graph.nodeCount; node++) containers.add(graph.containerOf(node));
  let id = 0;
  const span = function* (
    cat: SpanEvent["cat"],
    node: number,
    attempt: number,
    [from, to]: readonly [number, number],
    status: string,
    reason = 0,
  ): Generator<SpanEvent | MetadataEvent> {
    if (id === 0) yield { name: "process_name", ph: "M", ts: 0, pid: SPANS_PID, tid: 0, args: { name: "containers and waits" } };
    id++;
    const why = reasonName(reason);
    const args = { status, attempt, ...(why === undefined ? {} : { reason: why }) };
    const name = graph.nameOf(node);
    yield { name, cat, ph: "b", id, ts: from, pid: SPANS_PID, tid: 0, args };
    yield { name, cat, ph: "e", id, ts: to, pid: SPANS_PID, tid: 0, args };
  };
  for (const { node, attempt, startedAt, endedAt, state, reason } of spansOf(source)) {
    yield* span(containers.has(node) ? "container" : "wait", node, attempt, [startedAt, endedAt], statusOf(state, reason), reason);
  }
  const { rowCount, node, attempt, start, end, outcome, reason, previousRow } = attempts;
  for (let row = 0; row < rowCount; row++) {
    const before = cell(previousRow, row);
    const isParked =
      before >= 0 && cell(attempt, before) === cell(attempt, row) && statusOf(cell(outcome, before), cell(reason, before)) === "parked";
    if (isParked) yield* span("wait", cell(node, row), cell(attempt, row), [cell(end, before), cell(start, row)], "parked");
  }
  for (const { node, startedAt, endedAt, isOk } of source.undoCalls?.() ?? []) {
    yield* span("undo", node, 1, [startedAt, endedAt], isOk ? "completed" : "failed");
  }
}

function* arrows(source: TraceSource, attempts: AttemptTable, rows: TraceRows): Generator<FlowEvent> {
  const { start, end, firstRow, endingRow } = attempts;
  const upstreams = upstreamsOf(source.graph);
  for (let node = 0; node < firstRow.length; node++) {
    const to = cell(firstRow, node);
    if (to < 0) continue;
    for (let i = cell(upstreams.start, node); i < cell(upstreams.start, node + 1); i++) {
      const from = cell(endingRow, cell(upstreams.node, i));
      // No arrow from a node that did not run, nor from one that settled after the start it would point at.
      if (from < 0 || cell(end, from) > cell(start, to)) continue;
      const id = cell(upstreams.edge, i) + 1;
      const leaves = Math.max(cell(start, from), cell(end, from) - 1);
      yield { name: "edge", cat: "edge", ph: "s", id, ts: leaves, pid: PID, tid: cell(rows.of, from) };
      yield { name: "edge", cat: "edge", ph: "f", bp: "e", id, ts: cell(start, to), pid: PID, tid: cell(rows.of, to) };
    }
  }
}

function* instants(source: TraceSource, attempts: AttemptTable, rows: TraceRows, columns: RunColumns): Generator<InstantEvent> {
  for (let node = 0; node < columns.state.length; node++) {
    const cat = withoutOutcome.get(cell(columns.state, node));
    if (cat === undefined) continue;
    const row = cell(attempts.settlingRow, node);
    const why = reasonName(cell(columns.reason, node));
    yield {
      name: source.graph.nameOf(node),
      cat,
      ph: "i",
      s: "t",
      ts: Math.max(0, cell(columns.settledAt, node)),
      pid: PID,
      tid: row < 0 ? rows.names.length : cell(rows.of, row),
      args: { status: cat, ...(why === undefined ? {} : { reason: why }) },
    };
  }
}

function* counters(source: TraceSource, attempts: AttemptTable, columns: RunColumns): Generator<CounterEvent> {
  const ready = readySteps(source, attempts, columns);
  const running = stepsOf(attempts.start.slice(), attempts.end.slice());
  const base = { ph: "C", pid: PID, tid: 0 } as const;
  for (let r = 0, s = 0; r < ready.at.length || s < running.at.length; ) {
    const readyAt = ready.at[r] ?? Number.POSITIVE_INFINITY;
    const runningAt = running.at[s] ?? Number.POSITIVE_INFINITY;
    if (readyAt <= runningAt) yield { name: "ready", ...base, ts: readyAt, args: { ready: cell(ready.count, r++) } };
    if (runningAt <= readyAt) yield { name: "running", ...base, ts: runningAt, args: { running: cell(running.count, s++) } };
  }
}

/**
 * How many nodes were ready over time. The columns keep when a node *last* became ready; before that, the first attempt became ready
 * when the last upstream settled, and the second and later ones are counted as ready only from the column.
 */
function readySteps(source: TraceSource, attempts: AttemptTable, columns: RunColumns): Steps {
  const { firstRow, settlingRow, start } = attempts;
  const upstreams = upstreamsOf(source.graph);
  const begins: number[] = [];
  const ends: number[] = [];
  for (let node = 0; node < firstRow.length; node++) {
    const readyAt = cell(columns.readyAt, node);
    if (readyAt < 0) continue;
    const first = cell(firstRow, node);
    const settling = cell(settlingRow, node);
    if (first >= 0 && first !== settling) {
      let upstreamsDone = 0;
      forEachUpstream(upstreams, node, (upstream) => {
        upstreamsDone = Math.max(upstreamsDone, cell(columns.settledAt, upstream));
      });
      begins.push(Math.min(upstreamsDone, cell(start, first)));
      ends.push(cell(start, first));
    }
    // Settled between two attempts: it was ready once more only if it became so after the last one began.
    const lastBegan = settling < 0 ? cell(columns.startedAt, node) : -1;
    if (readyAt <= lastBegan) continue;
    begins.push(readyAt);
    ends.push(settling < 0 ? cell(columns.settledAt, node) : cell(start, settling));
  }
  return stepsOf(Float64Array.from(begins), Float64Array.from(ends));
}
