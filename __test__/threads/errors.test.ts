/** Errors on their way to another thread: thrown, or inside values. */
import { readFileSync } from "node:fs";
import { types } from "node:util";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import * as dagny from "../../src/errors/index.js";
import { crossed, thrownAcross } from "./crossed.js";

class PaymentError extends RangeError {
  readonly code = "E_PAYMENT";
  constructor(
    message: string,
    readonly details: object,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

class Named extends Error {
  override get name(): string {
    return "ByGetter";
  }
  get code(): string {
    return "FROM_PROTOTYPE";
  }
}

const builtIn = [
  new Error("plain"),
  new EvalError("e"),
  new RangeError("r"),
  new ReferenceError("ref"),
  new SyntaxError("s"),
  new TypeError("t"),
  new URIError("u"),
  new AggregateError([new TypeError("one"), 2], "all"),
  new DOMException("gone", "AbortError"),
  new DOMException("late", "TimeoutError"),
];

describe("a built-in class stays what it is", () => {
  test.each(builtIn.map((error): [string, Error] => [error.constructor.name, error]))("%s", (_, error) => {
    for (const arrived of [thrownAcross(error), crossed({ deep: [error] }).deep[0]]) {
      expect(arrived).toBeInstanceOf(error.constructor);
      expect(arrived?.constructor).toBe(error.constructor);
      const { name, message, stack } = error;
      expect(arrived).toMatchObject({ name, message, stack });
      expect(types.isNativeError(arrived)).toBe(types.isNativeError(error));
    }
  });

  test("abort reasons keep their number", () => {
    expect(thrownAcross(new DOMException("gone", "AbortError"))).toMatchObject({ code: 20 });
  });

  test("all members of an AggregateError, but those that cannot be cloned", () => {
    const arrived = thrownAcross(new AggregateError([new TypeError("one"), () => 1, "three"], "all"));
    expect(arrived).toMatchObject({ errors: [expect.any(TypeError), "three"] });
  });
});

test("a class of the user's keeps its name, what it descends from, and what it has", () => {
  const error = new PaymentError("too much", { limit: 10, tags: new Set(["a"]) }, { cause: new TypeError("inner") });
  const arrived = thrownAcross(error);
  expect(arrived).toBeInstanceOf(RangeError);
  expect(arrived).not.toBeInstanceOf(PaymentError);
  expect(arrived?.constructor.name).toBe("PaymentError");
  expect(Object.prototype.toString.call(arrived)).toBe("[object Error]");
  expect(arrived).toMatchObject({
    name: "RangeError",
    message: "too much",
    code: "E_PAYMENT",
    details: { limit: 10, tags: new Set(["a"]) },
  });
  expect(arrived).toHaveProperty("stack", error.stack);
  expect(Reflect.get(arrived as object, "cause")).toBeInstanceOf(TypeError);
  // Two errors of one class are of one class there.
  expect(thrownAcross(new PaymentError("b", {}))?.constructor).toBe(arrived?.constructor);
});

test("what only the prototype has arrives", () => {
  const arrived = thrownAcross(new Named("m"));
  expect(arrived).toMatchObject({ name: "ByGetter", code: "FROM_PROTOTYPE", message: "m" });
  expect(Object.keys(arrived as object)).toEqual([]);
});

test("errors of Node.js keep their code", () => {
  let thrown: unknown;
  try {
    readFileSync("/no/such/file");
  } catch (error) {
    thrown = error;
  }
  expect(thrownAcross(thrown)).toMatchObject({ code: "ENOENT", syscall: "open", path: "/no/such/file", errno: -2 });
});

describe("Dagny's own", () => {
  const table: [string, Error][] = [
    ["TimeoutError", new dagny.TimeoutError("a", 2, 50)],
    ["TaskError", new dagny.TaskError("a", 1, "it failed", { cause: new TypeError("x") })],
    ["CycleError", new dagny.CycleError(["a", "b", "a"])],
    ["ValueNotCloneableError", new dagny.ValueNotCloneableError("n", { path: "result.x", what: "a symbol", cure: "none" })],
    ["InvalidOptionError", new dagny.InvalidOptionError("x", "a number", "y")],
  ];
  test.each(table)("%s", (_, error) => {
    const arrived = thrownAcross(error) as typeof error;
    expect(arrived).toBeInstanceOf(error.constructor);
    expect(arrived.constructor).toBe(error.constructor);
    expect(arrived).toMatchObject({
      ...error,
      name: error.name,
      message: error.message,
      stack: error.stack,
      code: Reflect.get(error, "code"),
    });
  });

  test("a graph's list of faults", () => {
    const fault = new dagny.CycleError(["a", "b", "a"]);
    const arrived = thrownAcross(new dagny.GraphError("two", [fault, new dagny.SelfLoopError("c")]));
    expect(arrived).toBeInstanceOf(dagny.GraphError);
    expect(arrived).toMatchObject({ errors: [expect.any(dagny.CycleError), expect.any(dagny.SelfLoopError)] });
  });

  test("a class over one of them", () => {
    class MyTimeout extends dagny.TimeoutError {}
    const arrived = thrownAcross(new MyTimeout("a", 1, 10));
    expect(arrived).toBeInstanceOf(dagny.TimeoutError);
    expect(arrived?.constructor.name).toBe("MyTimeout");
    expect(arrived).toMatchObject({ code: "TASK_TIMEOUT", node: "a", timeoutMs: 10 });
  });

  test("of another copy of Dagny", () => {
    // What a bundle beside this one would have: the same names under other prototypes.
    abstract class DagnyError extends Error {}
    class TaskError extends DagnyError {
      readonly node = "n";
    }
    expect(thrownAcross(new TaskError("x"))).toBeInstanceOf(dagny.TaskError);
  });
});

describe("causes", () => {
  test("of any depth", () => {
    let error = new Error("0");
    for (let i = 1; i <= 5_000; i++) error = new Error(String(i), { cause: error });
    let depth = 0;
    for (let at: unknown = thrownAcross(error); at instanceof Error; at = at.cause) depth++;
    expect(depth).toBe(5_001);
  });

  test("in a ring", () => {
    const a = new Error("a");
    const b = new Error("b", { cause: a });
    a.cause = { wrapped: b };
    const arrived = thrownAcross(b) as typeof b;
    expect(arrived).toHaveProperty("cause.cause.wrapped", arrived);
    const self = new Error("self");
    self.cause = self;
    const alone = thrownAcross(self) as typeof self;
    expect(alone.cause).toBe(alone);
  });

  test.each([[undefined], [null], ["text"], [0], [{ a: 1 }]])("that are %s", (cause) => {
    const arrived = thrownAcross(new Error("x", { cause })) as Error;
    expect(Object.hasOwn(arrived, "cause")).toBe(true);
    expect(arrived.cause).toStrictEqual(cause);
  });

  test("that cannot be cloned are left out, and only they", () => {
    const arrived = thrownAcross(Object.assign(new Error("x", { cause: () => 1 }), { kept: 1 }));
    expect(arrived).toMatchObject({ message: "x", kept: 1 });
    expect(Object.hasOwn(arrived as object, "cause")).toBe(false);
  });
});

describe("what an error has that cannot be cloned is left out", () => {
  const hostile: Record<string, unknown> = {
    method: () => 1,
    symbol: Symbol("s"),
    nested: { list: [{ rows: new Map([["k", () => 1]]) }] },
    promise: Promise.resolve(),
    proxy: new Proxy({}, {}),
    memory: new SharedArrayBuffer(4),
    blob: new Blob(["x"]),
  };
  test.each(Object.entries(hostile))("%s", (key, value) => {
    const list = [1, 2];
    const error = Object.assign(new TypeError("x"), {
      before: list,
      [key]: value,
      after: { list, more: [{}, {}, {}, {}, {}, {}, {}, {}, {}] },
    });
    const arrived = thrownAcross(error) as typeof error;
    expect(arrived).toMatchObject({ message: "x", before: list, after: { list } });
    expect(arrived.before).toBe(arrived.after.list);
    expect(key in arrived).toBe(false);
  });

  test("getters that throw, for every property", () => {
    const fail = () => {
      throw new Error("no");
    };
    const error = new Error("x");
    for (const key of ["stack", "message", "name", "cause", "code", "other"])
      Object.defineProperty(error, key, { get: fail, enumerable: true });
    const arrived = thrownAcross(error);
    expect(arrived).toBeInstanceOf(Error);
    expect(crossed({ error }).error).toBeInstanceOf(Error);
  });
});

describe("names and prototypes that mean harm", () => {
  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "", "x".repeat(10_000)])("a class named %j", (name) => {
    class Evil extends TypeError {}
    Object.defineProperty(Evil, "name", { value: name });
    const arrived = thrownAcross(new Evil("x"));
    expect(arrived).toBeInstanceOf(TypeError);
    expect(arrived?.constructor.name).toBe(name === "" ? "TypeError" : name.slice(0, 200));
  });

  test("a property __proto__ of an error is a property", () => {
    const error = Object.defineProperty(new Error("x"), "__proto__", { value: { polluted: true }, enumerable: true });
    const arrived = thrownAcross(error) as object;
    expect(Object.hasOwn(arrived, "__proto__")).toBe(true);
    expect(arrived).toBeInstanceOf(Error);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  test("an error without a prototype, and one of another realm", () => {
    expect(thrownAcross(Object.setPrototypeOf(new Error("x"), null))).toMatchObject({ message: "x" });
    const arrived = thrownAcross(runInNewContext("new TypeError('far')"));
    expect(arrived).toBeInstanceOf(TypeError);
    expect(arrived).toHaveProperty("message", "far");
  });

  test("a constructor that is a trap", () => {
    const error = new Error("x");
    const prototype = Object.create(Error.prototype, {
      constructor: {
        get() {
          throw new Error("no");
        },
      },
    });
    Object.setPrototypeOf(error, prototype);
    expect(thrownAcross(error)).toBeInstanceOf(Error);
  });
});

describe("what is thrown and is no error", () => {
  test.each([[undefined], [null], [""], ["text"], [0], [Number.NaN], [5n], [{ a: [1] }], [[1]], [new Map([[1, 2]])]])("%o", (thrown) => {
    expect(thrownAcross(thrown)).toStrictEqual(thrown);
  });

  const described: [string, unknown, string][] = [
    ["a function", function wrong() {}, "the task threw the function wrong,"],
    ["a nameless one", () => 1, "the task threw the function (anonymous),"],
    ["a symbol", Symbol("s"), "the task threw Symbol(s),"],
    ["a promise", Promise.resolve(), "the task threw an object (Promise),"],
    ["an object with a method", { f() {} }, "the task threw an object (Object),"],
    ["a SharedArrayBuffer", new SharedArrayBuffer(1), "the task threw an object (SharedArrayBuffer),"],
    [
      "what resists being looked at",
      new Proxy(
        {},
        {
          get: () => {
            throw new Error("no");
          },
        },
      ),
      "the task threw an object,",
    ],
  ];
  test.each(described)("%s is described", (_, thrown, message) => {
    const arrived = thrownAcross(thrown);
    expect(arrived).toBeInstanceOf(Error);
    expect((arrived as Error).message).toBe(`${message} which cannot be sent to another thread: throw an Error`);
  });
});
