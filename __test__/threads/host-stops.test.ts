/** Threads that do not listen, or end: what becomes of their attempts, and of others. */
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor, ThreadCrashedError, TimeoutError } from "../../src/index.js";
import { on, testPool } from "../support/threads.js";

const pool = testPool();
const thread = { on: "thread" } as const;

/** Both threads of the pool, warm. */
async function warm(): Promise<void> {
  const dag = DAG.builder().task("a", on("one"), thread).task("b", on("one"), thread).build();
  (await new DAGExecutor(dag, { pool }).execute()).orThrow();
}

/** How many threads a pool has had. */
function generations(of = pool): number {
  return of.stats().threads.reduce((sum, { generation }) => sum + generation, 0);
}

describe("code that never yields", () => {
  test("is timed out at once, and its thread is replaced", async () => {
    const dag = DAG.builder()
      .task("a", on("forever"), { ...thread, timeoutMs: 30 })
      .task("b", on("one"), thread)
      .build();
    const before = generations();
    const result = await new DAGExecutor(dag, { pool, failFast: false }).execute();
    expect(result.get("a")).toMatchObject({ status: "failed", reason: "timeout", attempt: 1 });
    expect(result.get("a").error).toBeInstanceOf(TimeoutError);
    expect(result.get("b").result).toBe(1);
    expect(result.abandoned).toEqual([]);
    expect(generations()).toBeGreaterThan(before);
    expect((await new DAGExecutor(dag, { pool, failFast: false }).execute()).get("b").result).toBe(1);
  });

  test("is retried after its timeout", async () => {
    const dag = DAG.builder()
      .task("a", on("forever"), { ...thread, timeoutMs: 20, retry: 2 })
      .build();
    const result = await new DAGExecutor(dag, { pool }).execute();
    expect(result.get("a")).toMatchObject({ status: "failed", reason: "timeout", attempt: 2 });
  });

  test("is cancelled at once", async () => {
    const dag = DAG.builder().task("a", on("forever"), thread).task("b", ["a"], on("sum"), thread).build();
    const run = new DAGExecutor(dag, { pool }).start();
    for await (const event of run.events) if (event.type === "nodeStarted") run.cancel("enough");
    const result = await run.result;
    expect(result.status).toBe("cancelled");
    expect(result.get("a").status).toBe("cancelled");
    expect(result.get("b").status).toBe("cancelled");
    expect(result.abandoned).toEqual([]);
  });

  test("after it has yielded once", async () => {
    const dag = DAG.builder()
      .task("a", on("blockLater"), { ...thread, timeoutMs: 30 })
      .task("b", ["a"], on("one"), { ...thread, join: "allSettled" })
      .build();
    const result = await new DAGExecutor(dag, { pool, failFast: false }).execute();
    expect(result.get("a")).toMatchObject({ status: "failed", reason: "timeout" });
    expect(result.get("b").result).toBe(1);
    await warm();
  });

  test("is not waited for without grace", async () => {
    const dag = DAG.builder()
      .task("a", on("forever"), { ...thread, timeoutMs: 20 })
      .build();
    const result = await new DAGExecutor(dag, { pool, graceMs: 0 }).execute();
    expect(result.get("a")).toMatchObject({ status: "failed", reason: "timeout" });
    const next = DAG.builder().task("x", on("one"), thread).task("y", on("one"), thread).task("z", ["x", "y"], on("sum"), thread).build();
    expect((await new DAGExecutor(next, { pool }).execute()).get("z").result).toBe(2);
  });
});

test("code that listens is told, and its thread stays", async () => {
  await warm();
  const dag = DAG.builder()
    .task("a", on("heeding"), { ...thread, timeoutMs: 20 })
    .build();
  const before = generations();
  const result = await new DAGExecutor(dag, { pool }).execute();
  expect(result.get("a")).toMatchObject({ status: "failed", reason: "timeout" });
  expect(generations()).toBe(before);
});

test("a parked attempt is told, and its thread stays", async () => {
  await warm();
  const dag = DAG.builder().task("a", on("wait"), thread).build();
  const before = generations();
  const run = new DAGExecutor(dag, { pool }).start();
  for await (const event of run.events) if (event.type === "waitOpened") run.cancel();
  expect((await run.result).get("a").status).toBe("cancelled");
  expect(generations()).toBe(before);
});

