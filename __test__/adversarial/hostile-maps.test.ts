/**
 * Maps over what is no list, has no end, lies about itself or throws half-way; iterators are closed once, whatever ends the map; and
 * items keep their index where the run grows between them.
 */
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor, InvalidOptionError, LimitExceededError, map, subDag, type TaskContext, TimeoutError } from "../../src/index.js";
import { fails, returns, takes } from "../../src/testing/index.js";
import { type CaseFlow, simulationOf } from "../support/cases.js";
import { boom, never, noThen, resisting, twiceThen } from "../support/hostile-values.js";

type Over = () => Iterable<unknown>;

function mapOver(
  over: () => unknown,
  each: (item: unknown, context: TaskContext) => unknown = returns("done"),
  more: object = {},
): unknown {
  return map({ over: over as Over, each, concurrency: 2, maxItems: 5, ...more });
}

function flowOver(over: () => unknown, more: Partial<CaseFlow> = {}): CaseFlow {
  return { graph: "a -> b", tasks: { a: mapOver(over) }, nodes: { a: { nodeTimeoutMs: 100 } }, ...more };
}

function iterating(next: () => unknown): object {
  return { [Symbol.iterator]: () => ({ next }) };
}

function asyncIterating(next: () => unknown): object {
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

/** Gives `item` for ever, and notes when it is closed. */
function endless(closed: string[]): Iterable<unknown> {
  return {
    *[Symbol.iterator]() {
      try {
        for (;;) yield "item";
      } finally {
        closed.push("closed");
      }
    },
  };
}

function endlessAsync(closed: string[]): AsyncIterable<unknown> {
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) yield "item";
      } finally {
        closed.push("closed");
      }
    },
  };
}

test.each([
  ["undefined", () => undefined],
  ["a number", () => 17],
  ["text, which nobody means as a list of its characters", () => "abc"],
  ["an object", () => ({})],
  ["a function", () => boom],
])("a map over %s is a typed error that names the map and says what it takes", async (_, over) => {
  const result = await simulationOf(flowOver(over)).finish();
  expect(result.get("a")).toMatchObject({ status: "failed", reason: "error" });
  expect(result.get("a").error?.cause).toBeInstanceOf(InvalidOptionError);
  expect(String(result.get("a").error?.cause)).toMatch(/"a".*an array, an iterable object or an async iterable/);
});

test.each<[string, () => unknown, string]>([
  ["throws", boom, "boom"],
  ["rejects", async () => boom(), "boom"],
  ["gives an object that hides its `then`", () => noThen, "no then here"],
  ["gives a proxy that resists", resisting, "no prototype here"],
  ["gives an iterator without `next`", () => ({ [Symbol.iterator]: () => ({}) }), "not a function"],
  ["gives no iterator", () => ({ [Symbol.iterator]: () => null }), "null"],
  ["throws when asked for its iterator", () => ({ [Symbol.asyncIterator]: boom }), "boom"],
  ["gives no step", () => iterating(() => undefined), "undefined"],
  ["throws at a step", () => iterating(boom), "boom"],
  ["gives no async step", () => asyncIterating(() => undefined), "undefined"],
  ["throws at an async step", () => asyncIterating(boom), "boom"],
  ["rejects an async step", () => asyncIterating(async () => boom()), "boom"],
])("a map whose `over` %s fails with that", async (_, over, says) => {
  const result = await simulationOf(flowOver(over)).finish();
  expect(result.get("a")).toMatchObject({ status: "failed", reason: "error" });
  expect(result.get("a").error?.message).toContain(says);
});

test.each<[string, () => unknown]>([
  ["an array", () => [1, 2, 3, 4, 5, 6]],
  ["a sparse array, however long", () => new Array(4e9)],
  ["an endless iterable", () => endless([])],
  ["an endless async iterable", () => endlessAsync([])],
])("a map over %s of more than `maxItems` fails with reason `limit`", async (_, over) => {
  const result = await simulationOf(flowOver(over)).finish();
  expect(result.get("a")).toMatchObject({ status: "failed", reason: "limit" });
  expect(result.get("a").error?.cause).toBeInstanceOf(LimitExceededError);
  expect(result.get("a").error?.message).toContain("`maxItems`");
});

test.each<[string, () => unknown, readonly unknown[]]>([
  ["a sparse array", () => new Array(3), [undefined, undefined, undefined]],
  ["an array with a `slice` of its own", () => Object.assign([1, 2], { slice: () => "x" }), [1, 2]],
  ["a promise of an array", async () => [1, 2], [1, 2]],
  ["a thenable that says an array first", () => twiceThen([1, 2]), [1, 2]],
  ["a typed array", () => new Uint8Array([7, 8]), [7, 8]],
  ["a map's entries", () => new Map([["k", 1]]), [["k", 1]]],
])("a map over %s has its items", async (_, over, items) => {
  const tasks = { a: mapOver(over, (item) => item) };
  const result = await simulationOf({ graph: "a", tasks }).finish();
  expect(result.get("a").result).toEqual(items);
});

