/**
 * Writes a graph down and checks it as a whole. Knows nothing of static types; `builder.ts` puts them on top.
 *
 * Invariants: I1 a node's id is its place among the `addNode` calls. I2 nothing is refused while writing; faults are kept and `build`
 * reports all of them. I3 a graph that was built never changes: the builder copies what it shares before it writes on.
 */
import type { DagnyError } from "../errors/base.js";
import { quote } from "../errors/base.js";
import { nearest } from "../errors/did-you-mean.js";
import { DuplicateNodeError, errorOf, GraphError, InvalidNameError, NodeNotFoundError } from "../errors/graph.js";
import { InvalidOptionError } from "../errors/options.js";
import { NativeGraph } from "../native/index.js";
import { canonicalPlaces, EdgeList } from "./edge-list.js";
import type { EdgeTable, GraphCore, NodeTask } from "./graph-core.js";
import { EdgeColumns, type EdgeOptions, NodeColumns, type NodeOptions, setEdgeOptions, setNodeOptions } from "./options.js";

/** Ids from here on stand for names that had no node when an edge named them; `build` looks them up again. */
const firstUnresolved = 0x8000_0000;

/** A graph while it is written down. */
export class GraphBuilder {
  #names: string[] = [];
  #index = new Map<string, number>();
  #nodes = new NodeColumns();
  #isShared = false;
  #duplicates = 0;
  readonly #edges = new EdgeList();
  readonly #edgeOptions = new EdgeColumns();
  readonly #faults: DagnyError[] = [];
  /** Names that edges used before a node had them, with their provisional ids. */
  readonly #unresolved = new Map<string, number>();

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

  addEdge(from: string, to: string, options?: EdgeOptions): void {
    const upstream = this.#index.get(from) ?? this.#provisional(from);
    const downstream = this.#index.get(to) ?? this.#provisional(to);
    if (options !== undefined) {
      const owner = `edge ${quote(from)} -> ${quote(to)}`;
      setEdgeOptions(this.#edgeOptions, this.#edges.edgeCount, options, owner, this.#faults);
    }
    this.#edges.push(upstream, downstream);
  }

  /** Adds a node with its task, and an edge from each of `needs`. */
  addTask(name: string, needs: readonly string[], task: unknown, options?: NodeOptions): void {
    this.addNode(name, options);
    if (isTask(task)) (this.#nodes.task ??= new Map()).set(this.#names.length - 1, task);
    else this.#faults.push(new InvalidOptionError("task", "a function", task, `node ${quote(name)}`));
    for (const upstream of needs) this.addEdge(upstream, name);
  }

  /** The graph as written so far. Throws what is wrong with it: one fault itself, several as a `GraphError`. */
  build(): GraphCore {
    const faults = [...this.#faults, ...this.#resolveNames()];
    if (faults.length > 0) throw errorOf(faults);
    const native = NativeGraph.build(this.#names.length, this.#edges.view());
    if (Array.isArray(native)) throw new GraphError("the edges have a fault");
    this.#isShared = true;
    return { names: this.#names, index: this.#index, native, nodes: this.#nodes, edges: this.#edgeTable() };
  }

  #noteDuplicate(name: string): void {
    this.#duplicates++;
    this.#faults.push(new DuplicateNodeError(name));
  }

  #provisional(name: string): number {
    if (typeof name !== "string") {
      this.#faults.push(new InvalidNameError(name));
    }
    let id = this.#unresolved.get(name);
    if (id === undefined) {
      id = firstUnresolved + this.#unresolved.size;
      this.#unresolved.set(name, id);
    }
    return id;
  }

  /** Puts ids in the place of provisional ones; what stays unknown is a fault. */
  #resolveNames(): DagnyError[] {
    if (this.#unresolved.size === 0) return [];
    const faults: DagnyError[] = [];
    const wanted = [...this.#unresolved.keys()];
    const pairs = this.#edges.view();
    for (const [at, id] of pairs.entries()) {
      if (id < firstUnresolved) continue;
      const name = wanted[id - firstUnresolved] ?? "";
      const found = this.#index.get(name);
      if (found !== undefined) pairs[at] = found;
      else faults.push(new NodeNotFoundError(name, nearest(name, this.#names)));
    }
    return faults;
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
}

function isTask(value: unknown): value is NodeTask {
  return typeof value === "function";
}

/** A column by insertion order as a column by canonical order. */
function moved<T>(column: ReadonlyMap<number, T> | null, places: Uint32Array): ReadonlyMap<number, T> | null {
  if (column === null) return null;
  const rows = [...column].map(([edge, value]): [number, T] => [places[edge] ?? edge, value]);
  return new Map(rows.sort(([a], [b]) => a - b));
}
