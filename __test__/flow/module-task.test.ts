/** Tasks that say where their function lives: what makes them, what becomes of them on the main thread, and what a run is told of them. */
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { coreOf } from "../../src/dag/dag.js";
import type { DagValue } from "../../src/dag/dag-value.js";
import type { Shape } from "../../src/dag/types.js";
import { lowerGrowth } from "../../src/flow/lower.js";
import type { Lowered, LoweredFlow } from "../../src/flow/lowered.js";
import { importFunction } from "../../src/flow/module-loader.js";
import {
  approval,
  DAG,
  DAGExecutor,
  defineTasks,
  type ExecutorOptions,
  GrowthError,
  loop,
  ModuleLoadError,
  map,
  PoolClosedError,
  subDag,
  TaskCannotCrossError,
  type TaskDefinition,
  task,
} from "../../src/index.js";
import { policyFlags } from "../../src/native/index.js";
import { resolveOptions } from "../../src/run/options.js";
import { flowOf } from "../../src/run/plan.js";
import type { AnyTasks } from "../../src/run/tasks.js";
import { simulate } from "../../src/testing/index.js";
import { tasks } from "../fixtures/modules/defined.js";
import type * as numbers from "../fixtures/modules/numbers.mjs";
import { thrownBy } from "../support/thrown-by.js";

const at = (file: string): URL => new URL(`../fixtures/modules/${file}`, import.meta.url);
const url = at("numbers.mjs");
const five = task.module<typeof numbers.five>(url, "five");
const double = task.module<typeof numbers.double>(url, "double");
const sum = task.module<typeof numbers.sum>(url, "sum");
const where = task.module<typeof numbers.where>(url, "where");
const plain = (): number => 5;

/** The policies of plans, innermost first; the core is not asked, so that these tests speak of this side alone. */
const flags: (readonly number[])[] = [];

vi.mock("../../src/native/index.js", async (importOriginal) => {
  const native = await importOriginal<typeof import("../../src/native/index.js")>();
  const places = native.policyFlags.thread | native.policyFlags.external;
  class NativePlan extends native.NativePlan {
    constructor(...[graph, columns, inner]: ConstructorParameters<typeof native.NativePlan>) {
      const { policies, policyOf } = columns;
      const known = policies?.map((policy) => ({ ...policy, flags: policy.flags & ~places }));
      super(graph, known === undefined ? columns : { ...columns, policies: known }, inner);
      flags.push(Array.from({ length: graph.nodeCount }, (_, node) => policies?.[policyOf?.[node] ?? 0]?.flags ?? 0));
    }
  }
  return { ...native, NativePlan };
});

function lower(dag: DagValue<Shape>, options: ExecutorOptions = {}, given?: AnyTasks): LoweredFlow {
  flags.length = 0;
  return flowOf(coreOf(dag), given, {}, resolveOptions(options).defaults);
}

/** By node, the function it calls on a thread; a dot where it runs on the main thread. */
function placesOf({ core, threads }: Lowered): string {
  return core.names.map((_, node) => threads?.modules[(threads.moduleOf[node] ?? 0) - 1]?.exportName ?? ".").join(" ");
}

