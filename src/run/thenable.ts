/** Telling promises from values. */

/** Whether awaiting `value` would wait. May throw what a hostile `then` getter throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value instanceof Promise) return true;
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return false;
  return typeof (value as { then?: unknown }).then === "function";
}

/** A promise of what a thenable gives: it settles once, as the thenable says first, whatever the thenable does after that. */
export function promiseOf<T>(thenable: PromiseLike<T>): Promise<T> {
  return new Promise((resolve) => resolve(thenable));
}
