/**
 * The reference model of a run, in plain TypeScript: objects, sets and straightforward scans, clarity over speed.
 *
 * It is written from DESIGN §4, whose rows the comments quote, and shares no table with the core. This file owns what a step is and which inputs make
 * sense; the other files of the folder own a subject each. It does not carry out effects, keep a journal or know names.
 */
import { begin, settleAttempt } from "./attempts.js";
import { closeScope, enter, expandMaps, failItems, takeItems } from "./containers.js";
import { fill } from "./fill.js";
import { commitGrowth, refusalOf } from "./growth.js";
import { isSettled } from "./moves.js";
import { addNodes } from "./nodes.js";
import { enterNextPhase } from "./phases.js";
import { answer, carryOut, openQuestion } from "./predicates.js";
import { nextRateAt } from "./resources.js";
import { considerClosing, returnLease } from "./settle.js";
import type { Growth, RunSpec } from "./spec.js";
import { type ModelNode, RunState, toUs } from "./state.js";
import { cancelBranches, cancelScope, isAccepted, stopScope, sweep } from "./stop.js";
import { nextTimer, type Timer } from "./timers.js";
import type { GrowthFault, NodeState, RunInput, StepReport } from "./types.js";
import { endUndo } from "./undo.js";
import { openWait, takeSignal } from "./waits.js";

/** What may happen by itself in a step. */
export interface Seen {
  /** Which timers fire. By default those that are due. */
  readonly mayFire: (timer: Timer) => boolean;
  /** Which ready nodes start. By default all. */
  readonly mayStart: (node: ModelNode) => boolean;
  /** Whether the run goes on to its next phase where it can. By default yes. */
  readonly mayEnter: boolean;
}

export class ModelRun {
  readonly #run: RunState;

  constructor(spec: RunSpec) {
    this.#run = new RunState(spec);
    addNodes(this.#run, this.#run.base, spec, 0);
  }

  get states(): readonly NodeState[] {
    return this.#run.nodes.map((node) => node.state);
  }

  /** The upstreams whose outputs a node is called with; `null` until its join is decided. */
  inputsOf(node: number): readonly number[] | null {
    return this.#run.nodes[node]?.inputs ?? null;
  }

  /** What is wrong with an addition as things stand; `null` for nothing. */
  refusalOf(node: number, growth: Growth): GrowthFault | null {
    return refusalOf(this.#run, this.#run.node(node), growth)?.fault ?? null;
  }

  /** The shortest timeout among leases not begun, in µs: one that begins now, unreported, may be out of time so soon. `null` for none. */
  get shortestLeasedTimeout(): number | null {
    const timeouts = this.#run.nodes.flatMap(({ lease, policy }) =>
      lease === null ? [] : [policy.timeoutMs, policy.nodeTimeoutMs].flatMap((ms) => (ms === undefined ? [] : [toUs(ms)])),
    );
    return timeouts.length === 0 ? null : Math.min(...timeouts);
  }

  /** The time of the last event, in µs. */
  get clock(): number {
    return this.#run.clock;
  }

  get hasLeases(): boolean {
    return this.#run.nodes.some((node) => node.lease !== null);
  }

  /** The state as it is, for laws about it. */
  get state(): RunState {
    return this.#run;
  }

  /**
   * One step. DESIGN §3, "The scheduler is a pure state machine": inputs of a batch apply in order, then timers that are due, then free slots are
   * filled once.
   *
   * Time does not run backwards: what is before the last event is taken as its time.
   *
   * @param seen for who leads the model through a run that has happened, and knows what did in this step.
   */
  advance(inputs: readonly RunInput[], nowUs: number, seen: Partial<Seen> = {}): StepReport {
    const run = this.#run;
    if (run.phase !== "ended") {
      for (const input of inputs) {
        const at = Math.max(input.at, run.clock);
        this.#apply(input, at);
        this.#decide(at);
      }
      const now = Math.max(nowUs, run.clock);
      if (run.startedAt !== null) this.#tick(now, { mayFire: ({ due }) => due <= now, mayStart: () => true, mayEnter: true, ...seen });
    }
    const isEnded = run.phase === "ended";
    return { ...run.takeReport(), wakeAt: isEnded ? null : this.#wakeAt(Math.max(nowUs, run.clock)), ended: isEnded };
  }

  #tick(now: number, { mayFire, mayStart, mayEnter }: Seen): void {
    const run = this.#run;
    for (let timer = nextTimer(run, mayFire); timer !== null; timer = nextTimer(run, mayFire)) {
      timer.fire(now);
      this.#decide(now);
    }
    const decide = (): void => this.#decide(now);
    fill(run, now, decide, mayStart);
    while (mayEnter && enterNextPhase(run, now)) {
      decide();
      fill(run, now, decide, mayStart);
    }
    if (run.phase !== "ended") expandMaps(run);
  }

  #wakeAt(now: number): number | null {
    const run = this.#run;
    const rate = run.isPaused ? null : nextRateAt(run, now);
    const due = nextTimer(run)?.due ?? null;
    return due === null || rate === null ? (due ?? rate) : Math.min(due, rate);
  }

