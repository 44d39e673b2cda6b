/**
 * What crosses between JavaScript and Rust in a run: at most one call per inline task, plus a constant, and no string.
 *
 * The binding is wrapped so that every call of its classes, and of the bound function of a door, is counted with what went in and out.
 */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { DAG } from "../../src/index.js";
import { chain, each, loose, simulated } from "../support/runs.js";

const counter = vi.hoisted(() => ({
  advances: 0,
  others: 0,
  strings: [] as unknown[],
  isCounting: false,
  see(value: unknown): void {
    if (typeof value === "string") this.strings.push(value);
    else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value))
      for (const inner of Object.values(value)) this.see(inner);
  },
}));

vi.mock("../../src/native/addon.js", async (original) => {
  const binding = await original<Record<string, new (...args: never[]) => object>>();
  const counted = (value: unknown, note: () => void): unknown => {
    if (typeof value !== "function") return value;
    return function (this: object, ...args: unknown[]) {
      if (!counter.isCounting) return Reflect.apply(value, this, args);
      note();
      counter.see(args);
      const result: unknown = Reflect.apply(value, this, args);
      counter.see(result);
      if (typeof result === "object" && result !== null && "call" in result)
        return { ...result, call: counted(result.call, () => counter.advances++) };
      return result;
    };
  };
  for (const type of [binding.NativeRun, binding.NativeDoor, binding.NativePlan]) {
    if (type === undefined) throw new Error("the binding has lost a class");
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(type.prototype))) {
      if (name !== "constructor") Object.defineProperty(type.prototype, name, { value: counted(value, () => counter.others++) });
    }
  }
  return binding;
});

beforeEach(() => Object.assign(counter, { advances: 0, others: 0, strings: [], isCounting: true }));

/** `width` roots, then layers of as many, each with three upstreams in the layer before. */
function layered(width: number, layers: number): DAG {
  const builder = DAG.builder();
  for (let i = 0; i < width * layers; i++) builder.addNode(`n${i}`);
  for (let i = width; i < width * layers; i++) {
    const row = Math.floor(i / width) - 1;
    for (let k = 0; k < 3; k++) builder.addEdge(`n${row * width + ((i + k * 7) % width)}`, `n${i}`);
  }
  const dag: DAG = builder.build();
  return dag;
}

describe("crossings", () => {
  const count = 2000;
  const shapes: [string, DAG][] = [
    ["a chain", chain(count)],
    ["wide", loose(count)],
    ["layered", layered(40, 50)],
  ];
  const tasks: [string, () => unknown][] = [
    ["sync", () => 1],
    ["async", async () => 1],
  ];
  const rows = shapes.flatMap(([shape, dag]) =>
    tasks.flatMap(([kind, task]) => [1, 4, 100_000].map((maxWorkers) => ({ shape, dag, kind, task, maxWorkers }))),
  );

  test.each(rows)("$shape, $kind, maxWorkers $maxWorkers: at most one a task", async ({ dag, task, maxWorkers }) => {
    for (const timeoutMs of [undefined, 60_000]) {
      Object.assign(counter, { advances: 0, others: 0 });
      const { executor } = simulated(dag, { maxWorkers, timeoutMs });
      const { signal } = new AbortController();
      const result = await executor.execute(task, timeoutMs === undefined ? {} : { signal });
      expect(result.status).toBe("completed");
      expect(counter.advances).toBeGreaterThan(0);
      expect(counter.advances).toBeLessThanOrEqual(count + 8);
      expect(counter.others).toBeLessThanOrEqual(4);
      expect(counter.strings).toEqual([]);
    }
  });

  test("sync tasks handed out together come back together", async () => {
    await simulated(loose(count), { maxWorkers: 100 }).executor.execute(() => 1);
    expect(counter.advances).toBeLessThanOrEqual(count / 100 + 8);
  });

  test("inputs are asked for once a graph, by whoever reads first", async () => {
    const dag = chain(count);
    for (let i = 0; i < 3; i++) await simulated(dag, {}).executor.execute(each((inputs) => Object.keys(inputs).length));
    expect(counter.others).toBeLessThanOrEqual(3 * 4 + 1);
  });

  test("the counter counts strings", () => {
    counter.see([{ deep: ["a word"] }]);
    expect(counter.strings).toEqual(["a word"]);
  });
});
