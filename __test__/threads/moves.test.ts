/** Edges that say `move`: what one task made is the next one's, without a copy. */
import { describe, expect, test } from "vitest";
import {
  ConflictingOptionsError,
  DAG,
  DAGExecutor,
  type EdgeOptions,
  type ExecutorOptions,
  GraphError,
  map,
  type NodeOptions,
  type RunResult,
  task,
} from "../../src/index.js";
import { transferablesOf } from "../../src/threads/transferables.js";
import { testPool } from "../support/threads.js";
import { thrownBy } from "../support/thrown-by.js";

const module = new URL("../fixtures/modules/moves.mjs", import.meta.url);
const pool = testPool({ threads: 1 });
const pair = testPool();
const size = 64 * 2 ** 20;

type Edge = readonly [from: string, to: string, options?: EdgeOptions];

/** A graph whose nodes run on threads where they do not say otherwise, and whose edges move where they do not. */
function graph(nodes: Record<string, NodeOptions>, ...edges: Edge[]): DAG {
  const dag = new DAG();
  for (const [name, options] of Object.entries(nodes)) dag.addNode(name, { on: "thread", ...options });
  for (const [from, to, options = { move: true }] of edges) dag.addEdge(from, to, options);
  return dag as never;
}

const inline: NodeOptions = { on: "inline" };

/** Runs a graph; each node does what the fixture has under its name, digits at its end left out. */
async function run(dag: DAG, options: ExecutorOptions = {}, tasks: Record<string, unknown> = {}): Promise<RunResult> {
  const names = dag.topologicalSort();
  const all = Object.fromEntries(names.map((name) => [name, tasks[name] ?? task.module(module, name.replace(/\d+$/, ""))]));
  return (await new DAGExecutor(dag, { pool, failFast: false, ...options }).execute(all as never)) as never;
}

const looked = { length: size, ends: [1, 2], label: "made", isPlain: true };

describe("what moves is its reader's", () => {
  const table: [string, NodeOptions, NodeOptions][] = [
    ["from thread to thread", {}, {}],
    ["from this thread to a thread", inline, {}],
    ["from a thread to this one", {}, inline],
    ["on this thread", inline, inline],
  ];
  test.each(table)("%s", async (_, make, look) => {
    for (const threads of [pool, pair]) {
      const result = (await run(graph({ make, look }, ["make", "look"]), { pool: threads })).orThrow();
      expect(result.nodeResults["look"]).toMatchObject({ result: looked, moved: false, attempt: 1 });
      expect(result.nodeResults["make"]).toMatchObject({ status: "completed", result: undefined, moved: true });
    }
  });

  test("and gone where it was made, and wherever it has been", async () => {
    const leftOf = (result: RunResult): unknown => result.orThrow().nodeResults["left"]?.result;
    const before = leftOf(await run(graph({ left: {} })));
    const dag = graph({ make: {}, pass: {}, same: {}, left: {} }, ["make", "pass"], ["pass", "same"], ["same", "left", {}]);
    const result = await run(dag);
    expect(leftOf(result)).toEqual([...(Array.isArray(before) ? before : []), 0, 0]);
    expect(result.nodeResults["pass"]).toMatchObject({ result: undefined, moved: true });
    expect(result.nodeResults["same"]?.result).toMatchObject({ pass: { bytes: { length: size, 0: 11, [size - 1]: 2 } } });
  });

  test("on this thread it is the very object", async () => {
    const made = { bytes: new Uint8Array(8) };
    let taken: unknown;
    const tasks = {
      a: () => made,
      b: (inputs: { a: unknown }) => {
        taken = inputs.a;
      },
    };
    const result = (await run(graph({ a: inline, b: inline }, ["a", "b"]), {}, tasks)).orThrow();
    expect(taken).toBe(made);
    expect(result.nodeResults["a"]).toMatchObject({ result: undefined, moved: true });
  });

  test("a buffer of this thread is detached by the reader on another", async () => {
    const made = { bytes: new Uint8Array(size) };
    const dag = graph({ make: inline, look: {} }, ["make", "look"]);
    (await run(dag, {}, { make: () => made })).orThrow();
    expect(made.bytes.byteLength).toBe(0);
  });

  test("some inputs moved, others not", async () => {
    const dag = graph({ make: {}, small: {}, "a b": inline, same: {} }, ["make", "same"], ["small", "same", {}], ["a b", "same"]);
    const result = (await run(dag, {}, { "a b": () => new Uint8Array([5]) })).orThrow();
    const inputs = result.nodeResults["same"]?.result as Record<string, { bytes: Uint8Array }>;
    expect(Object.keys(inputs)).toEqual(["make", "small", "a b"]);
    expect(inputs).toMatchObject({ small: { text: "no buffer" }, "a b": new Uint8Array([5]) });
    expect(inputs["make"]?.bytes.byteLength).toBe(size);
    expect(["make", "small", "a b"].map((name) => result.nodeResults[name]?.moved)).toEqual([true, false, true]);
  });

  test("what has no buffers moves, too", async () => {
    const result = (await run(graph({ small: {}, same: {} }, ["small", "same"]))).orThrow();
    expect(result.nodeResults["same"]?.result).toEqual({ small: { text: "no buffer" } });
    expect(result.nodeResults["small"]).toMatchObject({ result: undefined, moved: true });
  });

  test("a reader that never began has taken nothing", async () => {
    const dag = graph({ make: {}, look: { condition: () => false } }, ["make", "look"]);
    const result = await run(dag);
    expect(result.nodeResults["look"]?.status).toBe("skipped");
    expect(result.nodeResults["make"]).toMatchObject({ moved: false, result: { label: "made" } });
    expect(result.nodeResults["make"]?.result).toHaveProperty("bytes.byteLength", size);
  });

  test("in each round of a loop and each item of a map, and many at once", async () => {
    const inner = DAG.builder()
      .task("make", task.module(module, "make") as never, { on: "thread" })
      .task("look", [], task.module(module, "look") as never, { on: "thread" })
      .addEdge("make", "look", { move: true })
      .build();
    const dag = DAG.builder()
      .task("list", () => [1, 2, 3])
      .task("each", ["list"], map({ each: inner } as never))
      .build();
    const result = (await new DAGExecutor(dag, { pool: pair }).execute()).orThrow();
    expect(result.nodeResults.each.result).toEqual([{ look: looked }, { look: looked }, { look: looked }]);
  });
});

