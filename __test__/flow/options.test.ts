/** Options of nodes, edges and definitions: what is wrong with them is said when they are given. */
import { describe, expect, it } from "vitest";
import { DAG } from "../../src/dag/dag.js";
import type { EdgeOptions, NodeOptions, TaskPolicy } from "../../src/dag/options.js";
import { ConflictingOptionsError } from "../../src/errors/index.js";
import { TaskDefinition } from "../../src/flow/definition.js";
import { approval, loop, map, sleep, subDag, waitFor } from "../../src/flow/definitions.js";
import { thrownBy } from "../support/thrown-by.js";

/** Options as somebody writes them who has no compiler. */
function wrong<T>(options: unknown): T {
  return options as T;
}

const pass = (): number => 1;

describe("node options", () => {
  it.each([
    [
      "a NaN deadline",
      { nodeTimeoutMs: Number.NaN },
      "`nodeTimeoutMs` must be a finite number above 0, in milliseconds, received NaN (number)",
    ],
    ["no deadline at all", { nodeTimeoutMs: 0 }, "`nodeTimeoutMs` must be a finite number above 0"],
    ["an unknown rule", { join: "allDone" }, '`join` must be "allCompleted", "anyCompleted", "allSettled"'],
    ["an expression as text", { join: "a.completed" }, 'an expression is written { expr: "a.completed || b.failed" }'],
    ["a number as join", { join: 5 }, "`join` must be a rule's name, { expr } or a tree, received 5 (number)"],
    ["an expression that is none", { join: { expr: 5 } }, "`join.expr` must be a string, received 5 (number)"],
    ["an expression and more", { join: { expr: "a.failed", of: 1 } }, "there is no option `join.of`"],
    ["a condition that is none", { condition: true }, "`condition` must be a function, received true (boolean)"],
    ["a cache that is none", { cached: {} }, "`cached` must be a function"],
    ["an undo that is none", { undo: "x" }, "`undo` must be a function"],
    ["another onFailure", { onFailure: "ignore" }, '`onFailure` must be "fail", "allow" or "continue", received "ignore" (string)'],
    ["a finally that is no boolean", { finally: 1 }, "`finally` must be true or false, received 1 (number)"],
    ["finally with a join", { finally: true, join: "anyFailed" }, "a finally-node runs when its upstreams have settled: leave out `join`"],
    ["other effects", { effects: "none" }, '`effects` must be "pure", "idempotent" or "external"'],
    ["resources that are a list", { resources: ["gpu"] }, "`resources` must be an object of amounts by pool, received an array of 1"],
    [
      "NaN of a pool",
      { resources: { gpu: Number.NaN } },
      '`resources["gpu"]` must be an integer from 1 to 4294967295, received NaN (number)',
    ],
    ["less than nothing of a pool", { resources: { gpu: -1 } }, '`resources["gpu"]` must be an integer from 1'],
    ["half of a pool's unit", { resources: { gpu: 1.5 } }, '`resources["gpu"]` must be an integer from 1'],
    ["a key that is none", { concurrencyKey: 5 }, "`concurrencyKey` must be a non-empty string, received 5 (number)"],
    ["an empty key", { concurrencyKey: "" }, "`concurrencyKey` must be a non-empty string"],
    ["a key without name", { concurrencyKey: { limit: 2 } }, "`concurrencyKey.key` must be a non-empty string, received undefined"],
    ["a key with limit 0", { concurrencyKey: { key: "k", limit: 0 } }, "`concurrencyKey.limit` must be an integer from 1"],
    ["a key with other options", { concurrencyKey: { key: "k", most: 2 } }, "there is no option `concurrencyKey.most`"],
    ["a rate that is none", { rate: 5 }, "`rate` must be a non-empty string, received 5 (number)"],
    ["rates that are none", { rate: ["api", ""] }, "`rate[1]` must be a non-empty string"],
    ["another backoff", { retry: { maxAttempts: 2, backoff: "slow" } }, '`retry.backoff` must be "fixed", "linear" or "exponential"'],
    ["a NaN delay", { retry: { maxAttempts: 2, delayMs: Number.NaN } }, "`retry.delayMs` must be a finite number of at least 0"],
    [
      "a factor below 1",
      { retry: { maxAttempts: 2, backoff: "exponential", delayMs: 1, factor: 0.5 } },
      "`retry.factor` must be a finite number of at least 1",
    ],
    [
      "a factor that does nothing",
      { retry: { maxAttempts: 2, delayMs: 1, factor: 3 } },
      'counts for an exponential delay only: add `backoff: "exponential"`',
    ],
    [
      "a cap below 0",
      { retry: { maxAttempts: 2, delayMs: 1, maxDelayMs: -1 } },
      "`retry.maxDelayMs` must be a finite number of at least 0",
    ],
    [
      "jitter above 1",
      { retry: { maxAttempts: 2, delayMs: 1, jitter: 2 } },
      "`retry.jitter` must be true, false or a number from 0 to 1, received 2 (number)",
    ],
    ["a backoff without delay", { retry: { maxAttempts: 2, backoff: "linear" } }, "`retry.backoff` needs `retry.delayMs`"],
    ["delays without attempts", { retry: { delayMs: 5, jitter: true } }, "`retry.delayMs`, `retry.jitter` need `retry.maxAttempts`"],
    [
      "a retryOn that is none",
      { retry: { maxAttempts: 2, retryOn: 5 } },
      "`retry.retryOn` must be an error code, a class of errors or a function",
    ],
    ["a retryOn of which one is none", { retry: { maxAttempts: 2, retryOn: ["E", ""] } }, "`retry.retryOn[1]` must be an error code"],
  ])("refuse %s", (_, options, message) => {
    expect(() => DAG.builder().addNode("a", wrong<NodeOptions>(options)).build()).toThrow(message);
    expect(() => DAG.builder().task("a", pass, wrong<TaskPolicy>(options)).build()).toThrow('node "a": ');
    expect(() => new DAG().addNode("a", wrong<NodeOptions>(options))).toThrow(message);
  });

  it("are shown as they were given", () => {
    class Busy extends Error {}
    const condition = (): boolean => true;
    const options: NodeOptions = {
      nodeTimeoutMs: 5,
      retry: { maxAttempts: 3, backoff: "exponential", delayMs: 10, maxDelayMs: 50, jitter: true, retryOn: ["EBUSY", Busy] },
      join: "anyCompleted",
      condition,
      onFailure: "allow",
      resources: { gpu: 2 },
      concurrencyKey: "k",
      rate: "api",
      effects: "external",
    };
    expect(DAG.builder().addNode("a", options).build().get("a")).toEqual({
      name: "a",
      nodeTimeoutMs: 5,
      retry: { maxAttempts: 3, backoff: "exponential", delayMs: 10, factor: 2, maxDelayMs: 50, jitter: 1, retryOn: ["EBUSY", Busy] },
      join: "anyCompleted",
      condition,
      onFailure: "allow",
      resources: { gpu: 2 },
      concurrencyKey: { key: "k", limit: undefined },
      rate: ["api"],
      effects: "external",
    });
  });

  it("of a draft are replaced one by one, a retry as a whole", () => {
    const draft = new DAG().addNode("a", { retry: { maxAttempts: 3, delayMs: 5 }, finally: true });
    draft.setNode("a", { retry: 2, finally: false });
    expect(draft.get("a")).toEqual({ name: "a", retry: { maxAttempts: 2 }, finally: false });
  });
});

