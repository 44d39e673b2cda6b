/** Threaded runs: no-ops, computing tasks, values that go from thread to thread; and the same runs inline. */
import { writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { DAG, DAGExecutor, ThreadPool, task } from "dagny";
import { makeNames } from "../_setup.mjs";

const module = new URL("./thread-tasks.mjs", import.meta.url);

/** `n` nodes of one task, independent or in a chain, on a pool of so many threads; or inline, where `threads` is 0. */
function sameTasks({ n, shape = "independent", task: name, threads, maxWorkers, spins = 0 }) {
  process.env.BENCH_SPINS = String(spins);
  const does = task.module(module, name);
  const builder = DAG.builder();
  for (let i = 0; i < n; i++) builder.task(`node-${i}`, shape === "chain" && i > 0 ? [`node-${i - 1}`] : [], does);
  const pool = threads === 0 ? undefined : new ThreadPool({ threads });
  return { executor: new DAGExecutor(builder.build(), threads === 0 ? { maxWorkers } : { maxWorkers, on: "thread", pool }), threads };
}

const counted = (result) => (result.status === "completed" ? result.succeeded : -1);

const same = {
  prepare: sameTasks,
  works: {
    run: { run: ({ executor }) => executor.execute(), check: counted },
    "run-and-read": { run: runAndRead, check: (seen) => seen },
  },
};

/** A run whose whole report is then read: the record of every node, by name. */
async function runAndRead({ executor }) {
  const { nodeResults } = await executor.execute();
  let seen = 0;
  for (const name in nodeResults) if (nodeResults[name].status === "completed") seen++;
  return seen;
}

/** A chain; what it answers says on how many threads it ran. */
const chain = {
  prepare: (input) => sameTasks({ ...input, shape: "chain" }),
  works: {
    run: {
      run: ({ executor }) => executor.execute(),
      check: (result) => (result.status === "completed" ? result.threads.threads.filter(({ attempts }) => attempts > 0).length : -1),
    },
  },
};

/** The same tasks inline, as plain functions of the same module. */
const inline = {
  async prepare(input) {
    process.env.BENCH_SPINS = String(input.spins ?? 0);
    const does = (await import(module.href))[input.task];
    const dag = DAG.builder().addNodes(makeNames(input.n)).build();
    return { executor: new DAGExecutor(dag, input.maxWorkers), does };
  },
  works: { run: { run: ({ executor, does }) => executor.execute(() => does()), check: counted } },
};

/** A recorded workflow: each node holds its thread as long as it was recorded to take, scaled. */
const workflow = {
  prepare({ nodes, edges, timesMs, threads }) {
    const path = join(os.tmpdir(), `dagny-bench-times-${process.pid}.json`);
    writeFileSync(path, JSON.stringify(timesMs));
    process.env.BENCH_TIMES = path;
    const needs = new Map(nodes.map((name) => [name, []]));
    for (const [from, to] of edges) needs.get(to).push(from);
    const does = task.module(module, "recorded");
    const builder = DAG.builder();
    for (const name of nodes) builder.task(name, needs.get(name), does, { cost: timesMs[name] });
    return { executor: new DAGExecutor(builder.build(), { maxWorkers: threads, on: "thread", pool: new ThreadPool({ threads }) }) };
  },
  works: { run: { run: ({ executor }) => executor.execute(), check: counted } },
};

/**
 * `n` round trips from the main thread to another and back: a chain of nodes that are inline and threaded in turn. `make` gives what is passed along;
 * with `move` a buffer is transferred on each edge, without it is copied.
 */
function alternating(make, isMoved = false) {
  return {
    async prepare({ n }) {
      const tasks = await import(module.href);
      const builder = DAG.builder();
      const pass = task.module(module, "pass");
      builder.task("node-0", [], make === undefined ? () => undefined : () => tasks[make]());
      const name = (i) => `node-${i}`;
      for (let i = 1; i <= 2 * n; i++) builder.task(name(i), [], i % 2 === 1 ? pass : tasks.pass, i % 2 === 1 ? { on: "thread" } : {});
      for (let i = 1; i <= 2 * n; i++) builder.addEdge(name(i - 1), name(i), isMoved ? { move: true } : {});
      return {
        executor: new DAGExecutor(builder.build(), { maxWorkers: 1, keepResults: "none", pool: new ThreadPool({ threads: 1 }) }),
        n,
      };
    },
    works: { run: { run: ({ executor }) => executor.execute(), check: (result, { n }) => (counted(result) === 2 * n + 1 ? n : -1) } },
  };
}

/** One run after the other, of one threaded node: what a call from outside costs, run and report included. */
const oneNode = {
  prepare({ n }) {
    const dag = DAG.builder().task("only", [], task.module(module, "noop"), { on: "thread" }).build();
    return { executor: new DAGExecutor(dag, { pool: new ThreadPool({ threads: 1 }) }), n };
  },
  works: {
    run: {
      async run({ executor, n }) {
        let completed = 0;
        for (let i = 0; i < n; i++) completed += (await executor.execute()).succeeded;
        return completed;
      },
      check: (count) => count,
    },
  },
};

/** @type {Record<string, { prepare: Function, works: Record<string, { run: Function, check?: Function }> }>} */
export const contenders = {
  Dagny: same,
  "Dagny, maxWorkers 1,024": { ...same, prepare: (input) => sameTasks({ ...input, maxWorkers: 1_024 }) },
  "Dagny, a chain": chain,
  "Dagny, inline": inline,
  "Dagny, a workflow": workflow,
  "Dagny, there and back": alternating(),
  "Dagny, 1 KiB": alternating("smallObject"),
  "Dagny, 64 MiB moved": alternating("largeBuffer", true),
  "Dagny, 64 MiB copied": alternating("largeBuffer"),
  "Dagny, a run each": oneNode,
};
