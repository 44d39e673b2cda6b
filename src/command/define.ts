/** `task.command`: a task that is a program of the operating system. */
import { TaskDefinition } from "../flow/definition.js";
import { commandFunction } from "./function.js";
import { type CommandArgs, type CommandEncoding, type CommandOptions, type CommandText, checkedCommand } from "./options.js";

/** What a command puts out. */
export interface CommandOutput<T extends string | Buffer = string> {
  /** What it exited with: one of `okExitCodes`. */
  readonly exitCode: number;
  /** The end of its standard output: all of it, where it is not longer than `maxOutputBytes`. */
  readonly stdout: T;
  /** The end of its standard error. */
  readonly stderr: T;
  /** Whether anything is missing from one of the two. */
  readonly isTruncated: boolean;
  /** How many bytes its standard output had in all. */
  readonly stdoutBytes: number;
  /** How many bytes its standard error had in all. */
  readonly stderrBytes: number;
  /** Whether something it left running still held its output half a second after it had exited; what that writes is not here. */
  readonly isLeftOpen: boolean;
}

/**
 * A task that is a command: `cmd` is a path, a file URL, or a name that is looked up in the command's own `PATH`. It is started as it is,
 * by no shell, in a process group of its own, and holds no thread of JavaScript while it goes on; how many do so at once, the executor's
 * `maxCommands` says. Its output is what it exited with and what it wrote.
 *
 * An attempt that is told to stop (its timeout, a cancel, the first failure of the run) ends the whole group: `killSignal`, and after
 * `killGraceMs` by force; so does the end of the run, or of this process. Each attempt is a process of its own. An exit code that is not
 * one of `okExitCodes` fails it with `CommandError`, a command that cannot be run with `CommandNotFoundError`. Throws on wrong options.
 *
 * @example builder.task("encode", ["fetch"], task.command("ffmpeg", ({ fetch }) => ["-i", fetch.path, "out.webm"]), { timeoutMs: 60_000 })
 */
export function command<Inputs = unknown, E extends CommandEncoding = "utf8">(
  cmd: string | URL,
  args: CommandArgs<Inputs> = [],
  options: CommandOptions<Inputs, E> = {},
): TaskDefinition<Inputs, CommandOutput<CommandText<E>>> {
  const plan = checkedCommand(cmd, args, options);
  return new TaskDefinition<Inputs, CommandOutput<CommandText<E>>>({ ...plan, kind: "command", task: commandFunction(plan) });
}
