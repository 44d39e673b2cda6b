/** The report of a run: what became of every node. Everything in it is made when it is first read. */

import type { GraphCore } from "../dag/graph-core.js";
import { nearest } from "../errors/did-you-mean.js";
import { NodeNotFoundError } from "../errors/graph.js";
import { RunError } from "../errors/run.js";
import { TaskError, TimeoutError } from "../errors/task.js";
import type { NativeRun } from "../native/index.js";
import { type NodeState, nodeStates, type Reason, type RunColumns, reasonName, type TraceSource } from "./columns.js";
import type { RunStatus } from "./events.js";
import { type Profile, profileOf } from "./profile.js";
import { Trace } from "./trace.js";
import { baseTraceGraph } from "./trace-graph.js";

/** What became of one node. */
export interface NodeResult<T = unknown> {
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
  /** How long its last attempt was ready before it began, in milliseconds; 0 if none began. */
  readonly queuedMs: number;
  /** How many attempts began. */
  readonly attempt: number;
  /** The worker lane of its last attempt; `undefined` if none began. */
  readonly lane: number | undefined;
}

/** An attempt that was told to stop and whose code had not returned when the run ended. */
export interface AbandonedAttempt {
  readonly node: string;
  readonly attempt: number;
}

/** What a report is made from. */
export interface ResultParts {
  readonly status: RunStatus;
  readonly runId: () => string;
  readonly core: GraphCore;
  readonly run: NativeRun;
  readonly outputs: readonly unknown[];
  readonly errors: ReadonlyMap<number, unknown>;
  readonly cancelReason: unknown;
  readonly startedAtEpochMs: number;
  timeoutOf(node: number): number;
}

/** How many nodes ended in each state. */
export type StateCounts = Readonly<Record<"completed" | "failed" | "skipped" | "filtered" | "cancelled", number>>;

/** The report of a run that has ended. `Nodes` maps node names to the types of their outputs. */
export class RunResult<Nodes extends object = Record<string, unknown>> {
  readonly #parts: ResultParts;
  #columns: RunColumns | undefined;
  #counts: StateCounts | undefined;
  #nodeResults: { readonly [N in keyof Nodes]: NodeResult<Nodes[N]> } | undefined;
  #errors: readonly TaskError[] | undefined;
  readonly #errorByNode = new Map<number, TaskError>();

  constructor(parts: ResultParts) {
    this.#parts = parts;
  }

  /** How the run ended. */
  get status(): RunStatus {
    return this.#parts.status;
  }

  get runId(): string {
    return this.#parts.runId();
  }

  /** When the run began, in milliseconds since the Unix epoch. */
  get startedAt(): number {
    return this.#parts.startedAtEpochMs;
  }

  /** From the run's start to its end, in milliseconds. */
  get durationMs(): number {
    return this.#parts.run.time() / 1000;
  }

  /** How many nodes ended in each state. O(n), once. */
  get counts(): StateCounts {
    if (this.#counts === undefined) {
      const [, , , , completed = 0, failed = 0, skipped = 0, filtered = 0, cancelled = 0] = this.#parts.run.counts();
      this.#counts = { completed, failed, skipped, filtered, cancelled };
    }
    return this.#counts;
  }

  /** How many nodes completed. */
  get succeeded(): number {
    return this.counts.completed;
  }

  /** How many nodes failed. */
  get failed(): number {
    return this.counts.failed;
  }

  /** How many nodes were skipped. */
  get skipped(): number {
    return this.counts.skipped;
  }

  /** How many nodes were cancelled. */
  get cancelled(): number {
    return this.counts.cancelled;
  }

  /** What became of each node, by name: an object without a prototype, in node order. O(n) at the first reading. */
  get nodeResults(): { readonly [N in keyof Nodes]: NodeResult<Nodes[N]> } {
    if (this.#nodeResults === undefined) {
      const { names } = this.#parts.core;
      const results = Object.create(null);
      for (let node = 0; node < names.length; node++) results[names[node] as string] = this.#resultOf(node);
      this.#nodeResults = results as { readonly [N in keyof Nodes]: NodeResult<Nodes[N]> };
    }
    return this.#nodeResults;
  }

