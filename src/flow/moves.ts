/**
 * Edges that say `move`: their downstream takes the upstream's output over, so it is the only one that reads it, and has one attempt: what
 * was taken over cannot be had again.
 */
import type { GraphCore } from "../dag/graph-core.js";
import { type DagnyError, quote } from "../errors/base.js";
import { ConflictingOptionsError } from "../errors/options.js";
import { TaskDefinition } from "./definition.js";

/** The edges of a level that move, by local node ids. */
export interface Moves {
  /** Upstreams whose output moves, and where it goes. */
  readonly from: ReadonlyMap<number, number>;
  /** Nodes that take over outputs, and whose, ascending. */
  readonly into: ReadonlyMap<number, readonly number[]>;
}

/** The edges that move; `null` where none does. What stands for a node from the start is lent to each run, and never moves. */
export function movesOf(core: GraphCore, given: ReadonlyMap<number, unknown>): Moves | null {
  const edges = movingEdges(core).filter(({ from }) => !given.has(from));
  if (edges.length === 0) return null;
  const from = new Map<number, number>();
  const into = new Map<number, number[]>();
  for (const edge of edges) {
    from.set(edge.from, edge.to);
    const upstreams = into.get(edge.to);
    if (upstreams === undefined) into.set(edge.to, [edge.from]);
    else upstreams.push(edge.from);
  }
  return { from, into };
}

interface MovingEdge {
  /** The edge's number. */
  readonly edge: number;
  readonly from: number;
  readonly to: number;
}

/** O(1) where no edge says it, else O(m). */
function movingEdges({ edges, native }: GraphCore): MovingEdge[] {
  const moving = Array.from(edges.move ?? [], ([edge, isMoving]) => (isMoving ? edge : -1)).filter((edge) => edge !== -1);
  if (moving.length === 0) return [];
  const pairs = native.edges();
  return moving.sort((a, b) => a - b).map((edge) => ({ edge, from: pairs[2 * edge] ?? 0, to: pairs[2 * edge + 1] ?? 0 }));
}

/** What is wrong with the edges that move, by edge. `taskOf` answers with what a node does, as far as it is known. */
export function moveFaults(core: GraphCore, taskOf: (node: number) => unknown): DagnyError[] {
  const { names, nodes, edges, native } = core;
  const faults: DagnyError[] = [];
  for (const { edge, from, to } of movingEdges(core)) {
    const upstream = quote(names[from] ?? "");
    const downstream = quote(names[to] ?? "");
    const owner = `edge ${upstream} -> ${downstream}`;
    const add = (options: readonly string[], why: string): void => {
      faults.push(new ConflictingOptionsError(["move", ...options], `\`move\`: ${why}`, owner));
    };
    const others = Array.from(native.successors(from)).filter((node) => node !== to);
    if (others.length > 0) {
      const readers = others.slice(0, 10).map((node) => `${upstream} -> ${quote(names[node] ?? "")}`);
      add([], `the output of node ${upstream} has other readers (${readers.join(", ")}), and only one can take it over`);
    }
    const taken = `node ${downstream} takes over what cannot be had again, and so has one attempt`;
    if ((nodes.maxAttempts?.get(to) ?? 1) > 1) add(["retry"], `${taken}: leave out its \`retry\`, or \`move\``);
    if ((nodes.maxCrashes?.get(to) ?? 0) > 0) add(["maxCrashes"], `${taken}: leave out its \`maxCrashes\`, or \`move\``);
    if (edges.filter?.has(edge)) add(["filter"], "a `filter` makes a copy of what passes: leave one of them out");
    if (nodes.undo?.has(from)) add(["undo"], `to undo node ${upstream} its output is needed: leave one of them out`);
    for (const node of [from, to]) {
      if (!isFunction(taskOf(node)))
        add([], `node ${quote(names[node] ?? "")} is no function: only what a function gives to a function can move`);
    }
  }
  return faults;
}

/** Whether a task is called, as far as it is known. */
function isFunction(task: unknown): boolean {
  const spec = TaskDefinition.specOf(task);
  return spec === undefined || spec.kind === "module" || spec.kind === "command";
}
