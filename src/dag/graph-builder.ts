/**
 * Writes a graph down and checks it as a whole. Knows nothing of static types; `builder.ts` puts them on top.
 *
 * Invariants: I1 a node's id is its place among the nodes added. I2 nothing is refused while writing; faults are kept and `build`
 * reports all of them. I3 a graph that was built never changes: the builder copies what it shares before it writes on. I4 a bulk call
 * whose iterable throws adds nothing.
 */
import { type DagnyError, describe, quote } from "../errors/base.js";
import { DuplicateNodeError, errorOf, InvalidEdgeError, InvalidNameError } from "../errors/graph.js";
import { InvalidOptionError } from "../errors/options.js";
import { TaskDefinition } from "../flow/definition.js";
import { ruleFaults } from "../flow/rules.js";
import type { NativeGraph } from "../native/index.js";
import { edgeColumns, isEmpty, movedRows, nodeColumns, setRow } from "./columns.js";
import { EdgeList } from "./edge-list.js";
import { type EdgeEntry, isEdgeEntry, isList, isName, type NodeEntry, nameFaultOf, nodeOfEntry } from "./entries.js";
import { checkedGraph, firstUnknown } from "./faults.js";
import type { EdgeTable, GraphCore, NodeTask } from "./graph-core.js";
import type { AnyEdgeOptions, AnyNodeOptions } from "./options.js";
import { edgeRow, nodeRow } from "./rows.js";

/** How much a builder holds. */
interface BuilderSize {
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly faultCount: number;
}

/** A graph while it is written down. */
export class GraphBuilder {
  #names: string[] = [];
  #index = new Map<string, number>();
  #nodes = nodeColumns();
  /** A built graph uses `#names`, `#index` and `#nodes`, too (I3). */
  #isShared = false;
  /** Nodes whose name was there before: as long as there are some, ids and index disagree. */
  #duplicates = 0;
  readonly #edges = new EdgeList();
  /** By place among the edges added. */
  #edgeOptions = edgeColumns();
  readonly #faults: DagnyError[] = [];
  readonly #provisional = new Map<string, number>();

  /** Nodes added, those whose name was there before included. */
  get nodeCount(): number {
    return this.#names.length;
  }

  get edgeCount(): number {
    return this.#edges.edgeCount;
  }

