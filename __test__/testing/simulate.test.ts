/** `dagny/testing`: flows run in simulated time, with tasks that do as a script says. */
import { describe, expect, test } from "vitest";
import { DAG, loop, map, TaskError } from "../../src/index.js";
import {
  attempts,
  fails,
  failsTimes,
  hangs,
  returns,
  SimulationStalledError,
  simulate,
  simulatedSleep,
  takes,
} from "../../src/testing/index.js";

const etl = DAG.builder()
  .task("extract", () => [1, 2])
  .task("transform", ["extract"], ({ extract }) => extract.map((n) => n * 10))
  .task("load", ["transform"], ({ transform }) => transform.length, { retry: 3, timeoutMs: 100 })
  .build();

describe("a simulated run", () => {
  test("takes no real time, and as much simulated time as its scripts", async () => {
    const sim = simulate(etl, { tasks: { extract: takes(3_600_000, returns([7])), load: takes(40, returns(1)) } });
    const result = await sim.finish();
    expect(result.status).toBe("completed");
    expect(sim.now).toBe(3_600_040);
    expect(result.durationMs).toBe(3_600_040);
    expect(result.get("transform").result).toEqual([70]);
    expect(sim.log).toEqual([
      "0 runStarted",
      "0 nodeReady extract 0",
      "0 nodeStarted extract 1",
      "3600000 nodeCompleted extract 1",
      "3600000 nodeReady transform 0",
      "3600000 nodeStarted transform 1",
      "3600000 nodeCompleted transform 1",
      "3600000 nodeReady load 0",
      "3600000 nodeStarted load 1",
      "3600040 nodeCompleted load 1",
      "3600040 runEnded completed",
    ]);
  });

  test("tells the order, the outcomes and the attempts", async () => {
    const sim = simulate(etl, { tasks: { load: attempts<unknown, unknown>(hangs({ heedsSignal: true }), fails("ENOSPC"), takes(5)) } });
    await sim.finish();
    expect(sim.order).toEqual(["extract", "transform", "load"]);
    expect(sim.outcomes).toEqual({ extract: "completed", transform: "completed", load: "completed" });
    expect(sim.attempts).toEqual({ extract: ["completed"], transform: ["completed"], load: ["timeout", "error", "completed"] });
    expect(sim.now).toBe(105);
  });

  test("fails as the script says, with the script's own error", async () => {
    const error = new RangeError("no rows");
    const sim = simulate(etl, { tasks: { extract: failsTimes(1, returns([]), error) } });
    const result = await sim.finish();
    expect(sim.outcomes).toEqual({ extract: "failed (error)", transform: "skipped (upstreamFailed)", load: "skipped (upstreamFailed)" });
    expect(result.get("extract").error).toBeInstanceOf(TaskError);
    expect(result.get("extract").error?.cause).toBe(error);
  });

  test("is moved step by step", async () => {
    const sim = simulate(etl, { tasks: { extract: takes(10, returns([1])), load: takes(30) } });
    await sim.settle();
    expect(sim.attempts).toEqual({ extract: ["running"] });
    await sim.advance(9);
    expect([sim.now, sim.outcomes]).toEqual([9, {}]);
    expect(await sim.next()).toBe(true);
    expect([sim.now, sim.attempts["load"]]).toEqual([10, ["running"]]);
    expect(sim.result).toBeUndefined();
    await sim.advance(1_000);
    expect(sim.result?.status).toBe("completed");
    expect(sim.now).toBe(1_010);
    expect(await sim.next()).toBe(false);
  });

  test("hears commands at a time, at an event, and at once", async () => {
    const ignoring = { heedsSignal: false };
    const late = simulate(etl, { tasks: { extract: takes(50, returns([1]), ignoring) } }).at(20, (run) => run.cancel());
    expect((await late.finish()).status).toBe("cancelled");
    expect(late.log.slice(-3)).toEqual(["20 nodeCancelled load 0", "50 lateOutcome extract 1 succeeded", "50 runEnded cancelled"]);

    const early = simulate(etl, { tasks: { transform: takes(50) } }).when("nodeCompleted", "extract", (run) => run.cancel("enough"));
    expect((await early.finish()).status).toBe("cancelled");
    expect(early.now).toBe(0);

    const now = simulate(etl, { tasks: { extract: takes(50, returns([1])) } });
    await now.advance(30);
    await now.give((run) => run.cancel());
    expect((await now.finish()).status).toBe("cancelled");
    expect(now.now).toBe(30);
  });

  test("that cannot go on says what it waits for", async () => {
    const stalled = simulate(etl, { tasks: { load: hangs() }, executor: { graceMs: 10 } });
    // The node has a timeout: it is retried, and the last attempt's end is the end.
    expect((await stalled.finish()).status).toBe("failed");
    expect(stalled.attempts["load"]).toEqual(["timeout", "timeout", "timeout"]);

    const forever = simulate(etl, { tasks: { extract: hangs() } });
    const error = await forever.finish().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SimulationStalledError);
    expect(error).toMatchObject({ code: "SIMULATION_STALLED", name: "SimulationStalledError", nodes: ["extract"] });
    expect(String(error)).toContain('at 0 ms "extract" runs attempt 1, whose task never settles');
  });

  test("waits for code that is at work on something real, as long as its patience lasts", async () => {
    const real = (): Promise<number[]> => new Promise((resolve) => setTimeout(resolve, 5, [1, 2, 3]));
    const sim = simulate(etl, { tasks: { extract: real, load: takes(10) }, executor: { timeoutMs: 1 } });
    const result = await sim.finish();
    expect(result.get("transform").result).toEqual([10, 20, 30]);
    expect(sim.now).toBe(10);

    const stuck = simulate(etl, { tasks: { extract: () => new Promise(() => {}) }, executor: { timeoutMs: 7, graceMs: 3 }, patienceMs: 1 });
    expect((await stuck.finish()).status).toBe("failed");
    expect(stuck.now).toBe(10);
  });

  test("gives code of the user's own simulated time", async () => {
    const sim = simulate(etl, {
      tasks: {
        extract: async (_: unknown, context: Parameters<ReturnType<typeof returns>>[1]) => {
          await simulatedSleep(15, context);
          return [context.attempt];
        },
      },
    });
    await sim.finish();
    expect(sim.now).toBe(15);
  });

  test("hands events to the run's own listener, and takes one script for all nodes", async () => {
    const heard: string[] = [];
    const sim = simulate(DAG.from({ a: [], b: ["a"] }), {
      tasks: returns(1),
      run: { onEvent: ({ type }) => void heard.push(type) },
      executor: 1,
    });
    await sim.finish();
    expect(heard).toEqual(sim.events.map(({ type }) => type));
    expect(sim.outcomes).toEqual({ a: "completed", b: "completed" });
  });
});

