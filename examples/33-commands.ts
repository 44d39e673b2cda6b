/**
 * Programs of the operating system as nodes: arguments from inputs, output as it comes, a failure that is tried again, and a deadline
 * that ends a whole group of processes.
 *
 *     words ──> sort ──> first        flaky (fails twice)        endless (200 ms at most)
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor, task } from "dagny";

const flow = DAG.builder()
  .task("words", () => ["pear", "apple", "fig"])
  .task("sort", ["words"], task.command("sort", [], { input: ({ words }) => `${words.join("\n")}\n` }))
  .task("first", ["sort"], ({ sort }) => sort.stdout.split("\n")[0])
  .task(
    "flaky",
    task.command("sh", (_inputs, { attempt }) => ["-c", `echo "attempt $1"; test "$1" -eq 3`, "sh", attempt], {
      onOutput: (chunk, stream, ctx) => ctx.log(`${stream}: ${chunk.trim()}`),
    }),
    { retry: { maxAttempts: 5, retryOn: ["COMMAND_FAILED"] } },
  )
  .task("endless", task.command("sh", ["-c", "sleep 1000 & wait"]), { timeoutMs: 200, onFailure: "allow" })
  .build();

const lines: string[] = [];
const executor = new DAGExecutor(flow, { maxCommands: 3 });
const result = await executor.execute(undefined, {
  onEvent: (event) => {
    if (event.type === "log") lines.push(event.message);
  },
});

console.log(result.get("first").result, lines, String(result.get("endless").error));
assert.equal(result.get("first").result, "apple");
assert.deepEqual(lines, ["stdout: attempt 1", "stdout: attempt 2", "stdout: attempt 3"]);
assert.equal(result.get("endless").reason, "timeout");
assert.equal(result.status, "completed");
