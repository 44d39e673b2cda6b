/**
 * Additions to a run: nodes and edges that an attempt asks for, kept until it succeeds, and those of commands, which commit at once.
 *
 * What is asked for is checked at once, names and options here, edges and limits in the core; and all of it again at the commit. New
 * nodes stand in the scope of the node that adds them. I1 A name is taken from the commit on, also while the core has not heard of it.
 * I2 An attempt that fails, or is told to stop, adds nothing.
 */

import { GraphBuilder } from "../dag/graph-builder.js";
import type { GraphCore } from "../dag/graph-core.js";
import type { EdgeOptions } from "../dag/options.js";
import { type DagnyError, quote } from "../errors/base.js";
import { GrowthError, RunOverError } from "../errors/control.js";
import { nearest } from "../errors/did-you-mean.js";
import { DuplicateNodeError, InvalidEdgeError, NodeNotFoundError } from "../errors/graph.js";
import { InvalidOptionError } from "../errors/options.js";
import type { GrowthEdge, GrowthEntry } from "../flow/growth.js";
import type { EdgeGuard, Lowered } from "../flow/lowered.js";
import { growthFaults, NativeGrowth, newNode, none } from "../native/index.js";
import { expectAttempt } from "./attempt-call.js";
import type { Desk } from "./desk.js";
import type { Levels, Scope } from "./levels.js";

/** Makes the level of a grown graph; `upstreamsOf` answers with the names of all upstreams of a node of it, those the run has first. */
export type LowerGrowth = (core: GraphCore, upstreamsOf: (node: number) => readonly string[]) => Lowered;

/** Reads the predicates of an edge. Throws what is wrong with its options. */
export type GuardOf = (options: EdgeOptions, from: string, to: string) => EdgeGuard | undefined;

/** An edge of which at least one end is a node of the run; an end is its id, or `newNode` and the place of a new one. */
interface Link {
  readonly from: number;
  readonly to: number;
  readonly guard: EdgeGuard | undefined;
  /** As messages name it. */
  readonly text: string;
}

/** Additions that have been checked. */
interface Addition {
  readonly scope: Scope;
  readonly level: Lowered;
  readonly links: readonly Link[];
  readonly native: NativeGrowth;
}

/** What an attempt has asked for. */
interface Wish {
  readonly attempt: number;
  readonly entries: GrowthEntry[];
  readonly names: Set<string>;
  readonly edges: GrowthEdge[];
  /** All of it, where it has been checked as a whole. */
  whole: Addition | undefined;
}

/** What additions need to know of the run. */
export interface GrowthScene {
  readonly lower: LowerGrowth;
  readonly guardOf: GuardOf;
}

const noNames: ReadonlySet<string> = new Set();

/** The additions to one run. */
export class RunGrowth {
  readonly #desk: Desk;
  readonly #levels: Levels;
  readonly #scene: GrowthScene;
  readonly #wishes = new Map<number, Wish>();
  /** What was handed to the core, by the node that grew. */
  readonly #committing = new Map<number, Addition>();
  /** What commands handed to the core, in order. */
  readonly #commands: Addition[] = [];
  /** Names that were handed to the core, by scope (I1). */
  readonly #taken = new Map<Scope, Set<string>>();
  readonly #guards = new Map<string, EdgeGuard>();
  /** Why the last command was refused at its commit. */
  #refused: DagnyError | undefined;

  constructor(desk: Desk, levels: Levels, scene: GrowthScene) {
    this.#desk = desk;
    this.#levels = levels;
    this.#scene = scene;
  }

  /** The predicates of an edge that was added. */
  guardOf(from: number, to: number): EdgeGuard | undefined {
    return this.#guards.get(edgeKey(from, to));
  }

