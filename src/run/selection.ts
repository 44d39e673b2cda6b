/**
 * Which part of a graph a run is made of.
 *
 * What is not selected is outside the run: absent from joins, or looking completed where a value stands for it. Selecting makes a graph of
 * its own, of the nodes that run and of those that values stand for and somebody reads.
 */
import { isEmpty, movedRows } from "../dag/columns.js";
import type { GraphCore } from "../dag/graph-core.js";
import { type DagnyError, quote } from "../errors/base.js";
import { nearest } from "../errors/did-you-mean.js";
import { errorOf, NodeNotFoundError } from "../errors/graph.js";
import { InternalError } from "../errors/internal.js";
import { ConflictingOptionsError } from "../errors/options.js";
import { SelectionError } from "../errors/selection.js";
import { parseJoin } from "../flow/join-expression.js";
import { NativeGraph } from "../native/index.js";
import type { Selection } from "./options.js";

/** A part of a graph that is to be run. */
export interface Selected {
  readonly core: GraphCore;
  /** By id in the part, the id in the whole graph; ascending. */
  readonly ids: Uint32Array;
  /** By id in the part, the values that stand for nodes. */
  readonly given: ReadonlyMap<number, unknown>;
}

/** Whether anything is selected at all. */
export function isSelective({ targets, only, from, exclude, values }: Selection): boolean {
  return [targets, only, from, exclude, values].some((part) => part !== undefined);
}

/**
 * The part of a graph that a run is made of. O(n + m). Throws `NodeNotFoundError` for names that no node has, and `SelectionError` where a
 * node has an upstream outside for which no value stands, or an expression that names an excluded one; everything found at once.
 */
export function select(core: GraphCore, selection: Selection): Selected {
  const faults: DagnyError[] = [];
  const { targets, only, from, exclude, values = {} } = selection;
  const idsOf = (option: string, names: readonly string[]): number[] =>
    names.flatMap((name) => {
      const id = core.index.get(name);
      if (id === undefined) faults.push(unknownNode(core, option, name));
      return id === undefined ? [] : [id];
    });
  const givenIds = new Set(idsOf("values", Object.keys(values)));
  const excluded = new Set(idsOf("exclude", exclude ?? []));
  const wanted = { targets: idsOf("targets", targets ?? []), from: idsOf("from", from ?? []), only: idsOf("only", only ?? []) };
  faults.push(...contradictions(core, wanted, { values: givenIds, exclude: excluded }));
  const runs = new Uint8Array(core.names.length).fill(1);
  const keep = (kept: Iterable<number>): void => {
    const isKept = new Uint8Array(runs.length);
    for (const id of kept) isKept[id] = 1;
    for (let id = 0; id < runs.length; id++) runs[id] = (runs[id] ?? 0) & (isKept[id] ?? 0);
  };
  const isFinally = (id: number): boolean => core.nodes.finally?.get(id) === true;
  for (const id of [...excluded, ...givenIds]) runs[id] = 0;
  // Nothing above a value needs to run for its sake, so ancestors are searched only up to values.
  if (targets !== undefined) keep(closure(wanted.targets, (id) => (givenIds.has(id) ? [] : core.native.predecessors(id))));
  if (from !== undefined) keep(closure(wanted.from, (id) => core.native.successors(id)));
  if (only !== undefined) keep(wanted.only);
  const graph = bridged(core, excluded, faults);
  const named = new Set(wanted.only);
  const isOpen = (id: number): boolean => isFinally(id) && !excluded.has(id) && !givenIds.has(id) && !named.has(id);
  addFinallyNodes(core, graph, runs, isOpen);
  // Upstreams outside: a value stands for them, they were not asked for (`targets` alone asks for all), or they are missing.
  const given = new Set<number>();
  for (let id = 0; id < runs.length; id++) {
    if (runs[id] === 0) continue;
    for (const upstream of graph.upstreams(id)) {
      if (runs[upstream] === 1) continue;
      if (givenIds.has(upstream)) given.add(upstream);
      else if (!isFinally(id)) faults.push(new SelectionError(core.names[id] ?? "", core.names[upstream] ?? ""));
    }
  }
  if (faults.length > 0) throw errorOf(faults, "the selection has");
  return part(core, graph, runs, given, values);
}

/** Nodes that are to run, and are not, at once. */
function contradictions(
  core: GraphCore,
  wanted: Readonly<Record<string, readonly number[]>>,
  unwanted: { readonly values: ReadonlySet<number>; readonly exclude: ReadonlySet<number> },
): DagnyError[] {
  return Object.entries(wanted).flatMap(([option, ids]) =>
    ids.flatMap((id) => {
      const other = unwanted.exclude.has(id) ? "exclude" : unwanted.values.has(id) ? "values" : undefined;
      if (other === undefined) return [];
      const why = `node ${quote(core.names[id] ?? "")} is named in \`${option}\`, which runs it, and in \`${other}\`, which does not: name it once`;
      return [new ConflictingOptionsError([option, other], why)];
    }),
  );
}

