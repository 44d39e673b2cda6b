/**
 * Tasks whose outcome is written down beforehand. They are ordinary tasks and stand wherever one may stand; those that take time take
 * the time of the simulation that runs them, which they find as the asynchronous context of the run.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { TaskContext } from "../flow/task.js";

/** What a script asks of the simulation that it runs in. */
export interface ScriptHost {
  /** Calls back once, `ms` of simulated time from now; the function returned takes it back. */
  setTimer(ms: number, wake: () => void): () => void;
  /** Tells that this attempt's code waits for simulated time alone, or for nothing at all; the function returned takes it back. */
  idle(context: TaskContext): () => void;
}

/** The simulation in whose run code is called. */
export const currentSimulation = new AsyncLocalStorage<ScriptHost>();

/** A task as scripts make and take them. */
export type Script<Inputs = unknown, Output = unknown> = (inputs: Inputs, context: TaskContext) => Output;

/** Completes at once with `value`. */
export function returns<T = undefined>(value?: T): Script<unknown, T> {
  return () => value as T;
}

/** Fails at once. `error` is thrown as it is; a text is made an `Error`, anew for each attempt. */
export function fails(error: unknown = "failed as the script says"): Script<unknown, never> {
  return () => {
    throw typeof error === "string" ? new Error(error) : error;
  };
}

/** Fails `times` times, then does what `then` says. The node's policy must allow the attempts. */
export function failsTimes<I = unknown, T = undefined>(
  times: number,
  then: Script<I, T> = returns() as Script<unknown, T>,
  error?: unknown,
): Script<I, T> {
  const failing = fails(error);
  return (inputs, context) => (context.attempt <= times ? failing(inputs, context) : then(inputs, context));
}

/** Does in its first attempt what the first script says, and so on; the last one stands for all further attempts. */
export function attempts<I = unknown, T = unknown>(...scripts: readonly [Script<I, T>, ...Script<I, T>[]]): Script<I, T> {
  return (inputs, context) => {
    const script = scripts[Math.min(context.attempt, scripts.length) - 1] ?? scripts[0];
    return script(inputs, context);
  };
}

/** How scripted code behaves when it is told to stop. */
export interface StopOptions {
  /** Whether it listens to `ctx.signal` and stops at once; code that does not runs on. */
  readonly heedsSignal?: boolean;
}

/** Lets `ms` of simulated time go by, then does what `then` says (`returns()`, if it is left out). Told to stop it stops, unless it is not to heed. */
export function takes<I = unknown, T = undefined>(
  ms: number,
  then: Script<I, T | PromiseLike<T>> = returns() as Script<unknown, T>,
  options: StopOptions = {},
): Script<I, Promise<T>> {
  const { heedsSignal = true } = options;
  return async (inputs, context) => {
    await pause(ms, context, heedsSignal);
    return await then(inputs, context);
  };
}

/** Never settles; with `heedsSignal` only until it is told to stop. */
export function hangs(options: StopOptions = {}): Script<unknown, Promise<never>> {
  const { heedsSignal = false } = options;
  return async (_inputs, context) => {
    await pause(Number.POSITIVE_INFINITY, context, heedsSignal);
    throw new Error("a task that hangs went on");
  };
}

/** Lets `ms` of simulated time go by, in code of your own; rejects with the reason of `ctx.signal` when that aborts. */
export function simulatedSleep(ms: number, context: TaskContext): Promise<void> {
  return pause(ms, context, true);
}

function pause(ms: number, context: TaskContext, heedsSignal: boolean): Promise<void> {
  const host = currentSimulation.getStore();
  if (host === undefined)
    throw new Error(`the script of node ${JSON.stringify(context.name)} needs simulated time: run it with simulate()`);
  return new Promise((resolve, reject) => {
    const signal = heedsSignal ? context.signal : undefined;
    const work = host.idle(context);
    const cancel = ms === Number.POSITIVE_INFINITY ? () => {} : host.setTimer(ms, () => end(resolve));
    const stop = (): void => end(() => reject(signal?.reason));
    const end = (settle: () => void): void => {
      work();
      cancel();
      signal?.removeEventListener("abort", stop);
      settle();
    };
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop);
  });
}
