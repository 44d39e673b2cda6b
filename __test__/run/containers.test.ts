/** Sub-DAGs and loops: what goes in, what comes out, and what happens inside. */
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor, loop, map, type RunEvent, subDag, type TaskContext } from "../../src/index.js";
import { loosely, never, settleDown, simulated } from "../support/runs.js";

const boom = (): never => {
  throw new Error("boom");
};

/** `a -> s`, where `s` is this. */
function holding(definition: unknown, options: object = {}, first: () => unknown = () => 7): DAG {
  return loosely(
    DAG.builder()
      .task("a", first)
      .task("s", ["a"], definition as never, options)
      .task("z", ["s"], ({ s }: { s: unknown }) => s)
      .build(),
  );
}

const inner = loosely(
  DAG.builder()
    .task("x", (_: object, ctx: TaskContext) => ctx.params)
    .task("y", ["x"], ({ x }: { x: unknown }) => [x])
    .task("w", ["x"], () => "w")
    .build(),
);

describe("a sub-DAG", () => {
  test.each<[string, object, unknown]>([
    ["its inputs as params, its leaves' outputs as output", {}, { y: [{ a: 7 }], w: "w" }],
    ["params made of the inputs", { params: ({ a }: { a: number }) => a + 1 }, { y: [8], w: "w" }],
    ["an output made of all inside", { output: ({ x, y }: Record<string, unknown>) => [x, y] }, [{ a: 7 }, [{ a: 7 }]]],
  ])("has %s", async (_what, options, expected) => {
    const result = await new DAGExecutor(holding(subDag(inner, options))).execute();
    expect(result.get("z").result).toEqual(expected);
  });

  test("has a namespace of its own, in events and report", async () => {
    const heard: RunEvent[] = [];
    const result = await new DAGExecutor(holding(subDag(inner))).execute(undefined, { onEvent: (event) => heard.push(event) });
    const started = heard.flatMap((event) => (event.type === "nodeStarted" ? [event.node] : []));
    expect(started).toEqual(["a", "s", "s/x", "s/y", "s/w", "z"]);
    expect(Object.keys(result.nodeResults)).toEqual(["a", "s", "z"]);
    expect([...result.get("s").nodes()].map(({ name }) => name)).toEqual(["s/x", "s/y", "s/w"]);
    expect(result.get(["s", "y"])).toMatchObject({
      name: "s/y",
      status: "completed",
      path: ["s", "y"],
      madeFrom: [{ node: "s/x", attempt: 1 }],
    });
    expect(result.counts.completed).toBe(3);
    for (const address of ["s/nothing", "s/x/y", "nothing/x", ["s", 3]])
      expect(() => result.get(address as string)).toThrow("no node is named");
  });

  test("nests, with names that have slashes", async () => {
    const innermost = loosely(
      DAG.builder()
        .task("a/b", () => 1)
        .task("c~d", () => 2)
        .build(),
    );
    const middle = loosely(
      DAG.builder()
        .task("m", subDag(innermost) as never)
        .build(),
    );
    const result = await new DAGExecutor(holding(subDag(middle))).execute();
    expect(result.get(["s", "m", "a/b"])).toMatchObject({ name: "s/m/a~1b", result: 1 });
    expect(result.get("s/m/c~0d").result).toBe(2);
  });

  test("takes its inner status, and keeps its failures inside", async () => {
    const failing = loosely(
      DAG.builder()
        .task("bad", boom)
        .task("good", async () => 1)
        .build(),
    );
    const result = await new DAGExecutor(holding(subDag(failing))).execute();
    expect(result).toMatchObject({ status: "failed" });
    expect(result.errors).toHaveLength(1);
    expect(result.get("s").error).toMatchObject({ node: "s", cause: { message: "boom" } });
    expect(result.get("s").error?.message).toBe('node "s" failed: node "s/bad" failed: boom');
    expect(() => result.orThrow()).toThrow("boom");
    expect(result.explain("z")).toContain('"s/bad"');
  });

  test("is run again whole by a retry", async () => {
    let tries = 0;
    const flaky = loosely(
      DAG.builder()
        .task("first", () => ++tries)
        .task("second", ["first"], ({ first }: { first: unknown }) => (first === 1 ? boom() : first))
        .build(),
    );
    const result = await new DAGExecutor(holding(subDag(flaky), { retry: 2 })).execute();
    expect(result.get("s")).toMatchObject({ status: "completed", attempt: 2, result: { second: 2 } });
    expect(result.get("s/first").result).toBe(2);
    expect(result.get("s").attempts).toMatchObject([{ status: "failed" }, { status: "completed" }]);
  });

  test("params that throw fail whatever is called inside", async () => {
    const result = await new DAGExecutor(holding(subDag(inner, { params: boom }))).execute();
    expect(result.get("s")).toMatchObject({ status: "failed", error: { cause: { message: "boom" } } });
  });

  test("an output that throws fails its reader", async () => {
    const result = await new DAGExecutor(holding(subDag(inner, { output: boom }))).execute();
    expect(result.get("s")).toMatchObject({ result: undefined });
    expect(result.get("z")).toMatchObject({ status: "failed", error: { cause: { message: "boom" } } });
  });

  test("a timeout ends what is inside", async () => {
    const endless = loosely(DAG.builder().task("x", never).build());
    const { executor, clock } = simulated(holding(subDag(endless), { timeoutMs: 10 }), { graceMs: 0 });
    const handle = executor.start();
    await settleDown();
    clock.advance(10);
    const result = await handle.result;
    expect(result.get("s")).toMatchObject({ status: "failed", reason: "timeout", error: { timeoutMs: 10 } });
    expect(result.get("s/x").status).toBe("cancelled");
    expect(result.abandoned).toEqual([{ node: "s/x", attempt: 1 }]);
  });

  test("a cancel of it reaches what is inside, and of one node inside only that", async () => {
    const two = loosely(
      DAG.builder()
        .task("x", never)
        .task("y", () => 1)
        .build(),
    );
    const { executor } = simulated(holding(subDag(two)), { graceMs: 0 });
    const whole = executor.start();
    await settleDown();
    whole.cancelNodes("s");
    const result = await whole.result;
    expect([result.get("s").status, result.get("s/x").status, result.get("s/y").status]).toEqual(["cancelled", "cancelled", "completed"]);
    const part = executor.start();
    await settleDown();
    part.cancelNodes([["s", "x"]]);
    expect((await part.result).get("s/x").status).toBe("cancelled");
  });

  test("with keepResults none gives its output to its readers, and frees it", async () => {
    const result = await new DAGExecutor(holding(subDag(inner)), { keepResults: "leaves" }).execute();
    expect(result.get("z").result).toEqual({ y: [{ a: 7 }], w: "w" });
    expect([result.get("s").result, result.get("a").result]).toEqual([undefined, undefined]);
  });
});

