/** Lowering: which policies a flow gets, what is left to this side, and what is refused before a run. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { coreOf, DAG } from "../../src/dag/dag.js";
import type { DagValue } from "../../src/dag/dag-value.js";
import type { Shape } from "../../src/dag/types.js";
import { approval, loop, map, sleep, subDag, waitFor } from "../../src/flow/definitions.js";
import type { LoweredFlow } from "../../src/flow/lowered.js";
import { task } from "../../src/flow/task-kinds.js";
import type { NativePolicy, PlanColumns } from "../../src/native/index.js";
import { type ExecutorOptions, resolveOptions, type Selection } from "../../src/run/options.js";
import { flowOf } from "../../src/run/plan.js";
import type { AnyTasks } from "../../src/run/tasks.js";
import { thrownBy } from "../support/thrown-by.js";

/** What each plan was made of, innermost first. */
const plans: PlanColumns[] = [];

vi.mock("../../src/native/index.js", async (importOriginal) => {
  const native = await importOriginal<typeof import("../../src/native/index.js")>();
  class NativePlan extends native.NativePlan {
    constructor(...[graph, columns, inner]: ConstructorParameters<typeof native.NativePlan>) {
      super(graph, columns, inner);
      plans.push(columns);
    }
  }
  return { ...native, NativePlan };
});

beforeEach(() => {
  plans.length = 0;
});

const pass = (): number => 1;

function lower(dag: DagValue<Shape>, options: ExecutorOptions = {}, tasks?: AnyTasks, selection: Selection = {}): LoweredFlow {
  return flowOf(coreOf(dag), tasks, selection, resolveOptions(options).defaults);
}

/** The policy of a node in the plan made last, or in the one made `back` plans before. */
function policyOf(node: number, back = 0): NativePolicy | undefined {
  const { policies, policyOf: places } = plans.at(-1 - back) ?? { policies: undefined, policyOf: undefined };
  return policies?.[places?.[node] ?? 0];
}

