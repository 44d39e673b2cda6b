/**
 * Joins in the run of the reference model: what nodes see of each other, and the queue of what follows.
 *
 * DESIGN §3: "What one input changes is decided in full before the next: breadth-first from what settled, each node's downstreams in node order".
 */
import { decideJoin } from "./join.js";
import type { Look } from "./spec.js";
import type { ModelNode, RunState } from "./state.js";

/** "Seen through its edge, an upstream is completed (cached too), failed, skipped, blocked, filtered or cancelled." */
export function lookThrough(node: ModelNode, upstream: ModelNode): Look {
  switch (upstream.state) {
    case "pending":
    case "ready":
    case "running":
    case "waiting":
      return "open";
    case "completed":
      return isAskedAbout(node, upstream) ? (node.answers.get(upstream.id) ?? "open") : "completed";
    case "failed":
      // "`continue`: the same, and it looks completed to its downstreams".
      return upstream.policy.onFailure === "continue" ? "completed" : "failed";
    case "skipped":
      // "`upstreamFailed` (we say *blocked*: its root cause is a failure or a cancellation)".
      return upstream.skipReason === "upstreamFailed" ? "blocked" : "skipped";
    default:
      return upstream.state;
  }
}

/** Row "predicates": "edge conditions and filters are asked once, of a completed upstream only". */
function isAskedAbout(node: ModelNode, upstream: ModelNode): boolean {
  return node.guardedFrom.has(upstream.id) && upstream.state === "completed";
}

/** An upstream has settled, or an edge from a settled one was added. */
export function lookAgain(run: RunState, node: ModelNode, upstream: ModelNode): void {
  node.seen.add(upstream.id);
  if (node.state !== "pending" || node.decision !== null) return;
  if (lookThrough(node, upstream) === "open") run.decisions.push({ kind: "askEdge", node, from: upstream });
  else askJoin(run, node);
}

/** Decides the join of a pending node if its answer cannot change any more. */
export function askJoin(run: RunState, node: ModelNode): void {
  if (node.state !== "pending" || node.decision !== null) return;
  const isFinally = node.policy.isFinally === true;
  // Row "finally": "finally-nodes run on every end, as `allSettled`, when everything else has settled".
  if (isFinally && !isFinalizing(run, node)) return;
  const lookAt = (id: number): Look => (node.seen.has(id) ? lookThrough(node, run.node(id)) : "open");
  const looks = node.places.map(lookAt);
  const decision = decideJoin(isFinally ? "allSettled" : (node.policy.join ?? "allCompleted"), looks);
  if (decision.kind === "undecided") return;
  node.decision = decision;
  node.inputs = node.upstreams.filter((id) => lookAt(id) === "completed");
  // Open questions about its edges are void.
  run.questions = run.questions.filter((open) => open.node !== node || open.question !== "edge");
  run.decisions.push(decision.kind === "skipped" ? { ...decision, node } : { kind: decision.kind, node });
}

/** Whether the scope that looks after a finally-node has come to its finally-nodes. */
function isFinalizing(run: RunState, node: ModelNode): boolean {
  const scope = run.livingScopeOf(node.scope);
  return scope === run.base ? run.phase === "finalizing" : scope.phase === "finalizing";
}
