/** `DAG`, the name users import: the ways to make a graph. What a graph can do is in `dag-value.ts`. */
import { quote } from "../errors/base.js";
import { InvalidOptionError } from "../errors/options.js";
import { type DiagnoseOptions, type Diagnosis, diagnose, isAcyclic, type NamedEdge } from "./analysis/index.js";
import { DAGBuilder } from "./builder.js";
import { DagValue, frozen } from "./dag-value.js";
import { DraftDAG } from "./draft-dag.js";
import { checkList, isList, isName } from "./entries.js";
import { GraphBuilder } from "./graph-builder.js";
import { fromJSON, type GraphJSON } from "./json.js";
import { checkOptions } from "./option-check.js";
import type { NodeOptions } from "./options.js";
import type { AnyShape, CheckedLists, NoKeys, Shape, ShapeOfLists } from "./types.js";

export { coreOf } from "./dag-value.js";

/** A directed acyclic graph: checked when built, and never changed after. `new DAG()` makes a {@link DraftDAG}, which can be. */
export interface DAG<S extends Shape = AnyShape> extends DagValue<S> {}

/** How to read records as nodes. */
export interface RecordsOptions<R> {
  /**
   * The name of a record's node: a field, or a function of the record.
   * @default "name"
   */
  readonly name?: (keyof R & string) | ((record: R) => string) | undefined;
  /**
   * The names of its upstreams: a field, or a function of the record. A field that is absent means none.
   * @default "upstreams"
   */
  readonly upstreams?: (keyof R & string) | ((record: R) => Iterable<string>) | undefined;
  /**
   * What the node carries.
   * @default the record as its payload
   */
  readonly options?: ((record: R) => NodeOptions) | undefined;
}

/** The ways to make a graph. */
export interface DAGConstructor {
  /** An empty draft, which calls on it change; each is checked at once. */
  new (): DraftDAG;
  readonly prototype: DAG;
  /** Whether a value is a graph, built or a draft. */
  [Symbol.hasInstance](value: unknown): boolean;

  /** Starts a fluent builder; its `build()` checks everything and reports everything at once. `Params` is what its tasks read as `ctx.params`. */
  builder<Params = unknown>(): DAGBuilder<never, NoKeys, NoKeys, never, Params>;

  /**
   * A graph from every node with the names of its upstreams. An object's names are checked by the compiler; node order is the order of its
   * keys, of which JavaScript lists those that look like array indices first. A `Map`, for graphs known only at run time, keeps any order.
   * Throws like `build()` of a builder.
   */
  from(upstreams: ReadonlyMap<string, Iterable<string>>): DAG;
  from<const D extends CheckedLists<D>>(upstreams: D): DAG<ShapeOfLists<D>>;

  /** A graph from records such as rows of a table: a node each, in order. Throws like `build()` of a builder. */
  fromRecords<R extends object>(records: Iterable<R>, options?: RecordsOptions<R>): DAG;

  /** The graph that `toJSON()` wrote, as text or data. Throws `GraphFormatError` where it is none, and what `build()` throws. */
  fromJSON(source: string | GraphJSON): DAG;

  /** Everything there is to say of any list of edges, cyclic or not: components, condensation, and all that keeps it from being a DAG. */
  diagnose(edges: Iterable<NamedEdge>, options?: DiagnoseOptions): Diagnosis;

  /**
   * Whether edges `[from, to, from, to, …]` between the nodes `0 … nodeCount - 1` have no cycle. A self loop is a cycle, an edge given twice
   * is not. Nothing is kept. O(n + m). Throws `InvalidOptionError`.
   */
  isAcyclic(nodeCount: number, edgeIds: Uint32Array): boolean;
}

export const DAG: DAGConstructor = class extends DraftDAG {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof DagValue;
  }

  static builder<Params>(): DAGBuilder<never, NoKeys, NoKeys, never, Params> {
    return new DAGBuilder<never, NoKeys, NoKeys, never, Params>();
  }

  static from(upstreams: ReadonlyMap<string, Iterable<string>> | { readonly [node: string]: readonly string[] }): DAG<never> {
    // A list, too, is an object, and would make the empty graph or one of its indices.
    if (typeof upstreams !== "object" || upstreams === null || (isList(upstreams) && !(upstreams instanceof Map))) {
      throw new InvalidOptionError("upstreams", "an object of lists, or a Map", upstreams);
    }
    const entries = upstreams instanceof Map ? [...upstreams] : Object.entries(upstreams);
    return fromLists(entries.map(([name, list]) => ({ name, list })));
  }

  static fromRecords<R extends object>(records: Iterable<R>, options: RecordsOptions<R> = {}): DAG {
    checkOptions(options, ["name", "upstreams", "options"]);
    checkList("records", "a list of records", records);
    const { name = "name", upstreams = "upstreams", options: optionsOf = (record: R) => ({ payload: record }) } = options;
    if (!isField(name)) throw new InvalidOptionError("name", "a field's name or a function", name);
    if (!isField(upstreams)) throw new InvalidOptionError("upstreams", "a field's name or a function", upstreams);
    if (typeof optionsOf !== "function") throw new InvalidOptionError("options", "a function", optionsOf);
    const read = <K>(record: R, field: string | ((record: R) => K)): unknown =>
      typeof field === "function" ? field(record) : (record as Record<string, unknown>)[field];
    return fromLists(
      Array.from(records, (record, place) => {
        if (typeof record !== "object" || record === null) throw new InvalidOptionError(`records[${place}]`, "an object", record);
        return { name: read(record, name) as string, list: read(record, upstreams) ?? [], options: optionsOf(record) };
      }),
    );
  }

  static fromJSON(source: string | GraphJSON): DAG {
    return frozen(fromJSON(source));
  }

  static diagnose(edges: Iterable<NamedEdge>, options?: DiagnoseOptions): Diagnosis {
    return diagnose(edges, options);
  }

  static isAcyclic(nodeCount: number, edgeIds: Uint32Array): boolean {
    return isAcyclic(nodeCount, edgeIds);
  }
};

/** A graph of nodes that list their upstreams. Edges are added node by node, in the order of the lists. */
function fromLists(nodes: readonly { name: string; list: unknown; options?: NodeOptions }[]): DagValue<never> {
  const graph = new GraphBuilder();
  for (const { name, options } of nodes) graph.addNode(name, options);
  for (const { name, list } of nodes) {
    if (!isName(name)) continue; // Said once, not again for each of its edges.
    if (isList(list)) for (const upstream of list) graph.addEdge(upstream as string, name);
    else graph.addFault(new InvalidOptionError("upstreams", "a list of node names", list, `node ${quote(name)}`));
  }
  return frozen(graph.build());
}

function isField(value: unknown): boolean {
  return typeof value === "string" || typeof value === "function";
}