describe("one attempt", () => {
  test("whatever the executor says of retries", async () => {
    const result = await run(graph({ make: {}, fail: {} }, ["make", "fail"]), { retry: 3 });
    expect(result.nodeResults["fail"]).toMatchObject({ status: "failed", attempt: 1 });
    expect(String(result.nodeResults["fail"]?.error?.cause)).toBe(`Error: no use for ${size} bytes`);
    expect(result.nodeResults["make"]).toMatchObject({ status: "completed", result: undefined, moved: true });
  });

  test("also where its thread ends", async () => {
    const result = await run(graph({ make: {}, exit: {} }, ["make", "exit"]), { maxCrashes: 5 });
    expect(result.nodeResults["exit"]).toMatchObject({ status: "failed", reason: "crashed", attempt: 1 });
  });

  test("the upstream may have as many as it likes", async () => {
    let calls = 0;
    const make = () => {
      if (++calls < 3) throw new Error("not yet");
      return { bytes: new Uint8Array(4), label: "third" };
    };
    const result = (await run(graph({ make: { ...inline, retry: 3 }, look: {} }, ["make", "look"]), {}, { make })).orThrow();
    expect(result.nodeResults["look"]).toMatchObject({ result: { length: 4, label: "third" } });
  });

  test("what cannot be cloned beside what moves is named", async () => {
    const result = await run(graph({ wrong: {}, same: {} }, ["wrong", "same"]));
    expect(result.nodeResults["wrong"]?.error?.cause).toMatchObject({ code: "VALUE_NOT_CLONEABLE", path: "result.close" });
  });
});

