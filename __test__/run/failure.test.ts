/** Failures, retries, attempt timeouts and the structured end. */
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor, type ExecutorOptions, type RunResult } from "../../src/index.js";
import { graphOf } from "../support/graph-text.js";
import { each, hand, loose, never, settleDown, simulated, wordOf } from "../support/runs.js";

/** Every node's ending: `a failed error`. */
const endings = (result: RunResult): string =>
  Object.values(result.nodeResults)
    .map(({ name, status, reason }) => `${name} ${status}${reason === undefined ? "" : ` ${reason}`}`)
    .join(", ");

describe("failFast", () => {
  test.each<{ what: string; text: string; fails: string; options: ExecutorOptions; expected: string }>([
    {
      what: "true: the rest is skipped",
      text: "a -> b; c -> d",
      fails: "a",
      options: { maxWorkers: 1 },
      expected: "a failed error, b skipped upstreamFailed, c skipped failFast, d skipped failFast",
    },
    {
      what: "true: what runs is cancelled",
      text: "a -> b; c -> d",
      fails: "a",
      options: { maxWorkers: 2 },
      expected: "a failed error, b skipped upstreamFailed, c cancelled, d skipped failFast",
    },
    {
      what: "true: what has completed stays",
      text: "a -> b -> c; a -> d",
      fails: "b",
      options: { maxWorkers: 1 },
      expected: "a completed, b failed error, c skipped upstreamFailed, d skipped failFast",
    },
    {
      what: "false: other branches go on",
      text: "a -> b; c -> d",
      fails: "a",
      options: { failFast: false },
      expected: "a failed error, b skipped upstreamFailed, c completed, d completed",
    },
    {
      what: "false: a join of both is blocked",
      text: "a, c -> j -> k; c -> d",
      fails: "a",
      options: { failFast: false },
      expected: "a failed error, c completed, j skipped upstreamFailed, k skipped upstreamFailed, d completed",
    },
  ])("$what", async ({ text, fails, options, expected }) => {
    for (const throwIt of [
      () => {
        throw new Error("no");
      },
      async () => Promise.reject(new Error("no")),
    ]) {
      const called: string[] = [];
      const { executor } = simulated(graphOf(text), options);
      const result = await executor.execute(
        each((_, { name }) => {
          called.push(name);
          return name === fails ? throwIt() : new Promise<void>(setImmediate);
        }),
      );
      const isCalledOnly = expected.includes("c cancelled") && !called.includes("c"); // A call that throws is heard before the next.
      expect(endings(result)).toBe(isCalledOnly ? expected.replace("c cancelled", "c skipped failFast") : expected);
      for (const { name, status } of Object.values(result.nodeResults)) expect(called.includes(name)).toBe(status !== "skipped");
    }
  });

  test("no task is called after a failure that was settled while the driver rested", async () => {
    const { executor, clock } = simulated(loose(4), { maxWorkers: 4 });
    const called: string[] = [];
    const bad = hand();
    const handle = executor.start(
      each((_, { name }) => {
        called.push(name);
        if (name === "n0") return bad.promise;
        if (name === "n1") {
          bad.reject(new Error("no"));
          clock.pass(30); // The driver rests, with two leases in its hands.
        }
        return null;
      }),
    );
    const result = await handle.result;
    expect(called).toEqual(["n0", "n1"]);
    expect(endings(result)).toBe("n0 failed error, n1 completed, n2 skipped failFast, n3 skipped failFast");
  });

  test("leases by the hundred thousand go back at once", async () => {
    const size = 200_000;
    let calls = 0;
    const result = await new DAGExecutor(loose(size), Number.POSITIVE_INFINITY).execute(() => {
      calls++;
      throw new Error("no");
    });
    expect(calls).toBe(1);
    expect(result.counts).toMatchObject({ failed: 1, skipped: size - 1 });
  });

  test("a hundred thousand failures are as many errors", async () => {
    const size = 100_000;
    const result = await new DAGExecutor(loose(size), { maxWorkers: 8, failFast: false }).execute(() => {
      throw new Error("no");
    });
    expect(result.failed).toBe(size);
    expect(result.errors).toHaveLength(size);
  });
});

describe("retries", () => {
  test.each([
    { what: "once is the default", options: {}, failures: 1, attempt: 1, status: "failed" },
    { what: "a number", options: { retry: 3 }, failures: 2, attempt: 3, status: "completed" },
    { what: "an object", options: { retry: { maxAttempts: 3 } }, failures: 2, attempt: 3, status: "completed" },
    { what: "used up", options: { retry: 3 }, failures: 9, attempt: 3, status: "failed" },
  ])("$what", async ({ options, failures, attempt, status }) => {
    for (const throwIt of [
      (error: Error) => {
        throw error;
      },
      (error: Error) => Promise.reject(error),
    ]) {
      const result = await new DAGExecutor(graphOf("a -> b"), options).execute(
        each((_, ctx) => (ctx.name === "a" && ctx.attempt <= failures ? throwIt(new Error(`${ctx.attempt}`)) : `ok ${ctx.attempt}`)),
      );
      expect(result.get("a")).toMatchObject({ status, attempt });
      if (status === "failed") expect(result.get("a").error).toMatchObject({ attempt, cause: { message: `${attempt}` } });
      else expect(result.get("a").result).toBe(`ok ${attempt}`);
    }
  });

  test("of one node are its own", async () => {
    const dag: DAG = DAG.builder()
      .addNode("a", { retry: 2 })
      .addNode("b", { retry: { maxAttempts: 4 } })
      .addNode("c")
      .build();
    const result = await new DAGExecutor(dag, { failFast: false, retry: 3 }).execute(() => Promise.reject(new Error("no")));
    expect(Object.values(result.nodeResults).map(({ attempt }) => attempt)).toEqual([2, 4, 3]);
  });

  test("by the thousand do not starve the event loop or grow the queue", async () => {
    const result = await new DAGExecutor(graphOf("a; b"), { retry: 5000, failFast: false }).execute(() => {
      throw new Error("no");
    });
    expect(Object.values(result.nodeResults).map(({ attempt }) => attempt)).toEqual([5000, 5000]);
  });
});

