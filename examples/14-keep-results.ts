/**
 * `keepResults`: by default a report has every output. A long pipeline of large values keeps only its leaves: each other output is freed
 * when its last reader has settled.
 *
 *     rows ─┬─> total
 *           └─> longest
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor } from "dagny";

const flow = DAG.builder()
  .task("rows", () => Array.from({ length: 100_000 }, (_, i) => `row ${i}`))
  .task("total", ["rows"], ({ rows }) => rows.length)
  .task("longest", ["rows"], ({ rows }) => Math.max(...rows.map((row) => row.length)))
  .build();

for (const keepResults of ["all", "leaves", "none"] as const) {
  const { nodeResults } = (await new DAGExecutor(flow, { keepResults }).execute()).orThrow();
  const kept = Object.values(nodeResults).flatMap((node) => (node.result === undefined ? [] : node.name));
  console.log(`${keepResults}: ${kept.join(", ") || "nothing"}`);
  assert.deepEqual(kept, { all: ["rows", "total", "longest"], leaves: ["total", "longest"], none: [] }[keepResults]);
}