describe("refused before anything runs", () => {
  const table: [string, DAG, readonly string[], string][] = [
    [
      "a second reader",
      graph({ make: {}, look: {}, pass: {}, left: {} }, ["make", "look"], ["make", "pass", {}], ["make", "left", {}]),
      ["move"],
      'edge "make" -> "look": `move`: the output of node "make" has other readers ("make" -> "pass", "make" -> "left"), and only one can take it over',
    ],
    [
      "a retry",
      graph({ make: {}, look: { retry: 2 } }, ["make", "look"]),
      ["move", "retry"],
      'edge "make" -> "look": `move`: node "look" takes over what cannot be had again, and so has one attempt: leave out its `retry`, or `move`',
    ],
    [
      "crashes",
      graph({ make: {}, look: { maxCrashes: 1 } }, ["make", "look"]),
      ["move", "maxCrashes"],
      'edge "make" -> "look": `move`: node "look" takes over what cannot be had again, and so has one attempt: leave out its `maxCrashes`, or `move`',
    ],
    [
      "a filter",
      graph({ make: {}, look: {} }, ["make", "look", { move: true, filter: () => true }]),
      ["move", "filter"],
      'edge "make" -> "look": `move`: a `filter` makes a copy of what passes: leave one of them out',
    ],
    [
      "an undo",
      graph({ make: { undo: () => {} }, look: {} }, ["make", "look"]),
      ["move", "undo"],
      'edge "make" -> "look": `move`: to undo node "make" its output is needed: leave one of them out',
    ],
  ];
  test.each(table)("%s", async (_, dag, options, message) => {
    const error = await run(dag).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ConflictingOptionsError);
    expect(error).toMatchObject({ code: "CONFLICTING_OPTIONS", options, message });
  });

  test("containers", async () => {
    const dag = graph({ list: inline, each: {} }, ["list", "each"]);
    const tasks = { list: () => [1], each: map({ each: (item: number) => item }) };
    await expect(run(dag, {}, tasks)).rejects.toThrow('node "each" is no function: only what a function gives to a function can move');
  });

  test("when a graph is built, all at once", () => {
    const built = () =>
      DAG.builder()
        .addNode("a")
        .addNode("b", { retry: 3 })
        .addNode("c")
        .addEdge("a", "b", { move: true })
        .addEdge("a", "c", { move: true })
        .build();
    const thrown = thrownBy(built);
    expect(thrown).toBeInstanceOf(GraphError);
    expect(thrown).toHaveProperty("errors.length", 3);
  });
});

describe("a graph that grows", () => {
  const growing = (grow: (context: { addNodes: (...entries: never[]) => void }) => void) => ({
    grow: (_: object, context: never) => grow(context),
    make: () => ({ bytes: new Uint8Array(1) }),
    look: () => 0,
  });

  test("gives no second reader to what moves", async () => {
    const dag = graph({ grow: inline, make: inline, look: inline }, ["make", "look"], ["grow", "make", {}]);
    const result = await run(
      dag,
      {},
      growing((context) => context.addNodes([{ name: "late", needs: ["make"], task: () => 0 }] as never)),
    );
    expect(String(result.nodeResults["grow"]?.error)).toContain('the output of node "make" moves to its one reader, and is nobody else\'s');
  });
});

test("JSON keeps it", () => {
  const dag = graph({ a: {}, b: {} }, ["a", "b"]);
  const read = DAG.fromJSON(JSON.parse(JSON.stringify(dag)));
  expect(JSON.stringify(read)).toContain('"move":true');
});

describe("the buffers of a value", () => {
  const buffer = new ArrayBuffer(8);
  const other = new ArrayBuffer(16);
  const shared = new SharedArrayBuffer(8);
  const gone = new ArrayBuffer(4);
  structuredClone(gone, { transfer: [gone] });
  const ring: Record<string, unknown> = { buffer };
  ring["ring"] = ring;
  const table: [string, unknown, ArrayBuffer[]][] = [
    ["none", { a: [1, "b", undefined, null, new Date()] }, []],
    ["a buffer", buffer, [buffer]],
    ["a view", new Float64Array(buffer), [buffer]],
    ["each once", [new Uint8Array(buffer, 0, 1), new DataView(buffer), { buffer }], [buffer]],
    ["in maps and sets", new Map([[new Set([buffer]), { deep: [other] }]]), [other, buffer]],
    ["in a ring", ring, [buffer]],
    ["not shared ones", [shared, new Int32Array(shared), buffer], [buffer]],
    ["not those that are gone", { gone, buffer }, [buffer]],
    ["not the pool of small Buffers", [Buffer.from("small")], []],
    ["a Buffer of its own", [Buffer.from(other)], [other]],
    [
      "of an instance",
      new (class {
        readonly bytes = new Uint8Array(buffer);
      })(),
      [buffer],
    ],
    ["among many", Array.from({ length: 200_000 }, (_, i) => (i === 100_000 ? buffer : i)), [buffer]],
  ];
  test.each(table)("%s", (_, value, buffers) => {
    const found = transferablesOf(value);
    expect(found.length).toBe(buffers.length);
    for (const each of buffers) expect(found.includes(each)).toBe(true);
  });
});
