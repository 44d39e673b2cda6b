/** Sleeps, signals and approvals: what holds nothing while it waits, and what ends it. */
import { describe, expect, test } from "vitest";
import { approval, DAG, RejectedError, sleep, WaitTimeoutError, waitFor } from "../../src/index.js";
import { each, settleDown, simulated } from "../support/runs.js";

describe("ctx.sleep", () => {
  test("parks without a slot, and goes on in the same attempt", async () => {
    const log: string[] = [];
    const dag: DAG = DAG.builder().addNodes(["a", "b", "c"]).build();
    const { executor, clock } = simulated(dag, { maxWorkers: 1 });
    const handle = executor.start(
      each(async (_, { name, attempt, sleep }) => {
        log.push(`${name}${attempt} sleeps`);
        await sleep(100);
        log.push(`${name}${attempt} at ${clock.now()}`);
      }),
    );
    await settleDown();
    expect(log).toEqual(["a1 sleeps", "b1 sleeps", "c1 sleeps"]);
    expect(handle.waits).toEqual(["a", "b", "c"].map((node) => ({ node, signal: undefined, isSleep: true, dueAtMs: 100 })));
    clock.advance(100);
    const result = await handle.result;
    expect(log.slice(3)).toEqual(["a1 at 100", "b1 at 100", "c1 at 100"]);
    expect(result.get("a").attempts).toMatchObject([{ attempt: 1, status: "completed", durationMs: 100 }]);
    // The entry speaks of the whole attempt, too, not of what came after its last wait.
    expect(result.get("a")).toMatchObject({ attempt: 1, durationMs: 100, queuedMs: 0, startedAt: result.startedAt });
  });

  test("is not slept again by a further attempt", async () => {
    const { executor, clock } = simulated(DAG.builder().addNode("a", { retry: 2 }).build() as DAG);
    const handle = executor.start(
      each(async (_, { attempt, sleep }) => {
        await sleep(100);
        await sleep(50);
        if (attempt === 1) throw new Error("again");
        return clock.now();
      }),
    );
    for (const ms of [100, 50]) {
      await settleDown();
      clock.advance(ms);
    }
    expect((await handle.result).get("a")).toMatchObject({ status: "completed", attempt: 2, result: 150 });
  });

  test("several at once: the first resumes the attempt, the others end while it runs", async () => {
    const { executor, clock } = simulated(DAG.builder().addNode("a").build() as DAG);
    const handle = executor.start(each((_, { sleep }) => Promise.all([sleep(10), sleep(30), sleep(20).then(() => clock.now())])));
    for (let i = 0; i < 3; i++) {
      await settleDown();
      clock.advance(10);
    }
    expect((await handle.result).get("a").result).toEqual([undefined, undefined, 20]);
  });

  test("does not count for the attempt's timeout, but for the node's", async () => {
    const builder = DAG.builder().addNode("short", { timeoutMs: 10 }).addNode("long", { nodeTimeoutMs: 50 });
    const { executor, clock } = simulated(builder.build() as DAG, { failFast: false });
    const handle = executor.start(each((_, { sleep }) => sleep(100)));
    await settleDown();
    clock.advance(50);
    await settleDown();
    clock.advance(50);
    const result = await handle.result;
    expect(result.get("short").status).toBe("completed");
    expect(result.get("long")).toMatchObject({ status: "failed", reason: "timeout", error: { timeoutMs: 50 } });
  });

  test("rejects with the reason when its attempt is told to stop", async () => {
    const { executor } = simulated(DAG.builder().addNode("a").build() as DAG);
    let thrown: unknown;
    const handle = executor.start(each((_, { sleep }) => sleep(100).catch((error) => Promise.reject((thrown = error)))));
    await settleDown();
    handle.cancel("enough");
    expect((await handle.result).get("a").status).toBe("cancelled");
    expect(thrown).toBe("enough");
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, "5", undefined])("refuses %s", async (ms) => {
    const { executor } = simulated(DAG.builder().addNode("a").build() as DAG);
    const result = await executor.execute(each((_, ctx) => ctx.sleep(ms as number)));
    expect(result.get("a").error?.cause).toMatchObject({ code: "INVALID_OPTION", option: "ms" });
  });
});