describe("a plan", () => {
  it("has no policies where nobody says anything", () => {
    lower(DAG.builder().task("a", pass).task("b", ["a"], pass, { timeoutMs: 5, cost: 3, priority: 2 }).build(), { timeoutMs: 9 });
    expect(plans).toEqual([
      {
        costs: Float64Array.of(1, 3),
        priorities: Float64Array.of(0, 2),
        timeouts: Float64Array.of(9, 5),
        defaultTimeout: 9,
        defaultMaxAttempts: 1,
      },
    ]);
  });

  it("has one policy where all nodes have that of the run", () => {
    lower(DAG.builder().task("a", pass).build(), {
      nodeTimeoutMs: 7,
      retry: { maxAttempts: 3, backoff: "exponential", delayMs: 10, maxDelayMs: 40, jitter: 0.5 },
    });
    expect(plans[0]?.policyOf).toBeUndefined();
    expect(plans[0]?.policies).toHaveLength(1);
    expect(plans[0]?.defaultMaxAttempts).toBe(3);
    expect(policyOf(0)).toMatchObject({ nodeTimeoutMs: 7, delayMs: 10, growth: 2, factor: 2, maxDelayMs: 40, jitter: 0.5 });
  });

  it("says what a crash means", () => {
    const dag = DAG.builder()
      .task("a", pass, { effects: "external" })
      .task("b", pass, { maxCrashes: 0 })
      .task("c", pass, { effects: "idempotent" })
      .task("d", map({ over: () => [1], each: pass }), { effects: "external", maxCrashes: 2 })
      .task("e", pass)
      .build();
    lower(dag, { maxCrashes: 5 });
    expect([0, 1, 2, 4].map((node) => policyOf(node))).toMatchObject([
      { flags: 128, maxCrashes: 5 },
      { flags: 0, maxCrashes: 0 },
      { flags: 0, maxCrashes: 5 },
      { flags: 0, maxCrashes: 5 },
    ]);
    expect(policyOf(0, 1)).toMatchObject({ kind: 0, flags: 128, maxCrashes: 2 });
    lower(DAG.builder().task("a", pass).build(), { maxCrashes: 0 });
    expect(policyOf(0)).toMatchObject({ flags: 0, maxCrashes: 0 });
    lower(DAG.builder().task("a", pass).build(), { maxCrashes: 3 });
    expect(plans.at(-1)?.policies).toBeUndefined();
  });

  it("says what runs on threads", () => {
    const work = task.module("file:///work.js", "work");
    const dag = DAG.builder().task("a", work).task("b", ["a"], work).build();
    lower(dag, { on: "thread" });
    expect(plans.at(-1)?.policyOf).toBeUndefined();
    expect(policyOf(0)).toMatchObject({ kind: 0, flags: 64 });
    lower(DAG.builder().task("a", work, { on: "thread" }).task("b", pass).task("w", sleep(1)).build(), {});
    expect([0, 1, 2].map((node) => policyOf(node)?.flags)).toEqual([64, 0, 0]);
    lower(DAG.builder().task("a", work).task("b", pass, { on: "inline" }).task("w", sleep(1)).build(), { on: "thread" });
    expect([0, 1, 2].map((node) => policyOf(node)?.flags)).toEqual([64, 0, 0]);
  });

  it("has each distinct policy once", () => {
    const builder = DAG.builder();
    for (let at = 0; at < 1000; at++) builder.addNode(`n${at}`, at % 2 === 0 ? {} : { join: "allSettled", onFailure: "allow" });
    lower(builder.build(), {}, () => 1);
    expect(plans[0]?.policies).toHaveLength(2);
    expect(policyOf(1)).toMatchObject({ join: 2, onFailure: 1 });
  });

  it("is made once for a graph and equal defaults, whatever functions a run brings", () => {
    const dag = DAG.builder().task("a", pass, { join: "anyCompleted" }).addNode("b").build();
    const first = lower(dag, { retry: { maxAttempts: 2, delayMs: 3 }, pools: { gpu: 1 } }, { b: pass });
    const other = (): number => 2;
    const second = lower(dag, { retry: { maxAttempts: 2, delayMs: 3 }, pools: { gpu: 1 } }, { b: other });
    expect(second.base.plan).toBe(first.base.plan);
    expect(second.base.tasks).toEqual([pass, other]);
    expect(lower(dag, { retry: 2 }, { b: pass }).base.plan).not.toBe(first.base.plan);
    expect(lower(dag, { retry: { maxAttempts: 2, delayMs: 3 }, pools: { gpu: 1 } }, { b: sleep(1) }).base.plan).not.toBe(first.base.plan);
    expect(plans).toHaveLength(3);
  });

  it("says what a node says", () => {
    const dag = DAG.builder()
      .task("a", pass)
      .task("b", ["a"], pass, {
        join: { expr: "a.failed || !a.skipped" },
        condition: () => true,
        cached: () => undefined,
        undo: () => {},
        onFailure: "continue",
        nodeTimeoutMs: 3,
        resources: { gpu: 2 },
        concurrencyKey: { key: "k", limit: 4 },
        rate: ["api"],
      })
      .task("last", ["b"], pass, { finally: true })
      .build();
    const { base, names } = lower(dag, { pools: { cpu: 1, gpu: 3 }, rates: { api: { limit: 5, perMs: 100 } } });
    expect(policyOf(1)).toMatchObject({
      kind: 0,
      join: 7,
      expression: Uint32Array.of(0x20, 0x30, 1, 3),
      onFailure: 2,
      flags: 1 | 2 | 8,
      nodeTimeoutMs: 3,
      needs: Uint32Array.of(1, 2, 2, 1, 3, 1),
    });
    expect(policyOf(2)).toMatchObject({ flags: 4, join: 0 });
    expect([...names.capacities]).toEqual([1, 3, 5, 4]);
    expect([...names.intervals]).toEqual([0, 0, 100, 0]);
    expect([base.conditions.has(1), base.caches.has(1), base.undos.has(1)]).toEqual([true, true, true]);
  });

  it("asks about guarded edges only", () => {
    const dag = DAG.builder()
      .addNodes(["a", "b", "c"])
      .addEdge("b", "c", { filter: () => true, condition: () => true })
      .addEdge("a", "c", { weight: 1 })
      .addEdge("a", "b", { condition: () => true })
      .build();
    const { base } = lower(dag, {}, pass);
    expect(plans[0]?.guards).toEqual(Uint32Array.of(0, 1, 1, 2));
    expect([...base.guards].map(([key, guard]) => [key, Object.keys(guard)])).toEqual([
      [1, ["condition"]],
      [5, ["condition", "filter"]],
    ]);
  });

  it("has no retry of the run for what cannot be taken back", () => {
    const dag = DAG.builder()
      .task("a", pass)
      .task("b", pass, { effects: "external" })
      .task("c", pass, { effects: "external", retry: 2 })
      .task("d", pass, { effects: "pure" })
      .build();
    lower(dag, { retry: 5 });
    expect(plans[0]?.maxAttempts).toEqual(Uint32Array.of(5, 1, 2, 5));
  });

  it("tells errors apart by code, class and test, its own before the run's", () => {
    class Busy extends Error {}
    const dag = DAG.builder()
      .task("a", pass)
      .task("b", pass, { retry: { maxAttempts: 2, retryOn: [Busy, "EAGAIN", (error) => error === 7] } })
      .task("c", pass, { retry: 2 })
      .build();
    const { base } = lower(dag, { retry: { maxAttempts: 3, retryOn: "EPIPE" } });
    const [a, b, c] = [0, 1, 2].map((node) => base.retryOn.get(node));
    expect([a?.({ code: "EPIPE" }, 1), a?.(new Busy(), 1)]).toEqual([true, false]);
    expect([b?.(new Busy(), 1), b?.({ code: "EAGAIN" }, 1), b?.(7, 1), b?.({ code: "EPIPE" }, 1)]).toEqual([true, true, true, false]);
    expect(c).toBeUndefined();
  });
});

