/**
 * A graph, a function for each node, a report.
 *
 *     extract ──> transform ──> load
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor } from "dagny";

const dag = DAG.builder()
  .addNode("extract")
  .addNode("transform")
  .addNode("load")
  .addEdge("extract", "transform")
  .addEdge("transform", "load")
  .build();

const saved: string[] = [];

const result = await new DAGExecutor(dag, 4).execute({
  extract: async () => ["  ada ", "grace"],
  // The annotation is checked against what `extract` returns.
  transform: ({ extract }: { extract: string[] }) => extract.map((name) => name.trim()),
  load: ({ transform }: { transform: string[] }) => saved.push(...transform),
});

console.log(`${result.status}: ${result.succeeded} of ${dag.nodeCount} nodes in ${result.durationMs.toFixed(1)} ms`);
console.log("saved", saved);

assert.deepEqual(dag.topologicalSort(), ["extract", "transform", "load"]);
assert.equal(result.status, "completed");
assert.deepEqual(result.nodeResults.transform.result, ["ada", "grace"]);
assert.equal(result.nodeResults.load.result, 2);
assert.deepEqual(saved, ["ada", "grace"]);
