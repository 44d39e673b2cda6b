/**
 * Growth in the reference model: what is checked, and how nodes and edges come in.
 *
 * DESIGN §4, row "growth": "additions of an attempt are buffered and commit with its success; … A command's additions commit at once".
 */
import { enter } from "./containers.js";
import { lookAgain } from "./looks.js";
import { isSettled } from "./moves.js";
import { addEdge, addNodes, isWithinLimits, numberPlaces } from "./nodes.js";
import { above } from "./order.js";
import { type Growth, newNode } from "./spec.js";
import type { ModelNode, RunState, Scope } from "./state.js";
import type { GrowthFault } from "./types.js";

interface Refusal {
  readonly fault: GrowthFault;
  readonly link: number | null;
}

/** Commits what `node`, or a command, adds. @returns why not, which the host is told. */
export function commitGrowth(run: RunState, node: ModelNode | null, growth: Growth, at: number): GrowthFault | null {
  const refusal = refusalOf(run, node, growth);
  if (refusal !== null) {
    run.effect({ kind: "growthRefused", node: node?.id ?? null, ...refusal });
    return refusal.fault;
  }
  const first = run.nodes.length;
  const count = growth.plan.nodeCount;
  run.emit({ kind: "grew", at, node: node?.id ?? null, ordinal: run.growths });
  run.growths++;
  run.effect({ kind: "opened", node: node?.id ?? null, first, count, what: "growth" });
  const added = addNodes(run, node?.scope ?? run.base, growth.plan, depthOf(node));
  const idOf = (end: number): number => (end >= newNode ? first + (end - newNode) : end);
  const links = growth.links.map(([from, to, isGuarded]) => ({ from: run.node(idOf(from)), to: run.node(idOf(to)), isGuarded }));
  for (const { from, to, isGuarded } of links) addEdge(from, to, isGuarded === true);
  // The places of new nodes are numbered over all their upstreams; what was there keeps those it has.
  for (const node of added) node.places.length = 0;
  numberPlaces([...added, ...links.map(({ to }) => to)]);
  raiseRanks(
    run,
    links.map(({ from }) => from),
  );
  enter(run, added);
  links.sort((a, b) => a.to.id - b.to.id || a.from.id - b.from.id);
  // A node sees all of them before its join is judged.
  const settled = links.filter(({ from }) => isSettled(from.state));
  for (const { from, to } of settled) to.seen.add(from.id);
  for (const { from, to } of settled) lookAgain(run, to, from);
  return null;
}

function depthOf(node: ModelNode | null): number {
  return (node?.depth ?? 0) + 1;
}

/** "Checked when asked and again at the commit": the whole first, then edge by edge, then their cycles. */
export function refusalOf(run: RunState, node: ModelNode | null, { plan, links }: Growth): Refusal | null {
  const scope = node?.scope ?? run.base;
  const isNew = (end: number): boolean => end >= newNode && end < newNode + plan.nodeCount;
  const isKnown = (end: number): boolean => isNew(end) || (end < newNode && run.nodes[end]?.scope === scope);
  const isFinally = (end: number): boolean =>
    (isNew(end) ? plan.policies[end - newNode]?.isFinally : run.node(end).policy.isFinally) === true;
  if (
    isTooLate(
      run,
      node,
      scope,
      plan.policies.some((policy) => policy.isFinally !== true),
    )
  )
    return { fault: "tooLate", link: null };
  if (!isWithinLimits(run, plan.nodeCount, depthOf(node))) return { fault: "limit", link: null };
  for (const [link, [from, to]] of links.entries()) {
    const refused = (fault: GrowthFault): Refusal => ({ fault, link });
    if (!isKnown(from) || !isKnown(to) || (isNew(from) && isNew(to))) return refused("unknownNode");
    // Row "finally": "only finally-nodes may follow one".
    if (isFinally(from) && !isFinally(to)) return refused("afterFinally");
    // "An edge may end only where the join is undecided …
    if (!isNew(to) && !isOpen(run, run.node(to))) return refused("decided");
    // … and start only where the output is kept."
    if (!isNew(from) && run.node(from).isFreed) return refused("outputGone");
    const isThere = !isNew(from) && !isNew(to) && run.node(from).downstreams.includes(to);
    if (isThere || links.slice(0, link).some((other) => other[0] === from && other[1] === to)) return refused("duplicateEdge");
  }
  return hasCycle(run, scope, { plan, links }) ? { fault: "cycle", link: null } : null;
}

/** Nothing is added where nothing more would run. */
function isTooLate(run: RunState, node: ModelNode | null, scope: Scope, hasOrdinary: boolean): boolean {
  if (node === null) return run.isGoingDown || run.hasAllSettled || run.phase !== "running";
  const phase = scope === run.base ? run.phase : scope.phase;
  return !scope.isLiving || (hasOrdinary && (scope.isStopping || run.isGoingDown || phase !== "running"));
}

function isOpen(run: RunState, node: ModelNode): boolean {
  const scope = run.livingScopeOf(node.scope);
  const phase = scope === run.base ? run.phase : scope.phase;
  return node.state === "pending" && node.decision === null && !(node.policy.isFinally === true && phase === "finalizing");
}

/** Takes away nodes without upstreams until nothing is left, or nothing can go. */
function hasCycle(run: RunState, scope: Scope, { plan, links }: Growth): boolean {
  const edges = [
    ...run.nodesIn(scope).flatMap((node) => node.downstreams.map((to): [number, number] => [node.id, to])),
    ...plan.edges.map(([from, to]): [number, number] => [newNode + from, newNode + to]),
    ...links.map(([from, to]): [number, number] => [from, to]),
  ];
  let left = edges;
  for (;;) {
    const targets = new Set(left.map(([, to]) => to));
    const next = left.filter(([from]) => targets.has(from));
    if (next.length === left.length) return left.length > 0;
    left = next;
  }
}

/** Row "order": "all fixed when the node gets ready", so what is pending gets what stands below it now, and hands it on upwards. */
function raiseRanks(run: RunState, from: readonly ModelNode[]): void {
  const queue = [...from];
  for (const node of queue) {
    if (node.state !== "pending") continue;
    const below = node.downstreams.map((id) => run.node(id).rank);
    const raised = above(node.rank, node.cost, below);
    if (raised.priority === node.rank.priority && raised.remainingCost === node.rank.remainingCost) continue;
    node.rank = raised;
    queue.push(...node.upstreams.map((id) => run.node(id)));
  }
}
