/** Executors as people write them by hand: a p-limit one for big graphs, a Promise one for small graphs. */
import pLimit from "p-limit";

/** What both take: nodes by name with their upstreams, and tasks by name. */
/** @typedef {{ names: string[], upstreams: Map<string, string[]>, tasks: Map<string, () => unknown> }} HandGraph */

/** Upstreams by name from named edges. */
export function handGraph(names, edges, tasks) {
  const upstreams = new Map(names.map((name) => [name, []]));
  for (const [from, to] of edges) upstreams.get(to).push(from);
  return { names, upstreams, tasks: new Map(names.map((name, i) => [name, tasks[i]])) };
}

/** In-degrees and downstreams in Maps, p-limit as the cap, results in a Map. */
export function runWithPLimit({ names, upstreams, tasks }, workers) {
  const limit = pLimit(workers);
  const left = new Map();
  const downstreams = new Map(names.map((name) => [name, []]));
  for (const [name, needs] of upstreams) {
    left.set(name, needs.length);
    for (const need of needs) downstreams.get(need).push(name);
  }
  const results = new Map();
  return new Promise((resolve, reject) => {
    const start = (name) => {
      limit(tasks.get(name)).then((result) => {
        results.set(name, result);
        if (results.size === names.length) return resolve(results);
        for (const next of downstreams.get(name)) {
          const rest = left.get(next) - 1;
          left.set(next, rest);
          if (rest === 0) start(next);
        }
      }, reject);
    };
    for (const name of names) if (left.get(name) === 0) start(name);
  });
}

/** One promise per node, each after its upstreams' promises; inputs by name, a record per node. Names must be in topological order. */
export async function runWithPromises({ names, upstreams, tasks }) {
  const records = new Map();
  const running = new Map();
  const run = async (name) => {
    const inputs = {};
    for (const need of upstreams.get(name)) inputs[need] = await running.get(need);
    const startedAt = performance.now();
    const result = await tasks.get(name)(inputs);
    records.set(name, { status: "completed", result, startedAt, durationMs: performance.now() - startedAt });
    return result;
  };
  for (const name of names) running.set(name, run(name));
  await Promise.all(running.values());
  return records;
}
