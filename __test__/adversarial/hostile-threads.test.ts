/**
 * Tasks on threads that misbehave: what cannot cross, what is thrown, what ends or blocks the thread, what reaches for the engine. Each is a typed
 * error of its own node or nothing at all, the run ends in bounded time, and the next run on the same pool is none the worse.
 */
import { afterAll, afterEach, describe, expect, test } from "vitest";
import {
  DAG,
  DAGExecutor,
  type ExecutorOptions,
  ModuleLoadError,
  map,
  type NodeResult,
  type RunHandle,
  type RunResult,
  TaskCannotCrossError,
  type TaskDefinition,
  ThreadCrashedError,
  ThreadPool,
  TimeoutError,
  task,
  ValueNotCloneableError,
} from "../../src/index.js";
import { Watch } from "../support/threads/watched.js";

const url = new URL("../support/threads/hostile.mjs", import.meta.url);
const moduleAt = (name: string): URL => new URL(`../fixtures/modules/${name}.mjs`, import.meta.url);
const hostile = (name: string): TaskDefinition => task.module(url, name);

const pool = new ThreadPool({ threads: 2, loadTimeoutMs: 400, resourceLimits: { maxOldGenerationSizeMb: 96 } });
afterAll(() => pool.close());

/** `does -> read` (or `does` alone), with a neighbor that is fine beside it. */
function graphOf(does: string, { reader, options = {} }: { readonly reader?: string; readonly options?: object } = {}): DAG {
  const builder = DAG.builder();
  builder.task("does", hostile(does), options);
  builder.task("beside", hostile("fineLater"));
  // On the main thread, so that the value has to cross.
  if (reader !== undefined) builder.task("read", hostile(reader), { on: "inline" }).addEdge("does", "read");
  const dag: DAG = builder.build();
  return dag;
}

async function run(dag: DAG, options: ExecutorOptions = {}, meanwhile: (handle: RunHandle) => void = () => {}): Promise<RunResult> {
  const watch = new Watch();
  const executor = new DAGExecutor(dag, { on: "thread", pool, failFast: false, graceMs: 300, maxWorkers: 4, ...options });
  const handle = executor.start({}, { onEvent: watch.onEvent });
  meanwhile(handle);
  return watch.resultOf(handle, 15_000);
}

const causeOf = ({ error }: NodeResult): unknown => error?.cause;

afterEach(async () => {
  const dag: DAG = DAG.builder().task("a", hostile("fine")).task("b", hostile("fineLater")).task("c", hostile("where")).build();
  const result = await run(dag);
  expect(result.errors).toEqual([]);
  expect(result.get("a").result).toBe("fine");
});

describe("functions that cannot cross", () => {
  test("are refused before anything starts, each by name, with the cure", () => {
    const dag: DAG = DAG.builder()
      .task("good", hostile("fine"))
      .task("closure", () => 1)
      .task("also", async () => pool)
      .task("here", () => 1, { on: "inline" })
      .build();
    const start = (): unknown => new DAGExecutor(dag, { on: "thread", pool }).start();
    expect(start).toThrow(TaskCannotCrossError);
    expect(start).toThrow(/"closure".*"also"|task\.module|on: "inline"/);
  });

  test("also inside containers", () => {
    const items = map({ over: () => [1], each: (item: number) => item });
    const dag: DAG = DAG.builder().task("m", items, { on: "thread" }).build();
    expect(() => new DAGExecutor(dag, { pool }).start()).toThrow(TaskCannotCrossError);
  });
});

