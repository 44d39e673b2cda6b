/**
 * The columns of a run written as text, for tests of what is made from them.
 *
 * One line an attempt or a node that never began; times in microseconds:
 *
 *     a  lane 0  0..10
 *     b  lane 0  10..30  retried timeout        (attempt 1; the next line of b is attempt 2)
 *     b  lane 1  30..45  failed error
 *     c  skipped upstreamFailed  at 45
 *     d  lane 0  30..40  ready 12               (ready before it began: by default it begins at once)
 */
import type { PastAttempt, RunColumns, TraceSource } from "../../src/run/columns.js";
import { nodeStates, reasonName } from "../../src/run/columns.js";
import { baseTraceGraph } from "../../src/run/trace-graph.js";

const LINE =
  /^(?<name>\S+)\s+(?:lane (?<lane>\d+)\s+(?<start>\d+)\.\.(?<end>\d+))?\s*(?<outcome>[a-z]+)??\s*(?<reason>error|timeout|upstreamFailed|failFast)?\s*(?:ready (?<ready>\d+))?\s*(?:at (?<at>\d+))?$/;

/** A run of the graph in `edges` (`a -> b, c; b -> d`), as the lines of `run` say. Nodes are numbered as they appear in `run`. */
export function recordedRun(edges: string, run: string): TraceSource {
  const lines = run
    .split("\n")
    .map((line) => line.replace(/\s{2,}\(.*$/, "").trim())
    .filter((line) => line !== "");
  const parsed = lines.map((line) => {
    const groups = LINE.exec(line)?.groups;
    if (groups === undefined) throw new Error(`not a line of a run: ${line}`);
    return groups;
  });
  const names = [...new Set(parsed.map((line) => line.name ?? ""))];
  const index = new Map(names.map((name, id) => [name, id]));
  const columns = emptyColumns(names.length);
  const past: PastAttempt[] = [];
  let durationUs = 0;
  for (const line of parsed) {
    const node = index.get(line.name ?? "") ?? 0;
    const reason = codeOf(reasonName, line.reason);
    const start = Number(line.start ?? -1);
    const end = Number(line.end ?? line.at);
    const lane = Number(line.lane ?? -1);
    durationUs = Math.max(durationUs, end);
    if (start >= 0) {
      columns.attempt[node] = (columns.attempt[node] ?? 0) + 1;
      columns.lane[node] = lane;
      columns.startedAt[node] = start;
      columns.readyAt[node] = Number(line.ready ?? start);
    } else if (line.ready !== undefined) columns.readyAt[node] = Number(line.ready);
    if (line.outcome === "retried") {
      past.push({ node, attempt: columns.attempt[node] ?? 0, lane, startedAt: start, endedAt: end, reason });
    } else {
      columns.state[node] = codeOf((code) => nodeStates[code], line.outcome ?? "completed");
      columns.reason[node] = reason;
      columns.settledAt[node] = end;
    }
  }
  const pairs = edges
    .split(";")
    .filter((part) => part.trim() !== "")
    .flatMap((part) => {
      const [from = "", to = ""] = part.split("->");
      return list(from).flatMap((u) => list(to).map((d): [number, number] => [idOf(index, u), idOf(index, d)]));
    });
  return recordedSource(names, pairs, columns, past, durationUs);
}

/** A source over ready-made columns. */
export function recordedSource(
  names: readonly string[],
  pairs: readonly (readonly [number, number])[],
  columns: RunColumns,
  past: readonly PastAttempt[],
  durationUs: number,
): TraceSource {
  const edges = Uint32Array.from([...pairs].sort(([a, b], [c, d]) => a - c || b - d).flat());
  const order = topologicalOrder(names.length, edges);
  return {
    runId: "run-1",
    graph: baseTraceGraph({
      names,
      index: new Map(names.map((name, id) => [name, id])),
      native: { order: () => order, edges: () => edges },
    }),
    startedAtEpochMs: Date.UTC(2026, 0, 1),
    durationUs,
    columns: () => columns,
    pastAttempts: () => past,
  };
}

/** Columns of nodes that nothing has happened to. */
export function emptyColumns(nodeCount: number): RunColumns {
  return {
    state: new Uint8Array(nodeCount),
    reason: new Uint8Array(nodeCount),
    attempt: new Uint32Array(nodeCount),
    lane: new Int32Array(nodeCount).fill(-1),
    readyAt: new Float64Array(nodeCount).fill(-1),
    startedAt: new Float64Array(nodeCount).fill(-1),
    settledAt: new Float64Array(nodeCount).fill(-1),
  };
}

function list(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

function idOf(index: ReadonlyMap<string, number>, name: string): number {
  const id = index.get(name);
  if (id === undefined) throw new Error(`the run has no line for node ${name}`);
  return id;
}

function codeOf(nameOf: (code: number) => string | undefined, name: string | undefined): number {
  if (name === undefined) return 0;
  for (let code = 0; code < 256; code++) if (nameOf(code) === name) return code;
  throw new Error(`no number for ${name}`);
}

function topologicalOrder(nodeCount: number, edges: Uint32Array): Uint32Array {
  const waiting = new Uint32Array(nodeCount);
  const downstreams: number[][] = Array.from({ length: nodeCount }, () => []);
  for (let i = 0; i < edges.length; i += 2) {
    downstreams[edges[i] ?? 0]?.push(edges[i + 1] ?? 0);
    waiting[edges[i + 1] ?? 0]! += 1;
  }
  const order: number[] = [];
  for (let node = 0; node < nodeCount; node++) if (waiting[node] === 0) order.push(node);
  for (const node of order) for (const next of downstreams[node] ?? []) if (--waiting[next]! === 0) order.push(next);
  return Uint32Array.from(order);
}
