/**
 * One process from its start to its end, seen from this thread.
 *
 * I1 Output is handed over in order, one piece at a time; what was not taken stays with the command, which waits. I2 The end is told after
 * all output, unless the command was told to stop: then nobody waits for whoever takes output. I3 What was told to stop ends with the
 * reason, whatever the process made of it.
 */
import type { AsyncResource } from "node:async_hooks";
import { constants } from "node:os";
import { stringDecoders } from "../builtins.js";
import { CommandError, type CommandFault, CommandNotFoundError } from "../errors/command.js";
import { NativeCommand, type NativeCommandEnd } from "../native/index.js";
import { AttemptContext } from "../run/context.js";
import { isThenable } from "../run/thenable.js";
import { commandLine } from "./command-line.js";
import { notFound } from "./cures.js";
import type { CommandOutput } from "./define.js";
import type { CommandCall } from "./function.js";
import { began, ended } from "./live.js";

/** What is called with a piece of output: kind 1 is standard output, kind 2 standard error. */
interface Piece {
  readonly kind: number;
  readonly bytes: Buffer;
}

/** `NativeCommandEnd.fault` of what cannot be run, and of what was told to stop before it was started. */
const faults: readonly (CommandFault | undefined)[] = [undefined, "notFound", "notExecutable", "noInterpreter", "noDirectory"];
const stoppedBefore = 5;

/** One process. */
export class Execution {
  readonly #call: CommandCall;
  readonly #scope: AsyncResource;
  readonly #native: NativeCommand;
  readonly #decoders = [0, 1].map(() => new (stringDecoders().StringDecoder)("utf8"));
  readonly #pieces: Piece[] = [];
  #isHandingOver = false;
  #end: NativeCommandEnd | undefined;
  /** Why it was told to stop, if it was. */
  #told: { readonly reason: unknown } | undefined;
  #settle: (end: NativeCommandEnd) => void = () => undefined;

