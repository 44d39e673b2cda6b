/**
 * Wrong and hostile input, as one table: each gets a clear typed error or a defined outcome, and leaves nothing behind: no listener on
 * a signal, no timer, no unhandled rejection.
 */
// biome-ignore-all lint/suspicious/noThenProperty: thenables are what some of these tasks give.
import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DAG, DAGExecutor, type ExecutorOptions, type RunResult } from "../../src/index.js";
import { graphOf } from "../support/graph-text.js";
import { chain, each, hand, loose, never, settleDown, simulated } from "../support/runs.js";
import { thrownBy } from "../support/thrown-by.js";

/** What callers without a compiler can pass. */
// biome-ignore lint/suspicious/noExplicitAny: that is the point.
type Wrong = any;

const unhandled: unknown[] = [];
const note = (reason: unknown): unknown => unhandled.push(reason);
beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});
afterEach(async () => {
  await settleDown();
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

describe("wrong options of an executor", () => {
  const rows: [given: Wrong, error: object][] = [
    ...["4", 0, -1, 1.5, Number.NaN, 2 ** 32, null, {}, []].map((maxWorkers): [Wrong, object] => [
      { maxWorkers },
      { code: "INVALID_OPTION", option: "maxWorkers", received: maxWorkers },
    ]),
    ...[0, -1, 1.5, Number.NaN].map((count): [Wrong, object] => [count, { code: "INVALID_OPTION", option: "maxWorkers" }]),
    ...["yes", 1, null].map((failFast): [Wrong, object] => [{ failFast }, { code: "INVALID_OPTION", option: "failFast" }]),
    ...[-1, Number.NaN, "1000", null].map((graceMs): [Wrong, object] => [{ graceMs }, { code: "INVALID_OPTION", option: "graceMs" }]),
    ...[0, -5, Number.NaN, Number.POSITIVE_INFINITY, "1", null].map((timeoutMs): [Wrong, object] => [
      { timeoutMs },
      { code: "INVALID_OPTION", option: "timeoutMs" },
    ]),
    ...[0, -1, 1.5, Number.NaN, "3", null, Number.POSITIVE_INFINITY, 2 ** 20 + 1].map((retry): [Wrong, object] => [
      { retry },
      { code: "INVALID_OPTION", option: "retry" },
    ]),
    ...[0, Number.NaN, "3"].map((maxAttempts): [Wrong, object] => [
      { retry: { maxAttempts } },
      { code: "INVALID_OPTION", option: "retry.maxAttempts" },
    ]),
    ...["some", 0, null].map((keepResults): [Wrong, object] => [{ keepResults }, { code: "INVALID_OPTION", option: "keepResults" }]),
    ...["fast", [], null, true].map((options): [Wrong, object] => [options, { code: "INVALID_OPTION", option: "options" }]),
    [{ maxWorker: 4 }, { code: "UNKNOWN_OPTION", option: "maxWorker", suggestion: "maxWorkers" }],
    [{ failfast: true }, { code: "UNKNOWN_OPTION", option: "failfast", suggestion: "failFast" }],
    [{ timeout: 5 }, { code: "UNKNOWN_OPTION", option: "timeout" }],
    [{ colour: 1 }, { code: "UNKNOWN_OPTION", option: "colour", suggestion: undefined }],
    [{ retry: { maxAttempt: 3 } }, { code: "UNKNOWN_OPTION", option: "retry.maxAttempt", suggestion: "retry.maxAttempts" }],
  ];
  test.each(rows.map(([given, error]) => [show(given), given, error]))("%s", (_, given, error) => {
    expect(thrownBy(() => new DAGExecutor(graphOf("a"), given))).toMatchObject(error);
  });

  test.each([undefined, null, 5, "dag", {}, [], graphOf].map((dag): [string, Wrong] => [show(dag), dag]))("%s is no DAG", (_, dag) => {
    expect(thrownBy(() => new DAGExecutor(dag))).toMatchObject({ code: "INVALID_OPTION", option: "dag" });
  });
});

describe("wrong options of a run", () => {
  const rows: [given: Wrong, error: object][] = [
    ...[{}, "abort", null, new AbortController()].map((signal): [Wrong, object] => [
      { signal },
      { code: "INVALID_OPTION", option: "signal" },
    ]),
    ...[{}, "log", null].map((onEvent): [Wrong, object] => [{ onEvent }, { code: "INVALID_OPTION", option: "onEvent" }]),
    ...["", 7, null].map((runId): [Wrong, object] => [{ runId }, { code: "INVALID_OPTION", option: "runId" }]),
    ...[null, 5, "x", []].map((options): [Wrong, object] => [options, { code: "INVALID_OPTION", option: "options" }]),
    [{ onEvents: () => {} }, { code: "UNKNOWN_OPTION", option: "onEvents", suggestion: "onEvent" }],
    [{ maxWorkers: 4 }, { code: "UNKNOWN_OPTION", option: "maxWorkers" }],
  ];
  test.each(rows.map(([given, error]) => [show(given), given, error]))(
    "%s: start throws, execute rejects, nothing is called",
    async (_, given, error) => {
      let calls = 0;
      const executor = new DAGExecutor(graphOf("a"));
      const task = (): unknown => calls++;
      expect(thrownBy(() => executor.start(task, given))).toMatchObject(error);
      await expect(executor.execute(task, given)).rejects.toMatchObject(error);
      await settleDown();
      expect(calls).toBe(0);
    },
  );
});

describe("wrong tasks", () => {
  const a = (): void => {};
  const rows: [what: string, tasks: Wrong, error: object][] = [
    ["none", undefined, { code: "TASK_MISSING", nodes: ["a", "b"] }],
    ["null", null, { code: "TASK_MISSING", nodes: ["a", "b"] }],
    ["some missing", { a }, { code: "TASK_MISSING", nodes: ["b"] }],
    [
      "a Map",
      new Map([
        ["a", a],
        ["b", a],
      ]),
      { code: "INVALID_OPTION", option: "tasks" },
    ],
    ["one inherited from Object", { a, b: a, constructor: a }, { code: "TASK_UNKNOWN", tasks: [{ name: "constructor" }] }],
    ["a number", 7, { code: "INVALID_OPTION", option: "tasks" }],
    ["a string", "ab", { code: "INVALID_OPTION", option: "tasks" }],
    ["an array", [a, a], { code: "INVALID_OPTION", option: "tasks" }],
    ["one unknown, one missing", { a, c: a }, { errors: [{ code: "TASK_UNKNOWN" }, { code: "TASK_MISSING", nodes: ["b"] }] }],
    ["a value", { a, b: 5 }, { code: "INVALID_OPTION", option: 'tasks["b"]' }],
    ["a promise", { a, b: Promise.resolve(a) }, { code: "INVALID_OPTION", option: 'tasks["b"]' }],
    ["undefined", { a, b: undefined }, { code: "TASK_MISSING", nodes: ["b"] }],
    ["unknown ones", { a, b: a, c: a, A: a }, { code: "TASK_UNKNOWN", tasks: [{ name: "c" }, { name: "A", suggestion: "a" }] }],
    ["one named __proto__", { a, b: a, ["__proto__"]: a }, { code: "TASK_UNKNOWN", tasks: [{ name: "__proto__" }] }],
  ];
  test.each(rows)("%s", async (_, tasks, error) => {
    const executor = new DAGExecutor(graphOf("a -> b"));
    expect(thrownBy(() => executor.start(tasks))).toMatchObject(error);
    await expect(executor.execute(tasks)).rejects.toMatchObject(error);
  });

  test("a hundred thousand unknown ones are all named, soon", () => {
    const tasks: Wrong = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`m${i}`, a]));
    const error: Wrong = thrownBy(() => new DAGExecutor(loose(10_000)).start(tasks));
    expect(error.errors.map(({ code }: Wrong) => code)).toEqual(["TASK_UNKNOWN", "TASK_MISSING"]);
    expect(error.errors[0].tasks).toHaveLength(100_000);
  });
});

