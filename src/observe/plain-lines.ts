/** Progress where nothing can be drawn over: a line for what people look for in the log of a build, and a count now and then. */
import type { RunEvent } from "../run/events.js";
import { type ActiveNode, type RunFollower, settledIn, settlingOf } from "./follow.js";
import { duration, messageOf, plain } from "./text.js";

/** Runs of more nodes than this do not tell of each node that completes. */
const manyNodes = 100;
/** How far at least two counts are apart, in milliseconds of the run. */
const countEveryMs = 10_000;

/** Makes lines of events. */
export class PlainLines {
  readonly #total: number | undefined;
  #countedAt = 0;
  readonly #told = new Set<string>();

  constructor(total: number | undefined) {
    this.#total = total;
  }

  /** What to print of an event; `settled` is its node as it was, if the event settled one that had begun. */
  take(event: RunEvent, follower: RunFollower, settled: ActiveNode | undefined, leftMs: () => number | undefined): string[] {
    const line = this.#lineOf(event, follower, settled);
    const at = `${duration(follower.timeMs).padStart(9)}  `;
    const lines = line === undefined ? [] : [at + line];
    if (follower.timeMs - this.#countedAt >= countEveryMs && event.type !== "runEnded") {
      this.#countedAt = follower.timeMs;
      const left = leftMs();
      const rest = left === undefined ? "" : `, about ${duration(left)} left`;
      lines.push(`${at}${settledIn(follower.tally)}${this.#total === undefined ? "" : ` of ${this.#total}`} nodes done${rest}`);
    }
    return lines;
  }

  #lineOf(event: RunEvent, follower: RunFollower, settled: ActiveNode | undefined): string | undefined {
    switch (event.type) {
      case "runEnded": {
        const counts = Object.entries(follower.tally).filter(([, count]) => count > 0);
        const words = counts.map(([state, count]) => `${count} ${state}`).join(", ");
        return `run ${event.status} after ${duration(follower.timeMs)}: ${words || "no nodes"}`;
      }
      case "attemptFailed":
        return `${plain(event.node)} attempt ${event.attempt} failed (${event.reason})${saying(event.error)}; it is tried again`;
      case "nodeFailed":
        return `${plain(event.node)} failed (${event.reason})${saying(event.error)}`;
      case "waitOpened":
        return event.isSleep
          ? undefined
          : `${plain(event.node)} waits for ${plain(follower.active.get(event.node)?.waitsFor ?? "something")}`;
      case "attemptAbandoned":
        return `${plain(event.node)} attempt ${event.attempt} was abandoned: its code did not return in time`;
    }
    const state = settlingOf(event.type);
    if (state === undefined || !("node" in event) || event.node === undefined) return this.#ofRun.get(event.type);
    const container = follower.containerOf(event.node);
    if (container !== undefined) return this.#quarterOf(container);
    if ((this.#total ?? 0) > manyNodes) return undefined;
    const took = state === "completed" && settled !== undefined ? ` after ${duration(follower.timeMs - settled.sinceMs)}` : "";
    return `${plain(event.node)} ${state}${"reason" in event ? ` (${event.reason})` : ""}${took}`;
  }

  readonly #ofRun: ReadonlyMap<string, string> = new Map([
    ["runPaused", "run paused"],
    ["runResumed", "run resumed"],
    ["runTimedOut", "run out of time"],
    ["cancelRequested", "cancel requested"],
  ]);

  /** Containers tell when another quarter of their inside is done. */
  #quarterOf({ node, size, isGrowing, inside }: ActiveNode): string | undefined {
    if (size === undefined || isGrowing || size < 4) return undefined;
    const done = settledIn(inside);
    const key = `${node} ${Math.floor((4 * done) / size)}`;
    if (done === 0 || done === size || this.#told.has(key) || done * 4 < size) return undefined;
    this.#told.add(key);
    return `${plain(node)}: ${done} of ${size} done`;
  }
}

/** What was thrown, behind a colon; nothing where nothing was. */
function saying(error: unknown): string {
  return error === undefined ? "" : `: ${messageOf(error)}`;
}
