/** Pools: their options, their threads, their end, and the end of programs that have one. */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor, ThreadPool, type ThreadPoolOptions } from "../../src/index.js";
import { on, programPath, testPool } from "../support/threads.js";

const thread = { on: "thread" } as const;
const one = DAG.builder().task("a", on("one"), thread).build();

describe("options", () => {
  test.each([
    [{ threads: 0 }, "threads"],
    [{ threads: 1.5 }, "threads"],
    [{ name: "" }, "name"],
    [{ loadTimeoutMs: -1 }, "loadTimeoutMs"],
    [{ maxMemoryMb: 0 }, "maxMemoryMb"],
    [{ resourceLimits: { maxOldGenerationSizeMb: "big" } }, "resourceLimits.maxOldGenerationSizeMb"],
    [{ execArgv: "--import tsx" }, "execArgv"],
    [{ env: 5 }, "env"],
  ])("%j is refused", (options, option) => {
    expect(() => new ThreadPool(options as ThreadPoolOptions)).toThrow(expect.objectContaining({ code: "INVALID_OPTION", option }));
  });

  test("that do not exist are refused", () => {
    expect(() => new ThreadPool({ size: 3 } as ThreadPoolOptions)).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION" }));
  });

  test.each<[ThreadPoolOptions, number]>([
    [{ threads: 3 }, 3],
    [{ threads: 3, maxMemoryMb: 256 }, 2],
    [{ threads: 3, maxMemoryMb: 1 }, 1],
    [{ threads: 8, maxMemoryMb: 1000, resourceLimits: { maxOldGenerationSizeMb: 200, maxYoungGenerationSizeMb: 50 } }, 4],
  ])("%j make %i threads", (options, size) => {
    expect(new ThreadPool(options).size).toBe(size);
  });

  test("without any there are as many as can run at once", () => {
    expect(new ThreadPool().size).toBeLessThanOrEqual(availableParallelism());
  });

  test("name, env and limits reach the threads", async () => {
    const pool = testPool({ threads: 1, name: "mill", env: { MILL: "yes" }, resourceLimits: { maxOldGenerationSizeMb: 33 } });
    const dag = DAG.builder().task("a", on("surroundings"), thread).build();
    const result = await new DAGExecutor(dag, { pool }).execute();
    expect(result.get("a").result).toEqual({ env: "yes", maxOldGenerationSizeMb: 33 });
    expect(pool.stats().threads.map(({ name }) => name)).toEqual(["mill-1"]);
  });
});

describe("threads", () => {
  test("start when they are needed, as many as are", async () => {
    const pool = testPool({ threads: 3 });
    expect(pool.stats().threads.map(({ isRunning }) => isRunning)).toEqual([false, false, false]);
    await new DAGExecutor(one, { pool }).execute();
    expect(pool.stats().threads.map(({ isRunning }) => isRunning)).toEqual([true, false, false]);
  });

  test("stay for the next run", async () => {
    const pool = testPool({ threads: 1 });
    for (let i = 0; i < 5; i++) await new DAGExecutor(one, { pool }).execute();
    expect(pool.stats()).toMatchObject({ runs: 0, threads: [{ generation: 1, tasks: 5 }] });
  });

  test.each<[string, ThreadPoolOptions]>([
    ["a wrong option of Node.js", { execArgv: ["--no-such-option"] }],
    ["a loader that is not there", { execArgv: ["--import", "./no-such-loader.mjs"] }],
  ])("that cannot start end the run that needs them: %s", async (_, options) => {
    const pool = testPool({ threads: 2, ...options });
    for (let i = 0; i < 2; i++) {
      await expect(new DAGExecutor(one, { pool }).execute()).rejects.toMatchObject({ name: "ThreadStartError", code: "THREAD_START" });
    }
    expect(pool.stats().runs).toBe(0);
  });
});

describe("the end", () => {
  test("of a pool that never had a thread", async () => {
    await new ThreadPool().close();
  });

  test("refuses runs, also while it waits for others", async () => {
    const pool = new ThreadPool({ threads: 1 });
    const dag = DAG.builder().task("a", on("wait"), thread).build();
    const run = new DAGExecutor(dag, { pool }).start();
    const closing = pool.close();
    await expect(new DAGExecutor(one, { pool }).execute()).rejects.toMatchObject({ code: "POOL_CLOSED" });
    run.signal("go");
    expect((await run.result).status).toBe("completed");
    await closing;
    expect(pool.stats().threads.map(({ isRunning }) => isRunning)).toEqual([false]);
  });

  test("disposes", async () => {
    let kept: ThreadPool;
    {
      await using pool = new ThreadPool({ threads: 1 });
      kept = pool;
      await new DAGExecutor(one, { pool }).execute();
    }
    await expect(new DAGExecutor(one, { pool: kept }).execute()).rejects.toMatchObject({ code: "POOL_CLOSED" });
  });
});

test.each([
  ["ends", 0, "1\n"],
  ["closes", 0, "1\nclosed\n"],
  ["waits", 0, "slept\n"],
  ["exits", 3, ""],
  ["throws", 1, ""],
  ["early", 4, ""],
])("a program that %s exits with %i", (name, status, stdout) => {
  const run = spawnSync(process.execPath, ["--import", "tsx", programPath("program.ts"), name], { encoding: "utf8", timeout: 20_000 });
  expect({ status: run.status, signal: run.signal, stdout: run.stdout }).toEqual({ status, signal: null, stdout });
});
