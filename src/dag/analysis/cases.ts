/** Cases: alternatives of facts that hold together, as the analysis of joins needs them. More than it can count are taken as everything. */
import type { Look } from "../../flow/join-tree.js";

/** How nodes ended, as bits of what is possible, and which edges of choice groups were taken. */
interface Case {
  readonly nodes: ReadonlyMap<number, number>;
  /** By `node group`: the downstream end of the edge. */
  readonly choices: ReadonlyMap<string, ChoiceFact>;
}

interface ChoiceFact {
  readonly node: number;
  readonly choice: string;
  readonly taken: number;
}

/** Alternatives; none of them: it cannot be. */
export type Cases = readonly Case[];

/** It may be in any case. */
export const everything: Cases = [{ nodes: new Map(), choices: new Map() }];
/** It cannot be. */
export const nothing: Cases = [];

/** More alternatives, or facts in one, are not followed. */
const mostCases = 64;
const mostFacts = 256;

const bits: Readonly<Record<Look, number>> = { completed: 1, failed: 2, skipped: 4, blocked: 8, filtered: 16, cancelled: 32 };

/** A node ended in one of these states. */
export function factOfNode(node: number, states: readonly Look[]): Cases {
  return [{ nodes: new Map([[node, states.reduce((mask, state) => mask | bits[state], 0)]]), choices: new Map() }];
}

/** Of a node's edges in a choice group, the one to `taken` was taken. */
export function factOfChoice(node: number, choice: string, taken: number): Cases {
  return [{ nodes: new Map(), choices: new Map([[`${node} ${choice}`, { node, choice, taken }]]) }];
}

/** Any of these. */
export function alternatives(parts: readonly Cases[]): Cases {
  const all: Case[] = [];
  for (const part of parts) {
    if (part === everything || all.length + part.length > mostCases) return everything;
    all.push(...part);
  }
  return all.length === 0 ? nothing : all;
}

/** All of these at once. */
export function combinations(parts: readonly Cases[]): Cases {
  if (parts.some((part) => part.length === 0)) return nothing;
  let all = everything;
  for (const part of parts) {
    if (part === everything) continue;
    if (all === everything) all = part;
    else {
      const both: Case[] = [];
      for (const one of all) {
        for (const other of part) {
          const joined = together(one, other);
          if (joined !== null) both.push(joined);
        }
      }
      if (both.length === 0) return nothing;
      // Leaving a part out leaves more possible, never less.
      if (both.length > mostCases || both.some(({ nodes, choices }) => nodes.size + choices.size > mostFacts)) continue;
      all = both;
    }
  }
  return all;
}

/** Two cases at once; `null` where they contradict each other. */
function together(one: Case, other: Case): Case | null {
  const nodes = new Map(one.nodes);
  for (const [node, mask] of other.nodes) {
    const possible = (nodes.get(node) ?? mask) & mask;
    if (possible === 0) return null;
    nodes.set(node, possible);
  }
  const choices = new Map(one.choices);
  for (const [key, fact] of other.choices) {
    const known = choices.get(key);
    if (known !== undefined && known.taken !== fact.taken) return null;
    choices.set(key, fact);
  }
  return { nodes, choices };
}

/** Why two lists of cases have none in common: the first fact at odds. */
export interface Conflict {
  readonly node: number;
  /** The choice group whose edges exclude each other; `undefined` where states do. */
  readonly choice: string | undefined;
  readonly states: readonly [readonly Look[], readonly Look[]];
}

/** The first facts of the two that are at odds, if any are. */
export function conflictOf(ones: Cases, others: Cases): Conflict | undefined {
  const [one, other] = [ones[0], others[0]];
  if (one === undefined || other === undefined) return undefined;
  for (const node of one.nodes.keys()) {
    const [mask, wanted] = [stateIn(ones, node), stateIn(others, node)];
    if ((mask & wanted) === 0) return { node, choice: undefined, states: [statesOf(mask), statesOf(wanted)] };
  }
  for (const [key, { node, choice, taken }] of one.choices) {
    const fact = other.choices.get(key);
    if (fact !== undefined && fact.taken !== taken) return { node, choice, states: [[], []] };
  }
  return undefined;
}

/** Every state that a node may have ended in, in any of the cases. */
function stateIn(cases: Cases, node: number): number {
  return cases.reduce((mask, { nodes }) => mask | (nodes.get(node) ?? -1), 0);
}

function statesOf(mask: number): Look[] {
  return (Object.keys(bits) as Look[]).filter((state) => (mask & bits[state]) !== 0);
}
