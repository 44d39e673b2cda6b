/** The graph value: what a graph can do, typed by its node names. The algorithms are in `analysis/`; this class lends them its types. */
import { nearest } from "../errors/did-you-mean.js";
import { NodeNotFoundError } from "../errors/graph.js";
import { InvalidOptionError } from "../errors/options.js";
import * as analysis from "./analysis/index.js";
import { rowOf } from "./columns.js";
import { toDot } from "./dot.js";
import type { DrawOptions } from "./draw.js";
import type { BackoffRow, GraphCore, KeptFunction, NodeRow, RetryOn } from "./graph-core.js";
import { type GraphJSON, toJSON } from "./json.js";
import { toMermaid } from "./mermaid.js";
import type { AnyShape, DerivedShape, MergedShape, NodeName, Shape } from "./types.js";

/** What `node:util` calls `inspect.custom`. */
export const inspect: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** Where a graph's frozen form comes from: the form itself, or a draft that makes a snapshot when asked. */
export interface CoreSource {
  snapshot(): GraphCore;
}

/** One node as `dag.get(name)` shows it. What was not given is absent. */
export interface NodeView<N extends string = string> {
  readonly name: N;
  readonly payload?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly cost?: number;
  readonly priority?: number;
  readonly timeoutMs?: number;
  readonly nodeTimeoutMs?: number;
  readonly retry?: { readonly maxAttempts: number; readonly retryOn?: RetryOn } & Partial<Omit<BackoffRow, "growth">> & {
      readonly backoff?: BackoffRow["growth"];
    };
  readonly join?: NodeRow["join"];
  readonly condition?: KeptFunction;
  readonly cached?: KeptFunction;
  readonly onFailure?: NodeRow["onFailure"];
  readonly finally?: boolean;
  readonly undo?: KeptFunction;
  readonly resources?: NodeRow["resources"];
  readonly concurrencyKey?: NodeRow["concurrencyKey"];
  readonly rate?: readonly string[];
  readonly effects?: NodeRow["effects"];
  readonly on?: NodeRow["on"];
  readonly maxCrashes?: number;
}

/** What a graph can do. Node order is the order nodes were added in; every list below is in a documented, deterministic order. */
export class DagValue<S extends Shape = AnyShape> {
  /** Only the compiler sees it: what it knows of this graph. */
  declare readonly shape?: S;
  readonly #source: CoreSource;

  constructor(source: CoreSource) {
    this.#source = source;
  }

