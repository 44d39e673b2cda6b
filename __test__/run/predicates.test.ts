/** Conditions, edge conditions, filters, caches and `retryOn`: functions that a run asks. */
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor, type EdgeOptions, type NodeOptions, type RunEvent } from "../../src/index.js";
import { each, loosely, never, settleDown, simulated } from "../support/runs.js";

/** `a -> b`, with these options. */
function pair(ofB: NodeOptions, ofEdge: EdgeOptions = {}): DAG {
  return loosely(DAG.builder().addNode("a").addNode("b", ofB).addEdge("a", "b", ofEdge).build());
}

const tasks = { a: () => [1, 2, 3], b: (inputs: object) => ({ ...inputs }) };
const later = <T>(value: T): Promise<T> => Promise.resolve(value);
const boom = (): never => {
  throw new Error("boom");
};

describe("a node's condition", () => {
  test.each<[string, () => unknown, object]>([
    ["true", () => true, { status: "completed" }],
    ["a promise of true", () => later(true), { status: "completed" }],
    ["false", () => false, { status: "skipped", reason: "condition" }],
    ["a promise of false", () => later(false), { status: "skipped", reason: "condition" }],
    ["a throw", boom, { status: "failed", reason: "error", attempt: 0 }],
    ["a rejection", async () => boom(), { status: "failed", reason: "error", attempt: 0 }],
    ["no boolean", () => 1, { status: "failed", reason: "error", attempt: 0 }],
    ["a promise of no boolean", () => later("yes"), { status: "failed", reason: "error", attempt: 0 }],
    ["nothing", () => undefined, { status: "failed", reason: "error", attempt: 0 }],
  ])("%s", async (_what, condition, expected) => {
    const result = await new DAGExecutor(pair({ condition: condition as () => boolean, retry: 3 })).execute(tasks as never);
    expect(result.get("b")).toMatchObject(expected);
  });

  test("sees the inputs, and a context that can neither wait nor grow", async () => {
    const seen: unknown[] = [];
    const condition: NodeOptions["condition"] = (inputs, ctx) => {
      seen.push({ ...inputs }, ctx.name, ctx.attempt);
      for (const call of ["sleep", "waitFor", "addNodes", "addEdges"] as const) {
        try {
          const of: Readonly<Record<string, unknown>> = { sleep: 5, waitFor: "x", addNodes: [], addEdges: [] };
          Reflect.get(ctx, call)(of[call]);
        } catch (error) {
          seen.push((error as { code?: string }).code);
        }
      }
      return true;
    };
    await new DAGExecutor(pair({ condition })).execute(tasks as never);
    expect(seen.slice(0, 3)).toEqual([{ a: [1, 2, 3] }, "b", 0]);
    expect(seen.slice(3)).toEqual(["NOT_IN_A_TASK", "NOT_IN_A_TASK", "NOT_IN_A_TASK", "NOT_IN_A_TASK"]);
  });

  test("names the node and what came in its error", async () => {
    const result = await new DAGExecutor(pair({ condition: (() => 1) as never })).execute(tasks as never);
    expect(result.get("b").error?.cause).toMatchObject({ code: "INVALID_OPTION" });
    expect(result.get("b").error?.message).toContain(
      'node "b": `condition(…)` must be true or false, or a promise of one, received 1 (number)',
    );
  });

  test("without an answer in the attempt timeout it fails its node", async () => {
    const { executor, clock } = simulated(pair({ condition: never, timeoutMs: 50 }));
    const handle = executor.start(tasks as never);
    await settleDown();
    clock.advance(50);
    const row = (await handle.result).get("b");
    expect(row).toMatchObject({ status: "failed", reason: "error", attempt: 0 });
    expect(row.error?.message).toBe('node "b" failed: its condition has not answered within 50 ms');
  });

  test("without a timeout a cancel ends it", async () => {
    const { executor } = simulated(pair({ condition: never }));
    const handle = executor.start(tasks as never);
    await settleDown();
    handle.cancel();
    expect((await handle.result).get("b").status).toBe("cancelled");
  });

  test("an answer after the end changes nothing", async () => {
    let answer: (value: boolean) => void = () => {};
    const { executor } = simulated(pair({ condition: () => new Promise<boolean>((resolve) => (answer = resolve)) }));
    const handle = executor.start(tasks as never);
    await settleDown();
    handle.cancel();
    const result = await handle.result;
    answer(true);
    await settleDown();
    expect(result.get("b").status).toBe("cancelled");
  });
});

