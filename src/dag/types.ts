/** What the compiler knows of a graph: its node names, each node's upstreams, each task's output. */

/**
 * A graph as a type. `names` is the union of its node names. `upstreams` has one key per node, whose value has one key per direct upstream; `outputs` has one key per node
 * that was given a task, whose value is what the task returns (awaited).
 */
export interface Shape {
  readonly names: string;
  readonly upstreams: object;
  readonly outputs: object;
  /** What its tasks read as `ctx.params`; absent where nobody has said. */
  readonly params?: unknown;
}

/** What the tasks of a graph read as `ctx.params`. */
export type ParamsOf<S extends Shape> = S extends { readonly params: infer P } ? P : unknown;

/** The shape of a graph known only at run time: any name may be a node, any node an upstream, every output is `unknown`. */
export interface AnyShape extends Shape {
  readonly names: string;
  readonly upstreams: { readonly [node: string]: { readonly [upstream: string]: unknown } };
  readonly outputs: { readonly [node: string]: unknown };
}

/** The names of a graph's nodes, as a union of literals; `string` where they are known only at run time. */
export type NodeName<S extends Shape> = S["names"];

/** A node's direct upstreams, as the keys of an object type. */
export type UpstreamsOf<S extends Shape, N> = N extends keyof S["upstreams"] ? S["upstreams"][N] : NoKeys;

/** What `DAG.from` takes: every node with the names of its upstreams. */
export type UpstreamLists = { readonly [node: string]: readonly string[] };

/** Checks that every upstream in `D` is itself a node of `D`. */
export type CheckedLists<D> = { readonly [N in keyof D]: readonly Extract<keyof D, string>[] };

/** The shape of `DAG.from(lists)`. */
export interface ShapeOfLists<D> extends Shape {
  readonly names: Extract<keyof D, string>;
  readonly upstreams: { readonly [N in keyof D]: D[N] extends readonly (infer U extends string)[] ? KeysOf<U> : never };
  readonly outputs: NoKeys;
}

/** An object type with these keys, whose values are not spoken of. */
export type KeysOf<K extends string> = { readonly [P in K]: unknown };

/** The object type without keys. */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the identity of `&`, which is how shapes grow; a mapped type over never is not.
export type NoKeys = {};

/** What a node's task is given: the output of each of its upstreams by name, `unknown` where it is not known. */
export type InputsOf<Upstreams, Outputs> = {
  readonly [U in keyof Upstreams]: U extends keyof Outputs ? Awaited<Outputs[U]> : unknown;
};

/** The same where the task may run without some of them: each may be `undefined`. */
export type OptionalInputsOf<Upstreams, Outputs> = {
  readonly [U in keyof Upstreams]: (U extends keyof Outputs ? Awaited<Outputs[U]> : unknown) | undefined;
};

/** What downstreams see of an output `R` of a node whose `onFailure` is `F`. */
export type OutputUnder<F, R> = [F] extends ["continue"] ? Awaited<R> | undefined : Awaited<R>;

declare const optional: unique symbol;
declare const continued: unique symbol;

/** Among the upstreams of a node: it may run without some of them. (No interface: those do not fit where any upstreams are asked for.) */
export type OptionalMark = { readonly [optional]: true };

/** Among the upstreams of a node: its downstreams see it completed also where it has failed. */
export type ContinuedMark = { readonly [continued]: true };

/** What the options of a node say to the compiler. */
export type MarksOf<J, F, L> = ([J] extends ["allCompleted"] ? ([L] extends [true] ? OptionalMark : NoKeys) : OptionalMark) &
  ([F] extends ["continue"] ? ContinuedMark : NoKeys);

/** What the task of a node of `S` is given, marks of it and of its upstreams counted. */
export type InputsIn<S extends Shape, N, Outputs> =
  UpstreamsOf<S, N> extends infer U
    ? U extends OptionalMark
      ? OptionalInputsOf<Names<U>, Outputs>
      : ContinuedIn<S, U> extends never
        ? InputsOf<Names<U>, Outputs>
        : InputsOf<Names<Omit<U, ContinuedIn<S, U>>>, Outputs> & OptionalInputsOf<Pick<U, ContinuedIn<S, U>>, Outputs>
    : never;

/** Those of the upstreams `U` that downstreams see completed also where they have failed. */
type ContinuedIn<S extends Shape, U> = {
  [P in keyof U]: P extends keyof S["upstreams"] ? (S["upstreams"][P] extends ContinuedMark ? P : never) : never;
}[keyof U];

/** The keys that are names, without marks. */
type Names<U> = keyof U extends string ? U : { readonly [P in keyof U as P extends string ? P : never]: U[P] };

/** `U` with nodes `N` that have no upstreams yet; where names are known only at run time, they may have any. `M` is what their options say. */
export type WithNodes<U extends object, N extends string, M = NoKeys> = U &
  (string extends N ? AnyShape["upstreams"] : { readonly [P in N]: M });

/** `U` with the edge `F` -> `T`. */
export type WithEdge<U extends object, F extends string, T extends string> = U & { readonly [P in T]: KeysOf<F> };

/** `U` with edges given as pairs. */
export type WithEdges<U extends object, P extends EdgePair> = U & {
  readonly [T in P[1]]: KeysOf<Extract<P, readonly [string, T, ...unknown[]]>[0]>;
};

/** The two ends of an edge, and whatever follows them. */
export type EdgePair = readonly [from: string, to: string, ...rest: unknown[]];

/** The shape of a graph with the nodes of `S` and other edges. */
export interface DerivedShape<S extends Shape> extends Shape {
  readonly names: S["names"];
  readonly upstreams: { readonly [N in S["names"]]: { readonly [upstream: string]: unknown } };
  readonly outputs: S["outputs"];
}

/** The shape of two graphs merged. */
export interface MergedShape<S extends Shape, T extends Shape> extends Shape {
  readonly names: S["names"] | T["names"];
  readonly upstreams: S["upstreams"] & T["upstreams"];
  readonly outputs: Omit<S["outputs"], keyof T["outputs"]> & T["outputs"];
}

/** The nodes of `S` without downstreams; any of them where nodes are known only at run time. */
export type LeafName<S extends Shape> = string extends S["names"]
  ? string
  : Exclude<S["names"], { [N in keyof S["upstreams"]]: keyof S["upstreams"][N] }[keyof S["upstreams"]]>;

/** The outputs of the nodes without downstreams, by name. */
export type LeafOutputs<S extends Shape> = { readonly [N in LeafName<S>]: N extends keyof S["outputs"] ? S["outputs"][N] : unknown };
