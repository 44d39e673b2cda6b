/**
 * What a run left behind, for its report: states, outputs, errors and sentences of all its nodes, by id. Made when it is first read.
 *
 * Ids are those of the whole run; names are addresses.
 */
import { messageOf, quote } from "../errors/base.js";
import { CommandError } from "../errors/command.js";
import { RejectedError, WaitTimeoutError } from "../errors/control.js";
import { LimitExceededError } from "../errors/graph.js";
import { TaskError, TimeoutError } from "../errors/task.js";
import { ThreadCrashedError } from "../errors/threads.js";
import type { LoweredContainer } from "../flow/lowered.js";
import type { NativeRun } from "../native/index.js";
import { type NodeState, nodeStates, type PastAttempt, type RunColumns, reasonName } from "./columns.js";
import type { Driver } from "./driver.js";
import { Explainer } from "./explain.js";
import type { Levels } from "./levels.js";
import { RunGraph } from "./run-graph.js";

/** The nodes of a run that has ended. */
export class RunOutcome {
  readonly #driver: Driver;
  #columns: RunColumns | undefined;
  #graph: RunGraph | undefined;
  #explainer: Explainer | undefined;
  #pastByNode: ReadonlyMap<number, readonly PastAttempt[]> | undefined;
  readonly #errorByNode = new Map<number, TaskError>();

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  get run(): NativeRun {
    return this.#driver.run;
  }

  get levels(): Levels {
    return this.#driver.extras.levels;
  }

  get graph(): RunGraph {
    this.#graph ??= new RunGraph(this.levels);
    return this.#graph;
  }

  /** The columns of the run, read once. */
  get columns(): RunColumns {
    this.#columns ??= this.run.columns();
    return this.#columns;
  }

  /** Whether there are nodes beside those of the graph: inside of containers, or added. */
  get hasMore(): boolean {
    return this.#driver.knownExtras?.levels.hasOpened === true;
  }

  nameOf(node: number): string {
    return this.#driver.names.addressOf(node);
  }

  stateOf(node: number): NodeState {
    return nodeStates[this.columns.state[node] ?? 0] ?? "pending";
  }

  /** Whether a value stood for the node from the start: then it is outside of the run. */
  isGiven(node: number): boolean {
    return this.#driver.flow.base.given.has(node);
  }

  /** Whether a node stands in the run itself, and not in a container. */
  isTop(node: number): boolean {
    return !this.hasMore || this.levels.segmentOf(node).scope.container === -1;
  }

  /** The ids of the run's own nodes, in order. */
  *topNodes(): Generator<number> {
    if (!this.hasMore) {
      for (let node = 0; node < this.#driver.flow.base.core.names.length; node++) if (!this.isGiven(node)) yield node;
      return;
    }
    for (const { first, count } of this.levels.root.segments) {
      for (let i = 0; i < count; i++) if (!this.isGiven(first + i)) yield first + i;
    }
  }

  /** What a node put out; `undefined` where making a container's output threw, and where its reader took it over. */
  outputOf(node: number): unknown {
    if (this.isMoved(node)) return undefined;
    if (this.#driver.flow.base.containers.size === 0 && !this.hasMore) return this.#driver.outputOf(node);
    try {
      return this.#driver.extras.outputOf(node);
    } catch {
      return undefined;
    }
  }

  /** Whether what a node put out was taken over by the one that read it. */
  isMoved(node: number): boolean {
    return this.#driver.knownExtras?.moved.has(node) === true;
  }

  /** The attempts of a node that did not settle it, and stretches of running time, in order. */
  pastOf(node: number): readonly PastAttempt[] {
    if (this.#pastByNode === undefined) {
      const byNode = new Map<number, PastAttempt[]>();
      for (const row of this.run.pastAttempts()) {
        const rows = byNode.get(row.node);
        if (rows === undefined) byNode.set(row.node, [row]);
        else rows.push(row);
      }
      this.#pastByNode = byNode;
    }
    return this.#pastByNode.get(node) ?? [];
  }

  /** Whether a failure of a node fails what it is in. */
  isForgiven(node: number): boolean {
    return this.#driver.policies.onFailureOf(node) !== "fail";
  }

  /** One sentence that says why a node did not complete; `undefined` of one that did. */
  explain(node: number): string | undefined {
    this.#explainer ??= this.#makeExplainer();
    return this.#explainer.explain(node);
  }

  #makeExplainer(): Explainer {
    const { columns, graph } = this;
    const { policies } = this.#driver;
    const isCancelled = this.#driver.cancellation.reason !== undefined;
    return new Explainer({
      nameOf: (node) => this.nameOf(node),
      stateOf: (node) => this.stateOf(node),
      reasonOf: (node) => reasonName(columns.reason[node] ?? 0),
      attemptOf: (node) => columns.attempt[node] ?? 0,
      settledAt: (node) => columns.settledAt[node] ?? -1,
      upstreamsOf: (node) => graph.upstreamsOf(node),
      containerOf: (node) => {
        const container = graph.containerOf(node);
        return container === -1 ? undefined : container;
      },
      insideOf: (node) => graph.insideOf(node),
      errorOf: (node) => this.#thrownBy(node),
      timeoutOf: (node) => {
        const error = this.errorOf(node);
        return error instanceof TimeoutError ? error.timeoutMs : undefined;
      },
      joinOf: (node) => policies.joinOf(node),
      isForgiven: (node) => this.isForgiven(node),
      isCancelRequested: (node) => this.#driver.cancellation.isNamed(node),
      failed: this.run.failed(),
      cancel: isCancelled ? { reason: this.#driver.cancellation.reason } : undefined,
      isOutOfTime: this.isOutOfTime,
    });
  }

  /** Whether the run ended because its time was over: then no node need have failed. */
  get isOutOfTime(): boolean {
    const { runTimeoutMs } = this.#driver;
    return runTimeoutMs !== undefined && this.run.time() >= runTimeoutMs * 1000 && this.#driver.cancellation.reason === undefined;
  }

  /** What a node threw; for a rejected wait, the reason given. */
  #thrownBy(node: number): unknown {
    const thrown = this.#driver.errors.get(node);
    return isA(thrown, RejectedError) ? thrown.cause : (thrown ?? this.errorOf(node).cause);
  }

  /** The error of a failed node: always the same one. */
  errorOf(node: number): TaskError {
    const error = this.#errorByNode.get(node) ?? this.#makeError(node);
    this.#errorByNode.set(node, error);
    return error;
  }

  #makeError(node: number): TaskError {
    const name = this.nameOf(node);
    const attempt = this.columns.attempt[node] ?? 0;
    const reason = reasonName(this.columns.reason[node] ?? 0);
    const { errors, knownExtras } = this.#driver;
    const thrown = errors.get(node);
    const isWait = knownExtras?.waitOf(node) !== undefined;
    if (isWait && (isA(thrown, RejectedError) || isA(thrown, WaitTimeoutError))) return thrown;
    if (reason === "timeout") return this.#timeout(node, name, attempt);
    // It speaks of this very attempt; one that somebody else's command left with a task is that task's own error.
    if (isA(thrown, CommandError) && thrown.node === name && thrown.attempt === attempt) return thrown;
    if (reason === "crashed" && thrown instanceof ThreadCrashedError) return thrown;
    const container = knownExtras?.levels.containerOf(node);
    if (container !== undefined && !errors.has(node)) return this.#containerError(node, container, name, attempt);
    if (attempt === 0 && !errors.has(node)) return this.#silentPredicate(node, name);
    return new TaskError(name, attempt, `node ${quote(name)} failed: ${messageOf(thrown)}`, { cause: thrown });
  }

