/**
 * A run in simulated time: `simulate` starts one, the {@link Simulation} moves its clock and keeps what happened.
 *
 * It is the one executor with another clock. I1 Time moves only when nothing is left to do without it: promise reactions are through and no
 * code of the user's own is at work. I2 Same graph, same scripts, same commands: same events at the same times. (Code that waits for
 * something real ends in the order in which reality ends it.)
 */

import { clockOption } from "../clock/clock.js";
import type { DAG } from "../dag/dag.js";
import type { AnyShape, NodeName, Shape } from "../dag/types.js";
import type { TaskContext } from "../flow/task.js";
import type { OutputsOf } from "../flow/types.js";
import { DAGExecutor, InvalidOptionError } from "../index.js";
import type { RunEvent } from "../run/events.js";
import type { RunHandle } from "../run/executor.js";
import type { ExecutorOptions, RunOptions } from "../run/options.js";
import type { RunResult } from "../run/result.js";
import { attemptKey, undoKey } from "./at-work.js";
import { History } from "./history.js";
import { currentSimulation, type ScriptHost } from "./script.js";
import { SimulatedClock } from "./simulated-clock.js";
import { SimulationStalledError } from "./stalled.js";

/** What to simulate with. */
export interface SimulateOptions<S extends Shape = AnyShape> {
  /** Tasks by node name, in the place of those given with the graph; or one for all nodes. Nodes left out keep their own. */
  readonly tasks?: { readonly [N in NodeName<S>]?: unknown } | ((inputs: never, context: TaskContext) => unknown);
  /** Options of the executor, or just its number of slots. */
  readonly executor?: number | ExecutorOptions;
  /** Options of the run; its `onEvent` hears everything. */
  readonly run?: Omit<RunOptions, "eventFilter">;
  /**
   * How long, in real milliseconds, time stands still for code that is at work on something real, before it moves on regardless.
   * @default 1000
   */
  readonly patienceMs?: number;
}

/** A command that is given to a simulated run. */
export type SimulatedCommand<Nodes extends object = Record<string, unknown>> = (run: RunHandle<Nodes>) => void;

/** Starts a run of `dag` in simulated time. Nothing happens before time is asked to move: give commands first. Throws where `start` throws. */
export function simulate<S extends Shape = AnyShape>(dag: DAG<S>, options: SimulateOptions<S> = {}): Simulation<OutputsOf<S, unknown>> {
  return new Simulation<OutputsOf<S, unknown>>(dag as unknown as DAG, options);
}

/** A run in simulated time, see {@link simulate}. */
export class Simulation<Nodes extends object = Record<string, unknown>> {
  /** The run, as `start` gives it. */
  readonly handle: RunHandle<Nodes>;
  readonly #clock = new SimulatedClock();
  readonly #history = new History();
  readonly #triggers: { readonly type: RunEvent["type"]; readonly node: string | undefined; command: (() => void) | undefined }[] = [];
  readonly #patienceMs: number;
  #result: RunResult<Nodes> | undefined;
  #fault: { readonly error: unknown } | undefined;

