/** What can be said of any list of edges, cyclic or not. */
import { describe } from "../../errors/base.js";
import { InvalidEdgeError, InvalidNameError } from "../../errors/graph.js";
import { InvalidOptionError } from "../../errors/options.js";
import { NativeDiagnosis } from "../../native/index.js";
import { edgeColumns, nodeColumns } from "../columns.js";
import { type DagValue, frozen } from "../dag-value.js";
import { checkList, isName, nameFaultOf } from "../entries.js";
import type { GraphCore } from "../graph-core.js";
import { checkOptions } from "../option-check.js";
import { diffOfEdges, type EdgeSet, type GraphDiff, type NamedEdge, noEdge } from "./diff.js";

/** What to say of the edges beside them. */
export interface DiagnoseOptions {
  /**
   * Nodes to know of, in this order, before those that only edges name. With it, `unknownNodes` tells which were not among them.
   * @default none: every name that an edge uses is a node, in order of first use
   */
  readonly nodes?: Iterable<string> | undefined;
}

/** Everything found out about a list of edges. Components are ordered by their first node, their members in node order. */
export class Diagnosis {
  /** All nodes: those given, then those that only edges name, in order of first use. */
  readonly nodes: readonly string[];
  /** Whether the edges form a DAG as they are. */
  readonly isDag: boolean;
  /** Names that edges use and `nodes` did not have, in order of first use; empty where no nodes were given. */
  readonly unknownNodes: readonly string[];
  /** Nodes given more than once. */
  readonly duplicateNodes: readonly string[];
  /** Nodes with an edge to themselves, in order of these edges. */
  readonly selfLoops: readonly string[];
  /** Edges listed before, in order; one entry for each repetition. */
  readonly duplicateEdges: readonly NamedEdge[];
  /** For each component of several nodes one whole cycle, a shortest through its first node and starting there, not repeated at the end. */
  readonly cycles: readonly (readonly string[])[];
  /** Components as an acyclic graph: node `i` is component `i` of {@link Diagnosis.strongComponents}, named by its first node. */
  readonly condensation: DagValue;
  readonly #native: NativeDiagnosis;
  readonly #edges: EdgeSet;

  constructor(nodes: Names, pairs: Uint32Array, hasNodes: boolean) {
    const { names } = nodes;
    const name = (id: number): string => names[id] ?? "";
    const ends = (edge: number): NamedEdge => [name(pairs[2 * edge] ?? 0), name(pairs[2 * edge + 1] ?? 0)];
    this.#native = new NativeDiagnosis(names.length, pairs);
    this.#edges = distinctEdges(nodes, pairs);
    const faults = this.#native.faults();
    this.nodes = names;
    this.duplicateNodes = nodes.repeated;
    this.unknownNodes = hasNodes ? names.slice(nodes.givenCount) : [];
    this.selfLoops = faults.filter(({ kind }) => kind === "selfLoop").map(({ other }) => name(other));
    this.duplicateEdges = faults.filter(({ kind }) => kind === "duplicateEdge").map(({ edge }) => ends(edge));
    this.cycles = faults.filter(({ kind }) => kind === "cycle").map(({ path }) => Array.from(path, name));
    this.isDag = faults.length + this.unknownNodes.length + this.duplicateNodes.length === 0;
    this.condensation = frozen(this.#condensed());
  }

  /** Strongly connected components: nodes that reach each other. A node on no cycle is one of its own. */
  get strongComponents(): readonly (readonly string[])[] {
    return this.#grouped(this.#native.strongComponents());
  }

  /** Weakly connected components: the parts that no edge joins. */
  get weakComponents(): readonly (readonly string[])[] {
    return this.#grouped(this.#native.weakComponents());
  }

  /** For each node, in the order of `nodes`, how many other nodes it reaches. */
  descendantCounts(): Float64Array {
    return this.#native.descendantCounts();
  }

  /** For each node, in the order of `nodes`, how many other nodes reach it. */
  ancestorCounts(): Float64Array {
    return this.#native.ancestorCounts();
  }

  /** What must be added to and removed from these nodes and edges to make them those of `other`; edges in order of first use. O(n + m). */
  diff(other: Diagnosis): GraphDiff {
    if (!(other instanceof Diagnosis)) throw new InvalidOptionError("other", "a diagnosis", other);
    return diffOfEdges(this.#edges, other.#edges).diff;
  }

  #condensed(): GraphCore {
    const names: string[] = [];
    const component = this.#native.strongComponents();
    // Components are numbered by first node, so a new number is always the next.
    for (const [id, of] of component.entries()) if (of === names.length) names.push(this.nodes[id] as string);
    const index = new Map(names.map((name, id) => [name, id]));
    return { names, index, native: this.#native.condensation(), nodes: nodeColumns(), edges: edgeColumns() };
  }

  #grouped(component: Uint32Array): string[][] {
    const groups: string[][] = [];
    for (const [id, of] of component.entries()) {
      const group = groups[of];
      const name = this.nodes[id] as string;
      if (group === undefined) groups.push([name]);
      else group.push(name);
    }
    return groups;
  }
}

/** Names with their ids while they are collected. */
class Names {
  readonly names: string[] = [];
  readonly repeated: string[] = [];
  readonly index = new Map<string, number>();
  givenCount = 0;

