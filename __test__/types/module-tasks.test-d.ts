/** What the compiler infers of tasks that name their function by module: as of the function itself, wherever a task may stand. */
import { describe, expectTypeOf, it } from "vitest";
import { DAG, DAGExecutor, defineTasks, loop, map, type TaskContext, type TaskDefinition, task } from "../../src/index.js";
import type * as numbers from "../fixtures/modules/numbers.mjs";

interface Photo {
  readonly width: number;
}

const here = "file:///tasks.js";

const tasks = defineTasks(here, {
  photos: (): Photo[] => [],
  async count({ photos }: { photos: Photo[] }) {
    return photos.length;
  },
  resize: (photo: Photo, context: TaskContext) => ({ ...photo, index: context.index }),
  withParams: (_: unknown, context: TaskContext<{ day: string }>) => context.params.day,
  unannotated(inputs, context) {
    expectTypeOf(inputs).toBeUnknown();
    expectTypeOf(context).toEqualTypeOf<TaskContext>();
    return 1;
  },
});

describe("defineTasks", () => {
  it("infers what goes in and what comes out", () => {
    expectTypeOf(tasks.photos).toEqualTypeOf<TaskDefinition<unknown, Photo[]>>();
    expectTypeOf(tasks.count).toEqualTypeOf<TaskDefinition<{ photos: Photo[] }, number>>();
    expectTypeOf(tasks.resize).toEqualTypeOf<TaskDefinition<Photo, { index: number; width: number }>>();
    expectTypeOf(tasks.withParams).toEqualTypeOf<TaskDefinition<unknown, string>>();
    expectTypeOf(tasks.unannotated).toEqualTypeOf<TaskDefinition<unknown, number>>();
  });

  it("refuses what is no function", () => {
    // @ts-expect-error five is no function
    defineTasks(here, { five: 5 });
    // @ts-expect-error there is no task of this name
    void tasks.nothing;
  });
});

describe("task.module", () => {
  it("has the types of the function it is told of", () => {
    expectTypeOf(task.module<typeof numbers.sum>(here, "sum")).toEqualTypeOf<TaskDefinition<Record<string, number>, number>>();
    expectTypeOf(task.module<typeof numbers.five>(new URL(here), "five")).toEqualTypeOf<TaskDefinition<unknown, number>>();
  });

  it("takes and gives anything where it is told of none", () => {
    expectTypeOf(task.module(here, "sum")).toEqualTypeOf<TaskDefinition<unknown, unknown>>();
  });

  it("refuses types that are no function's", () => {
    // @ts-expect-error pi is a number
    task.module<typeof numbers.pi>(here, "pi");
    // @ts-expect-error a name is missing
    task.module(here);
  });
});

describe("a graph", () => {
  const flow = DAG.builder()
    .task("photos", tasks.photos, { on: "thread" })
    .task("count", ["photos"], tasks.count)
    .task("resized", ["photos"], map({ over: ({ photos }) => photos, each: tasks.resize }), { on: "thread" })
    .task("widths", ["photos"], map({ over: ({ photos }) => photos, each: (photo: Photo) => photo.width }))
    .task("resizedToo", ["photos"], map({ each: tasks.resize, allowFailures: true }))
    .task("text", ["count"], ({ count }) => {
      expectTypeOf(count).toEqualTypeOf<number>();
      return count.toFixed();
    })
    .task("again", loop({ body: tasks.unannotated, until: (round) => round > 2, limit: 5 }))
    .build();

  it("infers through such tasks", async () => {
    const { nodeResults } = await new DAGExecutor(flow, { on: "thread", pool: { threads: 2 }, maxCrashes: 1 }).execute();
    expectTypeOf(nodeResults.photos.result).toEqualTypeOf<Photo[] | undefined>();
    expectTypeOf(nodeResults.resized.result).toEqualTypeOf<{ index: number; width: number }[] | undefined>();
    expectTypeOf(nodeResults.widths.result).toEqualTypeOf<number[] | undefined>();
    expectTypeOf(nodeResults.text.result).toEqualTypeOf<string | undefined>();
    expectTypeOf(nodeResults.again.result).toEqualTypeOf<number | undefined>();
  });

  it("refuses one whose inputs its upstreams do not give", () => {
    const builder = DAG.builder().task("photos", () => 5);
    // @ts-expect-error photos gives a number
    builder.task("count", ["photos"], tasks.count);
    // @ts-expect-error it is about photos, and nothing is upstream
    DAG.builder().task("count", tasks.count);
    // @ts-expect-error an item is a number
    map({ over: () => [1, 2], each: tasks.resize });
  });

  it("takes them for a run, too", async () => {
    const lists = DAG.from({ photos: [], count: ["photos"], text: ["count"] });
    const result = await new DAGExecutor(lists).execute({
      photos: tasks.photos,
      count: tasks.count,
      text: ({ count }: { count: number }) => count.toFixed(),
    });
    expectTypeOf(result.nodeResults.photos.result).toEqualTypeOf<Photo[] | undefined>();
    expectTypeOf(result.nodeResults.count.result).toEqualTypeOf<number | undefined>();
    // @ts-expect-error photos gives text
    new DAGExecutor(lists).execute({ photos: () => "a", count: tasks.count, text: () => "" });
  });
});

describe("options", () => {
  it("say where code runs in two words", () => {
    // @ts-expect-error there is no such place
    DAG.builder().addNode("a", { on: "moon" });
    DAG.builder().addNode("a", { on: "thread", maxCrashes: 0 }).addNode("b").addEdge("a", "b", { move: true });
  });
});
