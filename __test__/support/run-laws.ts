/**
 * Laws that hold for every run whatever it does: DESIGN §4 in terms of what a host sees, events and effects. They hold for the reference model and
 * for the core, and know nothing of how either decides.
 *
 * `checkLaws` throws at the first breach, with the line of the log where it shows.
 */
import { isLegalMove, isSettled } from "./model/moves.js";
import type { Growth, ModelPolicy, RunSpec } from "./model/spec.js";
import { formatEvent, type RunEvent, type StepReport } from "./model/types.js";
import { type ReadNode, type ReadScope, RunReader } from "./run-reader.js";

/** @throws Error naming the law and the event that breaks it. `growths`: the additions that were committed, in order. */
export function checkLaws(spec: RunSpec, growths: readonly Growth[], steps: readonly StepReport[]): void {
  const laws = new Laws(spec, growths);
  for (const step of steps) laws.step(step);
  laws.end();
}

type Of<Kind extends RunEvent["kind"]> = Extract<RunEvent, { kind: Kind }>;

class Laws {
  readonly #spec: RunSpec;
  readonly #reader: RunReader;
  /** Ranks of the nodes, where nothing but a slot decides who starts next. */
  readonly #ranks: readonly Rank[] | null;
  /** Attempts told to stop whose code has not returned, and whether they hold what they need: parked code does not. */
  readonly #out = new Map<string, boolean>();
  readonly #lateSuccesses = new Set<number>();
  readonly #openWaits = new Set<string>();
  readonly #asked = new Map<string, "open" | "answered">();
  readonly #rounds = new Map<number, number>();
  readonly #stopped = new Set<ReadScope>();
  readonly #undoLanes = new Map<number, number>();
  readonly #undone = new Set<number>();
  readonly #phases: string[] = [];
  readonly #leaseTimes: { node: number; pool: number; amount: number; at: number }[] = [];
  /** Nodes leased in this step. */
  readonly #leasedNow = new Set<number>();
  #last: RunEvent | null = null;
  #step: StepReport = { events: [], leases: [], effects: [], wakeAt: null, ended: false };
  #isPaused = false;
  #isStopped = false;
  #hasCancel = false;
  #hasTimedOut = false;
  readonly #freed = new Set<number>();
  #growthCount = 0;
  #ends = 0;

  constructor(spec: RunSpec, growths: readonly Growth[]) {
    this.#spec = spec;
    this.#reader = new RunReader(spec, growths);
    const isPlain =
      growths.length === 0 &&
      spec.policies.every(({ kind, needs, isCommand }) => (kind?.is ?? "task") === "task" && needs === undefined && isCommand !== true);
    this.#ranks = isPlain ? bruteForceRanks(spec) : null;
  }

