/**
 * Waits of the reference model: opened by code or by a wait node, ended by a signal or by time.
 *
 * DESIGN §4, row "waits": a wait's id is (node, name or ordinal).
 */
import { missedDeadline, startAttempt, timeOutAttempt, timeOutNode } from "./attempts.js";
import { isSparedOnly } from "./retry.js";
import { cancelNode, completeNode, failNode, makeReady } from "./settle.js";
import { type ModelNode, type OpenWait, type QueuedSignal, type RunState, toUs } from "./state.js";
import { abortCode } from "./stop.js";
import { ownSignal, type RunInput, timeKey, type WaitEnd } from "./types.js";

type Wait = Extract<RunInput, { kind: "wait" }>;

/** The code of an attempt waits: it "hold[s] no slot, resource or key". */
export function openWait(run: RunState, node: ModelNode, input: Wait, at: number): void {
  const attempt = run.currentAttempt(node);
  if (attempt === null || attempt.number !== input.attempt || attempt.phase === "inside") return;
  const { key, what } = input;
  if (what.for === "signal" ? key >= ownSignal : key < timeKey) return;
  if (run.waits.some((wait) => wait.node === node && wait.key === key)) return;
  const missed = missedDeadline(attempt, at);
  if (missed === "attempt") timeOutAttempt(run, attempt, at);
  else if (missed === "node") timeOutNode(run, node, at);
  else if (isSparedOnly(node)) {
    abortCode(run, node, "failFast", at);
    cancelNode(run, node, at, false);
  } else {
    if (attempt.phase === "running") {
      run.move(node, "waiting");
      attempt.phase = "parked";
      attempt.used += at - attempt.since;
      attempt.lane = null;
      attempt.holdsNeeds = false;
    }
    const length = what.for === "time" ? what.us : what.timeoutUs;
    const due = length === undefined ? null : at + length;
    const hasDefault = what.for === "signal" && what.hasDefault;
    listen(run, { node, key, name: what.for === "signal" ? key : null, hasDefault, due }, at);
  }
}

/** Row "waits": "a wait node starts without one" (a slot). */
export function startWaitNode(run: RunState, node: ModelNode, at: number): void {
  const { kind } = node.policy;
  if (kind?.is !== "wait") throw new Error(`node ${node.id} is no wait node`);
  const { signal, timeoutMs, hasDefault = false } = kind.wait;
  startAttempt(run, node, node.begun + 1, null, at);
  run.move(node, "waiting");
  const name = signal === undefined ? null : signal === "own" ? ownSignal + node.id : signal;
  const due = timeoutMs === undefined ? null : at + toUs(timeoutMs);
  listen(run, { node, key: 0, name, hasDefault: hasDefault && name !== null, due }, at);
}

function listen(run: RunState, wait: OpenWait, at: number): void {
  const { node, key, name, hasDefault, due } = wait;
  run.waits.push(wait);
  const waitsFor = name === null ? "time" : hasDefault ? "signalOrDefault" : "signal";
  run.emit({ kind: "waitOpened", at, node: node.id, attempt: node.begun, key, waitsFor, due });
  // "Signals that come early queue in order."
  const early = run.signals.find((signal) => hears(wait, signal));
  if (early === undefined) return;
  run.signals = run.signals.filter((signal) => signal !== early);
  hear(run, wait, early, at);
}

/** A signal comes: the oldest open wait for it hears it. */
export function takeSignal(run: RunState, signal: QueuedSignal, at: number): void {
  const wait = run.waits.find((open) => hears(open, signal));
  if (wait !== undefined) {
    hear(run, wait, signal, at);
    return;
  }
  run.signals.push(signal);
  run.emit({ kind: "signalQueued", at, ...signal });
}

function hears(wait: OpenWait, signal: QueuedSignal): boolean {
  return wait.name === signal.name && (signal.node === null || signal.node === wait.node.id);
}

function hear(run: RunState, wait: OpenWait, { isRejection, payload }: QueuedSignal, at: number): void {
  endWait(run, wait, isRejection ? "rejected" : "answered", payload, at);
}

/** The time of a wait is over. */
export function timeOutWait(run: RunState, wait: OpenWait, at: number): void {
  endWait(run, wait, wait.name === null ? "slept" : wait.hasDefault ? "default" : "timedOut", 0, at);
}

/** "A rejection or a wait's timeout fails a wait node and is thrown inside a function." */
function endWait(run: RunState, wait: OpenWait, end: WaitEnd, payload: number, at: number): void {
  const { node, key } = wait;
  run.waits = run.waits.filter((open) => open !== wait);
  run.emit({ kind: "waitOver", at, node: node.id, key, end, payload });
  run.effect({ kind: "waitOver", node: node.id, key, end, payload });
  if (node.policy.kind?.is === "wait") {
    if (end === "rejected") failNode(run, node, "rejected", at);
    else if (end === "timedOut") failNode(run, node, "timeout", at);
    else completeNode(run, node, at);
  } else if (node.state === "waiting") {
    makeReady(run, node, at);
  }
}
