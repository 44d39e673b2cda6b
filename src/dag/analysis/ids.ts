/**
 * What can be asked of a graph in ids: answers are typed arrays, and those of a known length can reuse the caller's.
 *
 * An id is a node's place in the order nodes were added, from 0. `into` must have room for the answer; the answer is then that array,
 * or its beginning where it is longer.
 */
import { InvalidOptionError } from "../../errors/options.js";
import { NativePaths } from "../../native/index.js";
import type { GraphCore } from "../graph-core.js";
import { costsOf, prioritiesOf, weightsOf } from "./columns.js";
import { checkedId } from "./names.js";

/** Stands for the virtual root in {@link GraphIds.dominators}. */
export const virtualRoot = 0xffff_ffff;

/** Levels one after the other. */
export interface LevelIds {
  /** All nodes by level; the nodes of level `l` are `order.subarray(starts[l], starts[l + 1])`. */
  readonly order: Uint32Array;
  /** One entry more than there are levels. */
  readonly starts: Uint32Array;
}

/** A path in ids and its length. */
export interface PathIds {
  readonly path: Uint32Array;
  readonly length: number;
}

/** Columns of the critical path method, one entry a node each, in the unit of the costs. */
export interface TimeColumns {
  readonly earliest: Float64Array;
  readonly latest: Float64Array;
  readonly slack: Float64Array;
}

/** The critical path in ids. */
export interface CriticalPathIds extends TimeColumns {
  readonly path: Uint32Array;
  readonly cost: number;
}

/** An execution plan in ids. */
export interface ExecutionPlanIds {
  readonly start: Float64Array;
  readonly finish: Float64Array;
  readonly worker: Uint32Array;
  /** All nodes in the order they start. */
  readonly order: Uint32Array;
  /** Where each step starts in `order`, and the end: the nodes of a step start together and are independent of each other. */
  readonly stepStarts: Uint32Array;
  readonly makespan: number;
  /** How many workers are busy at most. */
  readonly workers: number;
}

/** The forms of a graph's calls that take and return ids. Names of the calls and orders of the answers are the same. */
export class GraphIds {
  readonly #core: GraphCore;

  constructor(core: GraphCore) {
    this.#core = core;
  }

