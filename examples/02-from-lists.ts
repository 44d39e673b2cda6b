/**
 * `DAG.from`: every node with the nodes it needs. The compiler knows all names at once, so a misspelt one is an error in the editor.
 *
 *               ┌─> flour ─┐
 *     shopping ─┤          ├─> dough ──> bread
 *               └─> yeast ─┘
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor } from "dagny";

const dag = DAG.from({
  shopping: [],
  flour: ["shopping"],
  yeast: ["shopping"],
  dough: ["flour", "yeast"],
  bread: ["dough"],
});

interface Basket {
  readonly flour: number;
  readonly yeast: number;
}

// In one object literal the compiler infers inputs one step from a root; beyond it, say what you expect: it checks that it is so.
const result = await new DAGExecutor(dag, 2).execute({
  shopping: () => ({ flour: 500, yeast: 7 }),
  flour: ({ shopping }: { shopping: Basket }) => shopping.flour,
  yeast: ({ shopping }: { shopping: Basket }) => shopping.yeast,
  dough: ({ flour, yeast }: { flour: number; yeast: number }) => flour + yeast,
  bread: ({ dough }: { dough: number }) => `a loaf of ${dough} g`,
});

console.log(result.nodeResults.bread.result);

assert.deepEqual(dag.topologicalSort(), ["shopping", "flour", "yeast", "dough", "bread"]);
assert.equal(result.nodeResults.bread.result, "a loaf of 507 g");