describe("an iterator that is not read to its end is closed, once", () => {
  const kinds = [
    ["sync", endless],
    ["async", endlessAsync],
  ] as const;

  test.each(kinds)("when the run is cancelled (%s)", async (_, iterable) => {
    const closed: string[] = [];
    const sim = simulationOf({ graph: "a", tasks: { a: mapOver(() => iterable(closed), takes(3), { maxItems: 1000 }) } });
    await sim.at(10, (run) => run.cancel()).finish();
    expect(closed).toEqual(["closed"]);
  });

  test.each(kinds)("when an item fails (%s)", async (_, iterable) => {
    const closed: string[] = [];
    await simulationOf({ graph: "a", tasks: { a: mapOver(() => iterable(closed), takes(3, fails())) } }).finish();
    expect(closed).toEqual(["closed"]);
  });

  test.each(kinds)("when there are too many (%s)", async (_, iterable) => {
    const closed: string[] = [];
    await simulationOf(flowOver(() => iterable(closed))).finish();
    expect(closed).toEqual(["closed"]);
  });

  test("when it never answers and the node is out of time", async () => {
    const closed: string[] = [];
    const over = (): object => ({ [Symbol.asyncIterator]: () => ({ next: never, return: () => closed.push("closed") }) });
    const result = await simulationOf(flowOver(over)).finish();
    expect(result.get("a").error).toBeInstanceOf(TimeoutError);
    expect(closed).toEqual(["closed"]);
  });

  test.each([
    ["throws", boom],
    ["never returns", never],
  ])("and a `return` that %s changes nothing", async (_, end) => {
    const over = (): object => ({ [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }), return: end }) });
    const result = await simulationOf(flowOver(over)).finish();
    expect(result.get("a")).toMatchObject({ status: "failed", reason: "limit" });
  });
});

test.each([
  ["the run is cancelled", (run: { cancel(): void }) => run.cancel()],
  ["the map is cancelled", (run: { cancelNodes(node: string): void }) => run.cancelNodes("a")],
])("items that are promised come too late when %s: nothing is opened", async (_, stop) => {
  const closed: string[] = [];
  let opened = 0;
  let give: (items: unknown) => void = () => {};
  const late = new Promise((resolve) => {
    give = resolve;
  });
  const items = {
    [Symbol.asyncIterator]: () => {
      opened++;
      return endlessAsync(closed)[Symbol.asyncIterator]();
    },
  };
  const sim = simulationOf({ graph: "a; c", tasks: { a: mapOver(() => late), c: takes(50) } });
  sim.at(10, (run) => {
    stop(run);
    give(items);
  });
  const result = await sim.finish();
  expect(result.get("a").status).toBe("cancelled");
  expect(opened).toBe(0);
});

describe("items that add nodes to the run", () => {
  const grows = (item: unknown, ctx: TaskContext): unknown => {
    ctx.addNodes([{ name: `more-${ctx.index}`, task: returns("grown") }]);
    return `${ctx.index}:${item}`;
  };
  function* letters(): Generator<string> {
    yield* ["x", "y", "z"];
  }

  test.each([
    ["an array", () => ["x", "y", "z"]],
    ["an iterable that is read bit by bit", letters],
  ])("leave the others their index, the output and `maxItems` alone, over %s", async (_, over) => {
    const sim = simulationOf({ graph: "a", tasks: { a: mapOver(over, grows, { concurrency: 1, maxItems: 3 }) } });
    const result = await sim.finish();
    expect(result.get("a").result).toEqual(["0:x", "1:y", "2:z"]);
    expect(result.get("a/more-1").result).toBe("grown");
  });
});

test("a graph per item grows inside its own item", async () => {
  const task = (_inputs: unknown, ctx: TaskContext): void => {
    ctx.addNodes([{ name: "more", needs: ["first"], task: (_, inner) => [inner.index, inner.params, inner.path.join("/")] }]);
  };
  const each = DAG.builder().task("first", task).build();
  const result = await simulationOf({ graph: "a", tasks: { a: map({ over: () => ["x", "y"], each }) } }).finish();
  expect(result.get("a/1/more").result).toEqual([1, "y", "a/1/more"]);
});

test.each<[string, { readonly params?: () => unknown; readonly output?: () => unknown }]>([
  ["params", { params: async () => boom() }],
  ["output", { output: async () => boom() }],
])("a sub-DAG whose `%s` promises and rejects leaves no rejection unhandled", async (_, options) => {
  const inner = DAG.builder().task("x", returns(1)).build();
  const result = await simulationOf({ graph: "a", tasks: { a: subDag(inner, options) } }).finish();
  expect(result.status).toBe("completed");
});

test("100,000 items of an async iterable do not take the square of their number", async () => {
  async function* numbers(): AsyncGenerator<number> {
    for (let i = 0; i < 100_000; i++) yield i;
  }
  const dag = DAG.builder()
    .task("a", map({ over: () => numbers(), each: (n) => n + 1 }))
    .build();
  const result = await new DAGExecutor(dag, 4).execute();
  expect(result.nodeResults.a.result?.length).toBe(100_000);
  expect(result.nodeResults.a.result?.[99_999]).toBe(100_000);
});
