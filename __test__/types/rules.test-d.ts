/** What the compiler knows of joins, failures, conditions, containers and waits; see also `tasks.test-d.ts`. */
import { describe, expectTypeOf, it } from "vitest";
import {
  approval,
  type BasicContext,
  DAG,
  DAGExecutor,
  type ItemOutcome,
  loop,
  map,
  type RunOptions,
  sleep,
  subDag,
  type TaskContext,
  type TaskDefinition,
  type TaskFunction,
  type TaskPolicy,
  waitFor,
} from "../../src/index.js";

interface Row {
  readonly id: number;
}

const rows: Row[] = [];
const start = DAG.builder()
  .task("rows", () => rows)
  .task("count", ["rows"], (inputs) => inputs.rows.length);

describe("inputs under a join", () => {
  it("may be missing unless all have to complete", () => {
    start.task("a", ["rows", "count"], (inputs) => {
      expectTypeOf(inputs).toEqualTypeOf<{ readonly rows: Row[]; readonly count: number }>();
    });
    start.task(
      "a",
      ["rows", "count"],
      (inputs) => {
        expectTypeOf(inputs).toEqualTypeOf<{ readonly rows: Row[]; readonly count: number }>();
      },
      { join: "allCompleted", retry: 3 },
    );
    type Optional = { readonly rows: Row[] | undefined; readonly count: number | undefined };
    start.task("a", ["rows", "count"], (inputs) => expectTypeOf(inputs).toEqualTypeOf<Optional>(), { join: "anyCompleted" });
    start.task("a", ["rows", "count"], (inputs) => expectTypeOf(inputs).toEqualTypeOf<Optional>(), { join: "allSettled" });
    start.task("a", ["rows", "count"], (inputs) => expectTypeOf(inputs).toEqualTypeOf<Optional>(), { join: "anyFailed" });
    start.task("a", ["rows", "count"], (inputs) => expectTypeOf(inputs).toEqualTypeOf<Optional>(), { join: "allFailed" });
    start.task("a", ["rows", "count"], (inputs) => expectTypeOf(inputs).toEqualTypeOf<Optional>(), { join: "noneFailed" });
    start.task("a", ["rows", "count"], (inputs) => expectTypeOf(inputs).toEqualTypeOf<Optional>(), { join: "noneFailedOneCompleted" });
    start.task("a", ["rows", "count"], (inputs) => expectTypeOf(inputs).toEqualTypeOf<Optional>(), {
      join: { expr: "rows.completed || count.failed" },
    });
    start.task("a", ["rows", "count"], (inputs) => expectTypeOf(inputs).toEqualTypeOf<Optional>(), {
      join: { or: [{ node: "rows", is: "completed" }, { not: { node: "count", is: "failed" } }] },
    });
    start.task("a", ["rows", "count"], (inputs) => expectTypeOf(inputs).toEqualTypeOf<Optional>(), { finally: true });
  });

  it("may be missing of an upstream whose failure lets the run go on", () => {
    DAG.builder()
      .task("a", () => 1, { onFailure: "continue" })
      .task("b", () => 2, { onFailure: "allow" })
      .task("c", ["a", "b"], (inputs) => {
        expectTypeOf(inputs).toEqualTypeOf<{ readonly a: number | undefined; readonly b: number }>();
      });
  });

  it("may be missing in tasks given to the run, too", async () => {
    const dag = DAG.builder()
      .addNode("a")
      .addNode("b", { onFailure: "continue" })
      .addNode("any", { join: "anyCompleted" })
      .addNode("all")
      .addNode("last", { finally: true })
      .addEdges([
        ["a", "any"],
        ["b", "any"],
        ["a", "all"],
        ["b", "all"],
        ["a", "last"],
      ])
      .build();
    expectTypeOf(dag).toExtend<DAG>();
    await new DAGExecutor(dag).execute({
      a: () => 1,
      b: () => "x",
      any: (inputs) => {
        expectTypeOf(inputs.a).toEqualTypeOf<number | undefined>();
        expectTypeOf(inputs.b).toEqualTypeOf<string | undefined>();
      },
      all: (inputs) => {
        expectTypeOf(inputs.a).toEqualTypeOf<number>();
        expectTypeOf(inputs.b).toEqualTypeOf<string | undefined>();
      },
      last: ({ a }) => {
        expectTypeOf(a).toEqualTypeOf<number | undefined>();
      },
    });
  });

  it("may be missing where the compiler cannot tell the join", () => {
    const policy: TaskPolicy = { retry: 3 };
    const known = { retry: 3 } satisfies TaskPolicy;
    start.task("a", ["count"], ({ count }) => expectTypeOf(count).toEqualTypeOf<number | undefined>(), policy);
    start.task("a", ["count"], ({ count }) => expectTypeOf(count).toEqualTypeOf<number>(), known);
  });

  it("has a rule of its own", () => {
    // @ts-expect-error there is no such rule
    start.task("a", ["rows"], () => 1, { join: "allDone" });
  });
});

