/** Cancelling a run: from everywhere, at every time. */
// biome-ignore-all lint/suspicious/noThenProperty: thenables are what some of these tasks give.
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { DAGExecutor, type RunHandle, type RunResult } from "../../src/index.js";
import { graphOf } from "../support/graph-text.js";
import { each, hand, loose, never, settleDown, simulated } from "../support/runs.js";

const statuses = (result: RunResult): string =>
  Object.values(result.nodeResults)
    .map(({ name, status }) => `${name} ${status}`)
    .join(", ");

describe("by the handle", () => {
  test("before the first task is called", async () => {
    let calls = 0;
    const handle = new DAGExecutor(graphOf("a -> b")).start(() => calls++);
    handle.cancel();
    const result = await handle.result;
    expect([calls, result.status, statuses(result)]).toEqual([0, "cancelled", "a cancelled, b cancelled"]);
  });

  test("while tasks run: their signals abort, what has completed stays", async () => {
    const { executor } = simulated(graphOf("a -> b -> c"));
    let heard: unknown;
    const handle = executor.start(
      each(
        (_, { name, signal }) =>
          name === "b" && new Promise((resolve) => signal.addEventListener("abort", () => resolve((heard = signal.reason)))),
      ),
    );
    await settleDown();
    handle.cancel("enough");
    const result = await handle.result;
    expect([heard, result.status, statuses(result)]).toEqual(["enough", "cancelled", "a completed, b cancelled, c cancelled"]);
    expect(result.abandoned).toEqual([]);
  });

  test("waits graceMs for code that goes on, and names it", async () => {
    const { executor, clock } = simulated(graphOf("a; b"), { graceMs: 50 });
    const slow = hand();
    const handle = executor.start(each((_, { name }) => (name === "a" ? never() : slow.promise)));
    await settleDown();
    handle.cancel();
    clock.advance(20);
    slow.resolve("too late");
    await settleDown();
    clock.advance(30);
    const result = await handle.result;
    expect([result.durationMs, statuses(result), result.abandoned]).toEqual([50, "a cancelled, b cancelled", [{ node: "a", attempt: 1 }]]);
    expect(result.get("b").result).toBe(undefined);
  });

  test("twice is once; the first reason counts", async () => {
    const { executor } = simulated(graphOf("a"), { graceMs: 0 });
    const handle = executor.start(never);
    await settleDown();
    handle.cancel("first");
    handle.cancel("second");
    const result = await handle.result;
    handle.cancel("third");
    expect(() => result.orThrow()).toThrow(expect.objectContaining({ code: "RUN_CANCELLED", cause: "first" }));
  });

  test("after the end changes nothing", async () => {
    const handle = new DAGExecutor(graphOf("a")).start(() => "done");
    const result = await handle.result;
    handle.cancel();
    expect([result.status, result.orThrow().get("a").result]).toEqual(["completed", "done"]);
  });

  test("when everything has settled but code told to stop is awaited", async () => {
    const { executor, clock } = simulated(graphOf("a"), { timeoutMs: 10 });
    const handle = executor.start(never);
    await settleDown();
    clock.advance(10);
    handle.cancel();
    clock.advance(1000);
    expect((await handle.result).status).toBe("failed");
  });

  test("an empty graph has nothing to cancel", async () => {
    const handle = new DAGExecutor(loose(0)).start({});
    handle.cancel();
    expect((await handle.result).status).toBe("completed");
  });

  test("with a hundred thousand leases out", async () => {
    const size = 100_000;
    const { executor, clock } = simulated(loose(size), { maxWorkers: Number.POSITIVE_INFINITY, graceMs: 1 });
    let calls = 0;
    const handle = executor.start(() => {
      if (++calls === 1000) clock.pass(30); // Rest: the other leases wait.
      return never();
    });
    while (calls < 1000) await settleDown();
    handle.cancel();
    clock.advance(5);
    const result = await handle.result;
    expect(result.counts.cancelled).toBe(size);
    expect(result.abandoned.length).toBe(calls);
  });
});

describe("by a signal", () => {
  test("that has aborted already", async () => {
    let calls = 0;
    const result = await new DAGExecutor(graphOf("a -> b")).execute(() => calls++, { signal: AbortSignal.abort("from before") });
    expect([calls, result.status]).toEqual([0, "cancelled"]);
    expect(() => result.orThrow()).toThrow(expect.objectContaining({ cause: "from before" }));
  });

  test("that aborts in the turn of start()", async () => {
    const controller = new AbortController();
    const handle = new DAGExecutor(graphOf("a")).start(never, { signal: controller.signal });
    controller.abort();
    expect((await handle.result).status).toBe("cancelled");
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  test("of many runs at once", async () => {
    const controller = new AbortController();
    const { executor } = simulated(graphOf("a"), { graceMs: 0 });
    const handles = Array.from({ length: 100 }, () => executor.start(never, { signal: controller.signal }));
    await settleDown();
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1); // Node.js warns of a leak from the eleventh on.
    controller.abort(new Error("all"));
    const results = await Promise.all(handles.map(({ result }) => result));
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["cancelled"]));
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });
});

