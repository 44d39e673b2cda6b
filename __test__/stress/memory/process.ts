/** Runs of every kind, a thousand times, and what they left behind. Prints it as JSON; `memory.test.ts` reads it. */
import { getEventListeners } from "node:events";
import { DAG, DAGExecutor, type ExecutorOptions, type RunHandle } from "../../../src/index.js";
import { clockOption } from "../../../src/run/options.js";
import { SimulatedClock } from "../../support/simulated-clock.js";

const collectGarbage = globalThis.gc;
if (collectGarbage === undefined) throw new Error("run this with --expose-gc");

const builder = DAG.builder();
for (let i = 0; i < 8000; i++) builder.addNode(`n${i}`);
for (let i = 10; i < 8000; i++) builder.addEdge(`n${i - 10}`, `n${i}`);
const wide: DAG = builder.build();
const small: DAG = DAG.from({ a: [], b: ["a"], c: ["a"], d: ["b", "c"] });

const clock = new SimulatedClock();
const turn = (): Promise<unknown> => new Promise(setImmediate);
const { signal } = new AbortController();
const endings: Record<string, number> = {};

/** One run of each kind has its turn after the other. */
const kinds: ((i: number) => Promise<string>)[] = [
  async () => run(wide, () => ({ output: new Array(10).fill(0) })),
  async () => run(small, async () => "value", { keepResults: "leaves" }),
  async () => run(small, () => Promise.reject(new Error("no")), { retry: 3 }),
  async () => run(wide, async () => null, { maxWorkers: 1000, timeoutMs: 1000 }),
  async () => {
    const handle = start(wide, () => new Promise(() => {}), { graceMs: 0 });
    await turn();
    handle.cancel();
    return (await handle.result).status;
  },
  // Every executor with a timeout of its own.
  async (i) => {
    const handle = start(small, () => new Promise(() => {}), { timeoutMs: 10 + i, graceMs: 5, failFast: false });
    await turn();
    clock.advance(10 + i);
    await turn();
    clock.advance(5);
    return (await handle.result).status;
  },
  async () => {
    const handle = start(small, async () => 1);
    for await (const event of handle.events) if (event.type === "nodeCompleted") break;
    const { status, nodeResults, trace } = await handle.result;
    void [Object.keys(nodeResults), trace];
    return status;
  },
];

function start(dag: DAG, task: () => unknown, options: ExecutorOptions = {}): RunHandle {
  const withClock: ExecutorOptions & { [clockOption]: SimulatedClock } = { ...options, [clockOption]: clock };
  return new DAGExecutor(dag, withClock).start(task, { signal });
}

async function run(dag: DAG, task: () => unknown, options: ExecutorOptions = {}): Promise<string> {
  return (await start(dag, task, options).result).status;
}

async function settledMemory(): Promise<NodeJS.MemoryUsage> {
  for (let i = 0; i < 6; i++) {
    collectGarbage?.();
    await turn(); // Finalizers of native objects run in a turn of their own.
  }
  return process.memoryUsage();
}

async function runs(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const status = (await kinds[i % kinds.length]?.(i)) ?? "none";
    endings[status] = (endings[status] ?? 0) + 1;
  }
}

await runs(210); // What is made once is made now.
const before = await settledMemory();
await runs(1000);
const after = await settledMemory();

let timers = 0;
while (clock.jump()) timers++;
const growth = { heapUsed: after.heapUsed - before.heapUsed, external: after.external - before.external, rss: after.rss - before.rss };
console.log(JSON.stringify({ runs: 1000, endings, growth, listeners: getEventListeners(signal, "abort").length, timers }));