describe("modules", () => {
  test.each([
    ["that is not there", new URL("./not-there.mjs", import.meta.url), "x", "notFound"],
    ["without the export", moduleAt("numbers"), "nosuch", "noExport"],
    ["whose export is no function", moduleAt("numbers"), "pi", "notFunction"],
    ["that throws when it is loaded", moduleAt("throws"), "x", "threw"],
    ["that imports what is not there", moduleAt("lacks"), "nothing", undefined],
    ["that never ends loading", moduleAt("hangs"), "never", "timeout"],
    ["that blocks its thread when it is loaded", moduleAt("spins"), "x", "timeout"],
    ["that ends its thread when it is loaded", moduleAt("exits"), "x", "exited"],
  ])("a module %s fails its node with a typed error, in bounded time", async (_, module, name, fault) => {
    const dag: DAG = DAG.builder().task("bad", task.module(module, name)).task("beside", hostile("fineLater")).build();
    const result = await run(dag);
    const bad = result.get("bad");
    expect([bad.status, bad.reason]).toEqual(["failed", "error"]);
    expect(causeOf(bad)).toBeInstanceOf(ModuleLoadError);
    if (fault !== undefined) expect(causeOf(bad)).toMatchObject({ code: "MODULE_LOAD", fault, exportName: name });
    expect(result.get("beside").status).toBe("completed");
  });

  test("fail every node that names them, and each run anew", async () => {
    const builder = DAG.builder();
    for (let i = 0; i < 20; i++) builder.task(`n${i}`, task.module(moduleAt("throws"), "x"));
    const dag: DAG = builder.build();
    for (let round = 0; round < 2; round++) expect((await run(dag)).failed).toBe(20);
  });
});

describe("values that cannot cross", () => {
  test.each([
    ["aFunction", /result/],
    ["aFunctionInside", /rows\[2\]\.close/],
    ["aSymbol", /tag/],
    ["aPromiseInside", /later/],
    ["aWeakMap", /deep\.map/],
  ])("%s fails the attempt that gave it, and says where", async (does, path) => {
    const result = await run(graphOf(does, { reader: "given" }));
    expect([result.get("does").status, result.get("read").status]).toEqual(["failed", "skipped"]);
    expect(causeOf(result.get("does"))).toBeInstanceOf(ValueNotCloneableError);
    expect(causeOf(result.get("does"))).toMatchObject({ code: "VALUE_NOT_CLONEABLE", path: expect.stringMatching(path) });
    expect(result.get("beside").status).toBe("completed");
  });

  test.each(["aThrowingGetter", "aRevokedProxy", "aHostileProxy"])("%s fails the attempt that gave it", async (does) => {
    const result = await run(graphOf(does, { reader: "given" }));
    expect([result.get("does").status, result.get("read").status]).toEqual(["failed", "skipped"]);
    expect(causeOf(result.get("does"))).toBeInstanceOf(Error);
  });

  test("are as good as nothing where nobody else reads them", async () => {
    const result = await run(graphOf("aFunction"), { keepResults: "none" });
    expect(result.get("does").status).toBe("completed");
  });

  test("an object that is 200,000 deep fails its attempt or arrives, and nothing crashes", async () => {
    const result = await run(graphOf("aDeepList", { reader: "fine" }));
    expect(["failed", "completed"]).toContain(result.get("does").status);
  });
});

describe("values that look odd arrive as structured clone would have them", () => {
  test.each<[string, (value: never) => void]>([
    ["aCycle", (value: { self: unknown }) => expect(value.self).toBe(value)],
    ["aGetter", (value) => expect(value).toEqual({ now: 17 })],
    ["aLargeString", (value: string) => expect(value.length).toBe(48 * 2 ** 20)],
    ["aLargeBuffer", (value: Uint8Array) => expect([value.length, value[5]]).toEqual([48 * 2 ** 20, 3])],
    ["aSparseArray", (value: number[]) => expect([value.length, 1 in value]).toEqual([3, false])],
    ["aClassInstance", (value) => expect(value).toEqual({ x: 1 })],
    ["aThenable", (value) => expect(value).toBe("from a thenable")],
    ["aThenableTwice", (value) => expect(value).toBe("first")],
  ])("%s", async (does, looksRight) => {
    const result = await run(graphOf(does, { reader: "given" }));
    expect(result.errors).toEqual([]);
    looksRight(result.get("read").result as never);
    looksRight(result.get("does").result as never);
  });

  test("an object that throws when its `then` is looked at fails its attempt", async () => {
    const result = await run(graphOf("aThrowingThen"));
    expect(String(causeOf(result.get("does")))).toContain("no then here");
  });
});

