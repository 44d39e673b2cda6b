/**
 * The hot door to a run: one native function without arguments and one buffer, laid out as `crates/binding/src/door.rs` says.
 *
 * I1 A door serves one run at a time. I2 Nothing but this file knows the layout. I3 Doors are kept for the next run of this thread:
 * making one costs more than a small run.
 */
import { NativeDoor, type NativeRun } from "./addon.js";

/** What `advance` answers, as bits. */
export const doorBits = { leases: 1, others: 2, ended: 4, more: 8 } as const;

/** The kinds of {@link Door.effect}. */
export const effectKinds = { abort: 1, revoke: 2, discard: 3, free: 4 } as const;

const inputCapacity = 512;
/** How many doors a thread keeps for later runs, at 20 kB each. */
const mostIdle = 16;
const inputsAt = 64;
const leasesAt = inputsAt + inputCapacity * 24;
const othersAt = leasesAt + 512 * 8;

const inputKinds = { begin: 1, succeeded: 2, failed: 3, ranOk: 4, ranFailed: 5, cancel: 6, start: 7 } as const;

/** Writes inputs, crosses, reads effects. Times are in milliseconds of the clock whose reading was given to {@link Door.open}. */
export class Door {
  static readonly #idle: Door[] = [];

  /** A door to `run`, whose time 0 is the clock's `baseMs`. */
  static open(run: NativeRun, baseMs: number): Door {
    const door = Door.#idle.pop() ?? new Door();
    door.#native.attach(run, baseMs);
    door.pending = 0;
    return door;
  }

  readonly #native: NativeDoor;
  readonly #advance: () => number;
  readonly #words: Uint32Array;
  readonly #floats: Float64Array;
  /** How many inputs wait to be taken across. */
  pending = 0;

  private constructor() {
    this.#native = new NativeDoor();
    const { buffer, isShared, call } = this.#native.open();
    this.#words = new Uint32Array(buffer);
    this.#floats = new Float64Array(buffer);
    if (isShared) {
      this.#advance = call as () => number;
    } else {
      const bytes = new Uint8Array(buffer);
      this.#advance = () => (call as (bytes: Uint8Array) => number)(bytes);
    }
  }

  /** Whether it is time to cross: what one call of a task reports (its beginning, a cancel, its end) might not fit any more. */
  get isFull(): boolean {
    return this.pending > inputCapacity - 3;
  }

  /** The run begins. */
  start(at: number): void {
    this.#put(0, inputKinds.start, at, 0);
  }

  /** The function of a leased node was called. */
  began(node: number, attempt: number, at: number): void {
    this.#put(node, inputKinds.begin | (attempt << 4), at, 0);
  }

  /** The code of an attempt has ended. */
  settled(node: number, attempt: number, at: number, isOk: boolean): void {
    this.#put(node, (isOk ? inputKinds.succeeded : inputKinds.failed) | (attempt << 4), at, 0);
  }

  /** The function of a leased node was called and has ended. */
  ran(node: number, attempt: number, beganAt: number, endedAt: number, isOk: boolean): void {
    this.#put(node, (isOk ? inputKinds.ranOk : inputKinds.ranFailed) | (attempt << 4), beganAt, endedAt);
  }

  /** Somebody cancels the run. */
  cancel(at: number): void {
    this.#put(0, inputKinds.cancel, at, 0);
  }

  #put(node: number, kindAndAttempt: number, first: number, second: number): void {
    const at = inputsAt + this.pending++ * 24;
    const words = this.#words;
    const floats = this.#floats;
    words[at >> 2] = node;
    words[(at >> 2) + 1] = kindAndAttempt;
    floats[(at >> 3) + 1] = first;
    floats[(at >> 3) + 2] = second;
  }

  /** Takes the inputs across and advances the run; throws only on a fault in the engine. Answers with {@link doorBits}. */
  advance(now: number): number {
    this.#words[0] = this.pending;
    this.#floats[1] = now;
    this.pending = 0;
    return this.#advance();
  }

  /** The time by which `advance` must be called again; Infinity if it need not. */
  get wakeAt(): number {
    return this.#floats[2] as number;
  }

  /** 0 while the run goes on, then 1 completed, 2 failed, 3 cancelled. */
  get status(): number {
    return this.#words[8] as number;
  }

  get leaseCount(): number {
    return this.#words[6] as number;
  }

  /** Copies the leases, as pairs of node and attempt, to `into` from `at` on. */
  copyLeases(into: Uint32Array, at: number): void {
    const words = this.#words;
    const end = (leasesAt >> 2) + 2 * this.leaseCount;
    for (let from = leasesAt >> 2, to = at; from < end; ) into[to++] = words[from++] as number;
  }

  get effectCount(): number {
    return this.#words[7] as number;
  }

  /** Effect `i` of this step; `kind` is one of {@link effectKinds}. */
  effect(i: number): { kind: number; node: number; attempt: number; reason: number } {
    const words = this.#words;
    const at = (othersAt >> 2) + 4 * i;
    return {
      kind: words[at] as number,
      node: words[at + 1] as number,
      attempt: words[at + 2] as number,
      reason: words[at + 3] as number,
    };
  }

  /** Gives the door back. */
  close(): void {
    this.#native.detach();
    if (Door.#idle.length < mostIdle) Door.#idle.push(this);
  }
}
