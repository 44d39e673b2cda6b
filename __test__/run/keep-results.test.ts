/** Which outputs a report keeps, and that the others are really let go. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { DAGExecutor } from "../../src/index.js";
import { graphOf } from "../support/graph-text.js";
import { chain, each, hand, settleDown, simulated } from "../support/runs.js";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

describe("keepResults", () => {
  test.each<{ keepResults: "all" | "leaves" | "none"; kept: string[] }>([
    { keepResults: "all", kept: ["a", "b", "c", "d", "e", "lone"] },
    { keepResults: "leaves", kept: ["d", "e", "lone"] },
    { keepResults: "none", kept: [] },
  ])("$keepResults", async ({ keepResults, kept }) => {
    for (const wait of [(value: unknown) => value, async (value: unknown) => value]) {
      const seen: Record<string, unknown> = {};
      const dag = graphOf("a -> b, c -> d; b -> e; lone");
      const result = await new DAGExecutor(dag, { keepResults, maxWorkers: 2 }).execute(
        each((inputs, { name }) => {
          seen[name] = { ...inputs };
          return wait(name.toUpperCase());
        }),
      );
      expect(seen).toEqual({ a: {}, b: { a: "A" }, c: { a: "A" }, d: { b: "B", c: "C" }, e: { b: "B" }, lone: {} });
      expect(
        Object.values(result.nodeResults)
          .filter((row) => row.result !== undefined)
          .map(({ name }) => name),
      ).toEqual(kept);
      expect(result.succeeded).toBe(6);
    }
  });

  test("a blocked reader is a reader no more", async () => {
    const result = await new DAGExecutor(graphOf("a -> b, c; bad -> c"), { keepResults: "leaves", failFast: false, maxWorkers: 1 }).execute(
      each((_, { name }) => {
        if (name === "bad") throw new Error("no");
        return name;
      }),
    );
    expect([result.get("a").result, result.get("b").result]).toEqual([undefined, "b"]);
  });

  test("an output is there for every attempt of its readers", async () => {
    const result = await new DAGExecutor(graphOf("a -> b"), { keepResults: "none", retry: 3 }).execute({
      a: () => "A",
      b: (inputs: object, { attempt }: { attempt: number }) => {
        expect(inputs).toEqual({ a: "A" });
        if (attempt < 3) throw new Error("again");
      },
    });
    expect(result.orThrow().get("b").attempt).toBe(3);
  });

  test.each(["sync", "async"])("outputs without readers can be collected while the run goes on: %s tasks", async (kind) => {
    const outputs: WeakRef<object>[] = [];
    const gate = hand();
    const { executor } = simulated(chain(40), { keepResults: "leaves", maxWorkers: 1 });
    const make = (): object => {
      const output = { big: new Array(1000).fill(0) };
      outputs.push(new WeakRef(output));
      return output;
    };
    const handle = executor.start(
      each((_, { name }) => {
        if (name === "n39") return gate.promise;
        return kind === "sync" ? make() : Promise.resolve().then(make);
      }),
    );
    while (outputs.length < 39) await settleDown();
    await settleDown();
    collectGarbage();
    // The last one has a reader that runs; the one before may still lie in a register of the loop.
    expect(outputs.slice(0, 37).filter((output) => output.deref() !== undefined)).toEqual([]);
    gate.resolve(undefined);
    await handle.result;
  });
});

test("late outcomes are not kept", async () => {
  const { executor, clock } = simulated(graphOf("a"), { timeoutMs: 10, retry: 2 });
  const hands = [hand(), hand()];
  const handle = executor.start(each((_, { attempt }) => hands[attempt - 1]?.promise));
  await settleDown();
  clock.advance(11);
  await settleDown();
  hands[0]?.resolve("from the attempt that was too late");
  await settleDown();
  hands[1]?.resolve(undefined);
  const result = await handle.result;
  expect(result.get("a")).toMatchObject({ status: "completed", attempt: 2 });
  expect(result.get("a").result).toBe(undefined);
});

test("a call that took too long gives nothing, not even its error", async () => {
  for (const end of [
    () => "late",
    () => {
      throw new Error("late");
    },
  ]) {
    const { executor, clock } = simulated(graphOf("a"), { timeoutMs: 10 });
    const result = await executor.execute(() => {
      clock.pass(11);
      return end();
    });
    expect(result.get("a")).toMatchObject({ status: "failed", reason: "timeout", error: { code: "TASK_TIMEOUT" } });
    expect(result.get("a").result).toBe(undefined);
    expect(result.get("a").error?.cause).toBe(undefined);
  }
});
