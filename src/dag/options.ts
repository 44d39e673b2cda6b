/** What can be said of a node and of an edge: the options users write, checked, and turned into the rows that graphs keep. */
import type { DagnyError } from "../errors/base.js";
import type { EdgeRow, NodeRow } from "./graph-core.js";
import { OptionCheck } from "./option-check.js";

/** How often a task may be tried. */
export interface RetryOptions {
  /**
   * Attempts in all, the first one included: an integer from 1 to 1,048,576.
   * @default 1
   */
  readonly maxAttempts?: number | undefined;
}

/** The policy of a task: what is said of it beside its function. */
export interface TaskPolicy {
  /**
   * Expected cost, in any one unit (seconds, say): finite, at least 0. Longer remaining cost starts earlier.
   * @default 1
   */
  readonly cost?: number | undefined;
  /**
   * Among ready nodes the higher starts first; any finite number.
   * @default 0
   */
  readonly priority?: number | undefined;
  /**
   * Longest running time of one attempt, in milliseconds: finite, more than 0.
   * @default no limit
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Attempts in all, as a number or an object: `3` is `{ maxAttempts: 3 }`.
   * @default 1
   */
  readonly retry?: number | RetryOptions | undefined;
}

/** What a node carries beside its name. */
export interface NodeOptions extends TaskPolicy {
  /** Any value, kept untouched and exported to JSON. */
  readonly payload?: unknown;
  /** Any record of yours, kept untouched and exported to JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** What an edge carries beside its ends. */
export interface EdgeOptions {
  /** Any finite number; the length of the edge for `shortestPath` and `longestPath`. */
  readonly weight?: number | undefined;
  /** Text drawn at the edge. */
  readonly label?: string | undefined;
}

/** The most attempts of one node, as in the options of an executor. */
const mostAttempts = 2 ** 20;

/** What `options` says of a node. What is wrong with them goes to `faults`, whose messages speak of `owner`. */
export function nodeRow(options: NodeOptions, owner: string, faults: DagnyError[]): Partial<NodeRow> {
  const check = new OptionCheck(owner, faults);
  if (!check.isRecord("options", options)) return {};
  check.names(options, ["payload", "metadata", "cost", "priority", "timeoutMs", "retry"]);
  const { payload, metadata, cost, priority, timeoutMs, retry } = options;
  const row: { -readonly [K in keyof NodeRow]?: NodeRow[K] } = {};
  if (payload !== undefined) row.payload = payload;
  if (metadata !== undefined && check.isRecord("metadata", metadata)) row.metadata = metadata;
  if (cost !== undefined && check.isNumber("cost", "a finite number of at least 0", cost, (n) => n >= 0)) row.cost = cost;
  if (priority !== undefined && check.isNumber("priority", "a finite number", priority)) row.priority = priority;
  if (timeoutMs !== undefined && check.isNumber("timeoutMs", "a finite number above 0, in milliseconds", timeoutMs, (n) => n > 0)) {
    row.timeoutMs = timeoutMs;
  }
  const maxAttempts = attempts(retry, check);
  if (maxAttempts !== undefined) row.maxAttempts = maxAttempts;
  return row;
}

/** What `options` says of an edge. What is wrong with them goes to `faults`, whose messages speak of `owner`. */
export function edgeRow(options: EdgeOptions, owner: string, faults: DagnyError[]): Partial<EdgeRow> {
  const check = new OptionCheck(owner, faults);
  if (!check.isRecord("options", options)) return {};
  check.names(options, ["weight", "label"]);
  const { weight, label } = options;
  return {
    ...(weight !== undefined && check.isNumber("weight", "a finite number", weight) ? { weight } : {}),
    ...(label !== undefined && check.isString("label", label) ? { label } : {}),
  };
}

function attempts(retry: unknown, check: OptionCheck): number | undefined {
  const expected = `an integer from 1 to ${mostAttempts}`;
  const inRange = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= mostAttempts;
  if (retry === undefined) return undefined;
  if (typeof retry === "number") return check.isNumber("retry", expected, retry, inRange) ? retry : undefined;
  if (!check.isRecord("retry", retry, `${expected}, or an object`)) return undefined;
  check.names(retry, ["maxAttempts"], "retry.");
  const { maxAttempts } = retry;
  return maxAttempts !== undefined && check.isNumber("retry.maxAttempts", expected, maxAttempts, inRange) ? maxAttempts : undefined;
}
