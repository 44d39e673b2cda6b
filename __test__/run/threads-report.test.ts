/** The rows of threads and commands in traces, and the report on who carried a run out: of recorded columns, and of real runs. */
import { describe, expect, test } from "vitest";
import { DAG, DAGExecutor, map, type RunResult, task } from "../../src/index.js";
import type { RunHosts, TraceSource } from "../../src/run/columns.js";
import { histogramOf } from "../../src/run/histogram.js";
import { threadsReportOf } from "../../src/run/threads-report.js";
import { Trace, type TraceEvent } from "../../src/run/trace.js";
import { recordedRun } from "../support/recorded-run.js";
import { on, testPool } from "../support/threads.js";
import { checkTrace } from "../support/trace-format.js";

/** A recorded run whose nodes, by their order, ran on these threads (0: the main one). */
function hosted(edges: string, run: string, threads: readonly number[], more: Partial<RunHosts> = {}): TraceSource {
  const hosts: RunHosts = {
    threads: Uint16Array.from(threads),
    pastThreads: new Uint32Array(),
    threadNames: ["dagny-1", "dagny-2"],
    firstCommandLane: 100,
    ...more,
  };
  return { ...recordedRun(edges, run), hosts: () => hosts };
}

/** The slices by the name of their row: `dagny-1: a 0+10`. */
function slicesOf(events: readonly TraceEvent[]): string[] {
  const rows = new Map<number, string>();
  for (const event of events)
    if (event.ph === "M" && event.name === "thread_name") rows.set(event.tid, (event.args as { name: string }).name);
  return events.flatMap((e) => (e.ph === "X" ? `${rows.get(e.tid)}: ${e.name} ${e.ts}+${e.dur}` : []));
}

describe("rows of a trace", () => {
  test.each<{ what: string; source: TraceSource; expected: readonly string[] }>([
    {
      what: "one for each thread, after the lanes of the main one",
      source: hosted("a -> b; a -> c", "a lane 3 0..10\nb lane 0 10..20\nc lane 1 10..30", [0, 1, 2]),
      expected: ["lane 0: a 0+10", "dagny-1: b 10+10", "dagny-2: c 10+20"],
    },
    {
      what: "what overlaps on a thread is side by side",
      source: hosted("", "a lane 0 0..10\nb lane 1 2..4\nc lane 2 3..9\nd lane 1 5..8\ne lane 0 10..12", [1, 1, 1, 1, 1]),
      expected: ["dagny-1: a 0+10", "dagny-1 (2): b 2+2", "dagny-1 (3): c 3+6", "dagny-1 (2): d 5+3", "dagny-1: e 10+2"],
    },
    {
      what: "an attempt before is where it was",
      source: hosted("", "a lane 0 0..10 retried error\na lane 0 12..20 retried error\na lane 0 20..30", [2], {
        pastThreads: Uint32Array.of(0, 1, 1, 0, 2, 0),
      }),
      expected: ["dagny-1: a 0+10", "lane 0: a 12+8", "dagny-2: a 20+10"],
    },
    {
      what: "commands come last, numbered by themselves",
      source: hosted("", "a lane 0 0..10\nb lane 100 0..5\nc lane 101 0..5\nd lane 100 5..9", [0, 0, 0, 0]),
      expected: ["lane 0: a 0+10", "command 0: b 0+5", "command 1: c 0+5", "command 0: d 5+4"],
    },
    {
      what: "commands after any number of slots",
      source: hosted("", "a lane 0 0..10\nb lane 1073741824 0..5", [0, 0], { firstCommandLane: 2 ** 30 }),
      expected: ["command 0: b 0+5", "lane 0: a 0+10"],
    },
    {
      what: "the lanes themselves where there is nothing else",
      source: hosted("", "a lane 1 0..10\nb lane 1 10..12", [0, 0]),
      expected: ["lane 1: a 0+10", "lane 1: b 10+2"],
    },
    {
      what: "a node that is not in the list ran here",
      source: hosted("", "a lane 0 0..10\nb lane 0 10..20", [1]),
      expected: ["dagny-1: a 0+10", "lane 0: b 10+10"],
    },
  ])("$what", ({ source, expected }) => {
    const trace = new Trace(source).toChromeTrace();
    expect(checkTrace(trace)).toEqual([]);
    expect(slicesOf(trace.traceEvents).sort()).toEqual([...expected].sort());
  });
});

describe("the report", () => {
  test("says of each who ran how much", () => {
    const source = hosted("a -> b, c, d", "a lane 0 0..10\nb lane 0 12..22\nc lane 1 10..20\nd lane 100 10..110 ready 10", [0, 1, 1, 0]);
    const { main, threads, commands, utilization, longestQueue, running, waiting } = threadsReportOf(source);
    const shown = [main, ...threads, commands].map((host) => `${host.name} ${host.attempts} ${host.busyMs} ${host.utilization.toFixed(3)}`);
    expect(shown).toEqual(["main 1 0.01 0.091", "dagny-1 2 0.012 0.109", "dagny-2 0 0 0.000", "commands 1 0.1 0.909"]);
    expect(utilization).toBeCloseTo(0.0545, 3);
    expect(longestQueue).toBe(1);
    expect([running.count, running.maxMs, waiting.count, waiting.maxMs]).toEqual([4, 0.1, 4, 0.002]);
  });

  test("what kept one thread kept no other", () => {
    const run = "a lane 0 0..10\nb lane 1 5..20\nc lane 2 20..30";
    const waitsOf = (threads: readonly number[]): number => threadsReportOf(hosted("a -> c", run, threads)).waiting.maxMs;
    expect(waitsOf([1, 1, 1])).toBe(0.01);
    expect(waitsOf([1, 2, 1])).toBe(0.01);
  });
});