describe("wrong policies of nodes", () => {
  const rows: [options: Wrong, error: object][] = [
    ...[Number.NaN, -1, Number.POSITIVE_INFINITY, "3", null].map((cost): [Wrong, object] => [
      { cost },
      { code: "INVALID_OPTION", option: "cost" },
    ]),
    ...[Number.NaN, Number.POSITIVE_INFINITY, "1"].map((priority): [Wrong, object] => [
      { priority },
      { code: "INVALID_OPTION", option: "priority" },
    ]),
    ...[Number.NaN, 0, -1, Number.POSITIVE_INFINITY].map((timeoutMs): [Wrong, object] => [
      { timeoutMs },
      { code: "INVALID_OPTION", option: "timeoutMs" },
    ]),
    ...[0, 1.5, Number.NaN, 2 ** 20 + 1].map((retry): [Wrong, object] => [{ retry }, { code: "INVALID_OPTION", option: "retry" }]),
    [{ timeoutMS: 5 }, { code: "UNKNOWN_OPTION", option: "timeoutMS", suggestion: "timeoutMs" }],
  ];
  test.each(rows.map(([given, error]) => [show(given), given, error]))("%s", (_, options, error) => {
    expect(thrownBy(() => DAG.builder().addNode("a", options).build())).toMatchObject(error);
  });

  test("values at the ends of their ranges are fine", async () => {
    const huge = { cost: Number.MAX_VALUE, priority: -Number.MAX_VALUE, timeoutMs: Number.MAX_VALUE, retry: 2 ** 20 };
    const tiny = { cost: 0, priority: Number.MIN_VALUE, timeoutMs: 1e6, retry: 1 };
    const dag: DAG = DAG.builder().addNode("a", huge).addNode("b", tiny).addNode("c", huge).addEdge("a", "b").addEdge("b", "c").build();
    const result = await new DAGExecutor(dag, { graceMs: Number.MAX_VALUE, timeoutMs: Number.MAX_VALUE, maxWorkers: 2 ** 32 - 1 }).execute(
      async () => 1,
    );
    expect(result.succeeded).toBe(3);
  });
});

