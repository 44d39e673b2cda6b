/** From the options users write to the rows that graphs keep: every option checked, all that is wrong reported. */
import type { DagnyError } from "../errors/base.js";
import { JoinExpressionError } from "../errors/join.js";
import { ConflictingOptionsError } from "../errors/options.js";
import { joinText, parseJoin, stepsOfTree } from "../flow/join-expression.js";
import type { RowChange } from "./columns.js";
import type { EdgeRow, JoinRule, NodeRow } from "./graph-core.js";
import { OptionCheck } from "./option-check.js";
import type { AnyEdgeOptions, AnyNodeOptions } from "./options.js";
import { retryRow } from "./retry-row.js";

const nodeOptionNames: readonly (keyof AnyNodeOptions)[] = [
  "payload",
  "metadata",
  "cost",
  "priority",
  "timeoutMs",
  "nodeTimeoutMs",
  "retry",
  "join",
  "condition",
  "cached",
  "onFailure",
  "finally",
  "undo",
  "resources",
  "concurrencyKey",
  "rate",
  "effects",
  "on",
  "maxCrashes",
];
const edgeOptionNames: readonly (keyof AnyEdgeOptions)[] = ["weight", "label", "condition", "filter", "choice", "move"];

/** The join rules by name. */
export const joinRules: readonly JoinRule[] = [
  "allCompleted",
  "anyCompleted",
  "allSettled",
  "anyFailed",
  "allFailed",
  "noneFailed",
  "noneFailedOneCompleted",
];

type Writable<Row extends object> = { -readonly [K in keyof Row]?: Row[K] | undefined };

/** What `options` says of the node `name`. What is wrong with them goes to `faults`, whose messages speak of `owner`. */
export function nodeRow(options: AnyNodeOptions, owner: string, faults: DagnyError[], name?: string): RowChange<NodeRow> {
  const check = new OptionCheck(owner, faults);
  if (!check.isRecord("options", options)) return {};
  check.names(options, nodeOptionNames);
  const { payload, metadata, cost, priority, timeoutMs, nodeTimeoutMs, retry, condition, onFailure, undo, effects, cached } = options;
  const { on, maxCrashes } = options;
  const row: Writable<NodeRow> = {};
  if (payload !== undefined) row.payload = payload;
  if (metadata !== undefined && check.isRecord("metadata", metadata)) row.metadata = metadata;
  if (cost !== undefined && check.isNumber("cost", "a finite number of at least 0", cost, (n) => n >= 0)) row.cost = cost;
  if (priority !== undefined && check.isNumber("priority", "a finite number", priority)) row.priority = priority;
  if (timeoutMs !== undefined && isTimeout("timeoutMs", timeoutMs, check)) row.timeoutMs = timeoutMs;
  if (nodeTimeoutMs !== undefined && isTimeout("nodeTimeoutMs", nodeTimeoutMs, check)) row.nodeTimeoutMs = nodeTimeoutMs;
  if (retry !== undefined) Object.assign(row, retryRow(retry, check));
  if (condition !== undefined && check.isFunction("condition", condition)) row.condition = condition;
  if (cached !== undefined && check.isFunction("cached", cached)) row.cached = cached;
  if (undo !== undefined && check.isFunction("undo", undo)) row.undo = undo;
  if (onFailure !== undefined && check.isWord("onFailure", onFailure, ["fail", "allow", "continue"])) row.onFailure = onFailure;
  if (effects !== undefined && check.isWord("effects", effects, ["pure", "idempotent", "external"])) row.effects = effects;
  if (on !== undefined && isPlace(on, check)) row.on = on;
  if (maxCrashes !== undefined && isCrashCount(maxCrashes, check)) row.maxCrashes = maxCrashes;
  putJoin(options, row, check, owner, name);
  putNeeds(options, row, check);
  return row;
}

/** What `options` says of an edge. What is wrong with them goes to `faults`, whose messages speak of `owner`. */
export function edgeRow(options: AnyEdgeOptions, owner: string, faults: DagnyError[]): RowChange<EdgeRow> {
  const check = new OptionCheck(owner, faults);
  if (!check.isRecord("options", options)) return {};
  check.names(options, edgeOptionNames);
  const { weight, label, condition, filter, choice, move } = options;
  const row: Writable<EdgeRow> = {};
  if (weight !== undefined && check.isNumber("weight", "a finite number", weight)) row.weight = weight;
  if (label !== undefined && check.isString("label", label)) row.label = label;
  if (condition !== undefined && check.isFunction("condition", condition)) row.condition = condition;
  if (filter !== undefined && check.isFunction("filter", filter)) row.filter = filter;
  if (choice !== undefined && check.isName("choice", choice)) row.choice = choice;
  if (move !== undefined && check.isBoolean("move", move)) row.move = move;
  return row;
}

