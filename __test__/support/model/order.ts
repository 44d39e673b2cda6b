/**
 * The order among ready nodes in the reference model.
 *
 * DESIGN §4, row "order": priority (lent by descendants), then longest remaining cost, then insertion order.
 */
import type { ModelPlan } from "./spec.js";

export interface Rank {
  /** "The highest among itself and its descendants counts." A missing priority is 0. */
  readonly priority: number;
  /** "Longest remaining cost (bottom level; a missing cost is 1)", the node's own included. */
  readonly remainingCost: number;
}

/** The rank of every node of a plan by itself, found by walking down from it; without recursion, so that depth does not matter. */
export function ranksOf({ nodeCount, edges, policies }: ModelPlan): Rank[] {
  const downstreams = Array.from({ length: nodeCount }, (): number[] => []);
  for (const [from, to] of edges) downstreams[from]?.push(to);
  const ranks = new Map<number, Rank>();
  for (let root = 0; root < nodeCount; root++) {
    const path = [root];
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const below = downstreams[node] ?? [];
      const unranked = below.find((downstream) => !ranks.has(downstream));
      if (unranked !== undefined && !ranks.has(node)) {
        path.push(unranked);
        continue;
      }
      path.pop();
      const { priority = 0, cost = 1 } = policies[node] ?? {};
      ranks.set(
        node,
        above(
          { priority, remainingCost: cost },
          cost,
          below.map((downstream) => known(ranks.get(downstream), downstream)),
        ),
      );
    }
  }
  return policies.map((_, node) => known(ranks.get(node), node));
}

/** The rank of a node of this cost, at least `rank`, seen what stands below it. */
export function above(rank: Rank, cost: number, below: readonly Rank[]): Rank {
  return {
    priority: Math.max(rank.priority, ...below.map(({ priority }) => priority)),
    remainingCost: Math.max(rank.remainingCost, ...below.map(({ remainingCost }) => cost + remainingCost)),
  };
}

/** What a node inside a container has, given its rank inside: at least the container's priority, and what remains after the container too. */
export function inside(rank: Rank, container: Rank, containerCost: number): Rank {
  return {
    priority: Math.max(rank.priority, container.priority),
    remainingCost: rank.remainingCost + (container.remainingCost - containerCost),
  };
}

/** Sorts nodes into the order in which they get slots. */
export function inOrder<Ranked extends { readonly id: number; readonly rank: Rank }>(nodes: readonly Ranked[]): Ranked[] {
  return [...nodes].sort((a, b) => b.rank.priority - a.rank.priority || b.rank.remainingCost - a.rank.remainingCost || a.id - b.id);
}

function known(rank: Rank | undefined, node: number): Rank {
  if (rank === undefined) throw new Error(`node ${node} has no rank`);
  return rank;
}
