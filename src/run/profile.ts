/**
 * Where the time of a run went: the critical path that really happened, slack, bottlenecks, waiting, parallelism.
 *
 * What counts: *work* is the running time of attempts that completed their node, parked time left out, nothing else. The running time of every other attempt
 * (retried, failed, timed out, cancelled) is *lost*: it took part in how the run went, so it may lie on the critical path, but it is never
 * work. A node that was skipped, filtered, cached, or cancelled before it began has neither; containers and wait nodes neither: work is
 * done inside them, or nowhere.
 *
 * The critical path is walked back from the attempt that ended last, each time to what the attempt waited for last (`waits.ts`): an upstream,
 * the attempt before it, the attempt that held its slot, or the one that kept the thread. Of attempts that ended last together, one that
 * completed is taken before one that failed, and that before a cancelled one, which ended because the run did. With the dispatch times between, the steps fill the time
 * from the run's start to the last end without a hole.
 *
 * Slack and bottlenecks answer "what if" in that same picture: the same lanes and order, the same waits, every other attempt as long as it was.
 * They do not schedule the run again.
 */
import { type AttemptTable, attemptsOf, cell } from "./attempts.js";
import { type NodeState, nodeStates, type TraceSource } from "./columns.js";
import { criticalRows, savingsAlong, timeAfter } from "./critical-path.js";
import { stepsOf } from "./timeline.js";
import { type TraceGraph, upstreamsOf } from "./trace-graph.js";
import { type WaitKind, type Waits, waitKinds, waitsOf } from "./waits.js";

/** One attempt on the critical path. Times are milliseconds since the run's start. */
export interface PathStep {
  readonly name: string;
  /** From 1. */
  readonly attempt: number;
  /** How the attempt ended; `retried` when another one followed, `parked` where it waited and went on later. */
  readonly outcome: NodeState | "retried" | "parked";
  readonly startMs: number;
  readonly endMs: number;
  /** What it waited for last: always the step before, except for `start`. */
  readonly after: WaitKind;
  /** How long after the end of the step before it was due: a retry's delay, a wait, the answer of a predicate. */
  readonly delayMs: number;
  /** From then to this start: the engine's own time and the event loop's. */
  readonly dispatchMs: number;
}

/** The chain of attempts that made the run as long as it was. */
export interface CriticalPath {
  /** The names of its nodes, first to last; a node with several attempts on it is named once. */
  readonly path: readonly string[];
  readonly steps: readonly PathStep[];
  /** From the run's start to the end of the last step: `workMs + lostMs + delayMs + dispatchMs`. */
  readonly durationMs: number;
  readonly workMs: number;
  readonly lostMs: number;
  readonly delayMs: number;
  readonly dispatchMs: number;
  /** How many steps waited for a slot last. More than 0: more workers might have shortened the run. */
  readonly slotWaits: number;
  /** How many steps waited for the thread last. More than 0: synchronous tasks kept others from starting. */
  readonly threadWaits: number;
}

/** A node whose work, had it taken no time, would have made the run shorter. */
export interface Bottleneck {
  readonly name: string;
  /** How much shorter the run would have been, at most. */
  readonly savesMs: number;
  readonly workMs: number;
}

/** One node's part in a run. */
export interface NodeProfile {
  readonly name: string;
  readonly status: NodeState;
  /** The running time of the attempt that completed it, else 0. */
  readonly workMs: number;
  /** The running time of all its other attempts. */
  readonly lostMs: number;
  /** How long its attempts waited, with all inputs there, for a slot, the thread and the engine. */
  readonly waitedMs: number;
  /** How much later it could have ended without a later end of the run; `undefined` if no attempt settled it. */
  readonly slackMs: number | undefined;
  readonly onCriticalPath: boolean;
}

/** How long attempts waited with all their inputs there, summed over all of them. */
export interface Waiting {
  readonly totalMs: number;
  /** For a slot: the run had `maxWorkers` of them. */
  readonly slotMs: number;
  /** For the JavaScript thread, while a synchronous task ran. */
  readonly threadMs: number;
  /** For the engine and the event loop. */
  readonly dispatchMs: number;
}

