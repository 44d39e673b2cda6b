/**
 * Random runs: a host that answers a run in a random but seeded order.
 *
 * The host sees only what a step reports, never the state of the run, so the same host can drive anything with `advance`.
 */
import type { RunSpec } from "./model/spec.js";
import { type Effect, type Lease, ownSignal, type Question, type RunInput, type StepReport, timeKey, type Verdict } from "./model/types.js";
import type { Random } from "./random.js";
import { randomGrowth } from "./random-spec.js";

export { randomSpec } from "./random-spec.js";

/** The temper of a host: what it tends to do. */
interface Habits {
  readonly failure: number;
  /** How often what runs an attempt dies. */
  readonly crash: number;
  readonly cancel: number;
  readonly cancelNodes: number;
  readonly pause: number;
  readonly growth: number;
  readonly wait: number;
  /** How often it gives a signal that nobody may be waiting for. */
  readonly signal: number;
  /** How often predicates say no, or throw. */
  readonly refusal: number;
  /** How often an attempt told to stop returns at all. */
  readonly returns: number;
  /** How often it says something a correct host would not. */
  readonly nonsense: number;
  readonly maxBatch: number;
  /** How far the clock moves between inputs, in grains. */
  readonly pace: number;
  /** The µs that the clock moves in: coarse ones make times meet. */
  readonly grain: number;
  /** How often it waits for the next timer. */
  readonly idleness: number;
}

export function randomHabits(random: Random): Habits {
  return {
    failure: random.pick([0, 0.05, 0.3, 0.8]),
    crash: random.pick([0, 0, 0.1, 0.4]),
    cancel: random.pick([0, 0, 0.01, 0.1]),
    cancelNodes: random.pick([0, 0, 0.02, 0.1]),
    pause: random.pick([0, 0, 0.02, 0.1]),
    growth: random.pick([0, 0, 0.1, 0.3]),
    wait: random.pick([0, 0, 0.1, 0.3]),
    signal: random.pick([0, 0.02, 0.1]),
    refusal: random.pick([0, 0.1, 0.4]),
    returns: random.pick([0, 0.5, 1]),
    nonsense: random.pick([0, 0, 0.1, 0.3]),
    maxBatch: random.pick([1, 2, 8, 64]),
    pace: random.pick([0, 1, 1, 4]),
    grain: random.pick([1, 250, 1000]),
    idleness: random.pick([0, 0.1, 0.5]),
  };
}

type Asked = Extract<Effect, { kind: "ask" }>;
type Attempt = Omit<Lease, "lane">;

/** How many growths and waits there are at most, so that every run ends. */
const mostGrowths = 12;
const mostWaits = 40;

/** A host that carries out what steps ask for and reports attempts in a random order. */
export class RandomHost {
  readonly #random: Random;
  readonly #habits: Habits;
  readonly #spec: RunSpec;
  #nodeCount: number;
  readonly #leased = new Map<string, Attempt>();
  readonly #running = new Map<string, Attempt>();
  /** Attempts whose code waits, with the keys it waits for. */
  readonly #parked = new Map<string, Attempt & { readonly keys: Set<number> }>();
  readonly #told = new Map<string, Attempt>();
  readonly #asked = new Map<string, Asked>();
  /** Maps that want items. */
  readonly #expanding = new Map<number, Attempt>();
  readonly #undoing = new Set<number>();
  /** Wait nodes that may be waiting, by what the events say. */
  readonly #waiting = new Set<number>();
  #isPaused = false;
  #growths = 0;
  #waits = 0;
  #now = 0;
  #wakeAt: number | null = null;

  constructor(random: Random, spec: RunSpec, habits: Habits) {
    this.#random = random;
    this.#spec = spec;
    this.#nodeCount = spec.nodeCount;
    this.#habits = habits;
  }

  get now(): number {
    return this.#now;
  }

