/** Calls of a context that only an attempt can make, and only while it goes on: waits and additions. */
import { quote } from "../errors/base.js";
import { ContextError } from "../errors/control.js";
import type { Desk } from "./desk.js";

/** Throws where no attempt calls, or one that was told to stop (its signal's reason) or has ended. `what` is what it wants to do. */
export function expectAttempt(desk: Desk, node: number, attempt: number, call: string, what: "wait" | "grow the run"): void {
  if (attempt === 0) {
    throw new ContextError(`node ${quote(desk.nameOf(node))}, ${call}: only a task can ${what}, no predicate and no undo`);
  }
  desk.throwIfTold(node, attempt);
  if (desk.isGoingOn(node, attempt)) return;
  throw new ContextError(
    `node ${quote(desk.addressOf(node))}, ${call}: attempt ${attempt} has ended; await what a task starts before it returns`,
  );
}