  step(step: StepReport): void {
    this.#step = step;
    this.#leasedNow.clear();
    for (const event of step.events) {
      const { moves } = this.#reader;
      const before = moves.length;
      this.#common(event);
      this.#check(event);
      this.#reader.read(event);
      for (const { from, to } of moves.slice(before)) this.#law(isLegalMove(from, to), `${from} → ${to} is a legal move`, event);
      this.#capacities(event);
      this.#last = event;
    }
    this.#frees(step);
    const held = this.#lanes().length;
    if (this.#ranks !== null && !this.#isPaused && !this.#isStopped && held < this.#spec.maxWorkers) {
      const waiting = this.#reader.nodes.find((node) => node.state === "ready" && !node.isLeased);
      if (waiting !== undefined) throw new Error(`a slot is free while node ${waiting.id} is ready`);
    }
    if (step.ended !== this.#ends > 0) throw new Error("a step says that the run ended exactly when it has");
    if (this.#last !== null && step.wakeAt !== null && step.wakeAt < this.#last.at) throw new Error("a timer that is due has fired");
  }

  /** An output is freed once, and only where there is one and nobody is left who could read it. */
  #frees({ effects }: StepReport): void {
    for (const effect of effects) {
      if (effect.kind !== "free") continue;
      const { state, downstreams } = this.#reader.node(effect.node);
      const isUnread = downstreams.every((id) => isSettled(this.#reader.node(id).state));
      if (this.#freed.has(effect.node)) throw new Error(`the output of ${effect.node} is freed twice`);
      if (state !== "completed" || !isUnread) throw new Error(`the output of ${effect.node} is freed while it is ${state} or may be read`);
      this.#freed.add(effect.node);
    }
  }

  end(): void {
    if (this.#ends !== 1) throw new Error(`a run ends exactly once, not ${this.#ends} times`);
  }

  #law(holds: boolean, law: string, event: RunEvent): asserts holds {
    if (!holds) throw new Error(`${law}: ${formatEvent(event)}`);
  }

  #lanes(): number[] {
    const lanes = this.#reader.nodes.flatMap((node) => (node.lane === null ? [] : [node.lane]));
    return [...lanes, ...this.#undoLanes.values()];
  }

  #isOrdinary(node: ReadNode): boolean {
    if (node.policy.isFinally === true) return false;
    return node.scope.container === null || this.#isOrdinary(this.#reader.node(node.scope.container));
  }

  #common(event: RunEvent): void {
    const law = (holds: boolean, text: string): void => this.#law(holds, text, event);
    law((this.#last === null) === (event.kind === "runStarted"), "a run begins with runStarted, once");
    law(this.#ends === 0, "nothing comes after runEnded");
    law(this.#last === null || event.at >= this.#last.at, "time does not run backwards");
    if (this.#phases.length > 0) law(!["cancelRequested", "runPaused", "runTimedOut"].includes(event.kind), "the way down is not turned");
  }

  #check(event: RunEvent): void {
    switch (event.kind) {
      case "nodeLeased":
        this.#leased(event);
        return;
      case "leaseReturned": {
        const node = this.#reader.node(event.node);
        this.#law(node.isLeased, "only a lease is returned", event);
        const isTold = this.#step.effects.some((effect) => effect.kind === "revoke" && effect.node === event.node);
        // The host never sees a lease that is given and taken back in one step.
        const isSeen = !this.#leasedNow.delete(event.node);
        this.#law(isTold || !isSeen, "the host learns of a lease taken back", event);
        const kept = this.#leaseTimes.filter((lease) => lease.node !== event.node || lease.at !== this.#lastLeaseOf(event.node));
        this.#leaseTimes.splice(0, this.#leaseTimes.length, ...kept);
        return;
      }
      case "nodeStarted":
        this.#started(event);
        return;
      case "nodeResumed": {
        const node = this.#reader.node(event.node);
        this.#law(node.isParked && event.attempt === node.begun, "what goes on is the attempt that parked", event);
        this.#law(event.lane === null ? !node.isLeased : node.lane === event.lane, "it goes on on its lease", event);
        return;
      }
      case "nodeCompleted":
      case "nodeFailed":
      case "nodeSkipped":
      case "nodeFiltered":
      case "nodeCancelled":
      case "attemptFailed":
        this.#ended(event);
        return;
      case "lateOutcome": {
        const node = this.#reader.node(event.node);
        this.#law(event.attempt >= 1 && event.attempt <= node.begun, "a late outcome is of an attempt that began", event);
        this.#law(node.state !== "running" || node.begun !== event.attempt, "an attempt that runs is not late", event);
        this.#out.delete(`${event.node}#${event.attempt}`);
        if (event.outcome === "ok") this.#lateSuccesses.add(event.node);
        return;
      }
      case "attemptAbandoned":
        this.#law(this.#out.delete(`${event.node}#${event.attempt}`), "only code told to stop is abandoned", event);
        return;
      case "predicateAsked":
      case "predicateAnswered":
        this.#predicate(event);
        return;
      case "waitOpened":
      case "waitOver": {
        const key = `${event.node} ${event.key}`;
        this.#law(this.#openWaits.has(key) === (event.kind === "waitOver"), "a wait opens once and is over once", event);
        if (event.kind === "waitOver") this.#openWaits.delete(key);
        else this.#openWaits.add(key);
        return;
      }
      case "scopeOpened":
      case "itemsAdded": {
        const { policy, state, begun } = this.#reader.node(event.node);
        this.#law(state === "running", "what opens is running", event);
        this.#law((policy.kind?.is === "map") === (event.kind === "itemsAdded"), "maps have items, sub-DAGs and loops have rounds", event);
        if (event.kind === "scopeOpened" && policy.kind?.is === "loop") {
          const last = this.#rounds.get(event.node) ?? 0;
          this.#law(event.round === last + 1 || (event.round === 1 && begun > 1), "rounds are counted", event);
          this.#rounds.set(event.node, event.round);
        }
        return;
      }
      case "grew":
        this.#law(event.ordinal === this.#growthCount++, "additions are counted", event);
        return;
      case "undoStarted":
      case "undoCompleted":
      case "undoFailed":
        this.#undo(event);
        return;
      default:
        this.#run(event);
        return;
    }
  }

  #run(event: RunEvent): void {
    const { nodes } = this.#reader;
    switch (event.kind) {
      case "cancelRequested":
      case "runTimedOut":
        this.#law(event.kind === "runTimedOut" || !this.#hasCancel, "a cancel is accepted once", event);
        this.#law(!this.#hasTimedOut, "nothing is cancelled after the run's timeout", event);
        this.#law(
          nodes.some((node) => !isSettled(node.state)),
          "a cancel needs something to cancel",
          event,
        );
        if (event.kind === "cancelRequested") this.#hasCancel = true;
        else this.#hasTimedOut = true;
        [this.#isStopped, this.#isPaused] = [true, false];
        return;
      case "runStopping": {
        const { state, scope } = this.#reader.node(event.node);
        this.#law(state === "failed" && scope.failFast, "a failure stops what fails fast", event);
        this.#law(!this.#stopped.has(scope), "a scope stops once", event);
        this.#stopped.add(scope);
        if (scope.container === null) [this.#isStopped, this.#isPaused] = [true, false];
        return;
      }
      case "runPaused":
      case "runResumed":
        this.#law(this.#isPaused === (event.kind === "runResumed"), "pause and resume take turns", event);
        this.#isPaused = event.kind === "runPaused";
        return;
      case "phaseEntered":
        this.#phase(event);
        return;
      case "runEnded": {
        this.#ends++;
        this.#law(
          nodes.every((node) => isSettled(node.state)),
          "a run ends when every node has settled",
          event,
        );
        this.#law(this.#out.size === 0, "a run ends when the code it started has returned or was abandoned", event);
        this.#law(this.#undoLanes.size === 0, "a run ends when what it undoes is undone", event);
        const counts = (node: ReadNode): boolean =>
          node.state === "failed" && node.scope.container === null && (node.policy.onFailure ?? "fail") === "fail";
        const expected = this.#hasCancel ? "cancelled" : this.#hasTimedOut || nodes.some(counts) ? "failed" : "completed";
        this.#law(event.status === expected, `the outcome is ${expected}`, event);
        return;
      }
      default:
        return;
    }
  }

  #phase(event: Of<"phaseEntered">): void {
    if (event.node !== null) return;
    this.#law(!this.#phases.includes(event.phase) && this.#phases.at(-1) !== "finalizing", "a run has each phase once, in order", event);
    this.#phases.push(event.phase);
    this.#isPaused = false;
    this.#law(
      this.#reader.nodes.every((node) => isSettled(node.state) || !this.#isOrdinary(node)),
      "a phase begins when every ordinary node has settled",
      event,
    );
    this.#law(this.#out.size === 0, "a phase begins when code told to stop has returned", event);
  }

  #leased(event: Of<"nodeLeased">): void {
    const law = (holds: boolean, text: string): void => this.#law(holds, text, event);
    const node = this.#reader.node(event.node);
    law((node.policy.kind?.is ?? "task") === "task", "only tasks are leased");
    law(node.state === "ready" && !node.isLeased, "a lease is of a ready node");
    law(event.attempt === (node.isParked ? node.begun : node.begun + 1), "attempts count up by one");
    law(event.attempt <= (node.policy.maxAttempts ?? 1) + node.crashes, "maxAttempts is the total, crashes apart");
    const isGoingOn = this.#reader.nodes.some((other) => this.#isOrdinary(other) && !isSettled(other.state));
    law(!this.#isPaused || !isGoingOn, "nothing starts in a pause");
    law(!this.#isStopped || this.#phases.length > 0 || !this.#isOrdinary(node), "no work is handed out after a stop or a cancel");
    const taken = this.#lanes();
    this.#leasedNow.add(event.node);
    const { maxWorkers, maxCommands = Number.POSITIVE_INFINITY } = this.#spec;
    const [from, to] = node.policy.isCommand === true ? [maxWorkers, maxWorkers + maxCommands] : [0, maxWorkers];
    law(!taken.includes(event.lane), "a lane has one attempt at a time");
    law(event.lane >= from && event.lane < to, "tasks take slots, commands take lanes of their own");
    law(
      Array.from({ length: event.lane - from }, (_, k) => from + k).every((lane) => taken.includes(lane)),
      "the lowest free lane is taken",
    );
    for (const [pool, amount] of node.policy.needs ?? []) this.#leaseTimes.push({ node: event.node, pool, amount, at: event.at });
    if (this.#ranks === null) return;
    for (const other of this.#reader.nodes) {
      const isBehind = other.id === node.id || other.state !== "ready" || other.isLeased || !isAhead(this.#ranks, other.id, node.id);
      law(isBehind, `node ${other.id} is ahead in the order`);
    }
  }

  #lastLeaseOf(node: number): number | undefined {
    return this.#leaseTimes.findLast((lease) => lease.node === node)?.at;
  }

  #started(event: Of<"nodeStarted">): void {
    const node = this.#reader.node(event.node);
    const needsLane = (node.policy.kind?.is ?? "task") === "task";
    this.#law(needsLane ? node.isLeased && node.lane === event.lane : event.lane === null, "a task begins on its lease", event);
    this.#law(event.attempt === node.begun + 1, "attempts count up by one", event);
    const { join } = node.policy;
    if (join !== undefined && join !== "allCompleted") return;
    const looks = node.upstreams.map((upstream) => this.#reader.lookOf(upstream, node.id));
    this.#law(
      node.policy.isFinally === true || looks.every((look) => look === "completed" || look === "filtered"),
      "nothing starts before its upstreams have completed",
      event,
    );
  }

  #ended(event: RunEvent): void {
    if (!("node" in event) || event.node === null) return;
    const law = (holds: boolean, text: string): void => this.#law(holds, text, event);
    const node = this.#reader.node(event.node);
    law(!node.isLeased, "a node settles without a lease");
    if ("attempt" in event) law(event.attempt === node.begun, "what ends is the last attempt begun");
    if (event.kind === "nodeSkipped") law(node.begun === 0, "a node that has begun is not skipped");
    if (event.kind === "attemptFailed") {
      if (event.reason === "crashed" && node.policy.isExternal !== true) {
        law(node.crashes < (node.policy.maxCrashes ?? 3), "maxCrashes is the most that is run again for nothing");
        law(event.due === event.at, "what crashed is run again at once");
      } else {
        law(event.attempt - node.crashes < (node.policy.maxAttempts ?? 1), "a last attempt's failure is final");
      }
      law(event.due >= event.at, "a retry is not due in the past");
      law(event.reason !== "rejected" && event.reason !== "limit", "a rejection and a limit are final");
    }
    const abort = this.#step.effects.some((effect) => effect.kind === "abort" && effect.node === node.id && effect.attempt === node.begun);
    const hasCode = (node.policy.kind?.is ?? "task") === "task" && (node.state === "running" || node.isParked);
    if (hasCode && event.kind === "nodeCancelled") law(abort, "running code is told to stop");
    if (hasCode && abort && event.kind !== "nodeCompleted") this.#out.set(`${node.id}#${node.begun}`, node.state === "running");
    for (const key of this.#openWaits) if (key.startsWith(`${node.id} `)) this.#openWaits.delete(key);
  }

  #predicate(event: Of<"predicateAsked" | "predicateAnswered">): void {
    const key = `${event.node} ${event.question} ${event.from}`;
    const state = this.#asked.get(key);
    if (event.kind === "predicateAsked") {
      this.#law(state === undefined || event.question === "until", "a predicate is asked once", event);
      const { state: asked } = this.#reader.node(event.node);
      this.#law(
        asked === (event.question === "until" ? "running" : "pending"),
        "predicates are asked of pending nodes, until of running loops",
        event,
      );
      if (event.from !== null)
        this.#law(this.#reader.node(event.from).state === "completed", "edges are asked about completed upstreams", event);
      this.#asked.set(key, "open");
    } else {
      this.#law(state === "open", "a question is answered once", event);
      this.#asked.set(key, "answered");
    }
  }

  #undo(event: RunEvent & { readonly node: number }): void {
    const node = this.#reader.node(event.node);
    if (event.kind !== "undoStarted") {
      this.#law(this.#undoLanes.delete(event.node), "what is undone was being undone", event);
      return;
    }
    this.#law(this.#phases.at(-1) === "undoing", "undoing is a phase", event);
    this.#law(node.policy.hasUndo === true && !this.#undone.has(node.id), "what has an undo is undone once", event);
    this.#law((node.state === "completed" && node.begun > 0) || this.#lateSuccesses.has(node.id), "what succeeded is undone", event);
    this.#law(!this.#lanes().includes(event.lane) && event.lane < this.#spec.maxWorkers, "a lane is a free slot", event);
    this.#undone.add(node.id);
    this.#undoLanes.set(node.id, event.lane);
  }

  /** No pool, rate, key or container has more than it may have. */
  #capacities(event: RunEvent): void {
    if (event.kind !== "nodeLeased" && event.kind !== "nodeStarted") return;
    const { pools = [] } = this.#spec;
    const { nodes } = this.#reader;
    for (const [number, pool] of pools.entries()) {
      const needOf = ({ policy: { needs = [] } }: ReadNode): number => needs.find(([needed]) => needed === number)?.[1] ?? 0;
      const { intervalMs } = pool;
      const used =
        intervalMs === undefined
          ? nodes.filter((node) => node.isLeased || node.state === "running").reduce((sum, node) => sum + needOf(node), 0) +
            [...this.#out].reduce((sum, [key, holds]) => sum + (holds ? needOf(this.#reader.node(Number.parseInt(key, 10))) : 0), 0)
          : this.#leaseTimes
              .filter((lease) => lease.pool === number && lease.at > event.at - intervalMs * 1000)
              .reduce((sum, lease) => sum + lease.amount, 0);
      this.#law(used <= pool.capacity, `pool ${number} has ${pool.capacity}, ${used} are used`, event);
    }
    const { scope } = this.#reader.node(event.node);
    const { container } = scope;
    if (container === null) return;
    const { kind } = this.#reader.node(container).policy;
    const most = kind !== undefined && "inside" in kind ? kind.inside.concurrency : undefined;
    if (most === undefined) return;
    const busy = nodes.filter((node) => node.scope === scope && (node.isLeased || node.state === "running"));
    this.#law(busy.length <= most, `${busy.length} run inside ${container}, which lets ${most}`, event);
  }
}

interface Rank {
  readonly priority: number;
  readonly cost: number;
}

/** Priority and bottom level by their definitions: over all descendants, over all paths (memoized). */
function bruteForceRanks(spec: RunSpec): Rank[] {
  const below = Array.from({ length: spec.nodeCount }, (): number[] => []);
  for (const [from, to] of spec.edges) below[from]?.push(to);
  const cost = (id: number): number => spec.policies[id]?.cost ?? 1;
  const longest = new Map<number, number>();
  const bottomLevel = (id: number): number => {
    const known = longest.get(id);
    if (known !== undefined) return known;
    const level = cost(id) + Math.max(0, ...(below[id] ?? []).map(bottomLevel));
    longest.set(id, level);
    return level;
  };
  const priority = (policy: ModelPolicy | undefined): number => policy?.priority ?? 0;
  return below.map((_, id) => {
    const reached = new Set([id]);
    for (const node of reached) for (const next of below[node] ?? []) reached.add(next);
    return { priority: Math.max(...[...reached].map((node) => priority(spec.policies[node]))), cost: bottomLevel(id) };
  });
}

function isAhead(rank: readonly Rank[], a: number, b: number): boolean {
  const [left, right] = [rank[a], rank[b]];
  if (left === undefined || right === undefined) return false;
  if (left.priority !== right.priority) return left.priority > right.priority;
  if (left.cost !== right.cost) return left.cost > right.cost;
  return a < b;
}