describe("tasks that throw or reject", () => {
  const frozen = Object.freeze({ frozen: true });
  const trap = new Proxy(
    {},
    {
      get() {
        throw new Error("trapped");
      },
      getPrototypeOf() {
        throw new Error("trapped");
      },
    },
  );
  const withGetter = Object.defineProperty(new Error(), "message", {
    get() {
      throw new Error("in the getter");
    },
  });
  const values: [what: string, value: unknown][] = [
    ["a string", "word"],
    ["undefined", undefined],
    ["null", null],
    ["a number", Number.NaN],
    ["a bigint", 7n],
    ["a symbol", Symbol("s")],
    ["a frozen object", frozen],
    ["an object without a prototype", Object.create(null)],
    ["an error with a throwing message", withGetter],
    ["an error with a symbol as its message", Object.assign(new Error(), { message: Symbol("m") })],
    ["a proxy that throws at every touch", trap],
    ["a frozen error", Object.freeze(new Error("cold"))],
    ["a function", never],
    ["an error of ours", new RangeError("x", { cause: "y" })],
  ];
  test.each(values)("%s", async (_, value) => {
    const tasks: (() => unknown)[] = [
      () => {
        throw value;
      },
      () => Promise.reject(value),
      () => ({ then: (_: unknown, refuse: (reason: unknown) => void) => refuse(value) }),
    ];
    for (const task of tasks) {
      const result = await new DAGExecutor(graphOf("a -> b")).execute(task);
      expect([result.status, result.get("a").status, result.get("a").reason, result.get("b").reason]).toEqual([
        "failed",
        "failed",
        "error",
        "upstreamFailed",
      ]);
      const [error] = result.errors;
      expect(error?.code).toBe("TASK_FAILED");
      expect(Object.is(error?.cause, value)).toBe(true);
      expect(typeof error?.message).toBe("string");
      const thrown = thrownBy(() => result.orThrow()) as Error;
      expect(thrown).toMatchObject({ code: "RUN_FAILED" });
      expect(Object.is(thrown.cause, value)).toBe(true);
    }
  });
});

