/** Argo's enhanced `depends` and Airflow's trigger rules, as joins: every node ends as their documentation says. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { DAG, DAGExecutor, type JoinOption, type TaskContext } from "../../src/index.js";

const file = fileURLToPath(new URL("../../../shared/data/argo/dag-enhanced-depends.yaml", import.meta.url));

/** What Argo calls the end of a task, as states of ours. */
const argoStates: Readonly<Record<string, string>> = {
  Succeeded: "completed",
  Failed: "failed",
  Errored: "failed",
  Skipped: "skipped",
  Omitted: "blocked",
};

/** An Argo expression as one of ours. A bare name stands for Succeeded, Skipped or Daemoned. */
function exprOf(depends: string): string {
  return depends.replace(/([A-Za-z][\w-]*)(?:\.(\w+))?/g, (_, name: string, state?: string) => {
    const quoted = JSON.stringify(name);
    return state === undefined ? `(${quoted}.completed || ${quoted}.skipped)` : `${quoted}.${argoStates[state]}`;
  });
}

function namesIn(depends: string): string[] {
  return [...new Set([...depends.matchAll(/([A-Za-z][\w-]*)(?:\.\w+)?/g)].map(([, name = ""]) => name))];
}

describe.skipIf(!existsSync(file))("Argo's dag-enhanced-depends.yaml", () => {
  it.each([true, false])("ends as its names say, failFast %s", async (failFast) => {
    const entries = [
      ...readFileSync(file, "utf8").matchAll(/- name: (\S+)\n(?: +depends: "?([^"#\n]*[^"#\n\s])"?.*\n)? +template: (\w+)/g),
    ];
    expect(entries).toHaveLength(7);
    const draft = new DAG();
    for (const [, name = "", depends, template] of entries) {
      const task = (): void => {
        if (template === "fail") throw new Error("exit 1");
      };
      draft.addNode(name, depends === undefined ? {} : { join: { expr: exprOf(depends) } }).setTask(name, task);
      for (const upstream of namesIn(depends ?? "")) draft.addEdge(upstream, name);
    }
    const { nodeResults } = await new DAGExecutor(draft, { failFast }).execute();
    const ran = Object.values(nodeResults).flatMap(({ name, status }) => (status === "completed" ? [name] : []));
    expect(ran).toEqual(["A", "B", "should-execute-1", "should-execute-2", "should-execute-3"]);
    expect(nodeResults.C?.status).toBe("failed");
    expect(nodeResults["should-not-execute"]).toMatchObject({ status: "skipped", reason: "upstreamFailed" });
  });
});

type End = "completed" | "failed" | "skipped" | "blocked";

/** Whether a node with this join runs after upstreams `a` and `b` that ended so. */
async function runsAfter(join: JoinOption, a: End, b: End): Promise<boolean> {
  const draft = new DAG().addNode("broken").addNode("n", { join });
  for (const [name, end] of [
    ["a", a],
    ["b", b],
  ] as const) {
    draft.addNode(name, end === "skipped" ? { condition: () => false } : {}).addEdge(name, "n");
    if (end === "blocked") draft.addEdge("broken", name);
    draft.setTask(name, () => {
      if (end === "failed") throw new Error(name);
    });
  }
  draft.setTask("broken", () => {
    throw new Error("broken");
  });
  draft.setTask("n", () => {});
  const { nodeResults } = await new DAGExecutor(draft, { failFast: false }).execute();
  return nodeResults.n?.status === "completed";
}

const settled = (name: string): string => `(${name}.completed || !${name}.completed)`;
const isSkipped = (name: string): string => `(${name}.skipped || ${name}.filtered)`;
const isBad = (end: End): boolean => end === "failed" || end === "blocked";

/** Airflow's trigger rules: success, failed, upstream_failed (blocked) and skipped are its ends. */
const triggerRules: readonly (readonly [string, JoinOption, (ends: readonly End[]) => boolean])[] = [
  ["all_success", "allCompleted", (ends) => ends.every((end) => end === "completed")],
  ["all_failed", "allFailed", (ends) => ends.every(isBad)],
  ["all_done", "allSettled", () => true],
  ["all_skipped", { expr: `${isSkipped("a")} && ${isSkipped("b")}` }, (ends) => ends.every((end) => end === "skipped")],
  ["one_failed", "anyFailed", (ends) => ends.some(isBad)],
  ["one_success", "anyCompleted", (ends) => ends.includes("completed")],
  [
    "one_done",
    { expr: "a.completed || a.failed || b.completed || b.failed" },
    (ends) => ends.some((end) => end === "completed" || end === "failed"),
  ],
  ["none_failed", "noneFailed", (ends) => !ends.some(isBad)],
  ["none_failed_min_one_success", "noneFailedOneCompleted", (ends) => !ends.some(isBad) && ends.includes("completed")],
  ["none_skipped", { expr: "!a.skipped && !b.skipped" }, (ends) => !ends.includes("skipped")],
  [
    "all_done_min_one_success",
    { expr: `(a.completed || b.completed) && ${settled("a")} && ${settled("b")}` },
    (ends) => ends.includes("completed"),
  ],
];

const ends: readonly End[] = ["completed", "failed", "skipped", "blocked"];
const cases = triggerRules.flatMap(([rule, join, expected]) =>
  ends.flatMap((a) => ends.map((b) => [rule, a, b, join, expected([a, b])] as const)),
);

describe("Airflow's trigger rules", () => {
  it.each(cases)("%s after %s and %s", async (_, a, b, join, expected) => {
    expect(await runsAfter(join, a, b)).toBe(expected);
  });

  it("all_done_min_one_success waits for all", async () => {
    const order: string[] = [];
    const draft = new DAG().addNodes([["a", { priority: 1 }], "slow", "b"]);
    draft.addNode("n", { join: { expr: `(a.completed || b.completed) && ${settled("a")} && ${settled("b")}` } });
    draft.addEdges([
      ["slow", "b"],
      ["a", "n"],
      ["b", "n"],
    ]);
    await new DAGExecutor(draft, 1).execute((_: object, ctx: TaskContext) => order.push(ctx.name));
    expect(order).toEqual(["a", "slow", "b", "n"]);
  });
});
