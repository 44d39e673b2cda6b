/**
 * The tasks of the run benches, one function object per node as a program would have them.
 *
 * - `sync`, `async`: do nothing.
 * - `sync-io`, `async-io`: read the output of their first upstream from `inputs`, and `ctx.attempt`.
 */

/** Tasks by node id. */
export function makeTasks(kind, { n, from, to }, names) {
  if (kind === "sync") return Array.from({ length: n }, () => () => {});
  if (kind === "async") return Array.from({ length: n }, () => async () => {});
  const first = new Array(n);
  for (let e = from.length - 1; e >= 0; e--) first[to[e]] = names[from[e]];
  if (kind === "sync-io") return Array.from(first, syncReader);
  return Array.from(first, asyncReader);
}

function syncReader(upstream) {
  if (upstream === undefined) return (_inputs, ctx) => ctx.attempt;
  return (inputs, ctx) => inputs[upstream] + ctx.attempt;
}

function asyncReader(upstream) {
  if (upstream === undefined) return async (_inputs, ctx) => ctx.attempt;
  return async (inputs, ctx) => inputs[upstream] + ctx.attempt;
}
