/** Parameters, shared state, where an output came from, undo, finally-nodes, limits of a run, and the caller's async context. */
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor, type ExecutorOptions, StateConflictError, type TaskContext } from "../../src/index.js";
import { graphOf } from "../support/graph-text.js";
import { each, hand, loosely, never, settleDown, simulated } from "../support/runs.js";

const boom = (): never => {
  throw new Error("boom");
};

test("params reach every task and the handle", async () => {
  const handle = new DAGExecutor(graphOf("a -> b")).start(
    each((_, ctx) => ctx.params),
    { params: { day: 1 } },
  );
  expect(handle.params).toEqual({ day: 1 });
  expect((await handle.result).get("b").result).toEqual({ day: 1 });
});

describe("shared state", () => {
  test("has a version for each key", async () => {
    const handle = new DAGExecutor(graphOf("a -> b")).start(
      each((_, { name, state }) => {
        if (name === "a") return [state.get("k"), state.set("k", "x"), state.set("k", "y", { ifVersion: 1 })];
        expect(() => state.set("k", "z", { ifVersion: 1 })).toThrow(StateConflictError);
        return state.get("k");
      }),
    );
    const result = await handle.result;
    expect(result.get("a").result).toEqual([undefined, 1, 2]);
    expect(result.get("b").result).toEqual({ value: "y", version: 2 });
    expect(handle.state.get("k")).toEqual({ value: "y", version: 2 });
  });

  test("refuses what is wrong", async () => {
    const { state } = new DAGExecutor(graphOf("a")).start(each(() => 1));
    expect(() => state.set("k", 1, { ifVersion: 5 })).toThrow('state "k" has version 0, not 5; read it again before setting it');
    expect(state.set("k", 1, { ifVersion: 0 })).toBe(1);
    expect(() => state.set("k", 1, { ifVersion: -1 })).toThrow("`ifVersion` must be a version");
    expect(() => state.get(5 as never)).toThrow("`key` must be a string");
  });
});

test("the report says which attempts made an output", async () => {
  const result = await new DAGExecutor(graphOf("a, b -> c"), { retry: 2 }).execute(
    each((_, { name, attempt }) => {
      if (name === "b" && attempt === 1) throw new Error("again");
      return name;
    }),
  );
  expect(result.get("c").madeFrom).toEqual([
    { node: "a", attempt: 1 },
    { node: "b", attempt: 2 },
  ]);
  expect(result.get("b").attempts.map(({ attempt, status, reason }) => [attempt, status, reason])).toEqual([
    [1, "failed", "error"],
    [2, "completed", undefined],
  ]);
});

describe("undo", () => {
  /** Each of `a -> b -> c` has an undo that notes its output. */
  const undoing = (log: unknown[], undo: (name: string, output: unknown) => unknown = (name, output) => log.push([name, output])): DAG => {
    const builder = DAG.builder();
    for (const name of ["a", "b", "c"]) builder.addNode(name, { undo: (output) => undo(name, output) });
    return loosely(
      builder
        .addEdges([
          ["a", "b"],
          ["b", "c"],
        ] as never)
        .build(),
    );
  };
  const run = (dag: DAG, options: ExecutorOptions = { undo: true }) =>
    new DAGExecutor(dag, options).execute(each((_, { name }) => (name === "c" ? boom() : `${name}!`)));

  test("goes back over what succeeded, last first", async () => {
    const log: unknown[] = [];
    const result = await run(undoing(log));
    expect(log).toEqual([
      ["b", "b!"],
      ["a", "a!"],
    ]);
    expect(result.undone).toEqual([
      { node: "b", status: "completed", error: undefined },
      { node: "a", status: "completed", error: undefined },
    ]);
    expect(result.status).toBe("failed");
  });

  test("only where it is asked for", async () => {
    const log: unknown[] = [];
    expect((await run(undoing(log), {})).undone).toEqual([]);
    expect(log).toEqual([]);
  });

  test("has outputs that nobody else needs any more", async () => {
    const log: unknown[] = [];
    await run(undoing(log), { undo: true, keepResults: "none" });
    expect(log).toEqual([
      ["b", "b!"],
      ["a", "a!"],
    ]);
  });

  test.each<[string, () => unknown]>([
    ["throws", boom],
    ["rejects", async () => boom()],
  ])("one that %s is recorded, the rest goes on", async (_how, fail) => {
    const log: unknown[] = [];
    const result = await run(undoing(log, (name) => (name === "b" ? fail() : log.push(name))));
    expect(log).toEqual(["a"]);
    expect(result.undone).toMatchObject([
      { node: "b", status: "failed", error: { message: "boom" } },
      { node: "a", status: "completed" },
    ]);
  });

  test("takes back what succeeded too late", async () => {
    const log: unknown[] = [];
    const gate = hand();
    const dag = loosely(
      DAG.builder()
        .addNode("slow", { undo: (output) => log.push(output) })
        .build(),
    );
    const handle = new DAGExecutor(dag, { undo: true }).start(each(() => gate.promise));
    await settleDown();
    handle.cancel();
    gate.resolve("late");
    const result = await handle.result;
    expect(log).toEqual(["late"]);
    expect(result.get("slow")).toMatchObject({ status: "cancelled", result: undefined });
  });

  test("one that never returns is ended by its node's timeout", async () => {
    const dag = loosely(DAG.builder().addNode("a", { undo: never, timeoutMs: 10 }).addNode("b").addEdge("a", "b").build());
    const { executor, clock } = simulated(dag, { undo: true });
    const handle = executor.start(each((_, { name }) => (name === "b" ? boom() : 1)));
    await settleDown();
    clock.advance(10);
    expect((await handle.result).undone).toMatchObject([{ node: "a", status: "failed" }]);
  });
});

