/** Join expressions: what the text form means, what is wrong with one and where. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAG } from "../../src/dag/dag.js";
import { JoinExpressionError } from "../../src/errors/index.js";
import { joinText, joinWords, parseJoin, stepsOfTree } from "../../src/flow/join-expression.js";
import { type JoinTree, type Look, looks } from "../../src/flow/join-tree.js";
import { hostileNames } from "../support/hostile-names.js";
import { thrownBy } from "../support/thrown-by.js";

/** The normal form of an expression. */
function again(text: string): string {
  return joinText(parseJoin(text));
}

describe("the text form", () => {
  it.each([
    ["a.completed", "a.completed"],
    ["a.completed || b.failed && !c.skipped", "a.completed || b.failed && !c.skipped"],
    ["(a.completed || b.failed) && !(c.skipped)", "(a.completed || b.failed) && !c.skipped"],
    ["!(a.failed && b.failed)", "!(a.failed && b.failed)"],
    ["!!a.blocked", "!!a.blocked"],
    ["a.filtered||(b.cancelled||c.failed)", "a.filtered || b.cancelled || c.failed"],
    [' "x-1" . failed \n && über.completed', '"x-1".failed && über.completed'],
    ['"a b".failed || "\\"".failed || _x1.failed || $y.failed', '"a b".failed || "\\"".failed || _x1.failed || $y.failed'],
    ["completed.completed", "completed.completed"],
  ])("%s is read as %s", (text, expected) => {
    expect(again(text)).toBe(expected);
    expect(again(again(text))).toBe(expected);
  });

  it("names every node there can be", () => {
    for (const name of hostileNames) {
      const text = joinText([{ node: name, is: "failed" }]);
      expect(parseJoin(text)).toMatchObject([{ node: name, is: "failed" }]);
    }
  });

  it.each([
    ["", 1, 1, "the expression ends where a state such as `a.completed` should follow", undefined],
    ["a", 1, 2, 'after "a" a state should follow', undefined],
    ["a.", 1, 3, "a state should follow the dot", undefined],
    ["a.done", 1, 3, 'there is no state "done"; known are completed, failed', undefined],
    ["a.complete", 1, 3, 'there is no state "complete"; did you mean "completed"?', "completed"],
    ["a.Completed", 1, 3, 'there is no state "Completed"; did you mean "completed"?', "completed"],
    ["x-1.failed", 1, 2, 'expected "." and a state after "x", found "-"; a name that is no identifier is quoted: "x-1"', undefined],
    ["a.completed b.failed", 1, 13, 'expected `&&`, `||` or the end, found "b"', undefined],
    ["a.completed & b.failed", 1, 13, 'expected `&&`, `||` or the end, found "&"', undefined],
    ["(a.completed", 1, 1, "this parenthesis is never closed", undefined],
    ["a.completed ||\n (b.failed))", 2, 12, "this parenthesis was never opened", undefined],
    ["a.completed &&\n  & b.failed", 2, 3, 'expected a state such as `a.completed`, found "&"', undefined],
    ["a.completed &&", 1, 15, "the expression ends where", undefined],
    ['"x', 1, 1, "this string is never closed", undefined],
    ['"".failed', 1, 1, "is not a name as a JSON string", undefined],
    ['"\\x".failed', 1, 1, "is not a name as a JSON string", undefined],
    ["*.completed", 1, 1, 'expected a state such as `a.completed`, found "*"', undefined],
    ["!", 1, 2, "the expression ends where", undefined],
    ["()", 1, 2, 'found ")"', undefined],
  ])("%j is refused at %i:%i", (text, line, column, message, suggestion) => {
    const error = thrownBy(() => parseJoin(text, "n"));
    expect(error).toBeInstanceOf(JoinExpressionError);
    expect(error).toMatchObject({ code: "JOIN_EXPRESSION", node: "n", line, column, suggestion });
    expect(String(error)).toContain(`node "n": \`join\`: line ${line}, column ${column}: `);
    expect(String(error)).toContain(message);
  });

  it("may be nested as deep as it is long", () => {
    const depth = 100_000;
    expect(again(`${"(".repeat(depth)}a.failed${")".repeat(depth)}`)).toBe("a.failed");
    expect(again(`${"!".repeat(depth)}a.failed`)).toHaveLength(depth + "a.failed".length);
    expect(again(`${"a.failed && (".repeat(depth)}a.failed${")".repeat(depth)}`)).toHaveLength(depth * 12 + 8);
    expect(thrownBy(() => parseJoin("(".repeat(depth)))).toBeInstanceOf(JoinExpressionError);
  });

  it("is refused where it has too many steps", () => {
    expect(() => parseJoin("a.failed||".repeat(1_100_000))).toThrow("an expression may have at most 1000000 steps");
  });
});

const names = ["a", "b", "c d", "e-1"];
const anyAtom = fc.record({ node: fc.constantFrom(...names), is: fc.constantFrom(...looks) });
const { tree: anyTree } = fc.letrec<{ tree: JoinTree; list: JoinTree[] }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    anyAtom,
    tie("tree").map((not) => ({ not })),
    tie("list").map((and) => ({ and })),
    tie("list").map((or) => ({ or })),
  ),
  list: fc.array(tie("tree"), { minLength: 1, maxLength: 3 }),
}));

