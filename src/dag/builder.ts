/** The fluent builder: `graph-builder.ts` with types on top, so that the compiler follows every name and every output. */
import type { TaskDefinition } from "../flow/definition.js";
import type { TaskFunction } from "../flow/task.js";
import type { DAG } from "./dag.js";
import { frozen, inspect } from "./dag-value.js";
import type { EdgeEntry, NodeEntry } from "./entries.js";
import { GraphBuilder } from "./graph-builder.js";
import type { EdgeOptions, JoinOption, NodeOptions } from "./options.js";
import type { InputsOf, KeysOf, MarksOf, NoKeys, OptionalInputsOf, OutputUnder, WithEdge, WithEdges, WithNodes } from "./types.js";

/** What a node does: a function, or what `map`, `subDag`, `loop`, `waitFor`, `approval` and `sleep` make. */
export type Task<Inputs, Output, Params = unknown> = TaskFunction<Inputs, Output, Params> | TaskDefinition<Inputs, Output>;

/** The options of a node that the compiler follows: its join, what its failure means, whether it runs at the end. */
export interface FollowedOptions<J, F, L> {
  readonly join?: J | undefined;
  readonly onFailure?: F | undefined;
  readonly finally?: L | undefined;
}

type OnFailure = "fail" | "allow" | "continue";

/**
 * Writes a graph down and checks it as a whole in {@link DAGBuilder.build}. Node order is the order of the calls that add nodes.
 *
 * Type parameters: `N` the names added, `U` each node's upstreams, `O` each task's output, `E` the names that edges used, `P` what tasks read
 * as `ctx.params`. The compiler follows joins and `onFailure` of `task` and `addNode`: an input that may be missing is `| undefined`.
 * A chain of `addNode` and `addEdge` slows the compiler from 200 nodes on; `addNodes` and `addEdges`, or `DAG.from`, take any number.
 */
export class DAGBuilder<
  N extends string = never,
  U extends object = NoKeys,
  O extends object = NoKeys,
  E extends string = never,
  P = unknown,
