/** What a task sees of its attempt. */
// biome-ignore-all lint/suspicious/noThenProperty: thenables are what some of these tasks give.
import { AsyncLocalStorage } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { type DAG, DAGExecutor, type RunEvent } from "../../src/index.js";
import { graphOf } from "../support/graph-text.js";
import { chain, each, hand, loose, never, settleDown, simulated } from "../support/runs.js";

describe("ctx", () => {
  test("knows its node, its run and its attempt, destructured too", async () => {
    const seen: unknown[] = [];
    const handle = new DAGExecutor(graphOf("a -> b"), { retry: 2 }).start(
      each((_, { name, runId, attempt }) => {
        seen.push([name, runId, attempt]);
        if (name === "b" && attempt === 1) throw new Error("again");
      }),
      { runId: "my run" },
    );
    await handle.result;
    expect(seen).toEqual([
      ["a", "my run", 1],
      ["b", "my run", 1],
      ["b", "my run", 2],
    ]);
  });

  test("gives one signal per attempt, and it aborts with the reason", async () => {
    const signals: AbortSignal[] = [];
    const { executor, clock } = simulated(graphOf("a"), { timeoutMs: 10, retry: 2 });
    const handle = executor.start(
      each((_, ctx) => {
        expect(ctx.signal).toBe(ctx.signal);
        signals.push(ctx.signal);
        return never();
      }),
    );
    await settleDown();
    clock.advance(11);
    await settleDown();
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false]);
    expect(signals[0]?.reason).toMatchObject({ name: "TimeoutError", node: "a", attempt: 1, timeoutMs: 10 });
    handle.cancel("enough");
    expect(signals[1]?.reason).toBe("enough");
    clock.advance(1000);
    await handle.result;
  });

  test("gives a signal that has aborted already to those who ask late", async () => {
    const gate = hand();
    const { executor, clock } = simulated(graphOf("a"), { timeoutMs: 10 });
    const handle = executor.start(each((_, ctx) => gate.promise.then(() => ctx.signal.aborted)));
    const events: RunEvent[] = [];
    void (async () => {
      for await (const event of handle.events) events.push(event);
    })();
    await settleDown();
    clock.advance(11);
    gate.resolve(undefined);
    const result = await handle.result;
    expect(result.get("a").reason).toBe("timeout");
    await settleDown();
    expect(events).toContainEqual(expect.objectContaining({ type: "lateOutcome", outcome: "succeeded" }));
  });

  test("tells the others to stop when a failure stops the run", async () => {
    let reason: unknown;
    const result = await new DAGExecutor(graphOf("a; b")).execute({
      a: (_: object, { signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve((reason = signal.reason)))),
      b: async () => Promise.reject(new Error("no")),
    });
    expect(result.get("a").status).toBe("cancelled");
    expect(reason).toMatchObject({ name: "RunError", code: "RUN_FAILED" });
  });

  test("logs, after the start of its attempt and before its end", async () => {
    const heard: string[] = [];
    await new DAGExecutor(graphOf("a -> b"), { maxWorkers: 1 }).execute(
      each((_, { name, log }) => {
        log("in the call", { n: 1 });
        return name === "a" ? undefined : Promise.resolve().then(() => log("later"));
      }),
      {
        onEvent: (event) =>
          heard.push(event.type === "log" ? `${event.node}#${event.attempt}: ${event.message} ${JSON.stringify(event.data)}` : event.type),
      },
    );
    const ofNode = ["nodeLeased", "nodeStarted", '#1: in the call {"n":1}'];
    expect(heard.map((line) => line.replace(/^[ab](?=#)/, ""))).toEqual([
      "runStarted",
      "nodeReady",
      ...ofNode,
      "nodeCompleted",
      "nodeReady",
      ...ofNode,
      "#1: later undefined",
      "nodeCompleted",
      "runEnded",
    ]);
  });

  test("logs into the void where nobody listens, and after the end", async () => {
    let log: ((message: string) => void) | undefined;
    const handle = new DAGExecutor(graphOf("a")).start(each((_, ctx) => void (log = ctx.log)));
    await handle.result;
    log?.("too late");
  });

  test("is `this` to nobody", async () => {
    const result = await new DAGExecutor(graphOf("a")).execute({
      a(this: unknown) {
        return this === undefined;
      },
    });
    expect(result.get("a").result).toBe(true);
  });
});

describe("the caller's async context", () => {
  const storage = new AsyncLocalStorage<string>();

  test.each<{ shape: string; dag: DAG; task: () => unknown }>([
    { shape: "a chain of sync tasks", dag: chain(50), task: () => storage.getStore() },
    { shape: "a chain of async tasks", dag: chain(50), task: () => Promise.resolve().then(() => storage.getStore()) },
    { shape: "many at once", dag: loose(50), task: () => new Promise(setImmediate).then(() => storage.getStore()) },
    {
      shape: "thenables",
      dag: chain(5),
      task: () => ({ then: (give: (value: unknown) => void) => setImmediate(() => give(storage.getStore())) }),
    },
  ])("reaches every task of $shape", async ({ dag, task }) => {
    const execute = async (word: string) => {
      const executor = new DAGExecutor(dag, 3);
      const handle = storage.run(word, () => executor.start(task));
      const { nodeResults } = await handle.result;
      return new Set(Object.values(nodeResults).map((row) => row.result));
    };
    const words = ["red", "green"];
    expect(await Promise.all(words.map(execute))).toEqual(words.map((word) => new Set([word])));
  });

  test("reaches tasks that begin after a timer and after a rest", async () => {
    const stores: unknown[] = [];
    const { executor, clock } = simulated(graphOf("a -> c; b"), { timeoutMs: 10, retry: 2, failFast: false, maxWorkers: 1 });
    const handle = storage.run("mine", () =>
      executor.start(
        each((_, { name, attempt }) => {
          stores.push(storage.getStore());
          if (name === "b") clock.pass(30); // A long call: the driver rests after it.
          return name === "a" && attempt === 1 ? never() : undefined;
        }),
      ),
    );
    await settleDown();
    storage.run("somebody else's", () => clock.advance(11));
    await settleDown();
    clock.advance(2000);
    await handle.result;
    expect(stores).toEqual(["mine", "mine", "mine", "mine", "mine"]); // a, a again, b, b again (it was too long), c.
  });
});

test("nothing of a run stays on the caller's signal", async () => {
  const { signal } = new AbortController();
  const tasks: (() => unknown)[] = [() => 1, async () => 1, () => Promise.reject(new Error("no"))];
  for (const task of tasks) {
    await new DAGExecutor(graphOf("a -> b")).execute(task, { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  }
});