describe("tasks that return strange things", () => {
  const big = new Uint8Array(64 << 20);
  const rows: [what: string, task: () => unknown, expected: unknown][] = [
    ["a huge buffer", () => big, big],
    ["a huge string", () => "x".repeat(1 << 24).length, 1 << 24],
    ["a function", () => never, never],
    ["a symbol", () => Symbol.iterator, Symbol.iterator],
    ["a promise of a promise", () => Promise.resolve(Promise.resolve(3)), 3],
    ["an object with a `then` that is no function", () => frozenThen, undefined],
    ["a thenable", () => ({ then: (give: (value: unknown) => void) => give(5) }), 5],
    [
      "a thenable that calls both",
      () => ({
        then(give: (value: unknown) => void, refuse: (reason: unknown) => void) {
          give("first");
          refuse("second");
        },
      }),
      "first",
    ],
    [
      "a thenable that calls, then throws",
      () => ({
        then(give: (value: unknown) => void) {
          give("first");
          throw new Error("second");
        },
      }),
      "first",
    ],
    [
      "a thenable that gives a thenable",
      () => ({ then: (give: (value: unknown) => void) => give({ then: (inner: (value: unknown) => void) => inner("deep") }) }),
      "deep",
    ],
    ["a callable thenable", () => Object.assign(() => {}, { then: (give: (value: unknown) => void) => give("called") }), "called"],
  ];
  const frozenThen = Object.freeze({ then: "word" });
  test.each(rows)("%s", async (_, task, expected) => {
    const result = await new DAGExecutor(graphOf("a")).execute(task);
    const value = result.orThrow().get("a").result;
    expect(Object.is(value, expected ?? frozenThen)).toBe(true);
  });

  const failing: [what: string, task: () => unknown, message: string][] = [
    [
      "a `then` getter that throws",
      () =>
        Object.defineProperty({}, "then", {
          get() {
            throw new Error("getter");
          },
        }),
      "getter",
    ],
    [
      "a `then` getter that throws the second time",
      () => {
        let reads = 0;
        return Object.defineProperty({}, "then", {
          get() {
            if (reads++ > 0) throw new Error("second");
            return () => {};
          },
        });
      },
      "second",
    ],
    [
      "a thenable that throws",
      () => ({
        then() {
          throw new Error("then");
        },
      }),
      "then",
    ],
    [
      "a promise whose constructor throws",
      () =>
        Object.defineProperty(Promise.resolve(), "constructor", {
          get() {
            throw new Error("constructor");
          },
        }),
      "constructor",
    ],
    [
      "a revoked proxy",
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      },
      "Cannot perform 'getPrototypeOf' on a proxy that has been revoked",
    ],
    ["an already rejected promise", () => Promise.reject(new Error("early")), "early"],
    [
      "a thenable that refuses twice",
      () => ({
        then(_: unknown, refuse: (reason: unknown) => void) {
          refuse(new Error("one"));
          refuse(new Error("two"));
        },
      }),
      "one",
    ],
  ];
  test.each(failing)("fail with %s", async (_, task, message) => {
    const result = await new DAGExecutor(graphOf("a")).execute(task);
    expect(result.get("a").error).toMatchObject({ code: "TASK_FAILED", cause: { message } });
  });
});

