/**
 * `.task`: tasks given with the nodes. Every input is inferred from what the task it comes from returns, at any depth.
 *
 *     text ─┬─> words ───┬─> report
 *           └─> letters ─┘
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor } from "dagny";

const flow = DAG.builder()
  .task("text", async () => "so far and yet so near")
  .task("words", ["text"], ({ text }) => text.split(" "))
  .task("letters", ["text"], ({ text }) => new Set(text.replaceAll(" ", "")))
  .task("report", ["words", "letters"], ({ words, letters }, { name, attempt }) => ({
    words: words.length,
    letters: letters.size,
    by: `${name}, attempt ${attempt}`,
  }))
  .build();

// Every node has its task: there is nothing left to give.
const result = (await new DAGExecutor(flow).execute()).orThrow();

console.log(result.nodeResults.report.result);

assert.deepEqual(result.nodeResults.report.result, { words: 6, letters: 10, by: "report, attempt 1" });
// What a task returned has its type here too.
const words: string[] | undefined = result.nodeResults.words.result;
assert.equal(words?.[3], "yet");
