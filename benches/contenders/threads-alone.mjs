/**
 * A fresh process that runs threads and prints what they did to it: `delay` the main thread's event loop, `runs` and `kills` its memory.
 *
 *   node --expose-gc threads-alone.mjs delay <tasks> <spins>
 *   node --expose-gc threads-alone.mjs runs|kills <times>
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DAG, DAGExecutor, ThreadPool, task } from "dagny";

const [what, first, spins = "0"] = process.argv.slice(2);
const count = Number(first);
process.env.BENCH_SPINS = spins;
const module = new URL("./thread-tasks.mjs", import.meta.url);

function executorOf(n, does, threads, options = {}) {
  const builder = DAG.builder();
  for (let i = 0; i < n; i++) builder.task(`node-${i}`, [], task.module(module, does));
  const pool = new ThreadPool({ threads });
  return { pool, executor: new DAGExecutor(builder.build(), { on: "thread", pool, maxWorkers: 64, ...options }) };
}

/** How late the main thread's timers are while one thread runs so many tasks; the resolution itself is taken off. */
async function delay() {
  const { pool, executor } = executorOf(count, spins === "0" ? "noop" : "spin", 1);
  await executor.execute();
  const resolution = 1;
  const histogram = monitorEventLoopDelay({ resolution });
  let ms = 0;
  for (let i = 0; i < 3; i++) {
    const handle = executor.start();
    // What a run takes to begin is not what it does to the loop while it goes on.
    await new Promise(setImmediate);
    const start = performance.now();
    histogram.enable();
    await handle.result;
    histogram.disable();
    ms += performance.now() - start;
  }
  await pool.close();
  const late = (percentile) => Math.max(0, histogram.percentile(percentile) / 1e6 - resolution);
  return { p50: late(50), p99: late(99), max: histogram.max / 1e6 - resolution, samples: histogram.count, ms: ms / 3 };
}

async function settledMemory() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}

/** What is there after so many times and not before them; what is made once was made before. */
async function growth(once, warm) {
  for (let i = 0; i < warm; i++) await once();
  const before = await settledMemory();
  for (let i = 0; i < count; i++) await once();
  const after = await settledMemory();
  return { rss: after.rss - before.rss, heap: after.heap - before.heap };
}

async function runs() {
  const { pool, executor } = executorOf(500, "smallObject", 2);
  const found = await growth(() => executor.execute(), 200);
  await pool.close();
  return found;
}

/** Each run has a task that never yields; its timeout ends the thread. */
async function kills() {
  const { pool, executor } = executorOf(1, "forever", 1, { timeoutMs: 1, graceMs: 5_000 });
  const found = await growth(async () => {
    const { status } = await executor.execute();
    if (status !== "failed") throw new Error(`the run ${status}`);
  }, 50);
  await pool.close();
  return found;
}

console.log(JSON.stringify(await { delay, runs, kills }[what]()));
