/** Which tasks run when: slots, order, and what is shared between runs. */
// biome-ignore-all lint/suspicious/noThenProperty: thenables are what some of these tasks give.
import { describe, expect, test } from "vitest";
import type { Clock } from "../../src/clock/clock.js";
import { DAG, DAGExecutor, type ExecutorOptions } from "../../src/index.js";
import { clockOption } from "../../src/run/options.js";
import { graphOf } from "../support/graph-text.js";
import { each, type Hand, hand, loose, settleDown, simulated } from "../support/runs.js";
import { SimulatedClock } from "../support/simulated-clock.js";

describe("maxWorkers", () => {
  test.each([
    { maxWorkers: 1, nodes: 10, most: 1 },
    { maxWorkers: 2, nodes: 10, most: 2 },
    { maxWorkers: 9, nodes: 10, most: 9 },
    { maxWorkers: Number.POSITIVE_INFINITY, nodes: 10, most: 10 },
    { maxWorkers: Number.POSITIVE_INFINITY, nodes: 5000, most: 5000 },
    { maxWorkers: 100_000, nodes: 3000, most: 3000 },
  ])("$maxWorkers of $nodes", async ({ maxWorkers, nodes, most }) => {
    const hands: Hand<unknown>[] = [];
    let running = 0;
    let highest = 0;
    const { executor } = simulated(loose(nodes), { maxWorkers });
    const handle = executor.start(() => {
      const mine = hand();
      hands.push(mine);
      highest = Math.max(highest, ++running);
      return mine.promise.then(() => running--);
    });
    await settleDown();
    expect(hands).toHaveLength(most);
    for (let i = 0; i < nodes; i++) {
      if (hands[i] === undefined) await settleDown();
      hands[i]?.resolve(undefined);
    }
    const result = await handle.result;
    expect(result.succeeded).toBe(nodes);
    expect(highest).toBe(most);
    expect(new Set(Object.values(result.nodeResults).map(({ lane }) => lane)).size).toBe(most);
  });

  test("a number is the same as an option", async () => {
    const lanes = async (options: number | { maxWorkers: number }) => {
      const { nodeResults } = await new DAGExecutor(loose(6), options).execute(async () => null);
      return Object.values(nodeResults).map(({ lane }) => lane);
    };
    expect(await lanes(3)).toEqual(await lanes({ maxWorkers: 3 }));
  });
});

describe("order", () => {
  interface Row {
    what: string;
    nodes: Record<string, { priority?: number; cost?: number }>;
    edges?: [string, string][];
    order: string;
  }
  test.each<Row>([
    { what: "insertion", nodes: { b: {}, a: {}, c: {} }, order: "b a c" },
    { what: "priority", nodes: { a: {}, b: { priority: 1 }, c: { priority: -1 }, d: { priority: 0.5 } }, order: "b d a c" },
    { what: "longest remaining cost", nodes: { a: {}, b: { cost: 3 }, c: { cost: 0 }, d: { cost: 2 } }, order: "b d a c" },
    { what: "the cost of what follows counts", nodes: { a: { cost: 4 }, b: {}, z: { cost: 5 } }, edges: [["b", "z"]], order: "b z a" },
    { what: "priority before cost", nodes: { a: { cost: 9 }, b: { priority: 1 } }, order: "b a" },
    { what: "priority is lent to what one waits for", nodes: { a: {}, b: {}, z: { priority: 9 } }, edges: [["b", "z"]], order: "b z a" },
    {
      what: "and through what lies between",
      nodes: { a: { priority: 1 }, b: {}, m: {}, z: { priority: 9 } },
      edges: [
        ["b", "m"],
        ["m", "z"],
      ],
      order: "b m z a",
    },
    { what: "a low one lends nothing", nodes: { a: {}, b: {}, z: { priority: -9 } }, edges: [["b", "z"]], order: "b a z" },
  ])("by $what", async ({ nodes, edges = [], order }) => {
    const builder = DAG.builder();
    for (const [name, options] of Object.entries(nodes)) builder.addNode(name, options);
    builder.addEdges(edges);
    const dag: DAG = builder.build();
    for (const wait of [() => undefined, async () => null]) {
      const called: string[] = [];
      await new DAGExecutor(dag, 1).execute(
        each((_, { name }) => {
          called.push(name);
          return wait();
        }),
      );
      expect(called.join(" ")).toBe(order);
    }
  });

  test("a node starts the moment its upstreams have completed, not level by level", async () => {
    const { executor } = simulated(graphOf("slow -> x; a -> b -> c -> d"));
    const slow = hand();
    const called: string[] = [];
    const handle = executor.start(
      each((_, { name }) => {
        called.push(name);
        return name === "slow" ? slow.promise : null;
      }),
    );
    await settleDown();
    expect(called).toEqual(["a", "slow", "b", "c", "d"]);
    slow.resolve(null);
    await handle.result;
  });
});