describe("what makes them", () => {
  it("takes URLs and paths", () => {
    const path = fileURLToPath(url);
    const made = [url, url.href, path, `data:text/javascript,export const five = () => 5`].map((given) => task.module(given, "five"));
    const addresses = made.map((one) => Reflect.get(one, Symbol.for("dagny.module")));
    expect(addresses).toEqual([
      { url: url.href, exportName: "five", isDefined: false },
      { url: url.href, exportName: "five", isDefined: false },
      { url: url.href, exportName: "five", isDefined: false },
      { url: new URL("data:text/javascript,export const five = () => 5").href, exportName: "five", isDefined: false },
    ]);
    expect(made[0]?.kind).toBe("module");
    expect(Reflect.get(map({ over: () => [], each: plain }), Symbol.for("dagny.module"))).toBeUndefined();
  });

  it("gives one task for each function, frozen", () => {
    const made = defineTasks("file:///here.js", { a: plain, b: plain });
    expect(Object.keys(made)).toEqual(["a", "b"]);
    expect(Object.isFrozen(made)).toBe(true);
    expect(Reflect.get(made.b, Symbol.for("dagny.module"))).toEqual({ url: "file:///here.js", exportName: "b", isDefined: true });
  });

  it.each([
    ["a relative path", () => task.module("./tasks.js", "a"), "task.module: `url` must be a URL or an absolute path"],
    ["a bare name", () => task.module("tasks", "a"), "task.module: `url` must be a URL or an absolute path"],
    ["no address", () => task.module(undefined as never, "a"), "received undefined"],
    ["an empty name", () => task.module(url, ""), "task.module: `exportName` must be a non-empty string"],
    ["two faults", () => task.module("x", 5 as never), "the task has 2 faults"],
    ["no functions", () => defineTasks(url, [plain] as never), "defineTasks: `functions` must be an object of functions by name"],
    [
      "what is no function",
      () => defineTasks(url, { a: 5 } as never),
      'defineTasks: `functions["a"]` must be a function, received 5 (number)',
    ],
    [
      "one as a signal",
      () => map({ over: () => [1], each: approval() as never }),
      "map: `each` must be a function, a DAG, or what task.module",
    ],
  ])("refuses %s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe("on the main thread", () => {
  it("is called like any function, wherever a task may stand", async () => {
    const inner = DAG.builder().task("one", five).task("two", ["one"], double).build();
    const flow = DAG.builder()
      .task("five", five)
      .task("doubled", ["five"], double)
      .task("all", ["five", "doubled"], sum)
      .task("each", map({ over: () => [1, 2, 3], each: double }))
      .task("placed", ["each"], map({ each: where }), { retry: 2 })
      .task("inside", subDag(inner))
      .task("rounds", loop({ body: tasks.next, until: (n: number) => n === 4, limit: 9 }))
      .task("photos", tasks.photos)
      .task("halved", ["photos"], map({ each: tasks.halve }))
      .task("area", ["halved"], tasks.area)
      .build();
    const { nodeResults } = (await new DAGExecutor(flow, 2).execute()).orThrow();
    expect(nodeResults.all.result).toBe(15);
    expect(nodeResults.each.result).toEqual([2, 4, 6]);
    expect(nodeResults.placed.result?.[2]).toEqual({ path: ["placed", 2], index: 2, iteration: 0, attempt: 1 });
    expect(nodeResults.inside.result).toEqual({ two: 10 });
    expect(nodeResults.rounds.result).toBe(4);
    expect(nodeResults.area.result).toEqual({ total: 320 * 240 + 160 * 100, by: "area" });
  });

  it("can be given to a run, to all its nodes, and to nodes that are added", async () => {
    const lists = DAG.from({ a: [], b: ["a"] });
    const given = await new DAGExecutor(lists).execute({ a: five, b: double });
    expect(given.nodeResults.b.result).toBe(10);
    const execute: (tasks: TaskDefinition) => ReturnType<DAGExecutor["execute"]> = (one) => new DAGExecutor(lists).execute(one as never);
    expect((await execute(five)).get("b").result).toBe(5);
    const grower = DAG.builder()
      .task("a", (_, ctx) => {
        ctx.addNodes([
          { name: "grown", task: five },
          { name: "more", needs: ["grown"], task: tasks.next },
        ]);
      })
      .build();
    const grown = await new DAGExecutor(grower).execute();
    expect(["grown", "more"].map((name) => grown.get(name as "a").result)).toEqual([5, 1]);
  });

  it("imports a module once, when it is first called", async () => {
    const flow = DAG.builder()
      .task("a", five)
      .task("b", map({ over: () => [1, 2], each: double }))
      .build();
    await new DAGExecutor(flow).execute();
    const calls: unknown[] = [];
    const watched = lower(flow).base.tasks[0]?.({}, {} as never);
    calls.push(watched);
    expect(calls).toEqual([5]); // At once: no promise any more.
  });

  it("finds functions in CommonJS and default exports", async () => {
    const cases = { six: "six", byDefault: "default" } as const;
    const flow = DAG.builder()
      .task("six", task.module(at("common.cjs"), cases.six))
      .task("byDefault", task.module(at("common.cjs"), cases.byDefault))
      .task("alone", task.module("data:text/javascript,export default () => `alone`", "default"))
      .task("defined", task.module(at("defined.ts"), "tasks"), { onFailure: "allow" })
      .build();
    const { nodeResults } = (await new DAGExecutor(flow).execute()).orThrow();
    expect([nodeResults.six.result, nodeResults.byDefault.result, nodeResults.alone.result]).toEqual([6, "default", "alone"]);
    expect(nodeResults.defined.error?.cause).toMatchObject({ code: "MODULE_LOAD", fault: "notFunction" });
  });

  it.each([
    ["missing.mjs", "five", "notFound", "there is no module file:///"],
    ["throws.mjs", "five", "threw", "threw while it was loaded: no database here"],
    ["lacks.mjs", "five", "threw", "threw while it was loaded: Cannot find module"],
    ["numbers.mjs", "six", "noExport", 'has no "six"; it has "five", "double", "sum"'],
    ["numbers.mjs", "pi", "notFunction", '"pi" of module file:///'],
  ])("fails its attempt where %s gives no %s", async (file, name, fault, message) => {
    const flow = DAG.builder()
      .task("m", map({ over: () => [1], each: task.module(at(file), name) }))
      .build();
    const result = await new DAGExecutor(flow).execute();
    const error = result.get(["m", 0] as never).error?.cause;
    expect(error).toBeInstanceOf(ModuleLoadError);
    expect(error).toMatchObject({ code: "MODULE_LOAD", fault, node: "m/0", url: at(file).href, exportName: name });
    expect((error as Error).message).toContain(message);
  });

  it("gives a module up that never finishes loading", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const ref = { url: at("hangs.mjs").href, exportName: "never", isDefined: false };
      const found = importFunction(ref, () => "a");
      vi.advanceTimersByTime(10_000);
      await expect(found).rejects.toMatchObject({ code: "MODULE_LOAD", fault: "timeout", node: "a" });
      await expect(found).rejects.toThrow("was not loaded within 10000 ms");
    } finally {
      vi.useRealTimers();
    }
  });

  it("keeps what the function throws untouched", async () => {
    const result = await new DAGExecutor(DAG.builder().task("a", task.module(url, "fail")).build()).execute();
    expect(result.nodeResults.a.error?.cause).toMatchObject({ name: "RangeError", code: "E_FAR", message: "too far" });
  });

  it("is where everything runs under a simulated clock", async () => {
    const flow = DAG.builder()
      .task("a", five, { on: "thread" })
      .task("b", ["a"], () => 1)
      .build();
    const simulation = simulate(flow, { executor: { on: "thread" } });
    expect((await simulation.finish()).status).toBe("completed");
    expect(lower(flow, {}, { b: double } as never).usesThreads).toBe(true);
  });
});