describe("a loop", () => {
  test("repeats a function until it is enough", async () => {
    const seen: unknown[] = [];
    const body = ({ a }: { a: number }, ctx: TaskContext): number => {
      seen.push([ctx.iteration, ctx.previous, ctx.path]);
      return a + ctx.iteration;
    };
    const result = await new DAGExecutor(holding(loop({ body, until: (output) => output === 10, limit: 9 }))).execute();
    expect(result.get("z").result).toBe(10);
    expect(seen).toEqual([
      [1, undefined, ["s", 1]],
      [2, 8, ["s", 2]],
      [3, 9, ["s", 3]],
    ]);
    expect(result.get(["s", 2]).result).toBe(9);
    expect(result.get("s/3").result).toBe(10);
  });

  test("repeats a graph, whose params are its inputs", async () => {
    const body = loosely(
      DAG.builder()
        .task("x", (_: object, ctx: TaskContext) => [(ctx.params as { a: number }).a, ctx.iteration, ctx.previous])
        .build(),
    );
    const until = async (_: unknown, { iteration }: { iteration: number }): Promise<boolean> => iteration === 2;
    const result = await new DAGExecutor(holding(loop({ body, until, limit: 5 }))).execute();
    expect(result.get("s").result).toEqual({ x: [7, 2, { x: [7, 1, undefined] }] });
    expect(result.get("s/x").result).toEqual([7, 2, { x: [7, 1, undefined] }]);
    expect(result.get(["s", 1, "x"]).result).toEqual([7, 1, undefined]);
    expect(result.get("s/1/x").name).toBe("s/1/x");
  });

  test.each<[string, object, object]>([
    ["that never says true", { until: () => false }, { reason: "limit", error: { cause: { code: "LIMIT_EXCEEDED" } } }],
    ["that throws", { until: boom }, { reason: "error", error: { cause: { message: "boom" } } }],
    ["that gives no boolean", { until: () => 1 }, { reason: "error", error: { cause: { code: "INVALID_OPTION" } } }],
  ])("`until` %s fails it", async (_what, options, expected) => {
    const result = await new DAGExecutor(holding(loop({ body: () => 1, limit: 3, until: () => true, ...options }))).execute();
    expect(result.get("s")).toMatchObject({ status: "failed", ...expected });
  });

  test("a failing round fails it", async () => {
    const result = await new DAGExecutor(holding(loop({ body: boom, until: () => true, limit: 3 }))).execute();
    expect(result.get("s")).toMatchObject({ status: "failed", error: { cause: { message: "boom" } } });
  });
});