describe("tasks that never settle", () => {
  const thenableNever = (): unknown => ({ then() {} });
  const ends: [end: string, options: ExecutorOptions, expected: string][] = [
    ["a timeout", { timeoutMs: 20 }, "failed: failed timeout"],
    ["a cancel", {}, "cancelled: cancelled "],
    ["a signal", {}, "cancelled: cancelled "],
    ["failFast", {}, "failed: cancelled "],
  ];
  test.each(ends.flatMap((row) => [never, thenableNever].map((task) => [...row, task] as const)))(
    "and %s",
    async (end, options, expected, task) => {
      const { executor, clock } = simulated(graphOf("a -> z; b"), { graceMs: 30, ...options });
      const controller = new AbortController();
      const bad = hand();
      const handle = executor.start(
        each((_, { name }) => (name === "b" ? (end === "a timeout" ? null : bad.promise) : task())),
        { signal: controller.signal },
      );
      await settleDown();
      if (end === "a cancel") handle.cancel();
      if (end === "a signal") controller.abort();
      if (end === "failFast") bad.reject(new Error("no"));
      await settleDown();
      clock.advance(20);
      await settleDown();
      clock.advance(30);
      const result = await handle.result;
      const { status, reason } = result.get("a");
      expect(`${result.status}: ${status} ${reason ?? ""}`).toBe(expected);
      expect(result.abandoned).toContainEqual({ node: "a", attempt: 1 });
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
      expect(clock.jump()).toBe(false); // No timer is left.
    },
  );

  test("and reject when nobody waits any more", async () => {
    const { executor, clock } = simulated(graphOf("a; b"), { timeoutMs: 10, graceMs: 0, failFast: false });
    const hands = [hand(), hand()];
    const handle = executor.start(each((_, { name }) => hands[name === "a" ? 0 : 1]?.promise));
    await settleDown();
    clock.advance(10);
    await handle.result;
    for (const { reject } of hands) reject(new Error("late"));
    await settleDown(); // The afterEach says whether the rejection was handled.
  });
});

describe("settling twice through races", () => {
  test("a timeout, an outcome and a cancel at one time settle once", async () => {
    for (const order of ["tso", "tos", "sto", "sot", "ots", "ost"]) {
      const { executor, clock } = simulated(graphOf("a -> b"), { timeoutMs: 10, graceMs: 5 });
      const mine = hand();
      const types: string[] = [];
      const handle = executor.start(
        each((_, { name }) => name === "a" && mine.promise),
        { onEvent: ({ type }) => types.push(type) },
      );
      await settleDown();
      for (const step of order) {
        if (step === "t") clock.advance(10);
        else if (step === "s") handle.cancel();
        else mine.resolve("value");
      }
      await settleDown();
      clock.advance(10);
      const result: RunResult = await handle.result;
      expect(types.filter((type) => ["nodeCompleted", "nodeFailed", "nodeCancelled", "nodeSkipped"].includes(type))).toHaveLength(2);
      expect(types.filter((type) => type === "runEnded")).toHaveLength(1);
      expect(["failed", "cancelled", "completed"]).toContain(result.status);
    }
  });
});

describe("size", () => {
  test("1e6 nodes, sync and async, with everything armed", async () => {
    const size = 1_000_000;
    for (const [dag, task] of [
      [chain(size), () => 1],
      [loose(size), async () => 1],
    ] as const) {
      const { signal } = new AbortController();
      const result = await new DAGExecutor(dag, { maxWorkers: 64, timeoutMs: 600_000 }).execute(task as () => unknown, { signal });
      expect(result.succeeded).toBe(size);
      expect(getEventListeners(signal, "abort")).toEqual([]);
    }
  }, 120_000);

  test("1e6 nodes, the first of which fails", async () => {
    const result = await new DAGExecutor(loose(1_000_000), Number.POSITIVE_INFINITY).execute(
      each((_, { name }) => {
        if (name === "n0") throw new Error("no");
      }),
    );
    expect(result.counts).toMatchObject({ failed: 1, skipped: 999_999 });
  }, 120_000);
});

/** A value as the name of a row. */
function show(value: unknown): string {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${key}: ${show(inner)}`)
      .join(", ")} }`;
  return typeof value === "string" ? JSON.stringify(value) : Array.isArray(value) ? "[]" : (String(value).split("\n")[0] ?? "");
}
