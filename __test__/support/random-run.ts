/**
 * Random runs: a graph with policies from a seed, and a host that answers the run in a random but seeded order.
 *
 * The host sees only what a step reports (leases, revoked, aborts), never the state of the run, so the same host can drive anything with `advance`.
 */
import type { Lease, ModelPolicy, Outcome, RunInput, RunSpec, StepReport } from "./model/types.js";
import type { Random } from "./random.js";

/** A layered, random or path-like DAG of up to `maxNodes` nodes; node ids are shuffled, so insertion order is no topological order. */
export function randomSpec(random: Random, maxNodes: number): RunSpec {
  // Small graphs find most faults; large ones find the rest.
  const nodeCount = random.chance(0.9) ? random.int(0, Math.min(14, maxNodes)) : random.int(1, maxNodes);
  const ids = Array.from({ length: nodeCount }, (_, id) => id);
  for (let i = nodeCount - 1; i > 0; i--) {
    const j = random.chance(0.7) ? random.int(0, i) : i;
    [ids[i], ids[j]] = [ids[j] ?? i, ids[i] ?? j];
  }
  const edges = new Map<string, [number, number]>();
  const density = random.pick([0, 0.5, 1, 1.5, 3]);
  const reach = random.pick([1, 3, nodeCount]);
  for (let k = 0; k < nodeCount * density; k++) {
    const upper = random.int(0, nodeCount - 1);
    const lower = Math.min(nodeCount - 1, upper + random.int(1, Math.max(1, reach)));
    const [from, to] = [ids[upper], ids[lower]];
    if (upper !== lower && from !== undefined && to !== undefined) edges.set(`${from},${to}`, [from, to]);
  }
  const hasTimeouts = random.chance(0.5);
  const hasRetries = random.chance(0.5);
  const hasPriorities = random.chance(0.5);
  const hasCosts = random.chance(0.5);
  const policies = ids.map(
    (): ModelPolicy => ({
      ...(hasPriorities && random.chance(0.4) ? { priority: random.int(-2, 3) } : {}),
      ...(hasCosts && random.chance(0.6) ? { cost: random.int(0, 12) / 4 } : {}),
      ...(hasTimeouts && random.chance(0.6) ? { timeoutMs: random.int(1, 4) } : {}),
      ...(hasRetries && random.chance(0.6) ? { maxAttempts: random.int(1, 4) } : {}),
    }),
  );
  return {
    nodeCount,
    edges: [...edges.values()],
    policies,
    maxWorkers: random.chance(0.8) ? random.int(1, 5) : random.int(1, 40),
    failFast: random.chance(0.4),
    graceMs: random.pick([0, 1, 2, 5, 1000]),
  };
}

/** The temper of a host: what it tends to do. */
interface Habits {
  readonly failure: number;
  readonly cancel: number;
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
    cancel: random.pick([0, 0, 0.01, 0.1]),
    returns: random.pick([0, 0.5, 1]),
    nonsense: random.pick([0, 0, 0.1, 0.3]),
    maxBatch: random.pick([1, 2, 8, 64]),
    pace: random.pick([0, 1, 1, 4]),
    grain: random.pick([1, 250, 1000]),
    idleness: random.pick([0, 0.1, 0.5]),
  };
}

/** A host that carries out leases and reports attempts in a random order. */
export class RandomHost {
  readonly #random: Random;
  readonly #habits: Habits;
  readonly #nodeCount: number;
  readonly #leased = new Map<string, Lease>();
  readonly #running = new Map<string, Lease>();
  readonly #told = new Map<string, Lease>();
  #now = 0;
  #wakeAt: number | null = null;

  constructor(random: Random, nodeCount: number, habits: Habits) {
    this.#random = random;
    this.#nodeCount = nodeCount;
    this.#habits = habits;
  }

  get now(): number {
    return this.#now;
  }

  /** Learns what the step asked for. */
  learn(report: StepReport): void {
    for (const lease of report.leases) this.#leased.set(key(lease), lease);
    for (const { node } of report.revoked) {
      for (const held of [this.#leased, this.#running]) {
        for (const [id, lease] of held) if (lease.node === node) held.delete(id);
      }
    }
    for (const abort of report.aborts) {
      // It is still among the leased where nonsense began it.
      const attempt = this.#running.get(key(abort)) ?? this.#leased.get(key(abort));
      this.#running.delete(key(abort));
      this.#leased.delete(key(abort));
      if (attempt !== undefined) this.#told.set(key(abort), attempt);
    }
    this.#wakeAt = report.wakeAt;
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
    const hasWork = this.#leased.size + this.#running.size > 0;
    if (batch.length === 0 && this.#wakeAt !== null && (!hasWork || random.chance(this.#habits.idleness))) {
      // Sometimes a moment before the timer, mostly on it, sometimes long after.
      this.#now = Math.max(this.#now, this.#wakeAt + random.pick([-1, 0, 0, 0, 1, 3000]));
    }
    return batch;
  }

  #pass(): void {
    this.#now += this.#habits.grain * this.#random.int(0, this.#habits.pace);
  }

  #nextInput(): RunInput | null {
    const random = this.#random;
    const at = this.#now;
    if (random.chance(this.#habits.nonsense)) return this.#nonsense();
    if (random.chance(this.#habits.cancel)) return { kind: "cancel", at };
    const choices: ("begin" | "settle" | "late")[] = [];
    if (this.#leased.size > 0) choices.push("begin");
    if (this.#running.size > 0) choices.push("settle");
    if (this.#told.size > 0 && random.chance(this.#habits.returns)) choices.push("late");
    if (choices.length === 0) return null;
    const choice = random.pick(choices);
    const from = choice === "begin" ? this.#leased : choice === "settle" ? this.#running : this.#told;
    const attempts = [...from.values()];
    // Leases mostly begin in the order in which they were handed out.
    const lease = choice === "begin" && random.chance(0.7) && attempts[0] !== undefined ? attempts[0] : random.pick(attempts);
    from.delete(key(lease));
    if (choice === "begin") {
      this.#running.set(key(lease), lease);
      return { kind: "begin", node: lease.node, attempt: lease.attempt, at };
    }
    return { kind: "settle", node: lease.node, attempt: lease.attempt, at, outcome: this.#outcome() };
  }

  #outcome(): Outcome {
    return this.#random.chance(this.#habits.failure) ? "failed" : "ok";
  }

  /** Inputs that a correct host never makes: for attempts that are not there, at other times, out of turn. */
  #nonsense(): RunInput {
    const random = this.#random;
    const at = Math.max(0, this.#now + random.pick([-700, 0, 0, 900]));
    const node = random.chance(0.1) ? random.pick([this.#nodeCount, this.#nodeCount + 7, 2 ** 32 - 1]) : random.int(0, this.#nodeCount);
    const attempt = random.chance(0.8) ? random.int(1, 2) : random.pick([0, 3, 9, 2 ** 32 - 1]);
    switch (random.int(0, 3)) {
      case 0:
        return { kind: "start", at };
      case 1:
        return { kind: "begin", node, attempt, at };
      default:
        return { kind: "settle", node, attempt, at, outcome: random.pick(["ok", "failed"] as const) };
    }
  }
}

function key(attempt: { readonly node: number; readonly attempt: number }): string {
  return `${attempt.node}#${attempt.attempt}`;
}
