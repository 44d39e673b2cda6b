/** Paths of a graph, names out. */
import { InvalidOptionError } from "../../errors/options.js";
import type { GraphCore } from "../graph-core.js";
import { checkOptions } from "../option-check.js";
import { GraphIds, type PathIds } from "./ids.js";
import { idOf, namesOf } from "./names.js";

/** How many paths to give. */
export interface AllPathsOptions {
  /**
   * The most paths to give, an integer of at least 0.
   * @default Infinity
   */
  readonly limit?: number | undefined;
}

/** A path and the sum of the weights of its edges, of which a missing one is 1. */
export interface WeightedPath<N extends string = string> {
  readonly path: readonly N[];
  readonly length: number;
}

/**
 * All paths from one node to another, one at a time, lexicographically by node order. A node's only path to itself is that node.
 *
 * Only steps that lead to the end are taken: O(n + m) before the first path, then O(out-degree · length) a path at most. Throws
 * `NodeNotFoundError` at once, not at the first path.
 */
export function allPaths(core: GraphCore, from: string, to: string, options: AllPathsOptions = {}): Generator<string[], void, void> {
  checkOptions(options, ["limit"]);
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isInteger(limit) && limit >= 0)) {
    throw new InvalidOptionError("limit", "an integer of at least 0, or Infinity", limit);
  }
  return named(core, new GraphIds(core).allPaths(idOf(core, from), idOf(core, to), limit));
}

function* named(core: GraphCore, paths: Iterable<Uint32Array>): Generator<string[], void, void> {
  for (const path of paths) yield namesOf(core, path);
}

/**
 * How many paths lead from `from` to `to`, or without ends from any root to any leaf, where a node that is both counts as one path.
 * Exact. O(n + m) additions. Throws `NodeNotFoundError`.
 */
export function countPaths(core: GraphCore, from?: string, to?: string): bigint {
  if (from === undefined && to === undefined) return core.native.countRootToLeafPaths();
  if (from === undefined || to === undefined) {
    throw new InvalidOptionError(from === undefined ? "from" : "to", "a node's name where the other end is one", undefined);
  }
  return core.native.countPaths(idOf(core, from), idOf(core, to));
}

/**
 * The shortest path by weight (a missing weight is 1, so without weights the fewest edges); `null` where there is none.
 *
 * Weights may be negative. Of several shortest paths the choice is fixed: at each node from the end, the upstream that comes first
 * in `topologicalSort` (without weights: that a breadth-first search in node order reaches first). O(n + m). Throws
 * `NodeNotFoundError`.
 */
export function shortestPath(core: GraphCore, from: string, to: string): WeightedPath | null {
  return withNames(core, new GraphIds(core).shortestPath(idOf(core, from), idOf(core, to)));
}

/**
 * The longest path by weight (a missing weight is 1, so without weights the most edges), of the whole graph or with the ends that are
 * given; `null` for an empty graph and where no path joins the ends.
 *
 * Of several longest paths the choice is fixed: the end added first, then at each node the upstream that comes first in
 * `topologicalSort`. By the cost of nodes it is `criticalPath()`. O(n + m). Throws `NodeNotFoundError`.
 */
export function longestPath(core: GraphCore, ends: { readonly from?: string; readonly to?: string } = {}): WeightedPath | null {
  checkOptions(ends, ["from", "to"], "ends");
  const from = ends.from === undefined ? undefined : idOf(core, ends.from);
  const to = ends.to === undefined ? undefined : idOf(core, ends.to);
  return withNames(core, new GraphIds(core).longestPath(from, to));
}

function withNames(core: GraphCore, found: PathIds | null): WeightedPath | null {
  return found === null ? null : { path: namesOf(core, found.path), length: found.length };
}
