/**
 * The hot door to a run: one native function without arguments and one buffer, laid out as `crates/binding/src/door.rs` says.
 *
 * I1 A door serves one run at a time. I2 Nothing but this file knows the layout. I3 Doors are kept for the next run of this thread:
 * making one costs more than a small run.
 */
import { NativeDoor, type NativeRun } from "./addon.js";
import { none } from "./codes.js";

/** What `advance` answers, as bits. */
export const doorBits = { leases: 1, others: 2, ended: 4, more: 8, moreLeases: 16, notify: 32 } as const;

/** From here on, bits of {@link doorBits} that only runs which are shared with threads know. */
export const firstSharedBit = doorBits.moreLeases;

/** The kinds of {@link Door.effect}. */
export const effectKinds = {
  abort: 1,
  revoke: 2,
  discard: 3,
  free: 4,
  ask: 5,
  expand: 6,
  stopItems: 7,
  opened: 8,
  waitOver: 9,
  undo: 10,
  growthRefused: 11,
  prepare: 12,
  crashed: 13,
  report: 14,
} as const;

const inputCapacity = 512;
/** How many doors a thread keeps for later runs, at 27 kB each. */
const mostIdle = 16;
const inputsAt = 64;
const inputBytes = 32;
const leasesAt = inputsAt + inputCapacity * inputBytes;
const othersAt = leasesAt + 512 * 8;
const effectWords = 6;

const inputKinds = {
  begin: 1,
  succeeded: 2,
  failed: 3,
  ranOk: 4,
  ranFailed: 5,
  cancel: 6,
  start: 7,
  failedForGood: 8,
  failedRetryAfter: 9,
  answer: 10,
  waitTime: 11,
  waitSignal: 12,
  items: 13,
  command: 14,
  mail: 15,
} as const;

/** What stands in the place of the attempt of a small command. */
const commands = { pause: 1, resume: 2, itemsFailed: 3, undone: 4, undoFailed: 5, signal: 6, crashed: 7 } as const;

/** An input that found the buffer full: the numbers of its record. */
type Spilled = readonly [node: number, kindAndAttempt: number, first: number, second: number, a: number, b: number];

/** What is asked of the host beside calling what is leased. What `a`, `b` and `c` are depends on `kind`: see crates/binding/src/records.rs. */
export interface DoorEffect {
  readonly kind: number;
  readonly node: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** Writes inputs, crosses, reads effects. Times are in milliseconds of the clock whose reading was given to {@link Door.open}. */
export class Door {
  static readonly #idle: Door[] = [];

  /** A door to `run`, whose time 0 is the clock's `baseMs`. */
  static open(run: NativeRun, baseMs: number): Door {
    const door = Door.#idle.pop() ?? new Door();
    door.#native.attach(run, baseMs);
    door.pending = 0;
    door.#spilled = [];
    return door;
  }

  readonly #native: NativeDoor;
  readonly #advance: () => number;
  readonly #words: Uint32Array;
  readonly #floats: Float64Array;
  /** What the buffer had no room for. */
  #spilled: Spilled[] = [];
  /** How many inputs wait in the buffer to be taken across. */
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

  /** The function of a leased node was called, or the code of a parked attempt goes on. */
  began(node: number, attempt: number, at: number): void {
    this.#put(node, inputKinds.begin | (attempt << 4), at, 0);
  }

  /** The code of an attempt has ended; where it failed, its policy decides on a retry. */
  settled(node: number, attempt: number, at: number, isOk: boolean): void {
    this.#put(node, (isOk ? inputKinds.succeeded : inputKinds.failed) | (attempt << 4), at, 0);
  }

  /** The code of an attempt has failed, with an error that may not be tried again, or not before `retryAfterMs`. */
  failed(node: number, attempt: number, at: number, mayRetry: boolean, retryAfterMs: number | undefined): void {
    if (!mayRetry) this.#put(node, inputKinds.failedForGood | (attempt << 4), at, 0);
    else if (retryAfterMs === undefined) this.#put(node, inputKinds.failed | (attempt << 4), at, 0);
    else this.#put(node, inputKinds.failedRetryAfter | (attempt << 4), at, retryAfterMs);
  }

  /** The function of a leased node was called and has ended. */
  ran(node: number, attempt: number, beganAt: number, endedAt: number, isOk: boolean): void {
    this.#put(node, (isOk ? inputKinds.ranOk : inputKinds.ranFailed) | (attempt << 4), beganAt, endedAt);
  }

  /** What ran the code of an attempt died. */
  crashed(node: number, attempt: number, at: number): void {
    this.#command(commands.crashed, node, at, 0, attempt, 0);
  }

  /** Somebody cancels the run. */
  cancel(at: number): void {
    this.#put(0, inputKinds.cancel, at, 0);
  }

  /** The answer to a question, both as `codes.ts` numbers them; `from` is the upstream where an edge was asked about, else 0. */
  answer(node: number, question: number, from: number, verdict: number, at: number): void {
    this.#putMore(node, inputKinds.answer, at, 0, question | (verdict << 8), from);
  }