  /** An attempt asks for nodes. Throws what is wrong with them. */
  addNodes(node: number, attempt: number, entries: Iterable<GrowthEntry>): void {
    const wish = this.#wishOf(node, attempt, "ctx.addNodes");
    const more = listOf(entries, "nodes", "a list of nodes");
    const { scope } = this.#levels.segmentOf(node);
    // Checked by itself: to check all that was asked for at each call would cost its square. Only what speaks of its upstreams, as joins
    // that are expressions do, has to see those that were asked for before.
    const isFirst = wish.entries.length === 0 && wish.edges.length === 0;
    const isWhole = !isFirst && more.some((entry) => isAboutUpstreams(entry, wish.names));
    const addition = isWhole ? this.#make(scope, [...wish.entries, ...more], wish.edges) : this.#make(scope, more, [], wish.names);
    this.#checked(addition, node);
    wish.whole = isFirst || isWhole ? addition : undefined;
    for (const entry of more) {
      wish.entries.push(entry);
      wish.names.add(entry.name);
    }
  }

  /** An attempt asks for edges. Throws what is wrong with them. */
  addEdges(node: number, attempt: number, edges: Iterable<GrowthEdge>): void {
    const wish = this.#wishOf(node, attempt, "ctx.addEdges");
    const more = listOf(edges, "edges", "a list of edges");
    const { scope } = this.#levels.segmentOf(node);
    wish.whole = this.#checked(this.#make(scope, wish.entries, [...wish.edges, ...more]), node);
    wish.edges.push(...more);
  }

  #wishOf(node: number, attempt: number, call: string): Wish {
    expectAttempt(this.#desk, node, attempt, call, "grow the run");
    this.#desk.report(); // Its end is not reported together with its beginning: see `commit`.
    let wish = this.#wishes.get(node);
    if (wish === undefined || wish.attempt !== attempt) {
      wish = { attempt, entries: [], names: new Set(), edges: [], whole: undefined };
      this.#wishes.set(node, wish);
    }
    return wish;
  }

  /** Whether an attempt has asked for anything. */
  isAsked(node: number, attempt: number): boolean {
    return this.#wishes.get(node)?.attempt === attempt;
  }

  /** An attempt that asked for something has succeeded: hands it to the core. Throws where it cannot be any more. */
  commit(node: number): void {
    const wish = this.#wishes.get(node);
    if (wish === undefined) return;
    this.#wishes.delete(node);
    const { scope } = this.#levels.segmentOf(node);
    const addition =
      this.#isTaken(scope, wish.entries) || wish.whole === undefined ? this.#make(scope, wish.entries, wish.edges) : wish.whole;
    this.#committing.set(node, addition);
    this.#hand(addition);
  }

  #isTaken(scope: Scope, entries: readonly GrowthEntry[]): boolean {
    return entries.some(({ name }) => this.#isKnown(scope, name));
  }

  /** A command adds nodes and edges to the run. Throws what is wrong with them. */
  command(entries: Iterable<GrowthEntry>, edges: Iterable<GrowthEdge>): void {
    const { root } = this.#levels;
    const addition = this.#make(root, listOf(entries, "nodes", "a list of nodes"), listOf(edges, "edges", "a list of edges"));
    const door = this.#desk.report();
    if (door === undefined) throw new RunOverError("addNodes");
    this.#desk.flush(); // What came before in this turn comes first, the run's start included.
    this.#checked(addition, -1);
    this.#commands.push(addition);
    this.#hand(addition);
    door.mail(this.#desk.now());
    this.#refused = undefined;
    this.#desk.flush();
    const refused: DagnyError | undefined = this.#refused;
    if (refused !== undefined) throw refused;
  }

  #hand({ scope, level, links, native }: Addition): void {
    for (const { to } of links) if (to < newNode) this.#desk.expectSpecial(to);
    const taken = this.#taken.get(scope) ?? new Set<string>();
    this.#taken.set(scope, taken);
    for (const name of level.core.names) taken.add(name);
    this.#desk.run.queueGrowth(native);
  }

