/**
 * The reference model of a run, in plain TypeScript: objects, sets and straightforward scans, clarity over speed.
 *
 * It is written from DESIGN §4, whose rows the comments quote, and shares no table with the core. It owns the meaning of a step; it does not
 * carry out effects, keep a journal or know names.
 *
 * - I1: a node moves only by the table of DESIGN §4 (`#move`).
 * - I2: an attempt begun is `running` until it settles its node or is told to stop; told to stop it is `told`, until it returns or is abandoned.
 * - I3: a slot is held by a lease or by a running attempt, and by nothing else.
 */
import { allCompleted, type JoinRule, type Look } from "./join.js";
import { isLegalMove, isSettled } from "./moves.js";
import { inOrder, type Rank, ranksOf } from "./order.js";
import type {
  AbortReason,
  FailureReason,
  Lease,
  ModelPolicy,
  NodeState,
  Outcome,
  RunEvent,
  RunInput,
  RunSpec,
  RunStatus,
  SkipReason,
  StepReport,
} from "./types.js";

interface ModelNode {
  readonly id: number;
  readonly policy: ModelPolicy;
  readonly join: JoinRule;
  readonly upstreams: readonly number[];
  readonly downstreams: readonly number[];
  state: NodeState;
  skipReason: SkipReason | null;
  /** How many attempts have begun. */
  begun: number;
  /** Work handed out for this node and not begun. */
  lease: Lease | null;
  /** While `waiting`: when the next attempt is due. */
  retryAt: number | null;
}

interface Attempt {
  readonly node: ModelNode;
  readonly number: number;
  readonly lane: number;
  readonly deadline: number | null;
  phase: "running" | "told" | "abandoned" | "returned";
  /** While `told`: when it is abandoned. */
  graceUntil: number | null;
}

interface Timer {
  readonly due: number;
  readonly node: number;
  /** Of equal due times the lower node's first, and at one node: attempt timeout 0, node timeout 1, retry 2, grace 3. */
  readonly rank: 0 | 2 | 3;
  readonly attempt: number;
  readonly fire: (now: number) => void;
}

export class ModelRun {
  readonly #nodes: readonly ModelNode[];
  readonly #ranks: readonly Rank[];
  readonly #spec: RunSpec;
  readonly #attempts = new Map<string, Attempt>();
  /** The attempts that are running or told to stop: the ones with timers. */
  readonly #live = new Set<Attempt>();
  #isStarted = false;
  #isCancelAccepted = false;
  #isEnded = false;
  /** The time of the last event. (Not of the last step: the state is a fold of the events, DESIGN §3.) */
  #clock = 0;
  #step: { -readonly [K in "events" | "leases" | "aborts" | "revoked" | "discards"]: StepReport[K][number][] } = emptyStep();

