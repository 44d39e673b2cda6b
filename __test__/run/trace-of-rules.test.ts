/** The trace, the profile and the observers of one run with every kind of node in it, on the executor, in simulated time. */

import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { describe, expect, test } from "vitest";
import { approval, DAG, loop, map, sleep, subDag } from "../../src/index.js";
import { observers, structuredLog } from "../../src/observe/index.js";
import { progressWith } from "../../src/observe/progress.js";
import { telemetry } from "../../src/otel/index.js";
import { failsTimes, returns, simulate, takes } from "../../src/testing/index.js";
import { checkTrace } from "../support/trace-format.js";

const inner = DAG.builder()
  .task("probe", takes(5, returns("video")))
  .task("encode", ["probe"], takes(20, returns("encoded")))
  .build();

const flow = DAG.builder()
  .task("list", takes(10, returns([30, 20, 10])))
  .task("each", ["list"], map({ each: (ms: number, ctx) => takes(ms, returns(ms))({}, ctx), concurrency: 2 }))
  .task("convert", ["list"], subDag(inner))
  .task("poll", ["list"], loop({ body: takes(3, returns(1)), until: (_output, { iteration }) => iteration === 3, limit: 5 }))
  .task("flaky", ["list"], failsTimes(2, takes(4)), { retry: { maxAttempts: 3, delayMs: 7 } })
  .task("release", ["convert"], approval<string>())
  .task("nap", ["list"], sleep(12))
  .task("grow", ["list"], (_inputs, ctx) => {
    ctx.addNodes([{ name: "late", needs: ["grow"], task: takes(6) }]);
  })
  .task("park", ["list"], async (inputs, ctx) => {
    await takes(2)(inputs, ctx);
    await ctx.sleep(15);
    await takes(3)(inputs, ctx);
  })
  .task("report", ["each", "release", "poll", "flaky", "nap", "park"], takes(5), { join: "allSettled" })
  .task("tidy", ["report"], takes(1), { finally: true })
  .build();

async function run(onEvent: (event: never) => void = () => {}) {
  const sim = simulate(flow, { executor: { maxWorkers: 3, seed: 1 }, run: { runId: "r", onEvent: onEvent as () => void } }).when(
    "waitOpened",
    "release",
    (handle) => handle.approve("release", "ok"),
  );
  return { sim, result: await sim.finish() };
}

describe("a run with everything in it", () => {
  test("completes", async () => {
    const { sim, result } = await run();
    expect(result.status).toBe("completed");
    expect(sim.outcomes).toMatchObject({ "each/2": "completed", "convert/encode": "completed", late: "completed", tidy: "completed" });
    expect(Object.values(sim.outcomes).every((outcome) => outcome === "completed")).toBe(true);
  });

  test("has a valid trace, in which everything has its place", async () => {
    const { result } = await run();
    const trace = result.trace.toChromeTrace();
    expect(checkTrace(trace)).toEqual([]);
    const slices = trace.traceEvents.flatMap((event) => (event.ph === "X" ? [`${event.name} ${event.args.status}`] : []));
    expect([...slices].sort()).toEqual(
      [
        "list completed",
        ...[0, 1, 2].map((item) => `each/${item} completed`),
        "convert/probe completed",
        "convert/encode completed",
        ...[1, 2, 3].map((round) => `poll/${round} completed`),
        "flaky retried",
        "flaky retried",
        "flaky completed",
        "grow completed",
        "late completed",
        "park parked",
        "park completed",
        "report completed",
        "tidy completed",
      ].sort(),
    );
    const spans = trace.traceEvents.flatMap((event) => (event.ph === "b" ? [`${event.cat} ${event.name}`] : []));
    expect([...spans].sort()).toEqual(["container convert", "container each", "container poll", "wait nap", "wait park", "wait release"]);
  });

  test("has a critical path without a hole, and delays that are no waiting", async () => {
    const { result } = await run();
    const profile = result.profile();
    const { criticalPath } = profile;
    expect(criticalPath.durationMs).toBe(result.durationMs);
    expect(criticalPath.workMs + criticalPath.lostMs + criticalPath.delayMs + criticalPath.dispatchMs).toBeCloseTo(
      criticalPath.durationMs,
      6,
    );
    expect(criticalPath.path[0]).toBe("list");
    expect(criticalPath.path.slice(-2)).toEqual(["report", "tidy"]);
    expect(profile.get("each/1")?.workMs).toBe(20);
    expect(profile.get("park")?.workMs).toBe(5);
    for (const { name, waitedMs, slackMs } of profile.nodes()) {
      expect(waitedMs, name).toBeGreaterThanOrEqual(0);
      if (slackMs !== undefined) expect(slackMs, name).toBeGreaterThanOrEqual(0);
    }
  });

  test("is followed by every observer to its end", async () => {
    const exporter = new InMemorySpanExporter();
    const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer("test");
    const records: string[] = [];
    let shown = "";
    const stream = { isTTY: true, columns: 100, rows: 30, write: (text: string) => void (shown += text) };
    const tick = { now: () => 0, every: () => () => {} };
    const onEvent = observers(
      structuredLog({ level: "debug", sink: ({ message }) => void records.push(message) }),
      progressWith({ dag: flow, mode: "tree", stream, colors: false }, tick),
      progressWith({ dag: flow, mode: "lines", stream, colors: false }, tick),
      telemetry({ tracer, dag: flow }).onEvent,
    );
    const { sim } = await run(onEvent);
    expect(sim.events.filter(({ type }) => type === "listenerFailed")).toEqual([]);
    expect(records).toContain("each/2 completed");
    expect(shown).toContain("12/12");
    expect(shown).toContain("run completed after");
    const spans = new Map(exporter.getFinishedSpans().map((span) => [span.name, span]));
    const around = (name: string): string | undefined => spans.get(name)?.parentSpanContext?.spanId;
    expect(around("each/2")).toBe(spans.get("each")?.spanContext().spanId);
    expect(around("convert/encode")).toBe(spans.get("convert")?.spanContext().spanId);
    expect(around("late")).toBe(spans.get("dagny.run")?.spanContext().spanId);
    expect(spans.get("report")?.links.length).toBe(6);
  });
});

test("undo is drawn too, in its order", async () => {
  const dag = DAG.builder()
    .task("a", takes(5), { undo: (_output, ctx) => takes(3)({}, ctx as never) })
    .task("b", ["a"], takes(5), { undo: (_output, ctx) => takes(4)({}, ctx as never) })
    .task("c", ["b"], failsTimes(1))
    .build();
  const result = await simulate(dag, { executor: { undo: true } }).finish();
  const trace = result.trace.toChromeTrace();
  expect(checkTrace(trace)).toEqual([]);
  expect(
    trace.traceEvents.flatMap((event) =>
      event.ph === "b" || event.ph === "e" ? [`${event.cat} ${event.name} ${event.ph} ${event.ts}`] : [],
    ),
  ).toEqual(["undo b b 10000", "undo b e 14000", "undo a b 14000", "undo a e 17000"]);
});
