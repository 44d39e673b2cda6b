/**
 * A scheduler for one seat, in memory, over the buffer that `crates/runtime/src/memory.rs` lays out: it hands out what a test queues, and
 * checks of every exchange what a thread promises (I2 and I4 of `src/threads/worker/seat.ts`).
 */
import type { NativeSeatLike, NativeValue } from "../../src/threads/worker/seat.js";

const claimWord = 64 >> 2;
const recordsAt = 128;
const leasesAt = recordsAt + 512 * 32;
const beginsAt = leasesAt + 64 * 16;
const closed = -0x8000_0000;

/** What a test queues. */
export interface FakeLease {
  readonly run: number;
  readonly node: number;
  readonly attempt: number;
  readonly fn: number;
  readonly flags: number;
}

/** What a thread reports, decoded from its record. */
export interface FakeRecord {
  readonly run: number;
  readonly node: number;
  readonly attempt: number;
  readonly phase: "began" | "ended" | "ran";
  readonly outcome: "ok" | "settles" | "failed" | "final";
  /** A scalar, or the bytes that were put for it. */
  readonly value: NativeValue;
}

export interface FakeExchange {
  readonly want: number;
  readonly mode: number;
  readonly records: readonly FakeRecord[];
}

const phases = [undefined, "began", "ended", "ran"] as const;
const outcomes = ["ok", "settles", "failed", "final"] as const;

export class FakeSeat implements NativeSeatLike {
  readonly buffer = new ArrayBuffer(beginsAt + 64 * 8);
  readonly #words = new Uint32Array(this.buffer);
  readonly #ints = new Int32Array(this.buffer);
  readonly #floats = new Float64Array(this.buffer);
  readonly #puts: Uint8Array[] = [];
  #tray: FakeLease[] = [];
  /** How many leases of the tray have been seen in records. */
  #seen = 0;
  readonly queue: FakeLease[] = [];
  readonly exchanges: FakeExchange[] = [];
  readonly records: FakeRecord[] = [];
  readonly values = new Map<string, NativeValue>();
  readonly descriptions = new Map<number, Uint8Array>();
  readonly inputs = new Map<string, Uint8Array>();
  readonly rows = new Map<number, { readonly starts: Uint32Array; readonly ids: Uint32Array }>();
  readonly overRuns = new Set<number>();
  version = 1;
  /** How many leases an exchange hands out at most. */
  batch = 64;
  hasLeft = false;
  reads = 0;
  /** Asked at each exchange that finds nothing, what to answer: bits; by default the thread is told to stop. */
  onEmpty: (exchange: FakeExchange) => number = () => 4;
  /** Asked at each exchange for more bits. */
  onExchange: (exchange: FakeExchange) => number = () => 0;

  constructor() {
    this.#ints[claimWord] = closed;
  }

  open(): { buffer: ArrayBuffer; isShared: boolean; call: () => number } {
    return { buffer: this.buffer, isShared: true, call: () => this.#exchange() };
  }

  put(bytes: Uint8Array): void {
    this.#puts.push(Uint8Array.from(bytes)); // A Buffer's `slice` is no copy.
  }

  value(run: number, node: number): NativeValue {
    this.reads++;
    return this.values.get(`${run} ${node}`);
  }

  prepared(run: number, node: number): Uint8Array | null {
    return this.inputs.get(`${run} ${node}`) ?? null;
  }

  description(run: number): Uint8Array | null {
    return this.overRuns.has(run) ? null : (this.descriptions.get(run) ?? null);
  }

  upstreams(run: number): { starts: Uint32Array; ids: Uint32Array } | null {
    return this.rows.get(run) ?? null;
  }

  isLive(run: number): boolean {
    return !this.overRuns.has(run);
  }

  leave(): void {
    this.hasLeft = true;
  }

  /** Somebody else closes the tray: what has not been claimed is answered. */
  close(): FakeLease[] {
    const claimed = Atomics.exchange(this.#ints, claimWord, closed);
    const count = claimed < 0 ? this.#tray.length : Math.min(claimed, this.#tray.length);
    return this.#tray.splice(count);
  }

  #exchange(): number {
    const words = this.#words;
    const [count, want, mode] = [words[0] ?? 0, words[1] ?? 0, words[5] ?? 0];
    const records = Array.from({ length: count }, (_, i) => this.#record(i, words[4] ?? 0));
    const exchange = { want, mode, records };
    this.exchanges.push(exchange);
    for (const record of records) this.#take(record);
    if (this.#puts.length > 0) throw new Error("bytes were put that no record speaks of");
    let bits = this.onExchange(exchange);
    words[8] = 0;
    if (want === 0) return bits;
    this.queue.unshift(...this.close().filter(({ run }) => this.isLive(run)));
    const run = this.queue[0]?.run ?? 0;
    this.#tray = [];
    while (this.#tray.length < Math.min(want, this.batch) && this.queue[0]?.run === run) this.#tray.push(this.queue.shift() as FakeLease);
    this.#seen = 0;
    if (this.#tray.length === 0) return bits | this.onEmpty(exchange);
    this.#tray.forEach(({ node, attempt, fn, flags }, i) => words.set([node, attempt, fn, flags], (leasesAt >> 2) + 4 * i));
    words.set([this.#tray.length, run, 0, this.version], 6);
    this.#ints[claimWord] = 0;
    bits |= 1;
    return bits;
  }

  #record(i: number, run: number): FakeRecord {
    const at = recordsAt + i * 32;
    const kind = this.#words[(at >> 2) + 1] ?? 0;
    const tag = (kind >> 4) & 15;
    const phase = phases[kind & 3];
    if (phase === undefined) throw new Error("a record without a phase");
    const number = this.#floats[(at >> 3) + 3];
    const bytes = tag === 5 ? this.#puts.shift() : undefined;
    if (tag === 5 && bytes === undefined) throw new Error("a record speaks of bytes that nobody put");
    const value = [undefined, null, true, false, number, bytes, { carried: true }][tag];
    return { run, node: this.#words[at >> 2] ?? 0, attempt: kind >>> 8, phase, outcome: outcomes[(kind >> 2) & 3] ?? "ok", value };
  }

  #take(record: FakeRecord): void {
    this.records.push(record);
    const { run, node, attempt, phase, outcome, value } = record;
    if (phase !== "ended") {
      const next = this.#tray[this.#seen++];
      const isNext = next?.run === run && next.node === node && next.attempt === attempt;
      if (!isNext) throw new Error(`node ${node} was reported to begin out of turn`);
      if (Number.isNaN(this.#floats[(beginsAt >> 3) + this.#seen - 1])) throw new Error(`node ${node} has no time`);
    }
    if (phase !== "began" && outcome === "ok") this.values.set(`${run} ${node}`, value);
  }
}
