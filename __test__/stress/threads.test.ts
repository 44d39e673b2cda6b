/**
 * Threads that die at any moment: 10,000 tasks while threads are terminated from outside, end themselves or are ended because code never yields.
 *
 * The bugs it would catch: an attempt that is recorded twice or not at all, a lease that is lost with the thread that held it, a value that is gone
 * though its node completed, a run or a pool that hangs after a death at the wrong moment. `DAGNY_STRESS_RUNS` is ten times how often
 * it is tried, `DAGNY_SEED` goes to other seeds.
 */
import type { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DAG, DAGExecutor, type RunEvent, type RunResult, ThreadPool, task } from "../../src/index.js";
import { Random } from "../support/random.js";
import { Watch } from "../support/threads/watched.js";
import { outputOf } from "./threads/tasks.mjs";

const url = new URL("./threads/tasks.mjs", import.meta.url);
const nodeCount = 10_000;
const maxAttempts = 3;
const maxCrashes = 3;

/** The threads that are alive, and those of them that have loaded the tasks: one that ends before is said to have been ended by their module. */
const workers = new Set<Worker>();
const loaded = new Set<Worker>();
const note = (worker: Worker): void => {
  workers.add(worker);
  worker.on("message", (message: unknown) => message === "tasks are loaded" && loaded.add(worker));
  worker.once("exit", () => [workers, loaded].forEach((set) => set.delete(worker)));
};
beforeAll(() => void process.on("worker", note));
afterAll(() => void process.off("worker", note));

/** What nodes do, by how likely. */
const kinds: readonly (readonly [name: string, share: number, options?: object])[] = [
  ["quick", 0.3],
  ["busy", 0.2],
  ["later", 0.2],
  ["reads", 0.293],
  ["fails", 0.004],
  ["exits", 0.002],
  ["spins", 0.001, { timeoutMs: 30 }],
];

function randomGraph(random: Random): DAG {
  const builder = DAG.builder();
  for (let i = 0; i < nodeCount; i++) {
    let chance = random.unit();
    const [name, , options = {}] = kinds.find(([, share]) => (chance -= share) < 0) ?? ["quick"];
    builder.task(`n${i}`, task.module(url, name), options);
    const needs = new Set(Array.from({ length: i === 0 ? 0 : random.int(0, 2) }, () => random.int(Math.max(0, i - 400), i - 1)));
    for (const need of needs) builder.addEdge(`n${need}`, `n${i}`);
  }
  const dag: DAG = builder.build();
  return dag;
}

/** Every node is recorded once, as often as its attempts, and what it gives is its own. */
function check(result: RunResult, events: readonly RunEvent[]): void {
  const starts = new Map<string, number>();
  const ends = new Map<string, number>();
  const settled = new Map<string, number>();
  const add = (map: Map<string, number>, node: string): unknown => map.set(node, (map.get(node) ?? 0) + 1);
  for (const event of events) {
    if (event.type === "nodeStarted") add(starts, event.node);
    if (event.type === "attemptFailed") add(ends, event.node);
    if (["nodeCompleted", "nodeFailed", "nodeSkipped", "nodeFiltered", "nodeCancelled"].includes(event.type) && "node" in event) {
      add(settled, event.node ?? "");
      if (event.type === "nodeCompleted" || event.type === "nodeFailed") add(ends, event.node ?? "");
    }
  }
  const { completed, failed, skipped, filtered, cancelled } = result.counts;
  expect({ sum: completed + failed + skipped, filtered, cancelled }).toEqual({ sum: nodeCount, filtered: 0, cancelled: 0 });
  const wrong: string[] = [];
  for (const entry of Object.values(result.nodeResults)) {
    const { name, status, attempt, attempts } = entry;
    const isRight =
      settled.get(name) === 1 &&
      (starts.get(name) ?? 0) === attempt &&
      (ends.get(name) ?? 0) === attempt &&
      attempts.length === attempt &&
      attempt <= maxAttempts + maxCrashes &&
      (status === "completed"
        ? entry.result === outputOf(Number(name.slice(1)))
        : status === "skipped"
          ? attempt === 0
          : // What nothing is wrong with fails only where its thread was ended too often.
            status === "failed" && entry.reason === "crashed" && attempts.filter(({ reason }) => reason === "crashed").length > maxCrashes);
    if (!isRight)
      wrong.push(JSON.stringify({ ...entry, attempts, ends: ends.get(name), settled: settled.get(name), error: String(entry.error) }));
  }
  expect(wrong.slice(0, 5)).toEqual([]);
}

/** Each takes a new graph, pool and order of deaths. */
const seeds = Array.from({ length: Math.ceil(Number(process.env.DAGNY_STRESS_RUNS ?? 20) / 10) }, (_, i) => i + 1);

test.each(seeds)("10,000 tasks while threads are killed (seed %i)", { timeout: 240_000 }, async (seed) => {
  const random = new Random(seed + Number(process.env.DAGNY_SEED ?? 0));
  workers.clear();
  const pool = new ThreadPool({ threads: random.int(1, 4) });
  const executor = new DAGExecutor(randomGraph(random), {
    on: "thread",
    pool,
    maxWorkers: random.pick([2, 8, 256]),
    failFast: false,
    graceMs: 2_000,
    retry: maxAttempts,
    maxCrashes,
  });
  const watch = new Watch();
  const handle = executor.start({}, { onEvent: watch.onEvent });
  let kills = 0;
  const killing = setInterval(() => {
    const alive = [...loaded];
    if (alive.length === 0 || kills >= 40) return;
    kills++;
    void random.pick(alive).terminate();
  }, 15);
  try {
    const result = await watch.resultOf(handle, 120_000);
    expect(result.status === "completed" || result.failed > 0).toBe(true);
    check(result, watch.events);
  } finally {
    clearInterval(killing);
  }
  // The pool is as good as before.
  const again: DAG = DAG.builder().task("n1", task.module(url, "quick")).build();
  const after = await new Watch().resultOf(new DAGExecutor(again, { on: "thread", pool }).start(), 20_000);
  expect(after.get("n1").result).toBe(outputOf(1));
  const close = pool.close();
  await Promise.race([close, new Promise((_, reject) => setTimeout(reject, 20_000, new Error("the pool does not close")).unref())]);
  expect(workers.size).toBe(0);
  console.info(
    `seed ${seed}: ${kills} threads terminated, ${watch.events.filter(({ type }) => type === "attemptFailed").length} attempts failed`,
  );
});