describe("a flow", () => {
  const inner = DAG.builder().task("x", five).task("y", ["x"], plain, { on: "inline" }).build();
  const flow = DAG.builder()
    .task("a", five)
    .task("b", ["a"], double, { on: "inline" })
    .task("c", ["a"], double)
    .task("wait", approval())
    .task("m", map({ over: () => [1], each: where }))
    .task("l", loop({ body: tasks.next, until: () => true, limit: 2 }))
    .task("s", subDag(inner))
    .build();

  it("says which nodes of a level run on threads, and which functions they call there, each once", () => {
    const { base, usesThreads } = lower(flow, { on: "thread" });
    expect(usesThreads).toBe(true);
    expect(placesOf(base)).toBe("five . double . . . .");
    const insides = ["m", "l", "s"].map((name) => base.containers.get(coreOf(flow).index.get(name) ?? -1)?.inner);
    expect(insides.map((inside) => inside && placesOf(inside))).toEqual(["where", "next", "five ."]);
    const { thread } = policyFlags;
    expect(flags.map((level) => level.map((bits) => (bits & thread) !== 0))).toEqual([
      [true], // The item of `m`,
      [true], // the round of `l`,
      [true, false], // the inside of `s`,
      [true, false, true, false, false, false, false],
    ]);
    const twice = lower(DAG.builder().task("a", five).task("b", double).task("c", five).build(), { on: "thread" });
    expect(twice.base.threads).toEqual({
      modules: [expect.objectContaining({ exportName: "five" }), expect.objectContaining({ exportName: "double" })],
      moduleOf: Uint32Array.of(1, 2, 1),
    });
  });

  it("uses none where nobody says so", () => {
    const { base, usesThreads } = lower(flow);
    expect([base.threads, usesThreads]).toEqual([null, false]);
    expect(lower(flow, { pool: {} }).usesThreads).toBe(true); // What is added may use them.
  });

  it("lets a node ask for a thread by itself, and its container for what is inside", () => {
    const mixed = DAG.builder()
      .task("a", plain)
      .task("b", five, { on: "thread", maxCrashes: 1 })
      .task("m", map({ over: () => [1], each: where }), { on: "thread" })
      .task("l", loop({ body: tasks.next, until: () => true, limit: 2 }), { on: "thread" })
      .build();
    const { base, usesThreads } = lower(mixed);
    expect([placesOf(base), usesThreads]).toEqual([". five . .", true]);
    expect([...base.containers.values()].map(({ inner: inside }) => placesOf(inside))).toEqual(["where", "next"]);
  });

  it("is looked up again for the tasks of each run", () => {
    const lists = DAG.from({ a: [], b: ["a"] });
    const one = lower(lists, { on: "thread" }, { a: five, b: double });
    const other = lower(lists, { on: "thread" }, { a: tasks.next, b: double });
    expect([placesOf(one.base), placesOf(other.base)]).toEqual(["five double", "next double"]);
    expect(other.base.plan).toBe(one.base.plan);
    expect(thrownBy(() => lower(lists, { on: "thread" }, { a: plain as never, b: double }))).toMatchObject({ nodes: ["a"] });
  });

  it("is refused where functions are to run on threads that live on one, all of them named", () => {
    const stuck = DAG.builder()
      .task("a", plain)
      .task("b", five)
      .task("m", map({ over: () => [1], each: plain }))
      .task("s", subDag(DAG.builder().task("x", plain).task("y", five).build()))
      .task("l", loop({ body: plain, until: () => true, limit: 2 }))
      .task("c", plain, { on: "inline" })
      .build();
    const error = thrownBy(() => lower(stuck, { on: "thread" }));
    expect(error).toBeInstanceOf(TaskCannotCrossError);
    expect(error).toMatchObject({ code: "TASK_CANNOT_CROSS", nodes: ["m", "s/x", "l", "a"] });
    const some = DAG.builder()
      .task("a", plain, { on: "thread" })
      .task("b", plain, { resources: { gpu: 1 } })
      .build();
    expect(thrownBy(() => lower(some))).toMatchObject({
      message: expect.stringContaining("the flow has 2 faults"),
      errors: [{ code: "POOL_NOT_FOUND" }, { code: "TASK_CANNOT_CROSS", nodes: ["a"] }],
    });
  });

  it("rejects a run before anything starts", async () => {
    let calls = 0;
    const run = new DAGExecutor(DAG.from({ a: [] }), { on: "thread" }).execute({ a: () => calls++ });
    await expect(run).rejects.toMatchObject({ code: "TASK_CANNOT_CROSS", nodes: ["a"] });
    expect(calls).toBe(0);
  });

  it("grows on threads only in a run that has some", () => {
    const grown = coreOf(DAG.builder().task("g", five, { on: "thread" }).build());
    const { defaults } = resolveOptions();
    const { names } = lower(flow);
    expect(placesOf(lowerGrowth(grown, defaults, names, () => []))).toBe("five");
    expect(thrownBy(() => lowerGrowth(grown, defaults, names, () => [], false))).toBeInstanceOf(GrowthError);
    const inlineGrown = coreOf(DAG.builder().task("g", five).build());
    expect(lowerGrowth(inlineGrown, defaults, names, () => [], false).threads).toBeNull();
  });

  it("says nothing of a thread where no code runs", () => {
    const cases: [DagValue<Shape> | (() => DagValue<Shape>), string][] = [
      [() => DAG.builder().task("w", approval(), { on: "thread" }).build(), "`on`: a wait holds nothing while it goes on: leave it out"],
      [() => DAG.builder().task("s", subDag(inner), { on: "thread" }).build(), "`on`: a sub-DAG holds nothing"],
      [() => DAG.builder().task("s", subDag(inner), { maxCrashes: 1 }).build(), "`maxCrashes`: a sub-DAG holds nothing"],
      [
        () =>
          DAG.builder()
            .task("m", map({ over: () => [], each: inner }), { on: "inline" })
            .build(),
        "`on`: a map over graphs holds nothing while it goes on: give it to the nodes inside",
      ],
      [
        () =>
          DAG.builder()
            .task("l", loop({ body: inner, until: () => true, limit: 1 }), { on: "thread" })
            .build(),
        "`on`: a loop",
      ],
    ];
    for (const [make, message] of cases) expect(make).toThrow(message);
    DAG.builder()
      .task("a", five, { resources: { gpu: 1 }, on: "thread" })
      .build();
  });
});

