/** What a graph is: its hashes, and its names that match a pattern. */
import { InvalidOptionError } from "../../errors/options.js";
import type { GraphCore } from "../graph-core.js";

/**
 * SHA-256, in hexadecimal, of node names in node order, edges, and all that nodes and edges carry in a form that JSON can write: cost,
 * priority, policies, metadata, payload, weight, label. Of a condition or another function only that there is one; tasks are not covered.
 *
 * The format is fixed and described in the core (`analysis/hash.rs`). O(n + m + text).
 */
export function contentHash(core: GraphCore): string {
  const { text, ends } = joined(core.names);
  return core.native.contentHash(text, ends, Buffer.from(attributesOf(core)));
}

/** SHA-256, in hexadecimal, of node names and edges, whatever order they were added in. O(n log n + m log m + text). */
export function structureHash(core: GraphCore): string {
  const { text, ends } = joined(core.names);
  return core.native.structureHash(text, ends);
}

/** All names one after the other as UTF-16, the form that keeps any two JavaScript strings apart. */
function joined(names: readonly string[]): { text: Uint8Array; ends: Uint32Array } {
  const ends = new Uint32Array(names.length);
  let end = 0;
  for (const [id, name] of names.entries()) {
    end += name.length;
    ends[id] = end;
  }
  return { text: Buffer.from(names.join(""), "utf16le"), ends };
}

/** A JSON text of all attributes; empty where there are none. Rows by id, keys of records sorted. */
function attributesOf(core: GraphCore): string {
  const { task: _, ...columns } = core.nodes;
  const filled = Object.entries({ ...columns, ...core.edges }).filter(([, column]) => column !== null && column.size > 0);
  if (filled.length === 0) return "";
  const tables = filled.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, column]) => [name, [...(column ?? [])].sort(([a], [b]) => a - b)]);
  return JSON.stringify(tables, sortedKeys);
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether two graphs that both have this node say the same of it, tasks aside. */
export function sameAttributes(core: GraphCore, other: GraphCore, name: string): boolean {
  const { task: _, ...columns } = core.nodes;
  const { task: __, ...others } = other.nodes;
  const here = core.index.get(name) ?? -1;
  const there = other.index.get(name) ?? -1;
  return Object.keys(columns).every((key) => {
    const column = key as keyof typeof columns;
    const [one, two] = [columns[column]?.get(here), others[column]?.get(there)];
    return one === two || JSON.stringify(one, sortedKeys) === JSON.stringify(two, sortedKeys);
  });
}

/**
 * The nodes whose names match, in node order.
 *
 * In a glob `*` stands for any characters but `/`, `**` for any at all, `?` for one but `/`, `[abc]`, `[a-z]` and `[!a]` for one of a set,
 * `{a,b}` for either; a backslash takes the meaning from the next character. The whole name must match. A regular expression matches
 * as it says, anywhere in the name unless anchored, without keeping a place between calls.
 */
export function nodesMatching(core: GraphCore, pattern: string | RegExp): string[] {
  if (typeof pattern !== "string" && !(pattern instanceof RegExp)) {
    throw new InvalidOptionError("pattern", "a glob or a regular expression", pattern);
  }
  const matcher = typeof pattern === "string" ? globToRegExp(pattern) : new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  return core.names.filter((name) => matcher.test(name));
}

/** A glob as a regular expression. Unclosed brackets and braces stand for themselves. */
function globToRegExp(glob: string): RegExp {
  let source = "";
  let openBraces = 0;
  for (let at = 0; at < glob.length; at++) {
    const character = glob[at] as string;
    const closing = character === "[" ? glob.indexOf("]", at + 2) : -1;
    if (character === "\\" && at + 1 < glob.length) {
      source += escaped(glob[++at] as string);
    } else if (character === "*") {
      const isDeep = glob[at + 1] === "*";
      if (isDeep) at++;
      source += isDeep ? "[^]*" : "[^/]*";
    } else if (character === "?") {
      source += "[^/]";
    } else if (closing > 0) {
      const set = glob.slice(at + 1, closing).replace(/[\\\]^[]/g, "\\$&");
      source += set.startsWith("!") ? `[^${set.slice(1)}]` : `[${set}]`;
      at = closing;
    } else if (character === "{" && glob.indexOf("}", at) > 0) {
      source += "(?:";
      openBraces++;
    } else if (character === "}" && openBraces > 0) {
      source += ")";
      openBraces--;
    } else if (character === "," && openBraces > 0) {
      source += "|";
    } else {
      source += escaped(character);
    }
  }
  try {
    return new RegExp(`^${source}${")".repeat(openBraces)}$`);
  } catch {
    // Sets are all that is left to their author.
    throw new InvalidOptionError("pattern", "a glob whose ranges ascend", glob);
  }
}

function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");
}