describe("a container", () => {
  it("of a map gives its items what is theirs, and keeps the rest", () => {
    const dag = DAG.builder()
      .task("list", () => [1, 2])
      .task("each", ["list"], map({ each: pass, concurrency: 3, maxItems: 9 }), {
        retry: { maxAttempts: 4, delayMs: 5 },
        timeoutMs: 6,
        nodeTimeoutMs: 7,
        resources: { gpu: 1 },
        onFailure: "allow",
        undo: () => {},
      })
      .build();
    const { base } = lower(dag, { pools: { gpu: 1 }, timeoutMs: 99, retry: 8 });
    expect(plans).toHaveLength(2);
    expect(plans[0]).toMatchObject({ timeouts: Float64Array.of(6), maxAttempts: Uint32Array.of(4) });
    expect(policyOf(0, 1)).toMatchObject({ kind: 0, delayMs: 5, needs: Uint32Array.of(0, 1), onFailure: 0 });
    expect(plans[1]).toMatchObject({ timeouts: Float64Array.of(99, Number.NaN), maxAttempts: Uint32Array.of(8, 1) });
    expect(policyOf(1)).toMatchObject({ kind: 2, flags: 8 | 16, concurrency: 3, limit: 9, nodeTimeoutMs: 7, onFailure: 1, delayMs: 0 });
    expect(policyOf(1)).not.toHaveProperty("needs");
    expect(base.containers.get(1)).toMatchObject({ kind: "map", isFunction: true, allowFailures: false, maxItems: 9 });
    expect(base.containers.get(1)?.inner.tasks).toEqual([pass]);
    expect(base.tasks[1]).toBeUndefined();
  });

  it("of a map that allows failures lets its items fail", () => {
    const inner = DAG.builder().task("x", pass).build();
    const dag = DAG.builder()
      .task("each", map({ over: () => [1], each: inner, allowFailures: true }), { retry: 2 })
      .build();
    const { base } = lower(dag);
    expect(plans).toHaveLength(3);
    expect(policyOf(0, 1)).toMatchObject({ kind: 3, onFailure: 2, flags: 16 });
    expect(plans[1]).toMatchObject({ maxAttempts: Uint32Array.of(2) });
    expect(policyOf(0)).toMatchObject({ kind: 2, flags: 0 });
    const items = base.containers.get(0);
    expect(items).toMatchObject({ kind: "map", isFunction: false });
    expect(items?.inner.containers.get(0)?.inner.core.names).toEqual(["x"]);
  });

  it("of a graph that stands in two places is lowered once", () => {
    const inner = DAG.builder().task("x", pass).build();
    const dag = DAG.builder()
      .task("a", subDag(inner, { failFast: false }), { retry: 3, timeoutMs: 5 })
      .task("b", subDag(inner))
      .task("c", loop({ body: inner, until: () => true, limit: 6 }))
      .build();
    const { base } = lower(dag, { failFast: false, timeoutMs: 50, retry: 2 });
    expect(plans).toHaveLength(2);
    expect(base.containers.get(0)?.inner).toBe(base.containers.get(2)?.inner);
    expect([0, 1, 2].map((node) => policyOf(node)?.flags)).toEqual([0, 0, 0]);
    expect(plans[1]).toMatchObject({ timeouts: Float64Array.of(5, Number.NaN, Number.NaN), maxAttempts: Uint32Array.of(3, 1, 1) });
    expect(policyOf(2)).toMatchObject({ kind: 4, limit: 6 });
    lower(dag);
    expect([0, 1, 2].map((node) => policyOf(node)?.flags)).toEqual([0, 16, 16]);
  });

  it("of a wait knows its signal", () => {
    const dag = DAG.builder()
      .task("a", waitFor({ signal: "go", timeoutMs: 5, default: 1 }))
      .task("b", waitFor({ signal: "stop" }))
      .task("c", approval())
      .task("d", sleep(20))
      .task(
        "e",
        subDag(
          DAG.builder()
            .task("x", waitFor({ signal: "go" }))
            .build(),
        ),
      )
      .build();
    const { base, names } = lower(dag, { retry: 3 });
    expect([0, 1, 2, 3].map((node) => policyOf(node))).toMatchObject([
      { kind: 1, signal: 0, waitMs: 5, flags: 32 },
      { kind: 1, signal: 1, waitMs: Number.NaN, flags: 0 },
      { kind: 1, signal: -2, waitMs: Number.NaN },
      { kind: 1, signal: -1, waitMs: 20 },
    ]);
    expect(policyOf(0, 1)).toMatchObject({ kind: 1, signal: 0 });
    expect([names.signal("go"), names.signal("stop"), names.copy().signal("new")]).toEqual([0, 1, 2]);
    expect(plans.at(-1)?.maxAttempts).toEqual(Uint32Array.of(1, 1, 1, 1, 1));
    expect(base.waits.get(0)).toMatchObject({ kind: "waitFor", signal: "go", default: { value: 1 } });
  });
});

