/**
 * What Dagny's threads are compared with: piscina and tinypool, and raw `worker_threads`.
 *
 * Pools were tried at every combination of `concurrentTasksPerWorker` 1 to 65,536, atomics `sync`, `async` and off, the fixed and the array queue, all
 * calls at once and in windows of 1,024 and 8,192. On 2 cores one call took from 10.7 to 55 µs. The settings here were the fastest of each, each best in
 * some of the runs; the row is compared with the one that is fastest in it.
 */
import { FixedQueue, Piscina } from "piscina";
import { Tinypool } from "tinypool";
import { RawThreads } from "../floors/threads.mjs";
import { largeBuffer, noop, smallObject } from "./thread-tasks.mjs";

const module = new URL("./thread-tasks.mjs", import.meta.url).href;

function piscina(threads, concurrentTasksPerWorker) {
  return new Piscina({
    filename: module,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    concurrentTasksPerWorker,
    atomics: "sync",
    recordTiming: false,
    taskQueue: new FixedQueue(),
  });
}

function tinypool(threads, concurrentTasksPerWorker) {
  return new Tinypool({
    filename: module,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: 2 ** 31 - 1,
    concurrentTasksPerWorker,
    useAtomics: false,
  });
}

/** All calls at once, or so many at a time. */
async function callAll(pool, name, total, window) {
  const options = { name };
  for (let begun = 0; begun < total; begun += window) {
    const calls = [];
    for (let i = begun; i < Math.min(total, begun + window); i++) calls.push(pool.run(null, options));
    await Promise.all(calls);
  }
  return total;
}

function pooled(make, { concurrency, window = Number.POSITIVE_INFINITY }) {
  return {
    async prepare({ threads, task, n, spins = 0 }) {
      process.env.BENCH_SPINS = String(spins);
      const pool = make(threads, concurrency);
      await callAll(pool, task, 1_000, 1_000);
      return { pool, task, n };
    },
    works: { run: { run: ({ pool, task, n }) => callAll(pool, task, n, window), check: (count) => count } },
  };
}

const rawThreads = {
  async prepare({ threads, task, n, spins = 0, batch = 64 }) {
    process.env.BENCH_SPINS = String(spins);
    return { threads: await RawThreads.start(threads, module), task, n, batch };
  },
  works: { run: { run: ({ threads, task, n, batch }) => threads.run(task, n, batch), check: (count) => count } },
};

/** A value back and forth between the main thread and one other: what the hops cost without anything around them. A moved buffer goes to and fro. */
function rawRoundTrips(make, isMoved = false) {
  return {
    async prepare({ n }) {
      return { threads: await RawThreads.start(1, module), n, value: make() };
    },
    works: {
      run: {
        async run(state) {
          state.value = await state.threads.roundTrips("echo", state.n, state.value, isMoved);
          return state.n;
        },
        check: (count) => count,
      },
    },
  };
}

/** @type {Record<string, { prepare: Function, works: Record<string, { run: Function, check?: Function }> }>} */
export const contenders = {
  "piscina, 256 a thread, all at once": pooled(piscina, { concurrency: 256 }),
  "piscina, 1,024 a thread, 1,024 at once": pooled(piscina, { concurrency: 1_024, window: 1_024 }),
  "tinypool, 4,096 a thread, 1,024 at once": pooled(tinypool, { concurrency: 4_096, window: 1_024 }),
  "tinypool, 65,536 a thread, all at once": pooled(tinypool, { concurrency: 65_536 }),
  "raw threads": rawThreads,
  postMessage: rawRoundTrips(noop),
  "postMessage, 1 KiB": rawRoundTrips(smallObject),
  "postMessage, 64 MiB moved": rawRoundTrips(largeBuffer, true),
  "postMessage, 64 MiB copied": rawRoundTrips(largeBuffer),
};
