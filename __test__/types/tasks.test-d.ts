/** What the compiler infers and refuses: each input is `toEqualTypeOf` what is meant, and never any. */
import { describe, expectTypeOf, it } from "vitest";
import { DAG, DAGExecutor, type TaskContext } from "../../src/index.js";

interface Row {
  readonly id: number;
}

const rows: Row[] = [];
const lists = DAG.from({ extract: [], transform: ["extract"], load: ["transform"] });

describe("names", () => {
  it("are followed by every way to a graph", () => {
    type Names = "extract" | "transform" | "load";
    expectTypeOf(lists.topologicalSort()).toEqualTypeOf<Names[]>();
    const chained = DAG.builder().addNode("extract").addNode("transform").addNode("load").addEdge("extract", "transform").build();
    expectTypeOf(chained.topologicalSort()).toEqualTypeOf<Names[]>();
    const bulk = DAG.builder()
      .addNodes(["extract", ["transform", { cost: 1 }], { name: "load" }])
      .addEdges([["extract", "load"]])
      .build();
    expectTypeOf(bulk.topologicalSort()).toEqualTypeOf<Names[]>();
    expectTypeOf(lists.criticalPath().path).toEqualTypeOf<readonly Names[]>();
    expectTypeOf(lists.get("load").name).toEqualTypeOf<"load">();
    expectTypeOf(lists.merge(DAG.from({ notify: [] })).roots()).toEqualTypeOf<(Names | "notify")[]>();
  });

  it("are strings where they are known only at run time", () => {
    const names: string[] = [];
    const loose = DAG.builder()
      .addNodes(names)
      .addEdge(names[0] ?? "", "x")
      .build();
    expectTypeOf(loose.topologicalSort()).toEqualTypeOf<string[]>();
    expectTypeOf(DAG.from(new Map([["a", []]])).roots()).toEqualTypeOf<string[]>();
    expectTypeOf(new DAG().addNode("a").roots()).toEqualTypeOf<string[]>();
  });

  it("of any graph fit where any graph is asked for", () => {
    expectTypeOf(lists).toExtend<DAG>();
    expectTypeOf(lists.reverse()).toExtend<DAG>();
    expectTypeOf(new DAG()).toExtend<DAG>();
  });

  it("that no node has are refused", () => {
    // @ts-expect-error extarct is no node
    lists.get("extarct");
    // @ts-expect-error extarct is no node
    lists.ancestors("extarct");
    // @ts-expect-error aa is no node
    DAG.from({ a: [], b: ["aa"] });
    // @ts-expect-error bb was never added
    DAG.builder().addNode("a").addEdge("a", "bb").build();
    // @ts-expect-error bb was never added
    DAG.builder()
      .addNodes(["a"])
      .addEdges([["a", "bb"]])
      .build();
    const builder = DAG.builder().task("a", () => 1);
    // @ts-expect-error aa was not added before
    builder.task("b", ["aa"], () => 2);
    // @ts-expect-error built graphs do not change
    lists.addNode("x");
  });
});

describe("tasks given with the nodes", () => {
  it("see what their upstreams return, at any depth", () => {
    const flow = DAG.builder()
      .task("extract", () => rows)
      .task("ids", ["extract"], async ({ extract }) => {
        expectTypeOf(extract).toEqualTypeOf<Row[]>();
        return extract.map(({ id }) => id);
      })
      .task("count", ["ids", "extract"], (inputs, ctx) => {
        expectTypeOf(inputs).toEqualTypeOf<{ readonly ids: number[]; readonly extract: Row[] }>();
        expectTypeOf(ctx).toEqualTypeOf<TaskContext>();
        return `${inputs.ids.length}`;
      })
      .task("nothing", ["count"], () => {})
      .build();
    const run = new DAGExecutor(flow, 2).execute();
    expectTypeOf<Awaited<typeof run>["nodeResults"]["extract"]["result"]>().toEqualTypeOf<Row[] | undefined>();
    expectTypeOf<Awaited<typeof run>["nodeResults"]["ids"]["result"]>().toEqualTypeOf<number[] | undefined>();
    expectTypeOf<Awaited<typeof run>["nodeResults"]["count"]["result"]>().toEqualTypeOf<string | undefined>();
  });

  it("in a diamond see both sides", () => {
    DAG.builder()
      .task("a", () => 1)
      .task("b", ["a"], ({ a }) => `${a}`)
      .task("c", ["a"], ({ a }) => [a])
      .task("d", ["b", "c"], (inputs) => {
        expectTypeOf(inputs).toEqualTypeOf<{ readonly b: string; readonly c: number[] }>();
      });
  });

  it("see nothing that they do not need", () => {
    DAG.builder()
      .task("a", () => 1)
      .task("b", () => 2)
      // @ts-expect-error a is no upstream
      .task("c", ["b"], ({ a }) => a);
    DAG.builder()
      .task("a", () => 1)
      // @ts-expect-error a returns a number
      .task("b", ["a"], ({ a }: { a: string }) => a);
  });

  it("see unknown, never any, of a node without a task", () => {
    DAG.builder()
      .addNode("a")
      .task("b", ["a"], ({ a }) => {
        expectTypeOf(a).toEqualTypeOf<unknown>();
        expectTypeOf(a).not.toBeAny();
      });
  });
});

