/**
 * Undo in the reference model.
 *
 * DESIGN §4, row "undo": "where asked, runs on failed and cancelled ends over reversed edges, for uncached nodes whose code succeeded, late successes of
 * aborted attempts included; a failing undo is recorded, the rest goes on".
 */
import { lowestSlot } from "./fill.js";
import { type ModelNode, type RunState, toUs, type UndoUnit } from "./state.js";

/** What there is to undo. "A cached node counts as completed: attempt 0" (row "cache"). */
export function unitsOf(run: RunState): UndoUnit[] {
  return run.nodes
    .filter((node) => node.policy.hasUndo === true)
    .filter((node) => (node.state === "completed" && node.begun > 0) || run.lateSuccesses.has(node))
    .map((node) => ({ node, state: "waiting", lane: null, deadline: null }));
}

/** What can be undone now: nothing that stands behind it is left to undo. The highest id first, each on a slot. */
export function startUndos(run: RunState, now: number): void {
  if (run.phase !== "undoing") return;
  const left = run.undos.filter((unit) => unit.state !== "finished");
  const free = left.filter((unit) => unit.state === "waiting").sort((a, b) => b.node.id - a.node.id);
  for (const unit of free) {
    const behind = standsBehind(run, unit.node);
    if (left.some((other) => other !== unit && behind.has(other.node))) continue;
    const lane = lowestSlot(run);
    if (lane === null) return;
    unit.state = "running";
    unit.lane = lane;
    const { timeoutMs } = unit.node.policy;
    unit.deadline = timeoutMs === undefined ? null : now + toUs(timeoutMs);
    run.emit({ kind: "undoStarted", at: now, node: unit.node.id, lane });
    run.effect({ kind: "undo", node: unit.node.id });
  }
}

/** Over edges, out of containers to what follows them, and into containers: an inside comes after its container has begun. */
function standsBehind(run: RunState, from: ModelNode): Set<ModelNode> {
  const behind = new Set<ModelNode>();
  const queue = [from];
  for (const node of queue) {
    const below = node.downstreams.map((id) => run.node(id));
    for (let up = node.scope.container; up !== null; up = up.scope.container) below.push(...up.downstreams.map((id) => run.node(id)));
    for (const next of [...below, ...run.nodesInside(node)]) {
      if (behind.has(next)) continue;
      behind.add(next);
      queue.push(next);
    }
  }
  behind.delete(from);
  return behind;
}

export function endUndo(run: RunState, unit: UndoUnit, end: "ok" | "error" | "timeout", at: number): void {
  unit.state = "finished";
  unit.lane = null;
  if (end === "ok") run.emit({ kind: "undoCompleted", at, node: unit.node.id });
  else run.emit({ kind: "undoFailed", at, node: unit.node.id, reason: end });
}
