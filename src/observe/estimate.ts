/**
 * How long a run will still take, from what its nodes cost, or took in the past.
 *
 * Two bounds are computed and the greater one is told: the work that is left, by how much of it was done at once so far, and the longest
 * path of unfinished nodes. Costs have no unit, so a run with costs only has no estimate until something has completed.
 */
import type { ActiveNode, RunFollower } from "./follow.js";
import { settledIn, settlingOf } from "./follow.js";
import { type ObservedGraph, type PastDurations, pastDuration } from "./graph.js";

interface Expected {
  /** Milliseconds, if `isTime`, else in the unit of the costs. */
  readonly weight: number;
  /** Of the longest path that begins with this node, in the same unit. */
  readonly pathWeight: number;
  isSettled: boolean;
}

/** Keeps an estimate up to date. O(nodes + edges) once, then O(1) for each event and O(running nodes) for each estimate. */
export class Estimate {
  readonly #expected = new Map<string, Expected>();
  /** Nodes by the weight of their longest path, greatest first; those before `#longest` have settled. */
  readonly #byPath: Expected[];
  #longest = 0;
  readonly #isTime: boolean;
  #weightLeft = 0;
  /** Weight and running time of what has completed. */
  #weightDone = 0;
  #workedMs = 0;

  constructor(graph: ObservedGraph, past?: PastDurations) {
    const order = graph.topologicalSort();
    const known = order.map((name) => pastDuration(past, name)).filter((ms) => ms !== undefined);
    this.#isTime = known.length > 0;
    // What was never measured is taken to be as long as the middle one of those that were.
    const middle = known.sort((a, b) => a - b)[known.length >> 1] ?? 1;
    const pathBehind = new Map<string, number>();
    for (const name of [...order].reverse()) {
      const weight = Math.max(0, (this.#isTime ? (pastDuration(past, name) ?? middle) : graph.get(name).cost) ?? 1);
      const pathWeight = weight + (pathBehind.get(name) ?? 0);
      for (const upstream of graph.predecessors(name)) pathBehind.set(upstream, Math.max(pathBehind.get(upstream) ?? 0, pathWeight));
      this.#expected.set(name, { weight, pathWeight, isSettled: false });
      this.#weightLeft += weight;
    }
    this.#byPath = [...this.#expected.values()].sort((a, b) => b.pathWeight - a.pathWeight);
  }

  /** Takes in that an event of this type settled a node, which had begun as `active` says. */
  settle(type: string, node: string, active: ActiveNode | undefined, timeMs: number): void {
    const expected = this.#expected.get(node);
    if (expected === undefined || expected.isSettled || settlingOf(type) === undefined) return;
    expected.isSettled = true;
    this.#weightLeft -= expected.weight;
    if (type !== "nodeCompleted" || active === undefined) return;
    this.#weightDone += expected.weight;
    this.#workedMs += timeMs - active.sinceMs;
  }

  /** Milliseconds from `nowMs` (since the run's start) to its end, about; `undefined` where nothing can be said yet. */
  leftMs(follower: RunFollower, nowMs: number): number | undefined {
    // Costs become times by what the completed ones took; past times are corrected in the same way only when there is enough to go by.
    const msPerWeight = this.#weightDone > 0 ? this.#workedMs / this.#weightDone : this.#isTime ? 1 : undefined;
    if (msPerWeight === undefined || nowMs < 0) return undefined;
    let workLeft = Math.max(0, this.#weightLeft) * msPerWeight;
    let workedMs = this.#workedMs;
    let longestRun = 0;
    for (const active of follower.active.values()) {
      const expected = this.#expected.get(active.node);
      if (expected === undefined) continue;
      const ranMs = active.state === "running" ? nowMs - active.sinceMs : 0;
      workLeft -= Math.min(ranMs, expected.weight * msPerWeight);
      workedMs += ranMs;
      longestRun = Math.max(longestRun, ranMs, 0);
      const insideLeft = leftInside(active, ranMs);
      if (insideLeft !== undefined) workLeft += Math.max(0, insideLeft - Math.max(0, expected.weight * msPerWeight - ranMs));
    }
    while (this.#byPath[this.#longest]?.isSettled) this.#longest++;
    const pathLeft = (this.#byPath[this.#longest]?.pathWeight ?? 0) * msPerWeight - longestRun;
    const atOnce = nowMs > 0 ? Math.max(1, workedMs / nowMs) : 1;
    return Math.max(0, workLeft / atOnce, pathLeft);
  }
}

/** What an open container still needs at the pace it had so far, in milliseconds. */
function leftInside({ size, isGrowing, inside }: ActiveNode, ranMs: number): number | undefined {
  const done = settledIn(inside);
  return size === undefined || isGrowing || done === 0 ? undefined : (ranMs / done) * (size - done);
}