describe("what is thrown", () => {
  test.each([
    ["throwsNothing", undefined],
    ["throwsNull", null],
  ])("%s is the cause as it is", async (does, thrown) => {
    const result = await run(graphOf(does));
    expect([result.get("does").status, causeOf(result.get("does"))]).toEqual(["failed", thrown]);
  });

  test.each(["throwsAFunction", "throwsAHostileError", "throwsADeepCause"])("%s fails the attempt", async (does) => {
    const result = await run(graphOf(does));
    expect([result.get("does").status, result.get("does").reason]).toEqual(["failed", "error"]);
    expect(result.get("beside").status).toBe("completed");
  });

  test("errors keep class, code, message, stack, cause and what else they carry, as far as it can cross", async () => {
    const result = await run(graphOf("throwsWithACause"));
    const cause = causeOf(result.get("does")) as Error & { code: string; status: number };
    expect(cause).toBeInstanceOf(TypeError);
    expect(cause).toMatchObject({ message: "outer", code: "E_OUTER", status: 503, cause: expect.any(RangeError) });
    expect(cause.stack).toContain("hostile.mjs");
  });

  test("a stack overflow is a RangeError of its attempt", async () => {
    const result = await run(graphOf("recurses"));
    expect(causeOf(result.get("does"))).toBeInstanceOf(RangeError);
  });
});

describe("code that ends its thread", () => {
  test.each([
    ["exits", 9],
    ["exitsCleanly", 0],
    ["exitsLater", 9],
    ["throwsLater", 1],
  ])("%s: the attempt crashes, runs again, and fails after `maxCrashes`", async (does, exitCode) => {
    const result = await run(graphOf(does), { maxCrashes: 1 });
    const entry = result.get("does");
    expect([entry.status, entry.reason, entry.attempt]).toEqual(["failed", "crashed", 2]);
    expect(entry.error).toBeInstanceOf(ThreadCrashedError);
    expect(entry.error).toMatchObject({ code: "THREAD_CRASHED", exitCode });
    // What ran beside it on the same thread crashed with it, as often.
    expect(["completed", "crashed"]).toContain(result.get("beside").reason ?? result.get("beside").status);
  });

  test("out of memory: the attempt crashes, and the process lives", async () => {
    const result = await run(graphOf("eats"), { maxCrashes: 0 });
    expect([result.get("does").status, result.get("does").reason]).toEqual(["failed", "crashed"]);
  });

  test("external effects are not repeated", async () => {
    const result = await run(graphOf("exits", { options: { effects: "external" } }));
    expect([result.get("does").status, result.get("does").reason, result.get("does").attempt]).toEqual(["failed", "crashed", 1]);
  });
});

describe("code that never yields", () => {
  test.each(["spins", "spinsLater", "microtasksForever", "regexForever", "waitsForever", "catchesEverything"])(
    "%s: is out of time at once, and its thread is replaced",
    async (does) => {
      const result = await run(graphOf(does, { options: { timeoutMs: 30 } }));
      expect([result.get("does").status, result.get("does").reason, result.get("does").attempt]).toEqual(["failed", "timeout", 1]);
      expect(result.get("does").error).toBeInstanceOf(TimeoutError);
      expect(result.get("beside").status).toBe("completed");
    },
  );

  test.each(["spins", "never", "asksForever", "waitsForNobody", "sleepsForever", "ignoresSignal", "saysWhy"])(
    "%s: is cancelled at once",
    async (does) => {
      const result = await run(graphOf(does), {}, (handle) => setTimeout(() => handle.cancel(), 40));
      expect(result.status).toBe("cancelled");
      expect(result.get("does").status).toBe("cancelled");
    },
  );

  test("every slot and thread taken by it, the run's timeout ends the run", async () => {
    const builder = DAG.builder();
    for (let i = 0; i < 12; i++) builder.task(`n${i}`, hostile("spins"));
    const dag: DAG = builder.build();
    const result = await run(dag, { runTimeoutMs: 60, maxWorkers: 12 });
    expect(result.status).toBe("failed");
    expect(result.abandoned).toEqual([]);
  });
});

