/** Runs whose tasks are on this thread and on others: everything that holds for one holds for the other. */
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor, loop, map, type RunEvent, subDag, ThreadPool, waitFor } from "../../src/index.js";
import { on, testPool } from "../support/threads.js";

const pool = testPool();
const thread = { on: "thread" } as const;

describe("values", () => {
  test("go from thread to main and back", async () => {
    const dag = DAG.builder()
      .task("a", on("one"), thread)
      .task("b", ["a"], on("sum"), thread)
      .task("c", ["a", "b"], ({ a, b }) => ({ total: (a as number) + (b as number), list: [1, 2] }))
      .task("d", ["c"], on("copy"), thread)
      .task("e", ["d", "a"], (inputs) => inputs)
      .build();
    const result = (await new DAGExecutor(dag, { pool }).execute()).orThrow();
    expect(result.get("e").result).toEqual({ d: { c: { total: 2, list: [1, 2] } }, a: 1 });
    expect(result.get("b").result).toBe(1);
  });

  test("of every kind", async () => {
    const values = [
      undefined,
      null,
      true,
      false,
      0,
      -0,
      Number.NaN,
      1.5,
      "text",
      10n,
      new Date(5),
      [1, undefined, 3],
      new Map([[1, new Set([2])]]),
      /x/g,
    ];
    const builder = DAG.builder();
    const names = values.map((_, i) => `v${i}`);
    let dag = builder.task("start", () => 0);
    for (const [i, value] of values.entries()) {
      // biome-ignore lint/suspicious/noExplicitAny: a loose graph
      dag = (dag as any).task(names[i], () => value).task(`${names[i]}-copy`, [names[i]], on("copy"), thread);
    }
    const result = (await new DAGExecutor(dag.build(), { pool }).execute()).orThrow();
    for (const [i, value] of values.entries()) {
      expect(result.nodeResults[`${names[i]}-copy` as never]).toHaveProperty("result", { [names[i] as string]: value });
    }
  });

  test("are read where the report is read, and the same each time", async () => {
    const dag = DAG.builder().task("a", on("where"), thread).build();
    const result = (await new DAGExecutor(dag, { pool }).execute()).orThrow();
    const { result: first } = result.get("a");
    expect(first).toMatchObject({ isMainThread: false });
    expect(result.get("a").result).toBe(first);
  });

  test.each([
    ["all", { a: 1, b: 1, c: 1 }],
    ["leaves", { a: undefined, b: undefined, c: 1 }],
    ["none", { a: undefined, b: undefined, c: undefined }],
  ] as const)("are kept: %s", async (keepResults, expected) => {
    const dag = DAG.builder().task("a", on("one"), thread).task("b", ["a"], on("sum"), thread).task("c", ["b"], on("sum"), thread).build();
    const result = (await new DAGExecutor(dag, { pool, keepResults }).execute()).orThrow();
    expect({ a: result.get("a").result, b: result.get("b").result, c: result.get("c").result }).toEqual(expected);
  });

  test("of shared memory are the same memory everywhere, also where no thread has started before", async () => {
    const own = new ThreadPool({ threads: 2 });
    const words = new Int32Array(new SharedArrayBuffer(4));
    const dag = DAG.builder()
      .task("items", () => new Array(20).fill(words))
      .task("each", ["items"], map({ each: on("addToWords") }), thread)
      .task("made", on("sharedWords"), thread)
      .task("read", ["made"], on("copy"), thread)
      .task("here", ["read", "made"], ({ read, made }) => [(read as { made: Int32Array }).made.buffer, (made as Int32Array).buffer])
      .build();
    const result = (await new DAGExecutor(dag, { pool: own }).execute()).orThrow();
    expect(words[0]).toBe(20);
    for (const buffer of result.get("here").result as unknown[]) expect(buffer).toBeInstanceOf(SharedArrayBuffer);
    await own.close();
  });

  test("that cannot be cloned fail the attempt that made them", async () => {
    const dag = DAG.builder()
      .task("a", on("functionInside"), thread)
      .task("b", () => ({ rows: [{ close() {} }] }))
      .task("c", ["b"], on("nothing"), thread)
      .build();
    const result = await new DAGExecutor(dag, { pool, failFast: false }).execute();
    expect(result.get("a").error?.cause).toMatchObject({ code: "VALUE_NOT_CLONEABLE", path: "result.rows[1].close" });
    expect(result.get("b").error?.cause).toMatchObject({ code: "VALUE_NOT_CLONEABLE", path: "result.rows[0].close" });
    expect(result.get("c").status).toBe("skipped");
  });
});

