/**
 * Before anything runs: how long would it take, with as many workers as it likes and with fewer, and what must not be late?
 *
 *     dig 2 ──> pour 3 ─┬─> walls 5 ──┬─> paint 2
 *                       └─> pipes 2 ──┘
 *                           order windows 4 ─┘            (the numbers are costs: days, say)
 */
import assert from "node:assert/strict";
import { DAG } from "dagny";

const house = DAG.builder()
  .addNode("dig", { cost: 2 })
  .addNode("pour", { cost: 3 })
  .addNode("walls", { cost: 5 })
  .addNode("pipes", { cost: 2 })
  .addNode("order windows", { cost: 4 })
  .addNode("paint", { cost: 2 })
  .addEdges([
    ["dig", "pour"],
    ["pour", "walls"],
    ["pour", "pipes"],
    ["walls", "paint"],
    ["pipes", "paint"],
    ["order windows", "paint"],
  ])
  .build();

const critical = house.criticalPath();
console.log(`${critical.path.join(" -> ")}: ${critical.cost} days at least`);
console.log(`pipes may be ${critical.times("pipes").slack} days late, the windows ${critical.times("order windows").slack}`);

for (const workers of [1, 2, 3]) {
  const plan = house.executionPlan(workers);
  console.log(`${workers} at work: ${plan.makespan} days`);
  for (const { start, nodes } of plan.steps) console.log(`  day ${String(start).padStart(2)}: ${nodes.join(", ")}`);
}

assert.deepEqual(critical.path, ["dig", "pour", "walls", "paint"]);
assert.equal(critical.cost, 12);
assert.equal(critical.times("pipes").slack, 3);
assert.deepEqual(
  [1, 2, 3].map((workers) => house.executionPlan(workers).makespan),
  [18, 12, 12],
);
assert.equal(house.width(), 3); // At no time can a fourth person help.