  /** Starts it. Throws where the process cannot. */
  constructor(call: CommandCall, scope: AsyncResource) {
    const { plan, env, input } = call;
    this.#call = call;
    this.#scope = scope;
    const variables = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
    const spec = {
      program: call.program,
      args: [...call.args],
      cwd: call.cwd,
      env: variables,
      ...(input !== undefined && { input: typeof input === "string" ? Buffer.from(input) : input }),
      keepBytes: plan.maxOutputBytes,
      isLimited: plan.overflow === "fail",
      isStreaming: plan.onOutput !== undefined,
      killSignal: constants.signals[plan.killSignal],
      killGraceMs: plan.killGraceMs,
    };
    this.#native = new NativeCommand(spec, (kind, bytes, end) => {
      if (end !== null) this.#ended(end);
      else if (bytes !== null) this.#hear({ kind, bytes });
    });
    began(this.#native, AttemptContext.hostOf(call.context));
  }

  /** What it puts out. Rejects where it failed, and with the signal's reason where it was told to stop. Once. */
  async output(signal: AbortSignal): Promise<CommandOutput<string | Buffer>> {
    const onAbort = (): void => this.#stop(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const end = await new Promise<NativeCommandEnd>((settle) => {
        this.#settle = settle;
      });
      if (this.#told !== undefined) throw this.#told.reason;
      return await this.#outcome(end);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #stop(reason: unknown): void {
    this.#told ??= { reason };
    this.#native.stop();
    this.#pieces.length = 0;
    if (this.#end !== undefined) this.#settle(this.#end); // I2: it has ended, and whoever takes output has not.
  }

  #hear(piece: Piece): void {
    if (this.#told !== undefined) return;
    this.#pieces.push(piece);
    if (!this.#isHandingOver) void this.#scope.runInAsyncScope(() => this.#handOver());
  }

  /** Hands over what has come (I1), and then perhaps the end (I2). Never rejects. */
  async #handOver(): Promise<void> {
    this.#isHandingOver = true;
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      try {
        await this.#take(piece.kind, this.#decoded(piece));
      } catch (error) {
        this.#stop(error);
      }
      this.#native.taken(piece.bytes.length);
    }
    this.#isHandingOver = false;
    if (this.#end !== undefined) await this.#finish(this.#end);
  }

  #decoded({ kind, bytes }: Piece): string | Buffer {
    return this.#call.plan.encoding === "buffer" ? bytes : (this.#decoders[kind - 1]?.write(bytes) ?? "");
  }

  #take(kind: number, chunk: string | Buffer): unknown {
    const { plan, context } = this.#call;
    if (chunk.length === 0) return undefined;
    const answer = plan.onOutput?.(chunk, kind === 1 ? "stdout" : "stderr", context);
    return isThenable(answer) ? answer : undefined;
  }

  #ended(end: NativeCommandEnd): void {
    ended(this.#native);
    this.#end = end;
    if (this.#told !== undefined) this.#settle(end);
    else if (!this.#isHandingOver) void this.#scope.runInAsyncScope(() => this.#finish(end));
  }

  /** Hands over what a stream that ended within a character left, and settles. */
  async #finish(end: NativeCommandEnd): Promise<void> {
    try {
      for (const [place, decoder] of this.#decoders.entries()) await this.#take(place + 1, decoder.end());
    } catch (error) {
      this.#told ??= { reason: error };
    }
    this.#settle(end);
  }

  async #outcome(end: NativeCommandEnd): Promise<CommandOutput<string | Buffer>> {
    const { plan, words, node, context } = this.#call;
    const { exitCode, signal: signalNumber, stdoutBytes, stderrBytes } = end;
    const command = commandLine(plan.command, words);
    const [stdout, stderr] = [this.#text(end.stdout, stdoutBytes), this.#text(end.stderr, stderrBytes)];
    const failure = {
      command,
      exitCode: exitCode ?? undefined,
      signal: signalName(signalNumber),
      stdout: String(stdout),
      stderr: String(stderr),
    };
    const fail = (fault: string): CommandError =>
      new CommandError(node, context.attempt, `${fault}: ${command}${lastLines(failure.stderr)}`, failure);
    const fault = faults[end.fault];
    if (fault !== undefined) {
      const what = await this.#whatIsWrong(fault, end.detail);
      throw new CommandNotFoundError(node, context.attempt, fault, what, command);
    }
    if (end.fault === stoppedBefore) throw fail("the command was stopped before it was started");
    if (end.fault !== 0) throw fail(`the command could not be started (${end.detail})`);
    if (plan.overflow === "fail" && stdoutBytes > plan.maxOutputBytes) {
      const cure = 'raise `maxOutputBytes`, take the output by `onOutput`, or say `overflow: "truncate"`';
      throw fail(`the command put out more than ${plan.maxOutputBytes} bytes; ${cure}`);
    }
    if (exitCode === null) throw fail(`the command was ended by ${failure.signal ?? "a signal"}`);
    if (!plan.okExitCodes.includes(exitCode)) throw fail(`the command exited with code ${exitCode}`);
    const isTruncated = stdoutBytes > end.stdout.length || stderrBytes > end.stderr.length;
    return { exitCode, stdout, stderr, isTruncated, stdoutBytes, stderrBytes, isLeftOpen: end.isLeftOpen };
  }

  #whatIsWrong(fault: CommandFault, detail: string): string | Promise<string> {
    const { program, cwd, env, plan } = this.#call;
    if (fault === "noDirectory") return `cannot run in ${detail}, which is no directory; make it first, or name another \`cwd\``;
    if (fault === "noInterpreter") return `${detail} cannot be run: the program that its first line names is not there`;
    if (fault === "notExecutable") {
      return `${detail} cannot be run: it is no program, or may not be executed; \`chmod +x\` it, or give it to what reads it`;
    }
    if (plan.shell !== false) return `there is no shell ${detail}; name another by \`shell\``;
    if (program.includes("/")) return `there is no file ${detail}; a path is seen from the command's \`cwd\``;
    return notFound(program, env.PATH, cwd);
  }

  /** What is kept of a stream, without the rest of a character whose beginning is not. */
  #text(bytes: Buffer, total: number): string | Buffer {
    if (this.#call.plan.encoding === "buffer") return bytes;
    let start = 0;
    if (total > bytes.length) while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
    return bytes.toString("utf8", start);
  }
}

/** How much of what a command said last is in the message. */
const mostLines = 10;
const mostLetters = 1000;

function lastLines(stderr: string): string {
  const lines = stderr.trimEnd().split("\n").slice(-mostLines).join("\n").slice(-mostLetters);
  return lines === "" ? "" : `\n${lines}`;
}

function signalName(signal: number | null): string | undefined {
  if (signal === null) return undefined;
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`;
}
