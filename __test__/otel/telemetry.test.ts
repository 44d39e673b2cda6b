/** Runs as OpenTelemetry spans, seen by the real SDK with an exporter in memory. */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, context, ROOT_CONTEXT, SpanStatusCode, trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DAG, DAGExecutor, type RunEvent } from "../../src/index.js";
import { telemetry } from "../../src/otel/index.js";
import { failsTimes, hangs, returns, simulate, takes } from "../../src/testing/index.js";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = provider.getTracer("test");
const epoch = Date.parse("2030-01-01T00:00:00Z");
const now = (): number => epoch;

/** What an application sets up once: the active context follows asynchronous code. */
const storage = new AsyncLocalStorage<Context>();
beforeAll(() => {
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, fn, self, ...args) => storage.run(active, () => fn.apply(self as never, args)),
    bind: (_active, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
});
afterAll(() => context.disable());
beforeEach(() => exporter.reset());

const ms = ([seconds, nanos]: readonly [number, number]): number => seconds * 1000 + nanos / 1e6 - epoch;

/** The spans as lines: name, begin and end, what they lie in, in the order in which they began. */
function spans(): string[] {
  const finished = exporter.getFinishedSpans();
  const nameOf = new Map(finished.map((span) => [span.spanContext().spanId, span.name]));
  const inOrder = [...finished].sort((a, b) => ms(a.startTime) - ms(b.startTime) || finished.indexOf(b) - finished.indexOf(a));
  return inOrder.map((span) => {
    const around = nameOf.get(span.parentSpanContext?.spanId ?? "");
    return `${span.name} ${ms(span.startTime)}-${ms(span.endTime)}${around === undefined ? "" : ` in ${around}`}`;
  });
}