> {
  readonly #graph = new GraphBuilder();

  /** Adds a node. Any string but the empty one is a name. O(1). */
  addNode<const K extends string, const J extends JoinOption = "allCompleted", F extends OnFailure = "fail", L extends boolean = false>(
    name: K,
    options?: NodeOptions & FollowedOptions<J, F, L>,
  ): DAGBuilder<N | K, WithNodes<U, K, MarksOf<J, F, L>>, O, E, P> {
    this.#graph.addNode(name, options);
    return this as never;
  }

  /** Adds nodes in the order given. All or none: an iterable that throws adds nothing. O(k). */
  addNodes<const K extends string>(nodes: Iterable<NodeEntry<K>>): DAGBuilder<N | K, WithNodes<U, K>, O, E, P> {
    this.#graph.addNodes(nodes);
    return this as never;
  }

  /** Adds the edge `from` -> `to`: `to` depends on `from`. Both may be added later. O(1). */
  addEdge<const F extends string, const T extends string>(
    from: F | N,
    to: T | N,
    options?: EdgeOptions<F extends keyof O ? O[F] : unknown>,
  ): DAGBuilder<N, WithEdge<U, F, T>, O, E | F | T, P> {
    this.#graph.addEdge(from, to, options);
    return this as never;
  }

  /** Adds edges, each `[from, to]` or `[from, to, options]`. All or none: an iterable that throws adds nothing. O(k). */
  addEdges<const D extends EdgeEntry>(edges: Iterable<D>): DAGBuilder<N, WithEdges<U, D>, O, E | D[0] | D[1], P> {
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

  // The order of these signatures matters: the compiler fixes the types of functions inside `map(…)` at the first that has as many arguments,
  // and follows a generic function only where nothing but a function is asked for.
  /** Adds a container or a wait, and the nodes it needs, whose outputs are its inputs. */
  task<const K extends string, const D extends N, R, F extends OnFailure = "fail">(
    name: K,
    needs: readonly D[],
    task: TaskDefinition<InputsOf<KeysOf<D>, O>, R>,
    options?: NodeOptions<InputsOf<KeysOf<NoInfer<D>>, O>, NoInfer<Awaited<R>>> & FollowedOptions<"allCompleted", F, false>,
  ): DAGBuilder<N | K, WithEdge<U, D, K>, O & { readonly [A in K]: OutputUnder<F, R> }, E, P>;
  /**
   * The same under another join, or at the end: it may run without some of its inputs. (The compiler reads what `map` and others are given before
   * it reads the join: there the functions say themselves that an input may be `undefined`.)
   */
  task<const K extends string, const D extends N, R, F extends OnFailure = "fail">(
    name: K,
    needs: readonly D[],
    task: TaskDefinition<OptionalInputsOf<KeysOf<D>, O>, R>,
    options: NodeOptions<OptionalInputsOf<KeysOf<NoInfer<D>>, O>, NoInfer<Awaited<R>>> & FollowedOptions<JoinOption, F, boolean>,
  ): DAGBuilder<N | K, WithEdge<U, D, K>, O & { readonly [A in K]: OutputUnder<F, R> }, E, P>;
  /** Adds a container or a wait without upstreams. */
  task<const K extends string, R, F extends OnFailure = "fail">(
    name: K,
    task: TaskDefinition<NoKeys, R>,
    options?: NodeOptions<NoKeys, NoInfer<Awaited<R>>> & FollowedOptions<JoinOption, F, boolean>,
  ): DAGBuilder<N | K, WithNodes<U, K>, O & { readonly [A in K]: OutputUnder<F, R> }, E, P>;
  /** Adds a node with its task and the nodes it needs, whose outputs are its inputs. */
  task<const K extends string, const D extends N, R, F extends OnFailure = "fail">(
    name: K,
    needs: readonly D[],
    task: TaskFunction<InputsOf<KeysOf<D>, O>, R, P>,
    options?: NodeOptions<InputsOf<KeysOf<NoInfer<D>>, O>, NoInfer<Awaited<R>>> & FollowedOptions<"allCompleted", F, false>,
  ): DAGBuilder<N | K, WithEdge<U, D, K>, O & { readonly [A in K]: OutputUnder<F, R> }, E, P>;
  /** The same for a node that may run without some of its inputs: under another join, or at the end. */
  task<const K extends string, const D extends N, R, F extends OnFailure = "fail">(
    name: K,
    needs: readonly D[],
    task: TaskFunction<OptionalInputsOf<KeysOf<D>, O>, R, P>,
    options: NodeOptions<OptionalInputsOf<KeysOf<NoInfer<D>>, O>, NoInfer<Awaited<R>>> & FollowedOptions<JoinOption, F, boolean>,
  ): DAGBuilder<N | K, WithEdge<U, D, K>, O & { readonly [A in K]: OutputUnder<F, R> }, E, P>;
  /** Adds a node with its task; a node without upstreams is a root. */
  task<const K extends string, R, F extends OnFailure = "fail">(
    name: K,
    task: TaskFunction<NoKeys, R, P>,
    options?: NodeOptions<NoKeys, NoInfer<Awaited<R>>> & FollowedOptions<JoinOption, F, boolean>,
  ): DAGBuilder<N | K, WithNodes<U, K>, O & { readonly [A in K]: OutputUnder<F, R> }, E, P>;
  /** Adds a node with what may be either, and the nodes it needs. */
  task<const K extends string, const D extends N, R, F extends OnFailure = "fail">(
    name: K,
    needs: readonly D[],
    task: Task<InputsOf<KeysOf<D>, O>, R, P>,
    options?: NodeOptions<InputsOf<KeysOf<NoInfer<D>>, O>, NoInfer<Awaited<R>>> & FollowedOptions<"allCompleted", F, false>,
  ): DAGBuilder<N | K, WithEdge<U, D, K>, O & { readonly [A in K]: OutputUnder<F, R> }, E, P>;
  /** Adds a node with what may be either, without upstreams. */
  task<const K extends string, R, F extends OnFailure = "fail">(
    name: K,
    task: Task<NoKeys, R, P>,
    options?: NodeOptions<NoKeys, NoInfer<Awaited<R>>> & FollowedOptions<JoinOption, F, boolean>,
  ): DAGBuilder<N | K, WithNodes<U, K>, O & { readonly [A in K]: OutputUnder<F, R> }, E, P>;
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
  ): DAG<{ readonly names: N; readonly upstreams: U; readonly outputs: O; readonly params: P }>;
  build(this: unknown): DAG<{ readonly names: N; readonly upstreams: U; readonly outputs: O; readonly params: P }> {
    return frozen((this as DAGBuilder<N, U, O, E, P>).#graph.build());
  }

  /** How `console.log` shows a builder. */
  [inspect](): unknown {
    return #graph in this ? `DAGBuilder { nodes: ${this.#graph.nodeCount}, edges: ${this.#graph.edgeCount} }` : this;
  }
}
