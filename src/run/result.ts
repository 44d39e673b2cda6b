/** The report of a run: what became of every node. Everything in it is made when it is first read. */
import { nearest } from "../errors/did-you-mean.js";
import { NodeNotFoundError } from "../errors/graph.js";
import { RunError } from "../errors/run.js";
import type { TaskError } from "../errors/task.js";
import { seatsOf, type ThreadPool } from "../threads/pool.js";
import { nodeStates, type RunHosts, type TraceSource } from "./columns.js";
import type { Driver } from "./driver.js";
import type { RunStatus } from "./events.js";
import { type NodeAddress, textOf } from "./levels.js";
import { NodeReport, type NodeResult } from "./node-result.js";
import { causeOf, RunOutcome } from "./outcome.js";
import { type Profile, profileOf } from "./profile.js";
import { type ThreadsReport, threadsReportOf } from "./threads-report.js";
import { Trace } from "./trace.js";

/** An attempt that was told to stop and whose code had not returned when the run ended. */
export interface AbandonedAttempt {
  /** The address of the node. */
  readonly node: string;
  readonly attempt: number;
}

/** A node whose work was undone, or was to be. */
export interface UndoneNode {
  /** The address of the node. */
  readonly node: string;
  readonly status: "completed" | "failed";
  /** What undoing threw; `undefined` where it completed, or did not return in time. */
  readonly error: unknown;
}

/** What a report is made from. */
export interface ResultParts {
  readonly status: RunStatus;
  readonly driver: Driver;
  readonly startedAtEpochMs: number;
  /** Its threads; `undefined` where it used none. */
  readonly pool: ThreadPool | undefined;
  readonly maxWorkers: number;
}

/** How many nodes ended in each state. */
export type StateCounts = Readonly<Record<"completed" | "failed" | "skipped" | "filtered" | "cancelled", number>>;

/** The core has no more slots: the lanes of commands begin after them. */
const mostLanes = 2 ** 30;

/** The report of a run that has ended. `Nodes` maps node names to the types of their outputs. */
export class RunResult<Nodes extends object = Record<string, unknown>> {
  readonly #parts: ResultParts;
  #made: RunOutcome | undefined;
  #counts: StateCounts | undefined;
  #nodeResults: { readonly [N in keyof Nodes]: NodeResult<Nodes[N]> } | undefined;
  #errors: readonly TaskError[] | undefined;
  #threads: ThreadsReport | undefined;

  constructor(parts: ResultParts) {
    this.#parts = parts;
  }

