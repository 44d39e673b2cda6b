/**
 * The commands of this thread that go on, so that none outlives the run that started it or this process: what is left when one of them
 * ends is killed there and then.
 */
import { workerThreads } from "../builtins.js";

/** A command that can be killed. */
export interface LiveCommand {
  /** Ends it and its whole group by force, before it returns. */
  kill(): void;
}

/** The signals that end a process which says nothing of them: commands, in groups of their own, do not get them from the terminal. */
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** By command, whose it is: the run, where that is known. */
const live = new Map<LiveCommand, object | undefined>();

/** A command goes on. */
export function began(command: LiveCommand, run: object | undefined): void {
  if (live.size === 0) watch();
  live.set(command, run);
}

/** It has ended. */
export function ended(command: LiveCommand): void {
  if (live.delete(command) && live.size === 0) unwatch();
}

/** A run is over: what it started is, too. O(commands that go on). */
export function runEnded(run: object): void {
  if (live.size === 0) return;
  for (const [command, owner] of live) if (owner === run) command.kill();
}

function killAll(): void {
  for (const command of live.keys()) command.kill();
}

/** Other copies of this package listen, too; each knows the others' listeners by this mark. */
const mark: unique symbol = Symbol.for("dagny.commands.ending");

const onEnding: { (signal: NodeJS.Signals): void; [mark]?: true } = (signal) => {
  // Whoever listens beside us decides what the signal means; where nobody does, it ends the process, and it shall.
  if (process.listeners(signal).some((listener) => !(mark in listener))) return;
  killAll();
  unwatch();
  process.kill(process.pid, signal);
};
onEnding[mark] = true;

function watch(): void {
  process.on("exit", killAll);
  // First: a listener for one time only is gone by the time the last is called. Other threads get no signals.
  if (workerThreads().isMainThread) for (const signal of endings) process.prependListener(signal, onEnding);
}

function unwatch(): void {
  process.off("exit", killAll);
  if (workerThreads().isMainThread) for (const signal of endings) process.off(signal, onEnding);
}
