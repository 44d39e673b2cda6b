/** The report on one node. What few readers look at is made when it is first read. */
import type { TaskError } from "../errors/task.js";
import { type NodeState, type Reason, reasonName } from "./columns.js";
import type { AddressSegment } from "./levels.js";
import type { RunOutcome } from "./outcome.js";

/** One attempt of a node. */
export interface AttemptResult {
  /** From 1. */
  readonly attempt: number;
  /** What it came to; `waiting` where a further attempt followed, or was to. */
  readonly status: "completed" | "failed" | "cancelled";
  /** Why it failed. */
  readonly reason: Reason | undefined;
  /** When it began, in milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** From its beginning to its end, in milliseconds, the time it was parked included. */
  readonly durationMs: number;
  /** The worker lane it had last; `undefined` for what needs none. */
  readonly lane: number | undefined;
}

/** An upstream's output that a node was given, and the attempt that made it; attempt 0 made it for no attempt of this run. */
export interface MadeFrom {
  readonly node: string;
  readonly attempt: number;
}

/** What became of one node. */
export interface NodeResult<T = unknown> {
  /** Its address as text: its name, where it stands in the run itself. */
  readonly name: string;
  readonly status: NodeState;
  /** Why it failed or was skipped; `undefined` otherwise. */
  readonly reason: Reason | undefined;
  /** What its task returned; `undefined` if it did not complete or the output was not kept. */
  readonly result: T | undefined;
  /** If it failed: a {@link TaskError} whose `cause` is what the task threw, untouched, or a {@link TimeoutError}. */
  readonly error: TaskError | undefined;
  /** When its last attempt began, in milliseconds since the Unix epoch; `undefined` if none did. */
  readonly startedAt: number | undefined;
  /** How long its last attempt ran, in milliseconds; 0 if none began. */
  readonly durationMs: number;
  /** How long its last attempt was ready before it began, or before it last went on after a wait, in milliseconds; 0 if none began. */
  readonly queuedMs: number;
  /** How many attempts began. */
  readonly attempt: number;
  /** The worker lane of its last attempt; `undefined` if none began, or none was needed. */
  readonly lane: number | undefined;
  /** Its address. */
  readonly path: readonly AddressSegment[];
  /** Every attempt that began, in order. */
  readonly attempts: readonly AttemptResult[];
  /** Whether its output was taken over by its reader, over an edge that says `move`: then `result` is `undefined`. */
  readonly moved: boolean;
  /** The upstreams whose outputs it was given, in node order; empty where its join was not decided. */
  readonly madeFrom: readonly MadeFrom[];
  /** Why it did not complete, in one sentence that names the root cause; `undefined` if it did. */
  readonly why: string | undefined;
  /** What became of the nodes directly inside it, if it is a container: of its last round or attempt, in order. */
  nodes(): Iterable<NodeResult>;
}

/** The report on one node of a run. */
export class NodeReport implements NodeResult {
  readonly #outcome: RunOutcome;
  readonly #node: number;
  readonly #startedAtEpochMs: number;
  readonly name: string;
  readonly status: NodeState;
  readonly reason: Reason | undefined;
  readonly result: unknown;
  readonly error: TaskError | undefined;
  readonly startedAt: number | undefined;
  readonly durationMs: number;
  readonly queuedMs: number;
  readonly attempt: number;
  readonly lane: number | undefined;

  constructor(outcome: RunOutcome, node: number, startedAtEpochMs: number) {
    this.#outcome = outcome;
    this.#node = node;
    this.#startedAtEpochMs = startedAtEpochMs;
    const { columns } = outcome;
    // Of an attempt that waited, the columns have its last stretch only.
    const stretch = outcome.pastOf(node).find(({ attempt, reason }) => reason === 0 && attempt === columns.attempt[node]);
    const lastStart = columns.startedAt[node] ?? -1;
    const startedAt = stretch?.startedAt ?? lastStart;
    const lane = columns.lane[node] ?? -1;
    const hasBegun = startedAt >= 0;
    this.name = outcome.nameOf(node);
    this.status = outcome.stateOf(node);
    this.reason = reasonName(columns.reason[node] ?? 0);
    this.result = this.status === "completed" ? outcome.outputOf(node) : undefined;
    this.error = this.status === "failed" ? outcome.errorOf(node) : undefined;
    this.startedAt = hasBegun ? startedAtEpochMs + startedAt / 1000 : undefined;
    this.durationMs = hasBegun ? ((columns.settledAt[node] ?? 0) - startedAt) / 1000 : 0;
    this.queuedMs = hasBegun ? (lastStart - (columns.readyAt[node] ?? 0)) / 1000 : 0;
    this.attempt = columns.attempt[node] ?? 0;
    this.lane = hasBegun && lane >= 0 ? lane : undefined;
  }

  get path(): readonly AddressSegment[] {
    return this.#outcome.hasMore ? this.#outcome.levels.pathOf(this.#node) : [this.name];
  }

  get attempts(): readonly AttemptResult[] {
    const { columns } = this.#outcome;
    const rows = new Map<number, AttemptResult & { readonly endedAt: number; readonly startUs: number }>();
    const add = (
      attempt: number,
      reason: number,
      startUs: number,
      endedAt: number,
      lane: number,
      status: AttemptResult["status"],
    ): void => {
      const begun = rows.get(attempt)?.startUs ?? startUs;
      rows.set(attempt, {
        attempt,
        status,
        reason: reasonName(reason),
        startedAt: this.#startedAtEpochMs + begun / 1000,
        durationMs: (endedAt - begun) / 1000,
        lane: lane >= 0 && lane < 0xffff_ffff ? lane : undefined,
        endedAt,
        startUs: begun,
      });
    };
    // A stretch before a parked attempt's last has no reason; what comes after it says how the attempt ended.
    for (const { attempt, reason, startedAt, endedAt, lane } of this.#outcome.pastOf(this.#node)) {
      add(attempt, reason, startedAt, endedAt, lane, reason === 0 ? endOf(this.status) : "failed");
    }
    const isListed = rows.get(this.attempt)?.status === "failed" && rows.get(this.attempt)?.reason !== undefined;
    const start = columns.startedAt[this.#node] ?? -1;
    if (this.attempt > 0 && start >= 0 && !isListed) {
      const reason = this.status === "failed" ? (columns.reason[this.#node] ?? 0) : 0;
      add(this.attempt, reason, start, columns.settledAt[this.#node] ?? start, columns.lane[this.#node] ?? -1, endOf(this.status));
    }
    return Array.from(rows.values(), ({ endedAt: _, startUs: __, ...row }) => row);
  }

  get moved(): boolean {
    return this.#outcome.isMoved(this.#node);
  }

  get madeFrom(): readonly MadeFrom[] {
    const { columns, run } = this.#outcome;
    return Array.from(run.inputsOf(this.#node) ?? [], (upstream) => ({
      node: this.#outcome.nameOf(upstream),
      attempt: columns.attempt[upstream] ?? 0,
    }));
  }

  get why(): string | undefined {
    return this.#outcome.explain(this.#node);
  }

  /** What `console.log(entry)` shows: an object like any other. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return { ...this };
  }

  *nodes(): Generator<NodeResult> {
    if (!this.#outcome.hasMore) return;
    for (const node of this.#outcome.graph.insideOf(this.#node)) yield new NodeReport(this.#outcome, node, this.#startedAtEpochMs);
  }
}

function endOf(status: NodeState): AttemptResult["status"] {
  return status === "completed" || status === "failed" ? status : "cancelled";
}