/** How many attempts ran at once. */
export interface Parallelism {
  /** Work by the run's duration; 0 for a run that took no time. */
  readonly average: number;
  /** The most attempts at work at once. */
  readonly peak: number;
  /** When `working` changes, ascending, in milliseconds since the run's start. */
  readonly atMs: Float64Array;
  /** How many attempts that completed were running from `atMs[i]` until `atMs[i + 1]`; its integral is the run's work. */
  readonly working: Uint32Array;
}

/** Makes the profile of a run. */
export function profileOf(source: TraceSource): Profile {
  return new Profile(source);
}

/**
 * Where the time of a run went. Totals are computed at once, the rest when first read; all of it in time and space linear in nodes, edges
 * and attempts, but for sorting.
 */
export class Profile {
  /** From the run's start to its end. */
  readonly durationMs: number;
  /** The running time of all attempts that completed their nodes. */
  readonly workMs: number;
  /** The running time of all other attempts. */
  readonly lostMs: number;
  readonly waiting: Waiting;
  readonly #source: TraceSource;
  readonly #attempts: AttemptTable;
  readonly #waits: Waits;
  readonly #lazy: { path?: Uint32Array; after?: Float64Array; onPath?: ReadonlySet<number> } = {};
  #criticalPath: CriticalPath | undefined;
  #bottlenecks: readonly Bottleneck[] | undefined;
  #parallelism: Parallelism | undefined;

  constructor(source: TraceSource) {
    this.#source = source;
    this.#attempts = attemptsOf(source);
    this.#waits = waitsOf(this.#attempts, source.columns(), source.graph, upstreamsOf(source.graph));
    const { rowCount, start, end, isWork } = this.#attempts;
    const { inputsAt, slotAt, readyAt } = this.#waits;
    const sum = (from: Float64Array, to: Float64Array, counts = (_row: number) => true): number => {
      let us = 0;
      for (let row = 0; row < rowCount; row++) if (counts(row)) us += cell(to, row) - cell(from, row);
      return us / 1000;
    };
    this.durationMs = source.durationUs / 1000;
    this.workMs = sum(start, end, (row) => cell(isWork, row) === 1);
    this.lostMs = sum(start, end, (row) => cell(isWork, row) === 0);
    this.waiting = {
      totalMs: sum(inputsAt, start),
      slotMs: sum(inputsAt, slotAt),
      threadMs: sum(slotAt, readyAt),
      dispatchMs: sum(readyAt, start),
    };
  }

  /** The critical path that really happened; without steps when no task began. */
  get criticalPath(): CriticalPath {
    this.#criticalPath ??= describePath(this.#source.graph, this.#path(), this.#attempts, this.#waits);
    return this.#criticalPath;
  }

  /**
   * The nodes whose work kept the run from ending earlier, by `savesMs` descending, then in the order in which they ran.
   * A node saves less than its work where another chain would have become the longest. Failed, skipped and cancelled nodes are never among them.
   */
  get bottlenecks(): readonly Bottleneck[] {
    this.#bottlenecks ??= this.#findBottlenecks();
    return this.#bottlenecks;
  }

  /** How many attempts were at work, over time and on average. */
  get parallelism(): Parallelism {
    this.#parallelism ??= this.#countWorking();
    return this.#parallelism;
  }

  /** One node's part in the run; `undefined` for a name the DAG does not have. */
  get(name: string): NodeProfile | undefined {
    const id = this.#source.graph.idOf(name);
    return id === undefined ? undefined : this.#nodeProfile(id);
  }

  /** Every node's part in the run, in node order. */
  *nodes(): Generator<NodeProfile, void, undefined> {
    for (let id = 0; id < this.#source.graph.nodeCount; id++) yield this.#nodeProfile(id);
  }

  #path(): Uint32Array {
    this.#lazy.path ??= criticalRows(this.#attempts, this.#waits);
    return this.#lazy.path;
  }