describe("a flow is refused", () => {
  const inner = DAG.builder()
    .task("x", pass, { resources: { gpus: 1 } })
    .addNode("y")
    .build();

  it.each<[string, () => unknown, object]>([
    ["where tasks are missing", () => lower(DAG.from({ a: [], b: ["a"] })), { code: "TASK_MISSING", nodes: ["a", "b"] }],
    [
      "where a task is for nobody",
      () => lower(DAG.from({ a: [] }), {}, { a: pass, aa: pass }),
      { code: "TASK_UNKNOWN", tasks: [{ name: "aa", suggestion: "a" }] },
    ],
    [
      "where a task is none",
      () => lower(DAG.from({ a: [] }), {}, { a: 5 } as never),
      { code: "INVALID_OPTION", message: expect.stringContaining('`tasks["a"]` must be a function, or what map, subDag') },
    ],
    [
      "where a pool is unknown",
      () =>
        lower(
          DAG.builder()
            .task("a", pass, { resources: { gpus: 1 } })
            .build(),
          { pools: { gpu: 1 } },
        ),
      { code: "POOL_NOT_FOUND", message: 'node "a": the executor has no pool "gpus"; did you mean "gpu"?' },
    ],
    [
      "where a rate is unknown",
      () => lower(DAG.builder().task("a", pass, { rate: "api" }).build(), { pools: { api: 1 } }),
      { code: "POOL_NOT_FOUND", message: 'node "a": the executor has no rate "api"; give it to the executor: `rates`' },
    ],
    [
      "where a need is larger than its pool",
      () =>
        lower(
          DAG.builder()
            .task("a", pass, { resources: { gpu: 3 } })
            .build(),
          { pools: { gpu: 2 } },
        ),
      { code: "POOL_EXCEEDED", node: "a", pool: "gpu", need: 3, capacity: 2 },
    ],
    [
      "where nodes disagree about a key",
      () =>
        lower(
          DAG.builder()
            .task("a", pass, { concurrencyKey: "k" })
            .task("b", pass, { concurrencyKey: { key: "k", limit: 2 } })
            .task("c", pass, { concurrencyKey: { key: "k", limit: 3 } })
            .build(),
        ),
      { code: "CONFLICTING_OPTIONS", message: 'node "c": the limit of key "k" is 3 here and 2 at node "b": say it once' },
    ],
    [
      "with everything that is wrong inside",
      () => lower(DAG.builder().task("out/er", subDag(inner)).build(), { pools: { gpu: 1 } }),
      {
        errors: [
          { code: "TASK_MISSING", nodes: ["out~1er/y"] },
          { code: "POOL_NOT_FOUND", node: "out~1er/x" },
        ],
      },
    ],
    [
      "where a draft's expression names no upstream",
      () => lower(new DAG().addNode("a").addNode("b", { join: { expr: "a.failed" } }), {}, pass),
      { code: "JOIN_EXPRESSION", node: "b" },
    ],
    [
      "where a draft's finally-node is followed",
      () => lower(new DAG().addNode("a", { finally: true }).addNode("b").addEdge("a", "b"), {}, pass),
      { code: "CONFLICTING_OPTIONS" },
    ],
    [
      "where a run's definition does not fit its node",
      () => lower(DAG.builder().addNode("a", { rate: "api" }).build(), { rates: { api: { limit: 1, perMs: 1 } } }, { a: sleep(1) }),
      { code: "CONFLICTING_OPTIONS" },
    ],
    [
      "where functions stayed behind",
      () => {
        const dag = DAG.builder()
          .task("a", loop({ body: pass, until: () => true, limit: 1 }), { condition: () => true })
          .build();
        return lower(DAG.fromJSON(JSON.stringify(dag)));
      },
      {
        errors: [
          { message: expect.stringContaining('node "a": `condition` stayed behind') },
          { code: "GRAPH_FORMAT" },
          { code: "GRAPH_FORMAT" },
        ],
      },
    ],
  ])("%s", (_, call, expected) => {
    expect(thrownBy(call)).toMatchObject(expected);
  });

  it("once a node with functions from JSON was merged with them it runs", () => {
    const dag = DAG.builder()
      .addNode("a", { condition: () => true })
      .build();
    const again = DAG.fromJSON(JSON.stringify(dag)).merge(dag);
    expect(lower(again, {}, pass).base.conditions.size).toBe(1);
  });
});
