/**
 * Nothing waits for a slot, a thread or a pool that its own waiting keeps: every shape of waits, containers, parents and children on every combination
 * of 1 to 3 threads and 1 to 3 slots, alone and several runs of one pool at once.
 *
 * Each task adds one to what its upstreams gave, so that a value that goes astray shows in the last.
 */
import { afterAll, describe, expect, test } from "vitest";
import {
  approval,
  DAG,
  DAGExecutor,
  type ExecutorOptions,
  loop,
  map,
  type RunResult,
  subDag,
  type TaskDefinition,
  type TaskFunction,
  ThreadPool,
  task,
} from "../../src/index.js";
import { Watch } from "../support/threads/watched.js";

const url = new URL("../support/threads/tasks.mjs", import.meta.url);
const at = (name: string): TaskDefinition => task.module(url, name);
const sizes = [1, 2, 3];
const pools = sizes.map((threads) => new ThreadPool({ threads }));
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

const count = (inputs: object): number => 1 + Object.values(inputs).reduce((sum: number, value) => sum + Number(value), 0);

/** A graph that runs wherever it may, what its last node gives, and what else its executor needs. */
interface Shape {
  readonly dag: DAG;
  readonly last: string;
  readonly gives: unknown;
  readonly options?: ExecutorOptions;
}

type Step = readonly [name: string, needs: readonly string[], does: TaskFunction | TaskDefinition, options?: object];

function graphOf(...steps: readonly Step[]): DAG {
  const builder = DAG.builder();
  for (const [name, , does, options = {}] of steps) builder.task(name, does, options);
  for (const [name, needs] of steps) for (const need of needs) builder.addEdge(need, name);
  const dag: DAG = builder.build();
  return dag;
}

/** A chain of nodes that do these in turn. */
function chainOf(length: number, ...does: readonly (TaskFunction | TaskDefinition)[]): Step[] {
  return Array.from({ length }, (_, i) => {
    const what = does[i % does.length] ?? count;
    return [`n${i}`, i === 0 ? [] : [`n${i - 1}`], what, typeof what === "function" ? { on: "inline" } : {}];
  });
}

const inner = (name = "count"): DAG => graphOf(["x", [], at(name)], ["y", ["x"], at(name)]);

const shapes: Readonly<Record<string, () => Shape>> = {
  "a chain": () => ({ dag: graphOf(...chainOf(30, at("count"))), last: "n29", gives: 30 }),
  "parents and children on other threads in turn": () => ({
    dag: graphOf(...chainOf(30, at("count"), count, at("countLater"), async (inputs) => count(inputs))),
    last: "n29",
    gives: 30,
  }),
  "a fan out and in": () => {
    const mids = Array.from({ length: 20 }, (_, i): Step => [`m${i}`, ["a"], at(i % 2 === 0 ? "count" : "countLater")]);
    return { dag: graphOf(["a", [], at("count")], ...mids, ["z", mids.map(([name]) => name), at("count")]), last: "z", gives: 41 };
  },
  "code that sleeps": () => ({ dag: graphOf(...chainOf(6, at("countAfterSleep"), at("count"))), last: "n5", gives: 6 }),
  "many that sleep at once": () => {
    const many = Array.from({ length: 12 }, (_, i): Step => [`s${i}`, [], at("countAfterSleep")]);
    return { dag: graphOf(...many, ["z", many.map(([name]) => name), at("count")]), last: "z", gives: 13 };
  },
  "code that waits for a signal": () => ({
    dag: graphOf(["a", [], at("countAfterGo")], ["b", [], at("countAfterGo")], ["z", ["a", "b"], at("count")]),
    last: "z",
    gives: 3,
  }),
  "approvals between threaded tasks": () => ({
    dag: graphOf(["a", [], at("count")], ["w", ["a"], approval()], ["z", ["a", "w"], at("count"), {}]),
    last: "z",
    gives: 3,
  }),
  "calls of the main thread": () => {
    const many = Array.from({ length: 8 }, (_, i): Step => [`s${i}`, [], at("countWithState")]);
    return { dag: graphOf(...many, ["z", many.map(([name]) => name), at("countWithState")]), last: "z", gives: 9 };
  },
  "sub-DAGs in sub-DAGs": () => {
    const deep = [1, 2, 3].reduce<DAG>((dag) => graphOf(["sub", [], subDag(dag)], ["after", ["sub"], at("computed")]), inner());
    return { dag: graphOf(["s", [], subDag(deep)], ["z", ["s"], at("computed")]), last: "z", gives: 1 };
  },
  "a map": () => ({
    dag: graphOf(["m", [], map({ over: () => [1, 2, 3, 4, 5, 6, 7, 8], each: at("double") })]),
    last: "m",
    gives: [2, 4, 6, 8, 10, 12, 14, 16],
  }),
  "a map of graphs, one item at a time": () => ({
    dag: graphOf(["m", [], map({ over: () => [1, 2, 3], each: inner("countLater"), concurrency: 1 })]),
    last: "m",
    gives: [{ y: 2 }, { y: 2 }, { y: 2 }],
  }),
  "a map in a loop in a sub-DAG": () => {
    const body = graphOf(["m", [], map({ over: () => [1, 2], each: at("double") })], ["c", ["m"], at("computed")]);
    const rounds = loop({ body, until: (_output: unknown, { iteration }) => iteration >= 3, limit: 3 });
    return { dag: graphOf(["s", [], subDag(graphOf(["l", [], rounds]))], ["z", ["s"], at("computed")]), last: "z", gives: 1 };
  },
  "a pool of one for everything": () => ({
    dag: graphOf(
      ...Array.from(
        { length: 10 },
        (_, i): Step => [`n${i}`, i === 9 ? ["n0"] : [], at(i % 2 === 0 ? "countLater" : "count"), { resources: { one: 1 } }],
      ),
    ),
    last: "n9",
    gives: 2,
    options: { pools: { one: 1 } },
  }),
  "a pool of one that is given up while code sleeps": () => ({
    dag: graphOf(
      ...Array.from(
        { length: 6 },
        (_, i): Step => [
          `n${i}`,
          [],
          i % 2 === 0 ? at("countAfterSleep") : count,
          { resources: { one: 1 }, on: i % 2 === 0 ? "thread" : "inline" },
        ],
      ),
      ["z", ["n0", "n1", "n2", "n3", "n4", "n5"], at("count"), { resources: { one: 1 } }],
    ),
    last: "z",
    gives: 7,
    options: { pools: { one: 1 } },
  }),
  "one key for all": () => ({
    dag: graphOf(...Array.from({ length: 8 }, (_, i): Step => [`n${i}`, i === 0 ? [] : ["n0"], at("countLater"), { concurrencyKey: "k" }])),
    last: "n7",
    gives: 2,
  }),
  "nodes that are added by code on threads": () => ({ dag: graphOf(["a", [], at("grow")], ["b", [], at("grow")]), last: "b+2", gives: 3 }),
  "a graph that code on a thread runs by itself": () => ({
    dag: graphOf(["a", [], at("runInside")], ["z", ["a"], at("runInside")]),
    last: "z",
    gives: 2,
  }),
  "a finally-node on a thread": () => ({
    dag: graphOf(["a", [], at("count")], ["z", ["a"], at("count"), { finally: true }]),
    last: "z",
    gives: 2,
  }),
};