describe("ctx.waitFor", () => {
  const started = (options?: object) => {
    const { executor, clock } = simulated(DAG.builder().addNode("a", options).build() as DAG);
    return { executor, clock };
  };

  test("gives the payload, checked and changed by a schema", async () => {
    const { executor } = started();
    const handle = executor.start(each((_, { waitFor }) => waitFor("go", { schema: (value: unknown) => `${String(value)}!` })));
    await settleDown();
    expect(handle.waits).toEqual([{ node: "a", signal: "go", isSleep: false, dueAtMs: undefined }]);
    handle.signal("go", "on");
    expect((await handle.result).get("a").result).toBe("on!");
  });

  test("hears a signal that came before it, in order, and keeps the answer for the next attempt", async () => {
    const dag: DAG = DAG.builder().addNode("a", { retry: 2 }).addNode("b").addEdge("a", "b").build();
    const { executor } = simulated(dag);
    const seen: unknown[] = [];
    const handle = executor.start(
      each(async (_, { name, attempt, waitFor }) => {
        seen.push(`${name}${attempt} ${String(await waitFor("go"))}`);
        if (attempt === 1 && name === "a") throw new Error("again");
      }),
    );
    handle.signal("go", 1);
    handle.signal("go", 2);
    await handle.result;
    expect(seen).toEqual(["a1 1", "a2 1", "b1 2"]);
  });

  test("throws when it times out, with the default where there is one", async () => {
    const { executor, clock } = started();
    const handle = executor.start(
      each(async (_, { waitFor }) => {
        const standIn = await waitFor("x", { timeoutMs: 10, default: "nobody" });
        const error = await waitFor("y", { timeoutMs: 10 }).catch((it) => it);
        return [standIn, error];
      }),
    );
    await settleDown();
    clock.advance(10);
    await settleDown();
    clock.advance(10);
    const output = (await handle.result).get("a").result as unknown[];
    expect(output[0]).toBe("nobody");
    expect(output[1]).toBeInstanceOf(WaitTimeoutError);
    expect(output[1]).toMatchObject({ code: "WAIT_TIMEOUT", node: "a", signal: "y" });
  });

  test("a schema that refuses throws inside", async () => {
    const { executor } = started();
    const schema = (): never => {
      throw new RangeError("too small");
    };
    const handle = executor.start(each((_, { waitFor }) => waitFor("go", { schema })));
    await settleDown();
    handle.signal("go", 1);
    expect((await handle.result).get("a").error?.cause).toMatchObject({ message: "too small" });
  });

  test.each<[string, unknown, object]>([
    ["signal", "", {}],
    ["signal", 5, {}],
    ["timeoutMs", "x", { timeoutMs: -1 }],
    ["timeoutMs", "x", { timeoutMs: Number.NaN }],
    ["timeoutMs", "x", { default: 1 }],
    ["schema", "x", { schema: 5 }],
  ])("refuses a wrong %s: %o %o", async (option, signal, options) => {
    const { executor } = started();
    const result = await executor.execute(each((_, ctx) => ctx.waitFor(signal as string, options)));
    expect(result.get("a").error?.cause).toMatchObject({ code: "INVALID_OPTION", option });
  });

  test("two at once of one name are one wait", async () => {
    const { executor } = started();
    const handle = executor.start(each((_, { waitFor }) => Promise.all([waitFor("go"), waitFor("go")])));
    await settleDown();
    handle.signal("go", 1);
    expect((await handle.result).get("a").result).toEqual([1, 1]);
  });
});

