/** What a command takes, as users write it, and checked. */
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { OptionCheck } from "../dag/option-check.js";
import type { DagnyError } from "../errors/base.js";
import { nearest } from "../errors/did-you-mean.js";
import { errorOf } from "../errors/graph.js";
import { InvalidOptionError } from "../errors/options.js";
import type { AnyFunction } from "../flow/definition.js";
import type { TaskContext } from "../flow/task.js";

/** A value, or what makes it of the inputs of the attempt. */
export type FromInputs<Inputs, T> = T | ((inputs: Inputs, context: TaskContext) => T | PromiseLike<T>);

/** The arguments of a command: each is one argument, whatever is in it. */
export type CommandArgs<Inputs> = FromInputs<Inputs, readonly (string | number)[]>;

/** How output is handed over: as text, or as bytes. */
export type CommandEncoding = "utf8" | "buffer";

/** Output, by encoding. */
export type CommandText<E extends CommandEncoding> = E extends "buffer" ? Buffer : string;

/** What a command takes beside its arguments. */
export interface CommandOptions<Inputs = unknown, E extends CommandEncoding = CommandEncoding> {
  /**
   * The directory it runs in; a relative one is seen from that of this process.
   * @default that of this process
   */
  readonly cwd?: FromInputs<Inputs, string | URL> | undefined;
  /**
   * Variables of its environment, added to those of this process; `undefined` takes one away.
   * @default none
   */
  readonly env?: FromInputs<Inputs, Readonly<Record<string, string | undefined>>> | undefined;
  /**
   * Whether it has the environment of this process. If not, it has `env` alone.
   * @default true
   */
  readonly inheritEnv?: boolean | undefined;
  /**
   * What it reads from its standard input. A command that does not read all of it does not fail by that.
   * @default nothing
   */
  readonly input?: FromInputs<Inputs, string | Uint8Array> | undefined;
  /**
   * Whether a shell runs the command, which is then a line in the shell's language; or the path of the shell. The arguments are the
   * line's `$1`, `$2`, …: the shell does not interpret them.
   * @default false
   */
  readonly shell?: boolean | string | undefined;
  /**
   * Whether output is text or bytes.
   * @default "utf8"
   */
  readonly encoding?: E | undefined;
  /**
   * How many bytes of each of the two outputs are kept, the last ones: an integer from 0 to 268,435,456. No more is held in memory.
   * @default 1,048,576
   */
  readonly maxOutputBytes?: number | undefined;
  /**
   * What happens when the standard output is longer: `"truncate"`, the output says so, or `"fail"`, the command is stopped and fails. Of
   * the standard error the end is kept in any case.
   * @default "truncate"
   */
  readonly overflow?: "truncate" | "fail" | undefined;
  /**
   * Called with output while the command goes on, piece by piece, each when the one before has been dealt with: where it returns a promise,
   * the command waits for it. A throw stops the command and fails the attempt.
   */
  readonly onOutput?: ((chunk: CommandText<E>, stream: "stdout" | "stderr", context: TaskContext) => unknown) | undefined;
  /**
   * The exit codes that are no failure.
   * @default [0]
   */
  readonly okExitCodes?: readonly number[] | undefined;
  /**
   * The signal that tells it, and what it has started, to stop.
   * @default "SIGTERM"
   */
  readonly killSignal?: NodeJS.Signals | undefined;
  /**
   * How long it may go on after that, in milliseconds, before it is ended by force: an integer from 0 to 2^31 - 1. It gets no longer than
   * the run gives: `graceMs`.
   * @default 500
   */
  readonly killGraceMs?: number | undefined;
}

/** What a command is, checked. */
export interface CommandPlan {
  readonly command: string;
  readonly args: FromInputs<never, readonly (string | number)[]>;
  readonly cwd: FromInputs<never, string | URL> | undefined;
  readonly env: FromInputs<never, Readonly<Record<string, string | undefined>>> | undefined;
  readonly inheritEnv: boolean;
  readonly input: FromInputs<never, string | Uint8Array> | undefined;
  readonly shell: boolean | string;
  readonly encoding: CommandEncoding;
  readonly maxOutputBytes: number;
  readonly overflow: "truncate" | "fail";
  readonly onOutput: AnyFunction | undefined;
  readonly okExitCodes: readonly number[];
  readonly killSignal: NodeJS.Signals;
  readonly killGraceMs: number;
}

const known = [
  "cwd",
  "env",
  "inheritEnv",
  "input",
  "shell",
  "encoding",
  "maxOutputBytes",
  "overflow",
  "onOutput",
  "okExitCodes",
  "killSignal",
  "killGraceMs",
] as const satisfies readonly (keyof CommandOptions)[];

/** More belongs into a file, or goes to `onOutput`. */
const mostOutputBytes = 268_435_456;

