/**
 * Which code of the user's own is at work in a simulated run, as far as its events tell: attempts, also those told to stop that have not
 * returned, predicates, undo, and what gives a map its items.
 *
 * I1 Every event, and every question whether anything is at work, costs a constant, but for maps that may still get items: each of those is
 * looked at. A run of a hundred thousand waits is asked a hundred thousand times.
 */
import { type RunFollower, settlingOf } from "../observe/follow.js";
import type { RunEvent } from "../run/events.js";

/** What stands for an attempt of a node. */
export function attemptKey(node: string, attempt: number): string {
  return `${attempt} ${node}`;
}

/** What stands for the call that undoes a node. */
export function undoKey(node: string): string {
  return `undo of ${node}`;
}

/** Follows the code of one run. */
export class AtWork {
  readonly #follower: RunFollower;
  /** Code that has been called and has not returned, or has parked. */
  readonly #called = new Set<string>();
  /** Of that, what waits for simulated time, or for nothing at all. Code may say so before the event that it was called. */
  readonly #idle = new Set<string>();
  /** What of the called is not idle, and worth waiting for. */
  readonly #busy = new Set<string>();
  /** What patience was lost with. */
  readonly #givenUp = new Set<string>();
  /** Questions without an answer, by node. */
  readonly #asked = new Map<string, Set<string>>();
  /** Maps that may get more items, as far as can be told: how many items they have (-1: none known), and how many of them have begun. */
  readonly #maps = new Map<string, { size: number; begun: number }>();

  /** `follower` hears each event after this does. */
  constructor(follower: RunFollower) {
    this.#follower = follower;
  }

  /** Tells that code waits for simulated time alone, or for nothing at all; the function returned takes it back. */
  idle(keys: readonly string[]): () => void {
    for (const key of keys) {
      this.#idle.add(key);
      this.#busy.delete(key);
    }
    return () => {
      for (const key of keys) {
        this.#idle.delete(key);
        if (this.#called.has(key)) this.#add(key);
      }
    };
  }

  /** Takes an event in. */
  take(event: RunEvent): void {
    if (!("node" in event) || event.node === undefined) return;
    const { node, type } = event;
    const settled = settlingOf(type);
    const active = this.#follower.active.get(node);
    if (settled !== undefined || type === "attemptFailed") {
      for (const question of this.#asked.get(node) ?? []) this.#drop(question);
      this.#asked.delete(node);
      this.#maps.delete(node);
      // What ended by itself has returned; what was stopped, or ran out of time, says so with an event of its own.
      const isStopped = type === "nodeCancelled" || ("reason" in event && event.reason === "timeout");
      if (active !== undefined && !isStopped) this.#drop(attemptKey(node, active.attempt));
    }
    if (settled !== undefined ? active === undefined : type === "nodeStarted" && event.attempt === 1) {
      const map = this.#maps.get(this.#follower.containerOf(node)?.node ?? "");
      if (map !== undefined) map.begun++;
    }
    switch (event.type) {
      case "nodeStarted":
      case "nodeResumed":
        if (event.lane !== undefined) this.#call(attemptKey(node, event.attempt));
        // A map, or another thing without a lane: then its next event says which.
        else if (event.type === "nodeStarted") this.#maps.set(node, { size: -1, begun: 0 });
        break;
      case "waitOpened":
        this.#maps.delete(node);
        this.#drop(attemptKey(node, event.attempt));
        break;
      case "scopeOpened":
        this.#maps.delete(node);
        break;
      case "itemsAdded": {
        const map = this.#maps.get(node);
        if (event.isDone) this.#maps.delete(node);
        else if (map !== undefined) map.size = Math.max(0, map.size) + event.count;
        break;
      }
      case "lateOutcome":
      case "attemptAbandoned":
        this.#drop(attemptKey(node, event.attempt));
        break;
      case "predicateAsked":
      case "predicateAnswered": {
        const question = `${event.question} ${event.from} of ${node}`;
        const open = this.#asked.get(node) ?? new Set();
        this.#asked.set(node, open);
        if (event.type === "predicateAsked") {
          open.add(question);
          this.#call(question);
        } else {
          open.delete(question);
          this.#drop(question);
        }
        break;
      }
      case "undoStarted":
        this.#call(undoKey(node));
        break;
      case "undoCompleted":
      case "undoFailed":
        this.#drop(undoKey(node));
    }
  }

  /** Whether anything is at work. */
  get isBusy(): boolean {
    return this.#busy.size > 0 || this.#waitingMaps().length > 0;
  }

  /** Waits no more for what is at work now. */
  giveUp(): void {
    for (const key of [...this.#busy, ...this.#waitingMaps()]) this.#givenUp.add(key);
    this.#busy.clear();
  }

  /** Maps whose items have all begun are asked for more. */
  #waitingMaps(): string[] {
    const asked = Array.from(this.#maps, ([node, { size, begun }]) => (begun >= size ? `items of ${node}, after ${size}` : undefined));
    return asked.filter((key): key is string => key !== undefined && !this.#givenUp.has(key));
  }

  #call(key: string): void {
    this.#called.add(key);
    if (!this.#idle.has(key)) this.#add(key);
  }

  #add(key: string): void {
    if (!this.#givenUp.has(key)) this.#busy.add(key);
  }

  #drop(key: string): void {
    this.#called.delete(key);
    this.#busy.delete(key);
  }
}
