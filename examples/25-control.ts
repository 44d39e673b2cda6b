/**
 * A run is paused, resumed, and one of its branches is cancelled, while it goes on.
 *
 *     preview ──> thumbnail
 *     encode  ──> upload
 */
import assert from "node:assert/strict";
import { DAG } from "dagny";
import { simulate, takes } from "dagny/testing";

const flow = DAG.builder()
  .task("preview", takes(500))
  .task("thumbnail", ["preview"], takes(5))
  .task("encode", takes(40))
  .task("upload", ["encode"], takes(10))
  .build();

const sim = simulate(flow, { executor: 4 })
  .at(10, (run) => run.pause())
  .at(20, (run) => run.cancelNodes("preview", "nobody is looking"))
  .at(100, (run) => run.resume());
const result = await sim.finish();
console.log(sim.log.join("\n"));

assert.equal(result.status, "completed"); // a cancelled branch is no failure
assert.deepEqual(sim.outcomes, {
  preview: "cancelled",
  thumbnail: "skipped (upstreamFailed)",
  encode: "completed",
  upload: "completed",
});
assert.equal(sim.now, 110); // what ran went on; what was ready waited for the end of the pause
assert.equal(result.explain("thumbnail"), '"thumbnail" was skipped because "preview" was cancelled because a command asked for it');
