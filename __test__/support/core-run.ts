/**
 * The core's run behind the interface of the reference model: packs inputs into the door's buffer, reads effects and event records out of it.
 *
 * The layouts are those documented in crates/binding/src/door.rs and crates/core/src/run/event.rs; the numbers here are theirs, copied by hand,
 * so that a change of the format shows in a test.
 */
import { NativeDoor, NativeGraph, NativePlan, NativeRun } from "../../src/native/index.js";
import type {
  AbortReason,
  FailureReason,
  Outcome,
  RunEvent,
  RunInput,
  RunSpec,
  RunStatus,
  SkipReason,
  StepReport,
} from "./model/types.js";

/** How many inputs one call takes. */
export const inputsPerCall = 512;
const inputsAt = 64;
const leasesAt = inputsAt + inputsPerCall * 24;
const othersAt = leasesAt + 512 * 8;
const none = 0xffffffff;
const headerBytes = 64;
const recordBytes = 24;

/** A step of the core, with the records it wrote. */
export interface CoreReport extends StepReport {
  readonly records: Uint8Array;
}

const ends = new NativeDoor();
const door = { native: ends, ...ends.open() };
const view = new DataView(door.buffer);
const bytes = new Uint8Array(door.buffer);

/** A graph with its policies, as the core holds it. */
export function corePlan(spec: RunSpec): NativePlan {
  const graph = NativeGraph.build(spec.nodeCount, Uint32Array.from(spec.edges.flat()));
  const { policies } = spec;
  const column = (values: readonly (number | undefined)[], missing: number): { values: Float64Array } | null =>
    values.every((value) => value === undefined) ? null : { values: Float64Array.from(values, (value) => value ?? missing) };
  const costs = column(policies.map((policy) => policy.cost), 1);
  const priorities = column(policies.map((policy) => policy.priority), 0);
  const timeouts = column(policies.map((policy) => policy.timeoutMs), Number.NaN);
  const attempts = column(policies.map((policy) => policy.maxAttempts), 1);
  return new NativePlan(graph, {
    ...(costs === null ? {} : { costs: costs.values }),
    ...(priorities === null ? {} : { priorities: priorities.values }),
    ...(timeouts === null ? {} : { timeouts: timeouts.values }),
    ...(attempts === null ? {} : { maxAttempts: Uint32Array.from(attempts.values) }),
    defaultTimeout: Number.NaN,
    defaultMaxAttempts: 1,
  });
}

export class CoreRun {
  readonly #run: NativeRun;

  /** Takes over a run, fresh or replayed, that keeps its events. */
  constructor(run: NativeRun) {
    this.#run = run;
  }

  static fresh(spec: RunSpec, plan: NativePlan): CoreRun {
    const { maxWorkers, failFast, graceMs } = spec;
    return new CoreRun(new NativeRun(plan, { maxWorkers, failFast, graceMs, keepResults: 0, recording: true }));
  }

  /** @throws where the journal is damaged or of another plan. */
  static replayed(plan: NativePlan, journal: Uint8Array): CoreRun {
    const run = NativeRun.replay(plan, journal);
    run.record();
    return new CoreRun(run);
  }

  get native(): NativeRun {
    return this.#run;
  }

  header(): Uint8Array {
    return this.#run.journalHeader(0);
  }

  advance(inputs: readonly RunInput[], nowUs: number): CoreReport {
    door.native.attach(this.#run, 0);
    view.setUint32(0, inputs.length, true);
    view.setFloat64(8, nowUs / 1000, true);
    for (const [i, input] of inputs.slice(0, inputsPerCall).entries()) writeInput(inputsAt + i * 24, input);
    let bits = door.call();
    const leases: [number, number][] = [];
    const others: Other[] = [];
    for (;;) {
      for (let i = 0; i < view.getUint32(24, true); i++) leases.push([word(leasesAt + i * 8), word(leasesAt + i * 8 + 4)]);
      for (let i = 0; i < view.getUint32(28, true); i++) others.push(readOther(othersAt + i * 16));
      if ((bits & 8) === 0) break;
      view.setUint32(0, 0, true);
      bits = door.call();
    }
    const wakeAtMs = view.getFloat64(16, true);
    const records = this.#run.takeEvents();
    const events = readEvents(records);
    const laneOf = new Map(events.flatMap((event) => (event.kind === "nodeLeased" ? [[`${event.node}#${event.attempt}`, event.lane]] : [])));
    return {
      events,
      leases: leases.map(([node, attempt]) => ({ node, attempt, lane: laneOf.get(`${node}#${attempt}`) ?? -1 })),
      aborts: others.flatMap(({ kind, node, attempt, why }) => (kind === "abort" ? [{ node, attempt, why }] : [])),
      revoked: others.flatMap(({ kind, node }) => (kind === "revoke" ? [{ node }] : [])),
      discards: others.flatMap(({ kind, node, attempt }) => (kind === "discard" ? [{ node, attempt }] : [])),
      wakeAt: wakeAtMs === Number.POSITIVE_INFINITY ? null : Math.round(wakeAtMs * 1000),
      ended: (bits & 4) !== 0,
      records,
    };
  }
}

/** The bytes of a journal: its header, then its records. */
export function journalOf(header: Uint8Array, records: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat([header, ...records]));
}