describe("edge options", () => {
  it.each([
    ["a condition that is none", { condition: 1 }, "`condition` must be a function, received 1 (number)"],
    ["a filter that is none", { filter: "x" }, "`filter` must be a function"],
    ["a choice without name", { choice: "" }, "`choice` must be a non-empty string"],
  ])("refuse %s", (_, options, message) => {
    const build = () => DAG.builder().addNodes(["a", "b"]).addEdge("a", "b", wrong<EdgeOptions>(options)).build();
    expect(build).toThrow(`edge "a" -> "b": ${message}`);
  });
});

describe("nodes together", () => {
  it.each([
    [
      "an ordinary node after a finally-node",
      () => DAG.builder().task("a", pass, { finally: true }).task("b", ["a"], pass).build(),
      'node "b": follows the finally-node "a", after which nothing else may run: make it a finally-node, too, or remove the edge',
    ],
    [
      "resources at a wait",
      () =>
        DAG.builder()
          .task("a", sleep(1), { resources: { gpu: 1 } })
          .build(),
      'node "a": `resources`: a wait holds nothing while it goes on: leave it out',
    ],
    [
      "a key at a sub-DAG",
      () => DAG.builder().task("a", subDag(DAG.builder().build()), { concurrencyKey: "k" }).build(),
      'node "a": `concurrencyKey`: a sub-DAG holds nothing while it goes on: give it to the nodes inside',
    ],
    [
      "a rate at a loop",
      () =>
        DAG.builder()
          .task("a", loop({ body: pass, until: () => true, limit: 1 }), { rate: "api" })
          .build(),
      'node "a": `rate`: a loop holds nothing while it goes on: give it to the nodes inside',
    ],
    [
      "resources at a map over graphs",
      () =>
        DAG.builder()
          .task("a", map({ over: () => [1], each: DAG.builder().build() }), { resources: { gpu: 1 } })
          .build(),
      'node "a": `resources`: a map over graphs holds nothing while it goes on: give it to the nodes inside',
    ],
  ])("refuse %s", (_, build, message) => {
    const error = thrownBy(build);
    expect(error).toBeInstanceOf(ConflictingOptionsError);
    expect(String(error)).toContain(message);
  });

  it("refuse a map without `over` that has not one upstream", () => {
    const build = () =>
      DAG.builder()
        .task("a", pass)
        .task("b", pass)
        .task("m", ["a", "b"], map({ each: pass }))
        .build();
    expect(build).toThrow(
      'node "m": `over` must be a function of the inputs where a map has not one upstream alone (here 2), received undefined',
    );
  });

  it("allow a finally-node after another, and what means nothing to a wait", () => {
    DAG.builder().task("a", pass, { finally: true }).task("b", ["a"], pass, { finally: true }).build();
    DAG.builder().task("a", waitFor(), { timeoutMs: 5, retry: 3 }).build();
  });
});