  /** Every node, upstreams first. A copy of the order that checking the graph produced: O(n). */
  topologicalSort(into?: Uint32Array): Uint32Array {
    const order = room(into, this.#nodeCount);
    this.#core.native.orderInto(order);
    return order;
  }

  /** The order in which, of the nodes that could come next, the one of highest priority does; ties by id. O(m + n log n). */
  sortByPriority(into?: Uint32Array): Uint32Array {
    const order = room(into, this.#nodeCount);
    this.#core.native.orderByPriority(prioritiesOf(this.#core) ?? new Float64Array(this.#nodeCount), order);
    return order;
  }

  /** The order in which, of the nodes that could come next, the one whose name is first by UTF-16 code units does. O(m + n log n). */
  sortByName(into?: Uint32Array): Uint32Array {
    const order = room(into, this.#nodeCount);
    this.#core.native.orderByRank(nameRanks(this.#core.names), order);
    return order;
  }

  /** Nodes by topological level: level 0 has no upstreams, otherwise 1 + the highest level upstream. O(n). */
  topologicalLevels(into?: Uint32Array): LevelIds {
    const starts = new Uint32Array(this.#core.native.levelCount + 1);
    this.#core.native.levelStartsInto(starts);
    return { order: this.topologicalSort(into), starts };
  }

  /** The level of each node. O(n). */
  levelOf(into?: Uint32Array): Uint32Array {
    const levels = room(into, this.#nodeCount);
    this.#core.native.levelsInto(levels);
    return levels;
  }

  /** All nodes a node depends on, ascending. O(the part reached). */
  ancestors(node: number, into?: Uint32Array): Uint32Array {
    const id = checkedId(this.#core, node);
    if (into === undefined) return this.#core.native.ancestors(id);
    return written(into, this.#core.native.ancestorsInto(id, into));
  }

  /** All nodes that depend on a node, ascending. O(the part reached). */
  descendants(node: number, into?: Uint32Array): Uint32Array {
    const id = checkedId(this.#core, node);
    if (into === undefined) return this.#core.native.descendants(id);
    return written(into, this.#core.native.descendantsInto(id, into));
  }

  /** The direct upstreams of a node, ascending. */
  predecessors(node: number): Uint32Array {
    return this.#core.native.predecessors(checkedId(this.#core, node));
  }

  /** The direct downstreams of a node, ascending. */
  successors(node: number): Uint32Array {
    return this.#core.native.successors(checkedId(this.#core, node));
  }

  /** Nodes without upstreams, ascending. */
  roots(): Uint32Array {
    return this.#core.native.roots();
  }

  /** Nodes without downstreams, ascending. O(n). */
  leaves(): Uint32Array {
    return this.#core.native.leaves();
  }

  /** All edges `[from, to, from, to, …]`, by upstream, then by downstream. O(n + m). */
  edges(into?: Uint32Array): Uint32Array {
    const pairs = room(into, 2 * this.#core.native.edgeCount);
    this.#core.native.edgesInto(pairs);
    return pairs;
  }

  /** Whether a path leads from one node to another, different one. O(the smaller of the two parts reached). */
  isAncestor(ancestor: number, node: number): boolean {
    return this.#core.native.isAncestor(checkedId(this.#core, ancestor), checkedId(this.#core, node));
  }

  /** All paths between two nodes, lexicographically by id, at most `limit` of them. */
  *allPaths(from: number, to: number, limit = Number.POSITIVE_INFINITY): Generator<Uint32Array, void, void> {
    const walk = new NativePaths(this.#core.native, checkedId(this.#core, from), checkedId(this.#core, to));
    let chunk = new Uint32Array(1024);
    // The first crossing asks for one path, as many callers do, and later ones for more and more.
    let wanted = 1;
    for (let left = limit; left > 0; ) {
      const written = walk.nextInto(chunk, Math.min(wanted, left));
      if (written === 0) return;
      if (written < 0) {
        chunk = new Uint32Array(-2 * written);
        continue;
      }
      for (let at = 0; at < written; left--) {
        const end = at + 1 + (chunk[at] ?? 0);
        yield chunk.slice(at + 1, end);
        at = end;
      }
      wanted = Math.min(4 * wanted, 4096);
    }
  }

  /** How many paths lead from one node to another. O(n + m) additions. */
  countPaths(from: number, to: number): bigint {
    return this.#core.native.countPaths(checkedId(this.#core, from), checkedId(this.#core, to));
  }

  /** The shortest path by weight (a missing weight is 1); `null` where there is none. O(n + m). */
  shortestPath(from: number, to: number): PathIds | null {
    const found = this.#core.native.shortestPath(checkedId(this.#core, from), checkedId(this.#core, to), weightsOf(this.#core));
    return found === null ? null : { path: found.nodes, length: found.length };
  }

  /** The longest path by weight (a missing weight is 1), of the graph or between the ends given; `null` where there is none. O(n + m). */
  longestPath(from?: number, to?: number): PathIds | null {
    const start = from === undefined ? null : checkedId(this.#core, from);
    const end = to === undefined ? null : checkedId(this.#core, to);
    const found = this.#core.native.longestPath(start, end, weightsOf(this.#core));
    return found === null ? null : { path: found.nodes, length: found.length };
  }

  /** The critical path with the times of every node, written into `columns` if they are given. O(n + m). */
  criticalPath(columns?: TimeColumns): CriticalPathIds {
    const count = this.#nodeCount;
    const earliest = room(columns?.earliest, count, Float64Array);
    const latest = room(columns?.latest, count, Float64Array);
    const slack = room(columns?.slack, count, Float64Array);
    const costs = costsOf(this.#core);
    const found = this.#core.native.criticalPath({ ...(costs === null ? {} : { costs }), earliest, latest, slack });
    return { path: found.nodes, cost: found.length, earliest, latest, slack };
  }

  /** For each node the cost of the costliest path that starts with it. O(n + m). */
  bottomLevels(into?: Float64Array): Float64Array {
    const levels = room(into, this.#nodeCount, Float64Array);
    this.#core.native.bottomLevelsInto(costsOf(this.#core), levels);
    return levels;
  }

  /** The plan of a run on so many workers (none given: as many as it takes). O(m + n log n). */
  executionPlan(workers = Number.POSITIVE_INFINITY): ExecutionPlanIds {
    const count = this.#nodeCount;
    const columns = {
      start: new Float64Array(count),
      finish: new Float64Array(count),
      worker: new Uint32Array(count),
      order: new Uint32Array(count),
    };
    const costs = costsOf(this.#core);
    const priorities = prioritiesOf(this.#core);
    const plan = this.#core.native.schedule(checkedWorkers(workers), {
      ...columns,
      ...(costs === null ? {} : { costs }),
      ...(priorities === null ? {} : { priorities }),
    });
    return { ...columns, stepStarts: plan.stepStarts, makespan: plan.makespan, workers: plan.workers };
  }

  /** A largest set of nodes that are pairwise independent, ascending. About O((n + m) √n). */
  largestAntichain(): Uint32Array {
    return this.#core.native.largestAntichain();
  }

  /** The immediate dominator of each node, {@link virtualRoot} for none. O((n + m) log n). */
  dominators(into?: Uint32Array): Uint32Array {
    const dominators = room(into, this.#nodeCount);
    this.#core.native.dominatorsInto(dominators);
    return dominators;
  }

  /** The number of descendants of each node. Costs as the reachability index. */
  descendantCounts(into?: Float64Array): Float64Array {
    const counts = room(into, this.#nodeCount, Float64Array);
    this.#core.native.descendantCountsInto(counts);
    return counts;
  }

  /**
   * The transitive closure as bits: bit `to % 32` of word `from * ceil(n / 32) + (to >>> 5)` is 1 where a path leads from `from`
   * to `to`. n² / 8 bytes; O(m · n / 32) at machine-word speed.
   */
  closureBits(into?: Uint32Array): Uint32Array {
    const bits = room(into, this.#nodeCount * Math.ceil(this.#nodeCount / 32));
    this.#core.native.closureBitsInto(bits);
    return bits;
  }

  get #nodeCount(): number {
    return this.#core.names.length;
  }
}

/** Rejects what is not a number of workers; the core writes "as many as it takes" as the highest number. */
function checkedWorkers(workers: number): number {
  if (workers === Number.POSITIVE_INFINITY) return 0xffff_ffff;
  if (!Number.isInteger(workers) || workers < 1) {
    throw new InvalidOptionError("workers", "an integer of at least 1, or Infinity", workers);
  }
  return Math.min(workers, 0xffff_ffff);
}

/** For each node the place of its name among the sorted names. */
function nameRanks(names: readonly string[]): Uint32Array {
  const sorted = Array.from(names.keys()).sort((a, b) => ((names[a] as string) < (names[b] as string) ? -1 : 1));
  const ranks = new Uint32Array(names.length);
  for (const [rank, id] of sorted.entries()) ranks[id] = rank;
  return ranks;
}

type IdOrNumberArray = Uint32Array | Float64Array;

/** The caller's array, cut to the answer's length, or a new one. */
function room(into: Uint32Array | undefined, length: number): Uint32Array;
function room(into: Float64Array | undefined, length: number, kind: Float64ArrayConstructor): Float64Array;
function room(
  into: IdOrNumberArray | undefined,
  length: number,
  kind: Uint32ArrayConstructor | Float64ArrayConstructor = Uint32Array,
): IdOrNumberArray {
  if (into === undefined) return new kind(length);
  if (!(into instanceof kind) || into.length < length) {
    throw new InvalidOptionError("into", `a ${kind.name} of at least ${length} entries`, into);
  }
  return into.length === length ? into : into.subarray(0, length);
}

function written(into: Uint32Array, count: number): Uint32Array {
  if (count > into.length) throw new InvalidOptionError("into", `a Uint32Array of at least ${count} entries`, into);
  return into.subarray(0, count);
}
