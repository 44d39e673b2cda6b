/** The fluent builder: `graph-builder.ts` with types on top, so that the compiler follows every name and every output. */
import type { TaskFunction } from "../flow/task.js";
import type { DAG } from "./dag.js";
import { frozen, inspect } from "./dag-value.js";
import type { EdgeEntry, NodeEntry } from "./entries.js";
import { GraphBuilder } from "./graph-builder.js";
import type { EdgeOptions, NodeOptions } from "./options.js";
import type { InputsOf, KeysOf, NoKeys, WithEdge, WithEdges, WithNodes } from "./types.js";

/**
 * Writes a graph down and checks it as a whole in {@link DAGBuilder.build}. Node order is the order of the calls that add nodes.
 *
 * Type parameters: `N` the names added, `U` each node's upstreams, `O` each task's output, `E` the names that edges used.
 * A chain of `addNode` and `addEdge` slows the compiler from 200 nodes on; `addNodes` and `addEdges`, or `DAG.from`, take any number.
 */
export class DAGBuilder<N extends string = never, U extends object = NoKeys, O extends object = NoKeys, E extends string = never> {
  readonly #graph = new GraphBuilder();

  /** Adds a node. Any string but the empty one is a name. O(1). */
  addNode<const K extends string>(name: K, options?: NodeOptions): DAGBuilder<N | K, WithNodes<U, K>, O, E> {
    this.#graph.addNode(name, options);
    return this as never;
  }

  /** Adds nodes in the order given. All or none: an iterable that throws adds nothing. O(k). */
  addNodes<const K extends string>(nodes: Iterable<NodeEntry<K>>): DAGBuilder<N | K, WithNodes<U, K>, O, E> {
    this.#graph.addNodes(nodes);
    return this as never;
  }

  /** Adds the edge `from` -> `to`: `to` depends on `from`. Both may be added later. O(1). */
  addEdge<const F extends string, const T extends string>(
    from: F | N,
    to: T | N,
    options?: EdgeOptions,
  ): DAGBuilder<N, WithEdge<U, F, T>, O, E | F | T> {
    this.#graph.addEdge(from, to, options);
    return this as never;
  }

  /** Adds edges, each `[from, to]` or `[from, to, options]`. All or none: an iterable that throws adds nothing. O(k). */
  addEdges<const P extends EdgeEntry>(edges: Iterable<P>): DAGBuilder<N, WithEdges<U, P>, O, E | P[0] | P[1]> {
    this.#graph.addEdges(edges);
    return this as never;
  }

  /**
   * Adds edges as pairs of node ids `[from, to, from, to, …]`; a node's id is its place in node order, from 0. The fastest way for
   * large graphs. The compiler does not follow it. O(k).
   */
  addEdgeIds(pairs: Uint32Array): this {
    this.#graph.addEdgeIds(pairs);
    return this;
  }

  /** Adds a node with its task; a node without upstreams is a root. */
  task<const K extends string, R>(
    name: K,
    task: TaskFunction<NoKeys, R>,
    options?: NodeOptions,
  ): DAGBuilder<N | K, WithNodes<U, K>, O & { readonly [P in K]: Awaited<R> }, E>;
  /** Adds a node with its task and the nodes it needs, whose outputs are its inputs. */
  task<const K extends string, const D extends N, R>(
    name: K,
    needs: readonly D[],
    task: TaskFunction<InputsOf<KeysOf<D>, O>, R>,
    options?: NodeOptions,
  ): DAGBuilder<N | K, WithEdge<U, D, K>, O & { readonly [P in K]: Awaited<R> }, E>;
  task(name: string, ...rest: readonly unknown[]): never {
    const [needs, task, options] = Array.isArray(rest[0]) ? rest : [[], ...rest];
    this.#graph.addTask(name, needs as readonly string[], task, options as NodeOptions | undefined);
    return this as never;
  }

  /**
   * The graph. Throws everything that is wrong with it at once, one fault itself, several as a `GraphError`: first what single calls did
   * wrong (names, options, duplicate nodes) in call order, then the faults of single edges (unknown ends, self loops, duplicates) in the
   * order they were added, then one whole cycle for each cyclic component. Where all this is right, what nodes must be to each other: joins
   * that name no upstream, nodes after finally-nodes. The builder may go on afterwards; the graph stays as it is.
   * O(n + m).
   */
  build(
    this: [Exclude<E, N>] extends [never] ? unknown : string extends E ? unknown : `no node is named "${Exclude<E, N>}"`,
  ): DAG<{ readonly names: N; readonly upstreams: U; readonly outputs: O }>;
  build(this: unknown): DAG<{ readonly names: N; readonly upstreams: U; readonly outputs: O }> {
    return frozen((this as DAGBuilder<N, U, O, E>).#graph.build());
  }

  /** How `console.log` shows a builder. */
  [inspect](): unknown {
    return #graph in this ? `DAGBuilder { nodes: ${this.#graph.nodeCount}, edges: ${this.#graph.edgeCount} }` : this;
  }
}
