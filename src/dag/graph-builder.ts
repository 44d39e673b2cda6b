/**
 * Writes a graph down and checks it as a whole. Knows nothing of static types; `builder.ts` puts them on top.
 *
 * Invariants: I1 a node's id is its place among the nodes added. I2 nothing is refused while writing; faults are kept and `build`
 * reports all of them. I3 a graph that was built never changes: the builder copies what it shares before it writes on. I4 a bulk call
 * whose iterable throws adds nothing.
 */
import type { DagnyError } from "../errors/base.js";
import { describe, quote } from "../errors/base.js";
import { DuplicateNodeError, errorOf, InvalidEdgeError, InvalidNameError } from "../errors/graph.js";
import { InvalidOptionError } from "../errors/options.js";
import { canonicalPlaces, EdgeList } from "./edge-list.js";
import { checkedGraph } from "./faults.js";
import type { EdgeTable, GraphCore, NodeTask } from "./graph-core.js";
import { EdgeColumns, type EdgeOptions, NodeColumns, type NodeOptions, setEdgeOptions, setNodeOptions } from "./options.js";

/** A node as bulk calls take it: its name, alone or with what it carries. */
export type NodeEntry<N extends string = string> = N | readonly [name: N, options?: NodeOptions] | ({ readonly name: N } & NodeOptions);

/** An edge as bulk calls take it: upstream, downstream, and what it carries. */
export type EdgeEntry<F extends string = string, T extends string = string> = readonly [from: F, to: T, options?: EdgeOptions];

/** Ids from here on stand for names that no node had yet when an edge used them; `build` looks those up again. */
const firstProvisional = 0x8000_0000;

/** A graph while it is written down. */
export class GraphBuilder {
  #names: string[] = [];
  #index = new Map<string, number>();
  #nodes = new NodeColumns();
  /** A built graph uses `#names`, `#index` and `#nodes`, too (I3). */
  #isShared = false;
  /** Nodes whose name was there before: as long as there are some, ids and index disagree. */
  #duplicates = 0;
  readonly #edges = new EdgeList();
  readonly #edgeOptions = new EdgeColumns();
  readonly #faults: DagnyError[] = [];
  readonly #provisional = new Map<string, number>();

