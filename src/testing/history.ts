/** What happened in a simulated run, in forms that compare with one `deepEqual`. */
import { RunFollower, settlingOf } from "../observe/follow.js";
import type { RunEvent } from "../run/events.js";

/** Events that say where code is called and not what becomes of it: noise in a test. */
const unlogged: ReadonlySet<string> = new Set(["nodeLeased", "leaseReturned"]);

/** Collects events. */
export class History {
  readonly follower = new RunFollower();
  readonly events: RunEvent[] = [];
  readonly log: string[] = [];
  readonly order: string[] = [];
  // Objects without a prototype: `__proto__` is a legal name of a node.
  readonly outcomes: Record<string, string> = Object.create(null);
  readonly attempts: Record<string, string[]> = Object.create(null);

  take(event: RunEvent): void {
    this.follower.take(event);
    this.events.push(event);
    if (!unlogged.has(event.type)) this.log.push(lineOf(event));
    if (!("node" in event) || event.node === undefined) return;
    const { node, type } = event;
    const settled = settlingOf(type);
    const reason = "reason" in event ? event.reason : undefined;
    if (settled !== undefined) {
      this.outcomes[node] = reason === undefined ? settled : `${settled} (${reason})`;
      // A node that was settled between two attempts has no attempt that this settles.
      if (this.attempts[node]?.at(-1) === "running") this.attempts[node][this.attempts[node].length - 1] = reason ?? settled;
    } else if (type === "nodeStarted") {
      if (!(node in this.attempts)) this.order.push(node);
      (this.attempts[node] ??= []).push("running");
    } else if (type === "attemptFailed") {
      const attempts = this.attempts[node];
      if (attempts?.at(-1) === "running") attempts[attempts.length - 1] = reason ?? "error";
    }
  }
}

/** Fields that a line shows, in this order. */
const shown = [
  "node",
  "attempt",
  "reason",
  "outcome",
  "status",
  "wait",
  "end",
  "question",
  "from",
  "verdict",
  "round",
  "count",
  "phase",
  "signal",
];

/** An event as one line: its time, its type, and what else there is to say of it. */
function lineOf(event: RunEvent): string {
  const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(event));
  const words = shown.map((name) => fields.get(name)).filter((value) => value !== undefined);
  const time = fields.get("timeMs");
  return [...(time === undefined ? [] : [time]), event.type, ...words, ...(event.type === "log" ? [event.message] : [])].join(" ");
}