  /** An input that makes no sense is refused: it changes nothing and makes no event. */
  #apply(input: RunInput, at: number): void {
    const run = this.#run;
    if (input.kind === "start") this.#start(at);
    if (run.startedAt === null) return;
    switch (input.kind) {
      case "start":
        break;
      case "cancel":
        this.#cancel(at);
        break;
      case "pause":
        this.#pause(at);
        break;
      case "resume":
        this.#resume(at);
        break;
      case "cancelNodes":
        this.#cancelNodes(input.nodes, at);
        break;
      case "grow":
        commitGrowth(run, null, input.growth, at);
        break;
      case "signal":
        this.#signal(input, at);
        break;
      default:
        this.#applyToNode(input, at);
    }
  }

  #applyToNode(input: Extract<RunInput, { node: number }>, at: number): void {
    const run = this.#run;
    const node = run.nodes[input.node];
    if (node === undefined) return;
    switch (input.kind) {
      case "begin":
        begin(run, node, input.attempt, at);
        break;
      case "settle":
        settleAttempt(run, node, input, at, () => this.#decide(at));
        break;
      case "wait":
        openWait(run, node, input, at);
        break;
      case "answer": {
        const open = openQuestion(run, node, input.question, input.from);
        if (open !== null && input.verdict !== "timedOut") answer(run, open, input.verdict, at);
        break;
      }
      case "items":
        takeItems(run, node, input.attempt, input.count, input.isDone, at);
        break;
      case "itemsFailed":
        failItems(run, node, input.attempt, at);
        break;
      case "undone": {
        const unit = run.undos.find((each) => each.node === node && each.state === "running");
        if (unit !== undefined) endUndo(run, unit, input.isOk ? "ok" : "error", at);
        break;
      }
    }
  }

  #start(at: number): void {
    const run = this.#run;
    if (run.startedAt !== null) return;
    run.startedAt = at;
    run.emit({ kind: "runStarted", at });
    // Row "readiness": a node without upstreams is met, so its join is decided at once.
    enter(run, run.nodes);
  }

  /** Row "cancel": "Idempotent; finished results stay." Row "finally": "Once everything else has settled, pause, a run's cancel … no longer count". */
  #cancel(at: number): void {
    const run = this.#run;
    if (run.isCancelAccepted || run.isTimedOut || run.hasAllSettled) return;
    run.isCancelAccepted = true;
    run.emit({ kind: "cancelRequested", at });
    cancelScope(run, run.base, "cancel");
  }

  /** Row "pause": "no new starts …, leases not begun go back". */
  #pause(at: number): void {
    const run = this.#run;
    if (run.isPaused || run.isGoingDown || run.hasAllSettled) return;
    run.pauseAsked = true;
    run.emit({ kind: "runPaused", at });
    for (const node of run.nodes) returnLease(run, node, at);
  }

  #resume(at: number): void {
    const run = this.#run;
    if (!run.isPaused) return;
    run.pauseAsked = false;
    run.emit({ kind: "runResumed", at });
  }

  #signal({ name, node, payload, isRejection }: Extract<RunInput, { kind: "signal" }>, at: number): void {
    const run = this.#run;
    if (node !== null && run.nodes[node] === undefined) return;
    // Nobody is left who could hear it.
    if (run.nodes.every((each) => isSettled(each.state))) return;
    takeSignal(run, { name, node, payload, isRejection }, at);
  }

  #cancelNodes(ids: readonly number[], at: number): void {
    const run = this.#run;
    const named = run.nodes.filter((node) => ids.includes(node.id) && !isSettled(node.state));
    for (const node of named) run.emit({ kind: "nodeCancelRequested", at, node: node.id });
    cancelBranches(run, named, at);
  }

  /** "What one input changes is decided in full before the next": joins first, then failures, then sweeps, then scopes in which all has settled. */
  #decide(at: number): void {
    const run = this.#run;
    for (;;) {
      const decision = run.decisions.shift();
      if (decision !== undefined) {
        carryOut(run, decision, at);
        continue;
      }
      const culprit = run.culprits.shift();
      if (culprit !== undefined) {
        this.#judge(culprit, at);
        continue;
      }
      const next = run.sweeps.shift();
      if (next !== undefined) {
        sweep(run, next, at);
        continue;
      }
      const scope = run.closings.shift();
      if (scope === undefined) return;
      closeScope(run, scope, at);
    }
  }

  /** Row "failure": "a final failure first cascades (what it blocks is `upstreamFailed`), then stops the run, unless …". */
  #judge(culprit: RunState["culprits"][number], at: number): void {
    const run = this.#run;
    const { scope } = culprit;
    const isOver = run.hasSettled(scope) && scope.isItemsDone;
    if (scope.isStopping || isOver || isAccepted(run, culprit)) return;
    run.emit({ kind: "runStopping", at, node: culprit.id });
    stopScope(run, scope);
    considerClosing(run, scope);
  }
}