describe("a thread that ends", () => {
  test("takes no other work with it, and its task runs again", async () => {
    const built = DAG.from({ a: [], b: [], c: ["a", "b"] });
    const result = await new DAGExecutor(built, { pool, on: "thread" }).execute({ a: on("exitOnce"), b: on("one"), c: on("sum") } as never);
    expect(result.status).toBe("completed");
    expect(result.get("a")).toMatchObject({ status: "completed", result: 2, attempt: 2 });
    expect(result.get("a").attempts.map(({ reason }) => reason)).toEqual(["crashed", undefined]);
    expect(result.get("c").result).toBe(3);
  });

  test.each([
    [undefined, 4],
    [0, 1],
    [1, 2],
  ])("again and again: maxCrashes %s", async (maxCrashes, attempts) => {
    const options = maxCrashes === undefined ? thread : { ...thread, maxCrashes };
    const dag = DAG.builder().task("a", on("exit"), options).task("b", on("one"), thread).build();
    const result = await new DAGExecutor(dag, { pool, failFast: false }).execute();
    expect(result.get("a")).toMatchObject({ status: "failed", reason: "crashed", attempt: attempts });
    expect(result.get("a").error).toBeInstanceOf(ThreadCrashedError);
    expect(result.explain("a")).toBe(`"a" failed because its thread ended${attempts > 1 ? ` in attempt ${attempts}` : ""} (exit code 7)`);
    expect(result.get("a").error).toMatchObject({ code: "THREAD_CRASHED", exitCode: 7 });
    expect(result.get("b").result).toBe(1);
  });

  test("is replaced, once for each time", async () => {
    const own = testPool({ threads: 1 });
    const dag = DAG.builder()
      .task("a", on("exit"), { ...thread, maxCrashes: 2 })
      .build();
    await new DAGExecutor(dag, { pool: own }).execute();
    await new DAGExecutor(DAG.builder().task("a", on("one"), thread).build(), { pool: own }).execute();
    expect(own.stats().threads.map(({ generation }) => generation)).toEqual([4]);
  });

  test("fails what has effects outside, by its own attempts", async () => {
    const dag = DAG.builder()
      .task("a", on("exit"), { ...thread, effects: "external" })
      .build();
    const result = await new DAGExecutor(dag, { pool }).execute();
    expect(result.get("a")).toMatchObject({ status: "failed", reason: "crashed", attempt: 1 });
  });

  test("by an error that nobody catches", async () => {
    const dag = DAG.builder()
      .task("a", on("throwLater"), { ...thread, maxCrashes: 0 })
      .build();
    const result = await new DAGExecutor(dag, { pool }).execute();
    expect(result.get("a").error?.cause).toMatchObject({ name: "TypeError", message: "nobody catches this" });
  });

  test("out of memory", async () => {
    const small = testPool({ threads: 1, resourceLimits: { maxOldGenerationSizeMb: 24 } });
    const dag = DAG.builder()
      .task("a", on("fill"), { ...thread, maxCrashes: 0 })
      .task("b", ["a"], on("one"), { ...thread, join: "allSettled" })
      .build();
    const result = await new DAGExecutor(dag, { pool: small, failFast: false }).execute();
    expect(result.get("a")).toMatchObject({ status: "failed", reason: "crashed" });
    expect(result.get("a").error?.cause).toMatchObject({ code: "ERR_WORKER_OUT_OF_MEMORY" });
    expect(result.get("b").result).toBe(1);
  });
});

describe("modules that do not load", () => {
  test.each([
    ["exits", on("any", "loads.mjs"), "exited"],
    ["hangs", on("any", "hangs.mjs"), "timeout"],
    ["is not there", on("any", "nowhere.mjs"), "notFound"],
    ["has no such export", on("nowhere"), "noExport"],
  ])("%s", async (_, task, fault) => {
    const own = testPool({ threads: 2, loadTimeoutMs: 300 });
    const dag = DAG.builder().task("a", task, thread).task("b", on("one"), thread).build();
    const result = await new DAGExecutor(dag, { pool: own, failFast: false }).execute();
    expect(result.get("a").status).toBe("failed");
    expect(result.get("a").error?.cause).toMatchObject({ code: "MODULE_LOAD", fault });
    expect(result.get("b").result).toBe(1);
  });
});
