/** Sweeps of the reference model: what a cancel, a stop or a deadline settles at once, in node order, joins not asked. */
import { isSettled } from "./moves.js";
import { cancelNode, returnLease, skipNode } from "./settle.js";
import { type Attempt, isContainer, type ModelNode, type RunState, type Scope, type Sweep, toUs } from "./state.js";
import type { AbortReason } from "./types.js";

/** A failure stops a scope: what is in it is settled when it is the sweep's turn. */
export function stopScope(run: RunState, scope: Scope): void {
  markStopped(run, scope);
  run.sweeps.push({ scope, why: "failFast", spares: run.spec.abortRunning === false });
}

/** Row "cancel": "Settled at once", everything in the scope. */
export function cancelScope(run: RunState, scope: Scope, why: AbortReason): void {
  markStopped(run, scope);
  run.sweeps.push({ scope, why, spares: false });
}

/** Everything inside the scope that a container is running in, because the container is over. Nothing inside can go on, so nothing is spared. */
export function sweepInside(run: RunState, container: ModelNode, why: "cancel" | "failFast"): void {
  for (const scope of run.scopes.filter((open) => open.container === container && open.isLiving)) {
    markStopped(run, scope);
    scope.isSwept = true;
    run.sweeps.push({ scope, why, spares: false });
  }
}

/** Nothing new happens in a scope that is stopped, nor in those inside it. */
function markStopped(run: RunState, scope: Scope): void {
  scope.isStopping = true;
  for (const inner of run.scopes.filter((other) => isExposed(other, scope))) [inner.isStopping, inner.isSwept] = [true, true];
}

/** Whether a scope is inside another, and not inside a finally-node there. */
function isExposed(inner: Scope, outer: Scope): boolean {
  const { container } = inner;
  return container !== null && container.policy.isFinally !== true && (container.scope === outer || isExposed(container.scope, outer));
}

/**
 * Row "failure": "Stopping is one sweep in node order, joins not asked: a node without a begun attempt becomes `skipped` (`failFast`), every other
 * unsettled one (running, waiting, ready again) is aborted and `cancelled`; `abortRunning: false` spares running attempts".
 */
export function sweep(run: RunState, { scope, why, spares }: Sweep, at: number): void {
  const left = sweepable(run, scope);
  // A wait node is never `running` when something else is decided, so what is running and no container is code.
  // A finally-node that runs inside a container spares that, too.
  const spared = new Set(spares ? run.nodesWithin(scope).filter((node) => node.state === "running" && !isContainer(node)) : []);
  for (const node of spared)
    for (let up = node.scope; up !== scope && up.container !== null; up = up.container.scope) spared.add(up.container);
  for (const node of left) if (!spared.has(node)) sweepNode(run, node, why, at, false);
}

/** Row "cancel": "of a branch: the named nodes with what is inside them, what follows them is decided by its joins". */
export function cancelBranches(run: RunState, named: readonly ModelNode[], at: number): void {
  const isTaken = (node: ModelNode): boolean => {
    if (named.includes(node)) return true;
    const { container } = node.scope;
    return node.policy.isFinally !== true && container !== null && isTaken(container);
  };
  for (const node of run.nodes.filter((each) => !isSettled(each.state) && isTaken(each))) {
    sweepNode(run, node, "cancel", at, named.includes(node));
  }
}

/** What a sweep of a scope is about. Row "finally": finally-nodes run on every end, so no sweep takes them, nor what is inside them. */
function sweepable(run: RunState, scope: Scope): ModelNode[] {
  const isExempt = (node: ModelNode): boolean =>
    node.policy.isFinally === true || (node.scope !== scope && node.scope.container !== null && isExempt(node.scope.container));
  return run.nodesWithin(scope).filter((node) => !isSettled(node.state) && !isExempt(node));
}

function sweepNode(run: RunState, node: ModelNode, why: AbortReason, at: number, asksJoins: boolean): void {
  returnLease(run, node, at);
  abortCode(run, node, why, at);
  if (why === "failFast" && node.begun === 0) skipNode(run, node, "failFast", at, asksJoins);
  else cancelNode(run, node, at, asksJoins);
}

/** Tells the code of the node's attempt to stop, if it has begun and has not returned. */
export function abortCode(run: RunState, node: ModelNode, why: AbortReason, at: number): void {
  const attempt = run.currentAttempt(node);
  if (attempt === null) return;
  if (attempt.phase === "inside") attempt.phase = "returned";
  else tellToStop(run, attempt, why, at);
}

/** Row "structured end": "An attempt told to stop frees its slot at once"; it is waited for "at most `graceMs`". */
function tellToStop(run: RunState, attempt: Attempt, why: AbortReason, at: number): void {
  attempt.phase = "told";
  attempt.graceUntil = at + toUs(run.spec.graceMs);
  run.effect({ kind: "abort", node: attempt.node.id, attempt: attempt.number, why });
}

/**
 * Row "failure": a failure stops the run "unless a downstream, direct or behind blocked nodes, not cancelled, accepts it: its join rule, this failure
 * seen, is met or can still be met (a finally-node accepts none)".
 */
export function isAccepted(run: RunState, failed: ModelNode): boolean {
  const seen = new Set([failed]);
  for (const node of seen) {
    for (const below of node.downstreams.map((id) => run.node(id))) {
      if (below.policy.isFinally === true || below.state === "cancelled") continue;
      if (below.decision?.kind === "met") return true;
      if (below.decision === null && below.state === "pending") return true;
      if (below.skipReason === "upstreamFailed") seen.add(below);
    }
  }
  return false;
}
