/** How a node gets ready and how it settles in the reference model, with all that goes with it whatever the cause. */
import { askJoin, lookAgain } from "./looks.js";
import { isSettled } from "./moves.js";
import { isWithin, type ModelNode, type RunState, type Scope } from "./state.js";
import type { FailureReason, SkipReason } from "./types.js";

export function makeReady(run: RunState, node: ModelNode, at: number): void {
  run.move(node, "ready");
  run.emit({ kind: "nodeReady", at, node: node.id });
}

/** `attempt` is 0 where nothing was run for it. */
export function completeNode(run: RunState, node: ModelNode, at: number, attempt = node.begun): void {
  run.move(node, "completed");
  run.emit({ kind: "nodeCompleted", at, node: node.id, attempt });
  hasSettled(run, node, true);
}

export function failNode(run: RunState, node: ModelNode, reason: FailureReason, at: number): void {
  stopItems(run, node);
  run.move(node, "failed");
  run.emit({ kind: "nodeFailed", at, node: node.id, attempt: node.begun, reason });
  hasSettled(run, node, true);
  // Row "failure": "a final failure first cascades …, then stops the run". Rows "onFailure", "finally": others stop nothing.
  const mayStop = (node.policy.onFailure ?? "fail") === "fail" && node.policy.isFinally !== true;
  if (mayStop && node.scope.failFast && !node.scope.isStopping) run.culprits.push(node);
}

export function skipNode(run: RunState, node: ModelNode, reason: SkipReason, at: number, asksJoins = true): void {
  run.move(node, "skipped");
  node.skipReason = reason;
  run.emit({ kind: "nodeSkipped", at, node: node.id, reason });
  hasSettled(run, node, asksJoins);
}

export function filterNode(run: RunState, node: ModelNode, at: number): void {
  run.move(node, "filtered");
  run.emit({ kind: "nodeFiltered", at, node: node.id });
  hasSettled(run, node, true);
}

export function cancelNode(run: RunState, node: ModelNode, at: number, asksJoins: boolean): void {
  stopItems(run, node);
  run.move(node, "cancelled");
  run.emit({ kind: "nodeCancelled", at, node: node.id, attempt: node.begun });
  hasSettled(run, node, asksJoins);
}

function hasSettled(run: RunState, node: ModelNode, asksJoins: boolean): void {
  leaveScopes(run, node);
  const attempt = run.currentAttempt(node);
  if (attempt !== null) attempt.phase = "returned";
  voidWaits(run, node);
  run.questions = run.questions.filter((question) => question.node !== node);
  node.retryAt = null;
  node.passedOver = 0;
  for (const below of node.downstreams.map((id) => run.node(id))) {
    // What a sweep settles asks no joins, but those of finally-nodes, which no sweep takes.
    if (asksJoins || below.policy.isFinally === true) lookAgain(run, below, node);
  }
  freeOutputs(run, node);
  considerClosing(run, run.livingScopeOf(node.scope));
}

/** A map that settles before all its items are known wants no more of them. */
export function stopItems(run: RunState, node: ModelNode): void {
  const scope = run.openScopeOf(node);
  if (scope === null || scope.isItemsDone) return;
  scope.isItemsDone = true;
  run.effect({ kind: "stopItems", node: node.id });
}

/** An attempt of a container is over: what it opened is no longer run in. */
export function leaveScopes(run: RunState, container: ModelNode): void {
  const left = run.scopes.filter((scope) => scope.container === container && scope.isLiving);
  for (const scope of left) scope.isLiving = false;
  // Finally-nodes that are left over have their turn with those of the scope around, which may have come.
  for (const node of run.nodes) if (node.policy.isFinally === true && left.some((scope) => isWithin(node, scope))) askJoin(run, node);
}

/** Settling or cancelling voids the waits that are open. */
export function voidWaits(run: RunState, node: ModelNode): void {
  run.waits = run.waits.filter((wait) => wait.node !== node);
}

/** Row "slots": leases not begun "go back …, and are no attempt". */
export function returnLease(run: RunState, node: ModelNode, at: number): void {
  const { lease } = node;
  if (lease === null) return;
  node.lease = null;
  uncountRates(run, node, lease.attempt);
  // The host has not seen a lease of this step: it is not told of it at all. So what it is told to drop is older than what it is given.
  const given = run.report.leases.indexOf(lease);
  if (given === -1) run.effect({ kind: "revoke", node: node.id });
  else run.report.leases.splice(given, 1);
  run.emit({ kind: "leaseReturned", at, node: node.id });
}

/** A lease that was not used does not count against rates. An attempt that was parked has had others, which were. */
function uncountRates(run: RunState, node: ModelNode, attempt: number): void {
  for (const pool of (run.spec.pools ?? []).keys()) {
    const last = run.rates.findLastIndex((entry) => entry.pool === pool && entry.node === node && entry.attempt === attempt);
    if (last !== -1) run.rates.splice(last, 1);
  }
}

/** The scope of a container can be closed, or go on to its finally-nodes, as far as its nodes are concerned. */
export function canClose(run: RunState, scope: Scope): boolean {
  if (scope.container === null || !scope.isLiving || !run.hasSettled(scope)) return false;
  // A map is over when it will get no more items, or takes none because it stops.
  if (!scope.isItemsDone && !scope.isStopping) return false;
  const isIdle = !run.isAwaiting((node) => isWithin(node, scope));
  const left = run.finallyNodesLeft(scope).length;
  if (scope.phase === "running") return left === 0 || isIdle;
  return left === 0 && isIdle;
}

/** Queues the scope where something has ended in it that may have been the last it waited for. */
export function considerClosing(run: RunState, scope: Scope): void {
  if (canClose(run, scope) && !run.closings.includes(scope)) run.closings.push(scope);
}

/** Code that was told to stop is out no longer: the scopes around its node may have waited for it, the innermost first. */
export function considerClosingAround(run: RunState, node: ModelNode): void {
  for (let scope: Scope | undefined = node.scope; scope !== undefined; scope = scope.container?.scope) {
    considerClosing(run, scope);
  }
}

/** Row "data": "frees outputs after their last reader". Of leaves inside a container the container is a reader; an undo is one, too. */
function freeOutputs(run: RunState, node: ModelNode): void {
  if ((run.spec.keepResults ?? "all") === "all") return;
  for (const id of node.upstreams) freeIfUnread(run, run.node(id));
  freeIfUnread(run, node);
}

function freeIfUnread(run: RunState, node: ModelNode): void {
  if (node.state !== "completed" || node.isFreed) return;
  const isKeptLeaf = run.spec.keepResults === "leaves" || node.scope !== run.base;
  if ((node.downstreams.length === 0 && isKeptLeaf) || (run.spec.undo === true && node.policy.hasUndo === true)) return;
  if (!node.downstreams.every((id) => isSettled(run.node(id).state))) return;
  node.isFreed = true;
  run.effect({ kind: "free", node: node.id });
}
