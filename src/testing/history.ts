/** What happened in a simulated run, in forms that compare with one `deepEqual`. */
import { RunFollower, settlingOf } from "../observe/follow.js";
import type { RunEvent } from "../run/events.js";
import { AtWork } from "./at-work.js";

/** Events that say where code is called and not what becomes of it: noise in a test. */
const unlogged: ReadonlySet<string> = new Set(["nodeLeased", "leaseReturned"]);

/** Collects events. */
export class History {
  readonly follower = new RunFollower();
  readonly atWork = new AtWork(this.follower);
  readonly events: RunEvent[] = [];
  readonly log: string[] = [];
  readonly order: string[] = [];
  readonly outcomes = new Map<string, string>();
  readonly attempts = new Map<string, string[]>();

  take(event: RunEvent): void {
    this.atWork.take(event);
    this.follower.take(event);
    this.events.push(event);
    if (!unlogged.has(event.type)) this.log.push(lineOf(event));
    if (!("node" in event) || event.node === undefined) return;
    const { node, type } = event;
    const settled = settlingOf(type);
    const reason = "reason" in event ? event.reason : undefined;
    const attempts = this.attempts.get(node);
    if (settled !== undefined) this.outcomes.set(node, reason === undefined ? settled : `${settled} (${reason})`);
    // A node that was settled between two attempts has no attempt that this settles.
    if ((settled !== undefined || type === "attemptFailed") && attempts?.at(-1) === "running") {
      attempts[attempts.length - 1] = reason ?? settled ?? "error";
    }
    if (type !== "nodeStarted") return;
    if (attempts === undefined) {
      this.order.push(node);
      this.attempts.set(node, ["running"]);
    } else attempts.push("running");
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