function span(name: string): ReadableSpan {
  const found = exporter.getFinishedSpans().find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no span ${name}`);
  return found;
}

const dag = DAG.from({ read: [], parse: ["read"], save: ["parse"], tidy: ["save"] });

describe("the spans of a run", () => {
  test("one for the run, one for each node that began, one for each attempt", async () => {
    const { onEvent } = telemetry({ tracer, dag, now, attributes: { tenant: "t1" } });
    const tasks = { read: takes(10), parse: failsTimes(1, takes(5), new RangeError("bad row")), save: takes(7), tidy: returns() };
    await simulate(dag, { tasks, executor: { retry: 2 }, run: { onEvent } }).finish();
    expect(spans()).toEqual([
      "dagny.run 0-22",
      "read 0-10 in dagny.run",
      "read attempt 1 0-10 in read",
      "parse 10-15 in dagny.run",
      "parse attempt 2 10-15 in parse",
      "parse attempt 1 10-10 in parse",
      "save 15-22 in dagny.run",
      "save attempt 1 15-22 in save",
      "tidy 22-22 in dagny.run",
      "tidy attempt 1 22-22 in tidy",
    ]);
    expect(span("dagny.run").attributes).toMatchObject({ tenant: "t1", "dagny.run.status": "completed" });
    expect(span("parse attempt 1").status.code).toBe(SpanStatusCode.ERROR);
    expect(span("parse attempt 2").status.code).toBe(SpanStatusCode.UNSET);
    expect(span("parse").attributes).toMatchObject({ "dagny.node": "parse", "dagny.status": "completed" });
  });

  test("link each node to its upstreams", async () => {
    const { onEvent } = telemetry({ tracer, dag, now });
    await simulate(dag, { tasks: takes(1), run: { onEvent } }).finish();
    expect(span("read").links).toEqual([]);
    expect(span("save").links.map(({ context: { spanId }, attributes }) => [spanId, attributes])).toEqual([
      [span("parse").spanContext().spanId, { "dagny.upstream": "parse" }],
    ]);
  });

  test("say what failed, and what never began", async () => {
    const { onEvent } = telemetry({ tracer, dag, now });
    const tasks = { read: returns(), parse: hangs({ heedsSignal: true }), save: returns(), tidy: returns() };
    await simulate(dag, { tasks, executor: { timeoutMs: 30 }, run: { onEvent } }).finish();
    expect(span("parse").status).toEqual({ code: SpanStatusCode.ERROR, message: "timeout" });
    expect(span("parse").attributes["error.type"]).toBe("timeout");
    expect(span("dagny.run").status).toEqual({ code: SpanStatusCode.ERROR, message: "parse failed: timeout" });
    expect(
      span("dagny.run").events.map(({ name, attributes }) => [name, attributes?.["dagny.node"], attributes?.["dagny.reason"]]),
    ).toEqual(expect.arrayContaining([["nodeSkipped", "save", "upstreamFailed"]]));
  });

  test("carry exceptions of the events, and lie in their containers", () => {
    const { onEvent } = telemetry({ tracer, now });
    const error = Object.assign(new TypeError("no such column"), { code: "E1" });
    const events: object[] = [
      { type: "runStarted", timeMs: 0, runId: "r9" },
      { type: "nodeStarted", timeMs: 1, node: "each", attempt: 1 },
      { type: "itemsAdded", timeMs: 2, node: "each", attempt: 1, count: 2, isDone: true },
      { type: "nodeStarted", timeMs: 3, node: "each/0", attempt: 1, lane: 0 },
      { type: "waitOpened", timeMs: 3, node: "each/0", attempt: 1, signal: "go", isSleep: false },
      { type: "waitOver", timeMs: 4, node: "each/0", attempt: 1, signal: "go", isSleep: false, end: "answered" },
      { type: "nodeFailed", timeMs: 5, node: "each/0", attempt: 1, reason: "error", error },
      { type: "nodeSkipped", timeMs: 5, node: "each/1", attempt: 0, reason: "failFast" },
      { type: "nodeFailed", timeMs: 5, node: "each", attempt: 1, reason: "error" },
      { type: "runEnded", timeMs: 6, status: "failed" },
    ];
    for (const event of events) onEvent(event as RunEvent);
    expect(spans()).toEqual([
      "dagny.run 0-6",
      "each 1-5 in dagny.run",
      "each attempt 1 1-5 in each",
      "each/0 3-5 in each",
      "each/0 attempt 1 3-5 in each/0",
    ]);
    const attempt = span("each/0 attempt 1");
    expect(attempt.events.map(({ name }) => name)).toEqual(["waitOpened", "waitOver", "exception"]);
    expect(attempt.events[2]?.attributes).toMatchObject({ "exception.type": "E1", "exception.message": "no such column" });
    expect(span("each").events.map(({ name }) => name)).toEqual(["nodeSkipped"]);
    expect(span("dagny.run").attributes["dagny.run.id"]).toBe("r9");
    expect(span("dagny.run").status.message).toBe("each/0 failed: no such column");
  });

  test("lie in the span that was active where they were made", async () => {
    await tracer.startActiveSpan("request", async (request) => {
      const { onEvent } = telemetry({ tracer, now });
      await simulate(DAG.from({ a: [] }), { tasks: returns(), run: { onEvent } }).finish();
      request.end();
    });
    expect(spans()).toContain("dagny.run 0-0 in request");
    expect(span("a").spanContext().traceId).toBe(span("request").spanContext().traceId);
  });

  test("are all ended when the run was cancelled", async () => {
    const { onEvent } = telemetry({ tracer, now });
    await simulate(dag, { tasks: takes(100), run: { onEvent } })
      .at(50, (run) => run.cancel())
      .finish();
    expect(spans()).toEqual(["dagny.run 0-50", "read 0-50 in dagny.run", "read attempt 1 0-50 in read"]);
    expect(span("read").attributes["dagny.status"]).toBe("cancelled");
    expect(span("dagny.run").attributes["dagny.run.status"]).toBe("cancelled");
  });
});

describe("a task called in its span", () => {
  test.each([
    ["sync", (work: () => void) => work()],
    [
      "async",
      async (work: () => void) => {
        await Promise.resolve();
        work();
      },
    ],
  ])("has it as the active one, and its exception is recorded: %s", async (_how, call) => {
    const run = telemetry({ tracer, now });
    const flow = DAG.builder()
      .task(
        "a",
        run.inSpan((_inputs, { attempt }) =>
          call(() => {
            tracer.startActiveSpan("inner", (inner) => inner.end());
            if (attempt === 1) throw new RangeError("once");
          }),
        ),
        { retry: 2 },
      )
      .build();
    const result = await new DAGExecutor(flow, 1).execute(undefined, { onEvent: run.onEvent });
    expect(result.status).toBe("completed");
    const inner = exporter.getFinishedSpans().filter(({ name }) => name === "inner");
    expect(inner.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
      ["a attempt 1", "a attempt 2"].map((name) => span(name).spanContext().spanId),
    );
    expect(span("a attempt 1").events.map(({ name, attributes }) => [name, attributes?.["exception.message"]])).toEqual([
      ["exception", "once"],
    ]);
    expect(span("a attempt 2").events).toEqual([]);
  });
});

test("without an SDK it does nothing, and breaks nothing", async () => {
  const run = telemetry({ tracer: trace.getTracer("none") });
  const flow = DAG.builder()
    .task(
      "a",
      run.inSpan(() => 1),
    )
    .build();
  const result = await new DAGExecutor(flow, 1).execute(undefined, { onEvent: run.onEvent });
  expect(result.nodeResults.a.result).toBe(1);
});
