/** Whatever structured clone accepts arrives as structured clone would bring it; whatever it refuses is refused, with a place that is there. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ValueNotCloneableError } from "../../src/errors/index.js";
import { Codec } from "../../src/threads/codec.js";
import { crossed } from "./crossed.js";

const key = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString", "a", "b", "0", "1", "-1", "length"));

const leaf = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(undefined, null, -0, "", Number.NaN),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.string({ minLength: 100, maxLength: 300 }),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.constantFrom(/a+/g, /[/]/su, new Map(), new Set(), Object(1), Object("text"), new ArrayBuffer(3)),
);

/** Values with every kind of container; `{ again }` stands for an object met before, so that there are rings and shared parts. */
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 6 }),
    fc.sparseArray(tie("value"), { maxLength: 12, maxNumElements: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 6 }),
    fc.array(fc.record({ id: fc.integer(), name: tie("value") }, { requiredKeys: ["id"] }), { maxLength: 6 }),
    // Few members that are objects: to compare sets of objects deeply takes time without end.
    fc.array(fc.tuple(leaf, tie("value")), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.tuple(fc.array(leaf), tie("value")).map(([members, inner]) => new Set([...members, inner])),
    fc.integer().map((again) => ({ again })),
  ),
}));

/** Puts earlier objects in the places that ask for one. */
function linked(value: unknown): unknown {
  const met: object[] = [];
  const walk = (at: unknown): void => {
    if (typeof at !== "object" || at === null || met.includes(at)) return;
    met.push(at);
    const again: unknown = Object.hasOwn(at, "again") ? Reflect.get(at, "again") : undefined;
    if (typeof again === "number") Reflect.set(at, "again", met[Math.abs(again) % met.length]);
    for (const inner of insideOf(at)) walk(inner);
  };
  walk(value);
  return value;
}

function insideOf(value: object): unknown[] {
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return [...value];
  return ArrayBuffer.isView(value) ? [] : Object.values(value);
}

test("as structured clone", () => {
  const codec = new Codec();
  fc.assert(
    fc.property(anyValue, (made) => {
      const value = linked(made);
      // Node's own: vitest's takes a key "constructor" for the class.
      assert.deepStrictEqual(crossed(value, codec), structuredClone(value));
    }),
    { numRuns: 600 },
  );
});

const uncloneable = fc.constantFrom<unknown>(() => 1, Symbol("s"), Promise.resolve(), new WeakSet(), new Proxy({}, {}));

test("what is refused is where the path says", () => {
  const codec = new Codec();
  const bad = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 6, depthSize: "small" },
      uncloneable,
      fc.tuple(fc.array(leaf), tie("value")).map(([before, inner]) => [...before, inner]),
      fc.tuple(key, tie("value")).map(([name, inner]) => Object.defineProperty({ z: 1 }, name, { value: inner, enumerable: true })),
      fc.tuple(fc.array(leaf), tie("value")).map(([before, inner]) => new Set([...before, inner])),
      fc.tuple(leaf, tie("value")).map(([name, inner]) => new Map([[name, inner]])),
      fc.tuple(leaf, tie("value")).map(([inner, name]) => new Map([[name, inner]])),
    ),
  })).value;
  fc.assert(
    fc.property(bad, (result) => {
      let thrown: unknown;
      try {
        codec.encode(result);
      } catch (error) {
        thrown = error;
      }
      if (!(thrown instanceof ValueNotCloneableError)) throw new Error(`not refused: ${String(thrown)}`);
      // A path is an expression that leads there.
      const found: unknown = new Function("result", `return ${thrown.path}`)(result);
      expect(() => structuredClone(found)).toThrow();
      expect(typeof found === "object" && !["a Promise", "a WeakSet", "a Proxy"].includes(thrown.what)).toBe(false);
    }),
    { numRuns: 500 },
  );
});
