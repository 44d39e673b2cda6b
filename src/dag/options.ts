/** What can be said of a node and of an edge, and the columns it is kept in: one sparse column per option, none where nobody uses it. */
import { DagnyError } from "../errors/base.js";
import { nearest } from "../errors/did-you-mean.js";
import { InvalidOptionError, UnknownOptionError } from "../errors/options.js";
import type { EdgeTable, NodeTable, NodeTask } from "./graph-core.js";

/** How often a task may be tried. */
export interface RetryOptions {
  /**
   * Attempts in all, the first one included: an integer of at least 1.
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

/** The columns of nodes while they grow. */
export class NodeColumns implements NodeTable {
  payload: Map<number, unknown> | null = null;
  metadata: Map<number, Readonly<Record<string, unknown>>> | null = null;
  cost: Map<number, number> | null = null;
  priority: Map<number, number> | null = null;
  timeoutMs: Map<number, number> | null = null;
  maxAttempts: Map<number, number> | null = null;
  task: Map<number, NodeTask> | null = null;

  /** A copy that grows on its own, of the first `nodeCount` nodes. */
  copy(nodeCount = Number.POSITIVE_INFINITY): NodeColumns {
    const copy = new NodeColumns();
    copy.payload = firstRows(this.payload, nodeCount);
    copy.metadata = firstRows(this.metadata, nodeCount);
    copy.cost = firstRows(this.cost, nodeCount);
    copy.priority = firstRows(this.priority, nodeCount);
    copy.timeoutMs = firstRows(this.timeoutMs, nodeCount);
    copy.maxAttempts = firstRows(this.maxAttempts, nodeCount);
    copy.task = firstRows(this.task, nodeCount);
    return copy;
  }
}

/** The columns of edges while they grow. */
export class EdgeColumns implements EdgeTable {
  weight: Map<number, number> | null = null;
  label: Map<number, string> | null = null;

  /** Forgets every edge from index `edgeCount` on. */
  truncate(edgeCount: number): void {
    this.weight = firstRows(this.weight, edgeCount);
    this.label = firstRows(this.label, edgeCount);
  }
}

/** Keeps `options` for node `id`; appends what is wrong with them to `faults`, whose messages speak of `owner`. */
export function setNodeOptions(columns: NodeColumns, id: number, options: NodeOptions, owner: string, faults: DagnyError[]): void {
  const check = new OptionCheck(owner, faults);
  if (!check.isRecord("options", options)) return;
  for (const option of Object.keys(options)) {
    const value: unknown = options[option as keyof NodeOptions];
    if (value === undefined) continue;
    switch (option) {
      case "payload":
        (columns.payload ??= new Map()).set(id, value);
        break;
      case "metadata":
        if (check.isRecord(option, value)) (columns.metadata ??= new Map()).set(id, value);
        break;
      case "cost":
        if (check.isNumber(option, "a finite number of at least 0", value, (n) => n >= 0)) (columns.cost ??= new Map()).set(id, value);
        break;
      case "priority":
        if (check.isNumber(option, "a finite number", value)) (columns.priority ??= new Map()).set(id, value);
        break;
      case "timeoutMs":
        if (check.isNumber(option, "a finite number above 0, in milliseconds", value, (n) => n > 0)) (columns.timeoutMs ??= new Map()).set(id, value);
        break;
      case "retry":
        setRetry(columns, id, value, check);
        break;
      default:
        check.unknown(option, ["payload", "metadata", "cost", "priority", "timeoutMs", "retry"]);
    }
  }
}

/** Keeps `options` for the edge at `index`; appends what is wrong with them to `faults`. */
export function setEdgeOptions(columns: EdgeColumns, index: number, options: EdgeOptions, owner: string, faults: DagnyError[]): void {
  const check = new OptionCheck(owner, faults);
  if (!check.isRecord("options", options)) return;
  for (const option of Object.keys(options)) {
    const value: unknown = options[option as keyof EdgeOptions];
    if (value === undefined) continue;
    switch (option) {
      case "weight":
        if (check.isNumber(option, "a finite number", value)) (columns.weight ??= new Map()).set(index, value);
        break;
      case "label":
        if (check.isString(option, value)) (columns.label ??= new Map()).set(index, value);
        break;
      default:
        check.unknown(option, ["weight", "label"]);
    }
  }
}

/** The most attempts of one node, as in the options of an executor. */
const mostAttempts = 2 ** 20;

function setRetry(columns: NodeColumns, id: number, retry: unknown, check: OptionCheck): void {
  const expected = `an integer from 1 to ${mostAttempts}`;
  const inRange = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= mostAttempts;
  if (typeof retry === "number") {
    if (check.isNumber("retry", expected, retry, inRange)) (columns.maxAttempts ??= new Map()).set(id, retry);
    return;
  }
  if (!check.isRecord("retry", retry, `${expected}, or an object`)) return;
  for (const [option, value] of Object.entries(retry)) {
    if (value === undefined) continue;
    if (option !== "maxAttempts") check.unknown(`retry.${option}`, ["retry.maxAttempts"]);
    else if (check.isNumber("retry.maxAttempts", expected, value, inRange)) (columns.maxAttempts ??= new Map()).set(id, value);
  }
}

/** Type guards that note what is wrong, for one owner. */
class OptionCheck {
  readonly #owner: string;
  readonly #faults: DagnyError[];

  constructor(owner: string, faults: DagnyError[]) {
    this.#owner = owner;
    this.#faults = faults;
  }

  isNumber(option: string, expected: string, value: unknown, inRange?: (n: number) => boolean): value is number {
    const isRight = typeof value === "number" && Number.isFinite(value) && (inRange?.(value) ?? true);
    if (!isRight) this.#faults.push(new InvalidOptionError(option, expected, value, this.#owner));
    return isRight;
  }

  isString(option: string, value: unknown): value is string {
    const isRight = typeof value === "string";
    if (!isRight) this.#faults.push(new InvalidOptionError(option, "a string", value, this.#owner));
    return isRight;
  }

  isRecord(option: string, value: unknown, expected = "an object"): value is Record<string, unknown> {
    const isRight = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isRight) this.#faults.push(new InvalidOptionError(option, expected, value, this.#owner));
    return isRight;
  }

  unknown(option: string, known: readonly string[]): void {
    this.#faults.push(new UnknownOptionError(option, nearest(option, known), known, this.#owner));
  }
}

function firstRows<T>(column: ReadonlyMap<number, T> | null, count: number): Map<number, T> | null {
  if (column === null) return null;
  return new Map(count === Number.POSITIVE_INFINITY ? column : [...column].filter(([row]) => row < count));
}
