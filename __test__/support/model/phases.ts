/**
 * The end of a run in the reference model: stopping, undoing, finalizing, ended (DESIGN §4, "States of a run").
 */
import { hasFailed } from "./containers.js";
import { askJoin } from "./looks.js";
import type { RunState } from "./state.js";
import type { RunStatus } from "./types.js";
import { unitsOf } from "./undo.js";

/** Row "finally": "when everything else has settled, code told to stop has returned (at most `graceMs`) and undo is done". @returns whether the run went on. */
export function enterNextPhase(run: RunState, now: number): boolean {
  if (!run.hasAllSettled || run.isAwaiting(() => true)) return false;
  if (run.phase === "running") {
    const units = run.spec.undo === true && outcomeOf(run) !== "completed" ? unitsOf(run) : [];
    if (units.length > 0) {
      run.undos = units;
      run.phase = "undoing";
      run.emit({ kind: "phaseEntered", at: now, node: null, phase: "undoing" });
      return true;
    }
  }
  if (run.undos.some((unit) => unit.state !== "finished")) return false;
  const left = run.finallyNodesLeft(run.base);
  if (left.length > 0) {
    if (run.phase === "finalizing") return false;
    run.phase = "finalizing";
    run.emit({ kind: "phaseEntered", at: now, node: null, phase: "finalizing" });
    for (const node of left) askJoin(run, node);
    return true;
  }
  run.phase = "ended";
  run.emit({ kind: "runEnded", at: now, status: outcomeOf(run) });
  return false;
}

/** Row "outcome of a run": "`cancelled` if a cancel was accepted; else `failed` on the run's timeout or if a node failed whose `onFailure` is `fail`". */
function outcomeOf(run: RunState): RunStatus {
  if (run.isCancelAccepted) return "cancelled";
  return run.isTimedOut || hasFailed(run, run.base) ? "failed" : "completed";
}
