/** The graph that a run came to: what it began with, what is inside containers, and what was added on the way. For reports and traces. */
import type { Levels, NodeAddress } from "./levels.js";
import type { TraceGraph } from "./trace-graph.js";

/** The nodes and edges of a run that has ended, by id. */
export class RunGraph implements TraceGraph {
  readonly #levels: Levels;
  #edges: Uint32Array | undefined;
  #upstreams: ReadonlyMap<number, readonly number[]> | undefined;

  constructor(levels: Levels) {
    this.#levels = levels;
  }

  get nodeCount(): number {
    return this.#levels.nodeCount;
  }

  get baseCount(): number {
    return this.#levels.base.core.names.length;
  }

  nameOf(node: number): string {
    return this.#levels.addressOf(node);
  }

  idOf(address: NodeAddress): number | undefined {
    return this.#levels.find(address);
  }

  order(): Uint32Array {
    return this.#levels.base.core.native.order();
  }

  edges(): Uint32Array {
    this.#edges ??= this.#allEdges();
    return this.#edges;
  }

  #allEdges(): Uint32Array {
    const parts: Uint32Array[] = [];
    for (const { level, first, firstItem, links } of this.#levels.segments) {
      if (firstItem !== -1) continue;
      const edges = level.core.native.edges();
      parts.push(first === 0 ? edges : edges.map((id) => id + first));
      if (links !== undefined) parts.push(links);
    }
    const all = new Uint32Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  containerOf(node: number): number {
    return this.#levels.segmentOf(node).scope.container;
  }

  growerOf(node: number): number {
    return this.#levels.segmentOf(node).grower;
  }

  /** The direct upstreams of a node, ascending. */
  upstreamsOf(node: number): readonly number[] {
    this.#upstreams ??= this.#turned();
    return this.#upstreams.get(node) ?? [];
  }

  #turned(): ReadonlyMap<number, readonly number[]> {
    const edges = this.edges();
    const byDownstream = new Map<number, number[]>();
    for (let i = 0; i < edges.length; i += 2) {
      const upstreams = byDownstream.get(edges[i + 1] as number);
      if (upstreams === undefined) byDownstream.set(edges[i + 1] as number, [edges[i] as number]);
      else upstreams.push(edges[i] as number);
    }
    for (const upstreams of byDownstream.values()) upstreams.sort((a, b) => a - b);
    return byDownstream;
  }

  /** The nodes directly inside the last opening of a container, ascending. */
  *insideOf(container: number): Generator<number> {
    for (const { first, count } of this.#levels.openingOf(container)?.segments ?? []) {
      for (let i = 0; i < count; i++) yield first + i;
    }
  }
}
