/**
 * Threads: tasks that compute run on all cores, and the main thread stays free. `defineTasks` gives functions an address, `on: "thread"` sends them there.
 *
 *     cut ──> count (each range) ──> sum
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor, map, ThreadPool } from "dagny";
import { primes } from "./tasks/primes.js";

const flow = DAG.builder<number>()
  .task("cut", primes.cut, { on: "thread" })
  .task("count", ["cut"], map({ each: primes.count }), { on: "thread" }) // each item on the thread that is free
  .task("sum", ["count"], ({ count }) => count.reduce((a, b) => a + b)) // a plain function: on the main thread
  .build();

await using pool = new ThreadPool({ threads: 2, name: "primes" });
const result = await new DAGExecutor(flow, { pool }).execute(undefined, { params: 1_000_000 });
assert.equal(result.nodeResults.sum.result, 78_498);

for (const { name, tasks, busyMs } of pool.stats().threads) console.log(`${name}: ${tasks} tasks, ${busyMs.toFixed(0)} ms`);

// Code that never yields does not hear its signal. Its thread is ended and replaced, and the attempt settles at once.
const endless = DAG.builder().task("search", primes.search, { on: "thread", timeoutMs: 50 }).build();
const stopped = await new DAGExecutor(endless, { pool }).execute();
assert.equal(stopped.get("search").reason, "timeout");