describe("an edge", () => {
  test.each<[string, EdgeOptions, object]>([
    ["condition true", { condition: () => true }, { status: "completed", result: { a: [1, 2, 3] } }],
    ["condition false", { condition: () => later(false) }, { status: "skipped", reason: "upstreamSkipped" }],
    ["condition of the output", { condition: (output) => Array.isArray(output) }, { status: "completed" }],
    ["condition that throws", { condition: boom }, { status: "failed", reason: "error", attempt: 0 }],
    ["filter that keeps some", { filter: (item) => (item as number) > 1 }, { status: "completed", result: { a: [2, 3] } }],
    ["filter by place, later", { filter: (_, index) => later(index === 0) }, { status: "completed", result: { a: [1] } }],
    ["filter that keeps none", { filter: () => false }, { status: "filtered" }],
    ["filter that throws", { filter: boom }, { status: "failed", reason: "error", attempt: 0 }],
    ["filter that gives no boolean", { filter: (() => 0) as never }, { status: "failed", reason: "error", attempt: 0 }],
    ["condition, then filter", { condition: () => true, filter: (item) => item === 2 }, { status: "completed", result: { a: [2] } }],
    ["condition false: its filter is not asked", { condition: () => false, filter: boom }, { status: "skipped" }],
  ])("%s", async (_what, edge, expected) => {
    const result = await new DAGExecutor(pair({}, edge)).execute(tasks as never);
    expect(result.get("b")).toMatchObject(expected);
  });

  test("a filter lets a single value through or not", async () => {
    for (const [least, expected] of [
      [1, { status: "completed", result: { a: 5 } }],
      [9, { status: "filtered" }],
    ] as const) {
      const dag = pair({}, { filter: (item) => (item as number) >= least });
      const result = await new DAGExecutor(dag).execute({ a: () => 5, b: tasks.b } as never);
      expect(result.get("b")).toMatchObject(expected);
    }
  });

  test("a filter that fails in two ways fails once", async () => {
    const filter = (_: unknown, index: number): Promise<boolean> => (index === 2 ? boom() : Promise.reject(new Error(`item ${index}`)));
    const result = await new DAGExecutor(pair({}, { filter })).execute(tasks as never);
    expect(result.get("b").error?.cause).toMatchObject({ message: "boom" });
    await settleDown(); // The rejections are nobody else's to handle.
  });

  test("gives each of two downstreams what its own filter let through", async () => {
    const dag = loosely(
      DAG.builder()
        .addNodes(["a", "odd", "even", "both"])
        .addEdge("a", "odd", { filter: (item) => (item as number) % 2 === 1 })
        .addEdge("a", "even", { filter: (item) => (item as number) % 2 === 0 })
        .addEdges([
          ["odd", "both"],
          ["even", "both"],
          ["a", "both"],
        ])
        .build(),
    );
    const copy = (inputs: object): object => ({ ...inputs });
    const result = await new DAGExecutor(dag).execute({ a: tasks.a, odd: copy, even: copy, both: copy } as never);
    expect(result.get("both").result).toEqual({ a: [1, 2, 3], odd: { a: [1, 3] }, even: { a: [2] } });
  });

  test("a filtered upstream is no key of the inputs", async () => {
    const dag = loosely(
      DAG.builder()
        .addNodes(["a", "b", "c"])
        .addEdge("a", "c", { filter: () => false })
        .addEdge("b", "c")
        .build(),
    );
    const result = await new DAGExecutor(dag).execute(each((inputs) => Object.keys(inputs)));
    expect(result.get("c").result).toEqual(["b"]);
  });
});

describe("inputs under optional joins", () => {
  test.each<[NonNullable<NodeOptions["join"]>, object]>([
    ["allSettled", { ok: 1, late: 2 }],
    ["anyCompleted", { ok: 1 }],
    ["anyFailed", { ok: 1 }],
    ["noneFailed", { status: "skipped" }],
    [{ expr: "ok.completed && bad.failed && late.completed" }, { ok: 1, late: 2 }],
  ])("%o", async (join, expected) => {
    const dag = loosely(
      DAG.builder()
        .addNodes(["ok", "bad"])
        .addNode("late")
        .addNode("join", { join })
        .addEdges([
          ["ok", "join"],
          ["bad", "join"],
          ["late", "join"],
        ])
        .build(),
    );
    const result = await new DAGExecutor(dag, { failFast: false }).execute({
      ok: () => 1,
      bad: join === "anyCompleted" ? () => later(1).then(boom) : boom,
      late: () => later(2),
      join: (inputs: object) => ({ ...inputs }),
    } as never);
    const row = result.get("join");
    if ("status" in expected) expect(row).toMatchObject(expected);
    else expect(row.result).toEqual(expected);
  });

  test("are the same for every attempt, though more has settled since", async () => {
    const dag = loosely(
      DAG.builder()
        .addNodes(["a", "slow"])
        .addNode("b", { join: "anyCompleted", retry: { maxAttempts: 2, delayMs: 50 } })
        .addEdges([
          ["a", "b"],
          ["slow", "b"],
        ])
        .build(),
    );
    const { executor, clock } = simulated(dag);
    const seen: unknown[] = [];
    const handle = executor.start({
      a: () => 1,
      slow: (_: object, ctx: { sleep(ms: number): Promise<void> }) => ctx.sleep(10),
      b: (inputs: object, { attempt }: { attempt: number }) => {
        seen.push({ ...inputs });
        if (attempt === 1) throw new Error("again");
      },
    } as never);
    await settleDown();
    clock.advance(60);
    const result = await handle.result;
    expect(seen).toEqual([{ a: 1 }, { a: 1 }]);
    expect(result.get("b").madeFrom).toEqual([{ node: "a", attempt: 1 }]);
  });

  test('a node that failed with `onFailure: "continue"` gives undefined', async () => {
    const dag = loosely(DAG.builder().addNode("a", { onFailure: "continue" }).addNode("b").addEdge("a", "b").build());
    const result = await new DAGExecutor(dag).execute({ a: boom, b: (inputs: { a?: unknown }) => [inputs.a] } as never);
    expect(result).toMatchObject({ status: "completed" });
    expect(result.get("b").result).toEqual([undefined]);
  });
});