  get #outcome(): RunOutcome {
    this.#made ??= new RunOutcome(this.#parts.driver);
    return this.#made;
  }

  /** How the run ended. */
  get status(): RunStatus {
    return this.#parts.status;
  }

  get runId(): string {
    return this.#parts.driver.runId;
  }

  /** When the run began, in milliseconds since the Unix epoch. */
  get startedAt(): number {
    return this.#parts.startedAtEpochMs;
  }

  /** From the run's start to its end, in milliseconds. */
  get durationMs(): number {
    return this.#outcome.run.time() / 1000;
  }

  /** How many of the run's own nodes ended in each state; what is inside a container counts as the container. O(n), once. */
  get counts(): StateCounts {
    this.#counts ??= this.#count();
    return this.#counts;
  }

  #count(): StateCounts {
    const outcome = this.#outcome;
    if (!outcome.hasMore && this.#parts.driver.flow.base.given.size === 0) {
      const [, , , , completed = 0, failed = 0, skipped = 0, filtered = 0, cancelled = 0] = outcome.run.counts();
      return { completed, failed, skipped, filtered, cancelled };
    }
    const byState = new Array<number>(nodeStates.length).fill(0);
    for (const node of outcome.topNodes()) byState[outcome.columns.state[node] ?? 0] = (byState[outcome.columns.state[node] ?? 0] ?? 0) + 1;
    const [, , , , completed = 0, failed = 0, skipped = 0, filtered = 0, cancelled = 0] = byState;
    return { completed, failed, skipped, filtered, cancelled };
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

  /**
   * What became of each of the run's own nodes, by name: an object without a prototype, in node order, those that were added at the end.
   * O(n) at the first reading. For what is inside containers see {@link RunResult.get} and {@link NodeResult.nodes}.
   */
  get nodeResults(): { readonly [N in keyof Nodes]: NodeResult<Nodes[N]> } {
    if (this.#nodeResults === undefined) {
      const results = Object.create(null);
      for (const node of this.#outcome.topNodes()) results[this.#outcome.nameOf(node)] = this.#resultOf(node);
      this.#nodeResults = results as { readonly [N in keyof Nodes]: NodeResult<Nodes[N]> };
    }
    return this.#nodeResults;
  }

  /**
   * What became of one node, by name or address. Throws {@link NodeNotFoundError} where there is none.
   *
   * @example result.get("load"); result.get(["each file", 3, "parse"]); result.get("each file/3/parse");
   */
  get<N extends keyof Nodes & string>(name: N): NodeResult<Nodes[N]>;
  get(address: NodeAddress): NodeResult;
  get(address: NodeAddress): NodeResult {
    return this.#resultOf(this.#find(address));
  }

  /** Why a node did not complete, in one sentence that names the root cause; `undefined` if it did. Throws {@link NodeNotFoundError}. */
  explain(address: NodeAddress): string | undefined {
    return this.#outcome.explain(this.#find(address));
  }

  #find(address: NodeAddress): number {
    const { driver } = this.#parts;
    const node = (typeof address === "string" ? driver.names.idOf(address) : undefined) ?? this.#outcome.levels.find(address);
    if (node !== undefined && !this.#outcome.isGiven(node)) return node;
    const text = typeof address === "string" ? address : textOf(address);
    throw new NodeNotFoundError(text, nearest(text, this.#outcome.levels.namesIn(this.#outcome.levels.root)));
  }

  #resultOf(node: number): NodeReport {
    return new NodeReport(this.#outcome, node, this.#parts.startedAtEpochMs);
  }

  /**
   * The errors of the run's own nodes that failed, in the order in which the failures were decided. Those of nodes inside containers are
   * theirs: see {@link NodeResult.nodes}.
   */
  get errors(): readonly TaskError[] {
    this.#errors ??= this.#failed().map((node) => this.#outcome.errorOf(node));
    return this.#errors;
  }

  #failed(): number[] {
    return Array.from(this.#outcome.run.failed()).filter((node) => this.#outcome.isTop(node));
  }

  /** Attempts whose code had not returned when the run ended, by node. */
  get abandoned(): readonly AbandonedAttempt[] {
    const pairs = this.#outcome.run.abandoned();
    return Array.from({ length: pairs.length / 2 }, (_, i) => ({
      node: this.#outcome.nameOf(pairs[2 * i] as number),
      attempt: pairs[2 * i + 1] as number,
    }));
  }

  /** The nodes whose work was undone, in the order in which that ended. */
  get undone(): readonly UndoneNode[] {
    const pairs = this.#outcome.run.undone();
    const errors = this.#parts.driver.knownExtras?.undos.errors;
    return Array.from({ length: pairs.length / 2 }, (_, i) => {
      const node = pairs[2 * i] as number;
      return { node: this.#outcome.nameOf(node), status: pairs[2 * i + 1] === 1 ? "completed" : "failed", error: errors?.get(node) };
    });
  }

  /** This report, if the run completed; otherwise throws a {@link RunError} with the first task's own error, or the signal's reason, as `cause`. */
  orThrow(): this {
    const { status, driver } = this.#parts;
    const { runId, errors } = this;
    if (status === "completed") return this;
    if (status === "cancelled")
      throw new RunError("RUN_CANCELLED", runId, "the run was cancelled", errors, { cause: driver.cancellation.reason });
    // A failure that its node's policy allows did not fail the run.
    const culprits = this.#failed().filter((node) => !this.#outcome.isForgiven(node));
    const [culprit] = culprits;
    const first = culprit === undefined ? undefined : this.#outcome.errorOf(culprit);
    const more = culprits.length > 1 ? ` (and ${culprits.length - 1} more)` : "";
    const why = first?.message ?? `it ran longer than ${driver.runTimeoutMs} ms`;
    throw new RunError("RUN_FAILED", runId, `the run failed: ${why}${more}`, errors, { cause: causeOf(first) });
  }

  /** What ran when and where, as a Chrome trace. */
  get trace(): Trace {
    return new Trace(this.#source());
  }

  /** The critical path that really happened, where time went, and what to make faster first. */
  profile(): Profile {
    return profileOf(this.#source());
  }

  /** Who carried the run out, and how busy that was: the main thread, the threads of the pool, commands. O(n + m), once. */
  get threads(): ThreadsReport {
    this.#threads ??= threadsReportOf(this.#source());
    return this.#threads;
  }

  /** What `console.log(result)` shows: the outcome; `nodeResults` has the rest. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    const { status, runId, durationMs, counts } = this;
    const shown = Object.entries(counts).filter(([, count]) => count > 0);
    return Object.assign(Object.create({ constructor: RunResult }), { status, runId, durationMs, ...Object.fromEntries(shown) });
  }

  #hosts(): RunHosts {
    const { pool, maxWorkers } = this.#parts;
    const { run } = this.#outcome;
    return {
      threads: run.threads(),
      pastThreads: run.pastThreads(),
      threadNames: pool === undefined ? [] : seatsOf(pool).names,
      firstCommandLane: Math.min(maxWorkers, mostLanes),
    };
  }

  #source(): TraceSource {
    const outcome = this.#outcome;
    return {
      runId: this.runId,
      graph: outcome.graph,
      startedAtEpochMs: this.#parts.startedAtEpochMs,
      durationUs: outcome.run.time(),
      columns: () => outcome.columns,
      pastAttempts: () => outcome.run.pastAttempts(),
      hosts: () => this.#hosts(),
      undoCalls: () => this.#parts.driver.knownExtras?.undos.calls ?? [],
    };
  }
}
