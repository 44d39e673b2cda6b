/**
 * Join rules: a node that runs when the first upstream completes, one that runs when something failed, one with an expression.
 *
 *     primary ──┬──> load ──> report
 *     mirror  ──┤
 *               ├──> alarm        (any failed)
 *               └──> compare      (an expression)
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor } from "dagny";

function flowWith(primary: () => string, mirror: () => string) {
  return DAG.builder()
    .task("primary", primary, { onFailure: "allow" })
    .task("mirror", mirror, { onFailure: "allow" })
    .task("load", ["primary", "mirror"], (inputs) => inputs.primary ?? inputs.mirror, { join: "anyCompleted" })
    .task("report", ["load"], ({ load }) => `report of ${load}`)
    .task("alarm", ["primary", "mirror"], () => "on call was told", { join: "anyFailed" })
    .task("compare", ["primary", "mirror"], () => "compared", { join: { expr: "primary.completed && mirror.completed" } })
    .build();
}

const fine = (rows: string) => () => rows;
const down = (): string => {
  throw new Error("down");
};

for (const [primary, mirror, expected] of [
  [fine("P"), fine("M"), { load: "completed", report: "completed", alarm: "skipped", compare: "completed" }],
  [down, fine("M"), { load: "completed", report: "completed", alarm: "completed", compare: "skipped" }],
  [down, down, { load: "skipped", report: "skipped", alarm: "completed", compare: "skipped" }],
] as const) {
  const result = await new DAGExecutor(flowWith(primary, mirror), 1).execute();
  const { load, report, alarm, compare } = result.nodeResults;
  console.log(`${result.status}: ${[load, report, alarm, compare].map(({ name, status }) => `${name} ${status}`).join(", ")}`);
  assert.equal(result.status, "completed");
  assert.deepEqual({ load: load.status, report: report.status, alarm: alarm.status, compare: compare.status }, expected);
}
