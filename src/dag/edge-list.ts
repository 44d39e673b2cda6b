/** Edges while a graph is written down: a growable list of id pairs. */

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
