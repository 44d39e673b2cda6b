/**
 * A run that grows: a task finds out what there is to do, and adds it. The graph itself stays as it was.
 *
 *     list ──┬──> copy users  ──┬──> report
 *            ├──> copy orders ──┤
 *            └──────────────────┘
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor } from "dagny";

const flow = DAG.builder()
  .task("list", (_inputs, ctx) => {
    const tables = ctx.params as string[];
    ctx.addNodes(tables.map((table) => ({ name: `copy ${table}`, needs: ["list"], task: () => table.length })));
    ctx.addEdges(tables.map((table) => [`copy ${table}`, "report"] as const));
    return tables.length;
  })
  .task("report", ["list"], (inputs) => Object.entries(inputs).map(([name, rows]) => `${name}: ${rows}`))
  .build();
const executor = new DAGExecutor(flow);

const result = await executor.execute(undefined, { params: ["users", "orders"] });
console.log(result.get("report").result);
assert.deepEqual(result.get("report").result, ["list: 2", "copy users: 5", "copy orders: 6"]);
assert.equal(flow.nodeCount, 2);

// What would make a cycle fails the attempt that asked for it, and adds nothing.
const wrong = DAG.builder()
  .task("first", () => 1)
  .task("second", ["first"], (_inputs, ctx) => ctx.addEdges([["second", "first"]]))
  .build();
const refused = await new DAGExecutor(wrong).execute();
console.log(refused.explain("second"));
assert.equal(refused.get("second").reason, "error");
