/** The order of a graph as a whole: who comes before whom, how wide it is, what dominates what. Names out. */
import type { NativeReachability } from "../../native/index.js";
import type { GraphCore } from "../graph-core.js";
import { GraphIds, virtualRoot } from "./ids.js";
import { checkedId, idOf, nameAt, namesOf } from "./names.js";

/** An index that answers at once whether one node depends on another. */
export class Reachability<N extends string = string> {
  readonly #core: GraphCore;
  /** Held as long as the function bound to it: it is what tells the garbage collector of the index's size. */
  readonly #index: NativeReachability;
  readonly #isAncestor: (ancestor: number, node: number) => boolean;

  constructor(core: GraphCore) {
    this.#core = core;
    this.#index = core.native.reachability();
    this.#isAncestor = this.#index.bind();
  }

  /** Bytes the index takes. */
  get sizeBytes(): number {
    return this.#index.sizeBytes;
  }

  /** Whether no question needs a search; false for graphs whose index would be too large, where some do. */
  get isComplete(): boolean {
    return this.#index.isComplete;
  }

  /** Whether `name` depends on `ancestor`, directly or not; a node is no ancestor of itself. Exact. Throws `NodeNotFoundError`. */
  isAncestor(ancestor: N, name: N): boolean {
    return this.#isAncestor(idOf(this.#core, ancestor), idOf(this.#core, name));
  }

  /** The same for two ids. */
  isAncestorId(ancestor: number, node: number): boolean {
    return this.#isAncestor(checkedId(this.#core, ancestor), checkedId(this.#core, node));
  }
}

/**
 * The reachability index: compressed rows of bits, at most 128 MB for 60,000 nodes. Building it takes O(n + m) for chains and trees and
 * O((n + m) · width / 64) for layered graphs; a question then takes a fraction of a microsecond.
 */
export function reachability(core: GraphCore): Reachability {
  return new Reachability(core);
}

/** The number of pairs (a, b) of different nodes with a path from a to b. Costs as the reachability index. */
export function countReachablePairs(core: GraphCore): bigint {
  return new GraphIds(core).descendantCounts().reduce((sum, count) => sum + BigInt(count), 0n);
}

/** How many nodes can be pairwise independent: the most that could ever run at once. About O((n + m) √n). */
export function width(core: GraphCore): number {
  return core.native.largestAntichain().length;
}

/** A largest set of nodes of which none depends on another, in node order. About O((n + m) √n). */
export function largestAntichain(core: GraphCore): string[] {
  return namesOf(core, core.native.largestAntichain());
}

/** For each node the nearest node that every path to it passes. */
export class DominatorTree<N extends string = string> {
  /** The immediate dominator of each node by id; 0xffffffff where it is the virtual root. */
  readonly ids: Uint32Array;
  readonly #core: GraphCore;

  constructor(core: GraphCore) {
    this.#core = core;
    this.ids = new GraphIds(core).dominators();
  }

  /**
   * The node that every path from a root to this one passes last before it, or `null` where there is none: where only the virtual root,
   * which stands in front of all roots, dominates it. Throws `NodeNotFoundError`.
   */
  immediate(name: N): N | null {
    return this.#nameOf(this.ids[idOf(this.#core, name)]);
  }

  /** All dominators of a node, nearest first, itself not included. Throws `NodeNotFoundError`. */
  dominatorsOf(name: N): N[] {
    const found: N[] = [];
    for (let id = this.ids[idOf(this.#core, name)] ?? virtualRoot; id !== virtualRoot; id = this.ids[id] ?? virtualRoot) {
      found.push(nameAt(this.#core, id) as N);
    }
    return found;
  }

  /** Every node with its immediate dominator, in node order. */
  *entries(): Generator<[name: N, dominator: N | null], void, void> {
    for (const [id, dominator] of this.ids.entries()) yield [nameAt(this.#core, id) as N, this.#nameOf(dominator)];
  }

  #nameOf(id: number | undefined): N | null {
    return id === undefined || id === virtualRoot ? null : (nameAt(this.#core, id) as N);
  }
}

/** The dominator tree, with one virtual root in front of all roots. O((n + m) log n). */
export function dominatorTree(core: GraphCore): DominatorTree {
  return new DominatorTree(core);
}