  give(name: unknown): void {
    const known = this.names.length;
    if (this.idOf(name) < known) this.repeated.push(String(name));
    this.givenCount = this.names.length;
  }

  idOf(name: unknown): number {
    if (!isName(name)) throw new InvalidNameError(name);
    let id = this.index.get(name);
    if (id === undefined) {
      id = this.names.push(name) - 1;
      this.index.set(name, id);
    }
    return id;
  }
}

/** Each edge once, in order of first use. */
function distinctEdges({ names, index }: Names, pairs: Uint32Array): EdgeSet {
  // A pair of ids as one number, exact up to 94 million nodes; a `Map` holds fewer.
  const key = (from: number, to: number): number => from * names.length + to;
  const places = new Map<number, number>();
  const distinct: number[] = [];
  for (let at = 0; at < pairs.length; at += 2) {
    const from = pairs[at] ?? 0;
    const to = pairs[at + 1] ?? 0;
    if (places.has(key(from, to))) continue;
    places.set(key(from, to), places.size);
    distinct.push(from, to);
  }
  const placesOf = (asked: Uint32Array): Uint32Array =>
    Uint32Array.from({ length: asked.length / 2 }, (_, edge) => places.get(key(asked[2 * edge] ?? 0, asked[2 * edge + 1] ?? 0)) ?? noEdge);
  return { names, index, pairs: Uint32Array.from(distinct), placesOf };
}

/**
 * Examines any list of edges, each `[upstream, downstream]`: everything that keeps it from being a DAG, its components, and the acyclic
 * graph of these. Throws only for what is no edge or no name. O(n + m log m).
 */
export function diagnose(edges: Iterable<NamedEdge>, options: DiagnoseOptions = {}): Diagnosis {
  checkList("edges", "a list of edges", edges);
  checkOptions(options, ["nodes"]);
  if (options.nodes !== undefined) checkList("nodes", "a list of node names", options.nodes);
  const names = new Names();
  for (const name of options.nodes ?? []) names.give(name);
  const pairs: number[] = [];
  for (const edge of edges) {
    if (!Array.isArray(edge) || edge.length < 2) {
      throw new InvalidEdgeError(`an edge must be a pair of node names, received ${describe(edge)}`);
    }
    const fault = nameFaultOf(edge[0], edge[1]);
    if (fault !== null) throw fault;
    pairs.push(names.idOf(edge[0]), names.idOf(edge[1]));
  }
  return new Diagnosis(names, Uint32Array.from(pairs), options.nodes !== undefined);
}

/** Whether edges by id have no cycle; see `DAG.isAcyclic`. */
export function isAcyclic(nodeCount: number, edgeIds: Uint32Array): boolean {
  if (!Number.isInteger(nodeCount) || nodeCount < 0 || nodeCount > 0xffff_ffff) {
    throw new InvalidOptionError("nodeCount", "an integer of at least 0", nodeCount);
  }
  const answer = edgeIds instanceof Uint32Array && edgeIds.length % 2 === 0 ? NativeDiagnosis.isAcyclic(nodeCount, edgeIds) : null;
  if (answer === null) throw new InvalidOptionError("edgeIds", `a Uint32Array of pairs of ids below ${nodeCount}`, edgeIds);
  return answer;
}
