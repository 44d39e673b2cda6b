/** Nodes and edges as bulk calls take them. */
import { type DagnyError, describe } from "../errors/base.js";
import { InvalidEdgeError, InvalidNameError } from "../errors/graph.js";
import { InvalidOptionError } from "../errors/options.js";
import type { EdgeOptions, NodeOptions } from "./options.js";

/** A node as bulk calls take it: its name, alone or with what it carries. */
export type NodeEntry<N extends string = string> = N | readonly [name: N, options?: NodeOptions] | ({ readonly name: N } & NodeOptions);

/** An edge as bulk calls take it: upstream, downstream, and what it carries. */
export type EdgeEntry<F extends string = string, T extends string = string> = readonly [from: F, to: T, options?: EdgeOptions | undefined];

/** Name and options of an entry that is not just a name; `null`, and a fault noted, where it is none. */
export function nodeOfEntry(
  entry: Exclude<NodeEntry, string>,
  faults: DagnyError[],
): readonly [name: string, options?: NodeOptions] | null {
  if (isTuple(entry)) return entry;
  if (typeof entry !== "object" || entry === null) {
    faults.push(new InvalidNameError(entry));
    return null;
  }
  const { name, ...options } = entry;
  return [name, options];
}

/** Whether an entry is an edge; if not, a fault is noted. */
export function isEdgeEntry(entry: EdgeEntry, faults: DagnyError[]): boolean {
  const isRight = Array.isArray(entry) && entry.length >= 2 && entry.length <= 3;
  if (!isRight) faults.push(new InvalidEdgeError(`an edge must be [from, to] or [from, to, options], received ${describe(entry)}`));
  return isRight;
}

/** Whether a value can be gone through. Text can, too, but is never meant as a list of its characters. */
export function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

/** Throws where an argument is no list; `called` is its name, `expected` what it must be. */
export function checkList(called: string, expected: string, value: unknown): void {
  if (!isList(value)) throw new InvalidOptionError(called, expected, value);
}

/** Whether a value can be a node's name: any string but the empty one. */
export function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** What is wrong with the ends of an edge as names: the first that can be none; `null` where both can. */
export function nameFaultOf(from: unknown, to: unknown): InvalidNameError | null {
  if (isName(from) && isName(to)) return null;
  return new InvalidNameError(isName(from) ? to : from, { from, to });
}

function isTuple(entry: NodeEntry): entry is readonly [name: string, options?: NodeOptions] {
  return Array.isArray(entry);
}