describe("code that reaches for the engine", () => {
  test.each(["closesParentPort", "postsNonsense", "listensToParentPort", "ruinsWorkerData", "setsExitCode"])(
    "%s: the run is none the worse, or its own attempt fails",
    async (does) => {
      const builder = DAG.builder();
      for (let i = 0; i < 6; i++) builder.task(`n${i}`, hostile(i % 2 === 0 ? does : "fineLater"));
      const dag: DAG = builder.build();
      const result = await run(dag);
      for (let i = 1; i < 6; i += 2) expect(result.get(`n${i}`).status).toBe("completed");
      expect(process.exitCode).not.toBe(77);
    },
  );

  test("a rejection that nobody handles ends the thread, as it ends a process", async () => {
    const result = await run(graphOf("rejectsBeside"), { maxCrashes: 1 });
    expect([result.get("does").status, result.get("does").reason]).toEqual(["failed", "crashed"]);
    expect(String(result.get("does").error)).toContain("nobody handles this");
  });

  // Threads share no globals with the main thread: whoever ruins them ruins what runs beside it, as on the main thread. The run has to end.
  test.each(["ruinsGlobals", "ruinsAtomics", "ruinsPrototypes"])("%s: the run ends, and a fresh pool is fine", async (does) => {
    const own = new ThreadPool({ threads: 1, loadTimeoutMs: 400 });
    const watch = new Watch();
    const dag = graphOf(does, { options: { timeoutMs: 500 } });
    const handle = new DAGExecutor(dag, { on: "thread", pool: own, failFast: false, graceMs: 100, timeoutMs: 500, maxCrashes: 0 }).start(
      {},
      { onEvent: watch.onEvent },
    );
    await watch.resultOf(handle, 15_000);
    await own.close();
  });
});

describe("code that misuses its context", () => {
  test("one that is kept is of no use when its attempt is over", async () => {
    const own = new ThreadPool({ threads: 1 });
    const dag: DAG = DAG.builder()
      .task("first", hostile("keepsContext"))
      .task("second", hostile("keepsContext"))
      .addEdge("first", "second")
      .build();
    const result = await run(dag, { pool: own });
    expect(result.get("second").status).toBe("completed");
    await own.close();
  });

  test("2,000 questions in one call are answered", async () => {
    const result = await run(graphOf("asksManyTimes"));
    expect(result.errors).toEqual([]);
    expect(result.get("does").result).toBe(2000);
  });

  test.each(["setsUncloneableState", "sleepsBadly"])("%s fails its attempt", async (does) => {
    const result = await run(graphOf(does));
    expect(result.get("does").status).toBe("failed");
  });

  test("a log line that cannot cross ends nothing", async () => {
    const result = await run(graphOf("logsUncloneable"));
    expect(["completed", "failed"]).toContain(result.get("does").status);
    expect(result.get("beside").status).toBe("completed");
  });
});

describe("pools", () => {
  test("a pool that is closed refuses runs, and closes once", async () => {
    const own = new ThreadPool({ threads: 1 });
    await run(graphOf("fine"), { pool: own });
    await Promise.all([own.close(), own.close()]);
    const again = new DAGExecutor(graphOf("fine"), { on: "thread", pool: own });
    await expect(async () => again.execute()).rejects.toMatchObject({ code: "POOL_CLOSED" });
  });

  test("a pool that is closed in the middle of a run lets it end", async () => {
    const own = new ThreadPool({ threads: 1 });
    let closed: Promise<void> | undefined;
    const result = await run(graphOf("fineLater", { reader: "given" }), { pool: own }, () => {
      closed = own.close();
    });
    expect(result.status).toBe("completed");
    await closed;
  });

  test.each([
    ["threads", { threads: 0 }],
    ["threads", { threads: 1.5 }],
    ["loadTimeoutMs", { loadTimeoutMs: -1 }],
    ["maxMemoryMb", { maxMemoryMb: Number.NaN }],
  ])("%s that make no sense are refused: %o", (option, options) => {
    expect(() => new ThreadPool(options)).toThrow(option);
  });

  test("threads that cannot start fail the run with a typed error", async () => {
    const own = new ThreadPool({ threads: 1, execArgv: ["--import", "/nowhere/not-there.mjs"] });
    const started = new DAGExecutor(graphOf("fine"), { on: "thread", pool: own }).execute();
    await expect(started).rejects.toMatchObject({ code: "THREAD_START" });
    await own.close();
  });
});
