/**
 * Large buffers: a value goes from thread to thread as a copy; over an edge that says `move` the downstream takes its buffers over.
 *
 *     record ==> amplify ==> mean
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor } from "dagny";
import { samples } from "./tasks/samples.js";

const flow = DAG.builder()
  .task("record", samples.record, { on: "thread" })
  .addNode("amplify", { on: "thread" })
  .addNode("mean") // on the main thread
  .addEdge("record", "amplify", { move: true })
  .addEdge("amplify", "mean", { move: true })
  .build();

await using executor = new DAGExecutor(flow, { pool: { threads: 2 } });
const result = await executor.execute({
  amplify: samples.amplify,
  mean: ({ amplify }: { amplify: Float64Array }) => amplify.reduce((a, b) => a + b, 0) / amplify.length,
});
assert.equal(Math.round(result.nodeResults.mean.result ?? 0), 9);

// What has moved is not in the report, which says so.
const { moved, result: output } = result.nodeResults.amplify;
console.log({ moved, output });
assert.deepEqual([moved, output], [true, undefined]);
