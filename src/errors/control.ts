/** What can be wrong with waits, signals, shared state and additions while a run goes on. */
import { DagnyError, messageOf, quote } from "./base.js";
import type { ErrorCode } from "./codes.js";
import { TaskError } from "./task.js";

/** A wait that nobody ended in time. */
export class WaitTimeoutError extends TaskError {
  /** The signal that did not come; `undefined` where it is the node's own. */
  readonly signal: string | undefined;

  constructor(node: string, attempt: number, signal: string | undefined) {
    const what = signal === undefined ? "an approval" : `the signal ${quote(signal)}`;
    super(node, attempt, `node ${quote(node)}: ${what} did not come in time; give the wait a longer \`timeoutMs\`, or a \`default\``);
    this.signal = signal;
  }

  override get code(): ErrorCode {
    return "WAIT_TIMEOUT";
  }

  override get name(): string {
    return "WaitTimeoutError";
  }
}

/** A wait that was answered with no. `cause` is the reason given. */
export class RejectedError extends TaskError {
  constructor(node: string, attempt: number, reason: unknown) {
    const isObject = typeof reason === "object" && reason !== null;
    const why = typeof reason === "string" || (isObject && messageOf(reason) !== "[object Object]") ? `: ${messageOf(reason)}` : "";
    super(node, attempt, `node ${quote(node)} was rejected${why}`, { cause: reason });
  }

  override get code(): ErrorCode {
    return "REJECTED";
  }

  override get name(): string {
    return "RejectedError";
  }
}

/** A command to a run that has ended. */
export class RunOverError extends DagnyError {
  constructor(command: string) {
    super(`${command}: this run has ended; start another one`);
  }

  get code(): ErrorCode {
    return "RUN_OVER";
  }

  override get name(): string {
    return "RunOverError";
  }
}

/** A signal or an answer that nothing can hear, or whose payload does not fit. */
export class SignalError extends DagnyError {
  get code(): ErrorCode {
    return "SIGNAL_REFUSED";
  }

  override get name(): string {
    return "SignalError";
  }
}

/** A value of the shared state that has another version than was asked for. */
export class StateConflictError extends DagnyError {
  readonly key: string;
  /** The version it was to have. */
  readonly expected: number;
  /** The version it has; 0 where nobody has set it. */
  readonly version: number;

  constructor(key: string, expected: number, version: number) {
    super(`state ${quote(key)} has version ${version}, not ${expected}; read it again before setting it`);
    this.key = key;
    this.expected = expected;
    this.version = version;
  }

  get code(): ErrorCode {
    return "STATE_CONFLICT";
  }

  override get name(): string {
    return "StateConflictError";
  }
}

/** Nodes or edges that cannot be added to a run. */
export class GrowthError extends DagnyError {
  get code(): ErrorCode {
    return "GROWTH_REFUSED";
  }

  override get name(): string {
    return "GrowthError";
  }
}

/** A call that makes no sense where it is made: a wait in a predicate, say. */
export class ContextError extends DagnyError {
  get code(): ErrorCode {
    return "NOT_IN_A_TASK";
  }

  override get name(): string {
    return "ContextError";
  }
}
