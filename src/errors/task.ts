/** What can be wrong with tasks: before a run (missing, unknown) and in one (failed, timed out). */
import { DagnyError, quote } from "./base.js";
import type { ErrorCode } from "./codes.js";
import { GraphError } from "./graph.js";

/** An attempt that did not succeed. `cause` is what the task threw, untouched. */
export class TaskError extends DagnyError {
  /** The node whose task it was. */
  readonly node: string;
  /** Which attempt, from 1. */
  readonly attempt: number;

  constructor(node: string, attempt: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.node = node;
    this.attempt = attempt;
  }

  get code(): ErrorCode {
    return "TASK_FAILED";
  }

  override get name(): string {
    return "TaskError";
  }
}

/** An attempt that ran longer than it may, or a node that was not done in time. */
export class TimeoutError extends TaskError {
  /** The limit it passed, in milliseconds. */
  readonly timeoutMs: number;

  /** `limit` is what it passed: `timeoutMs` of an attempt, or `nodeTimeoutMs`. */
  constructor(node: string, attempt: number, timeoutMs: number, limit: "attempt" | "node" = "attempt") {
    const what = limit === "attempt" ? `attempt ${attempt} ran longer than ${timeoutMs} ms` : `it was not done within ${timeoutMs} ms`;
    super(node, attempt, `node ${quote(node)}: ${what}`);
    this.timeoutMs = timeoutMs;
  }

  override get code(): ErrorCode {
    return "TASK_TIMEOUT";
  }

  override get name(): string {
    return "TimeoutError";
  }
}

/** Nodes that have no task. */
export class MissingTaskError extends GraphError {
  /** Every node without a task, in node order. */
  readonly nodes: readonly string[];

  constructor(nodes: readonly string[]) {
    const subject = nodes.length === 1 ? "node" : `${nodes.length} nodes:`;
    super(`no task was given for ${subject} ${listed(nodes.map(quote))}`);
    this.nodes = nodes;
  }

  override get code(): ErrorCode {
    return "TASK_MISSING";
  }

  override get name(): string {
    return "MissingTaskError";
  }
}

/** A task's name that no node has, and the nearest node, if one is near. */
export interface UnknownTask {
  readonly name: string;
  readonly suggestion: string | undefined;
}

/** Tasks for nodes that do not exist. */
export class UnknownTaskError extends GraphError {
  /** Every such task, in the order they were given. */
  readonly tasks: readonly UnknownTask[];

  constructor(tasks: readonly UnknownTask[]) {
    const shown = tasks.map(({ name, suggestion }) =>
      suggestion === undefined ? quote(name) : `${quote(name)} (did you mean ${quote(suggestion)}?)`,
    );
    super(`no node exists for ${tasks.length === 1 ? "task" : `${tasks.length} tasks:`} ${listed(shown)}`);
    this.tasks = tasks;
  }

  override get code(): ErrorCode {
    return "TASK_UNKNOWN";
  }

  override get name(): string {
    return "UnknownTaskError";
  }
}

/** A list in a message: the first twenty, and how many more there are. */
export function listed(shown: readonly string[]): string {
  return shown.length <= 20 ? shown.join(", ") : `${shown.slice(0, 20).join(", ")} … and ${shown.length - 20} more`;
}