describe("wait nodes", () => {
  const gates: DAG = DAG.builder()
    .task("gate", approval())
    .task("after", ["gate"], ({ gate }) => gate)
    .build();

  test("an approval gives its value", async () => {
    const { executor } = simulated(gates);
    const handle = executor.start();
    await settleDown();
    handle.approve("gate", "yes");
    expect((await handle.result).get("after").result).toBe("yes");
  });

  test("an approval that comes before the node waits counts", async () => {
    const dag: DAG = DAG.builder()
      .task("first", () => 1)
      .task("gate", ["first"], approval())
      .build();
    const { executor } = simulated(dag);
    const handle = executor.start();
    handle.approve("gate", 5);
    expect((await handle.result).get("gate").result).toBe(5);
  });

  test("a rejection fails the node, with the reason as cause", async () => {
    const { executor } = simulated(gates);
    const handle = executor.start();
    await settleDown();
    handle.reject("gate", "too expensive");
    const result = await handle.result;
    expect(result.get("gate")).toMatchObject({ status: "failed", reason: "rejected", error: { code: "REJECTED", cause: "too expensive" } });
    expect(result.get("gate").error).toBeInstanceOf(RejectedError);
    expect(result.get("gate").error?.message).toBe('node "gate" was rejected: too expensive');
  });

  test("times out, or takes its default", async () => {
    const dag: DAG = DAG.builder()
      .task("late", waitFor({ signal: "x", timeoutMs: 10 }))
      .task("fine", waitFor({ signal: "y", timeoutMs: 10, default: "nobody" }))
      .task("nap", sleep(5))
      .build();
    const { executor, clock } = simulated(dag, { failFast: false });
    const handle = executor.start();
    await settleDown();
    clock.advance(10);
    const result = await handle.result;
    expect(result.get("late")).toMatchObject({ status: "failed", reason: "timeout", error: { code: "WAIT_TIMEOUT", signal: "x" } });
    expect(result.get("fine").result).toBe("nobody");
    expect(result.get("nap")).toMatchObject({ status: "completed", result: undefined });
  });

  test("says that it may wait for ever", async () => {
    const { executor } = simulated(gates);
    const warnings: unknown[] = [];
    const handle = executor.start(undefined, { onEvent: (event) => event.type === "waitOpened" && warnings.push(event.warning) });
    await settleDown();
    expect(warnings).toEqual(["this wait has no timeout: it may wait for ever"]);
    handle.cancel();
    expect((await handle.result).get("gate").status).toBe("cancelled");
  });

  test("a schema keeps a payload that does not fit from passing, and the wait open", async () => {
    const isNumber = (value: unknown): number => {
      if (typeof value !== "number") throw new TypeError("not a number");
      return value;
    };
    const dag: DAG = DAG.builder()
      .task("gate", waitFor({ schema: isNumber }))
      .task("named", waitFor({ signal: "n", schema: isNumber }))
      .build();
    const { executor } = simulated(dag);
    const handle = executor.start();
    expect(() => handle.signal("n", "five")).toThrow('signal "n": the payload does not fit node "named": not a number');
    await settleDown();
    expect(() => handle.approve("gate", "five")).toThrow('the payload does not fit node "gate": not a number');
    expect(() => handle.signal("n", "five")).toThrow("does not fit");
    handle.approve("gate", 5);
    handle.signal("n", 6);
    const result = await handle.result;
    expect([result.get("gate").result, result.get("named").result]).toEqual([5, 6]);
  });
});

describe("a hundred thousand waits", () => {
  test("cost no slot and one host timer", async () => {
    const count = 100_000;
    const dag: DAG = DAG.builder()
      .addNodes(Array.from({ length: count }, (_, i) => `n${i}`))
      .build();
    const { executor, clock } = simulated(dag, { maxWorkers: 2 });
    let timers = 0;
    const setTimer = clock.setTimer.bind(clock);
    clock.setTimer = (delayMs, wake) => {
      timers++;
      return setTimer(delayMs, wake);
    };
    const handle = executor.start(each((_, { sleep }) => sleep(1000)));
    while (handle.waits.length < count) await settleDown();
    expect(timers).toBe(1);
    clock.advance(1000);
    expect((await handle.result).succeeded).toBe(count);
  });
});
