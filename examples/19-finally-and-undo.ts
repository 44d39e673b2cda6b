/**
 * What happens when a run fails: what was done is taken back, downstreams first, and finally-nodes run.
 *
 *     flight ──> hotel ──> pay
 *                           ┆
 *                         notify (finally)
 */
import assert from "node:assert/strict";
import { DAG, DAGExecutor } from "dagny";

const log: string[] = [];
const note = (text: string): string => {
  log.push(text);
  return text;
};

function trip(card: "good" | "declined") {
  return DAG.builder()
    .task("flight", () => note("book flight"), { undo: () => void note("cancel flight") })
    .task("hotel", ["flight"], () => note("book hotel"), { undo: () => void note("cancel hotel") })
    .task("pay", ["hotel"], () => {
      if (card === "declined") throw new Error("card declined");
      return note("pay");
    })
    .task("notify", ["pay"], ({ pay }) => note(`notify: ${pay ?? "sorry"}`), { finally: true })
    .build();
}

const failed = await new DAGExecutor(trip("declined"), { undo: true }).execute();
console.log(log.join(", "));
assert.equal(failed.status, "failed");
assert.deepEqual(log.splice(0), ["book flight", "book hotel", "cancel hotel", "cancel flight", "notify: sorry"]);

const paid = await new DAGExecutor(trip("good"), { undo: true }).execute();
console.log(log.join(", "));
assert.equal(paid.status, "completed");
assert.deepEqual(log, ["book flight", "book hotel", "pay", "notify: pay"]);
