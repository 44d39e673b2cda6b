/** The graph that `new DAG()` makes: all that a graph can do, and the calls that change it. */
import { InvalidOptionError } from "../errors/options.js";
import type { TaskDefinition } from "../flow/definition.js";
import type { TaskFunction } from "../flow/task.js";
import { DagValue, type NodeView, nodeView } from "./dag-value.js";
import { Draft } from "./draft.js";
import type { EdgeEntry, NodeEntry } from "./entries.js";
import { expectedTask, isTask } from "./graph-builder.js";
import type { EdgeOptions, NodeOptions } from "./options.js";

/**
 * A graph that is written call by call. Each call checks at once, and what it leaves is acyclic: an edge costs what the topological order
 * between its ends has to move, never a search of the whole graph. A call that throws changes nothing. Executing, exporting and analysing
 * see a snapshot, which is made again after a change.
 */
export class DraftDAG extends DagValue {
  readonly #draft: Draft;

  constructor() {
    const draft = new Draft();
    super(draft);
    this.#draft = draft;
  }

  override get nodeCount(): number {
    return this.#draft.nodeCount;
  }

  override get edgeCount(): number {
    return this.#draft.edgeCount;
  }

  override has(name: string): boolean {
    return this.#draft.has(name);
  }

  override hasEdge(from: string, to: string): boolean {
    return this.#draft.hasEdge(from, to);
  }

  override get<N extends string>(name: N): NodeView<N> {
    return nodeView(name, this.#draft.rowOf(name));
  }

  /** Adds a node. O(1). Throws on a name that is taken or empty, and on wrong options. */
  addNode(name: string, options?: NodeOptions): this {
    this.#draft.addNode(name, options);
    return this;
  }

  /** Adds all these nodes, or none and throws what is wrong with them. O(k). */
  addNodes(nodes: Iterable<NodeEntry>): this {
    this.#draft.addNodes(nodes);
    return this;
  }

  /** Adds an edge between nodes that are there. Throws `CycleError`, with the cycle it would close, `DuplicateEdgeError`, `NodeNotFoundError`. */
  addEdge(from: string, to: string, options?: EdgeOptions): this {
    this.#draft.addEdge(from, to, options);
    return this;
  }

  /** Adds all these edges, or none and throws everything that is wrong with them. */
  addEdges(edges: Iterable<EdgeEntry>): this {
    this.#draft.addEdges(edges);
    return this;
  }

  /** Removes a node with its edges. Throws `NodeNotFoundError`. */
  removeNode(name: string): this {
    this.#draft.removeNode(name);
    return this;
  }

  /** Removes an edge. Throws `NodeNotFoundError` and `EdgeNotFoundError`. */
  removeEdge(from: string, to: string): this {
    this.#draft.removeEdge(from, to);
    return this;
  }

  /** Sets what a node carries: what `options` has is replaced, the rest stays. */
  setNode(name: string, options: NodeOptions): this {
    this.#draft.setNode(name, options);
    return this;
  }

  /** Sets what an edge carries: what `options` has is replaced, the rest stays. */
  setEdge(from: string, to: string, options: EdgeOptions): this {
    this.#draft.setEdge(from, to, options);
    return this;
  }

  /** Gives a node its task. */
  setTask(name: string, task: TaskFunction | TaskDefinition<never, unknown>): this {
    if (!isTask(task)) throw new InvalidOptionError("task", expectedTask, task);
    this.#draft.setTask(name, task);
    return this;
  }
}
