/** What tasks on threads ask of their run, from the code of a thread to main and back. */
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { DAG, DAGExecutor } from "../../src/index.js";
import { on, testPool } from "../support/threads.js";

const pool = testPool({ threads: 1 });
const asking = (name: string) => on(name, "asking.mjs");
// The tasks import the package by its name, as users do.
const isBuilt = existsSync(new URL("../../dist/index.js", import.meta.url));

test.skipIf(!isBuilt)("errors that main throws are of the classes that the task's module imports", async () => {
  const dag = DAG.builder().task("a", asking("classes"), { on: "thread" }).build();
  const result = (await new DAGExecutor(dag, { pool }).execute()).orThrow();
  expect(result.get("a").result).toEqual([true, true, false, 7]);
});

test.skipIf(!isBuilt)("a schema looks at what a signal brings, and not at a default", async () => {
  const dag = DAG.builder()
    .task("checked", asking("checked"), { on: "thread" })
    .task("wrong", asking("checked"), { on: "thread", onFailure: "allow" })
    .task("late", asking("late"), { on: "thread" })
    .build();
  const run = new DAGExecutor(dag, { pool, failFast: false, maxWorkers: 3 }).start();
  run.signal("go", 21, { node: "checked" });
  run.signal("go", "no", { node: "wrong" });
  const result = await run.result;
  expect(result.get("late").result).toBe("the default");
  expect(result.get("checked").result).toBe(42);
  expect(result.get("wrong").error?.cause).toEqual(new TypeError("a number, please"));
});

test.skipIf(!isBuilt)("functions in additions are refused by the names of their nodes, and the rest is added", async () => {
  const dag = DAG.builder().task("a", asking("grow"), { on: "thread" }).build();
  const result = (await new DAGExecutor(dag, { pool }).execute()).orThrow();
  expect(result.get("a").result).toEqual([true, ["x", "z", "w"], ["a -> b"]]);
  expect(result.nodeResults["y" as never]).toMatchObject({ status: "completed", result: "grown" });
});
