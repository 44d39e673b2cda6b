/**
 * What an observer knows of a run, folded from its events: who runs, who waits, how many have settled, in every container by itself.
 *
 * I1 Nodes that have settled are forgotten, but for counts: what is kept is linear in what runs or waits, and in open containers.
 * I2 It reads events and nothing else, so it may begin anywhere in a run, and nothing it does can change one.
 */
import type { RunEvent } from "../run/events.js";

/** How nodes ended, counted. */
export interface Tally {
  completed: number;
  failed: number;
  skipped: number;
  filtered: number;
  cancelled: number;
}

/** A node that has begun and has not settled. */
export interface ActiveNode {
  /** The text of its address. */
  readonly node: string;
  /** `running`: its code runs, or it is an open container. `waiting`: between attempts or parked. */
  state: "running" | "waiting";
  attempt: number;
  /** Whether it holds a lane: its code runs. Containers and wait nodes never do. */
  hasLane: boolean;
  /** When its attempt began, in milliseconds since the run's start. */
  sinceMs: number;
  /** What it waits for, while it does. */
  waitsFor: string | undefined;
  /** If it is a container that has opened: how many nodes are directly inside it (of a map: items known so far). */
  size: number | undefined;
  /** Whether a map may still get items. */
  isGrowing: boolean;
  /** How the nodes directly inside it ended. */
  readonly inside: Tally;
}

const settledAs: Readonly<Record<string, keyof Tally | undefined>> = {
  nodeCompleted: "completed",
  nodeFailed: "failed",
  nodeSkipped: "skipped",
  nodeFiltered: "filtered",
  nodeCancelled: "cancelled",
};

/** How an event settled its node; `undefined` for events that settle none. */
export function settlingOf(type: string): keyof Tally | undefined {
  return settledAs[type];
}

/** The text of the address of the container that a node is in; `undefined` for a node of the run itself. */
export function containerOf(node: string, isActive: (node: string) => boolean): string | undefined {
  // A slash may belong to the name of a top-level node, which is never escaped: only a container that is open can have nodes inside.
  for (let at = node.lastIndexOf("/"); at > 0; at = node.lastIndexOf("/", at - 1)) {
    const container = node.slice(0, at);
    if (isActive(container)) return container;
  }
  return undefined;
}

/** The fold. */
export class RunFollower {
  /** Nodes that have begun and have not settled, in the order in which they began. */
  readonly active = new Map<string, ActiveNode>();
  /** How the nodes of the run itself ended. */
  readonly tally: Tally = emptyTally();
  /** The time of the last event, in milliseconds since the run's start. */
  timeMs = 0;
  runId: string | undefined;

  /** Takes one event in. Answers with the node as it was, if the event settled one that had begun. */
  take(event: RunEvent): ActiveNode | undefined {
    if ("timeMs" in event) this.timeMs = event.timeMs;
    if ("runId" in event && typeof event.runId === "string") this.runId = event.runId;
    if (!("node" in event) || event.node === undefined) return undefined;
    const settled = settlingOf(event.type);
    if (settled !== undefined) return this.#settle(event.node, settled);
    const active = this.active.get(event.node);
    switch (event.type) {
      case "nodeStarted":
        this.#begin(event.node, event.attempt, event.lane !== undefined);
        break;
      case "nodeResumed":
        if (active !== undefined) Object.assign(active, { state: "running", waitsFor: undefined, hasLane: event.lane !== undefined });
        break;
      case "attemptFailed":
        if (active !== undefined) Object.assign(active, { state: "waiting", waitsFor: "a retry", hasLane: false, size: undefined });
        break;
      case "waitOpened": {
        const waitsFor = event.isSleep ? "a time" : event.signal === undefined ? "an answer" : `signal ${JSON.stringify(event.signal)}`;
        if (active !== undefined) Object.assign(active, { state: "waiting", waitsFor, hasLane: false });
        break;
      }
      case "scopeOpened":
        if (active !== undefined)
          Object.assign(active, { size: event.nodeCount, isGrowing: false, inside: emptyTally(), sinceMs: this.timeMs });
        break;
      case "itemsAdded":
        if (active !== undefined) Object.assign(active, { size: (active.size ?? 0) + event.count, isGrowing: !event.isDone });
        break;
    }
    return undefined;
  }

  /** The container that a node is in, as far as it is open. */
  containerOf(node: string): ActiveNode | undefined {
    const container = containerOf(node, (name) => this.active.has(name));
    return container === undefined ? undefined : this.active.get(container);
  }

  #begin(node: string, attempt: number, hasLane: boolean): void {
    this.active.set(node, {
      node,
      state: "running",
      attempt,
      hasLane,
      sinceMs: this.timeMs,
      waitsFor: undefined,
      size: undefined,
      isGrowing: false,
      inside: emptyTally(),
    });
  }

  #settle(node: string, how: keyof Tally): ActiveNode | undefined {
    const active = this.active.get(node);
    this.active.delete(node);
    const { inside } = this.containerOf(node) ?? { inside: this.tally };
    inside[how]++;
    return active;
  }
}

function emptyTally(): Tally {
  return { completed: 0, failed: 0, skipped: 0, filtered: 0, cancelled: 0 };
}

/** How many nodes a tally counts. */
export function settledIn({ completed, failed, skipped, filtered, cancelled }: Tally): number {
  return completed + failed + skipped + filtered + cancelled;
}