describe("definitions", () => {
  const dag = DAG.builder().task("a", pass).build();

  it.each<[string, (options: never) => unknown, unknown, string]>([
    ["map", map, null, "map: `options` must be an object, received null"],
    ["map", map, {}, "map: `each` must be a function, a DAG, or what task.module or defineTasks makes, received undefined"],
    ["map", map, { each: 5 }, "map: `each` must be a function, a DAG, or what task.module or defineTasks makes, received 5 (number)"],
    ["map", map, { each: pass, over: [1, 2] }, "map: `over` must be a function, received an array of 2"],
    ["map", map, { each: pass, concurrency: 0 }, "map: `concurrency` must be an integer from 1 to 4294967295, received 0 (number)"],
    ["map", map, { each: pass, maxItems: Number.NaN }, "map: `maxItems` must be an integer from 1"],
    ["map", map, { each: pass, allowFailures: "yes" }, "map: `allowFailures` must be true or false"],
    ["map", map, { each: pass, concurency: 2 }, "map: there is no option `concurency`; did you mean `concurrency`?"],
    ["loop", loop, { body: pass, limit: 5 }, "loop: `until` must be a function, received undefined"],
    ["loop", loop, { body: pass, until: pass }, "loop: `limit` must be an integer from 1 to 4294967295, received undefined"],
    ["loop", loop, { body: dag, until: pass, limit: Number.POSITIVE_INFINITY }, "loop: `limit` must be an integer from 1"],
    ["waitFor", waitFor, { signal: "" }, "waitFor: `signal` must be a non-empty string"],
    [
      "waitFor",
      waitFor,
      { schema: 5 },
      "waitFor: `schema` must be a function, a Standard Schema, or an object with `parse`, received 5 (number)",
    ],
    [
      "waitFor",
      waitFor,
      { timeoutMs: -1 },
      "waitFor: `timeoutMs` must be a finite number of at least 0, in milliseconds, received -1 (number)",
    ],
    ["waitFor", waitFor, { default: 1 }, "waitFor: a `default` needs a `timeoutMs`"],
    ["approval", approval, { signal: "x" }, "approval: there is no option `signal`"],
    ["sleep", sleep, Number.NaN, "sleep: `ms` must be a finite number of at least 0, in milliseconds, received NaN (number)"],
    ["sleep", sleep, undefined, "sleep: `ms` must be a finite number of at least 0"],
  ])("%s(…) refuses %#", (_, define, options, message) => {
    expect(() => define(wrong<never>(options))).toThrow(message);
  });

  it("say what is wrong with a sub-DAG", () => {
    expect(() => subDag(wrong<typeof dag>({}))).toThrow("`dag` must be a DAG, received an object (Object)");
    expect(() => subDag(dag, wrong<object>({ failFast: 1, params: 2 }))).toThrow("the options of subDag have 2 faults");
  });

  it("are values of one class, whose kind can be read", () => {
    const all = [map({ each: pass }), subDag(dag), loop({ body: dag, until: () => true, limit: 1 }), waitFor(), approval(), sleep(0)];
    expect(all.map((definition) => definition.kind)).toEqual(["map", "subDag", "loop", "waitFor", "approval", "sleep"]);
    for (const definition of all) expect(definition).toBeInstanceOf(TaskDefinition);
  });

  it("take a snapshot of a draft", () => {
    const draft = new DAG().addNode("a");
    const definition = subDag(draft);
    draft.addNode("b");
    expect(TaskDefinition.specOf(definition)).toMatchObject({ core: { names: ["a"] } });
  });

  it("refuse to be nested without end", () => {
    let inner = DAG.builder().task("a", pass).build();
    const nest = (): void => {
      for (let depth = 0; depth < 1001; depth++) inner = wrong<typeof inner>(DAG.builder().task("a", subDag(inner)).build());
    };
    expect(nest).toThrow("subDag: containers may be at most 1000 levels deep");
  });
});
