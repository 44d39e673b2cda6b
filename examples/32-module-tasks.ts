/**
 * Tasks by module and export: functions that know nothing of Dagny, on threads or on the main thread, as options say.
 *
 *     read ──> count ──> top
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor, TaskCannotCrossError, task } from "dagny";
import type * as text from "./tasks/text.js";

const file = new URL("./tasks/text.ts", import.meta.url); // in a compiled project: "./tasks/text.js"

const flow = DAG.builder()
  .task("read", () => "To be, or not to be, that is the question", { on: "inline" })
  .task("count", ["read"], task.module<typeof text.countWords>(file, "countWords"))
  .task("top", ["count"], task.module<typeof text.mostFrequent>(file, "mostFrequent"))
  .build();

// The executor says where functions run that do not say themselves. The Map between the two tasks is not even copied for the second: it runs
// on the same thread.
await using executor = new DAGExecutor(flow, { on: "thread", pool: { threads: 2 } });
const result = await executor.execute();
assert.deepEqual(result.nodeResults.top.result, ["to", "be"]);

// Without threads the module is imported here, when its task is first called.
const inline = await new DAGExecutor(flow).execute();
assert.deepEqual(inline.nodeResults.top.result, ["to", "be"]);

// A function that lives on this thread only is refused before anything starts, with the cure.
const closure = DAG.builder()
  .task("read", () => "a b c", { on: "thread" })
  .build();
await assert.rejects(new DAGExecutor(closure).execute(), TaskCannotCrossError);
console.log(closure.lint()[0]?.message);