describe("histograms", () => {
  test.each<{ lengths: readonly number[]; figures: object; buckets: Readonly<Record<number, number>> }>([
    { lengths: [], figures: { count: 0, totalMs: 0, minMs: 0, maxMs: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0 }, buckets: {} },
    { lengths: [5], figures: { count: 1, totalMs: 0.005, minMs: 0.005, maxMs: 0.005, p50Ms: 0.005, p99Ms: 0.005 }, buckets: { 3: 1 } },
    { lengths: [0, 1, 2, 3, 4, 7, 8], figures: { p50Ms: 0.003, minMs: 0, maxMs: 0.008 }, buckets: { 0: 1, 1: 1, 2: 2, 3: 2, 4: 1 } },
    {
      lengths: Array.from({ length: 100 }, (_, i) => 100 - i),
      figures: { p50Ms: 0.05, p90Ms: 0.09, p99Ms: 0.099, maxMs: 0.1 },
      buckets: { 1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 32, 7: 37 },
    },
    { lengths: [2 ** 30 - 1, 2 ** 30, 2 ** 40], figures: { count: 3 }, buckets: { 30: 1, 31: 2 } },
  ])("$lengths.length lengths", ({ lengths, figures, buckets }) => {
    const histogram = histogramOf(Float64Array.from(lengths));
    expect(histogram).toMatchObject(figures);
    expect(histogram.buckets.length).toBe(32);
    expect(Object.fromEntries([...histogram.buckets].flatMap((count, i) => (count > 0 ? [[i, count]] : [])))).toEqual(buckets);
  });
});

describe("real runs", () => {
  const pool = testPool({ name: "worker" });
  const thread = { on: "thread" } as const;

  /** What holds of every trace and report of a run. */
  function check(result: RunResult<object>): string[] {
    const trace = result.trace.toChromeTrace();
    expect(checkTrace(trace)).toEqual([]);
    const { main, threads, commands, running, waiting } = result.threads;
    const hosts = [main, ...threads, commands];
    expect(hosts.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(slicesOf(trace.traceEvents).length);
    expect([running.count, waiting.count]).toEqual(Array(2).fill(slicesOf(trace.traceEvents).length));
    for (const { utilization } of hosts) expect(utilization >= 0 && utilization <= 1).toBe(true);
    expect(result.threads).toBe(result.threads);
    return slicesOf(trace.traceEvents);
  }

  test("without threads there are none", async () => {
    const dag = DAG.builder()
      .task("a", () => 1)
      .build();
    const result = await new DAGExecutor(dag).execute();
    expect(check(result).length).toBe(1);
    expect(result.threads).toMatchObject({ threads: [], utilization: 0, main: { attempts: 1 }, commands: { attempts: 0 } });
  });

  test("inline tasks, threaded ones and commands each have their rows", async () => {
    const dag = DAG.builder()
      .task("a", () => 1)
      .task("b", ["a"], on("one"), thread)
      .task("c", ["b"], task.command("true"))
      .task("m", map({ over: () => Array.from({ length: 20 }, (_, i) => i), each: on("one") }), thread)
      .build();
    const result = (await new DAGExecutor(dag, { pool }).execute()).orThrow();
    const hosts = new Set(check(result).map((slice) => slice.replace(/\d+: .*/, "").replace(/ \(.*/, "")));
    expect([...hosts].sort()).toEqual(["command ", "lane ", "worker-"]);
    expect(result.threads.threads.map(({ name }) => name)).toEqual(["worker-1", "worker-2"]);
    expect(result.threads.threads.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(21);
    expect(result.threads.commands.attempts).toBe(1);
  });

  test.each<{ what: string; name: string; attempts: number }>([
    { what: "retries", name: "failTwice", attempts: 3 },
    { what: "a thread that ended in the middle", name: "exitOnce", attempts: 2 },
    { what: "an attempt that was parked", name: "sleep", attempts: 1 },
  ])("$what: all of it is on threads", async ({ name, attempts }) => {
    const dag = DAG.builder().task("before", on("one"), thread).task("a", ["before"], on(name), { on: "thread", retry: 5 }).build();
    const result = (await new DAGExecutor(dag, { pool }).execute()).orThrow();
    const slices = check(result);
    expect(result.get("a").attempt).toBe(attempts);
    expect(slices.length).toBeGreaterThan(attempts);
    expect(slices.filter((slice) => !slice.startsWith("worker-"))).toEqual([]);
  });

  test("attempts that wait beside each other on a thread", async () => {
    const dag = DAG.builder()
      .task("m", map({ over: () => Array.from({ length: 50 }, (_, i) => i), each: on("asynchronous") }), thread)
      .build();
    const result = (await new DAGExecutor(dag, { pool, maxWorkers: 16 }).execute()).orThrow();
    expect(check(result).length).toBe(50);
  });
});