describe("errors", () => {
  test("keep their class, code and fields", async () => {
    const dag = DAG.builder().task("a", on("fail"), thread).build();
    const result = await new DAGExecutor(dag, { pool }).execute();
    const cause = result.get("a").error?.cause;
    expect(cause).toBeInstanceOf(RangeError);
    expect(cause).toMatchObject({ message: "it is out of range", code: "E_RANGE", detail: { at: 7 } });
    expect((cause as Error).stack).toContain("tasks.mjs");
  });

  test("are retried by the policy, whose test is asked here", async () => {
    const seen: unknown[] = [];
    const retryOn = (error: unknown): boolean => seen.push(error) > 0;
    const dag = DAG.builder()
      .task("a", on("failTwice"), { ...thread, retry: { maxAttempts: 3, retryOn } })
      .task("b", on("failTwice"), { ...thread, retry: { maxAttempts: 3, retryOn: () => false } })
      .build();
    const result = await new DAGExecutor(dag, { pool, failFast: false }).execute();
    expect(result.get("a")).toMatchObject({ status: "completed", result: 3, attempt: 3 });
    expect(seen.map(String)).toEqual(["Error: attempt 1", "Error: attempt 2"]);
    expect(result.get("b")).toMatchObject({ status: "failed", attempt: 1 });
  });

  test("a failure stops the run", async () => {
    const dag = DAG.builder().task("a", on("fail"), thread).task("b", ["a"], on("sum"), thread).task("c", on("heeding"), thread).build();
    const result = await new DAGExecutor(dag, { pool, maxWorkers: 2 }).execute();
    expect(result.status).toBe("failed");
    expect(result.get("a").status).toBe("failed");
    expect(result.get("b").status).toBe("skipped");
    expect(["cancelled", "skipped"]).toContain(result.get("c").status);
  });
});

describe("everything inside a run", () => {
  test("map over a function on threads", async () => {
    const dag = DAG.builder()
      .task("items", () => Array.from({ length: 300 }, (_, i) => i))
      .task("all", ["items"], map({ each: on("double") }), thread)
      .task("sum", ["all"], ({ all }) => (all as number[]).reduce((a, b) => a + b, 0))
      .build();
    const result = (await new DAGExecutor(dag, { pool }).execute()).orThrow();
    expect(result.get("sum").result).toBe(300 * 299);
  });

  test("loop, subDag", async () => {
    const inner = DAG.builder().task("x", on("nested"), thread).task("y", ["x"], on("copy"), thread).build();
    const dag = DAG.builder()
      .task("count", loop({ body: on("increment"), until: (n) => n === 3, limit: 5 }), thread)
      .task("sub", ["count"], subDag(inner, { params: ({ count }) => ({ count }) }))
      .task("end", ["sub"], on("copy"), thread)
      .build();
    const result = (await new DAGExecutor(dag, { pool }).execute()).orThrow();
    expect(result.get("count").result).toBe(3);
    expect(result.get("end").result).toEqual({ sub: { y: { x: { count: 3 } } } });
  });

  test("joins, conditions, filters, caches", async () => {
    const dag = DAG.builder()
      .task("a", on("fail"), { ...thread, onFailure: "allow" })
      .task("b", on("one"), thread)
      .task("settled", ["a", "b"], on("copy"), { ...thread, join: "allSettled" })
      .task("cached", on("fail"), { ...thread, cached: () => ({ value: [1, 2, 3] }) })
      .task("reader", ["cached"], on("copy"), thread)
      .task("skipped", ["b"], on("fail"), { ...thread, condition: ({ b }) => b !== 1 })
      .build();
    const result = (await new DAGExecutor(dag, { pool }).execute()).orThrow();
    expect(result.get("settled").result).toEqual({ b: 1 });
    expect(result.get("reader").result).toEqual({ cached: [1, 2, 3] });
    expect(result.get("skipped").status).toBe("skipped");
  });

  test("waits: sleeping, signals, wait nodes", async () => {
    const dag = DAG.builder()
      .task("asleep", on("sleep"), thread)
      .task("waits", on("wait"), thread)
      .task("approval", waitFor({ signal: "ok" }))
      .task("after", ["waits"], on("copy"), thread)
      .build();
    const run = new DAGExecutor(dag, { pool }).start();
    run.signal("ok", { by: "me" });
    for await (const event of run.events) {
      if (event.type === "waitOpened" && event.node === "waits") run.signal("go", { n: 1 });
    }
    const result = (await run.result).orThrow();
    expect(result.get("asleep").result).toBe("slept");
    expect(result.get("after").result).toEqual({ waits: { n: 1 } });
  });

  test("context, log, state, params", async () => {
    const seen: RunEvent[] = [];
    const dag = DAG.builder()
      .task("a", on("context"), thread)
      .task("b", ["a"], on("log"), thread)
      .task("c", ["b"], on("count"), thread)
      .build();
    const result = (
      await new DAGExecutor(dag, { pool }).execute(
        undefined as never,
        {
          params: { p: 1 },
          runId: "the-run",
          onEvent: (event: RunEvent) => seen.push(event),
        } as never,
      )
    ).orThrow();
    expect(result.get("a").result).toEqual({
      name: "a",
      path: ["a"],
      attempt: 1,
      runId: "the-run",
      params: { p: 1 },
      index: -1,
      iteration: 0,
      isAborted: false,
    });
    const ofB = seen.filter((event) => "node" in event && event.node === "b").map(({ type }) => type);
    // A thread's line is told when it comes: after the task has started, perhaps after it has ended.
    expect(ofB.filter((type) => type !== "log")).toEqual(["nodeReady", "nodeLeased", "nodeStarted", "nodeCompleted"]);
    expect(ofB.indexOf("log")).toBeGreaterThan(2);
    expect(result.get("c").result).toBe(1);
  });
});

