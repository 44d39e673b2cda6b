/** What tests of commands are written with: one node that runs one, and looks at processes from outside. */
import { readFileSync } from "node:fs";
import { expect, vi } from "vitest";
import type { CommandArgs, CommandEncoding, CommandOptions, CommandOutput, CommandText } from "../../src/index.js";
import { DAG, DAGExecutor, type ExecutorOptions, type NodeOptions, type RunOptions, type RunResult, task } from "../../src/index.js";

/** How a command is run. */
export interface Around {
  readonly node?: Pick<NodeOptions, "timeoutMs" | "retry" | "onFailure">;
  readonly executor?: ExecutorOptions;
  readonly run?: RunOptions;
}

/** A report of a run whose only node is a command. */
export async function reportOf<E extends CommandEncoding = "utf8">(
  cmd: string | URL,
  args: CommandArgs<unknown> = [],
  options: CommandOptions<unknown, E> = {},
  { node = {}, executor = {}, run = {} }: Around = {},
): Promise<RunResult<{ readonly c: CommandOutput<CommandText<E>> }>> {
  const dag = DAG.builder()
    .task("c", task.command(cmd, args, options), node)
    .build();
  const result: unknown = await new DAGExecutor(dag, executor).execute(undefined, run);
  return result as RunResult<{ readonly c: CommandOutput<CommandText<E>> }>;
}

/** What a command put out that has to succeed. */
export async function outputOf<E extends CommandEncoding = "utf8">(
  cmd: string | URL,
  args: CommandArgs<unknown> = [],
  options: CommandOptions<unknown, E> = {},
): Promise<CommandOutput<CommandText<E>>> {
  const result = await reportOf(cmd, args, options);
  const { result: output, error } = result.nodeResults.c;
  if (output === undefined) throw error;
  return output;
}

/** The arguments with which Node.js runs a script: for what a shell cannot do. */
export function script(text: string): string[] {
  return ["-e", text];
}

/** Whether a process does anything: one that nobody has asked for its exit does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

/** Waits until processes are gone: what was killed is so at once, but not when the call returns. */
export async function expectGone(...pids: readonly number[]): Promise<void> {
  expect(pids.every((pid) => pid > 1)).toBe(true);
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 10_000, interval: 5 });
}
