/**
 * Running a part of a graph: what a target needs, some nodes alone, or all but some.
 *
 *     A ──┬──> B ──┬──> D
 *         └──> C ──┘
 *              └──────> E
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor, GraphError } from "dagny";

const flow = DAG.builder()
  .task("A", () => 1)
  .task("B", ["A"], ({ A }) => A + 1)
  .task("C", ["A"], ({ A }) => A + 2)
  .task("D", ["B", "C"], ({ B, C }) => B + C)
  .task("E", ["C"], ({ C }) => C * 10)
  .build();
const executor = new DAGExecutor(flow);

const target = await executor.execute(undefined, { targets: ["E"] });
console.log(Object.keys(target.nodeResults));
assert.deepEqual(Object.keys(target.nodeResults), ["A", "C", "E"]);

const alone = await executor.execute(undefined, { only: ["D"], values: { B: 5, C: 6 } });
assert.deepEqual(Object.keys(alone.nodeResults), ["D"]);
assert.equal(alone.get("D").result, 11);

const onwards = await executor.execute(undefined, { from: ["C"], values: { A: 0, B: 1 } });
assert.deepEqual(Object.keys(onwards.nodeResults), ["C", "D", "E"]);

// Without values for what D reads, nothing starts, and the error names both.
await assert.rejects(executor.execute(undefined, { only: ["D"] }), (error) => error instanceof GraphError && error.errors.length === 2);
