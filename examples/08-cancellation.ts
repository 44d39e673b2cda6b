/**
 * An `AbortSignal` cancels a run. Tasks get a signal of their own; what has finished stays in the report.
 *
 *     quick ──> endless ──> after
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { DAG, DAGExecutor, RunError } from "dagny";

const user = new AbortController();

const flow = DAG.builder()
  .task("quick", () => "kept")
  .task("endless", ["quick"], async (_, { signal }) => {
    user.abort(new Error("changed my mind")); // Somebody presses the button while this task runs.
    await sleep(60_000, undefined, { signal });
  })
  .task("after", ["endless"], () => "never")
  .build();

const result = await new DAGExecutor(flow).execute({}, { signal: user.signal });

console.log(`${result.status} after ${result.durationMs.toFixed(0)} ms`);
for (const node of Object.values(result.nodeResults)) console.log(`  ${node.name}: ${node.status}`);

assert.equal(result.status, "cancelled");
assert.equal(result.get("quick").result, "kept");
assert.equal(result.get("endless").status, "cancelled");
assert.equal(result.get("after").status, "cancelled");
assert.deepEqual(result.abandoned, []); // The task listened to its signal: nothing is left behind.
assert.throws(
  () => result.orThrow(),
  (error) => error instanceof RunError && error.code === "RUN_CANCELLED" && error.cause === user.signal.reason,
);
