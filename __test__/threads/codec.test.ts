/** What arrives on another thread, case by case. */
// biome-ignore-all lint/suspicious/noSparseArray: holes must arrive as holes.

import { createSecretKey } from "node:crypto";
import { createHistogram } from "node:perf_hooks";
import { runInNewContext } from "node:vm";
import { MessageChannel } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { ValueNotCloneableError } from "../../src/errors/index.js";
import { Codec, decode, notCloneable } from "../../src/threads/codec.js";
import { valueTags } from "../../src/threads/value-tags.js";
import { thrownBy } from "../support/thrown-by.js";
import { crossed } from "./crossed.js";

const codec = new Codec();

describe("scalars need no bytes", () => {
  const table: [unknown, number][] = [
    [undefined, valueTags.undefined],
    [null, valueTags.null],
    [true, valueTags.true],
    [false, valueTags.false],
    [0, valueTags.number],
    [-0, valueTags.number],
    [Number.NaN, valueTags.number],
    [2 ** 53, valueTags.number],
  ];
  test.each(table)("%s", (value, tag) => {
    expect(codec.encode(value)).toBe(tag);
    if (tag === valueTags.number) expect(codec.number).toBe(value);
    expect(codec.encodeBytes(value)).toBe(valueTags.bytes);
    expect(decode(codec.bytes.slice())).toBe(value);
  });
});

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
  get length(): number {
    return Math.hypot(this.x, this.y);
  }
}

const ring: Record<string, unknown> = { name: "ring" };
ring["self"] = ring;
const shared = { id: 1 };
const ringOfMaps = new Map<unknown, unknown>();
ringOfMaps.set(ringOfMaps, new Set([ringOfMaps]));

