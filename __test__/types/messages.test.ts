/** What the compiler says of mistakes, and that it follows large graphs in work linear in their size. */
import { describe, expect, it } from "vitest";
import { checkSource } from "../support/compiler.js";
import { listsSource, taskChainSource, taskRecordSource } from "../support/typed-sources.js";

const head = `
  import { DAG, DAGExecutor } from "../../src/index.js";
  const lists = DAG.from({ extract: [], transform: ["extract"], load: ["transform"] });
  const executor = new DAGExecutor(lists);
`;

describe("the compiler's message", () => {
  it.each([
    [
      "a misspelt upstream",
      'DAG.from({ extract: [], load: ["extarct"] });',
      `Type '"extarct"' is not assignable to type '"extract" | "load"'`,
    ],
    [
      "a misspelt name",
      'lists.get("laod");',
      `Argument of type '"laod"' is not assignable to parameter of type '"extract" | "transform" | "load"'`,
    ],
    [
      "an edge to nowhere",
      'DAG.builder().addNode("a").addEdge("a", "bb").build();',
      `method's 'this' of type '"no node is named \\"bb\\""'`,
    ],
    [
      "a missing task",
      "void executor.execute({ extract: () => 1, transform: () => 2 });",
      `required in type '{ load: "no task was given for node \\"load\\""; }'`,
    ],
    [
      "an unknown task",
      "void executor.execute({ extract: () => 1, transform: () => 2, load: () => 3, laod: () => 4 });",
      `is not assignable to type '"no node is named \\"laod\\""'`,
    ],
    [
      "a wrong annotation",
      "void executor.execute({ extract: () => 1, transform: ({ extract }: { extract: string }) => extract, load: () => 3 });",
      "Types of property 'extract' are incompatible. Type 'number' is not assignable to type 'string'",
    ],
    [
      "an upstream that is none",
      "void executor.execute({ extract: () => 1, transform: ({ load }) => load, load: () => 3 });",
      "Property 'load' does not exist on type 'InputsOf<KeysOf<\"extract\">",
    ],
  ])("for %s says what is wrong", (_, source, message) => {
    const { errors } = checkSource(head + source);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.replace(/\s+/g, " ")).toContain(message);
  });
});

describe("large graphs", () => {
  it.each([
    ["DAG.from", listsSource, 1000],
    ["a .task chain", taskChainSource, 300],
    ["an object of tasks", taskRecordSource, 1000],
  ])("of %s are inferred to the end, in work linear in their size", (_, sourceOf, most) => {
    const empty = checkSource(sourceOf(2)).cost.instantiations;
    const half = checkSource(sourceOf(most / 2));
    const whole = checkSource(sourceOf(most));
    expect([...half.errors, ...whole.errors]).toEqual([]);
    expect(whole.cost.instantiations - empty).toBeLessThan(2.2 * (half.cost.instantiations - empty));
  });
});
