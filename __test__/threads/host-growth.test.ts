/** What tasks on threads ask of their run beside outputs: additions, and runs of their own. Their module imports the package that was built. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor } from "../../src/index.js";
import { on, testPool } from "../support/threads.js";

const isBuilt = existsSync(fileURLToPath(new URL("../../dist/index.js", import.meta.url)));
const pool = testPool();
const thread = { on: "thread" } as const;
const grown = (name: string) => on(name, "growing.mjs");

describe.skipIf(!isBuilt)("a task on a thread", () => {
  test("adds nodes to its run", async () => {
    const dag = DAG.builder().task("a", grown("grow"), thread).build();
    const result = (await new DAGExecutor(dag, { pool }).execute()).orThrow();
    expect(result.get("a").result).toBe("grown");
    expect(["x", "y", "z"].map((name) => result.get(name as never))).toMatchObject([{ result: 1 }, { result: 1 }, { result: 2 }]);
  });

  test("adds edges, also to nodes that threads would have taken without asking", async () => {
    const dag = DAG.builder().task("a", grown("addEdge"), thread).task("end", ["a"], on("copy"), thread).build();
    const result = (await new DAGExecutor(dag, { pool }).execute()).orThrow();
    expect(result.get("end").result).toEqual({ a: undefined, x: 1 });
  });

  test("adds nothing where it fails", async () => {
    const dag = DAG.builder().task("a", grown("growAndFail"), thread).build();
    const result = await new DAGExecutor(dag, { pool }).execute();
    expect(result.get("a").error?.cause).toMatchObject({ message: "nothing comes of it" });
    expect(result.counts).toMatchObject({ failed: 1, completed: 0 });
  });

  test.each([
    ["growUnknown", "NODE_NOT_FOUND"],
    ["growFunction", "TASK_CANNOT_CROSS"],
  ])("is told at once what is wrong: %s", async (name, code) => {
    const dag = DAG.builder().task("a", grown(name), thread).build();
    const result = await new DAGExecutor(dag, { pool }).execute();
    expect(result.get("a").error?.cause).toMatchObject({ code });
  });

  test("has runs with threads of its own", async () => {
    const dag = DAG.builder().task("a", grown("nested"), thread).task("b", grown("nested"), thread).build();
    const result = (await new DAGExecutor(dag, { pool }).execute()).orThrow();
    expect([result.get("a").result, result.get("b").result]).toEqual([1, 1]);
  });
});
