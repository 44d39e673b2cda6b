/** What the concerns of a run (questions, waits, growth, items, …) see of its driver. */
import type { Door, NativeRun } from "../native/index.js";
import type { ContextHost } from "./context.js";
import type { HostEvent } from "./events.js";

/** The driver's side of a run. Nodes are ids of the whole run. */
export interface Desk extends ContextHost {
  readonly run: NativeRun;
  /** What the run was given as `params`. */
  readonly params: unknown;
  /** Outputs by node; a hole where there is none. */
  readonly outputs: unknown[];
  /** What the last attempt of a node threw, or why it failed. */
  readonly errors: Map<number, unknown>;
  now(): number;
  /** The address of a node, as text. */
  addressOf(node: number): string;
  /**
   * The door, with room for one more input, for something that is about to be reported; `undefined` where the run is over. What is
   * reported is heard within this turn.
   */
  report(): Door | undefined;
  /** Has what was reported heard at once. Call it after a command, so that no later input of the same turn shares its batch. */
  flush(): void;
  /** Has it heard before anything else is called. */
  hurry(): void;
  /** Throws `ContextError` where an attempt that calls has ended already, and nothing would come of it. */
  expectGoingOn(node: number, attempt: number, call: string): void;
  /** Says something that the core does not decide, if anybody listens. */
  say(event: HostEvent): void;
  /** From now on a base node is called by {@link Extras.call}: its inputs, or what a lease of it means, have become special. */
  markSpecial(node: number): void;
  /** The inputs of a base node that is not special; `undefined` of others. */
  viewOf(node: number): object | undefined;
  /** The attempt timeout of a node, in milliseconds; NaN for none. */
  timeoutOf(node: number): number;
}
