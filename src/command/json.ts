/** Commands in documents: all that is data. Functions, and bytes to read, stay behind. */
import { lostFunction } from "../dag/lost-function.js";
import { messageOf } from "../errors/base.js";
import { GraphFormatError } from "../errors/graph.js";
import type { CommandSpec } from "../flow/definition.js";
import { commandFunction } from "./function.js";
import { type CommandPlan, checkedCommand } from "./options.js";

/** A command as a document has it: `null` for what stayed behind, and for variables that are taken away. */
export function commandJSON(plan: CommandPlan): Record<string, unknown> {
  const { command, args, cwd, env, inheritEnv, input, shell, encoding, maxOutputBytes, overflow, onOutput } = plan;
  const rest = { inheritEnv, shell, encoding, maxOutputBytes, overflow, okExitCodes: plan.okExitCodes };
  const kept = { ...rest, killSignal: plan.killSignal, killGraceMs: plan.killGraceMs };
  return {
    kind: "command",
    command,
    args: typeof args === "function" ? null : args,
    ...(cwd !== undefined && { cwd: typeof cwd === "function" ? null : String(cwd) }),
    ...(env !== undefined && { env: typeof env === "function" ? null : variables(env, undefined, null) }),
    ...(input !== undefined && { input: typeof input === "string" ? input : null }),
    ...(onOutput !== undefined && { onOutput: null }),
    ...kept,
  };
}

/** A command that a document has. Throws `GraphFormatError`. */
export function commandOfJSON({ kind: _, command, args, ...options }: Readonly<Record<string, unknown>>): CommandSpec {
  const given: Record<string, unknown> = { ...options };
  for (const option of ["cwd", "env", "input", "onOutput"]) if (given[option] === null) given[option] = lostFunction();
  if (typeof given.cwd === "string" && given.cwd.startsWith("file:") && URL.canParse(given.cwd)) given.cwd = new URL(given.cwd);
  if (typeof given.env === "object" && given.env !== null) given.env = variables(given.env, null, undefined);
  try {
    const plan = checkedCommand(command, args === null ? lostFunction() : args, given);
    return { ...plan, kind: "command", task: commandFunction(plan) };
  } catch (cause) {
    throw new GraphFormatError(messageOf(cause), undefined, { cause });
  }
}

function variables(env: object, none: null | undefined, asNone: null | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(env).map(([name, value]: [string, unknown]) => [name, value === none ? asNone : value]));
}
