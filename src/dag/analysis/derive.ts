/** Graphs made from graphs. What nodes and edges carry goes with them. */
import { errorOf, LimitExceededError } from "../../errors/graph.js";
import { InvalidOptionError } from "../../errors/options.js";
import type { NativeGraph } from "../../native/index.js";
import { type Columns, isEmpty, movedRows } from "../columns.js";
import { checkedGraph } from "../faults.js";
import type { EdgeTable, GraphCore, Table } from "../graph-core.js";
import { checkOptions } from "../option-check.js";
import { noEdge } from "./diff.js";
import { idsOf } from "./names.js";

/** Says where a row goes, `undefined` where it is left out. */
type Place = (row: number) => number | undefined;

/** The same nodes with every edge turned around. O(n + m). */
export function reverse(core: GraphCore): GraphCore {
  const native = core.native.reversed();
  return { ...core, native, edges: movedEdges(core.edges, () => turned(native, core.native.edges())) };
}

/** The nodes for which `keep` answers true, and the edges between them. Paths through nodes left out are not bridged. O(n + m). */
export function filter(core: GraphCore, keep: (name: string) => boolean): GraphCore {
  if (typeof keep !== "function") throw new InvalidOptionError("keep", "a function", keep);
  const kept: number[] = [];
  for (const [id, name] of core.names.entries()) if (keep(name)) kept.push(id);
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
  checkOptions(options, ["upstream", "downstream"]);
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
  const nodes = isEmpty(core.nodes) ? core.nodes : movedRows(core.nodes, inverse(part.nodes));
  const edges = movedEdges(core.edges, () => inverse(part.edges));
  return { names, index: new Map(names.map((name, id) => [name, id])), native: part.graph, nodes, edges };
}

/**
 * The same nodes with the fewest edges that keep who comes before whom. Unique for a DAG. At most O(m · n / 512) steps of eight words,
 * linear where no edge skips a level.
 */
export function transitiveReduction(core: GraphCore): GraphCore {
  const part = core.native.transitiveReduction();
  const edges = movedEdges(core.edges, () => inverse(part.edges));
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
  checkOptions(options, ["maxEdges"]);
  const maxEdges = options.maxEdges ?? 2 ** 26;
  if (typeof maxEdges !== "number" || !(maxEdges >= 0)) throw new InvalidOptionError("maxEdges", "a number of at least 0", maxEdges);
  const native = core.native.transitiveClosure(Math.min(maxEdges, Number.MAX_SAFE_INTEGER));
  if (native === null) {
    throw new LimitExceededError(`the transitive closure has more than ${maxEdges} edges; use reachability(), or raise \`maxEdges\``);
  }
  const edges = movedEdges(core.edges, () => placesIn(native, core.native.edges()));
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
  const nodes = mergedRows(
    core.nodes,
    movedRows(other.nodes, (id) => idInMerged[id]),
  );
  const edges = mergedRows(
    movedEdges(core.edges, () => placesIn(native, ownPairs)),
    movedEdges(other.edges, () => placesIn(native, otherPairs)),
  );
  return { names, index, native, nodes, edges };
}

/** The first pairs, then those of the second that the graph of the first does not have. */
function distinctEdges(first: Uint32Array, second: Uint32Array, graphOfFirst: NativeGraph): Uint32Array {
  const places = graphOfFirst.edgePlaces(second);
  const all = new Uint32Array(first.length + second.length);
  all.set(first);
  let end = first.length;
  for (const [edge, place] of places.entries()) {
    if (place !== noEdge) continue;
    all.set(second.subarray(2 * edge, 2 * edge + 2), end);
    end += 2;
  }
  return all.subarray(0, end);
}

/** Where each of these edges, all of which the graph has, stands in it. */
function placesIn(graph: NativeGraph, pairs: Uint32Array): Place {
  const places = graph.edgePlaces(pairs);
  return (edge) => places[edge];
}

/** Where each canonical edge went when all of them were turned around. */
function turned(reversed: NativeGraph, pairs: Uint32Array): Place {
  const swapped = new Uint32Array(pairs.length);
  for (let at = 0; at < pairs.length; at += 2) {
    swapped[at] = pairs[at + 1] as number;
    swapped[at + 1] = pairs[at] as number;
  }
  return placesIn(reversed, swapped);
}

function inverse(kept: Uint32Array): Place {
  const places = new Map<number, number>();
  for (const [place, row] of kept.entries()) places.set(row, place);
  return (row) => places.get(row);
}

/** The rows of both tables; where both have something, that of the second. */
function mergedRows<Row extends object>(one: Table<Row>, two: Table<Row>): Table<Row> {
  const merged = { ...one } as Columns<Row>;
  for (const column of Object.keys(two) as (keyof Row)[]) {
    const [first, second] = [one[column], two[column]];
    merged[column] = new Map([...(first ?? []), ...(second ?? [])]);
    if (merged[column]?.size === 0) merged[column] = null;
  }
  return merged;
}

/** As `movedRows`, but where each edge goes is only worked out where an edge carries something. */
function movedEdges(table: EdgeTable, place: () => Place): EdgeTable {
  return isEmpty(table) ? table : movedRows(table, place());
}