describe("a cache", () => {
  test.each<[string, () => unknown, object]>([
    ["a value", () => ({ value: "old" }), { status: "completed", attempt: 0, result: "old" }],
    ["a promise of one", () => later({ value: "old" }), { status: "completed", attempt: 0, result: "old" }],
    ["nothing", () => undefined, { status: "completed", attempt: 1, result: { a: [1, 2, 3] } }],
    ["a throw", boom, { status: "failed", reason: "error", attempt: 0 }],
    ["no record", () => 5, { status: "failed", reason: "error", attempt: 0 }],
  ])("that has %s", async (_what, cached, expected) => {
    const result = await new DAGExecutor(pair({ cached: cached as never })).execute(tasks as never);
    expect(result.get("b")).toMatchObject(expected);
  });

  test("is asked after the condition", async () => {
    const result = await new DAGExecutor(pair({ condition: () => false, cached: boom })).execute(tasks as never);
    expect(result.get("b")).toMatchObject({ status: "skipped", reason: "condition" });
  });
});

describe("retryOn", () => {
  class Busy extends Error {}
  const coded = Object.assign(new Error("coded"), { code: "EBUSY" });

  test.each<[string, unknown, unknown, number]>([
    ["a class that fits", Busy, new Busy(), 3],
    ["a class that does not", Busy, new Error("no"), 1],
    ["a code that fits", "EBUSY", coded, 3],
    ["a code that does not", "EBUSY", new Error("no"), 1],
    ["a test", (error: Error) => error.message === "coded", coded, 3],
    ["several", [Busy, "EBUSY"], coded, 3],
    ["a test that throws: no", boom, coded, 1],
    ["a promise: no", () => later(true), coded, 1],
    ["no boolean: no", () => 1, coded, 1],
  ])("%s", async (_what, retryOn, error, attempts) => {
    const dag = loosely(
      DAG.builder()
        .addNode("a", { retry: { maxAttempts: 3, retryOn: retryOn as never } })
        .build(),
    );
    const result = await new DAGExecutor(dag).execute(each(() => Promise.reject(error)));
    expect(result.get("a")).toMatchObject({ status: "failed", attempt: attempts });
    expect(result.get("a").error?.cause).toBe(error);
  });

  test("one that throws is reported as an event", async () => {
    const heard: RunEvent[] = [];
    const dag = loosely(
      DAG.builder()
        .addNode("a", { retry: { maxAttempts: 3, retryOn: boom } })
        .build(),
    );
    await new DAGExecutor(dag).execute(each(boom), { onEvent: (event) => heard.push(event) });
    expect(heard).toContainEqual({ type: "retryOnFailed", node: "a", attempt: 1, error: expect.objectContaining({ message: "boom" }) });
  });
});

describe("delays", () => {
  test.each<[string, object, unknown, number[]]>([
    ["fixed", { maxAttempts: 4, delayMs: 10 }, new Error(), [0, 10, 20, 30]],
    ["linear", { maxAttempts: 4, delayMs: 10, backoff: "linear" }, new Error(), [0, 10, 30, 60]],
    ["exponential", { maxAttempts: 4, delayMs: 10, backoff: "exponential" }, new Error(), [0, 10, 30, 70]],
    [
      "a factor and a cap",
      { maxAttempts: 4, delayMs: 10, backoff: "exponential", factor: 3, maxDelayMs: 50 },
      new Error(),
      [0, 10, 40, 90],
    ],
    ["retryAfterMs of the error, not capped", { maxAttempts: 2, delayMs: 10, maxDelayMs: 20 }, { retryAfterMs: 70 }, [0, 70]],
    ["retryAfter of the error, in seconds", { maxAttempts: 2 }, { retryAfter: 2 }, [0, 2000]],
    ["a retryAfter that is none", { maxAttempts: 2 }, { retryAfter: "soon" }, [0, 0]],
    ["a getter that throws", { maxAttempts: 2 }, Object.defineProperty({}, "retryAfterMs", { get: boom }), [0, 0]],
  ])("%s", async (_what, retry, error, times) => {
    const { executor, clock } = simulated(DAG.builder().addNode("a", { retry }).build() as DAG);
    const began: number[] = [];
    const handle = executor.start(
      each(() => {
        began.push(clock.now());
        return Promise.reject(error);
      }),
    );
    do await settleDown();
    while (clock.jump());
    await handle.result;
    expect(began).toEqual(times);
  });
});
