/**
 * What is left of a run when it has ended: one column per fact, one entry per node id.
 *
 * The report, the trace and the profile read these columns and nothing else; none of them replays events.
 * All times are whole microseconds since the run's start.
 */

import type { TraceGraph } from "./trace-graph.js";

/** The states of a node, at the position of their number in {@link RunColumns.state}. */
export const nodeStates = ["pending", "ready", "running", "waiting", "completed", "failed", "skipped", "filtered", "cancelled"] as const;

/** The first of {@link nodeStates} that is settled: it and all that follow. */
export const firstSettled = 4;

/** Where a node stands in a run. */
export type NodeState = (typeof nodeStates)[number];

const reasons = {
  1: "error",
  2: "timeout",
  3: "rejected",
  4: "crashed",
  5: "limit",
  16: "condition",
  17: "join",
  18: "upstreamSkipped",
  19: "upstreamFailed",
  20: "failFast",
} as const;

/** Why a node failed (the first five) or was skipped. */
export type Reason = (typeof reasons)[keyof typeof reasons];

const reasonByCode: Readonly<Record<number, Reason | undefined>> = reasons;

/** The name of a reason's number; `undefined` for 0, which means there is none. */
export function reasonName(code: number): Reason | undefined {
  return reasonByCode[code];
}

/** The state of every node at the end of a run. `-1` stands for what did not happen. */
export interface RunColumns {
  /** Position in {@link nodeStates}. */
  readonly state: Uint8Array;
  /** See {@link reasonName}. */
  readonly reason: Uint8Array;
  /** How many attempts have begun. */
  readonly attempt: Uint32Array;
  /** The lane of the last attempt that had one, or -1. */
  readonly lane: Int32Array;
  /** When the node last became ready, or -1. */
  readonly readyAt: Float64Array;
  /** When its last attempt began, or last went on after it was parked, or -1. */
  readonly startedAt: Float64Array;
  /** When it settled, or -1. */
  readonly settledAt: Float64Array;
}

/**
 * An attempt that ended without settling its node: a retry was to follow. With reason 0: a stretch of running time of an attempt that
 * then parked (it waited, and held no lane meanwhile). The last stretch of an attempt is what ended it: a row with a reason, or the columns.
 */
export interface PastAttempt {
  readonly node: number;
  /** From 1. */
  readonly attempt: number;
  /** The lane it had; none where it is negative or the greatest number of 32 bits (a container has none). */
  readonly lane: number;
  /** Microseconds since the run's start. */
  readonly startedAt: number;
  /** Microseconds since the run's start. */
  readonly endedAt: number;
  /** See {@link reasonName}. */
  readonly reason: number;
}

/** A call of the code that undoes a node. */
export interface UndoCall {
  readonly node: number;
  /** Microseconds since the run's start. */
  readonly startedAt: number;
  /** Microseconds since the run's start. */
  readonly endedAt: number;
  readonly isOk: boolean;
}

/** Where attempts ran. */
export interface RunHosts {
  /** By node: the thread of its last attempt plus one, 0 for the main thread; nodes behind the end have run on no thread. */
  readonly threads: Uint16Array;
  /** The same of attempts that were followed by another: node, attempt, thread plus one, … */
  readonly pastThreads: Uint32Array;
  /** By thread. */
  readonly threadNames: readonly string[];
  /** Lanes from here on are those of commands. */
  readonly firstCommandLane: number;
}

/** What a trace and a profile are made from. */
export interface TraceSource {
  readonly runId: string;
  readonly graph: TraceGraph;
  /** The run's start, in milliseconds since the Unix epoch. */
  readonly startedAtEpochMs: number;
  /** How long the run took, in microseconds. */
  readonly durationUs: number;
  columns(): RunColumns;
  /** In the order in which they ended. */
  pastAttempts(): readonly PastAttempt[];
  /** Where attempts ran; on the main thread where nobody says. */
  hosts?(): RunHosts;
  /** In the order in which they ended; none where nobody kept them. */
  undoCalls?(): readonly UndoCall[];
}
