/** What tests of runs are written with: graphs of a size, executors on a simulated clock, tasks that settle when the test says. */
import type { TaskContext } from "../../src/flow/task.js";
import { DAG, DAGExecutor, type ExecutorOptions, type RunEvent } from "../../src/index.js";
import { clockOption } from "../../src/run/options.js";
import { SimulatedClock } from "./simulated-clock.js";

/** A graph whose shape the compiler is not to know. */
export function loosely(dag: unknown): DAG {
  return dag as DAG;
}

/** A graph of `count` nodes named `n0`, `n1`, … without edges. */
export function loose(count: number): DAG {
  const builder = DAG.builder();
  builder.addNodes(Array.from({ length: count }, (_, i) => `n${i}`));
  const built: DAG = builder.build();
  return built;
}

/** A chain of `count` nodes. */
export function chain(count: number): DAG {
  const builder = DAG.builder();
  builder.addNodes(Array.from({ length: count }, (_, i) => `n${i}`));
  builder.addEdgeIds(Uint32Array.from({ length: 2 * (count - 1) }, (_, i) => (i + 1) >> 1));
  const built: DAG = builder.build();
  return built;
}

/** An executor whose time stands still until the test moves it. */
export function simulated(dag: DAG, options: ExecutorOptions = {}): { executor: DAGExecutor; clock: SimulatedClock } {
  const clock = new SimulatedClock();
  const withClock: ExecutorOptions & { [clockOption]: SimulatedClock } = { maxWorkers: 4, ...options, [clockOption]: clock };
  return { executor: new DAGExecutor(dag, withClock), clock };
}

/** A promise and what settles it. */
export interface Hand<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

export function hand<T = unknown>(): Hand<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** A promise that never settles. */
export const never = (): Promise<never> => new Promise(() => {});

/** An event as a word: `nodeFailed b error`. */
export function wordOf(event: RunEvent): string {
  const parts: string[] = [event.type];
  if ("node" in event && event.node !== undefined) parts.push(event.node);
  if ("reason" in event) parts.push(event.reason);
  if ("status" in event) parts.push(event.status);
  return parts.join(" ");
}

/** One function for all nodes, typed. */
export function each<R>(task: (inputs: Readonly<Record<string, unknown>>, context: TaskContext) => R): typeof task {
  return task;
}

/** Lets everything happen that needs no time: promise reactions, and turns of the event loop. */
export async function settleDown(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
