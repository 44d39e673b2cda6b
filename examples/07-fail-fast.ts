/**
 * A failure stops the run (`failFast: true`, the default), or only what depends on it (`failFast: false`).
 *
 *     broken ──> blocked
 *     first ──> second ──> third
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor, RunError } from "dagny";

const flow = DAG.builder()
  .task("broken", () => {
    throw new RangeError("out of paper");
  })
  .task("blocked", ["broken"], () => "never")
  .task("first", () => 1)
  .task("second", ["first"], ({ first }) => first + 1)
  .task("third", ["second"], ({ second }) => second + 1)
  .build();

for (const failFast of [true, false]) {
  const result = await new DAGExecutor(flow, { maxWorkers: 1, failFast }).execute();
  console.log(`failFast: ${failFast}`);
  for (const node of Object.values(result.nodeResults)) console.log(`  ${node.name}: ${node.status} ${node.reason ?? ""}`);

  assert.equal(result.status, "failed");
  assert.equal(result.get("blocked").reason, "upstreamFailed");
  assert.equal(result.get("third").status, failFast ? "skipped" : "completed");

  // The report never throws by itself. Where an exception is wanted, its cause is the task's own error.
  assert.throws(
    () => result.orThrow(),
    (error) => error instanceof RunError && error.code === "RUN_FAILED" && error.cause instanceof RangeError,
  );
}
