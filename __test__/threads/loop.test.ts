/** The loop of a thread against a scheduler in memory: legal answers in hostile orders. */
import { AsyncLocalStorage } from "node:async_hooks";
import { serialize } from "node:v8";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { AnyTask } from "../../src/flow/lowered.js";
import { decode } from "../../src/threads/codec.js";
import type { FakeLease } from "./fake-seat.js";
import { closeScenes, encoded, ran, scene, stepping, thrown, wordsChange } from "./loop-scene.js";

afterEach(closeScenes);

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("the loop of a thread", () => {
  it("calls each lease once, in order, and reports its beginning and its end", async () => {
    const it = scene();
    const called: number[] = [];
    it.describe(
      7,
      range(300).map((i) => () => {
        called.push(i);
        return i;
      }),
    );
    it.queue(7, range(300));
    await ran(it);
    expect(called).toEqual(range(300));
    expect(it.fake.records).toEqual(range(300).map((node) => ({ run: 7, node, attempt: 1, phase: "ran", outcome: "ok", value: node })));
    expect(it.messages.map(({ type }) => type)).toEqual(["loading", "loaded"]);
  });

  it("calls nothing that somebody else has taken", async () => {
    const it = scene();
    const called: number[] = [];
    const taken: FakeLease[] = [];
    it.describe(
      1,
      range(40).map((i) => () => {
        called.push(i);
        if (i % 7 === 3) taken.push(...it.fake.close());
      }),
    );
    it.queue(1, range(40));
    it.fake.onEmpty = () => {
      if (taken.length === 0) return 4;
      it.fake.queue.push(...taken.splice(0)); // They come back.
      return 8 + wordsChange(it.words);
    };
    await ran(it);
    expect(called).toEqual(range(40));
    expect(it.fake.records.length).toBe(40);
  });

  it("stops in the middle of a batch", async () => {
    const it = scene(stepping(0.03)); // Each reading is 30 µs after the last: it exchanges after each task.
    let count = 0;
    it.describe(1, [() => count++]);
    it.queue(1, new Array<number>(20).fill(0));
    it.fake.onExchange = () => (count === 5 ? 4 : 0);
    await ran(it);
    expect(count).toBe(5);
  });

  it("looks again where it found nothing, and sleeps only while the pool's word is the same", async () => {
    const it = scene();
    const modes: number[] = [];
    let rounds = 0;
    it.describe(1, [() => rounds]);
    it.fake.onEmpty = ({ mode }) => {
      modes.push(mode);
      if (++rounds === 4) it.queue(1, [0]);
      return rounds < 6 ? 8 + wordsChange(it.words) : 4;
    };
    await ran(it);
    expect(modes).toEqual(new Array(6).fill(1));
    expect(it.fake.records.length).toBe(1);
  });

  it("returns to its event loop when nothing has come for a while, and works when it is called", async () => {
    const it = scene(stepping(26));
    it.describe(1, [() => 1]);
    let left = 0;
    it.fake.onEmpty = ({ mode }) => {
      if (mode === 1) return 8 + wordsChange(it.words);
      if (++left === 2) return 4;
      setImmediate(() => {
        it.queue(1, [0]);
        it.loop.wake();
      });
      return 8;
    };
    await ran(it);
    expect(it.fake.records.length).toBe(1);
  });

  it("lets the event loop turn while there is more to do", async () => {
    const it = scene(stepping(1));
    const turns: number[] = [];
    let called = 0;
    let turn = 0;
    const count = (): void => {
      turn++;
      if (called < 100) setImmediate(count);
    };
    setImmediate(count);
    it.describe(1, [
      () => {
        called++;
        turns.push(turn);
      },
    ]);
    it.queue(1, new Array<number>(100).fill(0));
    await ran(it);
    expect(called).toBe(100);
    expect(new Set(turns).size).toBeGreaterThan(2);
  });

  it("reports the beginning of what goes on before it rests, and its end when it comes", async () => {
    const it = scene();
    let finish: (value: unknown) => void = () => {};
    it.describe(1, [() => new Promise((resolve) => (finish = resolve)), () => 2]);
    it.queue(1, [0, 1]);
    let exchanged = 0;
    it.fake.onEmpty = ({ mode }) => {
      if (++exchanged > 1) return 4;
      expect(mode).toBe(2);
      setImmediate(() => finish("done"));
      return 8;
    };
    await ran(it);
    expect(it.fake.records.map(({ node, phase }) => `${node} ${phase}`)).toEqual(["0 began", "1 ran", "0 ended"]);
    expect(decode(it.fake.records[2]?.value as Uint8Array)).toBe("done");
  });

  it("hands in records of one run at a time", async () => {
    const it = scene();
    const waiting: ((value: number) => void)[] = [];
    it.describe(1, [() => new Promise<number>((resolve) => waiting.push(resolve))]);
    it.describe(2, [() => new Promise<number>((resolve) => waiting.push(resolve)), () => 0]);
    it.queue(1, [0, 0, 0]);
    it.queue(2, [0, 0, 1, 0]);
    let rounds = 0;
    it.fake.onEmpty = () => {
      if (rounds++ > 0) return waiting.length === 0 && it.fake.records.filter(({ phase }) => phase !== "began").length === 7 ? 4 : 8;
      setImmediate(() => {
        for (const i of [0, 3, 1, 4, 2, 5]) waiting[i]?.(i);
        waiting.length = 0;
      });
      return 8;
    };
    await ran(it);
    for (const { records } of it.fake.exchanges) expect(new Set(records.map(({ run }) => run)).size).toBeLessThan(2);
    const ended = it.fake.records.filter(({ phase }) => phase === "ended");
    expect(ended.map(({ run, node, value }) => [run, node, value])).toEqual([
      [1, 0, 0],
      [2, 0, 3],
      [1, 1, 1],
      [2, 1, 4],
      [1, 2, 2],
      [2, 3, 5],
    ]);
  });

  it("says of a failure at once, before anything else is called", async () => {
    const it = scene(() => 0);
    const known: number[] = [];
    it.describe(1, [
      () => known.push(it.fake.records.length),
      () => {
        throw new RangeError("too far");
      },
    ]);
    it.queue(1, [0, 1, 0]);
    await ran(it);
    expect(known).toEqual([0, 2]);
    const failed = it.fake.records[1];
    expect(failed?.outcome).toBe("failed");
    expect(decode(failed?.value as Uint8Array)).toEqual(new RangeError("too far"));
  });

  it("fails for good what gives a value that cannot be cloned", async () => {
    const it = scene();
    it.describe(1, [() => ({ rows: [{ close: () => {} }] }), async () => ({ at: Symbol("here") }), () => ({ fine: true })]);
    it.queue(1, [0, 1, 2]);
    it.fake.onEmpty = () => (it.fake.records.length === 4 ? 4 : 8);
    await ran(it);
    const ends = it.fake.records.filter(({ phase }) => phase !== "began").sort((a, b) => a.node - b.node);
    expect(ends.map(({ outcome }) => outcome)).toEqual(["final", "final", "ok"]);
    const errors = ends.slice(0, 2).map(({ value }) => decode(value as Uint8Array) as { code: string; path: string });
    expect(errors.map(({ code, path }) => `${code} ${path}`)).toEqual([
      "VALUE_NOT_CLONEABLE result.rows[0].close",
      "VALUE_NOT_CLONEABLE result.at",
    ]);
  });

  it("encodes nothing that nobody can read", async () => {
    const it = scene();
    it.describe(1, [() => ({ close: () => {} })]);
    it.queue(1, [0], 0);
    await ran(it);
    expect(it.fake.records).toEqual([{ run: 1, node: 0, attempt: 1, phase: "ran", outcome: "ok", value: undefined }]);
  });

  it.each([
    ["a module that is not there", { url: "file:///nowhere/tasks.mjs", exportName: "x", isDefined: false }, "notFound"],
    ["a module that throws", { url: "data:text/javascript,throw new Error('no')", exportName: "x", isDefined: false }, "threw"],
    ["a missing export", { url: "data:text/javascript,export const y = 1", exportName: "x", isDefined: false }, "noExport"],
    ["an export that is no function", { url: "data:text/javascript,export const x = 1", exportName: "x", isDefined: false }, "notFunction"],
    ["a missing definition", { url: "data:text/javascript,//none", exportName: "x", isDefined: true }, "noExport"],
  ])("fails for good the attempts of %s", async (_, ref, fault) => {
    const it = scene();
    it.describe(1, [], { fns: [ref] });
    it.queue(1, [0, 0]);
    await ran(it);
    expect(it.fake.records.map(({ phase, outcome }) => `${phase} ${outcome}`)).toEqual(["ran final", "ran final"]);
    const error = decode(it.fake.records[0]?.value as Uint8Array) as { code: string; fault: string };
    expect([error.code, error.fault]).toEqual(["MODULE_LOAD", fault]);
    expect(it.messages.map(({ type }) => type)).toEqual(["loading", "loaded"]);
  });

  it("does not load what main has found out to hang, and hears of it in a later version", async () => {
    const it = scene();
    const fault = thrown(new Error("it hangs"));
    const ref = { url: "data:text/javascript,throw 1", exportName: "x", isDefined: false };
    it.describe(1, [], { fns: [{ ...ref, fault }] });
    it.queue(1, [0]);
    await ran(it);
    expect(decode(it.fake.records[0]?.value as Uint8Array)).toEqual(new Error("it hangs"));
    expect(it.messages).toEqual([]);
  });

  it("lets others take leases while a module is being loaded", async () => {
    const it = scene();
    it.describe(1, [() => 1]);
    it.queue(1, [0, 0, 0]);
    let stolen: FakeLease[] = [];
    it.loop.wake();
    stolen = it.fake.close();
    await it.ended;
    expect(stolen.length).toBe(3);
    expect(it.fake.records).toEqual([]);
  });

  it("gives tasks what their upstreams put out: its own as they are, others decoded once", async () => {
    const it = scene();
    const seen: unknown[] = [];
    const own = { made: "here" };
    const read = (inputs: unknown): void => {
      const { a, b } = inputs as { a: unknown; b: unknown };
      seen.push(a, b, Object.keys(inputs as object), "c" in (inputs as object));
    };
    it.describe(1, [() => own, read as AnyTask], { names: serialize(["a", "b", "x", "y"]) });
    it.fake.values.set("1 1", encoded({ made: "elsewhere" }));
    it.fake.rows.set(1, { starts: Uint32Array.of(0, 0, 0, 2, 4), ids: Uint32Array.of(0, 1, 0, 1) });
    it.fake.queue.push({ run: 1, node: 0, attempt: 1, fn: 0, flags: 2 });
    it.queue(1, [1, 1], 2, 2);
    await ran(it);
    expect(seen.slice(0, 4)).toEqual([own, { made: "elsewhere" }, ["a", "b"], false]);
    expect(seen[0]).toBe(own);
    expect(seen[5]).toBe(seen[1]);
    expect(it.fake.reads).toBe(1);
  });

  it("does not trust its own outputs where an attempt was told to stop", async () => {
    const it = scene();
    const seen: unknown[] = [];
    it.describe(1, [() => "stale", ((inputs: { a: unknown }) => seen.push(inputs.a)) as AnyTask], { names: serialize(["a", "b"]) });
    it.fake.rows.set(1, { starts: Uint32Array.of(0, 0, 1), ids: Uint32Array.of(0) });
    it.fake.queue.push({ run: 1, node: 0, attempt: 1, fn: 0, flags: 2 }, { run: 1, node: 1, attempt: 1, fn: 1, flags: 6 });
    it.fake.onExchange = () => {
      it.fake.values.set("1 0", 42);
      return 0;
    };
    it.fake.batch = 1;
    await ran(it);
    expect(seen).toEqual([42]);
  });

  it("gives prepared attempts what main has made for them", async () => {
    const it = scene();
    const seen: unknown[] = [];
    it.describe(1, [
      ((item: unknown, ctx: { index: number; name: string; path: unknown }) => seen.push(item, ctx.index, ctx.name, ctx.path)) as AnyTask,
    ]);
    it.fake.inputs.set("1 9", encoded({ inputs: "an item", index: 3, name: "each", path: ["m", 3, "each"] }));
    it.queue(1, [0], 3, 9);
    await ran(it);
    expect(seen).toEqual(["an item", 3, "each", ["m", 3, "each"]]);
  });

  it("aborts the signal of an attempt that is told to stop, says so, and reports the end that comes", async () => {
    const it = scene();
    const reasons: unknown[] = [];
    it.describe(1, [
      ((_: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise((resolve) =>
          signal.addEventListener("abort", () => {
            reasons.push(signal.reason);
            setImmediate(() => resolve("late"));
          }),
        )) as AnyTask,
    ]);
    it.queue(1, [0]);
    it.fake.onEmpty = () => (it.fake.records.length === 2 ? 4 : 8);
    it.loop.wake();
    await new Promise((resolve) => setImmediate(resolve));
    while (it.fake.records.length === 0) await new Promise((resolve) => setImmediate(resolve));
    it.say({ type: "abort", run: 1, node: 0, attempt: 1, reason: thrown(new Error("enough")) });
    await ran(it);
    expect(reasons).toEqual([new Error("enough")]);
    expect(it.fake.records.map(({ phase, outcome }) => `${phase} ${outcome}`)).toEqual(["began ok", "ended ok"]);
    expect(it.messages.at(-1)).toEqual({ type: "acknowledged", run: 1, node: 0, attempt: 1 });
  });

  it("hears main between short tasks, without its event loop", async () => {
    const it = scene(() => 0);
    const seen: boolean[] = [];
    let signal: AbortSignal | undefined;
    it.describe(1, [
      ((_: unknown, ctx: { signal: AbortSignal }) => {
        signal = ctx.signal;
        return new Promise(() => {});
      }) as AnyTask,
      () => it.say({ type: "abort", run: 1, node: 0, attempt: 1, reason: thrown(1) }),
      () => seen.push(signal?.aborted === true),
    ]);
    it.fake.batch = 1;
    it.queue(1, [0, 1, 2]);
    await ran(it);
    expect(seen).toEqual([true]);
  });

  it("says nothing of an attempt that the scheduler does not know to have begun", async () => {
    const it = scene();
    const known: number[] = [];
    it.describe(1, [
      () => 0,
      ((_: unknown, ctx: { log(message: string, data?: unknown): void }) => {
        ctx.log("first", () => {});
        known.push(it.fake.records.length);
        ctx.log("second", { n: 1 });
        return 5;
      }) as AnyTask,
    ]);
    it.queue(1, [0, 1]);
    await ran(it);
    expect(known).toEqual([2]);
    expect(it.fake.records.map(({ phase, value }) => [phase, value])).toEqual([
      ["ran", 0],
      ["began", undefined],
      ["ended", 5],
    ]);
    const logs = it.messages.filter(({ type }) => type === "log");
    expect(logs).toEqual([
      { type: "log", run: 1, node: 1, attempt: 1, message: "first", data: "a function" },
      { type: "log", run: 1, node: 1, attempt: 1, message: "second", data: { n: 1 } },
    ]);
  });

  it("goes on with other runs where one has ended by a fault, or before its leases were looked at", async () => {
    const it = scene();
    const called: number[] = [];
    it.describe(2, [() => called.push(2)]);
    it.describe(3, [() => called.push(3)]);
    it.fake.overRuns.add(1);
    it.queue(1, [0, 0]);
    it.fake.queue.push(...[0, 1].map((node) => ({ run: 2 + node, node, attempt: 1, fn: 0, flags: 2 })));
    let isFirst = true;
    it.fake.onExchange = ({ records }) => {
      if (records[0]?.run === 2 && isFirst) {
        isFirst = false;
        throw new Error("INTERNAL: a fault");
      }
      return 0;
    };
    it.fake.onEmpty = () => (called.length === 2 ? 4 : 8 + wordsChange(it.words));
    it.fake.batch = 2;
    await ran(it);
    expect(called).toEqual([2, 3]);
  });

  it("calls tasks with nothing as `this`, in an async context that ends with its turn", async () => {
    const it = scene(stepping(30)); // Each task is a turn of its own.
    const storage = new AsyncLocalStorage<number>();
    const seen: unknown[] = [];
    it.describe(1, [
      function task(this: unknown) {
        seen.push(this, storage.getStore());
        storage.enterWith(1);
      },
    ]);
    it.queue(1, [0, 0]);
    await ran(it);
    expect(seen).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("follows thenables that fail when they are followed, and promises that are rejected", async () => {
    const it = scene();
    it.describe(1, [
      () => Promise.reject(new Error("later")),
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: a hostile thenable
        then() {
          throw new Error("hostile");
        },
      }),
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: a hostile thenable
        get then(): unknown {
          throw new Error("getter");
        },
      }),
    ]);
    it.queue(1, [0, 1, 2]);
    it.fake.onEmpty = () => (it.fake.records.filter(({ outcome }) => outcome === "failed").length === 3 ? 4 : 8);
    await ran(it);
    const failed = it.fake.records.filter(({ outcome }) => outcome === "failed").sort((a, b) => a.node - b.node);
    expect(failed.map(({ value }) => (decode(value as Uint8Array) as Error).message)).toEqual(["later", "hostile", "getter"]);
  });

  it("reports each attempt exactly once, whatever is closed, failed, slow or stolen (property)", async () => {
    const kinds = ["sync", "async", "slow", "fails", "rejects", "object", "closes", "logs"] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...kinds), { maxLength: 60 }),
        fc.integer({ min: 1, max: 64 }),
        fc.constantFrom(0, 0.004, 0.03, 5),
        async (tasks, batch, step) => {
          const it = scene(stepping(step));
          const calls = new Map<number, number>();
          const taken: FakeLease[] = [];
          const code: Record<(typeof kinds)[number], AnyTask> = {
            sync: () => 1,
            async: async () => ({}),
            slow: () => new Promise((resolve) => setImmediate(() => resolve(2))),
            fails: () => {
              throw new Error("x");
            },
            rejects: () => Promise.reject(new Error("y")),
            object: () => ["o"],
            closes: () => {
              taken.push(...it.fake.close());
            },
            logs: (_, { log }) => log("hello"),
          };
          it.describe(
            1,
            tasks.map((kind, node) => (inputs, context) => {
              calls.set(node, (calls.get(node) ?? 0) + 1);
              return code[kind](inputs, context);
            }),
          );
          it.queue(1, range(tasks.length));
          it.fake.batch = batch;
          it.fake.onEmpty = ({ mode }) => {
            it.fake.queue.push(...taken.splice(0));
            if (it.fake.queue.length > 0) setImmediate(() => it.loop.wake());
            const ends = it.fake.records.filter(({ phase }) => phase !== "began").length;
            if (ends === tasks.length) return 4;
            return mode === 1 ? 8 + wordsChange(it.words) : 8;
          };
          await ran(it);
          expect([...calls.values()]).toEqual(tasks.map(() => 1));
          for (const node of range(tasks.length)) {
            const own = it.fake.records.filter((record) => record.node === node);
            const phases = own.map(({ phase }) => phase).join(" ");
            expect(["ran", "began ended"]).toContain(phases);
            const isFailure = tasks[node] === "fails" || tasks[node] === "rejects";
            expect(own.at(-1)?.outcome).toBe(isFailure ? "failed" : "ok");
          }
          closeScenes();
        },
      ),
      { numRuns: 60 },
    );
  });
});
