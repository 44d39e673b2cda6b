/** The function that a node with a command calls: each call is a process. */
import { AsyncResource } from "node:async_hooks";
import { resolve } from "node:path";
import type { DagnyError } from "../errors/base.js";
import { errorOf } from "../errors/graph.js";
import { addressText } from "../flow/address.js";
import type { AnyTask } from "../flow/lowered.js";
import type { TaskContext } from "../flow/task.js";
import type { CommandOutput } from "./define.js";
import { Execution } from "./execution.js";
import { argumentFaults, type CommandPlan, directoryFaults, environmentFaults, type FromInputs, inputFaults, pathOf } from "./options.js";

/** One call of a command: everything that functions make of inputs is made. */
export interface CommandCall {
  readonly plan: CommandPlan;
  readonly context: TaskContext;
  /** The node's address, for messages. */
  readonly node: string;
  readonly program: string;
  readonly args: readonly string[];
  /** What the user named, before a shell was put around it. */
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: string | Uint8Array | undefined;
}

const plans = new WeakMap<object, CommandPlan>();

/** A function that runs a command. */
export function commandFunction(plan: CommandPlan): AnyTask {
  const task: AnyTask = (inputs, context) => run(plan, inputs, context);
  plans.set(task, plan);
  return task;
}

/** What a function that `commandFunction` made runs; `undefined` of others. */
export function commandOf(task: object): CommandPlan | undefined {
  return plans.get(task);
}

async function run(plan: CommandPlan, inputs: unknown, context: TaskContext): Promise<CommandOutput<string | Buffer>> {
  const { signal } = context;
  const call = await callOf(plan, inputs, context);
  signal.throwIfAborted();
  // What the user's code is called with, it is called in the async context of the attempt.
  const scope = new AsyncResource("DagnyCommand");
  return await new Execution(call, scope).output(signal);
}

/** What functions make of the inputs, checked. */
async function callOf(plan: CommandPlan, inputs: unknown, context: TaskContext): Promise<CommandCall> {
  const made = async <T>(given: FromInputs<never, T>): Promise<T> =>
    typeof given === "function" ? await (given as (inputs: unknown, context: TaskContext) => T | PromiseLike<T>)(inputs, context) : given;
  const args = await made(plan.args);
  const cwd = await made(plan.cwd);
  const env = await made(plan.env);
  const input = await made(plan.input);
  const path = context.path.map(String);
  const node = addressText(path.slice(0, -1), path.at(-1) ?? context.name);
  const faults: DagnyError[] = [];
  const owner = `node ${JSON.stringify(node)}`;
  if (typeof plan.args === "function") faults.push(...argumentFaults(args, owner));
  if (typeof plan.cwd === "function" && cwd !== undefined) faults.push(...directoryFaults(cwd, owner));
  if (typeof plan.env === "function" && env !== undefined) faults.push(...environmentFaults(env, owner));
  if (typeof plan.input === "function" && input !== undefined) faults.push(...inputFaults(input, owner));
  if (faults.length > 0) throw errorOf(faults, `${owner} has`);
  const words = args.map(String);
  return {
    plan,
    context,
    node,
    ...started(plan, words),
    words,
    cwd: cwd === undefined ? process.cwd() : resolve(pathOf(cwd) ?? ""),
    env: plan.inheritEnv ? { ...process.env, ...env } : (env ?? {}),
    input,
  };
}

/** What is started: the command itself, or a shell that reads it. */
function started(
  { command, shell }: CommandPlan,
  words: readonly string[],
): { readonly program: string; readonly args: readonly string[] } {
  if (shell === false) return { program: command, args: words };
  if (process.platform !== "win32") {
    const program = shell === true ? "/bin/sh" : shell;
    return { program, args: ["-c", command, program, ...words] };
  }
  return { program: shell === true ? (process.env.ComSpec ?? "cmd.exe") : shell, args: ["/d", "/s", "/c", command] };
}
