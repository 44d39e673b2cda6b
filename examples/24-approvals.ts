/**
 * Waits: somebody approves, a signal comes, or nobody does in time. In simulated time.
 *
 *     draft ──> approval ──> publish
 *     order ( waits for "paid" inside the function )
 */
import assert from "node:assert/strict";
import { approval, DAG } from "dagny";
import { simulate } from "dagny/testing";

const hour = 3_600_000;
const flow = DAG.builder()
  .task("draft", () => "text")
  .task("approval", ["draft"], approval<string>({ timeoutMs: 24 * hour, default: "nobody" }))
  .task("publish", ["approval"], ({ approval }) => `published, approved by ${approval}`)
  .task("order", async (_inputs, ctx) => {
    const { amount } = await ctx.waitFor<{ amount: number }>("paid");
    return `paid ${amount}`;
  })
  .build();

const approved = simulate(flow, { executor: 1 })
  .at(2 * hour, (run) => run.approve("approval", "Ada"))
  .at(3 * hour, (run) => run.signal("paid", { amount: 5 }));
const result = await approved.finish();
console.log(approved.log.join("\n"));
assert.equal(result.nodeResults.publish.result, "published, approved by Ada");
assert.equal(result.nodeResults.order.result, "paid 5");

const rejected = simulate(flow, { executor: { failFast: false } })
  .at(hour, (run) => run.reject("approval", "not yet"))
  .at(hour, (run) => run.signal("paid", { amount: 5 }));
const { nodeResults, explain } = await rejected
  .finish()
  .then((report) => ({ nodeResults: report.nodeResults, explain: report.explain("publish") }));
assert.equal(nodeResults.approval.reason, "rejected");
assert.equal(explain, '"publish" was skipped because "approval" was rejected: not yet');

const ignored = simulate(flow).at(hour, (run) => run.signal("paid", { amount: 5 }));
assert.equal((await ignored.finish()).nodeResults.publish.result, "published, approved by nobody");
assert.equal(ignored.now, 24 * hour);
