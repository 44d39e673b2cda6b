/**
 * Testing one's own flow: simulated time, scripted tasks, commands at moments. No test runner is needed.
 *
 *     fetch ──> parse ──> save
 */
import assert from "node:assert/strict";
import { DAG } from "dagny";
import { attempts, fails, hangs, returns, SimulationStalledError, simulate, takes } from "dagny/testing";

const flow = DAG.builder()
  .task("fetch", async () => ["real", "rows"], { retry: { maxAttempts: 3, delayMs: 60_000 }, timeoutMs: 10_000 })
  .task("parse", ["fetch"], ({ fetch }) => fetch.length)
  .task("save", ["parse"], ({ parse }) => `saved ${parse}`)
  .build();

// The first attempt hangs, the second fails, the third takes two seconds.
const bumpy = attempts<unknown, unknown>(hangs({ heedsSignal: true }), fails("ECONNRESET"), takes(2_000, returns(["a", "b", "c"])));
const sim = simulate(flow, { tasks: { fetch: bumpy } });
const result = await sim.finish();
console.log(sim.log.join("\n"));
assert.equal(result.get("save").result, "saved 3");
assert.deepEqual(sim.attempts["fetch"], ["timeout", "error", "completed"]);
assert.equal(sim.now, 10_000 + 60_000 + 60_000 + 2_000);

const cancelled = simulate(flow, { tasks: { fetch: takes(5_000) } }).at(1_000, (run) => run.cancel("shutting down"));
assert.equal((await cancelled.finish()).status, "cancelled");
assert.deepEqual(cancelled.outcomes, { fetch: "cancelled", parse: "cancelled", save: "cancelled" });

await assert.rejects(simulate(flow, { tasks: { save: hangs() } }).finish(), SimulationStalledError);
