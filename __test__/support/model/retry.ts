/**
 * Attempts that fail in the reference model: another follows after a delay, or the node has failed.
 *
 * DESIGN §4, row "retry".
 */

import { failNode, leaveScopes, stopItems } from "./settle.js";
import type { Backoff } from "./spec.js";
import { type ModelNode, type RunState, toUs } from "./state.js";
import type { FailureReason } from "./types.js";

interface Failure {
  readonly reason: FailureReason;
  /** "`retryOn` selects errors." @default true */
  readonly mayRetry?: boolean;
  /** "A retry-after from the error is not capped." */
  readonly retryAfterUs?: number | undefined;
}

/** The node's current attempt is over without success. */
export function failAttempt(run: RunState, node: ModelNode, failure: Failure, at: number): void {
  const { policy, begun } = node;
  const counted = begun - node.crashes;
  const due = at + (failure.retryAfterUs ?? delayOf(policy.backoff, run.spec.seed ?? 0, node.id, begun, counted));
  const deadline = nodeDeadlineOf(node);
  const isFinal =
    // "`maxAttempts` is the total."
    counted >= (policy.maxAttempts ?? 1) ||
    // "`error`, an attempt's `timeout` and `crashed` are retried; `rejected`, `limit` and a node's timeout are final."
    failure.reason === "rejected" ||
    failure.reason === "limit" ||
    failure.mayRetry === false ||
    // "A spent budget makes the failure final."
    run.retriesMade >= (run.spec.retryBudget ?? Number.POSITIVE_INFINITY) ||
    // Row "timeout": "a retry due at or after it is not awaited: the node fails at once with the attempt's own error".
    (deadline !== null && due >= deadline) ||
    isSparedOnly(node);
  if (isFinal) {
    failNode(run, node, failure.reason, at);
    return;
  }
  run.retriesMade++;
  waitForNext(run, node, failure.reason, due, at);
}

/**
 * What ran the node's attempt died, through no fault of the attempt's that anybody knows: it is run again at once "without spending `maxAttempts`, at most
 * `maxCrashes` times", and takes nothing of the retry budget. What is external may have happened, and is not simply run again: it has failed.
 */
export function crashAttempt(run: RunState, node: ModelNode, at: number): void {
  if (node.policy.isExternal === true) {
    failAttempt(run, node, { reason: "crashed" }, at);
    return;
  }
  const deadline = nodeDeadlineOf(node);
  const isFinal = node.crashes >= (node.policy.maxCrashes ?? 3) || (deadline !== null && at >= deadline) || isSparedOnly(node);
  if (isFinal) {
    failNode(run, node, "crashed", at);
    return;
  }
  node.crashes++;
  waitForNext(run, node, "crashed", at, at);
}

function waitForNext(run: RunState, node: ModelNode, reason: FailureReason, due: number, at: number): void {
  const attempt = run.currentAttempt(node);
  if (attempt !== null) attempt.phase = "returned";
  stopItems(run, node);
  leaveScopes(run, node);
  // What a loop asked about an attempt that is over is void.
  run.questions = run.questions.filter((question) => question.node !== node);
  // "A node between attempts is `waiting` (without a delay too) and holds nothing."
  run.move(node, "waiting");
  node.retryAt = due;
  run.emit({ kind: "attemptFailed", at, node: node.id, attempt: node.begun, reason, due });
}

/** Row "failure": "`abortRunning: false` spares running attempts, which end without retry or wait". What runs at the end runs as it should. */
export function isSparedOnly({ scope, policy }: ModelNode): boolean {
  return scope.isStopping && policy.isFinally !== true;
}

/** Row "timeout": "Node: wall time from its first start, delays and waits included". */
export function nodeDeadlineOf({ firstStart, policy }: ModelNode): number | null {
  return firstStart === null || policy.nodeTimeoutMs === undefined ? null : firstStart + toUs(policy.nodeTimeoutMs);
}

const longest = 2 ** 53 - 1;

/** "Backoff fixed, linear or exponential with factor, cap and jitter", in µs, after attempt `made`, the `counted`th that counts. */
export function delayOf(backoff: Backoff | undefined, seed: number, node: number, made: number, counted: number): number {
  if (backoff === undefined) return 0;
  const { growth, delayMs, maxDelayMs, jitter = 0 } = backoff;
  let delay = toUs(delayMs) * (growth === "linear" ? counted : 1);
  // Doubles, one multiplication after the other: what comes out does not depend on a library's idea of a power.
  if (typeof growth === "object") for (let k = 1; k < counted && delay < 2 ** 53; k++) delay *= growth.factor;
  delay = Math.min(Math.floor(delay), maxDelayMs === undefined ? longest : toUs(maxDelayMs), longest);
  return delay - Number((BigInt(delay) * BigInt(jitter) * chance(seed, node, made)) / (1_000_000n << 32n));
}

/** DESIGN §3: "Jitter and every other chance is a hash of (seed, node address, attempt)": 32 bits of splitmix64's finalizer. */
function chance(seed: number, node: number, attempt: number): bigint {
  const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
  let mixed = wrap(BigInt(seed) ^ wrap(BigInt(node) * 0x9e3779b97f4a7c15n + BigInt(attempt) * 0xbf58476d1ce4e5b9n));
  mixed = wrap((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
  mixed = wrap((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
  return (mixed ^ (mixed >> 31n)) >> 32n;
}