describe("attempt timeouts", () => {
  test("settle the attempt at once; code that ignores its signal is waited for graceMs and listed", async () => {
    const { executor, clock } = simulated(graphOf("a -> b"), { timeoutMs: 100, graceMs: 40 });
    const handle = executor.start(never);
    let isOver = false;
    void handle.result.then(() => (isOver = true));
    await settleDown();
    clock.advance(100);
    await settleDown();
    expect(isOver).toBe(false);
    clock.advance(39);
    await settleDown();
    expect(isOver).toBe(false);
    clock.advance(1);
    const result = await handle.result;
    expect(endings(result)).toBe("a failed timeout, b skipped upstreamFailed");
    expect(result.durationMs).toBe(140);
    expect(result.get("a").durationMs).toBe(100);
    expect(result.abandoned).toEqual([{ node: "a", attempt: 1 }]);
  });

  test("code that listens to its signal is not abandoned", async () => {
    const { executor, clock } = simulated(graphOf("a"), { timeoutMs: 100 });
    const handle = executor.start(
      each((_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))),
    );
    await settleDown();
    clock.advance(100);
    const result = await handle.result;
    expect(endings(result)).toBe("a failed timeout");
    expect(result.abandoned).toEqual([]);
    expect(result.durationMs).toBe(100);
  });

  test("of one node are its own, a retry has the whole time again, and a free slot is used", async () => {
    const dag: DAG = DAG.builder().addNode("a", { timeoutMs: 10, retry: 2 }).addNode("b").build();
    const { executor, clock } = simulated(dag, { maxWorkers: 1, timeoutMs: 1000 });
    const log: string[] = [];
    const handle = executor.start(
      each((_, { name, attempt }) => {
        log.push(`${name}${attempt} at ${clock.now()}`);
        return name === "a" && attempt === 1 ? never() : null;
      }),
    );
    await settleDown();
    clock.advance(10);
    await settleDown();
    clock.advance(1000);
    const result = await handle.result;
    expect(log).toEqual(["a1 at 0", "a2 at 10", "b1 at 10"]);
    expect(endings(result)).toBe("a completed, b completed");
    expect(result.abandoned).toEqual([{ node: "a", attempt: 1 }]);
  });

  test.each([
    { after: 10, status: "completed" },
    { after: 10.001, status: "failed" },
  ])("an outcome after $after ms of 10 is $status", async ({ after, status }) => {
    const { executor, clock } = simulated(graphOf("a"), { timeoutMs: 10 });
    const result = await executor.execute(() => clock.pass(after));
    expect(result.get("a").status).toBe(status);
  });

  test("graceMs: Infinity waits for the code; graceMs: 0 does not", async () => {
    for (const [graceMs, abandoned] of [
      [Number.POSITIVE_INFINITY, 0],
      [0, 1],
    ] as const) {
      const late = hand();
      const { executor, clock } = simulated(graphOf("a"), { timeoutMs: 10, graceMs });
      const handle = executor.start(() => late.promise);
      await settleDown();
      clock.advance(10 + 1e7);
      late.resolve(null);
      expect((await handle.result).abandoned).toHaveLength(abandoned);
    }
  });
});

test("what fails after the end is nobody's business", async () => {
  const late = hand();
  const unhandled: unknown[] = [];
  const hear = (reason: unknown): unknown => unhandled.push(reason);
  process.on("unhandledRejection", hear);
  const { executor, clock } = simulated(graphOf("a"), { timeoutMs: 10, graceMs: 0 });
  const handle = executor.start(() => late.promise);
  await settleDown();
  clock.advance(10);
  await handle.result;
  late.reject(new Error("late"));
  await settleDown();
  process.off("unhandledRejection", hear);
  expect(unhandled).toEqual([]);
});

test("the events of a failure, a retry and a stop", async () => {
  const words: string[] = [];
  const { executor } = simulated(graphOf("a -> b; c"), { maxWorkers: 1, retry: 2 });
  await executor.execute(
    () => {
      throw new Error("no");
    },
    { onEvent: (event) => words.push(wordOf(event)) },
  );
  expect(words).toEqual([
    "runStarted",
    "nodeReady a",
    "nodeReady c",
    "nodeLeased a",
    "nodeStarted a",
    "attemptFailed a error",
    "nodeReady a",
    "nodeLeased a",
    "nodeStarted a",
    "nodeFailed a error",
    "nodeSkipped b upstreamFailed",
    "runStopping a",
    "nodeSkipped c failFast",
    "runEnded failed",
  ]);
});