function unknownNode(core: GraphCore, option: string, name: string): DagnyError {
  return new NodeNotFoundError(name, nearest(name, core.names), `\`${option}\``);
}

/** Everything that is reached, the start included. */
function closure(start: readonly number[], next: (id: number) => Iterable<number>): Set<number> {
  const reached = new Set(start);
  // A set that grows while it is gone through: each node's neighbours are looked at once.
  for (const id of reached) for (const other of next(id)) reached.add(other);
  return reached;
}

/** A finally-node is in if it has no upstreams, or one of them is in. */
function addFinallyNodes(core: GraphCore, graph: Bridged, runs: Uint8Array, isAsked: (id: number) => boolean): void {
  if (core.nodes.finally === null) return;
  for (const id of core.native.order()) {
    if (!isAsked(id)) continue;
    const upstreams = graph.upstreams(id);
    runs[id] = upstreams.length === 0 || upstreams.some((upstream) => runs[upstream] === 1) ? 1 : 0;
  }
}

/** The edges of a graph in which excluded nodes are replaced by their upstreams. */
interface Bridged {
  upstreams(id: number): readonly number[];
}

function bridged(core: GraphCore, excluded: ReadonlySet<number>, faults: DagnyError[]): Bridged {
  if (excluded.size === 0) return { upstreams: (id) => Array.from(core.native.predecessors(id)) };
  /** What stands in the place of each excluded node: in topological order, so that those above are known. */
  const standIns = new Map<number, readonly number[]>();
  const upstreams = (id: number): readonly number[] => {
    const direct = Array.from(core.native.predecessors(id));
    if (!direct.some((upstream) => excluded.has(upstream))) return direct;
    const all = new Set(direct.flatMap((upstream) => standIns.get(upstream) ?? [upstream]));
    return [...all].sort((a, b) => a - b);
  };
  for (const id of core.native.order()) if (excluded.has(id)) standIns.set(id, upstreams(id));
  for (const [id, join] of core.nodes.join ?? []) {
    if (typeof join === "string" || excluded.has(id)) continue;
    const node = core.names[id] ?? "";
    const named = parseJoin(join.expr, node).flatMap((step) => (typeof step === "string" ? [] : [step.node]));
    for (const name of new Set(named)) {
      if (excluded.has(core.index.get(name) ?? -1)) faults.push(new SelectionError(node, name, "excluded"));
    }
  }
  return { upstreams };
}

/** The graph of the nodes that run and of those that values stand for. */
function part(
  core: GraphCore,
  graph: Bridged,
  runs: Uint8Array,
  given: ReadonlySet<number>,
  values: { readonly [node: string]: unknown },
): Selected {
  const ids = Uint32Array.from(runs.keys()).filter((id) => runs[id] === 1 || given.has(id));
  const places = new Map<number, number>();
  for (const [place, id] of ids.entries()) places.set(id, place);
  const pairs: number[] = [];
  for (const [place, id] of ids.entries()) {
    if (given.has(id)) continue; // Its upstreams are of no interest any more.
    for (const upstream of graph.upstreams(id)) {
      const from = places.get(upstream);
      if (from !== undefined) pairs.push(from, place);
    }
  }
  const native = NativeGraph.build(ids.length, Uint32Array.from(pairs));
  if (Array.isArray(native)) throw new InternalError("a part of a graph was refused");
  const names = Array.from(ids, (id) => core.names[id] ?? "");
  return {
    core: {
      names,
      index: new Map(names.map((name, place) => [name, place])),
      native,
      nodes: isEmpty(core.nodes) ? core.nodes : movedRows(core.nodes, (id) => (given.has(id) ? undefined : places.get(id))),
      edges: edgesOf(core, native, ids),
    },
    ids,
    given: new Map(Array.from(given, (id) => [places.get(id) ?? 0, values[core.names[id] ?? ""]] as const)),
  };
}

/** What the edges that are still there carry. An edge that stands for a path through an excluded node carries nothing. */
function edgesOf(core: GraphCore, native: NativeGraph, ids: Uint32Array): GraphCore["edges"] {
  if (isEmpty(core.edges)) return core.edges;
  const pairs = native.edges().map((place) => ids[place] ?? 0);
  const moved = new Map<number, number>();
  for (const [place, edge] of core.native.edgePlaces(pairs).entries()) if (edge !== 0xffff_ffff) moved.set(edge, place);
  return movedRows(core.edges, (edge) => moved.get(edge));
}
