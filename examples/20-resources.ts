/**
 * Pools, concurrency keys and rates: what tasks run on is limited too. In simulated time.
 *
 *     render 1..4 (2 GB each of 4)   write users, write orders (one at a time)   ids ──> call (2 a second)
 */
import assert from "node:assert/strict";
import { DAG, map } from "dagny";
import { simulate, takes } from "dagny/testing";

const flow = DAG.builder()
  .task("render 1", takes(100), { resources: { memory: 2 } })
  .task("render 2", takes(100), { resources: { memory: 2 } })
  .task("render 3", takes(100), { resources: { memory: 2 } })
  .task("render 4", takes(100), { resources: { memory: 2 } })
  .task("write users", takes(30), { concurrencyKey: "database" })
  .task("write orders", takes(30), { concurrencyKey: "database" })
  .task("ids", () => [1, 2, 3, 4, 5, 6])
  .task("call", ["ids"], map({ each: takes(10) }), { rate: "api" })
  .build();

const sim = simulate(flow, { executor: { maxWorkers: 32, pools: { memory: 4 }, rates: { api: { limit: 2, perMs: 1_000 } } } });
await sim.finish();

const startOf = (node: string): number | undefined => {
  const event = sim.events.find(({ type, ...rest }) => type === "nodeStarted" && "node" in rest && rest.node === node);
  return event !== undefined && "timeMs" in event ? event.timeMs : undefined;
};
console.log(sim.log.filter((line) => line.includes("nodeStarted")).join("\n"));
assert.deepEqual(["render 1", "render 2", "render 3", "render 4"].map(startOf), [0, 0, 100, 100]);
assert.deepEqual(["write users", "write orders"].map(startOf), [0, 30]);
assert.deepEqual(
  [0, 1, 2, 3, 4, 5].map((item) => startOf(`call/${item}`)),
  [0, 0, 1_000, 1_000, 2_000, 2_000],
);