  /** Learns what the step asked for. */
  learn(report: StepReport): void {
    // What it is told to drop is older than what it is given.
    for (const effect of report.effects) this.#carryOut(effect);
    for (const lease of report.leases) this.#leased.set(key(lease), lease);
    for (const event of report.events) {
      if (event.kind === "runPaused") this.#isPaused = true;
      if (event.kind === "runResumed") this.#isPaused = false;
      if (event.kind === "waitOpened" && event.key === 0) this.#waiting.add(event.node);
      if (event.kind === "waitOver") this.#waiting.delete(event.node);
    }
    this.#wakeAt = report.wakeAt;
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case "revoke":
        for (const [id, lease] of this.#leased) if (lease.node === effect.node) this.#leased.delete(id);
        break;
      case "abort": {
        const id = key(effect);
        this.#told.set(id, { node: effect.node, attempt: effect.attempt });
        for (const held of [this.#running, this.#leased, this.#parked]) held.delete(id);
        break;
      }
      case "opened":
        this.#nodeCount += effect.count;
        break;
      case "ask":
        this.#asked.set(`${effect.node} ${effect.question} ${effect.from}`, effect);
        break;
      case "expand":
        this.#expanding.set(effect.node, effect);
        break;
      case "stopItems":
        this.#expanding.delete(effect.node);
        break;
      case "undo":
        this.#undoing.add(effect.node);
        break;
      case "waitOver":
        for (const parked of this.#parked.values()) if (parked.node === effect.node) parked.keys.delete(effect.key);
        break;
      default:
        break;
    }
  }

  /** The next batch; `now` is then the time at which to give it. An empty one is a tick. */
  nextBatch(): RunInput[] {
    const random = this.#random;
    const batch: RunInput[] = [];
    const size = random.int(0, this.#habits.maxBatch);
    for (let i = 0; i < size; i++) {
      if (random.chance(0.5)) this.#pass();
      const input = this.#nextInput();
      if (input === null) break;
      batch.push(input);
    }
    // A batch may be given later than its last input was made.
    if (random.chance(0.2)) this.#pass();
    if (batch.length === 0 && this.#wakeAt !== null && (!this.#hasWork() || random.chance(this.#habits.idleness))) {
      // Sometimes a moment before the timer, mostly on it, sometimes long after.
      this.#now = Math.max(this.#now, this.#wakeAt + random.pick([-1, 0, 0, 0, 1, 3000]));
    }
    if (batch.length === 0 && this.#wakeAt === null && !this.#hasWork()) return this.#unstuck();
    return batch;
  }

  #hasWork(): boolean {
    return [this.#leased, this.#running, this.#asked, this.#expanding, this.#undoing].some((held) => held.size > 0);
  }

  /** Nothing will happen by itself: what waits hears a signal, what is paused goes on. */
  #unstuck(): RunInput[] {
    const at = this.#now;
    const inputs: RunInput[] = this.#isPaused ? [{ kind: "resume", at }] : [];
    const names = [...this.#waiting].map((node) => ownSignal + node);
    for (const { keys } of this.#parked.values()) for (const name of keys) if (name < timeKey) names.push(name);
    for (const name of [0, 1, ...names]) inputs.push(this.#signal(name, null));
    // Code that its run has forgotten about, after nonsense.
    for (const { node, attempt } of [...this.#parked.values(), ...this.#told.values()]) {
      if (this.#random.chance(0.5)) inputs.push({ kind: "settle", node, attempt, outcome: "ok", at });
    }
    return inputs;
  }

  #pass(): void {
    this.#now += this.#habits.grain * this.#random.int(0, this.#habits.pace);
  }

  #nextInput(): RunInput | null {
    const [random, habits, at] = [this.#random, this.#habits, this.#now];
    if (random.chance(habits.nonsense)) return this.#nonsense();
    if (random.chance(habits.cancel)) return { kind: "cancel", at };
    if (random.chance(habits.cancelNodes)) return this.#cancelNodes();
    if (random.chance(habits.pause)) return { kind: this.#isPaused && random.chance(0.7) ? "resume" : "pause", at };
    if (random.chance(habits.signal)) return this.#signal(random.int(0, 2), random.chance(0.3) ? this.#anyNode() : null);
    if (random.chance(habits.growth / 4) && this.#growths++ < mostGrowths) {
      return { kind: "grow", growth: randomGrowth(random, this.#spec, this.#nodeCount, null), at };
    }
    return this.#nextReport();
  }

  #nextReport(): RunInput | null {
    const random = this.#random;
    const choices: (() => RunInput)[] = [];
    if (this.#leased.size > 0) choices.push(() => this.#begin());
    if (this.#running.size > 0)
      choices.push(
        () => this.#settle(take(this.#running, random)),
        () => this.#settle(take(this.#running, random)),
      );
    if (this.#running.size > 0 && random.chance(this.#habits.wait) && this.#waits++ < mostWaits) choices.push(() => this.#wait());
    if (this.#parked.size > 0 && random.chance(0.05)) choices.push(() => this.#settle(take(this.#parked, random)));
    if (this.#told.size > 0 && random.chance(this.#habits.returns)) choices.push(() => this.#settle(take(this.#told, random)));
    if (this.#asked.size > 0) choices.push(() => this.#answer(take(this.#asked, random)));
    if (this.#expanding.size > 0) choices.push(() => this.#items());
    if (this.#undoing.size > 0) choices.push(() => this.#undone());
    if (this.#waiting.size > 0 && random.chance(0.2)) choices.push(() => this.#signal(ownSignal + random.pick([...this.#waiting]), null));
    return choices.length === 0 ? null : random.pick(choices)();
  }

  #begin(): RunInput {
    // Leases mostly begin in the order in which they were handed out.
    const [first] = this.#leased.values();
    const lease = first !== undefined && this.#random.chance(0.7) ? first : this.#random.pick([...this.#leased.values()]);
    this.#leased.delete(key(lease));
    this.#parked.delete(key(lease));
    this.#running.set(key(lease), lease);
    return { kind: "begin", node: lease.node, attempt: lease.attempt, at: this.#now };
  }

  #settle({ node, attempt }: Attempt): RunInput {
    const [random, at] = [this.#random, this.#now];
    for (const held of [this.#running, this.#parked, this.#leased]) held.delete(key({ node, attempt }));
    const settled = { kind: "settle", node, attempt, at } as const;
    if (random.chance(this.#habits.crash)) return { ...settled, outcome: "crashed" };
    if (!random.chance(this.#habits.failure)) {
      const grows = random.chance(this.#habits.growth) && this.#growths++ < mostGrowths;
      return { ...settled, outcome: "ok", ...(grows ? { growth: randomGrowth(random, this.#spec, this.#nodeCount, node) } : {}) };
    }
    return {
      ...settled,
      outcome: "failed",
      ...(random.chance(0.1) ? { mayRetry: false } : random.chance(0.1) ? { retryAfterUs: random.int(0, 6000) } : {}),
    };
  }

  /** The code of an attempt that runs waits for something; now and then for two things at once. */
  #wait(): RunInput {
    const random = this.#random;
    const { node, attempt } = random.pick([...this.#running.values()]);
    const parked = this.#parked.get(key({ node, attempt })) ?? { node, attempt, keys: new Set() };
    if (!random.chance(0.2)) {
      this.#running.delete(key(parked));
      this.#parked.set(key(parked), parked);
    }
    const forTime = random.chance(0.4);
    const name = forTime ? timeKey + random.int(0, 5) : random.int(0, 2);
    parked.keys.add(name);
    const wait = { kind: "wait", node, attempt, key: name, at: this.#now } as const;
    if (forTime) return { ...wait, what: { for: "time", us: random.int(0, 5) * 1000 } };
    const timeout = random.chance(0.4) ? { timeoutUs: random.int(0, 5) * 1000 } : {};
    return { ...wait, what: { for: "signal", ...timeout, hasDefault: random.chance(0.3) } };
  }

  #answer({ node, question, from }: Asked): RunInput {
    const random = this.#random;
    const refuses = random.chance(this.#habits.refusal);
    const no: readonly Verdict[] = question === "edge" ? ["no", "nothing", "threw"] : ["no", "no", "threw"];
    const verdict = refuses ? random.pick(no) : question === "until" && random.chance(0.3) ? "no" : "yes";
    return { kind: "answer", node, question, from, verdict, at: this.#now };
  }

  #items(): RunInput {
    const random = this.#random;
    const { node, attempt } = random.pick([...this.#expanding.values()]);
    this.#expanding.delete(node);
    if (random.chance(0.05)) return { kind: "itemsFailed", node, attempt, at: this.#now };
    const count = random.int(0, 4);
    return { kind: "items", node, attempt, count, isDone: count === 0 || random.chance(0.6), at: this.#now };
  }

  #undone(): RunInput {
    const node = this.#random.pick([...this.#undoing]);
    this.#undoing.delete(node);
    return { kind: "undone", node, isOk: !this.#random.chance(this.#habits.failure), at: this.#now };
  }

  #signal(name: number, node: number | null): RunInput {
    const random = this.#random;
    return { kind: "signal", name, node, payload: random.int(1, 9), isRejection: random.chance(this.#habits.refusal / 2), at: this.#now };
  }

  #cancelNodes(): RunInput {
    const nodes = Array.from({ length: this.#random.int(0, 3) }, () => this.#anyNode());
    return { kind: "cancelNodes", nodes, at: this.#now };
  }

  #anyNode(): number {
    return this.#random.int(0, Math.max(0, this.#nodeCount - 1));
  }

  /** Inputs that a correct host never makes: for attempts that are not there, at other times, out of turn. */
  #nonsense(): RunInput {
    const random = this.#random;
    const at = Math.max(0, this.#now + random.pick([-700, 0, 0, 900]));
    const node = random.chance(0.1) ? random.pick([this.#nodeCount, this.#nodeCount + 7, 2 ** 31 - 1]) : this.#anyNode();
    const attempt = random.chance(0.8) ? random.int(1, 2) : random.pick([0, 3, 9, 2 ** 28 - 1]);
    switch (random.int(0, 9)) {
      case 0:
        return { kind: "start", at };
      case 1:
        return { kind: "begin", node, attempt, at };
      case 2: {
        const question: Question = random.pick(["edge", "condition", "cache", "until"] as const);
        const from = question === "edge" ? this.#anyNode() : 0;
        return { kind: "answer", node, question, from, verdict: random.pick(["yes", "no", "threw"] as const), at };
      }
      case 3:
        return { kind: "items", node, attempt, count: random.int(0, 2), isDone: true, at };
      case 4:
        return { kind: "wait", node, attempt, key: random.int(0, 2), what: { for: "signal", timeoutUs: 2000, hasDefault: false }, at };
      case 5:
        return { kind: "undone", node, isOk: true, at };
      case 6:
        return { kind: "resume", at };
      default:
        return { kind: "settle", node, attempt, at, outcome: random.pick(["ok", "failed", "crashed"] as const) };
    }
  }
}

function key({ node, attempt }: Attempt): string {
  return `${node}#${attempt}`;
}

/** Takes one of them out. */
function take<Value>(from: Map<string, Value>, random: Random): Value {
  const id = random.pick([...from.keys()]);
  const value = from.get(id);
  if (value === undefined) throw new Error(`nothing is called ${id}`);
  from.delete(id);
  return value;
}
