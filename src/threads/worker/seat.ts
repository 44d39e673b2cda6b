/**
 * A thread's place at the scheduler: one native function without arguments and one buffer, laid out as `crates/runtime/src/memory.rs` says.
 *
 * I1 Nothing but this file knows the layout. I2 The records of one exchange are of one run. I3 A lease is ours from the moment its claim is
 * answered with its number, and not before: others may close the tray at any time. I4 Each claimed lease gets exactly one record of its
 * beginning (`began` or `ran`), in order of claims.
 */

/** The native seat: what crosses outside of the buffer, too. The addon's `NativeSeat` is one. */
export interface NativeSeatLike {
  /** The buffer and what takes it across. `isShared` is false where the platform forbids buffers that native code owns. */
  open(): { readonly buffer: ArrayBuffer; readonly isShared: boolean; readonly call: () => number };
  /** The bytes of the next record with tag `bytes`. */
  put(bytes: Uint8Array): void;
  /** What a node put out. */
  value(run: number, node: number): NativeValue;
  /** What a prepared attempt of a node is given, encoded. */
  prepared(run: number, node: number): Uint8Array | null;
  /** What there is to know of a run, encoded; null where it is over. */
  description(run: number): Uint8Array | null;
  /** The upstreams of the base nodes: those of node `n` are `ids[starts[n]]` up to `ids[starts[n + 1]]`. */
  upstreams(run: number): { readonly starts: Uint32Array; readonly ids: Uint32Array } | null;
  isLive(run: number): boolean;
  /** Nobody is woken here any more. */
  leave(): void;
}

/** An output as the scheduler keeps it: bytes are the codec's; of a carried one only main has the value. */
export type NativeValue = undefined | null | boolean | number | Uint8Array | { readonly carried: boolean };

/** What {@link Seat.exchange} answers, as bits. */
export const seatBits = { leases: 1, notify: 2, stop: 4, idle: 8 } as const;

/** What a thread is about to do where there is nothing: look again, wait for the pool's word, or return to its event loop. */
export const exchangeModes = { work: 0, park: 1, leave: 2 } as const;

/** How an attempt ended. `settles`: ok, but main has to settle it; `failed`: main settles it; `final`: failed, and never to be tried again. */
export const outcomes = { ok: 0, settles: 1, failed: 2, final: 3 } as const;

/** What stands for a value in a record. */
export const tags = { undefined: 0, null: 1, true: 2, false: 3, number: 4, bytes: 5, carried: 6 } as const;

/** What is special about a lease, as bits. `mistrusted`: an own output of its run may be of an attempt that came too late. */
export const leaseFlags = { prepared: 1, read: 2, mistrusted: 4 } as const;

/** The most leases of one exchange. */
export const mostLeases = 64;

const recordCapacity = 512;
/** Above this many records it is time to exchange. */
const manyRecords = 400;
const claimAt = 64 >> 2;
const recordsAt = 128;
const recordBytes = 32;
const leasesAt = (recordsAt + recordCapacity * recordBytes) >> 2;
const leaseWords = 4;
const beginsAt = (leasesAt + mostLeases * leaseWords) >> 1;

const phases = { began: 1, ended: 2, ran: 3 } as const;

// What a task puts in the place of the globals is none of the seat's.
const { add } = Atomics;

/** Claims leases, writes records, exchanges. Times are in milliseconds of this thread's `performance.now()`. */
export class Seat {
  readonly native: NativeSeatLike;
  readonly #advance: () => number;
  readonly #words: Uint32Array;
  readonly #ints: Int32Array;
  readonly #floats: Float64Array;
  #next = 0;
  #count = 0;
  #at = leasesAt;
  /** How many records wait to be taken across. */
  pending = 0;
  #recordsRun = 0;

  /** Throws where native code may not share a buffer with JavaScript. */
  constructor(native: NativeSeatLike) {
    const { buffer, isShared, call } = native.open();
    if (!isShared) {
      throw new Error('this platform forbids buffers that native code owns (Electron does), and threads need one: use `on: "inline"` here');
    }
    this.native = native;
    this.#advance = call;
    this.#words = new Uint32Array(buffer);
    this.#ints = new Int32Array(buffer);
    this.#floats = new Float64Array(buffer);
  }

