/**
 * A graph as text: JSON that comes back as it was, and drawings for Mermaid and Graphviz, colored by what became of each node in a run.
 *
 *     fetch ─┬─> parse/html ──┬─> store
 *            └─> parse/pdf ───┘
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor } from "dagny";

const flow = DAG.builder()
  .task("fetch", () => "two documents", { cost: 3, metadata: { team: "crawl" } })
  .task("parse/html", ["fetch"], () => "html")
  .task("parse/pdf", ["fetch"], () => {
    throw new Error("encrypted");
  })
  .task("store", ["parse/html", "parse/pdf"], () => "stored")
  .build();

// JSON: everything but the tasks, which are code.
const copy = DAG.fromJSON(JSON.stringify(flow));
assert.deepEqual(copy.toJSON(), flow.toJSON());
assert.equal(copy.get("fetch").cost, 3);

const result = await new DAGExecutor(flow, { failFast: false }).execute();

// A drawing: `result` colors it, `namespaces` puts what shares a prefix into a box, `label` says what to write.
const label = (name: string): string => `${name}: ${result.get(name as keyof typeof result.nodeResults).status}`;
const mermaid = flow.toMermaid({ direction: "LR", namespaces: true, label, result });
console.log(mermaid);
console.log(flow.toDot({ direction: "LR" }));

assert.match(mermaid, /^flowchart LR/);
assert.match(mermaid, /subgraph/);
assert.match(mermaid, /failed/);
assert.match(flow.toDot(), /^digraph/);
