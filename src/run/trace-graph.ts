/**
 * The nodes of a run as traces and profiles see them: the graph it began with, the insides of containers, and what was added on the way.
 *
 * Ids are those of the run's columns; the base graph's come first. I1 An edge joins nodes of one scope. I2 What is in a container begins
 * after the container and ends before it; what a node added begins after that node.
 */
import { cell } from "./attempts.js";

/** What a trace and a profile read of a run's nodes. */
export interface TraceGraph {
  /** How many nodes the run had at its end. */
  readonly nodeCount: number;
  /** How many it had when it began; every other one is in a container or was added. */
  readonly baseCount: number;
  /** The text of a node's address. */
  nameOf(node: number): string;
  /** The node at an address; `undefined` where there is none. */
  idOf(name: string): number | undefined;
  /** A topological order of the base graph's ids. */
  order(): Uint32Array;
  /** All edges, `[upstream, downstream, …]`; the base graph's first, sorted by upstream, then downstream. */
  edges(): Uint32Array;
  /** The container that a node is in, or -1. */
  containerOf(node: number): number;
  /** The node that added it, or -1. */
  growerOf(node: number): number;
}

/** What of a frozen graph makes a {@link TraceGraph} (`GraphCore` has it). */
export interface BaseGraph {
  readonly names: readonly string[];
  readonly index: ReadonlyMap<string, number>;
  readonly native: { order(): Uint32Array; edges(): Uint32Array };
}

/** The nodes of a run that had its graph's and no others. */
export function baseTraceGraph({ names, index, native }: BaseGraph): TraceGraph {
  return {
    nodeCount: names.length,
    baseCount: names.length,
    nameOf: (node) => names[node] ?? "",
    idOf: (name) => index.get(name),
    order: () => native.order(),
    edges: () => native.edges(),
    containerOf: () => -1,
    growerOf: () => -1,
  };
}

/**
 * A topological order of all nodes: upstreams, the upstreams of containers around, and the node that added one come before a node, and
 * everything in a container comes before the container's downstreams. Linear in nodes and edges.
 */
export function topologicalOrder(graph: TraceGraph): Uint32Array {
  const { nodeCount, baseCount } = graph;
  if (nodeCount === baseCount) return graph.order();
  // Each node is two points, its beginning (`node`) and its end (`nodeCount + node`), with an arc between them.
  const arcs = arcsOf(graph);
  const out = new Uint32Array(2 * nodeCount + 1);
  const waiting = new Uint32Array(2 * nodeCount);
  for (let i = 0; i < arcs.length; i += 2) {
    out[cell(arcs, i) + 1] = cell(out, cell(arcs, i) + 1) + 1;
    waiting[cell(arcs, i + 1)] = cell(waiting, cell(arcs, i + 1)) + 1;
  }
  for (let point = 0; point < 2 * nodeCount; point++) out[point + 1] = cell(out, point + 1) + cell(out, point);
  const fill = out.slice();
  const heads = new Uint32Array(arcs.length / 2);
  for (let i = 0; i < arcs.length; i += 2) {
    const at = cell(fill, cell(arcs, i));
    heads[at] = cell(arcs, i + 1);
    fill[cell(arcs, i)] = at + 1;
  }
  const queue = new Uint32Array(2 * nodeCount);
  const order = new Uint32Array(nodeCount);
  let queued = 0;
  let ordered = 0;
  for (let point = 0; point < 2 * nodeCount; point++) if (cell(waiting, point) === 0) queue[queued++] = point;
  for (let next = 0; next < queued; next++) {
    const point = cell(queue, next);
    if (point < nodeCount) order[ordered++] = point;
    for (let i = cell(out, point); i < cell(out, point + 1); i++) {
      const head = cell(heads, i);
      waiting[head] = cell(waiting, head) - 1;
      if (cell(waiting, head) === 0) queue[queued++] = head;
    }
  }
  return order;
}

/** What must come before what, as pairs of points. */
function arcsOf(graph: TraceGraph): number[] {
  const { nodeCount, baseCount } = graph;
  const edges = graph.edges();
  const arcs: number[] = [];
  for (let i = 0; i < edges.length; i += 2) arcs.push(nodeCount + cell(edges, i), cell(edges, i + 1));
  for (let node = 0; node < nodeCount; node++) {
    arcs.push(node, nodeCount + node);
    if (node < baseCount) continue;
    const container = graph.containerOf(node);
    if (container >= 0) arcs.push(container, node, nodeCount + node, nodeCount + container);
    const grower = graph.growerOf(node);
    if (grower >= 0) arcs.push(nodeCount + grower, node);
  }
  return arcs;
}

/** The upstreams of every node, in compressed sparse rows. */
export interface Upstreams {
  /** `node[start[d] .. start[d + 1]]` are the upstreams of `d`, ascending. */
  readonly start: Uint32Array;
  readonly node: Uint32Array;
  /** The index of each entry in the graph's list of edges. */
  readonly edge: Uint32Array;
  /**
   * The node whose upstreams a node waited for: itself, or where it has none and is in a container, that container and so on outwards.
   * `-1 - g` stands for the node `g` that added it.
   */
  waitsAs(node: number): number;
}

/** Turns the list of edges around. Linear in nodes and edges. */
export function upstreamsOf(graph: TraceGraph): Upstreams {
  const pairs = graph.edges();
  const { nodeCount, baseCount } = graph;
  const start = new Uint32Array(nodeCount + 1);
  for (let i = 1; i < pairs.length; i += 2) start[cell(pairs, i) + 1] = cell(start, cell(pairs, i) + 1) + 1;
  for (let node = 0; node < nodeCount; node++) start[node + 1] = cell(start, node + 1) + cell(start, node);
  const fill = start.slice();
  const node = new Uint32Array(pairs.length / 2);
  const edge = new Uint32Array(pairs.length / 2);
  for (let i = 0; i < pairs.length; i += 2) {
    const slot = cell(fill, cell(pairs, i + 1));
    node[slot] = cell(pairs, i);
    edge[slot] = i / 2;
    fill[cell(pairs, i + 1)] = slot + 1;
  }
  return {
    start,
    node,
    edge,
    waitsAs(of) {
      for (let at = of; ; ) {
        if (at < baseCount || cell(start, at) < cell(start, at + 1)) return at;
        const grower = graph.growerOf(at);
        if (grower >= 0) return -1 - grower;
        const container = graph.containerOf(at);
        if (container < 0) return at;
        at = container;
      }
    },
  };
}

/** Calls back with every node that a node's first attempt waited for. */
export function forEachUpstream(upstreams: Upstreams, node: number, visit: (upstream: number) => void): void {
  const as = upstreams.waitsAs(node);
  if (as < 0) visit(-1 - as);
  else for (let i = cell(upstreams.start, as); i < cell(upstreams.start, as + 1); i++) visit(cell(upstreams.node, i));
}
