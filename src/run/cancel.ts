/**
 * Cancelling by the caller's signal: one listener on a signal, however many runs it cancels.
 *
 * A program's shutdown signal is given to all its runs; a listener for each would make Node.js warn of a leak from the eleventh on.
 */

const runsBySignal = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `cancel` when `signal` aborts, at once if it has. The function returned takes that back. */
export function onAbort(signal: AbortSignal, cancel: () => void): () => void {
  if (signal.aborted) {
    cancel();
    return () => {};
  }
  const known = runsBySignal.get(signal);
  const runs = known ?? new Set<() => void>();
  runs.add(cancel);
  if (known !== undefined) return () => release(signal, runs, cancel);

  runsBySignal.set(signal, runs);
  signal.addEventListener("abort", cancelAll, { once: true });
  return () => release(signal, runs, cancel);
}

function release(signal: AbortSignal, runs: Set<() => void>, cancel: () => void): void {
  runs.delete(cancel);
  if (runs.size > 0 || runsBySignal.get(signal) !== runs) return;
  runsBySignal.delete(signal);
  signal.removeEventListener("abort", cancelAll);
}

function cancelAll(this: AbortSignal): void {
  const runs = runsBySignal.get(this);
  runsBySignal.delete(this);
  for (const cancel of runs ?? []) cancel();
}
