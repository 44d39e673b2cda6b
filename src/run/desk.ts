/** What the concerns of a run (questions, waits, growth, items, …) see of its driver. */
import type { Door, NativeRun } from "../native/index.js";
import type { ContextHost } from "./context.js";
import type { HostEvent } from "./events.js";
import type { Extras } from "./extras.js";

/** The driver's side of a run. Nodes are ids of the whole run. */
export interface Desk extends ContextHost {
  readonly extras: Extras;
  readonly run: NativeRun;
  /** What the run was given as `params`. */
  readonly params: unknown;
  /** Outputs by node; a hole where there is none, or where a thread has made it and nobody has read it here: see {@link Desk.outputOf}. */
  readonly outputs: unknown[];
  /** What the last attempt of a node threw, or why it failed. */
  readonly errors: Map<number, unknown>;
  /** The extras, where the run has needed any. */
  readonly knownExtras: Extras | undefined;
  /** What a node that is no container has put out, wherever it ran. */
  outputOf(node: number): unknown;
  now(): number;
  /** The address of a node, as text. */
  addressOf(node: number): string;
  /**
   * The door, with room for one more input, for something that is about to be reported; `undefined` where the run is over. What is
   * reported is heard within this turn.
   */
  report(): Door | undefined;
  /** Nobody reads the output of a node any more. */
  release(node: number): void;
  /** Has what was reported heard at once. Call it after a command, so that no later input of the same turn shares its batch. */
  flush(): void;
  /** Has it heard before anything else is called. */
  hurry(): void;
  /** Throws the reason where an attempt was told to stop. */
  throwIfTold(node: number, attempt: number): void;
  /** Whether an attempt is being called, or its node has not settled: else nothing would come of what it asks for. */
  isGoingOn(node: number, attempt: number): boolean;
  /** Says something that the core does not decide, if anybody listens. */
  say(event: HostEvent): void;
  /** From now on a base node is called by {@link Extras.call}: its inputs, or what a lease of it means, have become special. */
  markSpecial(node: number): void;
  /** The same, said before what makes it so crosses to the core: no thread takes it for a plain one in between. */
  expectSpecial(node: number): void;
  /** The inputs of a base node that is not special; `undefined` of others. */
  viewOf(node: number): object | undefined;
  /** The attempt timeout of a node, in milliseconds; NaN for none. */
  timeoutOf(node: number): number;
}
