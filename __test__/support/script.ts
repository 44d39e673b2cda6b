/**
 * Runs written as text: a graph with named nodes, and a script of batches.
 *
 * A graph is statements like `a -> b, c; b, c -> d; e`; node order is the order of first mention. A script has one batch a line,
 * `<now in ms>: <input>, <input>, …`, inputs `start`, `begin a1`, `ok a1`, `failed a1`, `cancel`; a line without inputs is a tick. An input's own
 * time is the batch's, or follows it as `@<ms>`.
 */
import type { ModelPolicy, RunSpec } from "./model/spec.js";
import { formatEvent, type RunEvent, type RunInput } from "./model/types.js";

export interface ScriptedSpec {
  readonly graph: string;
  readonly policies?: Readonly<Record<string, ModelPolicy>>;
  /** @default 4 */
  readonly maxWorkers?: number;
  /** @default true */
  readonly failFast?: boolean;
  /** @default 1000 */
  readonly graceMs?: number;
}

export interface Scripted {
  readonly names: readonly string[];
  readonly spec: RunSpec;
}

export function scripted({ graph, policies = {}, maxWorkers = 4, failFast = true, graceMs = 1000 }: ScriptedSpec): Scripted {
  const names: string[] = [];
  const idOf = (name: string): number => {
    if (!names.includes(name)) names.push(name);
    return names.indexOf(name);
  };
  const edges: [number, number][] = [];
  for (const statement of graph.split(";")) {
    const groups = statement.split("->").map((group) => group.split(",").map((name) => idOf(name.trim())));
    for (const [i, group] of groups.entries()) {
      for (const from of groups[i - 1] ?? []) for (const to of group) edges.push([from, to]);
    }
  }
  return {
    names,
    spec: { nodeCount: names.length, edges, policies: names.map((name) => policies[name] ?? {}), maxWorkers, failFast, graceMs },
  };
}

export interface Batch {
  readonly inputs: readonly RunInput[];
  readonly now: number;
}

/** The batches of a script. `x9` is a node that the graph does not have where no node is named `x`. */
export function batchesOf(script: string, names: readonly string[]): Batch[] {
  const lines = script.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "")
    .map((line): Batch => {
      const [time = "", rest = ""] = line.split(":");
      const now = Number(time) * 1000;
      const inputs = rest.split(",").map((text) => text.trim());
      return { now, inputs: inputs.filter((text) => text !== "").map((text) => inputOf(text, now, names)) };
    });
}

function inputOf(text: string, now: number, names: readonly string[]): RunInput {
  const [what = "", ownTime] = text.split("@");
  const at = ownTime === undefined ? now : Number(ownTime) * 1000;
  const [kind = "", target = ""] = what.trim().split(" ");
  if (kind === "start" || kind === "cancel") return { kind, at };
  const [, name = "", number = ""] = /^([a-z]+)(\d+)$/.exec(target) ?? [];
  const attempt = Number(number);
  const id = names.indexOf(name);
  const node = id === -1 ? names.length : id;
  if (kind === "begin") return { kind, node, attempt, at };
  if (kind === "ok" || kind === "failed") return { kind: "settle", node, attempt, at, outcome: kind };
  throw new Error(`no input is written "${text}"`);
}

/** A log with names in the place of ids and times in ms: `3 nodeStarted a1 lane0`. */
export function logOf(events: readonly RunEvent[], names: readonly string[]): string[] {
  return events.map((event) => {
    const [time, kind, ...rest] = formatEvent(event).split(" ");
    const node = "node" in event && event.node !== null ? [`${names[event.node]}${"attempt" in event ? event.attempt : ""}`] : [];
    return [Number(time) / 1000, kind, ...node, ...rest.slice("node" in event ? 1 : 0)].join(" ");
  });
}
