/**
 * Conditions, filters, caches, `until`, `retryOn` and undo that throw, give what they should not, never answer, or answer twice. Each
 * has a defined outcome: the node that it guards fails and says why, a `retryOn` means no, an undo has failed; and the run ends.
 */
import { describe, expect, test } from "vitest";
import { InvalidOptionError, loop } from "../../src/index.js";
import { fails, returns } from "../../src/testing/index.js";
import { type CaseFlow, simulationOf } from "../support/cases.js";
import { boom, never, noThen, resisting, throwingThen, twiceThen } from "../support/hostile-values.js";

type Answer = () => never;

/** What a predicate gives, and what the message of its error must contain. */
const answers: readonly (readonly [name: string, give: () => unknown, says: string])[] = [
  ["throws", boom, "boom"],
  ["rejects", async () => boom(), "boom"],
  ["gives text", () => "yes", 'received "yes" (string)'],
  ["gives a number", () => 1, "received 1 (number)"],
  ["promises text", async () => "yes", 'received "yes" (string)'],
  ["gives an object that hides its `then`", () => noThen, "no then here"],
  ["gives a thenable that throws", () => throwingThen, "thrown by then"],
  ["gives a proxy that resists", resisting, "no prototype here"],
  ["never answers", never, "has not answered within 50 ms"],
];

/** Where a predicate stands: the flow with it there, and the node that fails by it. */
const places: readonly (readonly [name: string, flowOf: (give: Answer) => CaseFlow, node: string])[] = [
  ["a condition", (give) => ({ graph: "a -> b", nodes: { a: { condition: give, timeoutMs: 50 } } }), "a"],
  ["a cache", (give) => ({ graph: "a -> b", nodes: { a: { cached: give, timeoutMs: 50 } } }), "a"],
  ["an edge's condition", (give) => ({ graph: "a -> b", nodes: { b: { timeoutMs: 50 } }, edges: { "a -> b": { condition: give } } }), "b"],
  ["an edge's filter", (give) => ({ graph: "a -> b", nodes: { b: { timeoutMs: 50 } }, edges: { "a -> b": { filter: give } } }), "b"],
  ["a finally-node's condition", (give) => ({ graph: "x; a", nodes: { a: { finally: true, condition: give, timeoutMs: 50 } } }), "a"],
];

const rows = places.flatMap(([place, flowOf, node]) =>
  answers.map(([name, give, says]) => ({ title: `${place} that ${name}`, flow: flowOf(give as Answer), node, says })),
);

test.each(rows)("$title fails the node before its first attempt", async ({ flow, node, says }) => {
  const result = await simulationOf(flow).finish();
  expect(result.status).toBe("failed");
  expect(result.get(node)).toMatchObject({ status: "failed", reason: "error", attempt: 0 });
  expect(result.get(node).error?.message).toContain(says);
  expect(result.get(node).why).toContain(`"${node}" failed before its first attempt`);
});

test.each(places)("%s: what a thenable says first counts, and nothing after it", async (place, flowOf, node) => {
  const isCache = place === "a cache";
  const first = isCache ? { value: 7 } : true;
  const result = await simulationOf(flowOf((() => twiceThen(first)) as unknown as Answer)).finish();
  expect(result.status).toBe("completed");
  expect(result.get(node).result).toBe(isCache ? 7 : node);
});

describe("a loop's `until`", () => {
  test.each(answers.slice(0, -1))("that %s fails the loop", async (_, give, says) => {
    const body = returns(1);
    const result = await simulationOf({ graph: "a -> b", tasks: { a: loop({ body, until: give as Answer, limit: 3 }) } }).finish();
    expect(result.get("a")).toMatchObject({ status: "failed", reason: "error" });
    expect(result.get("a").error?.message).toContain(says);
  });

  test("that never answers runs into the loop's timeout, or is cancelled", async () => {
    const flow: CaseFlow = { graph: "a -> b", tasks: { a: loop({ body: returns(1), until: never, limit: 3 }) } };
    const timed = await simulationOf({ ...flow, nodes: { a: { timeoutMs: 50 } } }).finish();
    expect(timed.get("a")).toMatchObject({ status: "failed", reason: "timeout" });
    const cancelled = await simulationOf(flow)
      .at(10, (run) => run.cancel())
      .finish();
    expect(cancelled.status).toBe("cancelled");
  });
});

test.each(answers)("a `retryOn` that %s means no, and is told as an event", async (_, give) => {
  const sim = simulationOf({
    graph: "a",
    tasks: { a: fails("its own") },
    nodes: { a: { retry: { maxAttempts: 3, retryOn: give as Answer } } },
  });
  const result = await sim.finish();
  expect(sim.attempts["a"]).toEqual(["error"]);
  expect(result.get("a").error?.message).toContain("its own");
  expect(sim.events.filter(({ type }) => type === "retryOnFailed")).toHaveLength(1);
});

test.each([
  ["throws", boom, "failed"],
  ["rejects", async () => boom(), "failed"],
  ["gives a thenable that throws", () => throwingThen, "failed"],
  ["gives an object that hides its `then`", () => noThen, "failed"],
  ["gives a thenable that says it worked, and then that it did not", () => twiceThen("undone"), "completed"],
  ["never returns", never, "failed"],
])("an undo that %s has its outcome, and the rest is undone", async (_, give, status) => {
  const nodes = { a: { undo: returns() }, b: { undo: give, timeoutMs: 50 } };
  const result = await simulationOf({ graph: "a -> b -> c", tasks: { c: fails() }, nodes, executor: { undo: true } }).finish();
  expect(result.undone.map((it) => [it.node, it.status])).toEqual([
    ["b", status],
    ["a", "completed"],
  ]);
  if (status === "completed") expect(result.undone[0]?.error).toBeUndefined();
});

test("a predicate without an answer and without a limit ends with the run: by its timeout, or a cancel", async () => {
  const flow: CaseFlow = { graph: "a -> b", nodes: { a: { condition: never } } };
  expect((await simulationOf({ ...flow, executor: { runTimeoutMs: 30 } }).finish()).status).toBe("failed");
  const cancelled = simulationOf(flow).at(30, (run) => run.cancel());
  expect((await cancelled.finish()).status).toBe("cancelled");
});

test("the error of a predicate that gives no boolean is typed, and names the node", async () => {
  const result = await simulationOf({ graph: "a", nodes: { a: { condition: (() => "yes") as unknown as () => boolean } } }).finish();
  expect(result.get("a").error?.cause).toBeInstanceOf(InvalidOptionError);
  expect(String(result.get("a").error?.cause)).toContain('node "a"');
});
