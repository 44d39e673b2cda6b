import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { nearest } from "../../src/errors/did-you-mean.js";
import * as errors from "../../src/errors/index.js";
import { SimulationStalledError } from "../../src/testing/stalled.js";

const { DagnyError, errorCodes } = errors;

/** One of each class, with its code. */
const all: readonly (readonly [InstanceType<typeof errors.GraphError> | Error, errors.ErrorCode])[] = [
  [new errors.CycleError(["a", "a"]), "CYCLE"],
  [new errors.SelfLoopError("a"), "SELF_LOOP"],
  [new errors.DuplicateNodeError("a"), "DUPLICATE_NODE"],
  [new errors.DuplicateEdgeError("a", "b"), "DUPLICATE_EDGE"],
  [new errors.NodeNotFoundError("a"), "NODE_NOT_FOUND"],
  [new errors.EdgeNotFoundError("a", "b"), "EDGE_NOT_FOUND"],
  [new errors.InvalidNameError(5), "INVALID_NAME"],
  [new errors.InvalidEdgeError("x"), "INVALID_EDGE"],
  [new errors.GraphError("x"), "GRAPH_INVALID"],
  [new errors.GraphFormatError("x"), "GRAPH_FORMAT"],
  [new errors.LimitExceededError("x"), "LIMIT_EXCEEDED"],
  [new errors.InvalidOptionError("cost", "a number", "1"), "INVALID_OPTION"],
  [new errors.UnknownOptionError("cots", "cost", ["cost"]), "UNKNOWN_OPTION"],
  [new errors.ConflictingOptionsError(["finally", "join"], "x"), "CONFLICTING_OPTIONS"],
  [new errors.JoinExpressionError("a", "x", { line: 1, column: 2 }, "b"), "JOIN_EXPRESSION"],
  [new errors.SelectionError("b", "a"), "SELECTION_INVALID"],
  [new errors.PoolNotFoundError("a", "pool", "gpus", "gpu"), "POOL_NOT_FOUND"],
  [new errors.PoolExceededError("a", "gpu", 3, 2), "POOL_EXCEEDED"],
  [new errors.MissingTaskError(["a"]), "TASK_MISSING"],
  [new errors.UnknownTaskError([{ name: "b", suggestion: "a" }]), "TASK_UNKNOWN"],
  [new errors.TaskError("a", 1, "x"), "TASK_FAILED"],
  [new errors.TimeoutError("a", 2, 50), "TASK_TIMEOUT"],
  [new errors.TaskCannotCrossError(["a"]), "TASK_CANNOT_CROSS"],
  [new errors.ValueNotCloneableError("a", { path: "result.close", what: "a function", cure: "leave it out" }), "VALUE_NOT_CLONEABLE"],
  [new errors.ModuleLoadError({ url: "file:///t.js", exportName: "x" }, "noExport", "a"), "MODULE_LOAD"],
  [new errors.ThreadStartError("x"), "THREAD_START"],
  [new errors.ThreadCrashedError("a", 1, 3), "THREAD_CRASHED"],
  [new errors.PoolClosedError(), "POOL_CLOSED"],
  [new errors.CommandError("a", 1, "it ended with exit code 2", { command: "false" }), "COMMAND_FAILED"],
  [new errors.CommandNotFoundError("a", 1, "notFound", "there is no command", "nowhere"), "COMMAND_NOT_FOUND"],
  [new errors.WaitTimeoutError("a", 1, "go"), "WAIT_TIMEOUT"],
  [new errors.RejectedError("a", 1, "no"), "REJECTED"],
  [new errors.SignalError("x"), "SIGNAL_REFUSED"],
  [new errors.StateConflictError("k", 1, 2), "STATE_CONFLICT"],
  [new errors.GrowthError("x"), "GROWTH_REFUSED"],
  [new errors.ContextError("x"), "NOT_IN_A_TASK"],
  [new errors.RunOverError("pause"), "RUN_OVER"],
  [new SimulationStalledError(5, []), "SIMULATION_STALLED"],
  [new errors.RunError("RUN_FAILED", "r", "x", []), "RUN_FAILED"],
  [new errors.RunError("RUN_CANCELLED", "r", "x", []), "RUN_CANCELLED"],
  [new errors.InternalError("x"), "INTERNAL"],
];

describe("every error", () => {
  it.each(all)("%s has its code, its class's name and a stack that begins with it", (error, code) => {
    expect(error).toBeInstanceOf(DagnyError);
    expect(error).toHaveProperty("code", code);
    expect(error.name).toBe(error.constructor.name);
    expect(error.stack?.startsWith(`${error.name}: ${error.message}`)).toBe(true);
    expect(inspect(error)).toContain(error.message);
    expect(error.message).not.toMatch(/\.$/);
  });

  it("keeps its cause untouched", () => {
    const cause = { thrown: true };
    expect(new errors.TaskError("a", 1, "x", { cause }).cause).toBe(cause);
  });

  it("has a code that is documented, and every code has its error", () => {
    expect([...new Set(all.map(([, code]) => code))].sort()).toEqual(Object.keys(errorCodes).sort());
  });
});