  addNode(name: string, options?: AnyNodeOptions): void {
    if (!isName(name)) {
      this.#faults.push(new InvalidNameError(name));
      return;
    }
    if (this.#isShared) this.#unshare();
    const id = this.#names.push(name) - 1;
    // One look-up instead of two: a name that was there already makes the index no larger.
    this.#index.set(name, id);
    if (this.#index.size + this.#duplicates === id) this.#noteDuplicate(name);
    if (options !== undefined) setRow(this.#nodes, id, nodeRow(options, `node ${quote(name)}`, this.#faults, name));
  }

  /** Adds a node with its task, and an edge from each of `needs`. */
  addTask(name: string, needs: readonly string[], task: unknown, options?: AnyNodeOptions): void {
    const id = this.#names.length;
    this.addNode(name, options);
    if (!isTask(task)) this.#faults.push(new InvalidOptionError("task", expectedTask, task, `node ${quote(String(name))}`));
    else if (this.#names.length > id) setRow(this.#nodes, id, { task });
    for (const upstream of needs) this.addEdge(upstream, name);
  }

  addEdge(from: string, to: string, options?: AnyEdgeOptions): void {
    let upstream = this.#index.get(from);
    let downstream = this.#index.get(to);
    if (upstream === undefined || downstream === undefined) {
      const fault = nameFaultOf(from, to);
      if (fault !== null) {
        this.#faults.push(fault);
        return;
      }
      upstream ??= this.#provisionalId(from);
      downstream ??= this.#provisionalId(to);
    }
    if (options !== undefined) this.#setEdgeOptions(from, to, options);
    this.#edges.push(upstream, downstream);
  }

  /** Adds an edge between two ids. */
  addEdgeBetween(from: number, to: number, options?: AnyEdgeOptions): void {
    if (options !== undefined) this.#setEdgeOptions(this.#names[from] ?? String(from), this.#names[to] ?? String(to), options);
    this.#edges.push(from, to);
  }

  addNodes(entries: Iterable<NodeEntry>): void {
    if (!isList(entries)) {
      this.#faults.push(new InvalidOptionError("nodes", "a list of nodes", entries));
      return;
    }
    const before = this.#size();
    try {
      for (const entry of entries) {
        if (typeof entry === "string") this.addNode(entry);
        else this.#addNodeEntry(entry);
      }
    } catch (error) {
      this.#truncate(before);
      throw error;
    }
  }

  addEdges(entries: Iterable<EdgeEntry>): void {
    if (!isList(entries)) {
      this.#faults.push(new InvalidOptionError("edges", "a list of edges", entries));
      return;
    }
    const before = this.#size();
    try {
      for (const entry of entries) {
        if (isEdgeEntry(entry, this.#faults)) this.addEdge(entry[0], entry[1], entry[2]);
      }
    } catch (error) {
      this.#truncate(before);
      throw error;
    }
  }

  /** Adds edges as pairs of node ids `[from, to, from, to, …]`: places in the order nodes were added, from 0. */
  addEdgeIds(pairs: Uint32Array): void {
    if (!(pairs instanceof Uint32Array) || pairs.length % 2 !== 0) {
      this.#faults.push(new InvalidEdgeError(`edge ids must be a Uint32Array of pairs, received ${describe(pairs)}`));
      return;
    }
    this.#edges.append(pairs);
  }

  /** Keeps a fault that the caller found, to be reported by `build` with the others. */
  addFault(fault: DagnyError): void {
    this.#faults.push(fault);
  }

  /** The graph as written so far. Throws what is wrong with it: one fault itself, several as a `GraphError`. O(n + m). */
  build(): GraphCore {
    const core = this.buildPart();
    const faults = ruleFaults(core);
    if (faults.length > 0) throw errorOf(faults);
    return core;
  }

  /** The same for a part of a graph whose nodes have upstreams elsewhere: what nodes must be to each other is not checked. */
  buildPart(): GraphCore {
    if (this.#duplicates > 0) this.#useFirstIds();
    this.#resolveProvisional();
    const unknown = [...this.#provisional.keys()];
    const nameOf = (id: number): string => this.#names[id] ?? unknown[id - firstUnknown] ?? String(id);
    const { native, faults } = checkedGraph(this.#names, this.#edges.view(), nameOf);
    if (native === null || this.#faults.length > 0) throw errorOf([...this.#faults, ...faults]);
    this.#isShared = true;
    return { names: this.#names, index: this.#index, native, nodes: this.#nodes, edges: this.#edgeTable(native) };
  }

  #addNodeEntry(entry: Exclude<NodeEntry, string>): void {
    const node = nodeOfEntry(entry, this.#faults);
    if (node !== null) this.addNode(node[0], node[1]);
  }

  /** Keeps the options of the edge that is added next. */
  #setEdgeOptions(from: string, to: string, options: AnyEdgeOptions): void {
    const owner = `edge ${quote(from)} -> ${quote(to)}`;
    setRow(this.#edgeOptions, this.#edges.edgeCount, edgeRow(options, owner, this.#faults));
  }

  #noteDuplicate(name: string): void {
    this.#duplicates++;
    this.#faults.push(new DuplicateNodeError(name));
  }

  /** Stands for a name that no node has yet; `build` looks it up again. */
  #provisionalId(name: string): number {
    let id = this.#provisional.get(name);
    if (id === undefined) {
      id = firstUnknown + this.#provisional.size;
      this.#provisional.set(name, id);
    }
    return id;
  }

  /** Puts the ids of nodes added meanwhile in the place of provisional ones. */
  #resolveProvisional(): void {
    if (this.#provisional.size === 0) return;
    const ids = Array.from(this.#provisional.keys(), (name) => this.#index.get(name));
    replaceIds(this.#edges.view(), (id) => (id < firstUnknown ? id : (ids[id - firstUnknown] ?? id)));
  }

  /** Lets every edge of a repeated name mean its first node, so that cycles are reported as their author sees them. */
  #useFirstIds(): void {
    const index = new Map<string, number>();
    for (const [id, name] of this.#names.entries()) if (!index.has(name)) index.set(name, id);
    const firsts = this.#names.map((name) => index.get(name) ?? 0);
    replaceIds(this.#edges.view(), (id) => firsts[id] ?? id);
  }

  #edgeTable(native: NativeGraph): EdgeTable {
    if (isEmpty(this.#edgeOptions)) return this.#edgeOptions;
    const places = native.edgePlaces(this.#edges.view());
    return movedRows(this.#edgeOptions, (edge) => places[edge]);
  }

  #unshare(): void {
    this.#names = this.#names.slice();
    this.#index = new Map(this.#index);
    this.#nodes = movedRows(this.#nodes, (id) => id);
    this.#isShared = false;
  }

  #size(): BuilderSize {
    return { nodeCount: this.#names.length, edgeCount: this.#edges.edgeCount, faultCount: this.#faults.length };
  }

  /** Takes back what was added since the builder had this size (I4). */
  #truncate({ nodeCount, edgeCount, faultCount }: BuilderSize): void {
    this.#names = this.#names.slice(0, nodeCount);
    this.#index = new Map(this.#names.map((name, id) => [name, id]));
    this.#duplicates = nodeCount - this.#index.size;
    this.#nodes = movedRows(this.#nodes, (id) => (id < nodeCount ? id : undefined));
    this.#isShared = false;
    this.#edges.truncate(edgeCount);
    this.#edgeOptions = movedRows(this.#edgeOptions, (edge) => (edge < edgeCount ? edge : undefined));
    this.#faults.length = faultCount;
  }
}

/** What may be given as a task, in words. */
export const expectedTask = "a function, or what map, subDag, loop, waitFor, approval, sleep, task.module or defineTasks makes";

/** Whether a value can be a node's task. */
export function isTask(value: unknown): value is NodeTask {
  return typeof value === "function" || value instanceof TaskDefinition;
}

function replaceIds(ids: Uint32Array, replacement: (id: number) => number): void {
  for (let at = 0; at < ids.length; at++) ids[at] = replacement(ids[at] ?? 0);
}