function isTimeout(option: string, value: unknown, check: OptionCheck): value is number {
  return check.isNumber(option, "a finite number above 0, in milliseconds", value, (n) => n > 0);
}

/** When it runs: its join, and whether at the end. */
function putJoin(options: AnyNodeOptions, row: Writable<NodeRow>, check: OptionCheck, owner: string, name: string | undefined): void {
  const { join, finally: isFinally } = options;
  if (isFinally !== undefined && check.isBoolean("finally", isFinally)) row.finally = isFinally;
  if (join === undefined) return;
  if (row.finally) {
    check.fault(
      new ConflictingOptionsError(["finally", "join"], "a finally-node runs when its upstreams have settled: leave out `join`", owner),
    );
  } else {
    row.join = joinOf(join, check, name);
  }
}

function joinOf(join: unknown, check: OptionCheck, name: string | undefined): NodeRow["join"] | undefined {
  if (typeof join === "string") {
    return check.isWord("join", join, joinRules, 'an expression is written { expr: "a.completed || b.failed" }') ? join : undefined;
  }
  if (!check.isRecord("join", join, "a rule's name, { expr } or a tree")) return undefined;
  try {
    if (!("expr" in join)) return { expr: joinText(stepsOfTree(join, name)) };
    check.names(join, ["expr"], "join.");
    if (!check.isString("join.expr", join.expr)) return undefined;
    parseJoin(join.expr, name);
    return { expr: join.expr };
  } catch (error) {
    if (!(error instanceof JoinExpressionError)) throw error;
    check.fault(error);
    return undefined;
  }
}

/** The most of a pool that there may be. */
const mostCapacity = 0xffff_ffff;
const isAmount = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= mostCapacity;

/** Whether a value can be the amount of a pool, or how many may be at once. */
export function isCapacity(option: string, value: unknown, check: OptionCheck): value is number {
  return check.isNumber(option, `an integer from 1 to ${mostCapacity}`, value, isAmount);
}

/** Whether a value says where code runs. */
export function isPlace(on: unknown, check: OptionCheck): on is "inline" | "thread" {
  return check.isWord("on", on, ["inline", "thread"]);
}

/** Whether a value can be how often a thread may be lost. */
export function isCrashCount(maxCrashes: unknown, check: OptionCheck): maxCrashes is number {
  const inRange = (n: number): boolean => Number.isInteger(n) && n >= 0 && n <= mostCapacity;
  return check.isNumber("maxCrashes", `an integer from 0 to ${mostCapacity}`, maxCrashes, inRange);
}

/** What each attempt needs beside a slot. */
function putNeeds(options: AnyNodeOptions, row: Writable<NodeRow>, check: OptionCheck): void {
  const { resources, concurrencyKey, rate } = options;
  if (resources !== undefined && check.isRecord("resources", resources, "an object of amounts by pool")) {
    const amounts = Object.entries(resources).filter(([pool, amount]) => isCapacity(`resources[${JSON.stringify(pool)}]`, amount, check));
    if (amounts.length > 0) row.resources = Object.fromEntries(amounts);
  }
  if (concurrencyKey !== undefined) {
    const key: unknown = typeof concurrencyKey === "object" ? concurrencyKey : { key: concurrencyKey };
    const isKey = check.isRecord("concurrencyKey", key, "a non-empty string, or { key, limit }");
    if (isKey && check.isName(typeof concurrencyKey === "object" ? "concurrencyKey.key" : "concurrencyKey", key.key)) {
      check.names(key, ["key", "limit"], "concurrencyKey.");
      const { limit } = key;
      if (limit === undefined) row.concurrencyKey = { key: key.key, limit: undefined };
      else if (isCapacity("concurrencyKey.limit", limit, check)) row.concurrencyKey = { key: key.key, limit };
    }
  }
  if (rate !== undefined) {
    const rates: readonly unknown[] = Array.isArray(rate) ? rate : [rate];
    const names = rates.filter((name, at): name is string => check.isName(Array.isArray(rate) ? `rate[${at}]` : "rate", name));
    if (names.length > 0) row.rate = [...new Set(names)];
  }
}