  /** The code of an attempt waits for `ms`. `key` is 2³¹ plus an ordinal of the node's. */
  waitTime(node: number, attempt: number, key: number, ms: number, at: number): void {
    this.#putMore(node, inputKinds.waitTime | (attempt << 4), at, ms, key, 0);
  }

  /** The code of an attempt waits for a signal, for ever without `timeoutMs`; `name` is below 2³¹ and what the wait is known by. */
  waitSignal(node: number, attempt: number, name: number, timeoutMs: number | undefined, hasDefault: boolean, at: number): void {
    this.#putMore(node, inputKinds.waitSignal | (attempt << 4), at, timeoutMs ?? Number.NaN, name, hasDefault ? 0x80000000 : 0);
  }

  /** A map has `count` more items; `isDone` where these are the last. */
  items(node: number, attempt: number, count: number, isDone: boolean, at: number): void {
    this.#putMore(node, inputKinds.items | (attempt << 4), at, 0, count, isDone ? 1 : 0);
  }

  /** What a map runs over could not be had. */
  itemsFailed(node: number, attempt: number, at: number): void {
    this.#command(commands.itemsFailed, node, at, 0, attempt, 0);
  }

  /** Nothing more is to start. */
  pause(at: number): void {
    this.#command(commands.pause, 0, at, 0, 0, 0);
  }

  /** Starts go on. */
  resume(at: number): void {
    this.#command(commands.resume, 0, at, 0, 0, 0);
  }

  /** The code that undoes a node has ended. */
  undone(node: number, isOk: boolean, at: number): void {
    this.#command(isOk ? commands.undone : commands.undoFailed, node, at, 0, 0, 0);
  }

  /** A signal, for the oldest open wait or for `node`'s alone. `payload` is a number of the caller's for what the signal carries. */
  signal(name: number, node: number | undefined, payload: number, isRejection: boolean, at: number): void {
    this.#command(commands.signal, node ?? none, at, isRejection ? 1 : 0, payload, name);
  }

  /** The next entry of the run's mailbox is a command; it takes its turn now. */
  mail(at: number): void {
    this.#put(0, inputKinds.mail, at, 0);
  }

  /** The code of an attempt has returned, and the next entry of the run's mailbox, an addition, commits with it. */
  grew(node: number, attempt: number, at: number): void {
    this.#put(node, inputKinds.mail | (attempt << 4), at, 0);
  }

  #command(command: number, node: number, at: number, second: number, a: number, b: number): void {
    this.#putMore(node, inputKinds.command | (command << 4), at, second, a, b);
  }

  #put(node: number, kindAndAttempt: number, first: number, second: number): void {
    if (this.pending === inputCapacity || this.#spilled.length > 0) {
      this.#spilled.push([node, kindAndAttempt, first, second, 0, 0]);
      return;
    }
    const at = inputsAt + this.pending++ * inputBytes;
    const words = this.#words;
    const floats = this.#floats;
    words[at >> 2] = node;
    words[(at >> 2) + 1] = kindAndAttempt;
    floats[(at >> 3) + 1] = first;
    floats[(at >> 3) + 2] = second;
  }

  /** The same, of the inputs that say more; what the others leave in those two words is not read. */
  #putMore(...[node, kindAndAttempt, first, second, a, b]: Spilled): void {
    if (this.pending === inputCapacity || this.#spilled.length > 0) {
      this.#spilled.push([node, kindAndAttempt, first, second, a, b]);
      return;
    }
    const at = (inputsAt + this.pending * inputBytes) >> 2;
    this.#put(node, kindAndAttempt, first, second);
    this.#words[at + 6] = a;
    this.#words[at + 7] = b;
  }

  /**
   * Takes the inputs across and advances the run; throws only on a fault in the engine. Answers with {@link doorBits}: `more` says that it is to
   * be called again before anything else is done, for effects or inputs that the buffer had no room for.
   */
  advance(now: number): number {
    this.#words[0] = this.pending;
    this.#floats[1] = now;
    this.pending = 0;
    const bits = this.#advance();
    return this.#spilled.length === 0 ? bits : this.#unspill(bits);
  }

  /** Fills the emptied buffer with what it had no room for. */
  #unspill(bits: number): number {
    if ((bits & doorBits.more) === 0) {
      const spilled = this.#spilled;
      this.#spilled = [];
      for (const record of spilled) this.#putMore(...record);
    }
    return bits | doorBits.more;
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
  effect(i: number): DoorEffect {
    const words = this.#words;
    const at = (othersAt >> 2) + effectWords * i;
    return {
      kind: words[at] as number,
      node: words[at + 1] as number,
      a: words[at + 2] as number,
      b: words[at + 3] as number,
      c: words[at + 4] as number,
    };
  }

  /** Gives the door back. */
  close(): void {
    this.#native.detach();
    if (Door.#idle.length < mostIdle) Door.#idle.push(this);
  }
}
