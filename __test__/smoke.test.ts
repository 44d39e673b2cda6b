import { test } from "vitest";
import { DAG, DAGExecutor, map, subDag, loop, waitFor, approval, sleep } from "../src/index.js";
test("map", async () => {
  const d = DAG.builder().task("list", () => [1, 2, 3]).task("m", ["list"], map({ each: (x: number, ctx) => x * 10 + ctx.index })).task("sum", ["m"], ({ m }) => m).build();
  const r = await new DAGExecutor(d).execute();
  console.log(r, r.get("sum").result, r.get(["m", 1]), r.get("m/2").result, [...r.get("m").nodes()].map((n) => n.name), r.get("sum").madeFrom, r.get("m").attempts);
});
test("sub", async () => {
  const inner = DAG.builder().task("x", (_: unknown, ctx) => ctx.params).task("y", ["x"], ({ x }) => [x]).build();
  const d = DAG.builder().task("a", () => 7).task("s", ["a"], subDag(inner)).task("z", ["s"], (i) => i).build();
  const r = await new DAGExecutor(d).execute();
  console.dir([r, r.get("z").result, r.get("s/x"), r.get(["s", "y"]).path], { depth: 6 });
});
test("loop", async () => {
  const d = DAG.builder().task("a", () => 7).task("l", ["a"], loop({ body: ({ a }: { a: number }, ctx) => a + ctx.iteration, until: (o) => (o as number) >= 10, limit: 10 })).task("z", ["l"], (i) => i).build();
  const h = new DAGExecutor(d).start(undefined, { onEvent: (e) => console.log(JSON.stringify(e)) });
  const r = await h.result;
  console.dir([r, r.get("z").result, r.get(["l", 2])], { depth: 6 });
});
test("waits", async () => {
  const d = DAG.builder().task("w", waitFor({ signal: "go" })).task("ap", approval()).task("sl", sleep(20)).task("f", async (_: unknown, ctx) => { await ctx.sleep(10); return ctx.waitFor("hello"); }).build();
  const h = new DAGExecutor(d).start(undefined, { });
  await new Promise((r) => setTimeout(r, 50));
  console.log(h.waits, h.status);
  h.signal("go", 5); h.approve("ap", "yes"); h.signal("hello", "you");
  const r = await h.result;
  console.dir([r, r.get("w").result, r.get("ap").result, r.get("f")], { depth: 6 });
});
test("grow", async () => {
  const d = DAG.builder().task("a", (_: unknown, ctx) => { ctx.addNodes([{ name: "b", needs: ["a"], task: ({ a }: any) => a + 1 }, { name: "c", needs: ["b"], task: ({ b }: any) => b + 1 }]); ctx.addEdges([["c", "z"]]); return 1; }).task("z", ["a"], (i) => ({ ...i })).build();
  const r = await new DAGExecutor(d).execute();
  console.dir([r, r.nodeResults, (r.get("z") as any).result], { depth: 6 });
});
test("joins", async () => {
  const d = DAG.builder().addNode("a").addNode("b").addNode("c", { join: "anyFailed" }).addNode("d", { condition: () => false }).addNode("e", { finally: true }).addEdge("a", "c").addEdge("b", "c").addEdge("b", "d").build();
  const r = await new DAGExecutor(d).execute({ a: () => { throw new Error("no"); }, b: () => 1, c: (i: object) => ({ ...i }), d: () => 1, e: () => 5 } as never);
  console.dir([r, (r as any).nodeResults, (r as any).explain("d")], { depth: 6 });
});
