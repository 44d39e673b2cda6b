/** The fluent builder: `graph-builder.ts` with types on top, so that the compiler follows every name and every output. */
import type { TaskFunction } from "../flow/task.js";
import type { DAG } from "./dag.js";
import { DagValue } from "./dag-value.js";
import { GraphBuilder } from "./graph-builder.js";
import type { EdgeOptions, NodeOptions } from "./options.js";
import type { InputsOf, KeysOf, NoKeys } from "./types.js";

/**
 * Writes a graph down, checks it as a whole in {@link DAGBuilder.build}. Node order is the order of `addNode` and `task` calls.
 *
 * Type parameters: `N` the names added, `U` each node's upstreams, `O` each task's output, `E` the names that edges used.
 * A chain of `addNode` and `addEdge` slows the compiler at 200 nodes; use `addNodes` and `addEdges`, or `DAG.from`, for more.
 */
export class DAGBuilder<N extends string = never, U extends object = NoKeys, O extends object = NoKeys, E extends string = never> {
  readonly #graph = new GraphBuilder();

  /** Adds a node. Any string but the empty one is a name. O(1). */
  addNode<const K extends string>(name: K, options?: NodeOptions): DAGBuilder<N | K, U & { readonly [P in K]: NoKeys }, O, E> {
    this.#graph.addNode(name, options);
    return this as never;
  }

  /** Adds the edge `from` -> `to`: `to` depends on `from`. Both may be added later. O(1). */
  addEdge<const F extends string, const T extends string>(
    from: F | N,
    to: T | N,
    options?: EdgeOptions,
  ): DAGBuilder<N, U & { readonly [P in T]: KeysOf<F> }, O, E | F | T> {
    this.#graph.addEdge(from, to, options);
    return this as never;
  }

  /** Adds a node with its task; a node without upstreams is a root. */
  task<const K extends string, R>(
    name: K,
    task: TaskFunction<NoKeys, R>,
    options?: NodeOptions,
  ): DAGBuilder<N | K, U & { readonly [P in K]: NoKeys }, O & { readonly [P in K]: Awaited<R> }, E>;
  /** Adds a node with its task and the nodes it needs, whose outputs are its inputs. */
  task<const K extends string, const D extends N, R>(
    name: K,
    needs: readonly D[],
    task: TaskFunction<InputsOf<KeysOf<D>, O>, R>,
    options?: NodeOptions,
  ): DAGBuilder<N | K, U & { readonly [P in K]: KeysOf<D> }, O & { readonly [P in K]: Awaited<R> }, E>;
  task(name: string, ...rest: readonly unknown[]): never {
    const [needs, task, options] = Array.isArray(rest[0]) ? rest : [[], ...rest];
    this.#graph.addTask(name, needs as readonly string[], task, options as NodeOptions | undefined);
    return this as never;
  }

  /**
   * The graph. Throws everything that is wrong with it at once: one fault itself, several as a `GraphError` that lists first what single
   * calls did wrong (bad names and options, duplicate nodes) in call order, then unknown ends in edge order, then self loops, duplicate
   * edges, and one whole cycle per cyclic component. The builder may go on afterwards; the graph does not change with it. O(n + m).
   */
  build(
    this: [Exclude<E, N>] extends [never] ? DAGBuilder<N, U, O, E> : `no node is named "${Exclude<E, N>}"`,
  ): DAG<{ readonly names: N; readonly upstreams: U; readonly outputs: O }>;
  build(this: unknown): DAG<never> {
    const core = (this as DAGBuilder<N, U, O, E>).#graph.build();
    return new DagValue({ snapshot: () => core });
  }
}