describe("finally-nodes", () => {
  const dag = loosely(
    DAG.builder()
      .addNodes(["a", "b"])
      .addNode("f", { finally: true })
      .addEdges([
        ["a", "b"],
        ["b", "f"],
      ] as never)
      .build(),
  );

  test.each<[string, (name: string) => unknown, object]>([
    ["completed", () => 1, { b: 1 }],
    ["failed", (name) => (name === "b" ? boom() : 1), {}],
  ])("run on a %s end, with what completed", async (_end, task, inputs) => {
    const result = await new DAGExecutor(dag).execute(each((given, { name }) => (name === "f" ? { ...given } : task(name))));
    expect(result.get("f")).toMatchObject({ status: "completed", result: inputs });
  });

  test("run after a cancel, also one before anything began", async () => {
    for (const isEarly of [true, false]) {
      const handle = new DAGExecutor(dag, { graceMs: 0 }).start(each((_, { name }) => (name === "f" ? "done" : never())));
      if (!isEarly) await settleDown();
      handle.cancel();
      const result = await handle.result;
      expect([result.status, result.get("f").result]).toEqual(["cancelled", "done"]);
    }
  });
});

describe("limits of a run", () => {
  test("its timeout cancels what is unfinished, and says so", async () => {
    const { executor, clock } = simulated(graphOf("a -> b"), { runTimeoutMs: 100, graceMs: 0 });
    let reason: unknown;
    const handle = executor.start(
      each((_, { signal }) => new Promise(() => signal.addEventListener("abort", () => (reason = signal.reason)))),
    );
    await settleDown();
    clock.advance(100);
    const result = await handle.result;
    expect(result.status).toBe("failed");
    expect(reason).toMatchObject({ message: "the run ran longer than 100 ms" });
    expect(() => result.orThrow()).toThrow("the run failed: it ran longer than 100 ms");
    expect(result.explain("a")).toBe('"a" was cancelled because the run was out of time');
  });

  test("a spent retry budget makes failures final", async () => {
    const result = await new DAGExecutor(graphOf("a; b; c"), { retry: 3, retryBudget: 2, failFast: false, maxWorkers: 1 }).execute(
      each(boom),
    );
    expect(Object.values(result.nodeResults).reduce((sum, { attempt }) => sum + attempt, 0)).toBe(5);
  });
});

describe("orThrow", () => {
  test("names the failure that failed the run, not one that was allowed", async () => {
    const dag = loosely(DAG.builder().addNode("allowed", { onFailure: "allow" }).addNode("bad").build());
    const result = await new DAGExecutor(dag, 1).execute(each((_, { name }) => Promise.reject(new Error(name))));
    expect(result.errors.map(({ node }) => node)).toEqual(["allowed", "bad"]);
    expect(() => result.orThrow()).toThrow('the run failed: node "bad" failed: bad');
  });
});

describe("the caller's async context", () => {
  const storage = new AsyncLocalStorage<string>();
  const dag = loosely(
    DAG.builder()
      .addNode("a")
      .addNode("b", { condition: () => note() })
      .addNode("c")
      .addNode("f", { finally: true })
      .addEdges([
        ["a", "b"],
        ["b", "c"],
      ] as never)
      .build(),
  );
  let stores: unknown[] = [];
  function note(): boolean {
    return stores.push(storage.getStore()) > 0;
  }

  test("reaches tasks and predicates that others wake", async () => {
    stores = [];
    const { executor, clock } = simulated(dag);
    const handle = storage.run("mine", () =>
      executor.start(
        each(async (_, ctx: TaskContext) => {
          note();
          if (ctx.name === "a") await storage.run("inside", () => ctx.waitFor("go"));
          if (ctx.name === "c") await ctx.sleep(10);
        }),
      ),
    );
    await settleDown();
    await storage.run("somebody else's", async () => {
      handle.pause();
      handle.signal("go");
      handle.resume();
      handle.addNodes([{ name: "grown", task: note }]);
      await settleDown();
      clock.advance(10);
    });
    await handle.result;
    expect(stores.length).toBe(6); // a, the condition of b, b, grown, c, f.
    expect(new Set(stores)).toEqual(new Set(["mine"]));
  });
});
