/** Edges while a graph is written down: a growable list of id pairs, and the canonical order of such a list. */

/** Pairs `[from, to, from, to, …]` of node ids, in the order they were added. */
export class EdgeList {
  /** The backing array; only the first {@link EdgeList.size} entries count. */
  #pairs = new Uint32Array(64);
  #size = 0;

  /** Entries in use: twice the number of edges. */
  get size(): number {
    return this.#size;
  }

  /** Number of edges. */
  get edgeCount(): number {
    return this.#size / 2;
  }

  push(from: number, to: number): void {
    if (this.#size === this.#pairs.length) this.#grow(this.#size * 2);
    this.#pairs[this.#size] = from;
    this.#pairs[this.#size + 1] = to;
    this.#size += 2;
  }

  /** Appends pairs as they are. */
  append(pairs: Uint32Array): void {
    const size = this.#size + pairs.length;
    if (size > this.#pairs.length) this.#grow(Math.max(size, this.#pairs.length * 2));
    this.#pairs.set(pairs, this.#size);
    this.#size = size;
  }

  /** Forgets every edge after the first `edgeCount`. */
  truncate(edgeCount: number): void {
    this.#size = Math.min(this.#size, edgeCount * 2);
  }

  /** The pairs themselves, not a copy; valid until the next change. */
  view(): Uint32Array {
    return this.#pairs.subarray(0, this.#size);
  }

  #grow(capacity: number): void {
    const grown = new Uint32Array(capacity);
    grown.set(this.#pairs);
    this.#pairs = grown;
  }
}

/**
 * For each edge of the list, its place when edges are sorted by upstream, then downstream. Two counting sorts: time and space
 * linear in nodes and edges.
 */
export function canonicalPlaces(nodeCount: number, pairs: Uint32Array): Uint32Array {
  const edgeCount = pairs.length / 2;
  const listed = new Uint32Array(edgeCount);
  for (let edge = 0; edge < edgeCount; edge++) listed[edge] = edge;
  const byDownstream = sortedByEnd(nodeCount, pairs, listed, 1);
  const byUpstream = sortedByEnd(nodeCount, pairs, byDownstream, 0);
  const places = new Uint32Array(edgeCount);
  for (let place = 0; place < edgeCount; place++) places[at(byUpstream, place)] = place;
  return places;
}

/** A stable counting sort of edge numbers by one end: 0 is upstream, 1 is downstream. */
function sortedByEnd(nodeCount: number, pairs: Uint32Array, edges: Uint32Array, end: 0 | 1): Uint32Array {
  const next = new Uint32Array(nodeCount + 1);
  for (const edge of edges) next[at(pairs, 2 * edge + end) + 1]! += 1;
  for (let node = 0; node < nodeCount; node++) next[node + 1]! += at(next, node);
  const sorted = new Uint32Array(edges.length);
  for (const edge of edges) sorted[next[at(pairs, 2 * edge + end)]!++] = edge;
  return sorted;
}

function at(array: Uint32Array, index: number): number {
  return array[index] ?? 0;
}
