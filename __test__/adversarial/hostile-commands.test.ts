/** Additions and commands that cannot be: each is a typed error that names what is wrong, and the run goes on to a defined end. */
import { expect, test } from "vitest";
import { approval, ContextError, type ErrorCode, type RunHandle, type TaskContext, waitFor } from "../../src/index.js";
import { takes } from "../../src/testing/index.js";
import { simulationOf } from "../support/cases.js";
import { boom, resisting } from "../support/hostile-values.js";

function codeOf(call: () => unknown): unknown {
  try {
    call();
    return "nothing thrown";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}

const x = (more: object = {}) => ({ name: "x", task: () => "x", ...more });

test.each<[string, unknown, ErrorCode]>([
  ["a name that there is", [{ ...x(), name: "b" }], "DUPLICATE_NODE"],
  ["a name twice", [x(), x()], "DUPLICATE_NODE"],
  ["a cycle", [x({ needs: ["y"] }), { ...x({ needs: ["x"] }), name: "y" }], "CYCLE"],
  ["a node that needs itself", [x({ needs: ["x"] })], "SELF_LOOP"],
  ["a need that nobody is", [x({ needs: ["bb"] })], "NODE_NOT_FOUND"],
  ["needs that are no list", [x({ needs: 5 })], "INVALID_OPTION"],
  ["needs that are one text", [x({ needs: "a" })], "INVALID_OPTION"],
  ["needs that are no names", [x({ needs: [null] })], "INVALID_OPTION"],
  ["nothing for a node", [null], "INVALID_OPTION"],
  ["a number for nodes", 5, "INVALID_OPTION"],
  ["a number for a name", [{ ...x(), name: 5 }], "INVALID_NAME"],
  ["no task", [{ name: "x" }], "INVALID_OPTION"],
  ["an option that there is not", [x({ retires: 3 })], "UNKNOWN_OPTION"],
  ["a pool that there is not", [x({ resources: { gpu: 1 } })], "POOL_NOT_FOUND"],
  ["a join over no upstream", [x({ needs: ["a"], join: { expr: "q.completed" } })], "JOIN_EXPRESSION"],
])("adding %s is refused where it is asked for, and adds nothing", async (_, nodes, code) => {
  let thrown: unknown;
  const a = (_inputs: unknown, ctx: TaskContext): void => {
    thrown = codeOf(() => ctx.addNodes(nodes as []));
  };
  const sim = simulationOf({ graph: "a -> b", tasks: { a } });
  expect((await sim.finish()).status).toBe("completed");
  expect(thrown).toBe(code);
  expect({ ...sim.outcomes }).toEqual({ a: "completed", b: "completed" });
});

test("an addition may have a join over nodes that the run has already", async () => {
  const a = (_inputs: unknown, ctx: TaskContext): void =>
    ctx.addNodes([x({ needs: ["a", "z"], join: { expr: "a.completed && z.skipped" } })]);
  const sim = simulationOf({ graph: "a; z", tasks: { a }, nodes: { z: { condition: () => false } } });
  await sim.finish();
  expect(sim.outcomes["x"]).toBe("completed");
});

test("waiting or growing after one's own attempt has ended is a typed error", async () => {
  let kept: TaskContext | undefined;
  const a = (_inputs: unknown, ctx: TaskContext): void => {
    kept = ctx;
  };
  await simulationOf({ graph: "a", tasks: { a } }).finish();
  for (const call of [() => kept?.sleep(1), () => kept?.waitFor("x"), () => kept?.addNodes([x()])]) expect(call).toThrow(ContextError);
});

test.each<[string, (run: RunHandle) => unknown, ErrorCode]>([
  ["approve a node that waits for nobody", (run) => run.approve("c"), "SIGNAL_REFUSED"],
  ["approve nobody", (run) => run.approve("ww"), "NODE_NOT_FOUND"],
  ["approve a number", (run) => run.approve(5 as never), "INVALID_OPTION"],
  ["approve nothing", (run) => run.approve(null as never), "INVALID_OPTION"],
  ["approve twice", (run) => [run.approve("w"), run.approve("w")], "SIGNAL_REFUSED"],
  ["reject what was approved", (run) => [run.approve("w"), run.reject("w")], "SIGNAL_REFUSED"],
  ["send a signal without a name", (run) => run.signal(""), "INVALID_OPTION"],
  ["send a signal to nobody", (run) => run.signal("s", 1, { node: "q" }), "NODE_NOT_FOUND"],
  ["send what a schema refuses", (run) => run.signal("s", "text"), "SIGNAL_REFUSED"],
  ["cancel nobody", (run) => run.cancelNodes("q"), "NODE_NOT_FOUND"],
  ["cancel a number", (run) => run.cancelNodes(5 as never), "INVALID_OPTION"],
  ["listen for no types", (run) => run.subscribe({ types: 5 as never }), "INVALID_OPTION"],
  ["listen with no filter", (run) => run.subscribe(null as never), "INVALID_OPTION"],
  ["add an edge to what runs", (run) => [run.addNodes([x()]), run.addEdges([["x", "c"]])], "GROWTH_REFUSED"],
])("to %s is a typed error, and the run goes on", async (_, command, code) => {
  const schema = (value: unknown): number => (typeof value === "number" ? value : boom());
  const sim = simulationOf({ graph: "w; v; c", tasks: { w: approval(), v: waitFor({ signal: "s", schema }), c: takes(100) } });
  let thrown: unknown;
  sim.at(5, (run) => {
    thrown = codeOf(() => command(run));
  });
  sim.at(10, (run) => codeOf(() => run.approve("w"))).at(10, (run) => run.signal("s", 1));
  expect((await sim.finish()).status).toBe("completed");
  expect(thrown).toBe(code);
});

test.each<[string, (run: RunHandle) => unknown, string]>([
  ["approve", (run) => run.approve("w"), "RUN_OVER"],
  ["signal", (run) => run.signal("s"), "RUN_OVER"],
  ["addNodes", (run) => run.addNodes([x()]), "RUN_OVER"],
  ["cancel", (run) => run.cancel(), "nothing thrown"],
  ["pause", (run) => run.pause(), "nothing thrown"],
  ["cancelNodes", (run) => run.cancelNodes("w"), "nothing thrown"],
])("%s after the end is refused, or changes nothing", async (_, command, code) => {
  const sim = simulationOf({ graph: "w" });
  const result = await sim.finish();
  expect(codeOf(() => command(sim.handle))).toBe(code);
  expect([sim.handle.status, result.status]).toEqual(["completed", "completed"]);
});

test("a cancel while paused ends the run; a reason that resists being looked at changes nothing", async () => {
  const sim = simulationOf({ graph: "a -> b; w", tasks: { a: takes(10), w: approval() } });
  sim.at(1, (run) => run.pause()).at(20, (run) => run.cancel(resisting()));
  const result = await sim.finish();
  expect({ ...sim.outcomes }).toEqual({ a: "completed", b: "cancelled", w: "cancelled" });
  expect(result.get("b").why).toContain("the run was cancelled");
});

test("a rejection for a reason that resists being looked at fails the node", async () => {
  const sim = simulationOf({ graph: "w -> b", tasks: { w: approval() } });
  const result = await sim.at(1, (run) => run.reject("w", resisting())).finish();
  expect({ ...sim.outcomes }).toEqual({ w: "failed (rejected)", b: "skipped (upstreamFailed)" });
  expect(result.get("b").why).toContain('"w" was rejected');
});
