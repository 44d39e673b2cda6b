/** Nodes and edges that are added to a run, by its tasks and by commands. */
import { describe, expect, test } from "vitest";
import { approval, DAG, DAGExecutor, type TaskContext, type TaskFunction } from "../../src/index.js";
import { hand, loosely, settleDown, simulated } from "../support/runs.js";

const copy: TaskFunction = (inputs) => ({ ...inputs });

/** `a -> z`, where `a` does this. */
function growing(grow: (ctx: TaskContext) => unknown, options: object = {}): DAG {
  return loosely(
    DAG.builder()
      .task("a", (_: object, ctx: TaskContext) => grow(ctx), options)
      .task("z", ["a"], copy as never)
      .build(),
  );
}

describe("a task that grows", () => {
  test.each<[string, (ctx: TaskContext) => unknown]>([
    ["in its call", (ctx) => add(ctx)],
    ["later", async (ctx) => add(ctx)],
    [
      "call by call",
      (ctx) => {
        ctx.addNodes([{ name: "b", needs: ["a"], task: copy }]);
        ctx.addNodes([{ name: "c", needs: ["b"], task: copy }]);
        ctx.addEdges([["c", "z"]]);
        return 1;
      },
    ],
  ])("adds nodes beside itself: %s", async (_how, grow) => {
    const result = await new DAGExecutor(growing(grow)).execute();
    expect(Object.keys(result.nodeResults)).toEqual(["a", "z", "b", "c"]);
    expect(result.get("z").result).toEqual({ a: 1, c: { b: { a: 1 } } });
    expect(result.counts.completed).toBe(4);
    expect(result.get("c").madeFrom).toEqual([{ node: "b", attempt: 1 }]);
  });

  function add(ctx: TaskContext): number {
    ctx.addNodes([
      { name: "b", needs: ["a"], task: copy },
      { name: "c", needs: ["b"], task: copy },
    ]);
    ctx.addEdges([["c", "z"]]);
    return 1;
  }

  test("adds nothing where its attempt fails", async () => {
    const dag = growing(
      (ctx) => {
        ctx.addNodes([{ name: `by ${ctx.attempt}`, task: copy }]);
        if (ctx.attempt === 1) throw new Error("again");
      },
      { retry: 2 },
    );
    const result = await new DAGExecutor(dag).execute();
    expect(Object.keys(result.nodeResults)).toEqual(["a", "z", "by 2"]);
  });

  test("adds waits, policies, and tasks that grow in their turn", async () => {
    const dag = growing((ctx) => {
      ctx.addNodes([
        { name: "gate", task: approval() },
        {
          name: "deep",
          needs: ["gate"],
          retry: 2,
          task: (inputs, inner) => {
            if (inner.attempt === 1) throw new Error("again");
            inner.addNodes([{ name: "deeper", needs: ["deep"], task: copy }]);
            return { ...inputs };
          },
        },
      ]);
    });
    const handle = new DAGExecutor(dag).start();
    await settleDown();
    handle.approve("gate", 5);
    const result = await handle.result;
    expect(result.get("deeper").result).toEqual({ deep: { gate: 5 } });
    expect(result.get("deep").attempt).toBe(2);
  });

  test("guards the edges it adds", async () => {
    const dag = growing((ctx) => {
      ctx.addNodes([
        { name: "b", task: copy },
        { name: "c", task: () => [1, 2, 3] },
      ]);
      ctx.addEdges([
        ["a", "b", { condition: () => false }],
        ["c", "z", { filter: (item) => item === 2 }],
      ]);
      return 1;
    });
    const result = await new DAGExecutor(dag).execute();
    expect(result.get("b")).toMatchObject({ status: "skipped", reason: "upstreamSkipped" });
    expect(result.get("z").result).toEqual({ a: 1, c: [2] });
  });

  test.each<[string, (ctx: TaskContext) => void, object]>([
    ["a name that is taken", (ctx) => ctx.addNodes([{ name: "z", task: copy }]), { code: "DUPLICATE_NODE", node: "z" }],
    [
      "a name twice",
      (ctx) => {
        ctx.addNodes([{ name: "b", task: copy }]);
        ctx.addNodes([{ name: "b", task: copy }]);
      },
      { code: "DUPLICATE_NODE", node: "b" },
    ],
    ["an unknown upstream", (ctx) => ctx.addNodes([{ name: "b", needs: ["A"], task: copy }]), { code: "NODE_NOT_FOUND", suggestion: "a" }],
    ["no task", (ctx) => ctx.addNodes([{ name: "b" } as never]), { code: "INVALID_OPTION" }],
    ["an unknown option", (ctx) => ctx.addNodes([{ name: "b", task: copy, retries: 3 } as never]), { code: "UNKNOWN_OPTION" }],
    ["no list", (ctx) => ctx.addNodes(5 as never), { code: "INVALID_OPTION", option: "nodes" }],
    ["no list of edges", (ctx) => ctx.addEdges(null as never), { code: "INVALID_OPTION", option: "edges" }],
    ["no edge", (ctx) => ctx.addEdges(["az"] as never), { code: "INVALID_EDGE" }],
    ["an edge that is there", (ctx) => ctx.addEdges([["a", "z"]]), { code: "GROWTH_REFUSED" }],
    ["an edge to itself", (ctx) => ctx.addEdges([["a", "a"]]), { code: "GROWTH_REFUSED" }],
    [
      "a cycle",
      (ctx) => {
        ctx.addNodes([{ name: "b", needs: ["z"], task: copy }]);
        ctx.addEdges([["b", "z"]]);
      },
      { code: "GROWTH_REFUSED" },
    ],
    [
      "a cycle among new nodes",
      (ctx) =>
        ctx.addNodes([
          { name: "b", needs: ["c"], task: copy },
          { name: "c", needs: ["b"], task: copy },
        ]),
      { code: "CYCLE", path: ["b", "c", "b"] },
    ],
    ["a node that has started", (ctx) => ctx.addEdges([["z", "a"]]), { code: "GROWTH_REFUSED" }],
    ["an edge with a wrong option", (ctx) => ctx.addEdges([["a", "z", { filter: 5 } as never]]), { code: "INVALID_OPTION" }],
    ["more nodes than the limit", (ctx) => ctx.addNodes(["b", "c", "d"].map((name) => ({ name, task: copy }))), { code: "GROWTH_REFUSED" }],
  ])("is refused %s, at once and by name", async (_what, grow, expected) => {
    let thrown: unknown;
    const dag = growing((ctx) => {
      try {
        grow(ctx);
      } catch (error) {
        thrown = error;
        throw error;
      }
    });
    const result = await new DAGExecutor(dag, { limits: { nodes: 4 } }).execute();
    expect(thrown).toMatchObject(expected);
    expect(result.get("a")).toMatchObject({ status: "failed", reason: "error", error: { cause: thrown } });
  });

  test("says which edge cannot be added, and why", async () => {
    const result = await new DAGExecutor(growing((ctx) => ctx.addEdges([["a", "z"]]))).execute();
    expect(result.get("a").error?.message).toBe('node "a" failed: node "a" cannot add the edge "a" -> "z": it is there already');
  });

  test("a fault that only the commit shows fails the attempt", async () => {
    const gate = hand();
    const dag = loosely(
      DAG.builder()
        .task("a", async (_: object, ctx: TaskContext) => {
          ctx.addNodes([{ name: "x", task: copy }]);
          await gate.promise;
        })
        .task("b", (_: object, ctx: TaskContext) => ctx.addNodes([{ name: "x", task: copy }]))
        .build(),
    );
    const handle = new DAGExecutor(dag, { failFast: false }).start();
    await settleDown();
    gate.resolve(undefined);
    const result = await handle.result;
    expect(result.get("b").status).toBe("completed");
    expect(result.get("a")).toMatchObject({ status: "failed", error: { cause: { code: "DUPLICATE_NODE", node: "x" } } });
  });

  test("a downstream that is decided in between refuses the edge at the commit", async () => {
    const gate = hand();
    const dag = loosely(
      DAG.builder()
        .task("a", async (_: object, ctx: TaskContext) => {
          ctx.addEdges([["a", "late"]]);
          await gate.promise;
        })
        .task("first", async () => 1)
        .task("late", ["first"], copy as never)
        .build(),
    );
    const handle = new DAGExecutor(dag, { failFast: false }).start();
    await settleDown();
    gate.resolve(undefined);
    const result = await handle.result;
    expect(result.get("a")).toMatchObject({ status: "failed", reason: "error", error: { cause: { code: "GROWTH_REFUSED" } } });
  });

  test("cannot grow after its attempt was told to stop", async () => {
    let thrown: unknown;
    const gate = hand();
    const { executor } = simulated(growing((ctx) => gate.promise.then(() => ctx.addNodes([])).catch((error) => (thrown = error))));
    const handle = executor.start();
    await settleDown();
    handle.cancel("enough");
    gate.resolve(undefined);
    await handle.result;
    expect(thrown).toBe("enough");
  });

  test("depth is limited", async () => {
    const grow: TaskFunction = (_, ctx) => ctx.addNodes([{ name: `${ctx.name}+`, task: grow }]);
    const dag = loosely(
      DAG.builder()
        .task("a", grow as never)
        .build(),
    );
    const result = await new DAGExecutor(dag, { limits: { depth: 3 } }).execute();
    expect(result.get("a+++")).toMatchObject({ status: "failed", error: { cause: { code: "GROWTH_REFUSED" } } });
    expect(result.counts).toMatchObject({ completed: 3, failed: 1 });
  });

  test("ten thousand nodes, one call each", async () => {
    const dag = growing((ctx) => {
      for (let i = 0; i < 10_000; i++) ctx.addNodes([{ name: `n${i}`, needs: i === 0 ? [] : [`n${i - 1}`], task: () => i }]);
    });
    const result = await new DAGExecutor(dag).execute();
    expect(result.succeeded).toBe(10_002);
    expect(result.get("n9999").result).toBe(9999);
  });
});

