/**
 * How the base graph of a flow is laid out for threads: which nodes go from thread to thread without the main thread, which outputs of others
 * those read, and what threads are told of the functions they call. Made once for a plan.
 */
import { v8 } from "../builtins.js";
import type { GraphCore } from "../dag/graph-core.js";
import type { Lowered, ThreadedNodes } from "../flow/lowered.js";
import type { NativePlan } from "../native/index.js";
import { upstreamsOf } from "../run/inputs.js";
import { specialNodesOf } from "../run/plain-tasks.js";
import type { RunDescription } from "./messages.js";

/** The layout of a base graph that has threaded nodes. */
export interface ThreadLayout {
  /**
   * By node: the place of its function in the description plus one, where its inputs are just the outputs of its upstreams, as they are known
   * the moment the core lets it start; else 0.
   */
  readonly direct: Uint32Array;
  /** By node: 1 where it runs on this thread and a direct node reads its output. */
  readonly isRead: Uint8Array;
  /** How many nodes are direct. */
  readonly directCount: number;
  /** Whether a direct node has upstreams, whose names it needs. */
  readonly needsNames: boolean;
  /** What threads are told of runs that keep so much, where nothing has to be added to it. */
  readonly descriptions: Map<RunDescription["keep"], Uint8Array>;
}

const layouts = new WeakMap<NativePlan, { readonly threads: ThreadedNodes; readonly layout: ThreadLayout }>();

/** The layout of a base level. O(n + m) once for each plan and its functions. */
export function layoutOf(level: Lowered, threads: ThreadedNodes): ThreadLayout {
  const known = layouts.get(level.plan);
  if (known?.threads === threads) return known.layout;
  const layout = makeLayout(level, threads);
  layouts.set(level.plan, { threads, layout });
  return layout;
}

function makeLayout(level: Lowered, { moduleOf }: ThreadedNodes): ThreadLayout {
  const { core, plan, waits, caches, given } = level;
  const direct = moduleOf.slice();
  for (const node of specialNodesOf(level)) direct[node] = 0;
  const { starts, ids } = upstreamsOf(core, plan);
  const isRead = new Uint8Array(direct.length);
  let directCount = 0;
  let needsNames = false;
  // What comes from outside (the payload of a signal, a cached output, a given value) this thread has, and not before the node has settled.
  const isOutside = waits.size + caches.size + given.size > 0;
  for (let node = 0; node < direct.length; node++) {
    if (direct[node] === 0) continue;
    const start = starts[node] ?? 0;
    const end = starts[node + 1] ?? start;
    if (isOutside) {
      const hasOutside = ids.subarray(start, end).some((upstream) => waits.has(upstream) || caches.has(upstream) || given.has(upstream));
      if (hasOutside) direct[node] = 0;
    }
    if (direct[node] === 0) continue;
    directCount++;
    if (end > start) needsNames = true;
    for (let i = start; i < end; i++) {
      const upstream = ids[i] as number;
      if (moduleOf[upstream] === 0) isRead[upstream] = 1;
    }
  }
  return { direct, isRead, directCount, needsNames, descriptions: new Map() };
}

const namesByCore = new WeakMap<GraphCore, Uint8Array>();

/** The names of a graph's nodes as threads are told of them. Made once. */
export function crossingNames(core: GraphCore): Uint8Array {
  const known = namesByCore.get(core) ?? v8().serialize(core.names);
  namesByCore.set(core, known);
  return known;
}
