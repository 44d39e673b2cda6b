/**
 * Graphs within graphs: a sub-DAG has its own names, and a loop repeats one until its output is enough.
 *
 *     brief ──> write ( draft ──> review, again and again ) ──> publish ( render ──> upload )
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor, loop, subDag } from "dagny";

const round = DAG.builder()
  .task("draft", (_inputs, ctx) => `draft ${ctx.iteration}`)
  .task("review", ["draft"], ({ draft }, ctx) => ({ draft, grade: 60 + 15 * ctx.iteration }))
  .build();

const publishing = DAG.builder()
  .task("render", (_inputs, ctx) => `<p>${(ctx.params as { text: string }).text}</p>`)
  .task("upload", ["render"], ({ render }) => `https://example.org/${render.length}`)
  .build();

const flow = DAG.builder()
  .task("brief", () => "about graphs")
  .task("write", ["brief"], loop({ body: round, until: ({ review }) => review.grade >= 90, limit: 5 }))
  .task("publish", ["write"], subDag(publishing, { params: ({ write }) => ({ text: write.review.draft }), output: ({ upload }) => upload }))
  .build();

const result = await new DAGExecutor(flow).execute();
console.log(result.nodeResults.write.result, result.nodeResults.publish.result);
assert.deepEqual(result.nodeResults.write.result?.review, { draft: "draft 2", grade: 90 });
assert.equal(result.nodeResults.publish.result, "https://example.org/14");
assert.equal(result.get(["publish", "render"]).result, "<p>draft 2</p>");
