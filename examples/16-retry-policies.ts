/**
 * Retry policies: exponential backoff, errors worth another attempt, and a task that is never tried twice. In simulated time.
 *
 *     fetch ──> charge
 */
import assert from "node:assert/strict";
import { DAG } from "dagny";
import { fails, failsTimes, returns, simulate } from "dagny/testing";

const busy = Object.assign(new Error("503"), { code: "EBUSY" });

const flow = DAG.builder()
  .task("fetch", () => 120, { retry: { maxAttempts: 6, backoff: "exponential", delayMs: 1_000, maxDelayMs: 5_000, retryOn: "EBUSY" } })
  .task("charge", ["fetch"], ({ fetch }) => `charged ${fetch}`, { effects: "external" })
  .build();

const sim = simulate(flow, {
  tasks: { fetch: failsTimes(4, returns(120), busy), charge: fails("connection lost") },
  executor: { retry: 3 }, // for nodes that do not say; not for those with external effects
});
const result = await sim.finish();
console.log(sim.log.join("\n"));

assert.deepEqual(sim.attempts, { fetch: ["error", "error", "error", "error", "completed"], charge: ["error"] });
assert.equal(sim.now, 1_000 + 2_000 + 4_000 + 5_000);
assert.equal(result.explain("charge"), '"charge" failed: connection lost');

// An error that the policy does not name is final.
const broken = simulate(flow, { tasks: { fetch: fails(new TypeError("no such table")) } });
await broken.finish();
assert.deepEqual(broken.attempts, { fetch: ["error"] });