describe("inside a task", () => {
  test.each<[how: string, end: () => unknown]>([
    ["and returns", () => "value"],
    [
      "and throws",
      () => {
        throw new Error("mine");
      },
    ],
    ["and resolves later", () => Promise.resolve("value")],
    [
      "and rejects later",
      async () => {
        await null;
        throw new Error("mine");
      },
    ],
    [
      "and returns a thenable that throws",
      () => ({
        then() {
          throw new Error("mine");
        },
      }),
    ],
    ["and never settles", never],
  ])("it is cancelled even if it %s", async (how, end) => {
    for (const graceMs of [0, 50]) {
      const { executor, clock } = simulated(graphOf("a -> b; c"), { maxWorkers: 1, graceMs });
      const handle: RunHandle = executor.start(
        each((_, { signal }) => {
          expect(signal.aborted).toBe(false);
          handle.cancel("from inside");
          expect(signal).toMatchObject({ aborted: true, reason: "from inside" });
          return end();
        }),
      );
      await settleDown();
      clock.advance(60);
      const result = await handle.result;
      expect([result.status, statuses(result), result.get("a").result]).toEqual([
        "cancelled",
        "a cancelled, b cancelled, c cancelled",
        undefined,
      ]);
      const isAbandoned = graceMs === 0 || how.includes("never");
      expect(result.abandoned).toEqual(isAbandoned ? [{ node: "a", attempt: 1 }] : []);
      await settleDown();
    }
  });

  test("by its own signal", async () => {
    const controller = new AbortController();
    const result = await new DAGExecutor(graphOf("a -> b")).execute(() => controller.abort("mine"), { signal: controller.signal });
    expect([result.status, statuses(result)]).toEqual(["cancelled", "a cancelled, b cancelled"]);
  });

  test("after an await", async () => {
    const handle: RunHandle = new DAGExecutor(graphOf("a -> b")).start(async () => {
      await null;
      handle.cancel();
      return "value";
    });
    const result = await handle.result;
    expect([result.status, statuses(result), result.get("a").result]).toEqual(["cancelled", "a cancelled, b cancelled", undefined]);
  });
});

describe("inside an abort listener", () => {
  test.each([0, 50])("of a timeout, a failFast and a cancel, graceMs %i", async (graceMs) => {
    for (const cause of ["timeout", "failFast", "cancel"] as const) {
      const { executor, clock } = simulated(graphOf("a; b; c"), {
        graceMs,
        timeoutMs: cause === "timeout" ? 10 : 1000,
        failFast: cause === "failFast",
      });
      const bad = hand();
      const handle: RunHandle = executor.start(
        each((_, { name, signal }) => {
          signal.addEventListener("abort", () => handle.cancel("from a listener"));
          return name === "a" ? bad.promise : never();
        }),
      );
      await settleDown();
      if (cause === "failFast") bad.reject(new Error("no"));
      if (cause === "cancel") handle.cancel("from outside");
      await settleDown();
      clock.advance(10);
      clock.advance(60);
      const result = await handle.result;
      const expected = {
        timeout: "a failed, b failed, c failed",
        failFast: "a failed, b cancelled, c cancelled",
        cancel: "a cancelled, b cancelled, c cancelled",
      };
      expect(statuses(result)).toBe(expected[cause]);
      expect(result.status).toBe(cause === "cancel" ? "cancelled" : "failed");
    }
  });

  test("with more leases and stops than one crossing carries", async () => {
    const { executor, clock } = simulated(loose(3000), { maxWorkers: 2000, timeoutMs: 10, failFast: false, graceMs: 5 });
    const called: string[] = [];
    const handle: RunHandle = executor.start(
      each((_, { name, signal }) => {
        called.push(name);
        if (name === "n700") signal.addEventListener("abort", () => handle.cancel());
        return never();
      }),
    );
    await settleDown();
    clock.advance(11);
    await settleDown();
    clock.advance(30);
    const result = await handle.result;
    expect(result.status).toBe("cancelled");
    const begun = Object.values(result.nodeResults)
      .filter(({ attempt }) => attempt > 0)
      .map(({ name }) => name);
    expect(begun.sort()).toEqual(called.sort());
  });
});
