/**
 * A graph that is changed call by call and is acyclic after each: what stands behind `new DAG()`.
 *
 * The core keeps a topological order of what is there and repairs it edge by edge; names and attributes stay here. Invariants: D1 a call
 * that throws changes nothing. D2 a node's id is its place among all nodes ever added; ids of removed nodes are not used again, and a
 * snapshot closes the gaps. D3 there is one snapshot per state: it is made when first asked for and forgotten at the next change.
 */
import { type DagnyError, quote } from "../errors/base.js";
import { nearest } from "../errors/did-you-mean.js";
import {
  CycleError,
  DuplicateEdgeError,
  DuplicateNodeError,
  EdgeNotFoundError,
  errorOf,
  InvalidNameError,
  NodeNotFoundError,
  SelfLoopError,
} from "../errors/graph.js";
import { InternalError } from "../errors/internal.js";
import { DraftDoor, edgeAnswers } from "../native/index.js";
import { clearRow, edgeColumns, movedRows, nodeColumns, type RowChange, rowOf, setRow } from "./columns.js";
import { checkList, type EdgeEntry, isEdgeEntry, isName, type NodeEntry, nameFaultOf, nodeOfEntry } from "./entries.js";
import { errorsOf, firstUnknown } from "./faults.js";
import type { EdgeRow, EdgeTable, GraphCore, NodeRow, NodeTask } from "./graph-core.js";
import type { AnyEdgeOptions, AnyNodeOptions } from "./options.js";
import { edgeRow, nodeRow } from "./rows.js";

/** The names, attributes and order of a graph under change. */
export class Draft {
  readonly #door = new DraftDoor();
  /** By id; the empty string, which is no name, where the node was removed. */
  readonly #names: string[] = [];
  readonly #index = new Map<string, number>();
  readonly #nodes = nodeColumns();
  /** What edges carry: upstream id, then downstream id. */
  readonly #edges = new Map<number, Map<number, RowChange<EdgeRow>>>();
  #snapshot: GraphCore | null = null;

  get nodeCount(): number {
    return this.#index.size;
  }

  get edgeCount(): number {
    return this.#door.native.edgeCount;
  }

  has(name: string): boolean {
    return this.#index.has(name);
  }

