/**
 * A run's journal in the words of the reference model.
 *
 * The layout and the codes of a record are those documented in crates/core/src/run/event.rs, copied here by hand: they are a file format, and a
 * change of it is to show in a test.
 */
import type {
  AbortReason,
  Effect,
  FailureReason,
  GrowthFault,
  Outcome,
  Question,
  RunEvent,
  RunStatus,
  SkipReason,
  Verdict,
  WaitEnd,
} from "./model/types.js";

const none = 0xffffffff;
const never = 0xffffffffffffffffn;
/** The size of one record. */
export const recordBytes = 32;

/** Kinds of events that are about the run, and those that may be about it or about a node. */
const ofRun: readonly number[] = [1, 11, 15, 25, 26, 27];
const ofEither: readonly number[] = [24, 29, 33];

/** The bytes of a journal: its header, then its records. */
export function journalOf(header: Uint8Array, records: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat([header, ...records]));
}

/** How a journal is laid out: version 1 has a header of 64 bytes and records of 24; version 2 one of 80, with 16 more for each pool. */
function layoutOf(journal: Uint8Array): { headerBytes: number; recordSize: number } {
  const table = new DataView(journal.buffer, journal.byteOffset, journal.byteLength);
  if (table.getUint16(8, true) === 1) return { headerBytes: 64, recordSize: 24 };
  return { headerBytes: 80 + 16 * table.getUint32(56, true), recordSize: recordBytes };
}

/** The first `count` records of a journal, with its header. */
export function journalPrefix(journal: Uint8Array, count: number): Uint8Array {
  const { headerBytes, recordSize } = layoutOf(journal);
  return journal.subarray(0, headerBytes + count * recordSize);
}

/** The records of a journal, without its header; those of version 1 as version 2 has them. */
export function recordsOf(journal: Uint8Array): Uint8Array {
  const { headerBytes, recordSize } = layoutOf(journal);
  const records = journal.subarray(headerBytes);
  return recordSize === recordBytes ? records : upgraded(records);
}

/** How many records a journal has. */
export function recordCount(journal: Uint8Array): number {
  const { headerBytes, recordSize } = layoutOf(journal);
  return (journal.length - headerBytes) / recordSize;
}

/** Records `time: u64, node: u32, attempt: u32, lane: u32, kind: u8, detail: u8, 0: u16`; a failed attempt's next one was due at once. */
function upgraded(records: Uint8Array): Uint8Array {
  const upgrade = new Uint8Array((records.length / 24) * recordBytes);
  for (let from = 0, to = 0; from < records.length; from += 24, to += recordBytes) {
    const isRetried = records[from + 20] === 7;
    upgrade.set(records.subarray(from, from + 8), to);
    if (isRetried) upgrade.set(records.subarray(from, from + 8), to + 8);
    upgrade.set(records.subarray(from + 8, from + 24), to + 16);
  }
  return upgrade;
}

/** The events of whole records. */
export function readEvents(records: Uint8Array): RunEvent[] {
  if (records.length % recordBytes !== 0) throw new Error(`${records.length} bytes are no whole number of records`);
  const table = new DataView(records.buffer, records.byteOffset, records.byteLength);
  return Array.from({ length: records.length / recordBytes }, (_, i) => readEvent(table, i * recordBytes));
}

