/**
 * Everything that happens in a run is an event: pushed to `onEvent`, or pulled with `for await`.
 *
 *     a ──> b
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor, type RunEvent } from "dagny";

const flow = DAG.builder()
  .task("a", async (_, { log }) => {
    await Promise.resolve();
    log("half way", { percent: 50 });
  })
  .task("b", ["a"], () => {})
  .build();

const pushed: RunEvent[] = [];
const run = new DAGExecutor(flow).start({}, { onEvent: (event) => pushed.push(event) });

const pulled: RunEvent[] = [];
for await (const event of run.events) {
  pulled.push(event);
  if ("timeMs" in event) console.log(`${event.timeMs.toFixed(3)} ms  ${event.type}  ${"node" in event ? event.node : ""}`);
  if (event.type === "log") console.log(`          ${event.node} says: ${event.message}`);
}
const result = await run.result;

assert.deepEqual(pulled, pushed);
assert.equal(result.runId, run.id);
assert.deepEqual(
  pulled.filter((event) => event.type !== "nodeLeased").map((event) => ("node" in event ? `${event.type} ${event.node}` : event.type)),
  ["runStarted", "nodeReady a", "nodeStarted a", "log a", "nodeCompleted a", "nodeReady b", "nodeStarted b", "nodeCompleted b", "runEnded"],
);
