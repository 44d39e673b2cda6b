/** Orders, neighborhoods and counts of a graph, names out. */
import type { GraphCore } from "../graph-core.js";
import { GraphIds } from "./ids.js";
import { idOf, nameAt, namesOf } from "./names.js";

/**
 * Every node, upstreams first: roots in node order, then each node when its last upstream was listed (Kahn's order with a queue), which
 * is `topologicalLevels().flat()`. O(n): the order is kept from the check.
 */
export function topologicalSort(core: GraphCore): string[] {
  return namesOf(core, core.native.order());
}

/**
 * Every node, upstreams first; of the nodes that could come next always the one of highest priority (missing: 0), of equal ones the one
 * added first. Priorities are not lent to upstreams here. O(m + n log n).
 */
export function sortByPriority(core: GraphCore): string[] {
  return namesOf(core, new GraphIds(core).sortByPriority());
}

/** Every node, upstreams first; of the nodes that could come next always the one first by name (UTF-16 code units). O(m + n log n). */
export function sortByName(core: GraphCore): string[] {
  return namesOf(core, new GraphIds(core).sortByName());
}

/**
 * Nodes by topological level: level 0 has no upstreams, any other node is one level below its lowest upstream. Within a level in the
 * order of `topologicalSort`. O(n).
 */
export function topologicalLevels(core: GraphCore): string[][] {
  const { order, starts } = new GraphIds(core).topologicalLevels();
  const levels: string[][] = [];
  for (let level = 0; level + 1 < starts.length; level++) {
    levels.push(namesOf(core, order.subarray(starts[level], starts[level + 1])));
  }
  return levels;
}

/** Nodes without upstreams, in node order. */
export function roots(core: GraphCore): string[] {
  return namesOf(core, core.native.roots());
}

/** Nodes without downstreams, in node order. O(n). */
export function leaves(core: GraphCore): string[] {
  return namesOf(core, core.native.leaves());
}

/** The direct upstreams of a node, in node order. Throws `NodeNotFoundError`. */
export function predecessors(core: GraphCore, name: string): string[] {
  return namesOf(core, core.native.predecessors(idOf(core, name)));
}

/** The direct downstreams of a node, in node order. Throws `NodeNotFoundError`. */
export function successors(core: GraphCore, name: string): string[] {
  return namesOf(core, core.native.successors(idOf(core, name)));
}

/** How many direct upstreams a node has. O(1). Throws `NodeNotFoundError`. */
export function inDegree(core: GraphCore, name: string): number {
  return core.native.inDegree(idOf(core, name));
}

/** How many direct downstreams a node has. O(1). Throws `NodeNotFoundError`. */
export function outDegree(core: GraphCore, name: string): number {
  return core.native.outDegree(idOf(core, name));
}

/** Everything a node depends on, in node order, without itself. O(the part reached). Throws `NodeNotFoundError`. */
export function ancestors(core: GraphCore, name: string): string[] {
  return namesOf(core, core.native.ancestors(idOf(core, name)));
}

/** Everything that depends on a node, in node order, without itself. O(the part reached). Throws `NodeNotFoundError`. */
export function descendants(core: GraphCore, name: string): string[] {
  return namesOf(core, core.native.descendants(idOf(core, name)));
}

/**
 * Whether `name` depends on `ancestor`, directly or not; a node is no ancestor of itself. Two searches, of which the smaller decides the
 * cost; for many questions see `reachability()`. Throws `NodeNotFoundError`.
 */
export function isAncestor(core: GraphCore, ancestor: string, name: string): boolean {
  return core.native.isAncestor(idOf(core, ancestor), idOf(core, name));
}

/** An edge as the graph shows it. Options that were not given are absent. */
export interface EdgeView<N extends string = string> {
  readonly from: N;
  readonly to: N;
  readonly weight?: number;
  readonly label?: string;
}

/** All edges, by upstream, then by downstream, in node order, whatever order they were added in. O(n + m). */
export function edges(core: GraphCore): EdgeView[] {
  const { weight, label } = core.edges;
  const pairs = core.native.edges();
  const views: EdgeView[] = [];
  for (let edge = 0; 2 * edge < pairs.length; edge++) {
    const from = nameAt(core, pairs[2 * edge] ?? 0);
    const to = nameAt(core, pairs[2 * edge + 1] ?? 0);
    views.push({ from, to, ...numberOf(weight, edge), ...labelOf(label, edge) });
  }
  return views;
}

function numberOf(column: GraphCore["edges"]["weight"], edge: number): { weight?: number } {
  const weight = column?.get(edge);
  return weight === undefined ? {} : { weight };
}

function labelOf(column: GraphCore["edges"]["label"], edge: number): { label?: string } {
  const label = column?.get(edge);
  return label === undefined ? {} : { label };
}

/** A graph in numbers. All of them are 0 for an empty graph. */
export interface GraphStats {
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly rootCount: number;
  readonly leafCount: number;
  /** Nodes with neither upstreams nor downstreams; they count among roots and leaves too. */
  readonly isolatedCount: number;
  readonly levelCount: number;
  /** Edges of a longest path. */
  readonly depth: number;
  readonly maxLevelSize: number;
  readonly maxInDegree: number;
  readonly maxOutDegree: number;
  /** Parts that no edge joins. */
  readonly componentCount: number;
  /** Edges in proportion to the most that a DAG of so many nodes can have, 0 to 1. */
  readonly density: number;
}

/** The graph in numbers. O(n + m). */
export function stats(core: GraphCore): GraphStats {
  const counted = core.native.stats();
  const { nodeCount, edgeCount } = core.native;
  return {
    nodeCount,
    edgeCount,
    rootCount: counted.roots,
    leafCount: counted.leaves,
    isolatedCount: counted.isolated,
    levelCount: counted.levels,
    depth: Math.max(counted.levels - 1, 0),
    maxLevelSize: counted.widestLevel,
    maxInDegree: counted.maxInDegree,
    maxOutDegree: counted.maxOutDegree,
    componentCount: counted.components,
    density: nodeCount < 2 ? 0 : edgeCount / ((nodeCount * (nodeCount - 1)) / 2),
  };
}