describe("tasks", () => {
  const flow = DAG.builder()
    .task("a", () => 1)
    .task("b", ["a"], ({ a }) => a + 1)
    .build();

  test.each<[what: string, run: () => Promise<{ nodeResults: Record<string, { result?: unknown }> }>, expected: unknown]>([
    ["an object", () => new DAGExecutor(graphOf("a -> b")).execute({ a: () => 1, b: ({ a }) => [a] }), [1, [1]]],
    [
      "an object without a prototype",
      () => new DAGExecutor(graphOf("a -> b")).execute(Object.assign(Object.create(null), { a: () => 1, b: () => 2 })),
      [1, 2],
    ],
    ["one function for all", () => new DAGExecutor(graphOf("a -> b")).execute(each((_, { name }) => name)), ["a", "b"]],
    ["given with the nodes", () => new DAGExecutor(flow).execute(), [1, 2]],
    ["given with the nodes, some anew", () => new DAGExecutor(flow).execute({ a: () => 10 }), [10, 11]],
    [
      "promises and thenables",
      () =>
        new DAGExecutor(graphOf("a -> b")).execute({
          a: async () => 1,
          b: ({ a }) => ({ then: (give: (value: unknown) => void) => give([a]) }),
        }),
      [1, [1]],
    ],
    ["of undefined and null", () => new DAGExecutor(graphOf("a -> b")).execute({ a: () => {}, b: () => null }), [undefined, null]],
  ])("%s", async (_, run, expected) => {
    const { nodeResults } = await run();
    expect([nodeResults.a?.result, nodeResults.b?.result]).toEqual(expected);
  });

  test("are called after the turn of start()", async () => {
    const order: string[] = [];
    const handle = new DAGExecutor(graphOf("a")).start(() => void order.push("task"));
    order.push("start returned");
    await handle.result;
    expect(order).toEqual(["start returned", "task"]);
  });
});

describe("runs do not touch each other", () => {
  test("a draft that is changed while it runs: a run keeps the graph it began with", async () => {
    const draft = new DAG();
    draft.addNode("a").addNode("b").addEdge("a", "b");
    const executor = new DAGExecutor(draft, 1);
    const first = await executor.execute(
      each((_, { name }) => {
        if (name === "a") draft.addNode("c").addEdge("b", "c").removeNode("a");
        return name;
      }),
    );
    expect(Object.keys(first.nodeResults)).toEqual(["a", "b"]);
    expect(first.get("b").result).toBe("b");
    const second = await executor.execute(each((inputs) => Object.keys(inputs)));
    expect(Object.values(second.nodeResults).map(({ name, result }) => [name, result])).toEqual([
      ["b", []],
      ["c", ["b"]],
    ]);
  });

  test("the same executor, many times at once", async () => {
    const executor = new DAGExecutor(graphOf("a -> b, c -> d"), 2);
    const run = async (i: number) => {
      const task = each(async (inputs, { name, runId }) => {
        await new Promise(setImmediate);
        if (i % 3 === 0 && name === "c") throw new Error(`${i}`);
        return `${runId} ${Object.values(inputs).length}`;
      });
      return executor.execute(task, { runId: `run ${i}` });
    };
    const results = await Promise.all(Array.from({ length: 60 }, (_, i) => run(i)));
    results.forEach((result, i) => {
      expect(result.status).toBe(i % 3 === 0 ? "failed" : "completed");
      expect(result.get("a").result).toBe(`run ${i} 0`);
      expect(result.get("d").result).toBe(i % 3 === 0 ? undefined : `run ${i} 2`);
    });
    expect(new Set(results.map(({ runId }) => runId)).size).toBe(60);
  });

  test("a task runs its own executor", async () => {
    const executor: DAGExecutor = new DAGExecutor(graphOf("a -> b"), 1);
    const nested = async (depth: number): Promise<number> => {
      const result = await executor.execute({
        a: () => (depth === 0 ? 0 : nested(depth - 1)),
        b: ({ a }: { a?: unknown }) => Number(a) + 1,
      });
      return Number(result.orThrow().get("b").result);
    };
    expect(await nested(30)).toBe(31);
  });

  test("a task starts runs and cancels them at once", async () => {
    const executor = new DAGExecutor(graphOf("a -> b"), 1);
    const inner: Promise<{ status: string }>[] = [];
    const outer = await executor.execute(() => {
      const handle = executor.start(async () => {});
      inner.push(handle.result);
      handle.cancel();
    });
    expect(outer.status).toBe("completed");
    expect((await Promise.all(inner)).map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
  });
});

test("a clock that goes back does not take the run's time with it", async () => {
  let reading = 1000;
  const clock = new SimulatedClock();
  const options: ExecutorOptions & { [clockOption]: Clock } = {
    maxWorkers: 2,
    timeoutMs: 50,
    [clockOption]: {
      now: () => (reading += reading % 3 === 0 ? -7 : 2),
      setTimer: (ms, wake) => clock.setTimer(ms, wake),
      defer: (go) => clock.defer(go),
    },
  };
  const times: number[] = [];
  const result = await new DAGExecutor(loose(50), options).execute(async () => null, {
    onEvent: (event) => "timeMs" in event && times.push(event.timeMs),
  });
  expect(result.succeeded).toBe(50);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(Object.values(result.nodeResults).every(({ durationMs, queuedMs }) => durationMs >= 0 && queuedMs >= 0)).toBe(true);
});

test("long synchronous work lets the event loop turn", async () => {
  const { executor, clock } = simulated(loose(10), { maxWorkers: 1 });
  let turns = 0;
  const turn = setInterval(() => turns++, 0);
  const order: number[] = [];
  await executor.execute(() => {
    order.push(turns);
    clock.pass(30);
    const end = performance.now() + 2;
    while (performance.now() < end); // Long enough for the interval to be due.
  });
  clearInterval(turn);
  expect(new Set(order).size).toBeGreaterThan(1);
});
