/** The public executor against the reference model: random programs, played by the conventions of programs.json, event by event. */
import { expect, test } from "vitest";
import { ExecutorStage } from "../support/executor-stage.js";
import { ModelStage } from "../support/model-stage.js";
import { outputOf, type Played, type Program, play } from "../support/programs.js";
import { Random } from "../support/random.js";
import { randomProgram } from "../support/random-program.js";
import { forEachSeedAsync } from "../support/seeds.js";

test("the executor does what the model does", { timeout: 3_600_000 }, async () => {
  await forEachSeedAsync("executor = model", 600, async (seed) => {
    const program = randomProgram(new Random(seed), `seed ${seed}`);
    const [model, executor] = [new ModelStage(program), new ExecutorStage(program)];
    const [expected, actual] = [await play(program, model), await play(program, executor)];
    expect(executor.log).toEqual(model.log);
    expect(withoutValues(actual)).toEqual(withoutValues(expected));
    const functions = program.nodes.filter(({ does }) => !["wait", "map", "subdag", "loop"].includes(does)).map(({ id }) => id);
    for (const id of functions) expect([id, actual.inputs?.[id]]).toEqual([id, expected.inputs?.[id]]);
    // A late outcome of a node that did not complete gives nothing.
    for (const id of functions) expect([id, actual.outputs?.[id]]).toEqual([id, expected.outputs?.[id]]);
  });
});

test("no task is called without having begun, however long calls take", { timeout: 3_600_000 }, async () => {
  await forEachSeedAsync("slow calls", 300, async (seed) => {
    const program = randomProgram(new Random(seed), `seed ${seed}`, true);
    const executor = new ExecutorStage(program);
    const played = await play(program, executor);
    const started = executor.log.filter((line) => line.includes(" nodeStarted ")).map((line) => line.split(" ")[2]);
    expect(played.order).toEqual(started);
    expect(played.inputs).toEqual(inputsOf(program, played.order));
  });
});

// "A batch handed out together behaves as if handed out one by one" (DESIGN §4, row "slots").
test.each<[string, Record<string, string>]>([
  ["its own, and it returns", { a: "syncSlow:15", b: "ok" }],
  ["its own, and it goes on", { a: "asyncSlow:15", b: "ok" }],
  ["another's", { a: "hang", c: "syncSlow:15", b: "ok" }],
])("a deadline that passes inside a call stops the run before the next call: %s", async (_whose, does) => {
  const nodes = Object.keys(does).map((id) => ({ id, does: does[id] ?? "", policy: id === "a" ? { timeoutMs: 10 } : {} }));
  const program: Program = { id: "late call", title: "late call", nodes, edges: [], options: {}, expect: {} };
  const played = await play(program, new ExecutorStage(program));
  expect(played.order).not.toContain("b");
  expect(played).toMatchObject({ nodes: { a: "failed", b: "skipped" }, reasons: { a: "timeout", b: "failFast" } });
});

function withoutValues({ inputs: _, outputs: __, ...rest }: Played): object {
  return rest;
}

/** What each attempt is to be given: the outputs of its upstreams, every time. */
function inputsOf(program: Program, order: readonly string[]): Record<string, object[]> {
  const inputs: Record<string, object[]> = {};
  for (const id of order) {
    const upstreams = program.nodes.filter((node) => program.edges.some(([from, to]) => from === node.id && to === id));
    inputs[id] = [...(inputs[id] ?? []), Object.fromEntries(upstreams.map((node) => [node.id, outputOf(node)]))];
  }
  return inputs;
}
