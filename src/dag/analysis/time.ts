/** When things would happen if every task took its cost: critical path, bottom levels, execution plan. Names out. */
import type { GraphCore } from "../graph-core.js";
import { type CriticalPathIds, type ExecutionPlanIds, GraphIds } from "./ids.js";
import { byName, idOf, nameAt, namesOf } from "./names.js";

/** When a node can start, in the unit of the costs. */
export interface NodeTimes {
  /** The earliest time at which it can start. */
  readonly earliest: number;
  /** The latest time at which it can start without delaying the end of the whole. */
  readonly latest: number;
  /** The difference; exactly 0 on a critical path. */
  readonly slack: number;
}

/** The path that decides how long everything takes, and how much room the other nodes have. */
export class CriticalPath<N extends string = string> {
  /** The nodes of the path, first to last; empty for an empty graph. */
  readonly path: readonly N[];
  /** What the path costs: the least time in which everything can be done, whatever the number of workers. */
  readonly cost: number;
  /** The same in ids, with the times of all nodes as columns. */
  readonly ids: CriticalPathIds;
  readonly #core: GraphCore;

  constructor(core: GraphCore, ids: CriticalPathIds) {
    this.#core = core;
    this.ids = ids;
    this.path = namesOf(core, ids.path) as N[];
    this.cost = ids.cost;
  }

  /** The times of one node. Throws `NodeNotFoundError`. */
  times(name: N): NodeTimes {
    const id = idOf(this.#core, name);
    return { earliest: this.ids.earliest[id] ?? 0, latest: this.ids.latest[id] ?? 0, slack: this.ids.slack[id] ?? 0 };
  }

  /** Earliest start by node name. Made when read; has no prototype. */
  get earliest(): Readonly<Record<N, number>> {
    return byName(this.#core, (id) => this.ids.earliest[id] ?? 0);
  }

  /** Latest start by node name. Made when read; has no prototype. */
  get latest(): Readonly<Record<N, number>> {
    return byName(this.#core, (id) => this.ids.latest[id] ?? 0);
  }

  /** Slack by node name. Made when read; has no prototype. */
  get slack(): Readonly<Record<N, number>> {
    return byName(this.#core, (id) => this.ids.slack[id] ?? 0);
  }

  /** All nodes without slack, in node order: those on at least one critical path. */
  get critical(): readonly N[] {
    const ids = Uint32Array.from(this.ids.slack.keys()).filter((id) => this.ids.slack[id] === 0);
    return namesOf(this.#core, ids) as N[];
  }
}

/**
 * The costliest path through the graph, with the earliest and latest start and the slack of every node (the critical path method). A
 * missing cost is 1.
 *
 * Of several critical paths the choice is fixed: it starts at the node added first and goes on to the downstream added first. A slack
 * that rounding alone can explain is 0. O(n + m).
 */
export function criticalPath(core: GraphCore): CriticalPath {
  return new CriticalPath(core, new GraphIds(core).criticalPath());
}

/** For each node the cost of the costliest path that starts with it, its own included, by name. Has no prototype. O(n + m). */
export function bottomLevels(core: GraphCore): Record<string, number> {
  const levels = new GraphIds(core).bottomLevels();
  return byName(core, (id) => levels[id] ?? 0);
}

/** Nodes that start together; none of them waits for another. */
export interface PlanStep<N extends string = string> {
  readonly start: number;
  readonly nodes: readonly N[];
}

/** One node of a plan. */
export interface PlannedNode<N extends string = string> {
  readonly name: N;
  readonly start: number;
  readonly finish: number;
  /** The worker it occupies, from 0. */
  readonly worker: number;
}

/** When each node would start, and on which worker. */
export class ExecutionPlan<N extends string = string> {
  /** When everything is done. */
  readonly makespan: number;
  /** How many workers are busy at most. */
  readonly workers: number;
  /** The same in ids. */
  readonly ids: ExecutionPlanIds;
  readonly #core: GraphCore;

  constructor(core: GraphCore, ids: ExecutionPlanIds) {
    this.#core = core;
    this.ids = ids;
    this.makespan = ids.makespan;
    this.workers = ids.workers;
  }

  /** What starts together, in order of time; of nodes without cost and their downstreams, which start at one time, in order of cause. */
  get steps(): readonly PlanStep<N>[] {
    const { order, stepStarts, start } = this.ids;
    const steps: PlanStep<N>[] = [];
    for (let step = 0; step + 1 < stepStarts.length; step++) {
      const nodes = order.subarray(stepStarts[step], stepStarts[step + 1]);
      steps.push({ start: start[nodes[0] ?? 0] ?? 0, nodes: namesOf(this.#core, nodes) as N[] });
    }
    return steps;
  }

  /** All nodes in the order they start. */
  get nodes(): readonly PlannedNode<N>[] {
    return Array.from(this.ids.order, (id) => this.#planned(id));
  }

  /** The plan of one node. Throws `NodeNotFoundError`. */
  get(name: N): PlannedNode<N> {
    return this.#planned(idOf(this.#core, name));
  }

  #planned(id: number): PlannedNode<N> {
    const { start, finish, worker } = this.ids;
    return { name: nameAt(this.#core, id) as N, start: start[id] ?? 0, finish: finish[id] ?? 0, worker: worker[id] ?? 0 };
  }
}

/**
 * The plan of a run on so many workers (without a number: as many as it takes), if every task took its cost, of which a missing one is 1.
 *
 * A list schedule: no worker is idle while a node is ready, and of the ready nodes those first in the order of a run (priority, then
 * bottom level, then node order) start. Its makespan is what such a run takes; at most (2 - 1 / workers) times the least possible.
 * O(m + n log n). Throws `InvalidOptionError`.
 */
export function executionPlan(core: GraphCore, workers?: number): ExecutionPlan {
  return new ExecutionPlan(core, new GraphIds(core).executionPlan(workers));
}