/** One record: `time: u64, value: u64, node: u32, attempt: u32, lane: u32, kind: u8, detail: u8, 0: u16`. */
function readEvent(table: DataView, start: number): RunEvent {
  const at = Number(table.getBigUint64(start, true));
  const bigValue = table.getBigUint64(start + 8, true);
  const value = Number(bigValue);
  const node = table.getUint32(start + 16, true);
  const attempt = table.getUint32(start + 20, true);
  const lane = table.getUint32(start + 24, true);
  const code = table.getUint8(start + 28);
  const detail = table.getUint8(start + 29);
  const nodeIfAny = node === none ? null : node;
  const laneIfAny = lane === none ? null : lane;
  if (!ofEither.includes(code) && (node === none) !== ofRun.includes(code)) throw new Error(`event kind ${code} at ${at} has node ${node}`);
  switch (code) {
    case 1:
      return { kind: "runStarted", at };
    case 2:
      return { kind: "nodeReady", at, node };
    case 3:
      return { kind: "nodeLeased", at, node, attempt, lane };
    case 4:
      return { kind: "leaseReturned", at, node };
    case 5:
      return { kind: "nodeStarted", at, node, attempt, lane: laneIfAny };
    case 6:
    case 14:
      return { kind: code === 6 ? "nodeCompleted" : "attemptAbandoned", at, node, attempt };
    case 7:
      return { kind: "attemptFailed", at, node, attempt, reason: failureReason(detail), due: value };
    case 8:
      return { kind: "nodeFailed", at, node, attempt, reason: failureReason(detail) };
    case 9:
      return { kind: "nodeSkipped", at, node, reason: skipReason(detail) };
    case 10:
      return { kind: "nodeCancelled", at, node, attempt };
    case 11:
      return { kind: "cancelRequested", at };
    case 12:
      return { kind: "runStopping", at, node };
    case 13:
      return { kind: "lateOutcome", at, node, attempt, outcome: outcome(detail) };
    case 15:
      return { kind: "runEnded", at, status: runStatus(detail) };
    case 16:
      return { kind: "predicateAsked", at, node, question: question(detail), from: laneIfAny };
    case 17:
      return { kind: "predicateAnswered", at, node, question: question(detail & 15), from: laneIfAny, verdict: verdict(detail >> 4) };
    case 18:
      return { kind: "nodeFiltered", at, node };
    case 19: {
      const due = bigValue === never ? null : value;
      return { kind: "waitOpened", at, node, attempt, key: lane, waitsFor: waitsFor(detail), due };
    }
    case 20:
      return { kind: "waitOver", at, node, key: lane, end: waitEnd(detail), payload: value };
    case 21:
      return { kind: "nodeResumed", at, node, attempt, lane: laneIfAny };
    case 22:
      return { kind: "scopeOpened", at, node, round: lane, count: value };
    case 23:
      return { kind: "itemsAdded", at, node, count: value, isDone: detail === 1 };
    case 24:
      return { kind: "grew", at, node: nodeIfAny, ordinal: value };
    case 25:
      return { kind: "runPaused", at };
    case 26:
      return { kind: "runResumed", at };
    case 27:
      return { kind: "runTimedOut", at };
    case 28:
      return { kind: "nodeCancelRequested", at, node };
    case 29:
      return { kind: "phaseEntered", at, node: nodeIfAny, phase: phase(detail) };
    case 30:
      return { kind: "undoStarted", at, node, lane };
    case 31:
      return { kind: "undoCompleted", at, node };
    case 32:
      return { kind: "undoFailed", at, node, reason: failureReason(detail) };
    case 33:
      return { kind: "signalQueued", at, node: nodeIfAny, name: lane, payload: value, isRejection: detail === 1 };
    default:
      throw new Error(`unknown event kind ${code} at ${at}`);
  }
}

/** An effect of the door in the words of the model. */
export function readEffect({ kind, node, a, b, c }: { kind: number; node: number; a: number; b: number; c: number }): Effect {
  const nodeIfAny = node === none ? null : node;
  switch (kind) {
    case 1:
      return { kind: "abort", node, attempt: a, why: abortReason(b) };
    case 2:
      return { kind: "revoke", node };
    case 3:
      return { kind: "discard", node, attempt: a };
    case 4:
      return { kind: "free", node };
    case 5:
      return { kind: "ask", node, question: question(a), from: b };
    case 6:
      return { kind: "expand", node, attempt: a, room: b === none ? null : b };
    case 7:
      return { kind: "stopItems", node };
    case 8:
      return { kind: "opened", node: nodeIfAny, first: a, count: b, what: opening(c) };
    case 9:
      return { kind: "waitOver", node, key: a, end: waitEnd(b), payload: c };
    case 10:
      return { kind: "undo", node };
    case 11:
      return { kind: "growthRefused", node: nodeIfAny, fault: growthFault(a), link: b === 0 ? null : b - 1 };
    default:
      throw new Error(`unknown effect kind ${kind}`);
  }
}

function words<Word extends string>(what: string, first: number, ...list: readonly Word[]): (code: number) => Word {
  return (code) => {
    const word = list[code - first];
    if (word === undefined) throw new Error(`unknown ${what} ${code}`);
    return word;
  };
}

const abortReason = words<AbortReason>("abort reason", 1, "cancel", "timeout", "failFast", "nodeTimeout", "runTimeout");
const failureReason = words<FailureReason>("failure reason", 1, "error", "timeout", "rejected", "crashed", "limit");
const skipReason = words<SkipReason>("skip reason", 16, "condition", "join", "upstreamSkipped", "upstreamFailed", "failFast");
const runStatus = words<RunStatus>("status", 1, "completed", "failed", "cancelled");
const outcome = words<Outcome>("outcome", 0, "ok", "failed");
const question = words<Question>("question", 0, "edge", "condition", "cache", "until");
const verdict = words<Verdict>("verdict", 0, "yes", "no", "nothing", "threw", "timedOut");
const waitEnd = words<WaitEnd>("end of a wait", 0, "slept", "answered", "rejected", "timedOut", "default");
const phase = words<"undoing" | "finalizing">("phase", 1, "undoing", "finalizing");
const opening = words<"scope" | "items" | "growth">("opening", 0, "scope", "items", "growth");

const growthFault = words<GrowthFault>(
  "growth fault",
  1,
  "unknownNode",
  "decided",
  "outputGone",
  "duplicateEdge",
  "cycle",
  "limit",
  "afterFinally",
  "tooLate",
);

function waitsFor(code: number): "time" | "signal" | "signalOrDefault" {
  if (code === 0) return "time";
  if (code !== 1 && code !== 3) throw new Error(`unknown wait ${code}`);
  return code === 1 ? "signal" : "signalOrDefault";
}
