/**
 * Runs written as text: a graph with named nodes, and a script of batches.
 *
 * A graph is statements like `a -> b, c; b, c -> d; e`; node order is the order of first mention, and `a ? b` is an edge that the host is asked
 * about. A script has one batch a line, `<now in ms>: <input>, <input>, …`; a line without inputs is a tick. An input's own time is the batch's, or
 * follows it as `@<ms>`. An attempt is written `a1`, that of a node without a name (inside a container, grown) `5:1`. Inputs:
 *
 *     start · cancel · pause · resume · cancel a b · begin a1 · ok a1 · failed a1 · final a1 (failed, not to be retried) ·
 *     crashed a1
 *     yes a condition · no a edge b (also nothing, threw, of condition, cache, until, edge)
 *     sleep a1 0 3 (ordinal, ms) · wait a1 7 (name of a signal) · signal 7 · signal 7 a (for a only) ·
 *     reject 7 · items a1 3 · lastItems a1 3 · noItems a1
 *     undone a · undoFailed a · grow 2 (so many nodes, from outside) · grew a1 2 (the attempt has ended, and adds them)
 */
import type { Growth, ModelPolicy, RunSpec } from "./model/spec.js";
import { formatEvent, type Question, type RunEvent, type RunInput, timeKey } from "./model/types.js";

export interface ScriptedSpec {
  readonly graph: string;
  readonly policies?: Readonly<Record<string, ModelPolicy>>;
  /** @default 4 */
  readonly maxWorkers?: number;
  /** @default true */
  readonly failFast?: boolean;
  /** @default 1000 */
  readonly graceMs?: number;
  /** What else there is to a run. */
  readonly options?: Partial<RunSpec>;
}

export interface Scripted {
  readonly names: readonly string[];
  readonly spec: RunSpec;
}

export function scripted({ graph, policies = {}, maxWorkers = 4, failFast = true, graceMs = 1000, options = {} }: ScriptedSpec): Scripted {
  const names: string[] = [];
  const idOf = (name: string): number => {
    if (!names.includes(name)) names.push(name);
    return names.indexOf(name);
  };
  const edges: [number, number, boolean][] = [];
  for (const statement of graph.split(";")) {
    const parts = statement.split(/(->|\?)/);
    let above: number[] = [];
    for (let i = 0; i < parts.length; i += 2) {
      const group = (parts[i] ?? "").split(",").map((name) => idOf(name.trim()));
      for (const from of above) for (const to of group) edges.push([from, to, parts[i - 1] === "?"]);
      above = group;
    }
  }
  return {
    names,
    spec: {
      nodeCount: names.length,
      edges,
      policies: names.map((name) => policies[name] ?? {}),
      maxWorkers,
      failFast,
      graceMs,
      ...options,
    },
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
      // The first colon ends the time; others are part of an attempt's name.
      const [time = "", ...parts] = line.split(":");
      const rest = parts.join(":");
      const now = Number(time) * 1000;
      const inputs = rest.split(",").map((text) => text.trim());
      return { now, inputs: inputs.filter((text) => text !== "").map((text) => inputOf(text, now, names)) };
    });
}

function inputOf(text: string, now: number, names: readonly string[]): RunInput {
  const [what = "", ownTime] = text.split("@");
  const at = ownTime === undefined ? now : Number(ownTime) * 1000;
  const [kind = "", ...targets] = what.trim().split(" ");
  const nodeOf = (name = ""): number => (/^\d+$/.test(name) ? Number(name) : idIn(names, name));
  const [target = "", second = "0", third] = targets;
  const [, name, number] = /^([a-z]+|\d+:)(\d+)$/.exec(target) ?? [];
  const node = nodeOf(name?.replace(":", "") ?? target);
  const attempt = Number(number);
  switch (kind) {
    case "start":
    case "pause":
    case "resume":
      return { kind, at };
    case "cancel":
      return targets.length === 0 ? { kind, at } : { kind: "cancelNodes", at, nodes: targets.map(nodeOf) };
    case "begin":
      return { kind, node, attempt, at };
    case "ok":
    case "failed":
    case "crashed":
      return { kind: "settle", node, attempt, at, outcome: kind };
    case "final":
      return { kind: "settle", node, attempt, at, outcome: "failed", mayRetry: false };
    case "yes":
    case "no":
    case "nothing":
    case "threw": {
      const from = third === undefined ? 0 : nodeOf(third);
      return { kind: "answer", node: nodeOf(target), question: second as Question, from, verdict: kind, at };
    }
    case "sleep":
      return { kind: "wait", node, attempt, key: timeKey + Number(second), what: { for: "time", us: Number(third) * 1000 }, at };
    case "wait":
      return { kind, node, attempt, key: Number(second), what: { for: "signal", hasDefault: false }, at };
    case "signal":
    case "reject":
      return {
        kind: "signal",
        name: Number(target),
        node: targets[1] === undefined ? null : nodeOf(targets[1]),
        payload: 9,
        isRejection: kind === "reject",
        at,
      };
    case "items":
    case "lastItems":
      return { kind: "items", node, attempt, count: Number(second), isDone: kind === "lastItems", at };
    case "noItems":
      return { kind: "itemsFailed", node, attempt, at };
    case "undone":
    case "undoFailed":
      return { kind: "undone", node: nodeOf(target), isOk: kind === "undone", at };
    case "grow":
      return { kind, growth: loneNodes(Number(target)), at };
    case "grew":
      return { kind: "settle", node, attempt, at, outcome: "ok", growth: loneNodes(Number(second)) };
    default:
      throw new Error(`no input is written "${text}"`);
  }
}

/** An id that the graph does not have where no node has this name. */
function idIn(names: readonly string[], name: string): number {
  const id = names.indexOf(name);
  return id === -1 ? names.length : id;
}

/** An addition of so many nodes without edges. */
export function loneNodes(count: number): Growth {
  return { plan: { nodeCount: count, edges: [], policies: Array.from({ length: count }, () => ({})) }, links: [] };
}

/** A log with names in the place of ids and times in ms: `3 nodeStarted a1 lane0`. What is due at once is not said to be due. */
export function logOf(events: readonly RunEvent[], names: readonly string[]): string[] {
  return events.map((event) => {
    const { due, ...plain } = { due: null, ...event };
    const [time, kind, ...rest] = formatEvent(plain as RunEvent).split(" ");
    const node = "node" in event && event.node !== null ? [`${names[event.node] ?? event.node}${attemptOf(event, names)}`] : [];
    const later = due === null || due === event.at ? [] : [`due ${due / 1000}`];
    return [Number(time) / 1000, kind, ...node, ...rest.slice("node" in event ? 1 : 0), ...later].join(" ");
  });
}

function attemptOf(event: RunEvent & { readonly node: number | null }, names: readonly string[]): string {
  if (!("attempt" in event)) return "";
  return names[event.node ?? -1] === undefined ? `:${event.attempt}` : String(event.attempt);
}