  constructor(dag: DAG, options: SimulateOptions) {
    const { tasks = {}, executor = {}, run = {}, patienceMs = 1000 } = options;
    if (typeof patienceMs !== "number" || !(patienceMs >= 0))
      throw new InvalidOptionError("patienceMs", "a number of at least 0", patienceMs);
    this.#patienceMs = patienceMs;
    const withClock = { ...(typeof executor === "number" ? { maxWorkers: executor } : executor), [clockOption]: this.#clock };
    const { onEvent } = run;
    if ("eventFilter" in run) throw new InvalidOptionError("run.eventFilter", "left out: a simulation hears all events", run.eventFilter);
    const start = (): RunHandle =>
      new DAGExecutor(dag, withClock).start(tasks as Record<string, () => unknown>, {
        ...run,
        onEvent: (event) => {
          this.#hear(event);
          return onEvent?.(event);
        },
      });
    this.handle = currentSimulation.run(this.#host(), start) as RunHandle<Nodes>;
    this.handle.result.then(
      (result) => {
        this.#result = result;
      },
      (error) => {
        this.#fault = { error };
      },
    );
  }

  /** Simulated milliseconds since the start. */
  get now(): number {
    return this.#clock.now();
  }

  /** Every event so far. */
  get events(): readonly RunEvent[] {
    return this.#history.events;
  }

  /** The events as lines: `30 nodeFailed load 2 timeout`. Times are simulated milliseconds; leases are left out. */
  get log(): readonly string[] {
    return this.#history.log;
  }

  /** The nodes in the order in which they first began, by the text of their addresses. Containers are among them. */
  get order(): readonly string[] {
    return this.#history.order;
  }

  /** How each node that has settled ended: `completed`, `failed (timeout)`, `skipped (upstreamFailed)`. In the order in which they settled. */
  get outcomes(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#history.outcomes);
  }

  /** How each attempt of each node that has begun ended: `["error", "timeout", "completed"]`; `running` while it goes on. */
  get attempts(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(Array.from(this.#history.attempts, ([node, attempts]) => [node, [...attempts]]));
  }

  /** The report, once the run has ended. */
  get result(): RunResult<Nodes> | undefined {
    return this.#result;
  }

  /** Gives a command when the clock shows `ms`. Of what is due at one time the first one set comes first. */
  at(ms: number, command: SimulatedCommand<Nodes>): this {
    if (!(ms >= this.now)) throw new InvalidOptionError("ms", `a time from ${this.now} on`, ms);
    this.#clock.setTimer(ms - this.now, () => this.#inContext(() => command(this.handle)));
    return this;
  }

  /** Gives a command the first time that an event of this type is heard, about `node` if one is named: `when("nodeStarted", "load", …)`. */
  when(type: RunEvent["type"], node: string | undefined, command: SimulatedCommand<Nodes>): this {
    this.#triggers.push({ type, node, command: () => this.#inContext(() => command(this.handle)) });
    return this;
  }

  /** Gives a command now, and lets everything happen that it brings about without time. */
  async give(command: SimulatedCommand<Nodes>): Promise<this> {
    await this.#calm(); // A run begins when the turn that started it is over.
    this.#inContext(() => command(this.handle));
    await this.#calm();
    return this;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<this> {
    await this.#calm();
    return this;
  }

  /** Moves on by `ms`, and does all that comes due on the way. */
  async advance(ms: number): Promise<this> {
    const end = this.now + ms;
    await this.#calm();
    for (let at = this.#clock.nextAt; at !== undefined && at <= end; at = this.#clock.nextAt) {
      this.#clock.jump();
      await this.#calm();
    }
    this.#clock.pass(Math.max(0, end - this.now));
    return this;
  }

  /** Moves to the next thing that comes due, a deadline, a retry, a command, the end of a task. @returns false where there is none */
  async next(): Promise<boolean> {
    await this.#calm();
    const hasJumped = this.#clock.jump();
    await this.#calm();
    return hasJumped;
  }

  /**
   * Runs to the end. Rejects with a {@link SimulationStalledError} where the run has not ended and nothing is left to come: it waits for
   * a signal that no command gives, or for a task that never settles.
   */
  async finish(): Promise<RunResult<Nodes>> {
    for (;;) {
      await this.#calm();
      if (this.#fault !== undefined) throw this.#fault.error;
      if (this.#result !== undefined) return this.#result;
      if (!this.#clock.jump()) throw new SimulationStalledError(this.now, [...this.#history.follower.active.values()]);
    }
  }

  #host(): ScriptHost {
    return {
      setTimer: (ms, wake) => this.#clock.setTimer(ms, wake),
      idle: (context) => {
        const node = addressOf(context);
        // The same code may be called to undo what the node has done.
        return this.#history.atWork.idle([attemptKey(node, context.attempt), undoKey(node)]);
      },
    };
  }

  #inContext(call: () => void): void {
    currentSimulation.run(this.#host(), call);
  }

  #hear(event: RunEvent): void {
    this.#history.take(event);
    for (const trigger of this.#triggers) {
      if (trigger.type !== event.type || (trigger.node !== undefined && !("node" in event && event.node === trigger.node))) continue;
      const { command } = trigger;
      trigger.command = undefined;
      command?.();
    }
  }

  /** Lets everything happen that needs no time, and waits for code that is at work on something real. */
  async #calm(): Promise<void> {
    const { atWork } = this.#history;
    await this.#clock.settle();
    if (!atWork.isBusy) return;
    const loseAt = performance.now() + this.#patienceMs;
    while (atWork.isBusy && performance.now() < loseAt) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await this.#clock.settle();
    }
    atWork.giveUp();
  }
}

/** The text of the address that a context stands for. */
function addressOf(context: TaskContext & { readonly path?: readonly (string | number)[] }): string {
  const { path } = context;
  if (path === undefined || path.length === 1) return context.name;
  return path.map((segment) => String(segment).replaceAll("~", "~0").replaceAll("/", "~1")).join("/");
}
