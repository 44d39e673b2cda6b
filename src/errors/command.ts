/** What can be wrong with commands: they failed, or could not be run at all. */
import { quote } from "./base.js";
import type { ErrorCode } from "./codes.js";
import { TaskError } from "./task.js";

/** What is known of a command that failed. */
export interface CommandFailure {
  /** The command and its arguments, quoted as a shell would take them. */
  readonly command: string;
  /** What it exited with; `undefined` where a signal ended it, or where it was not started. */
  readonly exitCode?: number | undefined;
  /** The signal that ended it. */
  readonly signal?: string | undefined;
  /** What it wrote to its standard output, as far as that was kept. */
  readonly stdout?: string | undefined;
  /** What it wrote to its standard error, as far as that was kept. */
  readonly stderr?: string | undefined;
}

/** A command that exited with a code it should not have, was ended by a signal, put out more than it may, or could not be started. */
export class CommandError extends TaskError {
  /** The command and its arguments, quoted as a shell would take them. */
  readonly command: string;
  /** What it exited with; `undefined` where a signal ended it, or where it was not started. */
  readonly exitCode: number | undefined;
  /** The signal that ended it: `SIGKILL`, say. */
  readonly signal: string | undefined;
  /** What it wrote to its standard output, as far as that was kept. */
  readonly stdout: string;
  /** What it wrote to its standard error, as far as that was kept. */
  readonly stderr: string;

  /** `fault` says what happened, and what to do where that can be known. */
  constructor(node: string, attempt: number, fault: string, failure: CommandFailure, options?: ErrorOptions) {
    super(node, attempt, `node ${quote(node)}: ${fault}`, options);
    this.command = failure.command;
    this.exitCode = failure.exitCode;
    this.signal = failure.signal;
    this.stdout = failure.stdout ?? "";
    this.stderr = failure.stderr ?? "";
  }

  override get code(): ErrorCode {
    return "COMMAND_FAILED";
  }

  override get name(): string {
    return "CommandError";
  }
}

/** Why a command could not be run: there is no such program, it may not be run, what runs it or the directory to run it in is not there. */
export type CommandFault = "notFound" | "notExecutable" | "noInterpreter" | "noDirectory";

/** A command that does not exist, or cannot be run. */
export class CommandNotFoundError extends CommandError {
  readonly fault: CommandFault;

  constructor(node: string, attempt: number, fault: CommandFault, what: string, command: string) {
    super(node, attempt, what, { command });
    this.fault = fault;
  }

  override get code(): ErrorCode {
    return "COMMAND_NOT_FOUND";
  }

  override get name(): string {
    return "CommandNotFoundError";
  }
}
