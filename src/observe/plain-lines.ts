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
    const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(event));
    const node = fields.get("node");
    const reason = fields.has("reason") ? ` (${fields.get("reason")})` : "";
    const error = fields.get("error") === undefined ? "" : `: ${messageOf(fields.get("error"))}`;
    if (event.type === "runEnded") {
      const { completed, failed, skipped, filtered, cancelled } = follower.tally;
      const counts = Object.entries({ completed, failed, skipped, filtered, cancelled }).filter(([, count]) => count > 0);
      return `run ${event.status} after ${duration(follower.timeMs)}: ${counts.map(([state, count]) => `${count} ${state}`).join(", ") || "no nodes"}`;
    }
    if (typeof node !== "string") return this.#ofRun.get(event.type);
    const name = plain(node);
    switch (event.type as string) {
      case "attemptFailed":
        return `${name} attempt ${fields.get("attempt")} failed${reason}${error}; it is tried again`;
      case "nodeFailed":
        return `${name} failed${reason}${error}`;
      case "waitOpened":
        return `${name} waits for ${plain(follower.active.get(node)?.waitsFor ?? "something")}`;
      case "attemptAbandoned":
        return `${name} attempt ${fields.get("attempt")} was abandoned: its code did not return in time`;
    }
    const container = follower.containerOf(node);
    if (container !== undefined) return this.#quarterOf(container);
    const state = settlingOf(event.type);
    if (state === undefined || (this.#total ?? 0) > manyNodes) return undefined;
    const took = settled === undefined ? "" : ` after ${duration(follower.timeMs - settled.sinceMs)}`;
    return `${name} ${state}${reason}${state === "completed" ? took : ""}`;
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
