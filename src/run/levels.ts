/**
 * Where each node of a run belongs: ids to levels, names and addresses, and back.
 *
 * Ids of the base graph are its places. What opens later (the inside of a container, items, a growth) has the ids that follow, one
 * *segment* each. A *scope* is the run itself, or one opening of a container; edges exist only within a scope. An address is the way from
 * the top: names, the index of an item, the number of a loop's round. I1 Segments ascend by their first id, and leave no gap.
 */
import type { Lowered, LoweredContainer } from "../flow/lowered.js";

/** What an address is made of. */
export type AddressSegment = string | number;

/** A node's address: its segments, or their text; a top-level node's text is its name as it is. */
export type NodeAddress = string | readonly AddressSegment[];

/** The run, or one opening of a container. */
export interface Scope {
  /** The container; -1 for the run. */
  readonly container: number;
  readonly parent: Scope | undefined;
  readonly level: Lowered;
  /** Which attempt of the container opened it, from 1. */
  readonly attempt: number;
  /** Which round of a loop it is, from 1; 0 elsewhere. */
  readonly round: number;
  /** What has opened in it so far, in the order of ids. */
  readonly segments: Segment[];
  /** Nodes that were added to it, by name. */
  readonly grown: Map<string, number>;
  /** How many items there are so far, where it is of a map. */
  itemCount: number;
}

/** A block of ids that opened together. */
export interface Segment {
  readonly first: number;
  readonly count: number;
  readonly level: Lowered;
  readonly scope: Scope;
  /** The index of its first item; -1 where its nodes are no items. */
  readonly firstItem: number;
  /** The node that added it; -1 where none did. */
  readonly grower: number;
  /** Edges to what was there before, `[from, to, …]`. */
  readonly links: Uint32Array | undefined;
}

/** Where a step of an address leads. */
interface Step {
  readonly node: number | undefined;
  readonly scope: Scope | undefined;
  /** The place of the segment that follows. */
  readonly next: number;
}

/** The levels of one run. */
export class Levels {
  readonly base: Lowered;
  /** The run's own scope. */
  readonly root: Scope;
  readonly #segments: Segment[];
  #last: Segment;
  /** The scopes of the last attempt of each container that has opened: one, or one a round. */
  readonly #openings = new Map<number, Scope[]>();

  constructor(base: Lowered) {
    this.base = base;
    this.root = { container: -1, parent: undefined, level: base, attempt: 1, round: 0, segments: [], itemCount: 0, grown: new Map() };
    this.#last = { first: 0, count: base.core.names.length, level: base, scope: this.root, firstItem: -1, grower: -1, links: undefined };
    this.root.segments.push(this.#last);
    this.#segments = [this.#last];
  }

  /** How many ids there are. */
  get nodeCount(): number {
    const last = this.#segments[this.#segments.length - 1] as Segment;
    return last.first + last.count;
  }

  /** Whether anything has opened beside the base graph. */
  get hasOpened(): boolean {
    return this.#segments.length > 1;
  }

  /** Every block, in the order of ids. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** The block that an id is in. O(log segments), O(1) for the one asked for last. */
  segmentOf(node: number): Segment {
    const last = this.#last;
    if (node >= last.first && node < last.first + last.count) return last;
    const segments = this.#segments;
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((segments[middle] as Segment).first <= node) low = middle;
      else high = middle - 1;
    }
    // Of blocks without nodes, which share their first id with the next one, the search finds the last: the one that has the node.
    this.#last = segments[low] as Segment;
    return this.#last;
  }

  /** The id of a node within its level. */
  localOf(node: number, segment: Segment = this.segmentOf(node)): number {
    return segment.firstItem === -1 ? node - segment.first : 0;
  }

  /** Which item of its map a node is; -1 where it is none. */
  itemOf(node: number): number {
    const { first, firstItem } = this.segmentOf(node);
    return firstItem === -1 ? -1 : firstItem + node - first;
  }

  /** The container that a node is, if it is one. */
  containerOf(node: number): LoweredContainer | undefined {
    const segment = this.segmentOf(node);
    return segment.level.containers.get(this.localOf(node, segment));
  }

  /** The inside of a container, or a round of it, has opened at `first`. */
  openScope(container: number, first: number, count: number, isNextRound: boolean): Scope {
    const rule = this.containerOf(container) as LoweredContainer;
    const before = this.#openings.get(container);
    const last = before?.[before.length - 1];
    const attempt = last === undefined ? 1 : isNextRound ? last.attempt : last.attempt + 1;
    const round = rule.kind === "loop" ? (isNextRound ? (last?.round ?? 0) : 0) + 1 : 0;
    const scope = this.#scope(container, rule.inner, attempt, round);
    if (isNextRound) before?.push(scope);
    else this.#openings.set(container, [scope]);
    this.#add({ first, count, level: rule.inner, scope, firstItem: -1, grower: -1, links: undefined });
    return scope;
  }

  /** A map has more items, from `first` on. */
  openItems(map: number, first: number, count: number): void {
    const rule = this.containerOf(map) as LoweredContainer;
    const scope = this.#openings.get(map)?.[0] ?? this.#scope(map, rule.inner, 1, 0);
    if (scope.segments.length === 0) this.#openings.set(map, [scope]);
    this.#add({ first, count, level: rule.inner, scope, firstItem: scope.itemCount, grower: -1, links: undefined });
    scope.itemCount += count;
  }

