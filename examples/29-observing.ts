/**
 * Observers: a structured log and a progress display, both fed by the events of one run.
 *
 *     fetch ──> convert (each of 40) ──> save
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { DAG, DAGExecutor, map } from "dagny";
import { type LogRecord, observers, progress, structuredLog } from "dagny/observe";

const flow = DAG.builder()
  .task("fetch", () => Array.from({ length: 40 }, (_, i) => i), { cost: 1 })
  .task("convert", ["fetch"], map({ each: (n: number) => sleep(5, n * n), concurrency: 8 }), { cost: 5 })
  .task("save", ["convert"], ({ convert }, ctx) => ctx.log("saved", { rows: convert.length }), { cost: 1 })
  .build();

const records: LogRecord[] = [];
const result = await new DAGExecutor(flow, 8).execute(undefined, {
  // On a terminal a tree with bars, in CI plain lines.
  onEvent: observers(progress({ dag: flow }), structuredLog({ sink: (record) => void records.push(record) })),
});

assert.equal(result.status, "completed");
const saved = records.find(({ event }) => event === "log");
assert.equal(saved?.message, "saved");
assert.deepEqual(saved?.["data"], { rows: 40 });
assert.equal(records.filter(({ event }) => event === "nodeCompleted").length, 43);