describe("tasks given to a run", () => {
  it("see what a root returns, and unknown beyond", async () => {
    const result = await new DAGExecutor(lists, 4).execute({
      extract: async () => rows,
      transform: ({ extract }) => {
        expectTypeOf(extract).toEqualTypeOf<Row[]>();
        return extract.length;
      },
      load: ({ transform }, ctx) => {
        expectTypeOf(transform).toEqualTypeOf<unknown>();
        expectTypeOf(transform).not.toBeAny();
        expectTypeOf(ctx).toEqualTypeOf<TaskContext>();
        return true;
      },
    });
    expectTypeOf(result.nodeResults.extract.result).toEqualTypeOf<Row[] | undefined>();
    expectTypeOf(result.nodeResults.transform.result).toEqualTypeOf<number | undefined>();
    expectTypeOf(result.get("load").result).toEqualTypeOf<boolean | undefined>();
  });

  it("may be methods, take no argument, and say what they expect", async () => {
    const result = await new DAGExecutor(lists).execute(
      {
        async extract() {
          return rows;
        },
        transform: ({ extract }: { extract: Row[] }) => extract.map(({ id }) => id),
        load() {},
      },
      { signal: AbortSignal.abort() },
    );
    expectTypeOf(result.nodeResults.transform.result).toEqualTypeOf<number[] | undefined>();
  });

  it("may be written before", async () => {
    const tasks = { extract: () => rows, transform: (inputs: { extract: Row[] }) => inputs.extract, load: () => "done" };
    const result = await new DAGExecutor(lists).execute(tasks);
    expectTypeOf(result.nodeResults.load.result).toEqualTypeOf<string | undefined>();
  });

  it("are refused where they do not fit", () => {
    const executor = new DAGExecutor(lists);
    // @ts-expect-error load has no task
    void executor.execute({ extract: () => rows, transform: () => 1 });
    // @ts-expect-error laod is no node
    void executor.execute({ extract: () => rows, transform: () => 1, load: () => 2, laod: () => 3 });
    // @ts-expect-error extract returns rows
    void executor.execute({ extract: () => rows, transform: ({ extract }: { extract: string }) => extract, load: () => 2 });
    // @ts-expect-error load is no upstream of transform
    void executor.execute({ extract: () => rows, transform: ({ load }) => load, load: () => 2 });
    // @ts-expect-error 5 is no task
    void executor.execute({ extract: 5, transform: () => 1, load: () => 2 });
    // @ts-expect-error nothing was given a task
    void executor.execute();
  });

  it("may stand in for a task of the graph that returns the same", () => {
    const flow = DAG.builder()
      .task("a", () => 1)
      .task("b", ["a"], ({ a }) => a)
      .build();
    void new DAGExecutor(flow).execute({ a: async () => 2 });
    // @ts-expect-error b was promised a number
    void new DAGExecutor(flow).execute({ a: () => "2" });
  });

  it("of a graph known only at run time are not checked", () => {
    const loose: DAG = lists;
    void new DAGExecutor(loose).execute({
      anything: ({ upstream }) => {
        expectTypeOf(upstream).toEqualTypeOf<unknown>();
      },
    });
  });
});