/** A command as it is run. Throws everything that is wrong with it; what functions will give is checked when they have given it. */
export function checkedCommand(command: unknown, args: unknown, options: unknown): CommandPlan {
  const faults: DagnyError[] = [];
  const owner = typeof command === "string" ? `task.command(${JSON.stringify(command)})` : "task.command";
  const check = new OptionCheck(owner, faults);
  const name = command instanceof URL ? pathOf(command) : command;
  check.holds("cmd", "a non-empty string without NUL, or a file URL", command, isText(name) && name !== "");
  if (typeof args !== "function") faults.push(...argumentFaults(args, owner));
  const isRecord = check.isRecord("options", options);
  const given: Readonly<Record<string, unknown>> = isRecord ? options : {};
  check.names(given, known);
  const has = (option: (typeof known)[number]): boolean => given[option] !== undefined;
  const isGiven = (option: (typeof known)[number]): boolean => has(option) && typeof given[option] !== "function";
  if (isGiven("cwd")) faults.push(...directoryFaults(given.cwd, owner));
  if (isGiven("env")) faults.push(...environmentFaults(given.env, owner));
  if (isGiven("input")) faults.push(...inputFaults(given.input, owner));
  if (has("inheritEnv")) check.isBoolean("inheritEnv", given.inheritEnv);
  if (has("shell")) {
    check.holds("shell", "true, false or the path of a shell", given.shell, isText(given.shell) || typeof given.shell === "boolean");
  }
  if (has("encoding")) check.isWord("encoding", given.encoding, ["utf8", "buffer"]);
  const most = `an integer from 0 to ${mostOutputBytes}`;
  if (has("maxOutputBytes")) check.isNumber("maxOutputBytes", most, given.maxOutputBytes, isCount(mostOutputBytes));
  if (has("overflow")) check.isWord("overflow", given.overflow, ["truncate", "fail"]);
  if (has("onOutput")) check.isFunction("onOutput", given.onOutput);
  if (has("okExitCodes")) {
    const isRight = Array.isArray(given.okExitCodes) && given.okExitCodes.length > 0 && given.okExitCodes.every(Number.isInteger);
    check.holds("okExitCodes", "a non-empty array of integers", given.okExitCodes, isRight);
  }
  if (has("killSignal")) checkSignal(given.killSignal, owner, faults);
  const grace = "an integer from 0 to 2147483647, in milliseconds";
  if (has("killGraceMs")) check.isNumber("killGraceMs", grace, given.killGraceMs, isCount(2 ** 31 - 1));
  if (process.platform === "win32" && has("shell") && given.shell !== false && !(Array.isArray(args) && args.length === 0)) {
    check.holds("args", "empty where Windows' shell runs the command", args, false);
  }
  if (faults.length > 0) throw errorOf(faults, `${owner} has`);
  return planOf(String(name), args, given);
}

/** Everything in it has been checked. */
function planOf(command: string, args: unknown, given: CommandOptions<never>): CommandPlan {
  return {
    command,
    args: args as CommandPlan["args"],
    cwd: given.cwd,
    env: given.env,
    inheritEnv: given.inheritEnv ?? true,
    input: given.input,
    shell: given.shell ?? false,
    encoding: given.encoding ?? "utf8",
    maxOutputBytes: given.maxOutputBytes ?? 1_048_576,
    overflow: given.overflow ?? "truncate",
    onOutput: given.onOutput,
    okExitCodes: [...(given.okExitCodes ?? [0])],
    killSignal: given.killSignal ?? "SIGTERM",
    killGraceMs: given.killGraceMs ?? 500,
  };
}

/** What is wrong with arguments. */
export function argumentFaults(args: unknown, owner: string): DagnyError[] {
  if (!Array.isArray(args)) return [new InvalidOptionError("args", "an array of strings and numbers, or a function", args, owner)];
  return args.flatMap((arg: unknown, place) => {
    if (isText(arg) || (typeof arg === "number" && Number.isFinite(arg))) return [];
    return [new InvalidOptionError(`args[${place}]`, "a string without NUL, or a finite number", arg, owner)];
  });
}

/** What is wrong with a directory. */
export function directoryFaults(cwd: unknown, owner: string): DagnyError[] {
  if (isText(cwd instanceof URL ? pathOf(cwd) : cwd) && cwd !== "") return [];
  return [new InvalidOptionError("cwd", "a path, a file URL or a function", cwd, owner)];
}

/** What is wrong with an environment. */
export function environmentFaults(env: unknown, owner: string): DagnyError[] {
  if (typeof env !== "object" || env === null || Array.isArray(env)) {
    return [new InvalidOptionError("env", "an object of strings, or a function", env, owner)];
  }
  return Object.entries(env).flatMap(([name, value]) => {
    const option = `env[${JSON.stringify(name)}]`;
    if (name === "" || name.includes("=") || name.includes("\0"))
      return [new InvalidOptionError(option, "named without = and NUL", name, owner)];
    return value === undefined || isText(value) ? [] : [new InvalidOptionError(option, "a string without NUL", value, owner)];
  });
}

/** What is wrong with input. */
export function inputFaults(input: unknown, owner: string): DagnyError[] {
  if (typeof input === "string" || input instanceof Uint8Array) return [];
  return [new InvalidOptionError("input", "a string, a Uint8Array or a function", input, owner)];
}

/** A path that may be a file URL; `undefined` where it is another URL. */
export function pathOf(place: string | URL): string | undefined {
  if (typeof place === "string") return place;
  return place.protocol === "file:" ? fileURLToPath(place) : undefined;
}

function checkSignal(signal: unknown, owner: string, faults: DagnyError[]): void {
  if (typeof signal === "string" && Object.hasOwn(constants.signals, signal)) return;
  const suggestion = typeof signal === "string" ? nearest(signal, Object.keys(constants.signals)) : undefined;
  const expected = `the name of a signal${suggestion === undefined ? ", such as SIGTERM" : ` (did you mean ${suggestion}?)`}`;
  faults.push(new InvalidOptionError("killSignal", expected, signal, owner));
}

function isText(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0");
}

function isCount(most: number): (n: number) => boolean {
  return (n) => Number.isInteger(n) && n >= 0 && n <= most;
}