const combinations = sizes.flatMap((threads) => sizes.map((maxWorkers) => ({ threads, maxWorkers })));

function poolOf(threads: number): ThreadPool {
  const pool = pools[threads - 1];
  if (pool === undefined) throw new Error(`there is no pool of ${threads}`);
  return pool;
}

async function run(shape: Shape, pool: ThreadPool, maxWorkers: number, more: ExecutorOptions = {}): Promise<RunResult> {
  const watch = new Watch();
  const executor = new DAGExecutor(shape.dag, { on: "thread", pool, maxWorkers, ...shape.options, ...more });
  const handle = executor.start(
    {},
    { onEvent: watch.onEvent, eventFilter: { types: ["waitOpened", "nodeStarted", "nodeReady", "nodeCompleted", "nodeFailed"] } },
  );
  void answerWaits(handle, watch);
  return watch.resultOf(handle);
}

/** Somebody who gives what is waited for, again and again until the run has ended. */
async function answerWaits(handle: ReturnType<DAGExecutor["start"]>, watch: Watch): Promise<void> {
  let isOver = false;
  handle.result.then(
    () => (isOver = true),
    () => (isOver = true),
  );
  for (let answered = 0; !isOver; await new Promise((resolve) => setTimeout(resolve, 1))) {
    const opened = watch.events.filter((event) => event.type === "waitOpened" && !event.isSleep);
    for (; answered < opened.length; answered++) {
      const event = opened[answered];
      if (event?.type !== "waitOpened") continue;
      if (event.signal === undefined) handle.approve(event.node, 1);
      else handle.signal(event.signal);
    }
  }
}

function check(result: RunResult, { last, gives }: Shape): void {
  expect(result.errors).toEqual([]);
  expect(result.status).toBe("completed");
  expect(result.get(last).result).toEqual(gives);
}

describe.each(combinations)("$threads threads, $maxWorkers slots", ({ threads, maxWorkers }) => {
  test.each(Object.keys(shapes))("%s", async (name) => {
    const shape = shapes[name]?.();
    if (shape === undefined) throw new Error(`no shape is called ${name}`);
    check(await run(shape, poolOf(threads), maxWorkers), shape);
  });

  test("all of them at once", async () => {
    const all = Object.values(shapes).map((shape) => shape());
    const results = await Promise.all(all.map((shape) => run(shape, poolOf(threads), maxWorkers)));
    for (const [i, result] of results.entries()) check(result, all[i] as Shape);
  });

  test("an inline task that runs a graph on the pool of its own run", async () => {
    const pool = poolOf(threads);
    const nested = async (inputs: object): Promise<number> => {
      const shape = { dag: graphOf(...chainOf(3, at("count"))), last: "n2", gives: 3 };
      check(await run(shape, pool, maxWorkers), shape);
      return count(inputs);
    };
    const shape = { dag: graphOf(...chainOf(6, at("count"), nested)), last: "n5", gives: 6 };
    check(await run(shape, pool, maxWorkers), shape);
  });
});

test("code on a thread that has threads of its own", async () => {
  const shape = { dag: graphOf(["a", [], at("runThreadsInside")], ["z", ["a"], at("count")]), last: "z", gives: 2 };
  check(await run(shape, poolOf(1), 1), shape);
});
