/** Retry options, of a node or of an executor, checked. */
import { ConflictingOptionsError } from "../errors/options.js";
import type { BackoffRow, RetryOn } from "./graph-core.js";
import type { OptionCheck } from "./option-check.js";

/** The most attempts of one node: a bound on what a task that always fails can cost, and small enough to be told apart by a number. */
const mostAttempts = 2 ** 20;
const delayOptions = ["backoff", "delayMs", "factor", "maxDelayMs", "jitter"];
const growths = ["fixed", "linear", "exponential"] as const;

/** Retry options as rows keep them: what one does not say is `undefined`, so that they replace older ones as a whole. */
export interface RetryRow {
  readonly maxAttempts: number;
  readonly backoff: BackoffRow | undefined;
  readonly retryOn: RetryOn | undefined;
}

/** What `retry` says; `null` where it says nothing. What is wrong with it is noted. */
export function retryRow(retry: unknown, check: OptionCheck): RetryRow | null {
  const expected = `an integer from 1 to ${mostAttempts}`;
  const inRange = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= mostAttempts;
  if (typeof retry === "number") {
    return check.isNumber("retry", expected, retry, inRange) ? { maxAttempts: retry, backoff: undefined, retryOn: undefined } : null;
  }
  if (!check.isRecord("retry", retry, `${expected}, or an object`)) return null;
  check.names(retry, ["maxAttempts", ...delayOptions, "retryOn"], "retry.");
  const { maxAttempts, retryOn } = retry;
  const others = [...delayOptions, "retryOn"].filter((option) => retry[option] !== undefined);
  if (maxAttempts === undefined) {
    if (others.length > 0)
      conflict(check, ["retry.maxAttempts", ...others.map((option) => `retry.${option}`)], "without it there is one attempt");
    return null;
  }
  if (!check.isNumber("retry.maxAttempts", expected, maxAttempts, inRange)) return null;
  const backoff = backoffRow(retry, check);
  return { maxAttempts, backoff, retryOn: retryOn === undefined ? undefined : retryMatches(retryOn, check) };
}

function backoffRow(retry: Readonly<Record<string, unknown>>, check: OptionCheck): BackoffRow | undefined {
  const { backoff: growth = "fixed", delayMs, factor, maxDelayMs, jitter } = retry;
  if (!check.isWord("retry.backoff", growth, growths)) return undefined;
  const isDelay = (option: string, value: unknown): value is number =>
    check.isNumber(option, "a finite number of at least 0, in milliseconds", value, (n) => n >= 0);
  if (delayMs === undefined) {
    const idle = ["backoff", "factor", "maxDelayMs", "jitter"].filter((option) => retry[option] !== undefined);
    if (idle.length > 0) conflict(check, ["retry.delayMs", ...idle.map((option) => `retry.${option}`)], "without it there is no delay");
    return undefined;
  }
  if (!isDelay("retry.delayMs", delayMs)) return undefined;
  if (factor !== undefined && !check.isNumber("retry.factor", "a finite number of at least 1", factor, (n) => n >= 1)) return undefined;
  if (factor !== undefined && growth !== "exponential") {
    check.fault(
      new ConflictingOptionsError(
        ["retry.factor", "retry.backoff"],
        '`retry.factor` counts for an exponential delay only: add `backoff: "exponential"`',
        check.owner,
      ),
    );
    return undefined;
  }
  if (maxDelayMs !== undefined && !isDelay("retry.maxDelayMs", maxDelayMs)) return undefined;
  const part = jitter === undefined || typeof jitter === "boolean" ? Number(jitter === true) : jitter;
  if (!check.isNumber("retry.jitter", "true, false or a number from 0 to 1", part, (n) => n >= 0 && n <= 1)) return undefined;
  return { growth, delayMs, factor: growth === "exponential" ? (factor ?? 2) : undefined, maxDelayMs, jitter: part };
}

function retryMatches(retryOn: unknown, check: OptionCheck): RetryOn {
  const matches: readonly unknown[] = Array.isArray(retryOn) ? retryOn : [retryOn];
  const isMatch = (match: unknown, at: number): match is RetryOn[number] => {
    const option = Array.isArray(retryOn) ? `retry.retryOn[${at}]` : "retry.retryOn";
    return typeof match === "string" && match !== ""
      ? true
      : check.isFunction(option, match, "an error code, a class of errors or a function");
  };
  return matches.filter(isMatch);
}

function conflict(check: OptionCheck, options: readonly string[], why: string): void {
  const [missing, ...others] = options.map((option) => `\`${option}\``);
  check.fault(
    new ConflictingOptionsError(options, `${others.join(", ")} need${others.length === 1 ? "s" : ""} ${missing}: ${why}`, check.owner),
  );
}

/** Whether any of these matches speaks of the error: the first answer that is not false. A function whose prototype is an error is a class. */
export function matchesRetry(matches: RetryOn, error: unknown, attempt: number): unknown {
  for (const match of matches) {
    const answer = matchOf(match, error, attempt);
    if (answer !== false) return answer;
  }
  return false;
}

function matchOf(match: RetryOn[number], error: unknown, attempt: number): unknown {
  if (typeof match === "string") return typeof error === "object" && error !== null && "code" in error && error.code === match;
  if (isErrorClass(match)) return error instanceof match;
  return Reflect.apply(match, undefined, [error, attempt]);
}

function isErrorClass(match: object): match is abstract new () => Error {
  return match === Error || ("prototype" in match && match.prototype instanceof Error);
}
