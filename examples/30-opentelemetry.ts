/**
 * A run as OpenTelemetry spans: the run, each node with links to its upstreams, each attempt. An application sets up its own SDK.
 *
 *     fetch ──> parse ──> save
 */
import assert from "node:assert/strict";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { DAG, DAGExecutor } from "dagny";
import { telemetry } from "dagny/otel";

const exporter = new InMemorySpanExporter();
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer("example");

const flow = DAG.builder()
  .task("fetch", (_inputs, { attempt }) => {
    if (attempt === 1) throw new RangeError("connection lost");
    return [1, 2, 3];
  })
  .task("parse", ["fetch"], ({ fetch }) => fetch.length)
  .task("save", ["parse"], ({ parse }) => `saved ${parse}`)
  .build();

const { onEvent } = telemetry({ tracer, dag: flow, name: "nightly import" });
await new DAGExecutor(flow, { retry: 2 }).execute(undefined, { onEvent });

const spans = exporter.getFinishedSpans();
const find = (name: string) => spans.find((span) => span.name === name);
for (const span of spans)
  console.log(
    span.name,
    span.status.message ?? "",
    span.links.map(({ attributes }) => attributes?.["dagny.upstream"]),
  );
assert.equal(spans.length, 1 + 3 + 4);
assert.equal(find("fetch attempt 1")?.events[0]?.attributes?.["exception.message"], "connection lost");
assert.equal(find("save")?.links[0]?.context.spanId, find("parse")?.spanContext().spanId);
assert.equal(find("save")?.parentSpanContext?.spanId, find("nightly import")?.spanContext().spanId);
