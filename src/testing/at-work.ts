/**
 * Which code of the user's own is at work in a simulated run, as far as its events tell: attempts, also those told to stop that have not
 * returned, predicates, undo, and what gives a map its items.
 */
import type { RunFollower } from "../observe/follow.js";
import { settlingOf } from "../observe/follow.js";
import type { RunEvent } from "../run/events.js";

/** What stands for an attempt of a node. */
export function attemptKey(node: string, attempt: number): string {
  return `${attempt} ${node}`;
}

/** Follows the code of one run. */
export class AtWork {
  readonly #follower: RunFollower;
  /** Attempts told to stop whose code has not returned. */
  readonly #stopped = new Set<string>();
  /** Questions without an answer, by node. */
  readonly #asked = new Map<string, Set<string>>();
  /** Nodes whose undo has begun. */
  readonly #undoing = new Set<string>();
  /** How many nodes directly inside each open container have begun, or settled without. */
  readonly #begun = new Map<string, number>();

  /** `follower` hears each event after this does. */
  constructor(follower: RunFollower) {
    this.#follower = follower;
  }

  /** Takes an event in. */
  take(event: RunEvent): void {
    if (!("node" in event) || event.node === undefined) return;
    const { node, type } = event;
    const active = this.#follower.active.get(node);
    const settled = settlingOf(type);
    if (settled !== undefined || type === "attemptFailed") {
      this.#asked.delete(node);
      this.#begun.delete(node);
      // What ended by itself has returned; what was stopped, or ran out of time, says so with an event of its own.
      const isStopped = type === "nodeCancelled" || ("reason" in event && event.reason === "timeout");
      if (isStopped && active?.hasLane === true) this.#stopped.add(attemptKey(node, active.attempt));
    }
    if ((settled !== undefined && active === undefined) || (type === "nodeStarted" && event.attempt === 1)) {
      const container = this.#follower.containerOf(node)?.node;
      if (container !== undefined) this.#begun.set(container, (this.#begun.get(container) ?? 0) + 1);
    }
    switch (event.type) {
      case "lateOutcome":
      case "attemptAbandoned":
        this.#stopped.delete(attemptKey(node, event.attempt));
        break;
      case "predicateAsked":
        if (!this.#asked.has(node)) this.#asked.set(node, new Set());
        this.#asked.get(node)?.add(`${event.question} ${event.from}`);
        break;
      case "predicateAnswered":
        this.#asked.get(node)?.delete(`${event.question} ${event.from}`);
        break;
      case "undoStarted":
        this.#undoing.add(node);
        break;
      case "undoCompleted":
      case "undoFailed":
        this.#undoing.delete(node);
        break;
      case "scopeOpened":
        this.#begun.set(node, 0);
    }
  }

  /** What is at work now, in words that stand for it; `isIdle` tells of an attempt that it waits for simulated time, or for nothing. */
  now(isIdle: (attempt: string) => boolean): string[] {
    const found = [...this.#stopped];
    for (const { node, attempt, hasLane, state, size, isGrowing } of this.#follower.active.values()) {
      if (hasLane) found.push(attemptKey(node, attempt));
      // A map is asked for more items when all that it has have begun. It is a map where it has neither a lane nor a size, or is growing.
      else if (state === "running" && (size === undefined || (isGrowing && (this.#begun.get(node) ?? 0) >= size)))
        found.push(`items of ${node}, after ${size}`);
    }
    for (const [node, questions] of this.#asked) for (const question of questions) found.push(`${question} of ${node}`);
    for (const node of this.#undoing) found.push(`undo of ${node}`);
    return found.filter((key) => !isIdle(key));
  }
}
