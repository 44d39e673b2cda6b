/**
 * A map: one node that runs once per item, of an array or of something that gives items over time.
 *
 *     lines ──> parse (each line) ──> sum
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor, map } from "dagny";

async function* lines(): AsyncGenerator<string> {
  for (const line of ["1", "2", "three", "4"]) yield line;
}

const flow = DAG.builder()
  .task(
    "parse",
    map({
      over: () => lines(),
      each: (line: string, ctx) => {
        const number = Number(line);
        if (Number.isNaN(number)) throw new Error(`line ${ctx.index + 1} is no number`);
        return number;
      },
      concurrency: 2,
      allowFailures: true,
    }),
  )
  .task("sum", ["parse"], ({ parse }) => parse.reduce((sum, item) => sum + (item.status === "completed" ? item.result : 0), 0))
  .build();

const result = await new DAGExecutor(flow, 4).execute();
const outcomes = result.nodeResults.parse.result ?? [];
console.log(outcomes);
assert.equal(result.status, "completed");
assert.deepEqual(
  outcomes.map(({ status }) => status),
  ["completed", "completed", "failed", "completed"],
);
assert.equal(result.nodeResults.sum.result, 7);

// Items have no names: each is known by its number.
assert.equal(result.get(["parse", 3]).result, 4);
assert.equal(result.get(["parse", 2]).why, '"parse/2" failed: line 3 is no number');
