/**
 * `new DAG()`: a draft, changed call by call and acyclic after each of them. Running it takes a snapshot.
 *
 *     boil ──> pour ──> drink          then        boil ──> pour ─┬─> drink
 *                                                  grind ─────────┘
 */
import assert from "node:assert/strict";
import { CycleError, DAG, DAGExecutor } from "dagny";

const draft = new DAG();
draft.addNode("boil").addNode("pour").addNode("drink");
draft.addEdge("boil", "pour").addEdge("pour", "drink");

// An edge that would close a cycle is refused with the whole cycle, and changes nothing.
assert.throws(
  () => draft.addEdge("drink", "boil"),
  (error) => {
    assert.ok(error instanceof CycleError);
    console.log(error.message);
    assert.deepEqual([...new Set(error.path)].sort(), ["boil", "drink", "pour"]);
    return true;
  },
);
assert.equal(draft.edgeCount, 2);

draft.addNode("grind").addEdge("grind", "drink");
const running = new DAGExecutor(draft).execute(Object.fromEntries(["boil", "pour", "drink", "grind"].map((name) => [name, () => name])));
draft.removeNode("grind"); // The run has its snapshot: it does not notice.

const result = await running;
console.log(`${result.status}: ${Object.keys(result.nodeResults).join(", ")}`);

assert.equal(result.succeeded, 4);
assert.deepEqual(draft.topologicalSort(), ["boil", "pour", "drink"]);
