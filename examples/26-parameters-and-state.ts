/**
 * Data beside the edges: parameters of a run, and values that its tasks share, with versions.
 *
 *     quotes (each supplier) ──> best
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor, map, StateConflictError } from "dagny";

const prices: Readonly<Record<string, number>> = { north: 30, south: 20, west: 25 };

const flow = DAG.builder()
  .task(
    "quotes",
    map({
      over: (_inputs, ctx) => ctx.params as string[],
      each: (supplier: string, ctx) => {
        const price = prices[supplier] ?? Number.POSITIVE_INFINITY;
        const { value, version = 0 } = ctx.state.get("best price") ?? {};
        if (value === undefined || price < (value as number)) ctx.state.set("best price", price, { ifVersion: version });
        return price;
      },
    }),
  )
  .task("best", ["quotes"], (_inputs, ctx) => ctx.state.get("best price"))
  .task("conflict", ["best"], (_inputs, ctx) => {
    assert.throws(() => ctx.state.set("best price", 1, { ifVersion: 1 }), StateConflictError);
  })
  .build();

const result = await new DAGExecutor(flow, 1).execute(undefined, { params: ["north", "south", "west"] });
console.log(result.nodeResults.best.result);
assert.deepEqual(result.nodeResults.quotes.result, [30, 20, 25]);
assert.deepEqual(result.nodeResults.best.result, { value: 20, version: 2 });
assert.equal(result.status, "completed");
