/**
 * Attempts: a task may be tried again when it fails or takes too long. Both are said per node, or for all nodes of an executor.
 *
 *     flaky ──┐
 *             ├──> done
 *     slow ───┘
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { DAG, DAGExecutor } from "dagny";

const flow = DAG.builder()
  .task(
    "flaky",
    (_, { attempt }) => {
      if (attempt < 3) throw new Error(`no luck with attempt ${attempt}`);
      return "third time lucky";
    },
    { retry: 3 },
  )
  .task(
    "slow",
    // The signal aborts when the attempt has run out of time: whoever listens stops early.
    async (_, { attempt, signal }) => {
      if (attempt === 1) await sleep(60_000, undefined, { signal });
      return "fast enough";
    },
    { retry: 2, timeoutMs: 50 },
  )
  .task("done", ["flaky", "slow"], ({ flaky, slow }) => [flaky, slow])
  .build();

const log: string[] = [];
const result = await new DAGExecutor(flow).execute(
  {},
  {
    onEvent(event) {
      if (event.type === "attemptFailed") log.push(`${event.node}, attempt ${event.attempt}: ${event.reason}`);
    },
  },
);

console.log(log.join("\n"));
console.log(result.nodeResults.done.result);

assert.equal(result.status, "completed");
assert.equal(result.get("flaky").attempt, 3);
assert.equal(result.get("slow").attempt, 2);
assert.deepEqual(log.sort(), ["flaky, attempt 1: error", "flaky, attempt 2: error", "slow, attempt 1: timeout"]);