const sameAsClone: Record<string, unknown> = {
  "an empty object": {},
  "an empty array": [],
  "empty strings among others": ["", "a", "", { "": "" }],
  "an object that holds itself": ring,
  "one object twice": [shared, { shared }, shared],
  "a map in itself": ringOfMaps,
  "no prototype": Object.assign(Object.create(null), { a: 1 }),
  "a key __proto__": JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "toString": 2}'),
  "more keys than a shape has": Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key ${i}`, i])),
  "a long key": { ["k".repeat(5_000)]: 1 },
  "keys like lengths": { "1:a": 1, "": 2, "3": 3, "12:": 4 },
  "rows of two shapes": Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? { a: i } : { a: i, b: { c: String(i) } })),
  holes: [1, , 3, ,],
  "a hole and a name": Object.assign([1, , 3], { x: 4 }),
  "names on an array": Object.assign([1, 2], { index: 0, "-1": 3 }),
  "a match": /(?<word>b)/.exec("abc"),
  "undefined in lists": [undefined, null, { u: undefined }],
  numbers: [0, -0, 1, 63, 64, -1, 255, 256, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 53, 1.5, Number.NaN, Infinity, 5e-324],
  "big integers": [0n, 1n, -1n, 2n ** 64n, -(2n ** 200n)],
  strings: ["é", "日本", "\ud800", "a\udfff", "\0", "𝒳", "aaa𝒳", "ab𝒳𝒳", "x".repeat(127), "x".repeat(128), "é".repeat(300)],
  "text longer than a chunk": ["a".repeat(10_000), "b".repeat(10_000), "é".repeat(20_000), "", "c".repeat(100_000), "d"],
  "dates, one invalid": [new Date(0), new Date(-1), new Date(Number.NaN)],
  "regular expressions": [/a/, /[/]\n/giu, /(?:)/],
  "maps and sets": new Map<unknown, unknown>([
    ["a", new Set([1, "1", Number.NaN, -0])],
    [{ key: true }, new Map()],
    [undefined, null],
  ]),
  "boxed primitives": [Object(1), Object("s"), Object(false), Object(2n)],
  "an instance of a class": new Point(3, 4),
  getters: {
    get a() {
      return { b: 1 };
    },
  },
  "symbol keys and hidden properties": Object.defineProperty({ [Symbol("s")]: 1, a: 2 }, "hidden", { value: 3 }),
  "another realm": runInNewContext("({ a: [1, new Map([[1, new Date(5)]])], b: /x/g, c: new Uint8Array([1]) })"),
  "an array buffer": new Uint8Array([1, 2, 3]).buffer,
  "all typed arrays": [
    new Uint8Array([1]),
    new Int8Array([-1]),
    new Uint8ClampedArray([300]),
    new Uint16Array([65_535]),
    new Int16Array([-2]),
    new Uint32Array([4_294_967_295]),
    new Int32Array([-3]),
    new Float32Array([1.5]),
    new Float64Array([Math.PI]),
    new BigUint64Array([2n ** 63n]),
    new BigInt64Array([-4n]),
    new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1),
  ],
  "empty buffers": [new ArrayBuffer(0), new Uint8Array(0), new DataView(new ArrayBuffer(2), 2)],
};

test.each(Object.entries(sameAsClone))("as structured clone: %s", (_, value) => {
  expect(crossed(value)).toStrictEqual(structuredClone(value));
});

test.each(["𝒳", "a𝒳", "aa𝒳", "aaa𝒳b", "𝒳𝒳", "ࠀab", "é", "aé", "\u0800\u{10000}x", "\ud800"])("text alone in its chunk: %j", (text) => {
  expect(crossed([text])).toEqual([text]);
});

test("what is one object stays one object", () => {
  const buffer = new ArrayBuffer(64);
  const [a, { shared: b }, c] = crossed([shared, { shared }, shared]);
  expect(a).toBe(b);
  expect(a).toBe(c);
  const view = crossed({ whole: buffer, part: new Uint8Array(buffer, 8, 8), again: buffer });
  expect(view.whole).toBe(view.again);
  expect(view.part.buffer).toBe(view.whole);
  expect(view.part.byteOffset).toBe(8);
});

test("many objects, each one itself", () => {
  const objects = Array.from({ length: 1_000 }, (_, id) => ({ id }));
  const value = { objects, reversed: objects.toReversed() };
  const arrived = crossed(value);
  expect(arrived).toStrictEqual(value);
  expect(arrived.reversed[0]).toBe(arrived.objects[999]);
});

describe("buffers", () => {
  test("a view brings the bytes it covers, not its buffer", () => {
    const large = new ArrayBuffer(1 << 20);
    codec.encodeBytes({ head: new Uint8Array(large, 3, 4), tail: new Float64Array(large, 512, 2) });
    expect(codec.bytes.length).toBeLessThan(400);
  });

  test("views that overlap still do", () => {
    const large = new Uint8Array(4_096).map((_, i) => i);
    const value = {
      bytes: new Uint8Array(large.buffer, 1_003, 29),
      doubles: new Float64Array(large.buffer, 1_008, 2),
      apart: new Uint8Array(large.buffer, 3_000, 1),
    };
    const arrived = crossed(value);
    expect(arrived).toStrictEqual(value);
    expect(arrived.bytes.buffer).toBe(arrived.doubles.buffer);
    expect(arrived.apart.buffer.byteLength).toBe(1);
    arrived.bytes[5] = 99;
    expect(new Uint8Array(arrived.doubles.buffer)[arrived.doubles.byteOffset]).toBe(99);
  });

  test("a Buffer stays a Buffer, without its neighbors", () => {
    const arrived = crossed({ text: Buffer.from("hello") });
    expect(Buffer.isBuffer(arrived.text)).toBe(true);
    expect(arrived.text.toString()).toBe("hello");
    expect(arrived.text.buffer.byteLength).toBe(5);
  });

  test("a buffer that can grow still can", () => {
    const value: ArrayBuffer = Reflect.construct(ArrayBuffer, [4, { maxByteLength: 16 }]);
    const arrived = crossed({ value, view: new Uint8Array(value, 1, 2) });
    expect(Reflect.get(arrived.value, "maxByteLength")).toBe(16);
    expect(arrived.view.buffer).toBe(arrived.value);
  });

  test("of a large message nothing is kept in the pool", () => {
    codec.encodeBytes(new Uint8Array(4 << 20).fill(7));
    expect(codec.bytes.buffer.byteLength).toBeGreaterThan(4 << 20);
    codec.encodeBytes("small");
    expect(codec.bytes.buffer.byteLength).toBeLessThan(1 << 20);
  });
});

test("a getter that encodes, too, spoils nothing", () => {
  const inner = {
    a: "before",
    get b() {
      codec.encodeBytes({ deep: ["inside", "the", "getter"] });
      return "after";
    },
    c: [1, 2],
  };
  expect(crossed(inner, codec)).toStrictEqual({ a: "before", b: "after", c: [1, 2] });
});

test("a value refused leaves nothing behind for the next", () => {
  for (const bad of [{ a: [{}, {}, {}, {}, {}, {}, {}, {}, {}, () => 1] }, [new Uint8Array(4), Promise.resolve()], { x: Symbol("x") }]) {
    thrownBy(() => codec.encode(bad));
    expect(crossed({ a: [{ b: 1 }] }, codec)).toStrictEqual({ a: [{ b: 1 }] });
  }
});

describe("only through a message port", () => {
  const table: Record<string, unknown> = {
    "a SharedArrayBuffer": new SharedArrayBuffer(4),
    "a view of one": new Int32Array(new SharedArrayBuffer(4)),
    "a Blob": new Blob(["x"]),
    "a key": createSecretKey(Buffer.from("abc")),
    "a histogram": createHistogram(),
    "a port": new MessageChannel().port1,
  };
  test.each(Object.entries(table))("%s", (_, value) => {
    expect(codec.encode(value)).toBe(valueTags.carried);
    expect(codec.encode([{ deep: new Map([[1, value]]) }])).toBe(valueTags.carried);
  });

  test("what the port then refuses is named too", () => {
    const { port1, port2 } = new MessageChannel();
    const value = { shared: new SharedArrayBuffer(1), ports: [port2] };
    const refused = thrownBy(() => port1.postMessage(value));
    expect(notCloneable(value, refused, "result", "a").message).toBe(
      'node "a": result.ports[0] is a MessagePort, which cannot go to another thread; return plain data in its place',
    );
    port1.close();
  });
});

class WithMethod {
  readonly #hidden = () => 1;
  readonly visible = () => this.#hidden();
}

const deep = { rows: [0, 1, 2, { close() {} }] };
const detached = new ArrayBuffer(8);
structuredClone(detached, { transfer: [detached] });
let nested: object = {};
for (let i = 0; i < 200_000; i++) nested = { nested };

describe("what cannot go to another thread is named, with its place", () => {
  const table: [string, unknown, string, string][] = [
    ["a method in a list", deep, "result.rows[3].close", "a function"],
    ["a function", () => 1, "result", "a function"],
    ["a class", { Point }, "result.Point", "a function"],
    ["a symbol", [Symbol("s")], "result[0]", "a symbol"],
    ["a boxed symbol", [Object(Symbol("s"))], "result[0]", "a Symbol"],
    ["an odd key", { "a b": { "0x": 1, "01": Symbol("s") } }, 'result["a b"]["01"]', "a symbol"],
    ["a map's value", new Map([["k", { f() {} }]]), 'result.get("k").f', "a function"],
    ["a map's value by number", new Map([[7, Symbol("s")]]), "result.get(7)", "a symbol"],
    ["a map's value by object", new Map([[{}, () => 1]]), "[...result.values()][0]", "a function"],
    ["a map's key", { m: new Map([[() => 1, 1]]) }, "[...result.m.keys()][0]", "a function"],
    ["a set's member", [new Set([1, [Symbol("s")]])], "[...result[0]][1][0]", "a symbol"],
    ["a Proxy", { p: new Proxy({}, {}) }, "result.p", "a Proxy"],
    ["a Proxy of an array", [new Proxy([], {})], "result[0]", "a Proxy"],
    ["a revoked Proxy", [revoked()], "result[0]", "a Proxy"],
    ["a Proxy that throws", [new Proxy({}, { get: fail, getPrototypeOf: fail, ownKeys: fail })], "result[0]", "a Proxy"],
    ["a WeakMap", { w: new WeakMap() }, "result.w", "a WeakMap"],
    ["a WeakRef", { w: new WeakRef({}) }, "result.w", "a WeakRef"],
    ["a promise", { later: Promise.resolve() }, "result.later", "a Promise"],
    ["a generator", [generator()], "result[0]", "a Generator"],
    ["a format", new Intl.NumberFormat("en"), "result", "an Intl.NumberFormat"],
    [
      "a getter that throws",
      { a: 1, b: Object.defineProperty({}, "c", { enumerable: true, get: fail }) },
      "result.b.c",
      "a getter that throws (no)",
    ],
    ["a function in an instance", new WithMethod(), "result.visible", "a function"],
    ["a moved buffer", { buffer: detached }, "result.buffer", "a detached ArrayBuffer"],
    ["200,000 levels", nested, "result", "nested too deep"],
    ["a ring around it", Object.assign([ring], { last: Symbol("s") }), "result.last", "a symbol"],
  ];
  test.each(table)("%s", (_, value, path, what) => {
    const thrown = thrownBy(() => codec.encode(value));
    expect(thrown).toBeInstanceOf(ValueNotCloneableError);
    expect(thrown).toMatchObject({ code: "VALUE_NOT_CLONEABLE", path, what, node: undefined });
    expect(String(thrown)).toContain(`${path} is ${what}, which cannot go to another thread; `);
  });
});

test("an object refused says nothing of others of its kind", () => {
  const kind = {
    get [Symbol.toStringTag]() {
      return "Odd";
    },
  };
  const make = (inside: unknown) => Object.assign(Object.create(kind), { inside });
  for (const bad of [() => 1, Symbol("s")]) expect(thrownBy(() => codec.encode(make(bad)))).toBeInstanceOf(ValueNotCloneableError);
  expect(codec.encode(make(new SharedArrayBuffer(1)))).toBe(valueTags.carried);
  expect(crossed(make(1), codec)).toEqual({ inside: 1 });
  const far = runInNewContext("({ deep: { f() {} } })");
  expect(thrownBy(() => codec.encode(far))).toMatchObject({ path: "result.deep.f" });
});

function fail(): never {
  throw new Error("no");
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function* generator(): Generator<number> {
  yield 1;
}

test("a task may pass its inputs on", () => {
  const inputs = new Proxy({}, { get: (_, key) => (key === Symbol.for("dagny.inputs") ? { a: 1 } : undefined) });
  expect(crossed({ inputs })).toStrictEqual({ inputs: { a: 1 } });
});

test("bytes that are no value are refused", () => {
  expect(() => decode(new Uint8Array(3))).toThrow("these bytes are no value");
  expect(() => decode(new Uint8Array(64))).toThrow("these bytes are no value");
});