  #timeout(node: number, name: string, attempt: number): TimeoutError {
    const { policies } = this.#driver;
    const limit = policies.timeoutOf(node);
    const nodeLimit = policies.nodeTimeoutOf(node);
    const first = this.pastOf(node)[0]?.startedAt ?? this.columns.startedAt[node] ?? 0;
    const took = ((this.columns.settledAt[node] ?? 0) - first) / 1000;
    const isNodes = Number.isNaN(limit) || took >= nodeLimit;
    return isNodes ? new TimeoutError(name, attempt, nodeLimit, "node") : new TimeoutError(name, attempt, limit);
  }

  /** A container fails because something in it did, or because there was too much of it. */
  #containerError(node: number, rule: LoweredContainer, name: string, attempt: number): TaskError {
    if (reasonName(this.columns.reason[node] ?? 0) === "limit") {
      const limit =
        rule.kind === "map"
          ? `it has more than ${rule.maxItems} items (\`maxItems\`)`
          : rule.kind === "loop"
            ? `\`until\` has not said true within ${rule.limit} rounds (\`limit\`)`
            : "it does not fit";
      const message = `${limit}, or the run is larger or deeper than its \`limits\` allow`;
      return new TaskError(name, attempt, `node ${quote(name)} failed: ${message}`, { cause: new LimitExceededError(message) });
    }
    const inside = new Set(this.graph.insideOf(node));
    const first = Array.from(this.run.failed()).find((failed) => inside.has(failed) && !this.isForgiven(failed));
    if (first === undefined) return new TaskError(name, attempt, `node ${quote(name)} failed`);
    const error = this.errorOf(first);
    return new TaskError(name, attempt, `node ${quote(name)} failed: ${error.message}`, { cause: causeOf(error) });
  }

  #silentPredicate(node: number, name: string): TaskError {
    const what = this.#driver.knownExtras?.asks.unanswered(node) ?? "predicate";
    return new TaskError(name, 0, `node ${quote(name)} failed: its ${what} has not answered within ${this.#driver.timeoutOf(node)} ms`);
  }
}

/** What the user's code threw; a timeout is its own cause. */
export function causeOf(error: TaskError | undefined): unknown {
  const isOwn = error instanceof TimeoutError || error instanceof WaitTimeoutError || error instanceof RejectedError;
  return isOwn || error === undefined || !("cause" in error) ? error : error.cause;
}

/** Whether something thrown, anything at all, is an error of this class. */
function isA<E extends Error>(thrown: unknown, errorClass: abstract new (...args: never) => E): thrown is E {
  try {
    return thrown instanceof errorClass;
  } catch {
    return false; // A proxy that resists being looked at.
  }
}
