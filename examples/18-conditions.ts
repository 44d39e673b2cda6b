/**
 * Conditions: exclusive branches that meet again, and an edge that lets only some items through.
 *
 *     order ──┬──> by hand  ──┬──> book
 *             └──> by board ──┘
 *     order ──(large items)──> inspect
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor } from "dagny";

interface Item {
  readonly name: string;
  readonly price: number;
}

const flow = DAG.builder()
  .task("order", (_inputs, ctx) => ctx.params as Item[])
  .task("by hand", ["order"], () => "a clerk", { condition: ({ order }) => order.length < 3 })
  .task("by board", ["order"], () => "the board", { condition: ({ order }) => order.length >= 3 })
  .task("book", ["by hand", "by board"], (inputs) => `booked by ${inputs["by hand"] ?? inputs["by board"]}`, {
    join: "noneFailedOneCompleted",
  })
  .addNode("inspect")
  .addEdge("order", "inspect", { filter: (item: Item) => item.price > 1_000 })
  .build();
const executor = new DAGExecutor(flow);
const inspect = ({ order }: { order: readonly Item[] }): string[] => order.map(({ name }) => name);

const small = await executor.execute({ inspect }, { params: [{ name: "pen", price: 2 }] });
assert.equal(small.get("book").result, "booked by a clerk");
assert.equal(small.get("by board").reason, "condition");
assert.equal(small.get("inspect").status, "filtered");

const large = ["desk", "car", "chair"].map((name) => ({ name, price: name === "car" ? 20_000 : 300 }));
const big = await executor.execute({ inspect }, { params: large });
assert.equal(big.get("book").result, "booked by the board");
assert.deepEqual(big.get("inspect").result, ["car"]);

for (const { nodeResults } of [small, big]) console.log(Object.values(nodeResults).map(({ name, status }) => `${name}: ${status}`));