test("many runs at once share a pool", async () => {
  const dag = DAG.builder()
    .task("a", on("one"), thread)
    .task("b", ["a"], on("sum"), thread)
    .task("c", ["b"], ({ b }) => b)
    .build();
  const executor = new DAGExecutor(dag, { pool });
  const results = await Promise.all(Array.from({ length: 40 }, () => executor.execute()));
  expect(results.map((result) => result.orThrow().get("c").result)).toEqual(new Array(40).fill(1));
  expect(pool.stats().runs).toBe(0);
});

test("a wide and deep graph gives each node its own inputs", async () => {
  const names = Array.from({ length: 400 }, (_, i) => `n${i}`);
  const dag = new DAG();
  for (const [i, name] of names.entries()) {
    dag.addNode(name, { on: i % 3 === 0 ? "inline" : "thread" });
    for (const up of [i - 7, i - 13]) if (up >= 0) dag.addEdge(names[up] as string, name);
  }
  const sums: number[] = [];
  for (let i = 0; i < 400; i++) sums.push(i < 7 ? 0 : (sums[i - 7] ?? 0) + (sums[i - 13] ?? 0) + 0);
  const result = (await new DAGExecutor(dag, { pool }).execute(on("sum") as never)).orThrow();
  expect(names.map((name) => result.get(name).result)).toEqual(sums);
});

test("a pool of options belongs to its executor", async () => {
  const dag = DAG.builder().task("a", on("one"), thread).build();
  const executor = new DAGExecutor(dag, { pool: { threads: 1, name: "mine" } });
  expect((await executor.execute()).get("a").result).toBe(1);
  await executor.close();
  await expect(executor.execute()).rejects.toMatchObject({ code: "POOL_CLOSED" });
});

test("a pool is closed when its runs are done", async () => {
  const own = new ThreadPool({ threads: 1 });
  const dag = DAG.builder().task("a", on("asynchronous"), thread).build();
  const run = new DAGExecutor(dag, { pool: own }).execute();
  const closing = own.close();
  expect(own.close()).toBe(closing);
  await expect(new DAGExecutor(dag, { pool: own }).execute()).rejects.toMatchObject({ code: "POOL_CLOSED" });
  expect((await run).get("a").result).toBe(0);
  await closing;
  expect(own.stats().threads.map(({ isRunning }) => isRunning)).toEqual([false]);
});
