/** What a task is given of its upstreams: to the reader an object that cannot be changed. */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor } from "../../src/index.js";
import { graphOf } from "../support/graph-text.js";
import { each } from "../support/runs.js";

type Inputs = Readonly<Record<string, unknown>>;

/** What `read` makes of the inputs of the last node; every other node puts out its name in capitals. */
async function seen(dag: DAG, read: (inputs: Inputs) => unknown): Promise<unknown> {
  const last = dag.topologicalSort().at(-1) as string;
  const result = await new DAGExecutor(dag).execute(each((inputs, { name }) => (name === last ? read(inputs) : name.toUpperCase())));
  return result.orThrow().get(last).result;
}

const two = graphOf("a, b -> z");

describe("inputs", () => {
  test.each<[what: string, read: (inputs: Inputs) => unknown, expected: unknown]>([
    ["destructuring", ({ a, b }) => [a, b], ["A", "B"]],
    ["destructuring of what is not there", ({ c = "none" }) => c, "none"],
    ["the rest of a destructuring", ({ a, ...rest }) => rest, { b: "B" }],
    ["a spread", (inputs) => ({ ...inputs }), { a: "A", b: "B" }],
    ["Object.keys", (inputs) => Object.keys(inputs), ["a", "b"]],
    [
      "Object.entries",
      (inputs) => Object.entries(inputs),
      [
        ["a", "A"],
        ["b", "B"],
      ],
    ],
    ["Reflect.ownKeys", (inputs) => Reflect.ownKeys(inputs), ["a", "b"]],
    [
      "for in",
      (inputs) => {
        const keys = [];
        for (const key in inputs) keys.push(key);
        return keys;
      },
      ["a", "b"],
    ],
    ["in", (inputs) => ["a" in inputs, "z" in inputs, "toString" in inputs], [true, false, false]],
    ["Object.hasOwn", (inputs) => [Object.hasOwn(inputs, "b"), Object.hasOwn(inputs, "node")], [true, false]],
    ["JSON", (inputs) => JSON.stringify(inputs), '{"a":"A","b":"B"}'],
    ["inspect", (inputs) => inspect(inputs), "[Object: null prototype] { a: 'A', b: 'B' }"],
    ["template text of one", ({ a }) => `${a}`, "A"],
    ["the prototype", (inputs) => Object.getPrototypeOf(inputs), null],
    ["a symbol", (inputs) => (inputs as Record<symbol, unknown>)[Symbol.iterator], undefined],
    ["structuredClone of a copy", (inputs) => structuredClone({ ...inputs }), { a: "A", b: "B" }],
    ["Object.assign", (inputs) => Object.assign({}, inputs), { a: "A", b: "B" }],
    ["two readings", (inputs) => new Set([inputs.a, inputs.a]).size, 1],
  ])("%s", async (_, read, expected) => expect(await seen(two, read)).toEqual(expected));

  test.each<[what: string, change: (inputs: Record<string, unknown>) => unknown]>([
    [
      "assignment",
      (inputs) => {
        inputs.a = 1;
      },
    ],
    [
      "a new key",
      (inputs) => {
        inputs.c = 1;
      },
    ],
    ["delete", (inputs) => delete inputs.a],
    ["defineProperty", (inputs) => Object.defineProperty(inputs, "a", { value: 1 })],
    ["setPrototypeOf", (inputs) => Object.setPrototypeOf(inputs, {})],
    ["freeze", (inputs) => Object.freeze(inputs)],
    ["structuredClone of the view itself", (inputs) => structuredClone(inputs)],
  ])("refuse %s", async (_, change) => {
    const outcome = await seen(two, (inputs) => {
      expect(() => change(inputs)).toThrow();
      return { ...inputs };
    });
    expect(outcome).toEqual({ a: "A", b: "B" });
  });

  test.each([0, 1, 8, 9, 100])("of %i upstreams come in node order", async (count) => {
    const names = Array.from({ length: count }, (_, i) => `u${i}`);
    const builder = DAG.builder();
    builder.addNodes([...names, "stranger", "z"]);
    for (const name of [...names].reverse()) builder.addEdge(name, "z");
    const dag: DAG = builder.build();
    const result = await new DAGExecutor(dag, 3).execute(
      each((inputs, { name }) => {
        if (name !== "z") return name;
        return {
          keys: Object.keys(inputs),
          values: names.map((key) => inputs[key]),
          strangers: ["stranger", "z", "nobody"].map((key) => key in inputs),
        };
      }),
    );
    expect(result.get("z").result).toEqual({ keys: names, values: names, strangers: [false, false, false] });
  });

  test("have any name", async () => {
    const names = ["7", "__proto__", "constructor", "inputs", "node", "then", "toJSON", "a b", "é\n"];
    const builder = DAG.builder();
    builder.addNodes([...names, "z"]);
    for (const name of names) builder.addEdge(name, "z");
    const dag: DAG = builder.build();
    const result = await new DAGExecutor(dag).execute(
      each((inputs, { name }) =>
        name === "z" ? [Object.keys(inputs), names.map((key) => inputs[key]), Object.getPrototypeOf(inputs)] : `<${name}>`,
      ),
    );
    expect(result.get("z").result).toEqual([names, names.map((name) => `<${name}>`), null]);
  });

  test("that returned nothing are there and undefined", async () => {
    const result = await new DAGExecutor(graphOf("a -> z")).execute(
      each((inputs, { name }) => (name === "z" ? ["a" in inputs, inputs.a] : undefined)),
    );
    expect(result.get("z").result).toEqual([true, undefined]);
  });

  test("stay what they were for a later attempt, and after an await", async () => {
    const given: unknown[] = [];
    await new DAGExecutor(graphOf("a -> z"), { retry: 3 }).execute({
      a: () => "A",
      z: async (inputs, { attempt }) => {
        await null;
        given.push({ ...inputs });
        if (attempt < 3) throw new Error("again");
      },
    });
    expect(given).toEqual([{ a: "A" }, { a: "A" }, { a: "A" }]);
  });
});
