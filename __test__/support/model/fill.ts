/**
 * Starts in the reference model: who of what is ready gets a slot.
 *
 * DESIGN §4, rows "readiness", "order", "slots".
 */
import { startContainer } from "./containers.js";
import { inOrder } from "./order.js";
import { countRates, fits, isHeldBack } from "./resources.js";
import { isContainer, type ModelNode, type RunState } from "./state.js";
import { startUndos } from "./undo.js";
import { startWaitNode } from "./waits.js";

/** Starts what can be started, best first, until nothing can. `decide` decides what a start brings with it. */
export function fill(run: RunState, now: number, decide: () => void, mayStart: (node: ModelNode) => boolean): void {
  // Row "pause": "no new starts (waits and containers too)".
  if (run.isPaused) return;
  startUndos(run, now);
  for (;;) {
    const ready = inOrder(run.nodes.filter((node) => node.state === "ready" && node.lease === null && mayStart(node)));
    const next = ready.find(
      (node) => (!needsLane(node) || laneFor(run, node) !== null) && fits(run, node, now) && !isHeldBack(run, node, ready),
    );
    if (next === undefined) return;
    const passedOver = ready.slice(0, ready.indexOf(next)).find((node) => !fits(run, node, now));
    if (passedOver !== undefined) passedOver.passedOver++;
    start(run, next, now);
    decide();
  }
}

function start(run: RunState, node: ModelNode, now: number): void {
  node.passedOver = 0;
  if (isContainer(node)) startContainer(run, node, now);
  else if (node.policy.kind?.is === "wait") startWaitNode(run, node, now);
  else {
    const lane = laneFor(run, node);
    if (lane === null) throw new Error(`no lane for node ${node.id}`);
    // Code that was parked goes on in the same attempt.
    const attempt = run.currentAttempt(node)?.number ?? node.begun + 1;
    node.lease = { node: node.id, attempt, lane };
    countRates(run, node, attempt, now);
    run.report.leases.push(node.lease);
    run.emit({ kind: "nodeLeased", at: now, ...node.lease });
  }
}

/** Row "map, sub-DAG, loop": "containers hold no slot"; row "waits": "a wait node starts without one". */
function needsLane(node: ModelNode): boolean {
  return !isContainer(node) && node.policy.kind?.is !== "wait";
}

/** A command runs in a process of its own: it takes none of the slots, but one of `maxCommands` lanes beside them. */
function laneFor(run: RunState, node: ModelNode): number | null {
  const { maxWorkers, maxCommands = Number.POSITIVE_INFINITY } = run.spec;
  return node.policy.isCommand === true ? lowestFree(run, maxWorkers, maxWorkers + maxCommands) : lowestSlot(run);
}

/** Row "slots": "`maxWorkers` caps nodes that hold a slot"; a lease occupies one "while the node is still `ready`". */
export function lowestSlot(run: RunState): number | null {
  return lowestFree(run, 0, run.spec.maxWorkers);
}

function lowestFree(run: RunState, from: number, to: number): number | null {
  const taken = new Set<number | null>();
  for (const node of run.nodes) if (node.lease !== null) taken.add(node.lease.lane);
  for (const attempt of run.attempts.values()) if (attempt.phase === "running") taken.add(attempt.lane);
  for (const unit of run.undos) if (unit.state === "running") taken.add(unit.lane);
  for (let lane = from; lane < to; lane++) if (!taken.has(lane)) return lane;
  return null;
}