describe("as JSON", () => {
  it("is its address, from which it can be called again", async () => {
    const flow = DAG.builder()
      .task("five", five, { on: "inline", maxCrashes: 1 })
      .task("six", five)
      .task("m", ["five"], map({ over: ({ five: n }) => [n], each: double }))
      .task("l", loop({ body: tasks.next, until: () => true, limit: 2 }))
      .task("d", double)
      .addEdges([["six", "d", { move: true }]])
      .build();
    const json = JSON.parse(JSON.stringify(flow.toJSON()));
    expect(json.nodes[0]).toEqual({
      name: "five",
      on: "inline",
      maxCrashes: 1,
      task: { kind: "module", url: url.href, exportName: "five", isDefined: false },
    });
    expect(json.nodes[2].task.each).toEqual({ kind: "module", url: url.href, exportName: "double", isDefined: false });
    expect(json.nodes[3].task.body).toMatchObject({ kind: "module", exportName: "next", isDefined: true });
    expect(json.edges).toEqual([
      [0, 2],
      [1, 4, { move: true }],
    ]);
    const read = DAG.fromJSON(json);
    expect(read.toJSON()).toEqual(flow.toJSON());
    const again = DAG.fromJSON(DAG.builder().task("five", five).task("next", tasks.next).build().toJSON());
    const result = await new DAGExecutor(again).execute();
    expect(["five", "next"].map((name) => result.get(name).result)).toEqual([5, 1]);
  });

  it.each([
    [{ kind: "module" }, "`task.url` of a module cannot be undefined"],
    [{ kind: "module", url: "./x.js", exportName: "a", isDefined: false }, '`task.url` of a module cannot be "./x.js"'],
    [{ kind: "module", url: "file:///x.js", exportName: "", isDefined: false }, "`task.exportName` of a module cannot be"],
    [{ kind: "module", url: "file:///x.js", exportName: "a" }, "`task.isDefined` of a module cannot be undefined"],
  ])("is checked when it is read", (wrong, message) => {
    const document = { format: "dagny/graph", version: 1, nodes: [{ name: "a", task: wrong }], edges: [] } as const;
    expect(() => DAG.fromJSON(document)).toThrow(message);
  });
});

describe("an executor", () => {
  const flow = DAG.builder().task("a", five, { on: "thread" }).task("b", plain).build();

  it("closes the pool that it made, and starts nothing that needs it any more", async () => {
    const executor = new DAGExecutor(flow, { pool: { threads: 1 } });
    await executor.close();
    await executor.close();
    await expect(executor.execute()).rejects.toBeInstanceOf(PoolClosedError);
    const inline = new DAGExecutor(DAG.builder().task("b", plain).build());
    await inline[Symbol.asyncDispose]();
    expect((await inline.execute()).status).toBe("completed");
  });
});
