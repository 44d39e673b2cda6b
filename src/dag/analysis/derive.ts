/** Graphs made from graphs. What nodes and edges carry goes with them. */
import { errorOf, LimitExceededError } from "../../errors/graph.js";
import { InvalidOptionError } from "../../errors/options.js";
import type { NativeGraph } from "../../native/index.js";
import { checkedGraph } from "../faults.js";
import type { EdgeTable, GraphCore, NodeTable } from "../graph-core.js";
import { idsOf } from "./names.js";

/** Says where a row of a column goes, or -1 where it is left out. */
type Move = (from: number) => number;

/** The same nodes with every edge turned around. O(n + m). */
export function reverse(core: GraphCore): GraphCore {
  const native = core.native.reversed();
  return { ...core, native, edges: movedEdges(core.edges, () => turned(native, core.native.edges())) };
}

/** The nodes for which `keep` answers true, and the edges between them. Paths through nodes left out are not bridged. O(n + m). */
export function filter(core: GraphCore, keep: (name: string, id: number) => boolean): GraphCore {
  const kept: number[] = [];
  for (const [id, name] of core.names.entries()) if (keep(name, id)) kept.push(id);
  return induced(core, Uint32Array.from(kept));
}

/** How far around its nodes a subgraph reaches, in edges. */
export interface SubgraphOptions {
  /**
   * Levels of upstreams to include: an integer of at least 0, or Infinity for all ancestors.
   * @default 0
   */
  readonly upstream?: number | undefined;
  /**
   * Levels of downstreams to include: an integer of at least 0, or Infinity for all descendants.
   * @default 0
   */
  readonly downstream?: number | undefined;
}

/**
 * These nodes, what lies within the given number of edges above and below them, and the edges between all of them. Node order stays.
 * O(n + m). Throws `NodeNotFoundError`.
 */
export function subgraph(core: GraphCore, names: Iterable<string>, options: SubgraphOptions = {}): GraphCore {
  const upstream = depth("upstream", options.upstream);
  const downstream = depth("downstream", options.downstream);
  return induced(core, core.native.withinDepth(idsOf(core, names), upstream, downstream));
}

function depth(option: string, given: number | undefined): number {
  if (given === undefined) return 0;
  if (given === Number.POSITIVE_INFINITY) return 0xffff_ffff;
  if (!Number.isInteger(given) || given < 0) throw new InvalidOptionError(option, "an integer of at least 0, or Infinity", given);
  return Math.min(given, 0xffff_ffff);
}

function induced(core: GraphCore, ids: Uint32Array): GraphCore {
  const part = core.native.subgraph(ids);
  const names = Array.from(part.nodes, (id) => core.names[id] as string);
  const nodes = movedNodes(core.nodes, inverse(part.nodes, core.names.length));
  const edges = movedEdges(core.edges, () => inverse(part.edges, core.native.edgeCount));
  return { names, index: new Map(names.map((name, id) => [name, id])), native: part.graph, nodes, edges };
}

/**
 * The same nodes with the fewest edges that keep who comes before whom. Unique for a DAG. At most O(m · n / 512) steps of eight words,
 * linear where no edge skips a level.
 */
export function transitiveReduction(core: GraphCore): GraphCore {
  const part = core.native.transitiveReduction();
  const edges = movedEdges(core.edges, () => inverse(part.edges, core.native.edgeCount));
  return { ...core, native: part.graph, edges };
}

/** How large a closure may get. */
export interface ClosureOptions {
  /**
   * The most edges the answer may have; each takes 8 bytes.
   * @default 67,108,864
   */
  readonly maxEdges?: number | undefined;
}

/**
 * The same nodes with an edge from each node to all its descendants. Edges that were there keep what they carry.
 *
 * O(out-degree · answer). A closure grows with the square of the nodes: one with more than `maxEdges` is refused with
 * `LimitExceededError` before it is made. `reachability()` and `ids.closureBits()` hold the same in far less space.
 */
export function transitiveClosure(core: GraphCore, options: ClosureOptions = {}): GraphCore {
  const maxEdges = options.maxEdges ?? 2 ** 26;
  if (!(maxEdges >= 0)) throw new InvalidOptionError("maxEdges", "a number of at least 0", maxEdges);
  const native = core.native.transitiveClosure(Math.min(maxEdges, Number.MAX_SAFE_INTEGER));
  if (native === null) {
    throw new LimitExceededError(`the transitive closure has more than ${maxEdges} edges; use reachability(), or raise \`maxEdges\``);
  }
  const edges = movedEdges(core.edges, () => {
    const places = native.edgePlaces(core.native.edges());
    return (edge) => places[edge] ?? -1;
  });
  return { ...core, native, edges };
}