  #isKnown(scope: Scope, name: string): boolean {
    return this.#taken.get(scope)?.has(name) === true || this.#levels.named(scope, name) !== undefined;
  }

  /** The core has committed an addition: its nodes have ids. */
  committed(node: number, first: number): void {
    const addition = this.#settled(node);
    if (addition === undefined) return;
    const { scope, level, links } = addition;
    for (const name of level.core.names) this.#taken.get(scope)?.delete(name);
    const idOf = (end: number): number => (end >= newNode ? first + end - newNode : end);
    const pairs = Uint32Array.from(links.flatMap(({ from, to }) => [idOf(from), idOf(to)]));
    this.#levels.openGrowth(scope, level, first, node === none ? -1 : node, pairs);
    for (const { from, to, guard } of links) {
      if (to < newNode) this.#desk.markSpecial(to);
      if (guard !== undefined) this.#guards.set(edgeKey(idOf(from), idOf(to)), guard);
    }
  }

  /** The core has refused an addition at its commit. */
  refused(node: number, fault: number, link: number): void {
    const addition = this.#settled(node);
    if (addition === undefined) return;
    for (const name of addition.level.core.names) this.#taken.get(addition.scope)?.delete(name);
    const error = faultOf(fault, addition.links[link], this.#growerOf(node));
    if (node === none) this.#refused = error;
    else this.#desk.errors.set(node, error);
  }

  #settled(node: number): Addition | undefined {
    if (node === none) return this.#commands.shift();
    const addition = this.#committing.get(node);
    this.#committing.delete(node);
    return addition;
  }

  #growerOf(node: number): string {
    return node === none || node === -1 ? "this run" : `node ${quote(this.#desk.nameOf(node))}`;
  }

  #checked(addition: Addition, node: number): Addition {
    const fault = this.#desk.run.checkGrowth(addition.native, node);
    if (fault !== null) throw faultOf(fault[0] ?? 0, addition.links[(fault[1] ?? 0) - 1], this.#growerOf(node));
    return addition;
  }

  /** Turns wishes into a graph of their own, and links to what is there. `earlier` are names asked for before, which may be used. */
  #make(scope: Scope, entries: readonly GrowthEntry[], edges: readonly GrowthEdge[], earlier: ReadonlySet<string> = noNames): Addition {
    for (const entry of entries) checkEntry(entry);
    const names = new Map<string, number>(entries.map((entry, place) => [entry.name, place]));
    const builder = new GraphBuilder();
    const links: Link[] = [];
    const endOf = (name: string, edge: readonly [string, string]): number | undefined => {
      const place = names.get(name);
      if (place !== undefined) return newNode + place;
      const node = this.#levels.named(scope, name);
      if (node === undefined && !earlier.has(name)) throw this.#unknown(scope, name, edge, [...names.keys(), ...earlier]);
      return node;
    };
    const addEdge = (from: string, to: string, options?: EdgeOptions): void => {
      const ends = [endOf(from, [from, to]), endOf(to, [from, to])] as const;
      if (ends[0] === undefined || ends[1] === undefined) return; // One of its ends was asked for earlier: checked at the commit.
      if (ends[0] >= newNode && ends[1] >= newNode) builder.addEdge(from, to, options);
      else {
        this.#checkMove(ends[0], from, to, options);
        const guard = options === undefined ? undefined : this.#scene.guardOf(options, from, to);
        links.push({ from: ends[0], to: ends[1], guard, text: `${quote(from)} -> ${quote(to)}` });
      }
    };
    for (const entry of entries) {
      const { name, needs: _, task, ...options } = entry;
      if (this.#isKnown(scope, name) || earlier.has(name)) throw new DuplicateNodeError(name);
      builder.addTask(name, [], task, options);
    }
    for (const { name, needs = [] } of entries) for (const upstream of needs) addEdge(upstream, name);
    for (const edge of edges) {
      if (!Array.isArray(edge) || edge.length < 2) throw new InvalidEdgeError("an edge must be [from, to], or [from, to, options]");
      addEdge(edge[0], edge[1], edge[2]);
    }
    const core = builder.buildPart(); // Its joins may name upstreams in the run: they are checked with all of them.
    const level = this.#scene.lower(core, (node) => this.#upstreamNames(core, node, links));
    const flat = links.flatMap(({ from, to, guard }) => [from, to, guard === undefined ? 0 : 1]);
    return { scope, level, links, native: new NativeGrowth(level.plan, Uint32Array.from(flat)) };
  }

  /** What moves has one reader, which is known from the start. */
  #checkMove(node: number, from: string, to: string, options: EdgeOptions | undefined): void {
    const edge = `edge ${quote(from)} -> ${quote(to)}`;
    if (options?.move === true) throw new GrowthError(`${edge}: what is there already cannot be moved: leave out \`move\``);
    if (node >= newNode) return;
    const segment = this.#levels.segmentOf(node);
    if (segment.level.moves?.from.has(this.#levels.localOf(node, segment))) {
      throw new GrowthError(`${edge}: the output of node ${quote(from)} moves to its one reader, and is nobody else's`);
    }
  }

  /** The names of a new node's upstreams: nodes of the run, then new ones, each by id. */
  #upstreamNames(core: GraphCore, node: number, links: readonly Link[]): readonly string[] {
    const before = links.flatMap(({ from, to }) => (to === newNode + node && from < newNode ? [from] : [])).sort((a, b) => a - b);
    const among = Array.from(core.native.predecessors(node), (upstream) => core.names[upstream] ?? "");
    return [...before.map((upstream) => this.#levels.nameOf(upstream)), ...among];
  }

  #unknown(scope: Scope, name: string, [from, to]: readonly [string, string], more: readonly string[]): NodeNotFoundError {
    const known = [...this.#levels.namesIn(scope), ...more];
    return new NodeNotFoundError(name, typeof name === "string" ? nearest(name, known) : undefined, { from, to });
  }
}