/** A second opinion: the value of a tree where every upstream is settled. */
function truthOf(tree: JoinTree, states: ReadonlyMap<string, Look>): boolean {
  if ("not" in tree) return !truthOf(tree.not, states);
  if ("and" in tree) return tree.and.every((part) => truthOf(part, states));
  if ("or" in tree) return tree.or.some((part) => truthOf(part, states));
  return states.get(tree.node) === tree.is;
}

const lookCodes: readonly (Look | undefined)[] = [undefined, ...looks];

/** What the core does with the words. */
function run(words: Uint32Array, states: ReadonlyMap<string, Look>): boolean {
  const stack: boolean[] = [];
  for (const word of words) {
    const op = word & 15;
    if (op === 0) stack.push(states.get(names[word >>> 8] ?? "") === lookCodes[(word >>> 4) & 15]);
    else if (op === 1) stack.push(!stack.pop());
    else {
      const [right, left] = [stack.pop() === true, stack.pop() === true];
      stack.push(op === 2 ? left && right : left || right);
    }
  }
  expect(stack).toHaveLength(1);
  return stack[0] === true;
}

describe("trees", () => {
  it("mean what their text means, and what the core is given", () => {
    const anyStates = fc.tuple(...names.map(() => fc.constantFrom(...looks)));
    fc.assert(
      fc.property(anyTree, anyStates, (tree, ends) => {
        const states = new Map(names.map((name, at) => [name, ends[at] ?? "completed"]));
        const steps = stepsOfTree(tree);
        const text = joinText(steps);
        expect(joinText(parseJoin(text))).toBe(text);
        const expected = truthOf(tree, states);
        expect(
          run(
            joinWords(steps, "n", names, () => false),
            states,
          ),
        ).toBe(expected);
        expect(
          run(
            joinWords(parseJoin(text), "n", names, () => false, text),
            states,
          ),
        ).toBe(expected);
      }),
    );
  });

  const circular: { not?: unknown } = {};
  circular.not = circular;

  it.each([
    ["null", null, "expected { node, is }, { not }, { and } or { or }, received null"],
    ["an empty object", {}, "expected { node, is }"],
    ["a list", [], "expected { node, is }"],
    ["two forms at once", { not: 1, and: [] }, "expected { node, is }"],
    ["an empty list", { and: [] }, "`and` must be a list of at least one, received an array of 0"],
    ["no list", { or: { node: "a", is: "failed" } }, "`or` must be a list of at least one"],
    ["half an atom", { or: [{ node: "a" }] }, "at or[0]: expected { node, is }"],
    ["no state", { not: { node: "a", is: "done" } }, 'at not: `is` must be "completed", "failed"'],
    [
      "no name",
      {
        and: [
          { node: "a", is: "failed" },
          { node: 5, is: "failed" },
        ],
      },
      "at and[1]: `node` must be the name of an upstream",
    ],
    ["a tree in itself", circular, "a tree may have at most 1000 levels"],
  ])("refuse %s", (_, tree, message) => {
    const error = thrownBy(() => stepsOfTree(tree, "n"));
    expect(error).toMatchObject({ code: "JOIN_EXPRESSION", node: "n" });
    expect(String(error)).toContain(message);
  });
});

describe("an expression of a node", () => {
  const builder = () => DAG.builder().addNodes(["extract", "load", "other"]);

  it("may name direct upstreams only", () => {
    const error = thrownBy(() =>
      builder()
        .addNode("n", { join: { expr: "load.completed\n  || other.failed" } })
        .addEdge("extract", "load")
        .addEdge("load", "n")
        .build(),
    );
    expect(error).toMatchObject({ code: "JOIN_EXPRESSION", node: "n", line: 2, column: 6 });
    expect(String(error)).toContain('"other" is no upstream of "n"; an expression sees direct upstreams only: add the edge "other" -> "n"');
  });

  it.each([
    ["lod.completed", 'did you mean "load"?'],
    ["zzzz.completed", '"zzzz" is no upstream of "n"; they are "load"'],
  ])("%s says what is near", (expr, message) => {
    const build = () => builder().addNode("n", { join: { expr } }).addEdge("load", "n").build();
    expect(build).toThrow(message);
  });

  it("is reported with everything else that is wrong", () => {
    const build = () =>
      builder()
        .addNode("n", { join: { expr: "a.failed &&" }, cost: -1 })
        .build();
    expect(thrownBy(build)).toMatchObject({ errors: [{ code: "INVALID_OPTION" }, { code: "JOIN_EXPRESSION" }] });
  });

  it("is kept as its text", () => {
    const tree: JoinTree = { or: [{ node: "load", is: "completed" }, { not: { node: "load", is: "skipped" } }] };
    const dag = builder().addNode("n", { join: tree }).addEdge("load", "n").build();
    expect(dag.get("n").join).toEqual({ expr: "load.completed || !load.skipped" });
  });

  it("is checked in a draft when it is asked for", () => {
    const draft = new DAG()
      .addNode("a")
      .addNode("n", { join: { expr: "a.failed" } })
      .addEdge("a", "n");
    expect(draft.get("n").join).toEqual({ expr: "a.failed" });
    expect(() => draft.addNode("m", { join: { expr: "a.faild" } })).toThrow('did you mean "failed"?');
  });
});
