/**
 * Pools, keys and rates of the reference model: what is held, what fits, who waits longest.
 *
 * DESIGN §4, row "resources": "All or nothing"; "After 16 starts have passed over the first ready node that does not fit, nothing that needs one of its
 * pools, keys or rates starts before it".
 */
import { placesHeld } from "./containers.js";
import { inOrder } from "./order.js";
import { type ModelNode, type RunState, toUs } from "./state.js";

const patience = 16;

/** What an attempt of a node needs beside a slot; wait nodes and containers need nothing but a place in their container. */
function needsOf(node: ModelNode): readonly (readonly [number, number])[] {
  const { kind, needs } = node.policy;
  return kind === undefined || kind.is === "task" ? (needs ?? []) : [];
}

/** How much of a pool is held: by leases and by code, "told to stop" included until it "has returned or after `graceMs`". Of a rate: in its window. */
function heldOf(run: RunState, pool: number, now: number): number {
  const interval = run.spec.pools?.[pool]?.intervalMs ?? 0;
  if (interval > 0) {
    const counted = run.rates.filter((entry) => entry.pool === pool && entry.at + toUs(interval) > now);
    return counted.reduce((sum, { amount }) => sum + amount, 0);
  }
  const leased = run.nodes.filter((node) => node.lease !== null);
  const code = [...run.attempts.values()].filter((attempt) => attempt.holdsNeeds).map((attempt) => attempt.node);
  return [...leased, ...code].reduce((sum, node) => sum + amountOf(node, pool), 0);
}

function amountOf(node: ModelNode, pool: number): number {
  return needsOf(node).reduce((sum, [of, amount]) => (of === pool ? sum + amount : sum), 0);
}

function fitsPool(run: RunState, [pool, amount]: readonly [number, number], now: number): boolean {
  return heldOf(run, pool, now) + amount <= (run.spec.pools?.[pool]?.capacity ?? 0);
}

/** Whether all that a node needs is free, a slot apart. */
export function fits(run: RunState, node: ModelNode, now: number): boolean {
  return hasPlace(run, node) && needsOf(node).every((need) => fitsPool(run, need, now));
}

function hasPlace(run: RunState, { scope }: ModelNode): boolean {
  return scope.concurrency === null || placesHeld(run, scope) < scope.concurrency;
}

/**
 * "… nothing that needs one of its pools, keys or rates starts before it": of two that have waited so long, the better goes first. Where it has to wait for
 * a place in its container, what is inside those that have the places goes before it, or neither ever would.
 */
export function isHeldBack(run: RunState, node: ModelNode, ready: readonly ModelNode[]): boolean {
  return ready.some((other) => {
    if (other === node || other.passedOver < patience || !sharesPool(node, other) || !hasPlace(run, other)) return false;
    return node.passedOver < patience || inOrder([node, other])[0] === other;
  });
}

function sharesPool(a: ModelNode, b: ModelNode): boolean {
  const sharesPlaces = a.scope === b.scope && a.scope.concurrency !== null;
  return sharesPlaces || needsOf(a).some(([pool]) => needsOf(b).some(([other]) => other === pool));
}

/** A lease counts against the rates it needs. */
export function countRates(run: RunState, node: ModelNode, attempt: number, at: number): void {
  for (const [pool, amount] of needsOf(node)) {
    if ((run.spec.pools?.[pool]?.intervalMs ?? 0) > 0) run.rates.push({ pool, amount, node, attempt, at });
  }
}

/** When a lease leaves the window of a rate that a ready node has to wait for; `null` for none. */
export function nextRateAt(run: RunState, now: number): number | null {
  const times = run.nodes
    .filter((node) => node.state === "ready" && node.lease === null)
    .map((node) => Math.max(...needsOf(node).map((need) => (fitsPool(run, need, now) ? now : roomAt(run, need, now)))))
    .filter((at) => at > now);
  return times.length === 0 ? null : Math.min(...times);
}

/** When so much of a rate is there again; now, for what is none. */
function roomAt(run: RunState, [pool, amount]: readonly [number, number], now: number): number {
  const { intervalMs, capacity = 0 } = run.spec.pools?.[pool] ?? {};
  if (intervalMs === undefined) return now;
  const counted = run.rates.filter((entry) => entry.pool === pool);
  const leaving = counted.flatMap((entry) => Array.from({ length: entry.amount }, () => entry.at + toUs(intervalMs)));
  const ends = leaving.filter((at) => at > now).sort((a, b) => a - b);
  return ends[ends.length + amount - capacity - 1] ?? now;
}