  /** The frozen form of a graph, for the modules of this package. Throws where it is none, of which the message speaks as `called`. */
  static coreOf(dag: DagValue<Shape>, called: string): GraphCore {
    if (typeof dag !== "object" || dag === null || !(#source in dag)) throw new InvalidOptionError(called, "a DAG", dag);
    return dag.#source.snapshot();
  }

  /** Number of nodes. O(1). */
  get nodeCount(): number {
    return this.#core.names.length;
  }

  /** Number of edges. O(1). */
  get edgeCount(): number {
    return this.#core.native.edgeCount;
  }

  /** Whether there is a node of this name. O(1). */
  has(name: string): boolean {
    return this.#core.index.has(name);
  }

  /** Whether there is the edge `from` -> `to`. O(log d) for `d` downstreams of `from`. */
  hasEdge(from: string, to: string): boolean {
    const { index, native } = this.#core;
    const [upstream, downstream] = [index.get(from), index.get(to)];
    return upstream !== undefined && downstream !== undefined && native.edgeIndex(upstream, downstream) >= 0;
  }

  /** The node of this name with what it carries. O(1). Throws `NodeNotFoundError`. */
  get<N extends NodeName<S>>(name: N): NodeView<N> {
    const { index, names, nodes } = this.#core;
    const id = index.get(name);
    if (id === undefined) throw new NodeNotFoundError(String(name), nearest(String(name), names));
    return nodeView(name, rowOf(nodes, id));
  }

  /** All edges, by upstream, then by downstream, in node order, whatever order they were added in. O(n + m). */
  edges(): analysis.EdgeView<NodeName<S>>[] {
    return analysis.edges(this.#core) as analysis.EdgeView<NodeName<S>>[];
  }

  /** The direct upstreams of a node, in node order. Throws `NodeNotFoundError`. */
  predecessors(name: NodeName<S>): NodeName<S>[] {
    return analysis.predecessors(this.#core, name) as NodeName<S>[];
  }

  /** The direct downstreams of a node, in node order. Throws `NodeNotFoundError`. */
  successors(name: NodeName<S>): NodeName<S>[] {
    return analysis.successors(this.#core, name) as NodeName<S>[];
  }

  /** How many direct upstreams a node has. O(1). Throws `NodeNotFoundError`. */
  inDegree(name: NodeName<S>): number {
    return analysis.inDegree(this.#core, name);
  }

  /** How many direct downstreams a node has. O(1). Throws `NodeNotFoundError`. */
  outDegree(name: NodeName<S>): number {
    return analysis.outDegree(this.#core, name);
  }

  /** Everything a node depends on, in node order, without itself. O(the part reached). Throws `NodeNotFoundError`. */
  ancestors(name: NodeName<S>): NodeName<S>[] {
    return analysis.ancestors(this.#core, name) as NodeName<S>[];
  }

  /** Everything that depends on a node, in node order, without itself. O(the part reached). Throws `NodeNotFoundError`. */
  descendants(name: NodeName<S>): NodeName<S>[] {
    return analysis.descendants(this.#core, name) as NodeName<S>[];
  }

  /** Whether `name` depends on `ancestor`, directly or not; for many questions see {@link DagValue.reachability}. Throws `NodeNotFoundError`. */
  isAncestor(ancestor: NodeName<S>, name: NodeName<S>): boolean {
    return analysis.isAncestor(this.#core, ancestor, name);
  }

  /** Nodes without upstreams, in node order. */
  roots(): NodeName<S>[] {
    return analysis.roots(this.#core) as NodeName<S>[];
  }

  /** Nodes without downstreams, in node order. O(n). */
  leaves(): NodeName<S>[] {
    return analysis.leaves(this.#core) as NodeName<S>[];
  }

  /**
   * Every node, upstreams first: roots in node order, then each node when its last upstream was listed (Kahn's order with a queue). It is
   * `topologicalLevels().flat()`. O(n): the order is kept from the check.
   */
  topologicalSort(): NodeName<S>[] {
    return analysis.topologicalSort(this.#core) as NodeName<S>[];
  }

  /** Every node, upstreams first; of the nodes that could come next the one of highest priority, then that added first. O(m + n log n). */
  sortByPriority(): NodeName<S>[] {
    return analysis.sortByPriority(this.#core) as NodeName<S>[];
  }

  /** Every node, upstreams first; of the nodes that could come next the one first by name (UTF-16 code units). O(m + n log n). */
  sortByName(): NodeName<S>[] {
    return analysis.sortByName(this.#core) as NodeName<S>[];
  }

  /** Nodes by topological level: the longest distance from a root, from 0. Within a level in the order of `topologicalSort`. O(n). */
  topologicalLevels(): NodeName<S>[][] {
    return analysis.topologicalLevels(this.#core) as NodeName<S>[][];
  }

  /**
   * All paths from one node to another, one at a time, lexicographically by node order. O(n + m) before the first, then O(degree · length)
   * a path. Throws `NodeNotFoundError` at once.
   */
  allPaths(from: NodeName<S>, to: NodeName<S>, options?: analysis.AllPathsOptions): Generator<NodeName<S>[], void, void> {
    return analysis.allPaths(this.#core, from, to, options) as Generator<NodeName<S>[], void, void>;
  }

  /** How many paths lead from `from` to `to`, or without ends from any root to any leaf. Exact. O(n + m) additions. */
  countPaths(from?: NodeName<S>, to?: NodeName<S>): bigint {
    return analysis.countPaths(this.#core, from, to);
  }

  /** The shortest path by weight (a missing weight is 1); `null` where there is none. Ties are settled in a fixed way. O(n + m). */
  shortestPath(from: NodeName<S>, to: NodeName<S>): analysis.WeightedPath<NodeName<S>> | null {
    return analysis.shortestPath(this.#core, from, to) as analysis.WeightedPath<NodeName<S>> | null;
  }

  /**
   * The longest path by weight (a missing weight is 1), of the whole graph or between the ends given; `null` where there is none. By the cost
   * of nodes it is {@link DagValue.criticalPath}. O(n + m).
   */
  longestPath(ends?: { readonly from?: NodeName<S>; readonly to?: NodeName<S> }): analysis.WeightedPath<NodeName<S>> | null {
    return analysis.longestPath(this.#core, ends) as analysis.WeightedPath<NodeName<S>> | null;
  }

  /** The costliest path through the graph, with earliest and latest start and slack of every node (critical path method). O(n + m). */
  criticalPath(): analysis.CriticalPath<NodeName<S>> {
    return analysis.criticalPath(this.#core) as analysis.CriticalPath<NodeName<S>>;
  }

  /** For each node the cost of the costliest path that starts with it, by name; has no prototype. O(n + m). */
  bottomLevels(): Record<NodeName<S>, number> {
    return analysis.bottomLevels(this.#core) as Record<NodeName<S>, number>;
  }

  /**
   * The plan of a run on so many workers (without a number: as many as it takes), if every task took its cost: a list schedule in the order
   * of a run, whose makespan is what such a run takes. O(m + n log n).
   */
  executionPlan(workers?: number): analysis.ExecutionPlan<NodeName<S>> {
    return analysis.executionPlan(this.#core, workers) as analysis.ExecutionPlan<NodeName<S>>;
  }

  /** An index that answers at once whether one node depends on another: compressed rows of bits. */
  reachability(): analysis.Reachability<NodeName<S>> {
    return analysis.reachability(this.#core) as analysis.Reachability<NodeName<S>>;
  }

  /** The number of pairs (a, b) of different nodes with a path from a to b. */
  countReachablePairs(): bigint {
    return analysis.countReachablePairs(this.#core);
  }

  /** How many nodes can be pairwise independent: the most that could ever run at once (maximum antichain). About O((n + m) √n). */
  width(): number {
    return analysis.width(this.#core);
  }

  /** A largest set of nodes of which none depends on another, in node order. About O((n + m) √n). */
  largestAntichain(): NodeName<S>[] {
    return analysis.largestAntichain(this.#core) as NodeName<S>[];
  }

  /** For each node the nearest node that every path to it passes, with one virtual root in front of all roots. O((n + m) log n). */
  dominatorTree(): analysis.DominatorTree<NodeName<S>> {
    return analysis.dominatorTree(this.#core) as analysis.DominatorTree<NodeName<S>>;
  }

  /** The graph in numbers. O(n + m). */
  stats(): analysis.GraphStats {
    return analysis.stats(this.#core);
  }

  /**
   * What is legal and cannot be meant: joins that can never be met, because the upstreams they need exclude each other, with the nodes that
   * never run because of them. What is reported never runs; not everything that never runs is found. About O(n + m).
   */
  lint(): analysis.LintFinding[] {
    return analysis.lint(this.#core);
  }

  /** The nodes whose name matches a glob (`*` within a segment, `**` across, `?`) or a regular expression, in node order. */
  nodesMatching(pattern: string | RegExp): NodeName<S>[] {
    return analysis.nodesMatching(this.#core, pattern) as NodeName<S>[];
  }

  /** SHA-256 of names in node order, edges, and everything nodes and edges carry but tasks, in hexadecimal. */
  contentHash(): string {
    return analysis.contentHash(this.#core);
  }

  /** SHA-256 of names and edges, whatever order they were added in, in hexadecimal. */
  structureHash(): string {
    return analysis.structureHash(this.#core);
  }

  /** What must be added to and removed from this graph to make it `other`. Nodes are matched by name. O(n + m log d). */
  diff(other: DagValue<Shape>): analysis.GraphDiff {
    return analysis.diff(this.#core, coreOf(other, "other"));
  }

  /** The same nodes with every edge turned around. O(n + m). */
  reverse(): DagValue<DerivedShape<S>> {
    return frozen(analysis.reverse(this.#core));
  }

  /** The same nodes with the fewest edges that keep who comes before whom; unique. */
  transitiveReduction(): DagValue<DerivedShape<S>> {
    return frozen(analysis.transitiveReduction(this.#core));
  }

  /** The same nodes with an edge from each node to all its descendants. Throws `LimitExceededError` before it grows past `maxEdges`. */
  transitiveClosure(options?: analysis.ClosureOptions): DagValue<DerivedShape<S>> {
    return frozen(analysis.transitiveClosure(this.#core, options));
  }

  /** The nodes for which `keep` answers true, and the edges between them; paths through nodes left out are not bridged. O(n + m). */
  filter(keep: (name: NodeName<S>) => boolean): DagValue {
    return frozen(analysis.filter(this.#core, keep as (name: string) => boolean));
  }

  /** These nodes, what lies within so many edges above and below them, and the edges between all of them. Node order stays. O(n + m). */
  subgraph(names: Iterable<NodeName<S>>, options?: analysis.SubgraphOptions): DagValue {
    return frozen(analysis.subgraph(this.#core, names, options));
  }

  /**
   * All nodes and edges of both graphs: this one's nodes, then those only `other` has. What `other` says of a shared node or edge counts,
   * option by option. Throws `CycleError` where the edges form a cycle together. O(n + m log m).
   */
  merge<T extends Shape>(other: DagValue<T>): DagValue<MergedShape<S, T>> {
    return frozen(analysis.merge(this.#core, coreOf(other, "other")));
  }

  /** The graph as plain data, in a versioned format; `JSON.stringify(dag)` calls it. Tasks stay behind. O(n + m). */
  toJSON(): GraphJSON {
    return toJSON(this.#core);
  }

  /** The graph in DOT, the language of Graphviz. O(n + m). Throws on wrong options. */
  toDot(options?: DrawOptions<NodeName<S>>): string {
    return toDot(this.#core, options);
  }

  /** The graph as a Mermaid flowchart. O(n + m). Throws on wrong options. */
  toMermaid(options?: DrawOptions<NodeName<S>>): string {
    return toMermaid(this.#core, options);
  }

  /** The same calls with ids in the place of names, for big graphs: an id is a node's place in node order. Arrays can be reused. */
  get ids(): analysis.GraphIds {
    return new analysis.GraphIds(this.#core);
  }

  /** How `console.log` shows a graph. What only looks like one, as the prototype does, is shown as it is. */
  [inspect](): unknown {
    return #source in this ? `DAG { nodes: ${this.nodeCount}, edges: ${this.edgeCount} }` : this;
  }

  get #core(): GraphCore {
    return this.#source.snapshot();
  }
}

/** A graph value around a frozen form. */
export function frozen<S extends Shape>(core: GraphCore): DagValue<S> {
  return new DagValue<S>({ snapshot: () => core });
}

/** The frozen form of a graph: for the modules of this package, not exported from it. */
export function coreOf(dag: DagValue<Shape>, called = "dag"): GraphCore {
  return DagValue.coreOf(dag, called);
}

/** A node's row as users see it. */
export function nodeView<N extends string>(name: N, row: Partial<NodeRow>): NodeView<N> {
  const { task: _, maxAttempts, backoff, retryOn, ...options } = row;
  if (maxAttempts === undefined) return { name, ...options };
  const { growth, ...delays } = backoff ?? {};
  return { name, ...options, retry: { maxAttempts, ...(growth && { backoff: growth }), ...delays, ...(retryOn && { retryOn }) } };
}