/** Whether an entry speaks of its upstreams (in an expression; as a map over the output of its only one) and needs one of `names`. */
function isAboutUpstreams(entry: GrowthEntry, names: ReadonlySet<string>): boolean {
  if (typeof entry !== "object" || entry === null || !Array.isArray(entry.needs)) return false;
  return (typeof entry.join === "object" || typeof entry.task === "object") && entry.needs.some((name) => names.has(name));
}

function listOf<T>(given: Iterable<T>, option: string, expected: string): readonly T[] {
  if (typeof given !== "object" || given === null || !(Symbol.iterator in given)) throw new InvalidOptionError(option, expected, given);
  return [...given];
}

function checkEntry(entry: GrowthEntry): void {
  if (typeof entry !== "object" || entry === null) throw new InvalidOptionError("nodes", "a list of { name, task, needs? }", entry);
  const { name, needs } = entry;
  const isList = needs === undefined || (Array.isArray(needs) && needs.every((upstream) => typeof upstream === "string"));
  if (!isList) throw new InvalidOptionError("needs", "a list of names of nodes", needs, `node ${quote(String(name))}`);
}

function edgeKey(from: number, to: number): string {
  return `${from} ${to}`;
}

const cures: Readonly<Record<number, string>> = {
  [growthFaults.unknownNode]: "its ends are not nodes of one scope; name nodes of the graph that the adding node is in",
  [growthFaults.decided]: "its downstream has started, or is decided already; add a new node instead",
  [growthFaults.outputGone]: 'the output of its upstream is not kept any more; run with `keepResults: "all"`',
  [growthFaults.duplicateEdge]: "it is there already",
  [growthFaults.cycle]: "it would close a cycle",
  [growthFaults.afterFinally]: "only a finally-node may follow a finally-node",
};

function faultOf(fault: number, link: Link | undefined, grower: string): DagnyError {
  if (fault === growthFaults.limit) {
    return new GrowthError(`${grower} cannot grow: there would be more nodes, or deeper ones, than the run's \`limits\` allow; raise them`);
  }
  if (fault === growthFaults.tooLate)
    return new GrowthError(`${grower} cannot grow: the run is ending; add nodes before everything has settled`);
  const edge = link === undefined ? "an edge" : `the edge ${link.text}`;
  return new GrowthError(`${grower} cannot add ${edge}: ${cures[fault] ?? "it is refused"}`);
}
