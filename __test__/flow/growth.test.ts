/** Rules of nodes that are added to a run: their joins may name nodes of the run, and what is wrong with them is said at once. */
import { describe, expect, it } from "vitest";
import { DAG, DAGExecutor, type GrowthEntry, map, type TaskContext } from "../../src/index.js";

/** Runs `a -> grow`, beside `b`, which fails; `grow` adds these nodes, one call a list. */
async function grown(...calls: readonly (readonly GrowthEntry[])[]) {
  const dag = DAG.builder()
    .task("a", () => 1)
    .task(
      "b",
      (): never => {
        throw new Error("b");
      },
      { onFailure: "allow" },
    )
    .task("grow", ["a"], (_: object, ctx: TaskContext) => {
      for (const entries of calls) ctx.addNodes(entries);
      return [1, 2];
    })
    .build();
  const result = await new DAGExecutor(dag as DAG, { maxWorkers: 2, pools: { gpu: 1 } }).execute();
  return Object.fromEntries(Object.values(result.nodeResults).map((node) => [node.name, node]));
}

const names = (inputs: object): string => Object.keys(inputs).join();

describe("a node that is added", () => {
  it("may have an expression over nodes of the run and new ones", async () => {
    const nodes = await grown([
      { name: "g", needs: ["grow", "b"], join: { expr: "grow.completed && b.failed" }, task: names },
      { name: "h", needs: ["b", "g", "a"], join: { expr: "b.failed && g.completed && a.completed" }, task: names },
      { name: "i", needs: ["h", "b"], join: { expr: "h.failed || b.completed" }, task: names },
    ]);
    expect(nodes.g).toMatchObject({ status: "completed", result: "grow" });
    expect(nodes.h).toMatchObject({ status: "completed", result: "a,g" });
    expect(nodes.i).toMatchObject({ status: "skipped", reason: "upstreamFailed" });
  });

  it("may speak of nodes that were asked for before", async () => {
    const nodes = await grown(
      [{ name: "g", needs: ["a"], task: () => [1, 2] }],
      [
        { name: "h", needs: ["g"], task: map({ over: ({ g }: { g: number[] }) => g, each: (item) => item * 2 }) },
        { name: "i", needs: ["h", "b"], join: { expr: "h.completed && !b.completed" }, task: names },
      ],
      [{ name: "j", needs: ["h"], task: map<{ h: number[] }, number>({ each: (item) => item + 1 }) }],
    );
    expect(nodes.h?.result).toEqual([2, 4]);
    expect(nodes.i?.result).toBe("h");
    expect(nodes.j?.result).toEqual([3, 5]);
  });

  it.each<[string, unknown, string]>([
    [
      "an expression that names no upstream",
      { name: "g", needs: ["a"], join: { expr: "aa.failed" }, task: names },
      '"aa" is no upstream of "g"; did you mean "a"?',
    ],
    ["wrong options", { name: "g", task: names, cost: -1 }, 'node "g": `cost` must be a finite number of at least 0'],
    ["no task", { name: "g" }, 'node "g": `task` must be a function, or what map'],
    ["a map over nothing", { name: "g", task: map({ each: names }) }, "where a map has not one upstream alone (here 0)"],
    ["an unknown pool", { name: "g", task: names, resources: { gpus: 1 } }, 'the executor has no pool "gpus"; did you mean "gpu"?'],
    ["too large a need", { name: "g", task: names, resources: { gpu: 2 } }, 'needs 2 of pool "gpu", which has 1'],
    [
      "a new key",
      { name: "g", task: names, concurrencyKey: "k" },
      'the run has no concurrency key "k"; a node of the graph it started with must name it',
    ],
    ["nothing", null, "`nodes` must be a list of { name, task, needs? }, received null"],
    [
      "needs that are a text",
      { name: "g", needs: "a", task: names },
      'node "g": `needs` must be a list of names of nodes, received "a" (string)',
    ],
  ])("is refused with %s", async (_, entry, message) => {
    const { grow } = await grown([entry as GrowthEntry]);
    expect(grow).toMatchObject({ status: "failed", reason: "error" });
    expect(String(grow?.error)).toContain(message);
  });
});