  /** Nodes were added to a scope, from `first` on, by `grower` (-1: by a command). */
  openGrowth(scope: Scope, level: Lowered, first: number, grower: number, links: Uint32Array): void {
    const { names } = level.core;
    for (let local = 0; local < names.length; local++) scope.grown.set(names[local] as string, first + local);
    this.#add({ first, count: names.length, level, scope, firstItem: -1, grower, links });
  }

  #scope(container: number, level: Lowered, attempt: number, round: number): Scope {
    return { container, parent: this.segmentOf(container).scope, level, attempt, round, segments: [], itemCount: 0, grown: new Map() };
  }

  #add(segment: Segment): void {
    this.#segments.push(segment);
    segment.scope.segments.push(segment);
  }

  /** The last opening of a container: of a loop the last round, or round `round`. */
  openingOf(container: number, round = 0): Scope | undefined {
    const scopes = this.#openings.get(container);
    return round === 0 ? scopes?.[scopes.length - 1] : scopes?.find((scope) => scope.round === round);
  }

  /** The node of this name in a scope. */
  named(scope: Scope, name: string): number | undefined {
    const grown = scope.grown.get(name);
    if (grown !== undefined) return grown;
    const [first] = scope.segments;
    if (first === undefined || first.firstItem !== -1) return undefined;
    const local = first.level.core.index.get(name);
    return local === undefined ? undefined : first.first + local;
  }

  /** Every name of a scope, in the order of ids. */
  *namesIn(scope: Scope): Generator<string> {
    for (const { level, firstItem } of scope.segments) if (firstItem === -1) yield* level.core.names;
  }

  /** Whether a node stands for a container's function, and has no name of its own. */
  #isBody(segment: Segment): boolean {
    if (segment.firstItem !== -1) return true;
    const { scope } = segment;
    if (scope.round === 0 || segment !== scope.segments[0]) return false;
    const rule = this.containerOf(scope.container);
    return rule?.kind === "loop" && rule.isFunction;
  }

  /** The first wait node, by id, that hears a signal of this name. */
  waitNodeFor(signal: string): number | undefined {
    for (const { level, first, count, firstItem } of this.#segments) {
      for (const [local, wait] of level.waits) if (wait.signal === signal && (firstItem === -1 || count > 0)) return first + local;
    }
    return undefined;
  }

  /** A node's own name; that of its container where it is an item, or the function of a loop. */
  nameOf(node: number): string {
    const segment = this.segmentOf(node);
    if (this.#isBody(segment)) return this.nameOf(segment.scope.container);
    return segment.level.core.names[node - segment.first] as string;
  }

  /** A node's address. */
  pathOf(node: number): readonly AddressSegment[] {
    const segment = this.segmentOf(node);
    const { scope } = segment;
    const path = scope.container === -1 ? [] : [...this.pathOf(scope.container)];
    if (segment.firstItem !== -1) path.push(segment.firstItem + node - segment.first);
    else {
      if (scope.round > 0) path.push(scope.round);
      if (!this.#isBody(segment)) path.push(segment.level.core.names[node - segment.first] as string);
    }
    return path;
  }

  /** A node's address as text. */
  addressOf(node: number): string {
    const { base } = this;
    return (node < base.core.names.length ? base.core.names[node] : undefined) ?? textOf(this.pathOf(node));
  }

  /** The node that has this address; `undefined` where none has. A loop's last round, where none is named. */
  find(address: NodeAddress): number | undefined {
    if (typeof address === "string") {
      const node = this.named(this.root, address);
      if (node !== undefined || !address.includes("/")) return node;
    }
    const path = typeof address === "string" ? address.split("/").map(unescaped) : address;
    let scope: Scope = this.root;
    for (let i = 0; i < path.length; ) {
      const node = this.named(scope, String(path[i++]));
      if (node === undefined || i === path.length) return node;
      const inside = this.#inside(node, path, i);
      if (inside.next === path.length) return inside.node;
      if (inside.scope === undefined) return undefined;
      scope = inside.scope;
      i = inside.next;
    }
    return undefined;
  }

  /** One step into a container, at `path[at]`: `node` is what the address means if it ends at `next`. */
  #inside(container: number, path: readonly AddressSegment[], at: number): Step {
    const rule = this.containerOf(container);
    const number = Number(path[at]);
    if (rule?.kind === "map") {
      const item = this.#itemAt(container, number);
      // What items have added stands beside them, by its name.
      if (item === undefined) return { node: undefined, scope: this.openingOf(container), next: at };
      return { node: item, scope: this.openingOf(item), next: at + 1 };
    }
    const round = rule?.kind === "loop" && number >= 1 ? this.openingOf(container, number) : undefined;
    if (round === undefined) return { node: undefined, scope: this.openingOf(container), next: at };
    const isBody = rule?.kind === "loop" && rule.isFunction;
    return { node: isBody ? round.segments[0]?.first : undefined, scope: round, next: at + 1 };
  }

  #itemAt(map: number, index: number): number | undefined {
    const segment = this.openingOf(map)?.segments.find(({ firstItem, count }) => index >= firstItem && index < firstItem + count);
    return segment === undefined || !Number.isInteger(index) ? undefined : segment.first + index - segment.firstItem;
  }
}

/** An address as text. */
export function textOf(path: readonly AddressSegment[]): string {
  if (path.length === 1) return String(path[0]);
  return path.map((segment) => String(segment).replaceAll("~", "~0").replaceAll("/", "~1")).join("/");
}

function unescaped(text: string): string {
  return text.replaceAll("~1", "/").replaceAll("~0", "~");
}