  #after(): Float64Array {
    this.#lazy.after ??= timeAfter(this.#attempts, this.#waits);
    return this.#lazy.after;
  }

  #isOnPath(id: number): boolean {
    this.#lazy.onPath ??= new Set(this.#path().map((row) => cell(this.#attempts.node, row)));
    return this.#lazy.onPath.has(id);
  }

  #nodeProfile(id: number): NodeProfile {
    const { start, end, isWork, previousRow, lastRow, settlingRow } = this.#attempts;
    let workUs = 0;
    let lostUs = 0;
    let waitedUs = 0;
    for (let row = cell(lastRow, id); row >= 0; row = cell(previousRow, row)) {
      const ranUs = cell(end, row) - cell(start, row);
      if (cell(isWork, row) === 1) workUs += ranUs;
      else lostUs += ranUs;
      waitedUs += cell(start, row) - cell(this.#waits.inputsAt, row);
    }
    const settling = cell(settlingRow, id);
    const path = this.#path();
    const lastEnd = cell(end, cell(path, path.length - 1));
    return {
      name: this.#source.graph.nameOf(id),
      status: nodeStates[cell(this.#source.columns().state, id)] ?? "pending",
      workMs: workUs / 1000,
      lostMs: lostUs / 1000,
      waitedMs: waitedUs / 1000,
      slackMs: settling < 0 ? undefined : (lastEnd - cell(end, settling) - cell(this.#after(), settling)) / 1000,
      onCriticalPath: this.#isOnPath(id),
    };
  }

  #findBottlenecks(): readonly Bottleneck[] {
    const path = this.#path();
    const saves = savingsAlong(path, this.#attempts, this.#waits, this.#after());
    const { node, start, end, isWork } = this.#attempts;
    const found: Bottleneck[] = [];
    path.forEach((row, position) => {
      const savesUs = cell(saves, position);
      if (savesUs <= 0 || cell(isWork, row) === 0) return;
      const workUs = cell(end, row) - cell(start, row);
      found.push({ name: this.#source.graph.nameOf(cell(node, row)), savesMs: savesUs / 1000, workMs: workUs / 1000 });
    });
    return found.sort((a, b) => b.savesMs - a.savesMs);
  }

  #countWorking(): Parallelism {
    const { start, end, isWork } = this.#attempts;
    const atWork = (_time: number, row: number): boolean => cell(isWork, row) === 1;
    const steps = stepsOf(start.filter(atWork), end.filter(atWork));
    let peak = 0;
    for (const count of steps.count) peak = Math.max(peak, count);
    return {
      average: this.durationMs === 0 ? 0 : this.workMs / this.durationMs,
      peak,
      atMs: steps.at.map((us) => us / 1000),
      working: steps.count,
    };
  }
}

function describePath(graph: TraceGraph, rows: Uint32Array, attempts: AttemptTable, waits: Waits): CriticalPath {
  const { node, attempt, start, end, outcome, reason, isWork } = attempts;
  let workUs = 0;
  let lostUs = 0;
  let delayUs = 0;
  let dispatchUs = 0;
  let slotWaits = 0;
  let threadWaits = 0;
  const path = new Set<string>();
  const steps = Array.from(rows, (row): PathStep => {
    const name = graph.nameOf(cell(node, row));
    const state = nodeStates[cell(outcome, row)] ?? "pending";
    const after = waitKinds[cell(waits.kind, row)] ?? "start";
    path.add(name);
    if (cell(isWork, row) === 1) workUs += cell(end, row) - cell(start, row);
    else lostUs += cell(end, row) - cell(start, row);
    delayUs += cell(waits.delay, row);
    dispatchUs += cell(start, row) - cell(waits.readyAt, row);
    if (after === "slot") slotWaits++;
    if (after === "thread") threadWaits++;
    return {
      name,
      attempt: cell(attempt, row),
      outcome: state === "waiting" ? (cell(reason, row) === 0 ? "parked" : "retried") : state,
      startMs: cell(start, row) / 1000,
      endMs: cell(end, row) / 1000,
      after,
      delayMs: cell(waits.delay, row) / 1000,
      dispatchMs: (cell(start, row) - cell(waits.readyAt, row)) / 1000,
    };
  });
  return {
    path: [...path],
    steps,
    durationMs: steps.at(-1)?.endMs ?? 0,
    workMs: workUs / 1000,
    lostMs: lostUs / 1000,
    delayMs: delayUs / 1000,
    dispatchMs: dispatchUs / 1000,
    slotWaits,
    threadWaits,
  };
}