/**
 * All nodes and edges of both graphs: the nodes of `core` in their order, then those that only `other` has, in theirs. Where both have a
 * node or an edge, what `other` says of it counts, option by option. O(n + m log m). Throws `CycleError`, or a `GraphError` of several, where
 * the edges form cycles together.
 */
export function merge(core: GraphCore, other: GraphCore): GraphCore {
  const names = core.names.slice();
  const index = new Map(core.index);
  const idInMerged = other.names.map((name) => {
    let id = index.get(name);
    if (id === undefined) {
      id = names.push(name) - 1;
      index.set(name, id);
    }
    return id;
  });
  const ownPairs = core.native.edges();
  const otherPairs = other.native.edges().map((id) => idInMerged[id] as number);
  const { native, faults } = checkedGraph(names, distinctEdges(ownPairs, otherPairs, core.native), (id) => names[id] ?? String(id));
  if (native === null) throw errorOf(faults);
  const place = (pairs: Uint32Array): Move => {
    const places = native.edgePlaces(pairs);
    return (edge) => places[edge] ?? -1;
  };
  const nodes = mergedNodes(
    core.nodes,
    movedNodes(other.nodes, (id) => idInMerged[id] ?? -1),
  );
  const own = movedEdges(core.edges, () => place(ownPairs));
  const added = movedEdges(other.edges, () => place(otherPairs));
  return {
    names,
    index,
    native,
    nodes,
    edges: { weight: mergedColumn(own.weight, added.weight), label: mergedColumn(own.label, added.label) },
  };
}

/** The first pairs, then those of the second that the graph of the first does not have. */
function distinctEdges(first: Uint32Array, second: Uint32Array, graphOfFirst: NativeGraph): Uint32Array {
  const all = Array.from(first);
  const { nodeCount } = graphOfFirst;
  for (let at = 0; at < second.length; at += 2) {
    const from = second[at] as number;
    const to = second[at + 1] as number;
    if (from >= nodeCount || to >= nodeCount || graphOfFirst.edgeIndex(from, to) < 0) all.push(from, to);
  }
  return Uint32Array.from(all);
}

/** Where each canonical edge went when all of them were turned around. */
function turned(reversed: NativeGraph, pairs: Uint32Array): Move {
  const swapped = new Uint32Array(pairs.length);
  for (let at = 0; at < pairs.length; at += 2) {
    swapped[at] = pairs[at + 1] as number;
    swapped[at + 1] = pairs[at] as number;
  }
  const places = reversed.edgePlaces(swapped);
  return (edge) => places[edge] ?? -1;
}

function inverse(kept: Uint32Array, length: number): Move {
  const places = new Int32Array(length).fill(-1);
  for (const [place, old] of kept.entries()) places[old] = place;
  return (old) => places[old] ?? -1;
}

function movedNodes(table: NodeTable, move: Move): NodeTable {
  return {
    payload: movedColumn(table.payload, move),
    metadata: movedColumn(table.metadata, move),
    cost: movedColumn(table.cost, move),
    priority: movedColumn(table.priority, move),
    timeoutMs: movedColumn(table.timeoutMs, move),
    maxAttempts: movedColumn(table.maxAttempts, move),
    task: movedColumn(table.task, move),
  };
}

function mergedNodes(one: NodeTable, two: NodeTable): NodeTable {
  return {
    payload: mergedColumn(one.payload, two.payload),
    metadata: mergedColumn(one.metadata, two.metadata),
    cost: mergedColumn(one.cost, two.cost),
    priority: mergedColumn(one.priority, two.priority),
    timeoutMs: mergedColumn(one.timeoutMs, two.timeoutMs),
    maxAttempts: mergedColumn(one.maxAttempts, two.maxAttempts),
    task: mergedColumn(one.task, two.task),
  };
}

/** The move is only worked out where an edge carries something. */
function movedEdges(table: EdgeTable, move: () => Move): EdgeTable {
  if (table.weight === null && table.label === null) return table;
  const to = move();
  return { weight: movedColumn(table.weight, to), label: movedColumn(table.label, to) };
}

function movedColumn<T>(column: ReadonlyMap<number, T> | null, move: Move): ReadonlyMap<number, T> | null {
  if (column === null) return null;
  const rows: [number, T][] = [];
  for (const [from, value] of column) {
    const to = move(from);
    if (to >= 0) rows.push([to, value]);
  }
  return rows.length === 0 ? null : new Map(rows.sort(([a], [b]) => a - b));
}

function mergedColumn<T>(one: ReadonlyMap<number, T> | null, two: ReadonlyMap<number, T> | null): ReadonlyMap<number, T> | null {
  if (one === null || two === null) return one ?? two;
  return new Map([...one, ...two]);
}
