/** What stands for a function that an export could not write down: the graph shows that there was one, and a run refuses to start without it. */
import type { AnyFunction } from "../flow/definition.js";

const lost = new WeakSet<object>();

/** A stand-in for a function that stayed behind. */
export function lostFunction(): AnyFunction {
  const standIn = (): never => {
    throw new Error("this function stayed behind when its graph was written as JSON");
  };
  lost.add(standIn);
  return standIn;
}

/** Whether a value is such a stand-in. */
export function isLost(value: unknown): boolean {
  return typeof value === "function" && lost.has(value);
}
