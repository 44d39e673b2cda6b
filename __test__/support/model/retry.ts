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
  const due = at + (failure.retryAfterUs ?? delayOf(policy.backoff, run.spec.seed ?? 0, node.id, begun));
  const deadline = nodeDeadlineOf(node);
  const isFinal =
    // "`maxAttempts` is the total."
    begun >= (policy.maxAttempts ?? 1) ||
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
  const attempt = run.currentAttempt(node);
  if (attempt !== null) attempt.phase = "returned";
  stopItems(run, node);
  leaveScopes(run, node);
  // What a loop asked about an attempt that is over is void.
  run.questions = run.questions.filter((question) => question.node !== node);
  run.retriesMade++;
  // "A node between attempts is `waiting` (without a delay too) and holds nothing."
  run.move(node, "waiting");
  node.retryAt = due;
  run.emit({ kind: "attemptFailed", at, node: node.id, attempt: begun, reason: failure.reason, due });
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

/** "Backoff fixed, linear or exponential with factor, cap and jitter", in µs, after `made` attempts. */
export function delayOf(backoff: Backoff | undefined, seed: number, node: number, made: number): number {
  if (backoff === undefined) return 0;
  const { growth, delayMs, maxDelayMs, jitter = 0 } = backoff;
  let delay = toUs(delayMs) * (growth === "linear" ? made : 1);
  // Doubles, one multiplication after the other: what comes out does not depend on a library's idea of a power.
  if (typeof growth === "object") for (let k = 1; k < made && delay < 2 ** 53; k++) delay *= growth.factor;
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