describe("code that waits for something real", () => {
  const real = <T>(value: T): Promise<T> => new Promise((resolve) => setTimeout(resolve, 4, value));

  test.each<[string, DAG]>([
    [
      "a condition",
      DAG.builder()
        .task("a", () => 1, { condition: () => real(true), timeoutMs: 1 })
        .build(),
    ],
    [
      "an edge's condition",
      DAG.builder()
        .task("x", () => 1)
        .addNode("a", { timeoutMs: 1 })
        .addEdge("x", "a", { condition: () => real(true) })
        .build(),
    ],
    [
      "what gives a map its items",
      DAG.builder()
        .task("a", map({ over: slowly, each: takes(10) }), { nodeTimeoutMs: 100 })
        .build(),
    ],
    [
      "until",
      DAG.builder()
        .task("a", loop({ body: () => 1, until: () => real(true), limit: 2 }), { timeoutMs: 1 })
        .build(),
    ],
  ])("is waited for: %s", async (_what, dag) => {
    const sim = simulate(dag, { tasks: dag.has("x") ? { a: () => 1 } : {} });
    expect((await sim.finish()).status).toBe("completed");
    expect(sim.outcomes["a"]).toBe("completed");
  });

  async function* slowly(): AsyncGenerator<number> {
    for (let i = 0; i < 3; i++) yield await real(i);
  }

  test("is waited for when it is undone, and when it was told to stop", async () => {
    const undone: string[] = [];
    const dag = DAG.builder()
      .task("a", () => 1, { undo: () => real("a").then((name) => void undone.push(name)) })
      .task("slow", async () => real("never mind"))
      .task("bad", ["a"], fails())
      .build();
    const sim = simulate(dag, { executor: { undo: true, graceMs: 5 } });
    const result = await sim.finish();
    expect(undone).toEqual(["a"]);
    expect(result.abandoned).toEqual([]);
    expect(sim.now).toBe(0);
  });
});

test("scripts also work for code that a command from outside starts", async () => {
  const sim = simulate(etl, { tasks: { extract: takes(5, returns([1])), transform: takes(5), load: takes(5) } });
  await sim.settle();
  sim.handle.pause();
  await sim.advance(50);
  expect(sim.outcomes).toEqual({ extract: "completed" });
  sim.handle.resume();
  expect((await sim.finish()).status).toBe("completed");
  expect(sim.now).toBe(60);
});

test("same graph, same scripts: same events, byte for byte", async () => {
  const run = async (): Promise<string> => {
    const sim = simulate(etl, { tasks: { extract: takes(3, returns([1])), load: failsTimes(2, takes(9)) }, run: { runId: "r" } });
    await sim.finish();
    return JSON.stringify(sim.events);
  };
  expect(await run()).toBe(await run());
});

test("a script outside a simulation says what to do", async () => {
  const context = { name: "a", attempt: 1 } as Parameters<ReturnType<typeof returns>>[1];
  await expect(takes(1)({}, context)).rejects.toThrow('the script of node "a" needs simulated time: run it with simulate()');
});

test.each([
  ["patienceMs", () => simulate(etl, { patienceMs: -1 })],
  ["ms", () => simulate(etl).at(Number.NaN, () => {})],
])("a wrong %s is refused", (_option, call) => {
  expect(call).toThrow(/^`(patienceMs|ms)` must be/);
});
