/**
 * The core's run behind the interface of the reference model: inputs and effects through the door, events from their records.
 *
 * The layout and the codes of a record are those documented in crates/core/src/run/event.rs, copied here by hand: they are a file format, and a
 * change of it is to show in a test.
 */
import { Door, doorBits, effectKinds, NativeGraph, NativePlan, NativeRun } from "../../src/native/index.js";
import type { AbortReason, FailureReason, Outcome, RunEvent, RunInput, RunSpec, RunStatus, SkipReason, StepReport } from "./model/types.js";

const none = 0xffffffff;
const headerBytes = 64;
const recordBytes = 24;

/** A step of the core, with the records it wrote. */
export interface CoreReport extends StepReport {
  readonly records: Uint8Array;
  /** Nodes whose output nobody will read any more. */
  readonly frees: readonly number[];
}

/** Which outputs a run keeps, by the binding's code. */
export const keepCodes = { all: 0, leaves: 1, none: 2 } as const;

/** A graph with its policies, as the core holds it. */
export function corePlan(spec: RunSpec): NativePlan {
  const graph = NativeGraph.build(spec.nodeCount, Uint32Array.from(spec.edges.flat()));
  if (Array.isArray(graph)) throw new Error("the spec's edges are no DAG");
  const { policies } = spec;
  const column = (values: readonly (number | undefined)[], missing: number): { values: Float64Array } | null =>
    values.every((value) => value === undefined) ? null : { values: Float64Array.from(values, (value) => value ?? missing) };
  const costs = column(
    policies.map((policy) => policy.cost),
    1,
  );
  const priorities = column(
    policies.map((policy) => policy.priority),
    0,
  );
  const timeouts = column(
    policies.map((policy) => policy.timeoutMs),
    Number.NaN,
  );
  const attempts = column(
    policies.map((policy) => policy.maxAttempts),
    1,
  );
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

  static fresh(spec: RunSpec, plan: NativePlan, keep: keyof typeof keepCodes = "all"): CoreRun {
    const { maxWorkers, failFast, graceMs } = spec;
    const run = new NativeRun(plan, maxWorkers, graceMs, failFast, keepCodes[keep]);
    run.record();
    return new CoreRun(run);
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

  /** One step; at most 512 inputs, which is what a crossing takes. */
  advance(inputs: readonly RunInput[], nowUs: number): CoreReport {
    const door = Door.open(this.#run, 0);
    for (const input of inputs) give(door, input);
    const leases: number[] = [];
    const effects: ReturnType<Door["effect"]>[] = [];
    let bits: number;
    do {
      bits = door.advance(nowUs / 1000);
      const pairs = new Uint32Array(2 * door.leaseCount);
      door.copyLeases(pairs, 0);
      leases.push(...pairs);
      for (let i = 0; i < door.effectCount; i++) effects.push(door.effect(i));
    } while ((bits & doorBits.more) !== 0);
    const { wakeAt } = door;
    door.close();
    const records = this.#run.takeEvents();
    const events = readEvents(records);
    const laneOf = new Map(
      events.flatMap((event) => (event.kind === "nodeLeased" ? [[`${event.node}#${event.attempt}`, event.lane]] : [])),
    );
    const ofKind = (kind: number): typeof effects => effects.filter((effect) => effect.kind === kind);
    return {
      events,
      leases: Array.from({ length: leases.length / 2 }, (_, i) => {
        const [node = -1, attempt = -1] = leases.slice(2 * i, 2 * i + 2);
        return { node, attempt, lane: laneOf.get(`${node}#${attempt}`) ?? -1 };
      }),
      aborts: ofKind(effectKinds.abort).map(({ node, attempt, reason }) => ({ node, attempt, why: abortReason(reason) })),
      revoked: ofKind(effectKinds.revoke).map(({ node }) => ({ node })),
      discards: ofKind(effectKinds.discard).map(({ node, attempt }) => ({ node, attempt })),
      wakeAt: wakeAt === Number.POSITIVE_INFINITY ? null : Math.round(wakeAt * 1000),
      ended: (bits & doorBits.ended) !== 0,
      records,
      frees: ofKind(effectKinds.free).map(({ node }) => node),
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

/** The records of a journal, without its header. */
export function recordsOf(journal: Uint8Array): Uint8Array {
  return journal.subarray(headerBytes);
}

/** How many records a journal has. */
export function recordCount(journal: Uint8Array): number {
  return (journal.length - headerBytes) / recordBytes;
}

function give(door: Door, input: RunInput): void {
  const atMs = input.at / 1000;
  if (input.kind === "start") door.start(atMs);
  else if (input.kind === "cancel") door.cancel(atMs);
  else if (input.kind === "begin") door.began(input.node, input.attempt, atMs);
  else door.settled(input.node, input.attempt, atMs, input.outcome === "ok");
}

/** The events of whole records. */
export function readEvents(records: Uint8Array): RunEvent[] {
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

function abortReason(code: number): AbortReason {
  const reasons: readonly (AbortReason | undefined)[] = [undefined, "cancel", "timeout", "failFast"];
  return known(reasons[code], `abort reason ${code}`);
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
