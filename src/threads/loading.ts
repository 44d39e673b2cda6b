/**
 * Which module a thread is loading. A module that starts a run on threads while one of them loads it would be loaded by those threads, start
 * another run, and so on: that is refused. It stands on the global object, because the thread's own code is a bundle of its own.
 */
const place: unique symbol = Symbol.for("dagny.loading");

interface Loading {
  [place]?: Set<string>;
}

/** Takes note that this thread begins to load a module; call what it answers with when that is over. */
export function beginLoading(url: string): () => void {
  const global = globalThis as Loading;
  global[place] ??= new Set();
  const loading = global[place].add(url);
  return () => loading.delete(url);
}

/** A module that this thread of a pool is loading; `undefined` where it loads none, and on the main thread. */
export function moduleLoading(): string | undefined {
  const [url] = (globalThis as Loading)[place] ?? [];
  return url;
}