  hasEdge(from: string, to: string): boolean {
    const [upstream, downstream] = [this.#index.get(from), this.#index.get(to)];
    return upstream !== undefined && downstream !== undefined && this.#door.native.hasEdge(upstream, downstream);
  }

  rowOf(name: string): Partial<NodeRow> {
    return rowOf(this.#nodes, this.#idOf(name));
  }

  addNode(name: string, options?: AnyNodeOptions): void {
    const faults: DagnyError[] = [];
    const row = this.#checkedNode(name, options, faults);
    if (faults.length > 0) throw errorOf(faults);
    this.#changed();
    this.#put(name, row);
    this.#door.addNodes(1);
  }

  addNodes(entries: Iterable<NodeEntry>): void {
    checkList("nodes", "a list of nodes", entries);
    const faults: DagnyError[] = [];
    const wanted = new Map<string, RowChange<NodeRow>>();
    for (const entry of entries) {
      const node = typeof entry === "string" ? ([entry] as const) : nodeOfEntry(entry, faults);
      if (node === null) continue;
      const [name, options] = node;
      if (wanted.has(name)) faults.push(new DuplicateNodeError(name));
      wanted.set(name, this.#checkedNode(name, options, faults));
    }
    if (faults.length > 0) throw errorOf(faults);
    this.#changed();
    for (const [name, row] of wanted) this.#put(name, row);
    this.#door.addNodes(wanted.size);
  }

  addEdge(from: string, to: string, options?: AnyEdgeOptions): void {
    const upstream = this.#endOf(from, from, to);
    const downstream = this.#endOf(to, from, to);
    const row = options === undefined ? undefined : this.#checkedEdge(from, to, options);
    const answer = this.#door.addEdge(upstream, downstream);
    if (answer !== edgeAnswers.added) throw this.#refusal(answer, from, to);
    this.#changed();
    if (row !== undefined) this.#carry(upstream, downstream, row);
  }

  addEdges(entries: Iterable<EdgeEntry>): void {
    checkList("edges", "a list of edges", entries);
    const faults: DagnyError[] = [];
    const unknown: string[] = [];
    const edges: [from: number, to: number, row: RowChange<EdgeRow> | undefined][] = [];
    const idOf = (name: string): number => this.#index.get(name) ?? firstUnknown + unknown.push(name) - 1;
    for (const entry of entries) {
      if (!isEdgeEntry(entry, faults)) continue;
      const [from, to, options] = entry;
      const fault = nameFaultOf(from, to);
      if (fault !== null) {
        faults.push(fault);
        continue;
      }
      const row = options === undefined ? undefined : edgeRow(options, `edge ${quote(from)} -> ${quote(to)}`, faults);
      edges.push([idOf(from), idOf(to), row]);
    }
    const pairs = new Uint32Array(2 * edges.length);
    for (const [place, [from, to]] of edges.entries()) pairs.set([from, to], 2 * place);
    const refused = this.#door.native.addEdges(pairs);
    const nameOf = (id: number): string => this.#names[id] ?? unknown[id - firstUnknown] ?? "";
    // Where only options are at fault the core has taken the edges; D1 takes them back.
    if (faults.length > 0 && refused.length === 0) for (const [from, to] of edges) this.#door.native.removeEdge(from, to);
    faults.push(...errorsOf(refused, [...this.#index.keys()], pairs, nameOf));
    if (faults.length > 0) throw errorOf(faults);
    this.#changed();
    for (const [from, to, row] of edges) if (row !== undefined) this.#carry(from, to, row);
  }

  removeNode(name: string): void {
    const id = this.#idOf(name);
    for (const upstream of this.#door.native.predecessors(id)) this.#edges.get(upstream)?.delete(id);
    this.#edges.delete(id);
    this.#door.native.removeNode(id);
    this.#changed();
    clearRow(this.#nodes, id);
    this.#index.delete(name);
    this.#names[id] = "";
  }

  removeEdge(from: string, to: string): void {
    const upstream = this.#idOf(from);
    const downstream = this.#idOf(to);
    if (!this.#door.native.removeEdge(upstream, downstream)) throw new EdgeNotFoundError(from, to);
    this.#changed();
    this.#edges.get(upstream)?.delete(downstream);
  }

  /** Sets what `options` has, leaves the rest. */
  setNode(name: string, options: AnyNodeOptions): void {
    const id = this.#idOf(name);
    const faults: DagnyError[] = [];
    const row = nodeRow(options, `node ${quote(name)}`, faults, name);
    if (faults.length > 0) throw errorOf(faults);
    this.#changed();
    setRow(this.#nodes, id, row);
  }

  setTask(name: string, task: NodeTask): void {
    const id = this.#idOf(name);
    this.#changed();
    setRow(this.#nodes, id, { task });
  }

  /** Sets what `options` has, leaves the rest. */
  setEdge(from: string, to: string, options: AnyEdgeOptions): void {
    const upstream = this.#idOf(from);
    const downstream = this.#idOf(to);
    if (!this.#door.native.hasEdge(upstream, downstream)) throw new EdgeNotFoundError(from, to);
    const row = this.#checkedEdge(from, to, options);
    this.#changed();
    this.#carry(upstream, downstream, row);
  }

  /** The graph as it is now, frozen. O(n + m) after a change, O(1) until the next. */
  snapshot(): GraphCore {
    this.#snapshot ??= this.#frozen();
    return this.#snapshot;
  }

  #frozen(): GraphCore {
    const { graph, nodes: ids } = this.#door.native.snapshot();
    const names = Array.from(ids, (id) => this.#names[id] ?? "");
    const index = new Map(names.map((name, place) => [name, place]));
    const placeOf = (id: number): number | undefined => index.get(this.#names[id] ?? "");
    return {
      names,
      index,
      native: graph,
      nodes: movedRows(this.#nodes, placeOf),
      edges: this.#edgeTable(placeOf, graph.edgeIndex.bind(graph)),
    };
  }

  #edgeTable(placeOf: (id: number) => number | undefined, edgeIndex: (from: number, to: number) => number): EdgeTable {
    const columns = edgeColumns();
    for (const [from, rows] of this.#edges) {
      for (const [to, row] of rows) setRow(columns, edgeIndex(placeOf(from) ?? 0, placeOf(to) ?? 0), row);
    }
    return movedRows(columns, (edge) => edge);
  }

  /** The node's row. A name or an option that is wrong, and a name that is taken, are faults. */
  #checkedNode(name: string, options: AnyNodeOptions | undefined, faults: DagnyError[]): RowChange<NodeRow> {
    if (!isName(name)) faults.push(new InvalidNameError(name));
    else if (this.#index.has(name)) faults.push(new DuplicateNodeError(name));
    return options === undefined ? {} : nodeRow(options, `node ${quote(String(name))}`, faults, String(name));
  }

  #checkedEdge(from: string, to: string, options: AnyEdgeOptions): RowChange<EdgeRow> {
    const faults: DagnyError[] = [];
    const row = edgeRow(options, `edge ${quote(from)} -> ${quote(to)}`, faults);
    if (faults.length > 0) throw errorOf(faults);
    return row;
  }

  #put(name: string, row: RowChange<NodeRow>): void {
    const id = this.#names.push(name) - 1;
    this.#index.set(name, id);
    setRow(this.#nodes, id, row);
  }

  #carry(from: number, to: number, row: RowChange<EdgeRow>): void {
    const rows = this.#edges.get(from) ?? new Map<number, RowChange<EdgeRow>>();
    this.#edges.set(from, rows.set(to, { ...rows.get(to), ...row }));
  }

  #changed(): void {
    this.#snapshot = null;
  }

  #idOf(name: string): number {
    const id = this.#index.get(name);
    if (id === undefined) throw new NodeNotFoundError(String(name), nearest(String(name), this.#index.keys()));
    return id;
  }

  /** The id of an end of a new edge. */
  #endOf(name: string, from: string, to: string): number {
    const id = this.#index.get(name);
    if (id !== undefined) return id;
    throw nameFaultOf(from, to) ?? new NodeNotFoundError(name, nearest(name, this.#index.keys()), { from, to });
  }

  #refusal(answer: number, from: string, to: string): DagnyError {
    switch (answer) {
      case edgeAnswers.selfLoop:
        return new SelfLoopError(from);
      case edgeAnswers.duplicate:
        return new DuplicateEdgeError(from, to);
      case edgeAnswers.cycle: {
        const cycle = this.#door.native.refusedCycle();
        return new CycleError(Array.from([...cycle, cycle[0] ?? 0], (id) => this.#names[id] ?? ""));
      }
      default:
        return new InternalError(`the core answered ${answer} to edge ${quote(from)} -> ${quote(to)}`);
    }
  }
}
