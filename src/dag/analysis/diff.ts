/** How two graphs differ. Works on any edges, cyclic ones included. */
import type { GraphCore } from "../graph-core.js";
import { sameAttributes } from "./identity.js";

/** An edge as a pair of names. */
export type NamedEdge<N extends string = string> = readonly [from: N, to: N];

/** How one graph differs from another. Nodes are matched by name, edges by the names of their ends. */
export interface GraphDiff {
  /** Nodes that only the other graph has, in its node order. */
  readonly addedNodes: readonly string[];
  /** Nodes that only this graph has, in its node order. */
  readonly removedNodes: readonly string[];
  /** Nodes that both have, in this graph's node order. */
  readonly commonNodes: readonly string[];
  /** Those of the common nodes that do not carry the same: cost, priority, timeout, attempts, metadata or payload. */
  readonly changedNodes: readonly string[];
  /** Edges that only the other graph has, in its canonical order. */
  readonly addedEdges: readonly NamedEdge[];
  /** Edges that only this graph has, in its canonical order. */
  readonly removedEdges: readonly NamedEdge[];
  /** Edges that both have, in this graph's canonical order. */
  readonly commonEdges: readonly NamedEdge[];
  /** Those of the common edges that do not carry the same weight and label. */
  readonly changedEdges: readonly NamedEdge[];
}

/** Stands for an edge that there is not, and for a node that there is not. */
export const noEdge = 0xffff_ffff;

/** Edges by node id and how to find them again. */
export interface EdgeSet {
  readonly names: readonly string[];
  readonly index: ReadonlyMap<string, number>;
  /** Distinct edges `[from, to, …]`. */
  readonly pairs: Uint32Array;
  /** The place of each of these edges among the pairs, 0xffffffff where it is not one of them. */
  placesOf(pairs: Uint32Array): Uint32Array;
}

/** What must be added to and removed from `core` to make it `other`. O(n + m log d). */
export function diff(core: GraphCore, other: GraphCore): GraphDiff {
  const found = diffOfEdges(edgeSetOf(core), edgeSetOf(other));
  const { weight, label } = core.edges;
  return {
    ...found.diff,
    changedNodes: found.diff.commonNodes.filter((name) => !sameAttributes(core, other, name)),
    changedEdges: found.shared
      .filter(
        ({ here, there }) => weight?.get(here) !== other.edges.weight?.get(there) || label?.get(here) !== other.edges.label?.get(there),
      )
      .map(({ ends }) => ends),
  };
}

/** An edge that both have, with its place here and there. */
interface SharedEdge {
  readonly ends: NamedEdge;
  readonly here: number;
  readonly there: number;
}

/** The difference of two sets of edges; nothing is said of what nodes and edges carry. */
export function diffOfEdges(one: EdgeSet, other: EdgeSet): { readonly diff: GraphDiff; readonly shared: readonly SharedEdge[] } {
  const here = against(one, other);
  const there = against(other, one);
  const diff: GraphDiff = {
    addedNodes: other.names.filter((name) => !one.index.has(name)),
    removedNodes: one.names.filter((name) => !other.index.has(name)),
    commonNodes: one.names.filter((name) => other.index.has(name)),
    changedNodes: [],
    addedEdges: there.missing,
    removedEdges: here.missing,
    commonEdges: here.shared.map(({ ends }) => ends),
    changedEdges: [],
  };
  return { diff, shared: here.shared };
}

function edgeSetOf({ names, index, native }: GraphCore): EdgeSet {
  return { names, index, pairs: native.edges(), placesOf: (pairs) => native.edgePlaces(pairs) };
}

function against(one: EdgeSet, other: EdgeSet): { missing: NamedEdge[]; shared: SharedEdge[] } {
  const missing: NamedEdge[] = [];
  const shared: SharedEdge[] = [];
  const idInOther = Uint32Array.from(one.names, (name) => other.index.get(name) ?? noEdge);
  const places = other.placesOf(one.pairs.map((id) => idInOther[id] ?? noEdge));
  for (const [here, there] of places.entries()) {
    const ends: NamedEdge = [one.names[one.pairs[2 * here] ?? 0] ?? "", one.names[one.pairs[2 * here + 1] ?? 0] ?? ""];
    if (there === noEdge) missing.push(ends);
    else shared.push({ ends, here, there });
  }
  return { missing, shared };
}