describe("functions of a node", () => {
  it("see inputs and output", () => {
    start.task("a", ["rows", "count"], ({ rows, count }) => `${rows.length}${count}`, {
      condition: (inputs, ctx) => {
        expectTypeOf(inputs).toEqualTypeOf<{ readonly rows: Row[]; readonly count: number }>();
        expectTypeOf(ctx).toEqualTypeOf<BasicContext>();
        return inputs.count > 0;
      },
      undo: (output, ctx) => {
        expectTypeOf(output).toEqualTypeOf<string>();
        expectTypeOf(ctx).toEqualTypeOf<BasicContext>();
      },
      cached: ({ count }) => (count === 1 ? { value: "one" } : undefined),
    });
    // @ts-expect-error what is cached is what the task returns
    start.task("a", ["count"], ({ count }) => `${count}`, { cached: () => ({ value: 1 }) });
    // @ts-expect-error a condition answers with a boolean
    start.task("a", ["count"], ({ count }) => count, { condition: () => "yes" });
  });

  it("of an edge see its upstream's output", () => {
    const builder = start.addNode("a").addNode("b");
    builder.addEdge("count", "a", {
      condition: (count) => {
        expectTypeOf(count).toEqualTypeOf<number>();
        return count > 3;
      },
    });
    builder.addEdge("rows", "a", {
      filter: (row, index) => {
        expectTypeOf(row).toEqualTypeOf<Row>();
        expectTypeOf(index).toEqualTypeOf<number>();
        return row.id > 3;
      },
    });
    builder.addEdge("b", "a", { condition: (output) => expectTypeOf(output).toEqualTypeOf<unknown>() });
    builder.addEdge("b", "a", { condition: (rows: Row[]) => rows.length > 0 });
    // @ts-expect-error count is a number
    builder.addEdge("count", "a", { condition: (count: string) => count === "" });
  });
});

