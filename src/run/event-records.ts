/** The core's records of events, 32 bytes each as `crates/core/src/run/event.rs` lays them out, as events with names. */
import { none } from "../native/index.js";
import { reasonName } from "./columns.js";
import { type Question, type RunEvent, runStatuses } from "./events.js";

/** Size of a record. */
export const recordBytes = 32;

/** What names the core's numbers. */
export interface EventNames {
  /** The address of a node. */
  addressOf(node: number): string;
  /** The name of a signal; `undefined` for a node's own. */
  signalNameOf(number: number): string | undefined;
  /** The run's id. */
  readonly runId: string;
  /** What the last attempt of a node, or a predicate that guards it, threw; `undefined` where nothing was. */
  errorOf(node: number): unknown;
  /** The name of the signal that a wait is for, by the wait's key. */
  signalOfWait(node: number, key: number): string | undefined;
}

/** The core's kinds of event, at the position of their number less one. */
const kinds = [
  "runStarted",
  "nodeReady",
  "nodeLeased",
  "leaseReturned",
  "nodeStarted",
  "nodeCompleted",
  "attemptFailed",
  "nodeFailed",
  "nodeSkipped",
  "nodeCancelled",
  "cancelRequested",
  "runStopping",
  "lateOutcome",
  "attemptAbandoned",
  "runEnded",
  "predicateAsked",
  "predicateAnswered",
  "nodeFiltered",
  "waitOpened",
  "waitOver",
  "nodeResumed",
  "scopeOpened",
  "itemsAdded",
  "grew",
  "runPaused",
  "runResumed",
  "runTimedOut",
  "nodeCancelRequested",
  "phaseEntered",
  "undoStarted",
  "undoCompleted",
  "undoFailed",
  "signalQueued",
] as const;

const questionNames: readonly Question[] = ["edge", "condition", "cache", "until"];
const verdictNames = ["yes", "no", "nothing", "threw", "timedOut"] as const;
const endNames = ["slept", "answered", "rejected", "timedOut", "default"] as const;
const phaseNames = ["running", "undoing", "finalizing"] as const;

/** A time that does not come. */
const never = 2 ** 64;
const forEver = "this wait has no timeout: it may wait for ever";

/** Decodes records; `firstSeq` is the place of the first in the run's sequence. */
export function* decodeEvents(records: Uint8Array, firstSeq: number, names: EventNames): Generator<RunEvent> {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let at = 0, seq = firstSeq; at < records.byteLength; at += recordBytes, seq++) {
    const event = decode(view, at, seq, names);
    if (event !== undefined) yield event;
  }
}

function decode(view: DataView, at: number, seq: number, names: EventNames): RunEvent | undefined {
  const type = kinds[view.getUint8(at + 28) - 1];
  if (type === undefined) return undefined;
  const detail = view.getUint8(at + 29);
  const node = view.getUint32(at + 16, true);
  const attempt = view.getUint32(at + 20, true);
  const laneOrNone = view.getUint32(at + 24, true);
  const lane = laneOrNone === none ? undefined : laneOrNone;
  const timeMs = wide(view, at) / 1000;
  const address = node === none ? undefined : names.addressOf(node);
  // The events of every task, each made at once: there are millions of them, and a spread costs as much as the rest.
  if (address !== undefined) {
    if (type === "nodeReady" || type === "nodeCompleted") return { seq, timeMs, node: address, attempt, type };
    if (type === "nodeLeased") return { seq, timeMs, node: address, attempt, type, lane: lane ?? 0 };
    if (type === "nodeStarted") return { seq, timeMs, node: address, attempt, type, lane };
  }
  const value = wide(view, at + 8);
  const fact = { seq, timeMs };
  const ofNode = { ...fact, node: address ?? "", attempt };
  switch (type) {
    case "runStarted":
      return { ...fact, type, runId: names.runId };
    case "cancelRequested":
    case "runPaused":
    case "runResumed":
    case "runTimedOut":
      return { ...fact, type };
    case "runEnded":
      return { ...fact, type, status: runStatuses[detail - 1] ?? "failed" };
    case "nodeLeased":
      return { ...ofNode, type, lane: lane ?? 0 };
    case "nodeStarted":
    case "nodeResumed":
    case "undoStarted":
      return { ...ofNode, type, lane };
    case "attemptFailed":
    case "nodeFailed": {
      const reason = reasonName(detail) ?? "error";
      const error = reason === "timeout" ? undefined : names.errorOf(node);
      return type === "nodeFailed" ? { ...ofNode, type, reason, error } : { ...ofNode, type, reason, error, retryAtMs: value / 1000 };
    }
    case "nodeSkipped":
    case "undoFailed":
      return { ...ofNode, type, reason: reasonName(detail) ?? "error" };
    case "lateOutcome":
      return { ...ofNode, type, outcome: detail === 0 ? "succeeded" : "failed" };
    case "predicateAsked":
    case "predicateAnswered": {
      const question = questionNames[detail & 15] ?? "condition";
      const from = question === "edge" ? names.addressOf(laneOrNone) : undefined;
      if (type === "predicateAsked") return { ...ofNode, type, question, from };
      return { ...ofNode, type, question, from, verdict: verdictNames[detail >> 4] ?? "threw" };
    }
    case "waitOpened": {
      const dueAtMs = value >= never ? undefined : value / 1000;
      const isSleep = detail === 0;
      const signal = isSleep ? undefined : names.signalOfWait(node, laneOrNone);
      return { ...ofNode, type, signal, isSleep, dueAtMs, warning: dueAtMs === undefined ? forEver : undefined };
    }
    case "waitOver": {
      const end = endNames[detail] ?? "timedOut";
      return { ...ofNode, type, signal: end === "slept" ? undefined : names.signalOfWait(node, laneOrNone), end };
    }
    case "scopeOpened":
      return { ...ofNode, type, round: laneOrNone, nodeCount: value };
    case "itemsAdded":
      return { ...ofNode, type, count: value, isDone: detail === 1 };
    case "grew":
      return { ...fact, type, node: address };
    case "phaseEntered":
      return { ...fact, type, node: address, phase: phaseNames[detail] ?? "running" };
    case "signalQueued":
      return { ...fact, type, node: address, signal: names.signalNameOf(laneOrNone), isRejection: detail === 1 };
    default:
      return { ...ofNode, type };
  }
}

/** A number of 64 bits. Times and counts are below 2^53; the one that stands for never becomes {@link never}. */
function wide(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}
