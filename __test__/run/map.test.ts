/** Maps: a node that runs once per item. */
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor, map, type TaskContext } from "../../src/index.js";
import { hand, loosely, settleDown, simulated } from "../support/runs.js";

type Each = (item: unknown, ctx: TaskContext) => unknown;

/** `list -> m`, and what `m` puts out. */
function mapping(items: unknown, options: object): DAG {
  return loosely(
    DAG.builder()
      .task("list", () => items)
      .task("m", ["list"], map(options as never) as never)
      .build(),
  );
}

async function* slowly<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

const double = (item: number): number => 2 * item;

describe("a map", () => {
  test.each<[string, unknown, object, unknown]>([
    ["an array", [1, 2, 3], { each: double }, [2, 4, 6]],
    ["nothing", [], { each: double }, []],
    ["a set", new Set([1, 2]), { each: double }, [2, 4]],
    ["an empty iterable", new Set(), { each: double }, []],
    ["a generator", 0, { over: () => [1, 2].values(), each: double }, [2, 4]],
    ["an async iterable", 0, { over: () => slowly([1, 2, 3]), each: double }, [2, 4, 6]],
    ["an empty async iterable", 0, { over: () => slowly([]), each: double }, []],
    ["a promise of an array", 0, { over: async () => [1, 2], each: double }, [2, 4]],
    ["async functions, results in order", [3, 1, 2], { each: async (item: number) => item }, [3, 1, 2]],
    ["undefined items", [undefined, null], { each: (item: unknown) => item }, [undefined, null]],
    ["its inputs", [1, 2, 3], { over: ({ list }: { list: number[] }) => list.slice(1), each: double }, [4, 6]],
  ])("over %s", async (_what, items, options, expected) => {
    const result = await new DAGExecutor(mapping(items, options)).execute();
    expect(result.get("m")).toMatchObject({ status: "completed", result: expected });
  });

  test("calls its function with the item and a context that knows its place", async () => {
    const seen: unknown[] = [];
    const each: Each = (item, ctx) => seen.push([item, ctx.index, ctx.name, ctx.path, ctx.attempt]);
    await new DAGExecutor(mapping(["x", "y"], { each })).execute();
    expect(seen).toEqual([
      ["x", 0, "m", ["m", 0], 1],
      ["y", 1, "m", ["m", 1], 1],
    ]);
  });

  test("of a graph gives each item as params", async () => {
    const inner = loosely(
      DAG.builder()
        .task("twice", (_: object, ctx) => 2 * (ctx.params as number))
        .task("more", ["twice"], ({ twice }, ctx) => (twice as number) + ctx.index)
        .build(),
    );
    const result = await new DAGExecutor(mapping([1, 2], { each: inner })).execute();
    expect(result.get("m").result).toEqual([{ more: 2 }, { more: 5 }]);
    expect(result.get(["m", 1, "twice"])).toMatchObject({ name: "m/1/twice", result: 4, path: ["m", 1, "twice"] });
    expect(result.get("m/0/more").result).toBe(2);
    expect([...result.get("m").nodes()].map(({ name }) => name)).toEqual(["m/0", "m/1"]);
    expect([...result.get(["m", 1]).nodes()].map(({ name }) => name)).toEqual(["m/1/twice", "m/1/more"]);
  });

  test("keeps to its concurrency", async () => {
    let running = 0;
    let most = 0;
    const each = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    };
    await new DAGExecutor(mapping([...Array(20).keys()], { each, concurrency: 3 }), 8).execute();
    expect(most).toBe(3);
  });

  test("fails with the first item that does, and stops the others", async () => {
    const { executor } = simulated(
      mapping([0, 1, 2, 3], { each: (item: number) => (item === 1 ? Promise.reject(new Error("no 1")) : new Promise(() => {})) }),
      {
        maxWorkers: 3,
        graceMs: 0,
      },
    );
    const result = await executor.execute();
    expect(result.get("m")).toMatchObject({
      status: "failed",
      error: { message: 'node "m" failed: node "m/1" failed: no 1', cause: { message: "no 1" } },
    });
    expect([...result.get("m").nodes()].map(({ status }) => status)).toEqual(["cancelled", "failed", "cancelled", "skipped"]);
    expect(result.errors).toHaveLength(1);
  });

  test("retries its items", async () => {
    const dag = loosely(
      DAG.builder()
        .task("list", () => [1, 2])
        .task(
          "m",
          ["list"],
          map({
            each: (item: number, { attempt }) => {
              if (attempt < item) throw new Error("again");
              return attempt;
            },
          }) as never,
          { retry: 2 },
        )
        .build(),
    );
    const result = await new DAGExecutor(dag).execute();
    expect(result.get("m")).toMatchObject({ status: "completed", attempt: 1, result: [1, 2] });
    expect(result.get(["m", 1]).attempts).toMatchObject([
      { attempt: 1, status: "failed", reason: "error" },
      { attempt: 2, status: "completed" },
    ]);
  });

  test("with allowFailures says of each item how it ended", async () => {
    const error = new Error("no");
    const each = (item: number): number => {
      if (item === 2) throw error;
      return item;
    };
    const result = await new DAGExecutor(mapping([1, 2, 3], { each, allowFailures: true })).execute();
    expect(result).toMatchObject({ status: "completed", failed: 0, errors: [] });
    expect(result.get("m").result).toEqual([
      { status: "completed", result: 1 },
      { status: "failed", error },
      { status: "completed", result: 3 },
    ]);
    expect(result.get(["m", 1])).toMatchObject({ status: "failed", error: { cause: error } });
  });

  test.each<[string, object, object]>([
    ["a number", { over: () => 5 }, { code: "INVALID_OPTION", option: "over" }],
    ["a string", { over: () => "abc" }, { code: "INVALID_OPTION" }],
    ["null", { over: () => null }, { code: "INVALID_OPTION" }],
    ["a plain object", { over: () => ({ length: 2 }) }, { code: "INVALID_OPTION" }],
    ["a promise of none", { over: async () => 5 }, { code: "INVALID_OPTION" }],
    ["a throw", { over: thrower }, { message: "boom" }],
    ["a rejection", { over: async () => thrower() }, { message: "boom" }],
    ["an iterable that throws", { over: failing }, { message: "boom" }],
    ["an async iterable that throws", { over: failingLater }, { message: "boom" }],
    ["an iterator that cannot be made", { over: () => ({ [Symbol.iterator]: thrower }) }, { message: "boom" }],
  ])("over %s fails, naming the map", async (_what, options, cause) => {
    const result = await new DAGExecutor(mapping(0, { each: double, ...options })).execute();
    expect(result.get("m")).toMatchObject({ status: "failed", reason: "error", error: { node: "m", cause } });
  });

  test("pulls no more of an iterable than it has room for, and closes it", async () => {
    let pulled = 0;
    let isClosed = false;
    function* endless(): Generator<number> {
      try {
        for (;;) yield pulled++;
      } finally {
        isClosed = true;
      }
    }
    const gate = hand();
    const dag = mapping(0, { over: endless, each: () => gate.promise, concurrency: 2 });
    const handle = new DAGExecutor(dag, { maxWorkers: 2, graceMs: 0 }).start();
    await settleDown();
    expect(pulled).toBeLessThanOrEqual(1100);
    handle.cancel();
    await handle.result;
    expect(isClosed).toBe(true);
  });

  test("an endless iterable ends at maxItems, and is closed", async () => {
    let isClosed = false;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        isClosed = true;
      }
    }
    const result = await new DAGExecutor(mapping(0, { over: endless, each: double, maxItems: 50 })).execute();
    expect(result.get("m")).toMatchObject({ status: "failed", reason: "limit", error: { cause: { code: "LIMIT_EXCEEDED" } } });
    expect(result.get("m").error?.message).toContain("more than 50 items (`maxItems`)");
    expect(isClosed).toBe(true);
  });

  test("an iterable that never answers ends with the run", async () => {
    const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const { executor } = simulated(mapping(0, { over: () => silent, each: double }));
    const handle = executor.start();
    await settleDown();
    handle.cancel();
    expect((await handle.result).get("m").status).toBe("cancelled");
  });

  test("takes the array as it is when it begins", async () => {
    const items = [1, 2, 3];
    const each = (item: number): number => {
      items.push(item);
      items[2] = 0;
      return item;
    };
    expect((await new DAGExecutor(mapping(items, { each }), 1).execute()).get("m").result).toEqual([1, 2, 3]);
  });

  test("a million items work, none with a name", async () => {
    const items = Array.from({ length: 1_000_000 }, (_, i) => i);
    const result = await new DAGExecutor(mapping(items, { each: double })).execute();
    const output = result.get("m").result as number[];
    expect([output.length, output[999_999]]).toEqual([1_000_000, 1_999_998]);
    expect(result.succeeded).toBe(2);
  }, 60_000);

  test("a new node added by an item stands beside it", async () => {
    const each: Each = (item, ctx) => {
      if (item === 1) ctx.addNodes([{ name: "extra", task: () => "more" }]);
      return item;
    };
    const result = await new DAGExecutor(mapping([1, 2], { each })).execute();
    expect(result.status).toBe("completed");
  });
});

function thrower(): never {
  throw new Error("boom");
}

function* failing(): Generator<number> {
  yield 1;
  thrower();
}

async function* failingLater(): AsyncGenerator<number> {
  yield 1;
  thrower();
}
