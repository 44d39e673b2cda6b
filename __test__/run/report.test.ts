/** The report of a run: what became of every node, in whichever way it is asked for. */
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor } from "../../src/index.js";
import { graphOf } from "../support/graph-text.js";
import { chain, each, hand, never, settleDown, simulated } from "../support/runs.js";
import { thrownBy } from "../support/thrown-by.js";

const thrown = (message: string) => () => {
  throw new Error(message);
};

describe("a report", () => {
  test.each([
    {
      name: "an empty graph",
      text: "",
      fails: [],
      status: "completed",
      counts: { completed: 0, failed: 0, skipped: 0, filtered: 0, cancelled: 0 },
    },
    {
      name: "one node",
      text: "a",
      fails: [],
      status: "completed",
      counts: { completed: 1, failed: 0, skipped: 0, filtered: 0, cancelled: 0 },
    },
    {
      name: "a diamond",
      text: "a -> b, c -> d",
      fails: [],
      status: "completed",
      counts: { completed: 4, failed: 0, skipped: 0, filtered: 0, cancelled: 0 },
    },
    {
      name: "a failed root",
      text: "a -> b, c -> d",
      fails: ["a"],
      status: "failed",
      counts: { completed: 0, failed: 1, skipped: 3, filtered: 0, cancelled: 0 },
    },
    {
      name: "a failed branch",
      text: "a -> b, c -> d",
      fails: ["b"],
      status: "failed",
      counts: { completed: 2, failed: 1, skipped: 1, filtered: 0, cancelled: 0 },
    },
  ])("counts $name", async ({ text, fails, status, counts }) => {
    const { executor } = simulated(graphOf(text), { failFast: false });
    const result = await executor.execute(
      each((_, { name }) => {
        if (fails.includes(name as never)) throw new Error(name);
      }),
    );
    expect(result.status).toBe(status);
    expect(result.counts).toEqual(counts);
    const { completed, failed, skipped, cancelled } = counts;
    expect([result.succeeded, result.failed, result.skipped, result.cancelled]).toEqual([completed, failed, skipped, cancelled]);
  });

  test("tells of every node when, where and how long", async () => {
    const { executor, clock } = simulated(graphOf("a -> b; c"), { maxWorkers: 1 });
    const hands = { a: hand(), b: hand(), c: hand() };
    const handle = executor.start(each((_, { name }) => hands[name as "a"].promise));
    for (const [name, ms] of [
      ["a", 5],
      ["b", 7],
      ["c", 11],
    ] as const) {
      await settleDown();
      clock.advance(ms);
      hands[name].resolve(name.toUpperCase());
    }
    const result = await handle.result;
    const rows = Object.values(result.nodeResults).map((row) => ({ ...row, startedAt: (row.startedAt ?? Number.NaN) - result.startedAt }));
    expect(rows).toEqual([
      { name: "a", status: "completed", result: "A", startedAt: 0, durationMs: 5, queuedMs: 0, attempt: 1, lane: 0 },
      { name: "b", status: "completed", result: "B", startedAt: 5, durationMs: 7, queuedMs: 0, attempt: 1, lane: 0 },
      { name: "c", status: "completed", result: "C", startedAt: 12, durationMs: 11, queuedMs: 12, attempt: 1, lane: 0 },
    ]);
    expect(result.durationMs).toBe(23);
    expect(result.runId).toBe(handle.id);
  });

  test("says nothing of times and lanes where no attempt began", async () => {
    const { executor } = simulated(graphOf("a -> b"));
    const result = await executor.execute({ a: thrown("no"), b: () => {} });
    expect(result.get("b")).toEqual({ name: "b", status: "skipped", reason: "upstreamFailed", durationMs: 0, queuedMs: 0, attempt: 0 });
  });

  test("names every node it can, whatever it is called", async () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "", "0", "a b", "ü\n"].filter((name) => name !== "");
    const builder = DAG.builder();
    builder.addNodes(names);
    const dag: DAG = builder.build();
    const { nodeResults, ...result } = await new DAGExecutor(dag).execute(each((_, { name }) => `<${name}>`)).then((report) => ({
      nodeResults: report.nodeResults,
      get: (name: string) => report.get(name),
    }));
    expect(Object.getPrototypeOf(nodeResults)).toBe(null);
    expect(Object.keys(nodeResults).sort()).toEqual([...names].sort());
    for (const name of names) {
      expect(nodeResults[name]?.result).toBe(`<${name}>`);
      expect(result.get(name).result).toBe(`<${name}>`);
    }
  });

  test("get() of a name that is no node's names the nearest", async () => {
    const result = await new DAGExecutor(graphOf("extract -> load")).execute(each(() => {}));
    expect(() => result.get("extrct")).toThrow(
      expect.objectContaining({ name: "NodeNotFoundError", code: "NODE_NOT_FOUND", node: "extrct", suggestion: "extract" }),
    );
  });

  test("is built once", async () => {
    const result = await new DAGExecutor(graphOf("a")).execute(each(() => ({})));
    expect(result.nodeResults).toBe(result.nodeResults);
    expect(result.counts).toBe(result.counts);
    expect(result.errors).toBe(result.errors);
  });
});

