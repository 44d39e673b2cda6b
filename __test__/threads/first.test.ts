import { expect, test } from "vitest";
import { DAG, DAGExecutor, task, ThreadPool } from "../../src/index.js";
const at = new URL("../fixtures/threads/tasks.mjs", import.meta.url);
const on = (name: string) => task.module(at, name);
test("first", async () => {
  await using pool = new ThreadPool({ threads: 2 });
  const dag = DAG.builder().task("a", on("one"), { on: "thread" }).task("b", ["a"], on("sum"), { on: "thread" }).task("c", ["b"], ({ b }) => (b as number) + 1)
    .task("d", ["c"], on("sum"), { on: "thread" }).build();
  const result = await new DAGExecutor(dag, { pool }).execute();
  expect(result.status).toBe("completed");
  expect(result.get("d").result).toBe(2);
  console.log(pool.stats());
});