/** The first `count` records of a journal, with its header. */
export function journalPrefix(journal: Uint8Array, count: number): Uint8Array {
  return journal.subarray(0, headerBytes + count * recordBytes);
}

/** How many records a journal has. */
export function recordCount(journal: Uint8Array): number {
  return (journal.length - headerBytes) / recordBytes;
}

function word(at: number): number {
  return view.getUint32(at, true);
}

function writeInput(at: number, input: RunInput): void {
  bytes.fill(0, at, at + 24);
  view.setFloat64(at + 8, input.at / 1000, true);
  if (input.kind === "start") return view.setUint32(at + 4, 7, true);
  if (input.kind === "cancel") return view.setUint32(at + 4, 6, true);
  const kind = input.kind === "begin" ? 1 : input.outcome === "ok" ? 2 : 3;
  view.setUint32(at, input.node, true);
  view.setUint32(at + 4, (kind | (input.attempt << 4)) >>> 0, true);
}

interface Other {
  readonly kind: "abort" | "revoke" | "discard" | "free";
  readonly node: number;
  readonly attempt: number;
  readonly why: AbortReason;
}

function readOther(at: number): Other {
  const kinds = [undefined, "abort", "revoke", "discard", "free"] as const;
  const whys = [undefined, "cancel", "timeout", "failFast"] as const;
  return {
    kind: known(kinds[word(at)], "effect"),
    node: word(at + 4),
    attempt: word(at + 8),
    why: whys[word(at + 12)] ?? "cancel",
  };
}

function readEvents(records: Uint8Array): RunEvent[] {
  if (records.length % recordBytes !== 0) throw new Error(`${records.length} bytes are no whole number of records`);
  const table = new DataView(records.buffer, records.byteOffset, records.byteLength);
  return Array.from({ length: records.length / recordBytes }, (_, i) => readEvent(table, i * recordBytes));
}

/** One record: `time: u64, node: u32, attempt: u32, lane: u32, kind: u8, detail: u8, 0: u16`. */
function readEvent(table: DataView, start: number): RunEvent {
  const at = Number(table.getBigUint64(start, true));
  const node = table.getUint32(start + 8, true);
  const attempt = table.getUint32(start + 12, true);
  const lane = table.getUint32(start + 16, true);
  const detail = table.getUint8(start + 21);
  const code = table.getUint8(start + 20);
  if ((node === none) !== [1, 11, 15].includes(code)) throw new Error(`event kind ${code} at ${at} has node ${node}`);
  switch (code) {
    case 1:
      return { kind: "runStarted", at };
    case 2:
      return { kind: "nodeReady", at, node };
    case 3:
    case 5:
      return { kind: code === 3 ? "nodeLeased" : "nodeStarted", at, node, attempt, lane };
    case 4:
      return { kind: "leaseReturned", at, node };
    case 6:
    case 14:
      return { kind: code === 6 ? "nodeCompleted" : "attemptAbandoned", at, node, attempt };
    case 7:
    case 8:
      return { kind: code === 7 ? "attemptFailed" : "nodeFailed", at, node, attempt, reason: failureReason(detail) };
    case 9:
      return { kind: "nodeSkipped", at, node, reason: skipReason(detail) };
    case 10:
      return { kind: "nodeCancelled", at, node, attempt };
    case 11:
      return { kind: "cancelRequested", at };
    case 12:
      return { kind: "runStopping", at, node };
    case 13: {
      const outcomes: readonly Outcome[] = ["ok", "failed"];
      return { kind: "lateOutcome", at, node, attempt, outcome: known(outcomes[detail], "outcome") };
    }
    case 15:
      return { kind: "runEnded", at, status: runStatus(detail) };
    default:
      throw new Error(`unknown event kind ${code} at ${at}`);
  }
}

function failureReason(code: number): FailureReason {
  const reasons: readonly (FailureReason | undefined)[] = [undefined, "error", "timeout", "rejected", "crashed", "limit"];
  return known(reasons[code], `failure reason ${code}`);
}

function skipReason(code: number): SkipReason {
  const reasons: readonly SkipReason[] = ["condition", "join", "upstreamSkipped", "upstreamFailed", "failFast"];
  return known(reasons[code - 16], `skip reason ${code}`);
}

function runStatus(code: number): RunStatus {
  const statuses: readonly (RunStatus | undefined)[] = [undefined, "completed", "failed", "cancelled"];
  return known(statuses[code], `status ${code}`);
}

function known<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`unknown ${what}`);
  return value;
}