describe("errors", () => {
  test("come in the order in which the failures were decided, each with its own cause", async () => {
    const { executor } = simulated(graphOf("a; b; c -> d"), { failFast: false });
    const hands = { a: hand(), b: hand(), c: hand() };
    const handle = executor.start(each((_, { name }) => hands[name as "a"].promise));
    const causes = { c: new TypeError("third"), a: "a string", b: { code: 7 } };
    for (const name of ["c", "a", "b"] as const) {
      await settleDown();
      hands[name].reject(causes[name]);
    }
    const { errors, nodeResults, status } = await handle.result;
    expect(status).toBe("failed");
    expect(errors.map(({ node, attempt, code }) => ({ node, attempt, code }))).toEqual([
      { node: "c", attempt: 1, code: "TASK_FAILED" },
      { node: "a", attempt: 1, code: "TASK_FAILED" },
      { node: "b", attempt: 1, code: "TASK_FAILED" },
    ]);
    expect(errors.map(({ cause }) => cause)).toEqual([causes.c, causes.a, causes.b]);
    expect(errors[0]?.cause).toBe(causes.c);
    expect(errors[0]?.message).toBe('node "c" failed: third');
    expect(nodeResults.b?.error?.cause).toBe(causes.b);
  });

  test("orThrow() gives a completed report back and throws the first task's own error otherwise", async () => {
    const completed = await new DAGExecutor(graphOf("a")).execute(each(() => 1));
    expect(completed.orThrow()).toBe(completed);

    const cause = new RangeError("mine");
    const failed = await new DAGExecutor(graphOf("a")).execute(each(() => Promise.reject(cause)));
    const error = thrownBy(() => failed.orThrow());
    expect(error).toMatchObject({ name: "RunError", code: "RUN_FAILED", runId: failed.runId });
    expect((error as Error).cause).toBe(cause);
    expect((error as { errors: unknown[] }).errors).toEqual(failed.errors);
  });

  test("orThrow() of a cancelled run has the reason as its cause, whatever it is", async () => {
    for (const reason of [new Error("enough"), "a word", 0, false, null]) {
      const handle = new DAGExecutor(graphOf("a")).start(never);
      handle.cancel(reason);
      const result = await handle.result;
      const error = thrownBy(() => result.orThrow());
      expect(error).toMatchObject({ code: "RUN_CANCELLED" });
      expect((error as Error).cause).toBe(reason);
    }
    const handle = new DAGExecutor(graphOf("a")).start(never);
    handle.cancel();
    const result = await handle.result;
    expect((thrownBy(() => result.orThrow()) as Error).cause).toMatchObject({ name: "AbortError" });
  });

  test("a timeout is an error of its own", async () => {
    const { executor, clock } = simulated(graphOf("a"), { timeoutMs: 50, graceMs: 10 });
    const handle = executor.start(never);
    await settleDown();
    clock.advance(100);
    const { errors, abandoned } = await handle.result;
    expect(errors).toMatchObject([{ name: "TimeoutError", code: "TASK_TIMEOUT", node: "a", attempt: 1, timeoutMs: 50 }]);
    expect(abandoned).toEqual([{ node: "a", attempt: 1 }]);
  });
});

test("a chain of 100,000 has a report as any other", async () => {
  const result = await new DAGExecutor(chain(100_000), 4).execute(each((inputs) => Object.keys(inputs).length));
  expect(result.succeeded).toBe(100_000);
  expect(result.get("n99999").result).toBe(1);
});
