/** Attempts of code in the reference model: they begin, are parked, go on, return in time or late, are abandoned. */

import { commitGrowth } from "./growth.js";
import { isSettled } from "./moves.js";
import { crashAttempt, failAttempt, nodeDeadlineOf } from "./retry.js";
import { completeNode, considerClosingAround, failNode, makeReady, returnLease, voidWaits } from "./settle.js";
import { type Attempt, type ModelNode, type RunState, toUs } from "./state.js";
import { abortCode, sweepInside } from "./stop.js";
import type { RunInput } from "./types.js";

type Settle = Extract<RunInput, { kind: "settle" }>;

/** Row "slots": "`running`, its start time and its timeout begin when the function is called." Without a lease nothing begins. */
export function begin(run: RunState, node: ModelNode, number: number, at: number): void {
  const { lease } = node;
  if (lease === null || lease.attempt !== number) return;
  const parked = run.currentAttempt(node);
  if (parked !== null) {
    resume(run, parked, lease.lane, at);
    return;
  }
  startAttempt(run, node, number, lease.lane, at);
}

/** A node's next attempt: of code on a lane, else of a wait node or a container. */
export function startAttempt(run: RunState, node: ModelNode, number: number, lane: number | null, at: number): Attempt {
  const attempt: Attempt = {
    node,
    number,
    phase: lane === null ? "inside" : "running",
    lane,
    used: 0,
    since: at,
    graceUntil: null,
    holdsNeeds: lane !== null,
  };
  run.move(node, "running");
  node.lease = null;
  node.begun = number;
  node.firstStart ??= at;
  run.attempts.set(`${node.id}#${number}`, attempt);
  run.emit({ kind: "nodeStarted", at, node: node.id, attempt: number, lane });
  return attempt;
}

/** Row "waits": "What was awaited goes on in the same attempt". */
function resume(run: RunState, attempt: Attempt, lane: number | null, at: number): void {
  const { node, number } = attempt;
  run.move(node, "running");
  node.lease = null;
  attempt.phase = "running";
  attempt.lane = lane;
  attempt.since = at;
  attempt.holdsNeeds = lane !== null;
  run.emit({ kind: "nodeResumed", at, node: node.id, attempt: number, lane });
}

/** Row "timeout": "attempt: running time of one attempt". Of a container: from its start. */
export function attemptDeadlineOf({ node, phase, since, used }: Attempt): number | null {
  const { timeoutMs, kind } = node.policy;
  if (timeoutMs === undefined || (phase !== "running" && phase !== "inside") || kind?.is === "wait") return null;
  return since + toUs(timeoutMs) - used;
}

/** Which deadline is over at this time; of the two the earlier, of equal ones the attempt's. */
export function missedDeadline(attempt: Attempt, at: number): "attempt" | "node" | null {
  const own = attemptDeadlineOf(attempt) ?? Number.POSITIVE_INFINITY;
  const nodes = nodeDeadlineOf(attempt.node) ?? Number.POSITIVE_INFINITY;
  if (at > nodes && nodes < own) return "node";
  return at > own ? "attempt" : null;
}

/**
 * "Each attempt's outcome is recorded once" (row "promise"): one that returned already has nothing more to say.
 *
 * @param decide decides what follows from the failure of an attempt that is too late, before its outcome is reported late.
 */
export function settleAttempt(run: RunState, node: ModelNode, input: Settle, at: number, decide: () => void): void {
  const attempt = run.attempt(node, input.attempt);
  if (attempt === null || attempt.phase === "returned" || attempt.phase === "inside") return;
  if (attempt.phase === "told" || attempt.phase === "abandoned") {
    attempt.phase = "returned";
    attempt.holdsNeeds = false;
    reportLate(run, attempt, input, at);
    considerClosingAround(run, node);
    return;
  }
  if (attempt.phase === "parked") goOnUnasked(run, attempt, at);
  const missed = missedDeadline(attempt, at);
  voidWaits(run, node);
  if (missed !== null) {
    endTooLate(run, attempt, missed, input, at, decide);
    return;
  }
  attempt.phase = "returned";
  attempt.holdsNeeds = false;
  if (input.outcome === "failed") {
    failAttempt(run, node, { reason: "error", mayRetry: input.mayRetry ?? true, retryAfterUs: input.retryAfterUs }, at);
  } else if (input.outcome === "crashed") {
    crashAttempt(run, node, at);
  } else {
    const fault = input.growth === undefined ? null : commitGrowth(run, node, input.growth, at);
    if (fault === null) completeNode(run, node, at);
    // Row "growth": "a fault fails the attempt (`error`, or `limit`)".
    else failAttempt(run, node, { reason: fault === "limit" ? "limit" : "error" }, at);
  }
}

/**
 * Row "timeout": "an outcome that comes after its deadline is a timeout, whichever arrived first, and is reported as a late event". What follows from
 * the timeout is decided before the code is known to have returned.
 */
function endTooLate(run: RunState, attempt: Attempt, missed: "attempt" | "node", input: Settle, at: number, decide: () => void): void {
  const { node } = attempt;
  attempt.phase = "told";
  attempt.graceUntil = at + toUs(run.spec.graceMs);
  if (missed === "node") failNode(run, node, "timeout", at);
  else failAttempt(run, node, { reason: "timeout" }, at);
  decide();
  attempt.phase = "returned";
  attempt.holdsNeeds = false;
  reportLate(run, attempt, input, at);
  considerClosingAround(run, node);
}

/** The code of a parked attempt has ended without waiting to be let go on. */
function goOnUnasked(run: RunState, attempt: Attempt, at: number): void {
  const { node } = attempt;
  const lane = node.lease?.lane ?? null;
  if (node.lease !== null) run.effect({ kind: "revoke", node: node.id });
  if (node.state === "waiting") makeReady(run, node, at);
  resume(run, attempt, lane, at);
}

function reportLate(run: RunState, { node, number }: Attempt, input: Settle, at: number): void {
  const outcome = input.outcome === "ok" ? "ok" : "failed";
  if (outcome === "ok") run.lateSuccesses.add(node);
  run.emit({ kind: "lateOutcome", at, node: node.id, attempt: number, outcome });
  run.effect({ kind: "discard", node: node.id, attempt: number });
}

/** Row "timeout": "A timed-out attempt is settled at once and its signal aborts". Row "retry": "an attempt's `timeout` … retried". */
export function timeOutAttempt(run: RunState, attempt: Attempt, at: number): void {
  endEarly(run, attempt.node, "timeout", at);
  failAttempt(run, attempt.node, { reason: "timeout" }, at);
}

/** The node's deadline; it may be between attempts, parked, or ready again without a slot. */
export function timeOutNode(run: RunState, node: ModelNode, at: number): void {
  if (isSettled(node.state)) return;
  returnLease(run, node, at);
  endEarly(run, node, "nodeTimeout", at);
  failNode(run, node, "timeout", at);
}

function endEarly(run: RunState, node: ModelNode, why: "timeout" | "nodeTimeout", at: number): void {
  sweepInside(run, node, "cancel");
  abortCode(run, node, why, at);
}

/** Row "structured end": "… at most `graceMs` …, and lists what it had to abandon". */
export function abandon(run: RunState, attempt: Attempt, at: number): void {
  attempt.phase = "abandoned";
  attempt.holdsNeeds = false;
  run.emit({ kind: "attemptAbandoned", at, node: attempt.node.id, attempt: attempt.number });
  considerClosingAround(run, attempt.node);
}
