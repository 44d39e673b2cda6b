/** Telling promises from values. */

/** Whether awaiting `value` would wait. May throw what a hostile `then` getter throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value instanceof Promise) return true;
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return false;
  return typeof (value as { then?: unknown }).then === "function";
}