describe("a command that grows", () => {
  const waiting = (): DAG =>
    loosely(
      DAG.builder()
        .task("gate", approval())
        .task("z", ["gate"], copy as never)
        .build(),
    );

  test("adds nodes and edges at once", async () => {
    const handle = new DAGExecutor(waiting()).start();
    await settleDown();
    handle.addNodes([{ name: "b", task: () => 7 }]);
    handle.addEdges([["b", "z"]]);
    handle.approve("gate", 1);
    const result = await handle.result;
    expect(result.get("z").result).toEqual({ gate: 1, b: 7 });
  });

  test("before the first task is called", async () => {
    const handle = new DAGExecutor(waiting()).start();
    handle.addNodes([{ name: "b", needs: ["gate"], task: () => 7 }]);
    await settleDown();
    handle.approve("gate");
    expect((await handle.result).get("b").result).toBe(7);
  });

  test.each<[string, (handle: ReturnType<DAGExecutor["start"]>) => void, object]>([
    [
      "an unknown name",
      (handle) => handle.addNodes([{ name: "b", needs: ["gat"], task: copy }]),
      { code: "NODE_NOT_FOUND", suggestion: "gate" },
    ],
    ["a cycle", (handle) => handle.addEdges([["z", "gate"]]), { code: "GROWTH_REFUSED" }],
    ["a name that is taken", (handle) => handle.addNodes([{ name: "z", task: copy }]), { code: "DUPLICATE_NODE" }],
  ])("throws %s", async (_what, command, expected) => {
    const handle = new DAGExecutor(waiting()).start();
    await settleDown();
    let thrown: unknown;
    try {
      command(handle);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject(expected);
    handle.approve("gate");
    expect((await handle.result).status).toBe("completed");
  });

  test("throws after the end", async () => {
    const handle = new DAGExecutor(waiting()).start();
    handle.cancel();
    await handle.result;
    expect(() => handle.addNodes([{ name: "b", task: copy }])).toThrow("addNodes: this run has ended");
    expect(() => handle.addEdges([["gate", "z"]])).toThrow("this run has ended");
  });
});