  addNode(name: string, options?: NodeOptions): void {
    if (typeof name !== "string" || name === "") {
      this.#faults.push(new InvalidNameError(name));
      return;
    }
    if (this.#isShared) this.#unshare();
    const id = this.#names.push(name) - 1;
    // One look-up instead of two: a name that was there already makes the index no larger.
    this.#index.set(name, id);
    if (this.#index.size + this.#duplicates === id) this.#noteDuplicate(name);
    if (options !== undefined) setNodeOptions(this.#nodes, id, options, `node ${quote(name)}`, this.#faults);
  }

  /** Adds a node with its task, and an edge from each of `needs`. */
  addTask(name: string, needs: readonly string[], task: unknown, options?: NodeOptions): void {
    this.addNode(name, options);
    if (isTask(task)) (this.#nodes.task ??= new Map()).set(this.#names.length - 1, task);
    else this.#faults.push(new InvalidOptionError("task", "a function", task, `node ${quote(name)}`));
    for (const upstream of needs) this.addEdge(upstream, name);
  }

  addEdge(from: string, to: string, options?: EdgeOptions): void {
    const upstream = this.#index.get(from) ?? this.#provisionalId(from);
    const downstream = this.#index.get(to) ?? this.#provisionalId(to);
    if (options !== undefined) {
      setEdgeOptions(this.#edgeOptions, this.#edges.edgeCount, options, `edge ${quote(from)} -> ${quote(to)}`, this.#faults);
    }
    this.#edges.push(upstream, downstream);
  }

  addNodes(entries: Iterable<NodeEntry>): void {
    this.#atomically(() => {
      for (const entry of entries) {
        if (typeof entry === "string") this.addNode(entry);
        else if (isNodeTuple(entry)) this.addNode(entry[0], entry[1]);
        else this.#addNodeRecord(entry);
      }
    });
  }

  addEdges(entries: Iterable<EdgeEntry>): void {
    this.#atomically(() => {
      for (const entry of entries) {
        if (Array.isArray(entry)) this.addEdge(entry[0], entry[1], entry[2]);
        else this.#faults.push(new InvalidEdgeError(`an edge must be a pair of node names, received ${describe(entry)}`));
      }
    });
  }

  /** Adds edges as pairs of node ids `[from, to, from, to, …]`: places in the order nodes were added, from 0. */
  addEdgeIds(pairs: Uint32Array): void {
    if (!(pairs instanceof Uint32Array) || pairs.length % 2 !== 0) {
      this.#faults.push(new InvalidEdgeError(`edge ids must be a Uint32Array of pairs, received ${describe(pairs)}`));
      return;
    }
    this.#edges.append(pairs);
  }

  /** The graph as written so far. Throws what is wrong with it: one fault itself, several as a `GraphError`. O(n + m). */
  build(): GraphCore {
    if (this.#duplicates > 0) this.#useFirstIds();
    this.#resolveProvisional();
    const unknown = [...this.#provisional.keys()];
    const nameOf = (id: number): string => this.#names[id] ?? unknown[id - firstProvisional] ?? String(id);
    const { native, faults } = checkedGraph(this.#names, this.#edges.view(), nameOf);
    if (native === null || this.#faults.length > 0) throw errorOf([...this.#faults, ...faults]);
    this.#isShared = true;
    return { names: this.#names, index: this.#index, native, nodes: this.#nodes, edges: this.#edgeTable() };
  }

  #addNodeRecord(entry: { readonly name: string } & NodeOptions): void {
    if (typeof entry !== "object" || entry === null) {
      this.#faults.push(new InvalidNameError(entry));
      return;
    }
    const { name, ...options } = entry;
    this.addNode(name, options);
  }

  #noteDuplicate(name: string): void {
    this.#duplicates++;
    this.#faults.push(new DuplicateNodeError(name));
  }

  #provisionalId(name: string): number {
    let id = this.#provisional.get(name);
    if (id === undefined) {
      id = firstProvisional + this.#provisional.size;
      this.#provisional.set(name, id);
    }
    return id;
  }

  /** Puts the ids of nodes added meanwhile in the place of provisional ones. */
  #resolveProvisional(): void {
    if (this.#provisional.size === 0) return;
    const ids = Array.from(this.#provisional.keys(), (name) => this.#index.get(name));
    replaceIds(this.#edges.view(), (id) => (id < firstProvisional ? id : (ids[id - firstProvisional] ?? id)));
  }

  /** Lets every edge of a repeated name mean its first node, so that cycles are reported as their author sees them. */
  #useFirstIds(): void {
    const index = new Map<string, number>();
    for (const [id, name] of this.#names.entries()) if (!index.has(name)) index.set(name, id);
    const firsts = this.#names.map((name) => index.get(name) ?? 0);
    replaceIds(this.#edges.view(), (id) => firsts[id] ?? id);
  }

  #edgeTable(): EdgeTable {
    const { weight, label } = this.#edgeOptions;
    if (weight === null && label === null) return { weight, label };
    const places = canonicalPlaces(this.#names.length, this.#edges.view());
    return { weight: moved(weight, places), label: moved(label, places) };
  }

  #unshare(): void {
    this.#names = this.#names.slice();
    this.#index = new Map(this.#index);
    this.#nodes = this.#nodes.copy();
    this.#isShared = false;
  }

  /** Takes back what `write` added if it throws (I4). */
  #atomically(write: () => void): void {
    const [nodeCount, edgeCount, faultCount] = [this.#names.length, this.#edges.edgeCount, this.#faults.length];
    try {
      write();
    } catch (error) {
      this.#truncate(nodeCount, edgeCount, faultCount);
      throw error;
    }
  }

  #truncate(nodeCount: number, edgeCount: number, faultCount: number): void {
    this.#names = this.#names.slice(0, nodeCount);
    this.#index = new Map(this.#names.map((name, id) => [name, id]));
    this.#duplicates = nodeCount - this.#index.size;
    this.#nodes = this.#nodes.copy(nodeCount);
    this.#isShared = false;
    this.#edges.truncate(edgeCount);
    this.#edgeOptions.truncate(edgeCount);
    this.#faults.length = faultCount;
  }
}

function isTask(value: unknown): value is NodeTask {
  return typeof value === "function";
}

function isNodeTuple(entry: NodeEntry): entry is readonly [name: string, options?: NodeOptions] {
  return Array.isArray(entry);
}

function replaceIds(ids: Uint32Array, replacement: (id: number) => number): void {
  for (let at = 0; at < ids.length; at++) ids[at] = replacement(ids[at] ?? 0);
}

/** A column by insertion order as a column by canonical order. */
function moved<T>(column: ReadonlyMap<number, T> | null, places: Uint32Array): ReadonlyMap<number, T> | null {
  if (column === null) return null;
  const rows = [...column].map(([edge, value]): [number, T] => [places[edge] ?? edge, value]);
  return new Map(rows.sort(([a], [b]) => a - b));
}