describe("definitions", () => {
  it("map gives a list of what each item gives", () => {
    start
      .task(
        "ids",
        ["rows"],
        map({
          over: ({ rows }) => rows,
          each: (row, ctx) => {
            expectTypeOf(row).toEqualTypeOf<Row>();
            expectTypeOf(ctx).toEqualTypeOf<TaskContext>();
            return row.id;
          },
          concurrency: 2,
        }),
        { retry: 3 },
      )
      .task("texts", ["ids"], map({ each: async (id) => `${id}` }))
      .task("outcomes", ["ids"], map({ each: (id) => id, allowFailures: true }))
      .task(
        "graphs",
        ["texts"],
        map({
          each: DAG.builder<string>()
            .task("t", (_, ctx) => ctx.params.length)
            .build(),
        }),
      )
      .task("last", ["ids", "texts", "outcomes", "graphs"], (inputs) => {
        expectTypeOf(inputs).toEqualTypeOf<{
          readonly ids: number[];
          readonly texts: string[];
          readonly outcomes: ItemOutcome<number>[];
          readonly graphs: { readonly t: number }[];
        }>();
      });
    // @ts-expect-error items are rows
    start.task("ids", ["rows"], map({ over: ({ rows }) => rows, each: (row: string) => row }));
    // @ts-expect-error count is no input
    start.task("ids", ["rows"], map({ over: ({ count }) => count, each: (row) => row }));
    async function* stream(): AsyncGenerator<Row> {}
    start.task("ids", map({ over: () => stream(), each: (row) => row.id })).task("x", ["ids"], ({ ids }) => {
      expectTypeOf(ids).toEqualTypeOf<number[]>();
    });
  });

  it("a sub-DAG gives its leaves, or what its output function makes of them", () => {
    const inner = DAG.builder<{ readonly limit: number }>()
      .task("a", (_, ctx) => {
        expectTypeOf(ctx.params).toEqualTypeOf<{ readonly limit: number }>();
        return ctx.params.limit;
      })
      .task("b", ["a"], ({ a }) => `${a}`)
      .task("c", ["a"], ({ a }) => [a])
      .build();
    start
      .task("leaves", ["count"], subDag(inner, { params: ({ count }) => ({ limit: count }) }))
      .task("text", ["count"], subDag(inner, { params: ({ count }) => ({ limit: count }), output: ({ b }) => b.length }))
      .task("last", ["leaves", "text"], (inputs) => {
        expectTypeOf(inputs).toEqualTypeOf<{
          readonly leaves: { readonly b: string; readonly c: number[] };
          readonly text: number;
        }>();
      });
    // @ts-expect-error limit is a number
    start.task("wrong", ["count"], subDag(inner, { params: ({ count }) => ({ limit: `${count}` }) }));
  });

  it("a loop gives what its body gives", () => {
    start
      .task("poll", ["count"], loop({ body: ({ count }, ctx) => count + ctx.iteration, until: (output) => output > 3, limit: 5 }))
      .task("last", ["poll"], ({ poll }) => expectTypeOf(poll).toEqualTypeOf<number>());
    // @ts-expect-error a loop has a limit
    loop({ body: () => 1, until: () => true });
  });

  it("waits give the payload", () => {
    start
      .task("any", waitFor({ signal: "go" }))
      .task("checked", waitFor({ signal: "go", schema: (value) => Number(value), timeoutMs: 5, default: 7 }))
      .task("gate", approval())
      .task("pause", ["count"], sleep(5))
      .task("last", ["any", "checked", "gate", "pause"], (inputs) => {
        expectTypeOf(inputs).toEqualTypeOf<{
          readonly any: unknown;
          readonly checked: number;
          readonly gate: unknown;
          readonly pause: undefined;
        }>();
      });
    // @ts-expect-error the default is a payload
    waitFor({ schema: (value) => Number(value), timeoutMs: 5, default: "7" });
  });

  it("may be given to the run, where their functions say what they take", async () => {
    const dag = DAG.from({ list: [], each: ["list"], wait: ["each"] });
    const result = await new DAGExecutor(dag).execute({
      list: () => [1, 2, 3],
      each: map({ over: ({ list }: { list: number[] }) => list, each: (item) => `${item.toFixed()}` }),
      wait: sleep(1),
    });
    expectTypeOf(result.nodeResults.each.result).toEqualTypeOf<string[] | undefined>();
    expectTypeOf(result.nodeResults.list.result).toEqualTypeOf<number[] | undefined>();
    await new DAGExecutor(dag).execute({
      list: () => [1, 2, 3],
      // @ts-expect-error list returns numbers
      each: map({ over: ({ list }: { list: string[] }) => list, each: (item) => item }),
      wait: sleep(1),
    });
  });

  it("under a join that does not need all inputs say themselves what may be missing", () => {
    start
      .task("ids", ["rows"], map({ over: ({ rows }: { rows: Row[] | undefined }) => rows ?? [], each: (row) => row.id }), {
        join: "allSettled",
      })
      .task("last", ["ids"], ({ ids }) => expectTypeOf(ids).toEqualTypeOf<number[]>());
    start.task("gate", ["rows"], approval(), { join: "allSettled" });
    start.task("pause", ["rows"], sleep(5), { finally: true });
    start.task("part", ["rows"], subDag(DAG.from({ a: [] })), { join: "anyFailed" });
    start.task("again", ["rows"], loop({ body: DAG.from({ a: [] }), until: () => true, limit: 1 }), { join: "anyFailed" });
    // @ts-expect-error rows may be missing
    start.task("ids", ["rows"], map({ over: ({ rows }) => rows, each: (row) => row.id }), { join: "allSettled" });
  });
});

describe("a task of either form", () => {
  it("is taken", () => {
    const task: TaskFunction<object, number> | TaskDefinition<object, number> = () => 1;
    start
      .task("root", task)
      .task("next", ["root"], task, { retry: 2 })
      .task("last", ["next"], ({ next }) => expectTypeOf(next).toEqualTypeOf<number>());
  });
});

describe("a generic function", () => {
  it("is followed", () => {
    function gathered<T>(inputs: Readonly<Record<string, T>>): Record<string, T> {
      return { ...inputs };
    }
    start.task("all", ["rows"], gathered).task("last", ["all"], ({ all }) => {
      expectTypeOf(all).toEqualTypeOf<Record<string, Row[]>>();
    });
  });
});

describe("parameters", () => {
  const flow = DAG.builder<{ readonly day: string }>()
    .task("a", (_, ctx) => ctx.params.day)
    .build();

  it("may be options of a run that know no nodes", async () => {
    const options: RunOptions = { signal: AbortSignal.abort() };
    await new DAGExecutor(start.build()).execute(undefined, options);
    await new DAGExecutor(start.build()).execute(undefined, { targets: ["count"], values: { rows: [] } });
    // @ts-expect-error no node is named so
    await new DAGExecutor(start.build()).execute(undefined, { targets: ["cuont"] });
  });

  it("are asked for where tasks read them", async () => {
    await new DAGExecutor(flow).execute(undefined, { params: { day: "today" } });
    // @ts-expect-error params are missing
    await new DAGExecutor(flow).execute();
    // @ts-expect-error a day is text
    await new DAGExecutor(flow).execute(undefined, { params: { day: 1 } });
  });
});
