/**
 * The timers of the reference model, found anew each time.
 *
 * DESIGN §3: "timers that are due by (due time, node)"; "of equal due times the lower node's first, the attempt's before the node's, the run's last".
 */
import { abandon, attemptDeadlineOf, timeOutAttempt, timeOutNode } from "./attempts.js";
import { isSettled } from "./moves.js";
import { answer } from "./predicates.js";
import { nodeDeadlineOf } from "./retry.js";
import { makeReady } from "./settle.js";
import { type RunState, toUs } from "./state.js";
import { cancelScope } from "./stop.js";
import { endUndo } from "./undo.js";
import { timeOutWait } from "./waits.js";

export interface Timer {
  readonly due: number;
  readonly node: number;
  /** At one node: attempt timeout 0, node timeout 1, retry 2, wait 3, predicate 4, grace 5; run timeout 6. */
  readonly class: 0 | 1 | 2 | 3 | 4 | 5 | 6;
  /** The attempt, the wait's key or the upstream. */
  readonly which: number;
  readonly fire: (now: number) => void;
}

/** The earliest timer of those that `isMeant`. */
export function nextTimer(run: RunState, isMeant: (timer: Timer) => boolean = () => true): Timer | null {
  let first: Timer | null = null;
  for (const timer of timersOf(run)) if (isMeant(timer) && (first === null || isBefore(timer, first))) first = timer;
  return first;
}

function isBefore(a: Timer, b: Timer): boolean {
  return (a.due - b.due || a.node - b.node || a.class - b.class || a.which - b.which) < 0;
}

function* timersOf(run: RunState): Iterable<Timer> {
  for (const attempt of run.attempts.values()) {
    const { node, number, graceUntil } = attempt;
    const deadline = attemptDeadlineOf(attempt);
    if (deadline !== null)
      yield { due: deadline, node: node.id, class: 0, which: number, fire: (now) => timeOutAttempt(run, attempt, now) };
    if (attempt.phase === "told" && graceUntil !== null) {
      yield { due: graceUntil, node: node.id, class: 5, which: number, fire: (now) => abandon(run, attempt, now) };
    }
  }
  for (const unit of run.undos) {
    if (unit.state !== "running" || unit.deadline === null) continue;
    yield { due: unit.deadline, node: unit.node.id, class: 0, which: unit.node.begun, fire: (now) => endUndo(run, unit, "timeout", now) };
  }
  for (const node of run.nodes) {
    if (isSettled(node.state)) continue;
    const deadline = nodeDeadlineOf(node);
    if (deadline !== null) yield { due: deadline, node: node.id, class: 1, which: 0, fire: (now) => timeOutNode(run, node, now) };
    if (node.retryAt !== null) yield { due: node.retryAt, node: node.id, class: 2, which: node.begun, fire: (now) => retry(now) };
    const retry = (now: number): void => {
      node.retryAt = null;
      makeReady(run, node, now);
    };
  }
  for (const wait of run.waits) {
    if (wait.due === null) continue;
    yield { due: wait.due, node: wait.node.id, class: 3, which: wait.key, fire: (now) => timeOutWait(run, wait, now) };
  }
  for (const open of run.questions) {
    if (open.due === null) continue;
    yield { due: open.due, node: open.node.id, class: 4, which: open.from ?? 0, fire: (now) => answer(run, open, "timedOut", now) };
  }
  const { runTimeoutMs } = run.spec;
  if (run.startedAt === null || runTimeoutMs === undefined || run.isCancelAccepted || run.isTimedOut || run.hasAllSettled) return;
  yield { due: run.startedAt + toUs(runTimeoutMs), node: 2 ** 32 - 1, class: 6, which: 0, fire: (now) => timeOutRun(run, now) };
}

/** Row "timeout": "Run: wall time, pauses included; cancels what is unfinished." */
function timeOutRun(run: RunState, now: number): void {
  run.isTimedOut = true;
  run.emit({ kind: "runTimedOut", at: now });
  cancelScope(run, run.base, "runTimeout");
}