describe("messages", () => {
  it.each([
    [new errors.JoinExpressionError("a", "x", { line: 1, column: 2 }, "b"), 'node "a": `join`: line 1, column 2: x; did you mean "b"?'],
    [new errors.PoolNotFoundError("a", "pool", "gpus", "gpu"), 'node "a": the executor has no pool "gpus"; did you mean "gpu"?'],
    [new errors.PoolNotFoundError("a", "rate", "api"), 'node "a": the executor has no rate "api"; give it to the executor: `rates`'],
    [
      new errors.PoolExceededError("a", "gpu", 3, 2),
      'node "a": needs 3 of pool "gpu", which has 2; need less, or give the executor a larger pool',
    ],
    [new errors.MissingTaskError(["a", "b"]), 'no task was given for 2 nodes: "a", "b"'],
    [new errors.UnknownTaskError([{ name: "laod", suggestion: "load" }]), 'no node exists for task "laod" (did you mean "load"?)'],
    [new errors.TimeoutError("a", 2, 50), 'node "a": attempt 2 ran longer than 50 ms'],
    [
      new errors.TaskCannotCrossError(["a"]),
      'the task of node "a" is a function, which cannot go to another thread: give it as `task.module(…)` or by `defineTasks(…)`, or say `on: "inline"` for it',
    ],
    [
      new errors.TaskCannotCrossError(["a", "m/b"]),
      'the tasks of 2 nodes are functions, which cannot go to another thread: give each as `task.module(…)` or by `defineTasks(…)`, or say `on: "inline"` for it: "a", "m/b"',
    ],
    [
      new errors.ValueNotCloneableError(undefined, { path: "result.rows[3].close", what: "a function", cure: "leave it out" }),
      "result.rows[3].close is a function, which cannot go to another thread; leave it out",
    ],
    [
      new errors.ModuleLoadError({ url: "file:///t.js", exportName: "x" }, "noExport", "a", { known: ["y", "z"] }),
      'module file:///t.js has no "x"; it has "y", "z"',
    ],
    [
      new errors.ModuleLoadError({ url: "file:///t.js", exportName: "x" }, "exited", undefined, { exitCode: 3 }),
      "module file:///t.js ended its thread while it was loaded (exit code 3); it must only define things",
    ],
    [
      new errors.ModuleLoadError({ url: "file:///t.js", exportName: "x" }, "timeout", "a", { timeoutMs: 50 }),
      "module file:///t.js was not loaded within 50 ms; it must only define things, or the pool needs a longer `loadTimeoutMs`",
    ],
    [
      new errors.ThreadCrashedError("a", 2, 1, { cause: new Error("out of memory") }),
      'node "a": the thread ended during attempt 2 (exit code 1): out of memory',
    ],
    [new errors.PoolClosedError("executor"), "the executor is closed, and its threads with it; make another one"],
    [new errors.DuplicateNodeError('a\n"b'), String.raw`node "a\n\"b" was added twice`],
    [
      new errors.InvalidNameError(undefined, { from: "a", to: undefined }),
      'edge "a" -> undefined: a node\'s name must be a non-empty string, received undefined',
    ],
    [new errors.InvalidOptionError("x", "a number", () => 1), "`x` must be a number, received a function"],
    [new errors.InvalidOptionError("x", "a number", Symbol("s")), "`x` must be a number, received Symbol(s) (symbol)"],
    [new errors.InvalidOptionError("x", "a number", new Int8Array(3)), "`x` must be a number, received an Int8Array of 3"],
    [
      new errors.InvalidOptionError("x", "a number", new DataView(new ArrayBuffer(1))),
      "`x` must be a number, received an object (DataView)",
    ],
    [new errors.NodeNotFoundError({ id: 9 }), "no node has id 9"],
    [new errors.InvalidOptionError("x", "a number", new Map()), "`x` must be a number, received an object (Map)"],
  ])("%s", (error, message) => {
    expect(error.message).toBe(message);
  });

  it("cut what is long", () => {
    expect(new errors.DuplicateNodeError("x".repeat(10_000)).message.length).toBeLessThan(120);
  });
});

describe("did you mean", () => {
  it.each([
    ["extarct", ["transform", "extract"], "extract"],
    ["Load", ["load"], "load"],
    ["cots", ["payload", "cost", "cuts"], "cost"],
    ["laod", ["load", "lad"], "load"],
    ["zzz", ["extract"], undefined],
    ["a", ["b"], undefined],
    ["", ["a"], undefined],
    ["ab", [], undefined],
    ["x".repeat(1000), ["x".repeat(999)], undefined],
    ["X".repeat(1000), ["x".repeat(1000)], "x".repeat(1000)],
  ])("%s among %j", (name, candidates, expected) => {
    expect(nearest(name, candidates)).toBe(expected);
  });
});
