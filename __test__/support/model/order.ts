/**
 * The order among ready nodes in the reference model.
 *
 * DESIGN §4, row "order": priority (lent by descendants), then longest remaining cost, then insertion order.
 */
import type { ModelPolicy } from "./types.js";

export interface Rank {
  /** "The highest among itself and its descendants counts." A missing priority is 0. */
  readonly priority: number;
  /** "Longest remaining cost (bottom level; a missing cost is 1)", the node's own included. */
  readonly remainingCost: number;
}

/** The rank of every node, found by walking down from it; without recursion, so that depth does not matter. */
export function ranksOf(policies: readonly ModelPolicy[], downstreams: readonly (readonly number[])[]): Rank[] {
  const ranks = new Map<number, Rank>();
  for (let root = 0; root < policies.length; root++) {
    const path = [root];
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const below = downstreams[node] ?? [];
      const unranked = below.find((downstream) => !ranks.has(downstream));
      if (unranked !== undefined && !ranks.has(node)) {
        path.push(unranked);
        continue;
      }
      path.pop();
      const policy = policies[node] ?? {};
      let priority = policy.priority ?? 0;
      let longestBelow = 0;
      for (const downstream of below) {
        const rank = ranks.get(downstream);
        if (rank === undefined) throw new Error(`node ${downstream} has no rank before ${node}`);
        priority = Math.max(priority, rank.priority);
        longestBelow = Math.max(longestBelow, rank.remainingCost);
      }
      ranks.set(node, { priority, remainingCost: (policy.cost ?? 1) + longestBelow });
    }
  }
  return policies.map((_, node) => {
    const rank = ranks.get(node);
    if (rank === undefined) throw new Error(`node ${node} has no rank`);
    return rank;
  });
}

/** Sorts node ids into the order in which they get slots. */
export function inOrder(nodes: Iterable<number>, ranks: readonly Rank[]): number[] {
  return [...nodes].sort((a, b) => {
    const [left, right] = [ranks[a], ranks[b]];
    if (left === undefined || right === undefined) throw new Error(`node ${a} or ${b} has no rank`);
    return right.priority - left.priority || right.remainingCost - left.remainingCost || a - b;
  });
}