describe("containers in containers", () => {
  test("a map of graphs with maps and loops in them", async () => {
    const each = loosely(
      DAG.builder()
        .task("list", (_: object, ctx: TaskContext) => [ctx.params, ctx.params])
        .task("m", ["list"], map({ each: (item: unknown, ctx) => [item, ctx.index] }) as never)
        .task(
          "l",
          ["m"],
          loop({ body: ({ m }: { m: unknown[] }, ctx) => [m.length, ctx.iteration, ctx.index], until: () => true, limit: 1 }) as never,
        )
        .build(),
    );
    const result = await new DAGExecutor(holding(map({ each } as never), {}, () => ["p", "q"])).execute();
    expect(result.get("s").result).toEqual([{ l: [2, 1, 0] }, { l: [2, 1, 1] }]);
    expect(result.get(["s", 1, "m", 0]).result).toEqual(["q", 0]);
    expect(result.get("s/1/m/1").result).toEqual(["q", 1]);
    expect(result.get(["s", 0, "l", 1]).path).toEqual(["s", 0, "l", 1]);
  });

  test("growth inside stays inside", async () => {
    const growing = loosely(
      DAG.builder()
        .task("g", (_: object, ctx: TaskContext) => ctx.addNodes([{ name: "more", needs: ["g"], task: () => 5 }]))
        .build(),
    );
    const result = await new DAGExecutor(holding(subDag(growing))).execute();
    expect(Object.keys(result.nodeResults)).toEqual(["a", "s", "z"]);
    expect(result.get("s/more").result).toBe(5);
  });

  test("waits inside hold nothing, and answers name their address", async () => {
    const waiting = loosely(
      DAG.builder()
        .task("w", (_: object, ctx: TaskContext) => ctx.waitFor("go"))
        .build(),
    );
    const { executor } = simulated(
      holding(map({ each: waiting } as never), {}, () => [1, 2]),
      { maxWorkers: 1 },
    );
    const handle = executor.start();
    await settleDown();
    expect(handle.waits.map(({ node }) => node)).toEqual(["s/0/w", "s/1/w"]);
    handle.signal("go", "second", { node: ["s", 1, "w"] });
    handle.signal("go", "first");
    expect((await handle.result).get("s").result).toEqual([{ w: "first" }, { w: "second" }]);
  });
});

describe("outputs that are not kept", () => {
  const each = loosely(
    DAG.builder()
      .task("p", (_: object, ctx: TaskContext) => ctx.params)
      .task("q", ["p"], ({ p }: { p: unknown }) => [p])
      .build(),
  );

  test.each<[string, unknown, unknown]>([
    ["a map", map({ over: () => [1, 2], each: (item: unknown) => item } as never), [1, 2]],
    ["a map of graphs", map({ over: () => [1, 2], each } as never), [{ q: [1] }, { q: [2] }]],
    ["a sub-DAG", subDag(inner), { y: [{ a: 7 }], w: "w" }],
    [
      "a loop",
      loop({
        body: (_: object, ctx: TaskContext) => [ctx.iteration, ctx.previous],
        until: (_: unknown, { iteration }: { iteration: number }) => iteration === 2,
        limit: 2,
      } as never),
      [2, [1, undefined]],
    ],
    [
      "a loop of graphs",
      loop({ body: each, until: (_: unknown, { iteration }: { iteration: number }) => iteration === 2, limit: 2 } as never),
      { q: [{ a: 7 }] },
    ],
  ])("reach the readers of %s, and only them", async (_what, definition, expected) => {
    for (const keepResults of ["all", "leaves", "none"] as const) {
      const seen: unknown[] = [];
      const dag = loosely(
        DAG.builder()
          .task("a", () => 7)
          .task("s", ["a"], definition as never)
          .task("slow", ["a"], () => new Promise((resolve) => setImmediate(resolve)))
          .task("z", ["s", "slow"], ({ s }: { s: unknown }) => {
            seen.push(s);
            return "z";
          })
          .build(),
      );
      const result = await new DAGExecutor(dag, { keepResults }).execute();
      expect(seen).toEqual([expected]);
      expect(result.get("s").result).toEqual(keepResults === "all" ? expected : undefined);
      expect(result.get("z").result).toBe(keepResults === "none" ? undefined : "z");
    }
  });
});