  // ── leases ──

  /** Whether there are leases that may still be claimed: others may have taken them. */
  get hasNext(): boolean {
    return this.#next < this.#count;
  }

  /** The function of the next lease. */
  get nextFn(): number {
    return this.#words[leasesAt + this.#next * leaseWords + 2] as number;
  }

  /** Claims the next lease, which begins at `now`. Answers false where the tray was closed; then there is none any more (I3). */
  claim(now: number): boolean {
    const i = add(this.#ints, claimAt, 1);
    if (i < 0 || i >= this.#count) {
      this.#next = this.#count = 0;
      return false;
    }
    this.#floats[beginsAt + i] = now;
    this.#at = leasesAt + i * leaseWords;
    this.#next = i + 1;
    return true;
  }

  /** The node of the lease claimed last; so are the next two of the same one. */
  get node(): number {
    return this.#words[this.#at] as number;
  }

  get attempt(): number {
    return this.#words[this.#at + 1] as number;
  }

  /** As {@link leaseFlags}. */
  get flags(): number {
    return this.#words[this.#at + 3] as number;
  }

  // ── records ──

  /** Whether it is time to exchange. What one call of a task reports fits in any case. */
  get isFull(): boolean {
    return this.pending > manyRecords;
  }

  /** Whether a record of this run may be written: those that wait are of the same one (I2). */
  takes(run: number): boolean {
    return this.pending === 0 || this.#recordsRun === run;
  }

  /** The function of a claimed lease has been called, and goes on. */
  began(run: number, node: number, attempt: number, at: number): void {
    this.#put(run, node, phases.began | (attempt << 8), at, 0, 0);
  }

  /** An attempt that began before has ended. `number` is the value where `tag` says so. */
  ended(run: number, node: number, attempt: number, at: number, outcome: number, tag: number, number: number): void {
    this.#put(run, node, phases.ended | (outcome << 2) | (tag << 4) | (attempt << 8), at, at, number);
  }

  /** The function of a claimed lease has been called and has ended. */
  ran(run: number, node: number, attempt: number, beganAt: number, endedAt: number, outcome: number, tag: number, number: number): void {
    this.#put(run, node, phases.ran | (outcome << 2) | (tag << 4) | (attempt << 8), beganAt, endedAt, number);
  }

  #put(run: number, node: number, kind: number, first: number, second: number, number: number): void {
    const at = recordsAt + this.pending++ * recordBytes;
    const words = this.#words;
    const floats = this.#floats;
    this.#recordsRun = run;
    words[at >> 2] = node;
    words[(at >> 2) + 1] = kind;
    floats[(at >> 3) + 1] = first;
    floats[(at >> 3) + 2] = second;
    floats[(at >> 3) + 3] = number;
  }

  // ── exchanges ──

  /**
   * Takes the records across, and with `want` above 0 new leases over, in the place of the old. Answers with {@link seatBits}. Throws only on
   * a fault in the engine.
   */
  exchange(want: number, mode: number, now: number): number {
    const words = this.#words;
    words[0] = this.pending;
    words[1] = want;
    this.#floats[1] = now;
    words[4] = this.#recordsRun;
    words[5] = mode;
    this.pending = 0;
    const bits = this.#advance();
    if (want > 0) {
      this.#next = 0;
      this.#count = bits & seatBits.leases ? (words[6] as number) : 0;
    }
    return bits;
  }

  /** The run of the leases. */
  get run(): number {
    return this.#words[7] as number;
  }

  /** How many parked threads are to be notified, where the answer said so. */
  get notifyCount(): number {
    return this.#words[8] as number;
  }

  /** The version of what there is to know of the leases' run. */
  get version(): number {
    return this.#words[9] as number;
  }

  /** Forgets the leases that have not been claimed. */
  drop(): void {
    this.#next = this.#count = 0;
  }
}
