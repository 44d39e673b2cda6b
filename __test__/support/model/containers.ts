/**
 * Containers of the reference model: what they open, when they are over.
 *
 * DESIGN §4, row "map, sub-DAG, loop": "containers hold no slot".
 */
import { startAttempt } from "./attempts.js";
import { askJoin } from "./looks.js";
import { addNodes, isWithinLimits, newScope } from "./nodes.js";
import { ask } from "./predicates.js";
import { failAttempt } from "./retry.js";
import { canClose, cancelNode, completeNode, considerClosing, failNode, stopItems } from "./settle.js";
import { insideOf, type ModelNode, type RunState, type Scope } from "./state.js";
import { sweepInside } from "./stop.js";

export function startContainer(run: RunState, node: ModelNode, at: number): void {
  startAttempt(run, node, node.begun + 1, null, at);
  // A map is asked to expand when all else is decided.
  if (node.policy.kind?.is === "map") newScope(run, node, 1);
  else openRound(run, node, 1, at);
}

/** A sub-DAG opens once an attempt, a loop once a round. */
export function openRound(run: RunState, node: ModelNode, round: number, at: number): void {
  const plan = insideOf(node)?.plan;
  if (plan === undefined) return;
  // Row "growth": "limits on depth and count".
  if (!isWithinLimits(run, plan.nodeCount, node.depth + 1)) {
    failNode(run, node, "limit", at);
    return;
  }
  const scope = newScope(run, node, round);
  const first = run.nodes.length;
  run.emit({ kind: "scopeOpened", at, node: node.id, round, count: plan.nodeCount });
  run.effect({ kind: "opened", node: node.id, first, count: plan.nodeCount, what: "scope" });
  enter(run, addNodes(run, scope, plan, node.depth + 1));
  considerClosing(run, scope);
}

/** "A node without upstreams is met." Finally-nodes wait for their phase. */
export function enter(run: RunState, added: readonly ModelNode[]): void {
  for (const node of added) if (node.upstreams.length === 0) askJoin(run, node);
}

// ---- Maps -------------------------------------------------------------------------------------------------------------------------------

function expand(run: RunState, scope: Scope): void {
  const { container, concurrency } = scope;
  if (container === null) return;
  scope.isExpanding = true;
  const room = concurrency === null ? null : Math.max(1, concurrency - placesHeld(run, scope));
  run.effect({ kind: "expand", node: container.id, attempt: container.begun, room });
}

/** A map takes its items as it gets on: it asks for more when none of those it has is merely ready or pending. */
export function expandMaps(run: RunState): void {
  for (const scope of run.scopes) {
    if (!scope.isLiving || scope.isItemsDone || scope.isExpanding || scope.isStopping) continue;
    if (itemsOf(run, scope).every((node) => node.state !== "ready" && node.state !== "pending")) expand(run, scope);
  }
}

/** The items of a map; what an item has added stands in the same scope, deeper. */
function itemsOf(run: RunState, scope: Scope): ModelNode[] {
  return run.nodesIn(scope).filter((node) => node.depth === (scope.container?.depth ?? 0) + 1);
}

/** How many of a scope's nodes hold one of its container's places: until one settles, waits or is between attempts. */
export function placesHeld(run: RunState, scope: Scope): number {
  return run.nodesIn(scope).filter((node) => node.lease !== null || node.state === "running").length;
}

export function takeItems(run: RunState, node: ModelNode, attempt: number, count: number, isDone: boolean, at: number): void {
  const scope = takingScope(run, node, attempt);
  const content = insideOf(node);
  if (scope === null || content === null) return;
  // What items add stands beside them, deeper, and is no item.
  const known = run.nodesIn(scope).filter(({ depth }) => depth === node.depth + 1).length;
  const isTooMany = known + count > content.limit || !isWithinLimits(run, count, node.depth + 1);
  if (isTooMany) {
    sweepInside(run, node, "failFast");
    failNode(run, node, "limit", at);
    return;
  }
  scope.isItemsDone = isDone;
  scope.isExpanding = false;
  const first = run.nodes.length;
  run.emit({ kind: "itemsAdded", at, node: node.id, count, isDone });
  run.effect({ kind: "opened", node: node.id, first, count, what: "items" });
  for (let item = 0; item < count; item++) enter(run, addNodes(run, scope, content.plan, node.depth + 1, true));
  considerClosing(run, scope);
}

/** What a map runs over could not be had. */
export function failItems(run: RunState, node: ModelNode, attempt: number, at: number): void {
  if (takingScope(run, node, attempt) === null) return;
  sweepInside(run, node, "failFast");
  failNode(run, node, "error", at);
}

/** The scope of a map that is running this attempt and wants items. */
function takingScope(run: RunState, node: ModelNode, attempt: number): Scope | null {
  const scope = run.openScopeOf(node);
  if (node.policy.kind?.is !== "map" || node.state !== "running" || node.begun !== attempt || scope === null) return null;
  return scope.isItemsDone || scope.isStopping ? null : scope;
}

// ---- The end of a scope -----------------------------------------------------------------------------------------------------------------

/** All in it has settled: its finally-nodes run, then its container has ended. */
export function closeScope(run: RunState, scope: Scope, at: number): void {
  const { container } = scope;
  if (container === null || !canClose(run, scope)) return;
  const left = run.finallyNodesLeft(scope);
  if (left.length > 0) {
    scope.phase = "finalizing";
    run.emit({ kind: "phaseEntered", at, node: container.id, phase: "finalizing" });
    for (const node of left) askJoin(run, node);
    return;
  }
  stopItems(run, container);
  scope.isLiving = false;
  // Row "outcome of a run": "inside a container only the container's outcome counts". A stop from outside it is no failure of its own.
  if (scope.isSwept) cancelNode(run, container, at, false);
  else if (hasFailed(run, scope)) failAttempt(run, container, { reason: "error" }, at);
  else if (container.policy.kind?.is === "loop") ask(run, container, "until", null, at);
  else completeNode(run, container, at);
}

/** "… if a node failed whose `onFailure` is `fail`". */
export function hasFailed(run: RunState, scope: Scope): boolean {
  return run.nodesIn(scope).some((node) => node.state === "failed" && (node.policy.onFailure ?? "fail") === "fail");
}