  constructor(spec: RunSpec) {
    this.#spec = spec;
    const ids = Array.from({ length: spec.nodeCount }, (_, id) => id);
    const ascending = (nodes: number[]): number[] => nodes.sort((a, b) => a - b);
    const upstreams = ids.map((): number[] => []);
    const downstreams = ids.map((): number[] => []);
    for (const [from, to] of spec.edges) {
      upstreams[to]?.push(from);
      downstreams[from]?.push(to);
    }
    this.#nodes = ids.map((id) => ({
      id,
      policy: spec.policies[id] ?? {},
      join: allCompleted,
      upstreams: ascending(upstreams[id] ?? []),
      downstreams: ascending(downstreams[id] ?? []),
      state: "pending",
      skipReason: null,
      begun: 0,
      lease: null,
      retryAt: null,
    }));
    this.#ranks = ranksOf(
      this.#nodes.map((node) => node.policy),
      this.#nodes.map((node) => node.downstreams),
    );
  }

  get states(): readonly NodeState[] {
    return this.#nodes.map((node) => node.state);
  }

  /** The shortest timeout among leases not begun, in µs: one that begins now, unreported, may be out of time so soon. `null` for none. */
  get shortestLeasedTimeout(): number | null {
    const timeouts = this.#nodes.flatMap(({ lease, policy }) =>
      lease === null || policy.timeoutMs === undefined ? [] : [policy.timeoutMs * 1000],
    );
    return timeouts.length === 0 ? null : Math.min(...timeouts);
  }

  /** The time of the last event, in µs. */
  get clock(): number {
    return this.#clock;
  }

  get hasLeases(): boolean {
    return this.#nodes.some((node) => node.lease !== null);
  }

  /**
   * One step. DESIGN §3, "The scheduler is a pure state machine": inputs of a batch apply in order, then timers that are due, then free slots are
   * filled once.
   *
   * Time does not run backwards: what is before the last event is taken as its time.
   */
  advance(inputs: readonly RunInput[], nowUs: number): StepReport {
    this.#step = emptyStep();
    if (!this.#isEnded) {
      for (const input of inputs) this.#apply(input, Math.max(input.at, this.#clock));
      const now = Math.max(nowUs, this.#clock);
      if (this.#isStarted) {
        this.#fireTimers(now);
        this.#fillSlots(now);
        this.#endIfDone(now);
      }
    }
    return { ...this.#step, wakeAt: this.#isEnded ? null : (this.#nextTimer()?.due ?? null), ended: this.#isEnded };
  }

  // ---- Inputs -------------------------------------------------------------------------------------------------------------------------

  #apply(input: RunInput, at: number): void {
    if (input.kind === "start") {
      this.#start(at);
    } else if (this.#isStarted && input.kind === "cancel") {
      this.#cancel(at);
    } else if (this.#isStarted && input.kind !== "cancel") {
      const node = this.#nodes[input.node];
      if (node === undefined) return;
      if (input.kind === "begin") this.#begin(node, input.attempt, at);
      else this.#settleAttempt(node, input.attempt, input.outcome, at);
    }
  }

  #start(at: number): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#emit({ kind: "runStarted", at });
    // Row "readiness": a node without upstreams is met, so its join is decided at once.
    for (const node of this.#nodes) if (node.upstreams.length === 0) this.#decideJoin(node, at);
  }

  /** Row "slots": "`running`, its start time and its timeout begin when the function is called." Without a lease nothing begins. */
  #begin(node: ModelNode, number: number, at: number): void {
    const lease = node.lease;
    if (lease === null || lease.attempt !== number) return;
    this.#move(node, "running");
    node.lease = null;
    node.begun = number;
    const { timeoutMs } = node.policy;
    const deadline = timeoutMs === undefined ? null : at + timeoutMs * 1000;
    const attempt: Attempt = { node, number, lane: lease.lane, deadline, phase: "running", graceUntil: null };
    this.#attempts.set(attemptKey(node, number), attempt);
    this.#live.add(attempt);
    this.#emit({ kind: "nodeStarted", at, node: node.id, attempt: number, lane: lease.lane });
  }

  #settleAttempt(node: ModelNode, number: number, outcome: Outcome, at: number): void {
    const attempt = this.#attempts.get(attemptKey(node, number));
    // "Each attempt's outcome is recorded once" (row "promise"): one that returned already has nothing more to say.
    if (attempt === undefined || attempt.phase === "returned") return;
    const wasRunning = attempt.phase === "running";
    attempt.phase = "returned";
    this.#live.delete(attempt);
    // Row "timeout": "an outcome that comes after its deadline is a timeout, whichever arrived first, and is reported as a late event".
    const isTooLate = attempt.deadline !== null && at > attempt.deadline;
    if (wasRunning && isTooLate) this.#failAttempt(attempt, "timeout", at);
    if (!wasRunning || isTooLate) {
      this.#reportLate(attempt, outcome, at);
    } else if (outcome === "failed") {
      this.#failAttempt(attempt, "error", at);
    } else {
      this.#move(node, "completed");
      this.#emit({ kind: "nodeCompleted", at, node: node.id, attempt: number });
      this.#propagateFrom(node, at);
    }
  }

  #reportLate(attempt: Attempt, outcome: Outcome, at: number): void {
    this.#emit({ kind: "lateOutcome", at, node: attempt.node.id, attempt: attempt.number, outcome });
    this.#step.discards.push({ node: attempt.node.id, attempt: attempt.number });
  }

  /**
   * Row "cancel": "Idempotent; finished results stay. Settled at once." Row "slots": "Leases not begun go back on failFast, cancel".
   * Joins are not asked: every node that is not settled is cancelled, in node order.
   */
  #cancel(at: number): void {
    if (this.#isCancelAccepted || this.#nodes.every((node) => isSettled(node.state))) return;
    this.#isCancelAccepted = true;
    this.#emit({ kind: "cancelRequested", at });
    for (const node of this.#nodes) if (!isSettled(node.state)) this.#cancelNode(node, "cancel", at);
  }

  // ---- Failure ------------------------------------------------------------------------------------------------------------------------

  /** Row "retry": "`maxAttempts` is the total"; "a node between attempts is `waiting` (without a delay too) and holds nothing". */
  #failAttempt(attempt: Attempt, reason: FailureReason, at: number): void {
    const { node, number } = attempt;
    if (number < (node.policy.maxAttempts ?? 1)) {
      this.#move(node, "waiting");
      node.retryAt = at;
      this.#emit({ kind: "attemptFailed", at, node: node.id, attempt: number, reason });
      return;
    }
    this.#move(node, "failed");
    this.#emit({ kind: "nodeFailed", at, node: node.id, attempt: number, reason });
    // Row "failure": "a final failure first cascades (what it blocks is `upstreamFailed`), then stops the run". No join of this model accepts a
    // failure; one that does would be asked here, between the two.
    this.#propagateFrom(node, at);
    if (this.#spec.failFast) this.#stop(node, at);
  }

  /**
   * Row "failure": "Stopping is one sweep in node order, joins not asked: a node without a begun attempt becomes `skipped` (`failFast`), every other
   * unsettled one (running, waiting, ready again) is aborted and `cancelled`".
   */
  #stop(culprit: ModelNode, at: number): void {
    const unsettled = this.#nodes.filter((node) => !isSettled(node.state));
    if (unsettled.length === 0) return;
    this.#emit({ kind: "runStopping", at, node: culprit.id });
    for (const node of unsettled) {
      if (node.begun > 0) this.#cancelNode(node, "failFast", at);
      else this.#skipNode(node, "failFast", at);
    }
  }

  #cancelNode(node: ModelNode, why: AbortReason, at: number): void {
    this.#returnLease(node, at);
    const running = this.#runningAttempt(node);
    this.#move(node, "cancelled");
    this.#emit({ kind: "nodeCancelled", at, node: node.id, attempt: node.begun });
    if (running !== null) this.#tellToStop(running, why, at);
  }

  #skipNode(node: ModelNode, reason: SkipReason, at: number): void {
    this.#returnLease(node, at);
    this.#move(node, "skipped");
    node.skipReason = reason;
    this.#emit({ kind: "nodeSkipped", at, node: node.id, reason });
  }

  /** Row "slots": leases not begun "are no attempt". */
  #returnLease(node: ModelNode, at: number): void {
    if (node.lease === null) return;
    this.#step.revoked.push({ node: node.id });
    this.#emit({ kind: "leaseReturned", at, node: node.id });
    node.lease = null;
  }

  /** Row "structured end": "An attempt told to stop frees its slot at once"; it is waited for "at most `graceMs`". */
  #tellToStop(attempt: Attempt, why: AbortReason, at: number): void {
    attempt.phase = "told";
    attempt.graceUntil = at + this.#spec.graceMs * 1000;
    this.#step.aborts.push({ node: attempt.node.id, attempt: attempt.number, why });
  }

  // ---- Joins --------------------------------------------------------------------------------------------------------------------------

  /** DESIGN §3: "What one input changes is decided in full before the next: breadth-first from what settled, each node's downstreams in node order". */
  #propagateFrom(settled: ModelNode, at: number): void {
    const queue = [settled];
    for (const node of queue) {
      for (const id of node.downstreams) {
        const downstream = this.#node(id);
        if (downstream.state !== "pending") continue;
        this.#decideJoin(downstream, at);
        if (isSettled(downstream.state)) queue.push(downstream);
      }
    }
  }

  #decideJoin(node: ModelNode, at: number): void {
    const decision = node.join(node.upstreams.map((id) => lookOf(this.#node(id))));
    if (decision.kind === "met") this.#makeReady(node, at);
    if (decision.kind === "skipped") this.#skipNode(node, decision.reason, at);
    if (decision.kind === "filtered") {
      this.#move(node, "filtered");
      this.#emit({ kind: "nodeFiltered", at, node: node.id });
    }
  }

  #makeReady(node: ModelNode, at: number): void {
    this.#move(node, "ready");
    this.#emit({ kind: "nodeReady", at, node: node.id });
  }

  // ---- Timers, slots, end -------------------------------------------------------------------------------------------------------------

  /** DESIGN §3: "timers that are due by (due time, node)"; one that a timer makes takes its place among the others. */
  #fireTimers(now: number): void {
    for (let timer = this.#nextTimer(); timer !== null && timer.due <= now; timer = this.#nextTimer()) timer.fire(now);
  }

  #nextTimer(): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers()) if (first === null || isBefore(timer, first)) first = timer;
    return first;
  }

  *#timers(): Iterable<Timer> {
    for (const attempt of this.#live) {
      const { node, number, deadline, graceUntil } = attempt;
      if (attempt.phase === "running" && deadline !== null) {
        yield { due: deadline, node: node.id, rank: 0, attempt: number, fire: (now) => this.#timeOut(attempt, now) };
      }
      if (attempt.phase === "told" && graceUntil !== null) {
        yield { due: graceUntil, node: node.id, rank: 3, attempt: number, fire: (now) => this.#abandon(attempt, now) };
      }
    }
    for (const node of this.#nodes) {
      if (node.state !== "waiting" || node.retryAt === null) continue;
      yield { due: node.retryAt, node: node.id, rank: 2, attempt: node.begun, fire: (now) => this.#retry(node, now) };
    }
  }

  /** Row "timeout": "A timed-out attempt is settled at once and its signal aborts". Row "retry": "an attempt's `timeout` … retried". */
  #timeOut(attempt: Attempt, now: number): void {
    this.#tellToStop(attempt, "timeout", now);
    this.#failAttempt(attempt, "timeout", now);
  }

  #retry(node: ModelNode, now: number): void {
    node.retryAt = null;
    this.#makeReady(node, now);
  }

  /** Row "structured end": "… at most `graceMs` …, and lists what it had to abandon". */
  #abandon(attempt: Attempt, now: number): void {
    attempt.phase = "abandoned";
    this.#live.delete(attempt);
    this.#emit({ kind: "attemptAbandoned", at: now, node: attempt.node.id, attempt: attempt.number });
  }

  /** Rows "readiness" and "slots": "`maxWorkers` caps nodes that hold a slot"; a lease occupies one "while the node is still `ready`". */
  #fillSlots(now: number): void {
    const ready = this.#nodes.filter((node) => node.state === "ready" && node.lease === null).map((node) => node.id);
    const taken = this.#lanesTaken();
    for (const id of inOrder(ready, this.#ranks)) {
      const lane = lowestFree(taken, this.#spec.maxWorkers);
      if (lane === null) return;
      taken.add(lane);
      const node = this.#node(id);
      const lease: Lease = { node: id, attempt: node.begun + 1, lane };
      node.lease = lease;
      this.#step.leases.push(lease);
      this.#emit({ kind: "nodeLeased", at: now, ...lease });
    }
  }

  #lanesTaken(): Set<number> {
    const lanes = new Set<number>();
    for (const node of this.#nodes) if (node.lease !== null) lanes.add(node.lease.lane);
    for (const attempt of this.#live) if (attempt.phase === "running") lanes.add(attempt.lane);
    return lanes;
  }

  /** Row "structured end": "a run ends when the code it started has returned", or was abandoned. */
  #endIfDone(now: number): void {
    if (this.#live.size > 0 || !this.#nodes.every((node) => isSettled(node.state))) return;
    this.#isEnded = true;
    this.#emit({ kind: "runEnded", at: now, status: this.#outcome() });
  }

  /** Row "outcome of a run": "`cancelled` if a cancel was accepted; else `failed` … if a node failed …; else `completed`". */
  #outcome(): RunStatus {
    if (this.#isCancelAccepted) return "cancelled";
    return this.#nodes.some((node) => node.state === "failed") ? "failed" : "completed";
  }

  // ---- Parts --------------------------------------------------------------------------------------------------------------------------

  #move(node: ModelNode, to: NodeState): void {
    if (!isLegalMove(node.state, to)) throw new Error(`node ${node.id}: ${node.state} → ${to} is no legal move`);
    node.state = to;
  }

  #emit(event: RunEvent): void {
    this.#clock = event.at;
    this.#step.events.push(event);
  }

  #node(id: number): ModelNode {
    const node = this.#nodes[id];
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  #runningAttempt(node: ModelNode): Attempt | null {
    const attempt = this.#attempts.get(attemptKey(node, node.begun));
    return attempt?.phase === "running" ? attempt : null;
  }
}

function emptyStep(): { -readonly [K in "events" | "leases" | "aborts" | "revoked" | "discards"]: StepReport[K][number][] } {
  return { events: [], leases: [], aborts: [], revoked: [], discards: [] };
}

function attemptKey(node: ModelNode, attempt: number): string {
  return `${node.id}#${attempt}`;
}

/** "`upstreamFailed` (we say *blocked*: its root cause is a failure or a cancellation)". */
function lookOf(upstream: ModelNode): Look {
  switch (upstream.state) {
    case "pending":
    case "ready":
    case "running":
    case "waiting":
      return "unsettled";
    case "skipped":
      return upstream.skipReason === "upstreamFailed" ? "blocked" : "skipped";
    default:
      return upstream.state;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return (a.due - b.due || a.node - b.node || a.rank - b.rank || a.attempt - b.attempt) < 0;
}

function lowestFree(taken: ReadonlySet<number>, count: number): number | null {
  for (let lane = 0; lane < count; lane++) if (!taken.has(lane)) return lane;
  return null;
}