  /** What became of one node. Throws {@link NodeNotFoundError} where there is none of this name. */
  get<N extends keyof Nodes & string>(name: N): NodeResult<Nodes[N]> {
    const node = this.#parts.core.index.get(name);
    if (node === undefined) throw new NodeNotFoundError(name, nearest(name, this.#parts.core.names));
    return this.#resultOf(node) as NodeResult<Nodes[N]>;
  }

  /** The errors of the nodes that failed, in the order in which the failures were decided. */
  get errors(): readonly TaskError[] {
    this.#errors ??= Array.from(this.#parts.run.failed(), (node) => this.#errorOf(node));
    return this.#errors;
  }

  /** Attempts whose code had not returned when the run ended, by node. */
  get abandoned(): readonly AbandonedAttempt[] {
    const pairs = this.#parts.run.abandoned();
    return Array.from({ length: pairs.length / 2 }, (_, i) => ({
      node: this.#nameOf(pairs[2 * i] as number),
      attempt: pairs[2 * i + 1] as number,
    }));
  }

  /** This report, if the run completed; otherwise throws a {@link RunError} with the first task's own error, or the signal's reason, as `cause`. */
  orThrow(): this {
    const { status, cancelReason } = this.#parts;
    const { runId } = this;
    if (status === "completed") return this;
    const { errors } = this;
    if (status === "cancelled") throw new RunError("RUN_CANCELLED", runId, "the run was cancelled", errors, { cause: cancelReason });
    const [first] = errors;
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
    throw new RunError("RUN_FAILED", runId, `the run failed: ${first?.message ?? "no node failed"}${more}`, errors, {
      cause: first instanceof TimeoutError ? first : first?.cause,
    });
  }

  /** What ran when and where, as a Chrome trace. */
  get trace(): Trace {
    return new Trace(this.#source());
  }

  /** The critical path that really happened, where time went, and what to make faster first. */
  profile(): Profile {
    return profileOf(this.#source());
  }

  /** What `console.log(result)` shows: the outcome; `nodeResults` has the rest. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    const { status, runId, durationMs, counts } = this;
    const shown = Object.entries(counts).filter(([, count]) => count > 0);
    return Object.assign(Object.create({ constructor: RunResult }), { status, runId, durationMs, ...Object.fromEntries(shown) });
  }

  #source(): TraceSource {
    const { core, run, startedAtEpochMs } = this.#parts;
    return {
      runId: this.runId,
      graph: baseTraceGraph(core),
      startedAtEpochMs,
      durationUs: run.time(),
      columns: () => this.#read(),
      pastAttempts: () => run.pastAttempts(),
    };
  }

  /** The columns of the run, read once. */
  #read(): RunColumns {
    this.#columns ??= this.#parts.run.columns();
    return this.#columns;
  }

  #nameOf(node: number): string {
    return this.#parts.core.names[node] as string;
  }

  /** The error of a failed node: always the same one. */
  #errorOf(node: number): TaskError {
    const error = this.#errorByNode.get(node) ?? this.#makeError(node);
    this.#errorByNode.set(node, error);
    return error;
  }

  #makeError(node: number): TaskError {
    const name = this.#nameOf(node);
    const columns = this.#read();
    const attempt = columns.attempt[node] as number;
    if (reasonName(columns.reason[node] as number) === "timeout") return new TimeoutError(name, attempt, this.#parts.timeoutOf(node));
    const cause = this.#parts.errors.get(node);
    return new TaskError(name, attempt, `node ${JSON.stringify(name)} failed: ${messageOf(cause)}`, { cause });
  }

  #resultOf(node: number): NodeResult {
    const columns = this.#read();
    const status = nodeStates[columns.state[node] as number] as NodeState;
    const startedAt = columns.startedAt[node] as number;
    const hasBegun = startedAt >= 0;
    return {
      name: this.#nameOf(node),
      status,
      reason: reasonName(columns.reason[node] as number),
      result: status === "completed" ? this.#parts.outputs[node] : undefined,
      error: status === "failed" ? this.#errorOf(node) : undefined,
      startedAt: hasBegun ? this.#parts.startedAtEpochMs + startedAt / 1000 : undefined,
      durationMs: hasBegun ? ((columns.settledAt[node] as number) - startedAt) / 1000 : 0,
      queuedMs: hasBegun ? (startedAt - (columns.readyAt[node] as number)) / 1000 : 0,
      attempt: columns.attempt[node] as number,
      lane: hasBegun ? (columns.lane[node] as number) : undefined,
    };
  }
}

/** What to say of anything that can be thrown. */
function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "it threw something that cannot be shown";
  }
}
