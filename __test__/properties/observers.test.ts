/** What is made of runs, for random programs of all rules: traces, profiles, explanations, and what the observers make of the events. */
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { expect, test } from "vitest";
import type { NodeResult, RunEvent, RunResult } from "../../src/index.js";
import { RunFollower, settledIn } from "../../src/observe/follow.js";
import { structuredLog } from "../../src/observe/index.js";
import { progressWith } from "../../src/observe/progress.js";
import { telemetry } from "../../src/otel/index.js";
import { ExecutorStage } from "../support/executor-stage.js";
import { play } from "../support/programs.js";
import { Random } from "../support/random.js";
import { randomProgram } from "../support/random-program.js";
import { forEachSeedAsync } from "../support/seeds.js";
import { checkTrace } from "../support/trace-format.js";

async function run(seed: number, listener?: (event: RunEvent) => void): Promise<RunResult | undefined> {
  const program = randomProgram(new Random(seed), `seed ${seed}`);
  const stage = new ExecutorStage(program, listener);
  await play(program, stage);
  return stage.report;
}

test("traces are valid, profiles add up, and what did not complete has a reason", { timeout: 3_600_000 }, async () => {
  await forEachSeedAsync("traces and profiles", 400, async (seed) => {
    const result = await run(seed);
    if (result === undefined) return; // Refused, or it waits for ever.
    expect(checkTrace(result.trace.toChromeTrace())).toEqual([]);
    checkProfile(result);
    for (const node of everyNode(Object.values(result.nodeResults))) {
      if (node.status === "completed") expect(node.why).toBeUndefined();
      else
        expect(node.why, `${node.name} ${node.status} ${node.reason}`).toMatch(
          /^".*" (was (skipped|cancelled|filtered out) because|failed|ran out|was rejected)/,
        );
    }
  });
});

function checkProfile(result: RunResult): void {
  const profile = result.profile();
  const { criticalPath: path, waiting, parallelism } = profile;
  expect(path.workMs + path.lostMs + path.delayMs + path.dispatchMs).toBeCloseTo(path.durationMs, 6);
  expect(waiting.slotMs + waiting.threadMs + waiting.dispatchMs).toBeCloseTo(waiting.totalMs, 6);
  expect(parallelism.average * profile.durationMs).toBeCloseTo(profile.workMs, 6);
  let end = 0;
  for (const { name, startMs, endMs, delayMs, dispatchMs } of path.steps) {
    expect(Math.min(delayMs, dispatchMs), name).toBeGreaterThanOrEqual(0);
    expect(startMs - delayMs - dispatchMs, name).toBeGreaterThanOrEqual(end - 1e-6);
    end = endMs;
  }
  let work = 0;
  for (const { name, workMs, lostMs, waitedMs, slackMs } of profile.nodes()) {
    work += workMs;
    expect(Math.min(workMs, lostMs, waitedMs, slackMs ?? 0), name).toBeGreaterThanOrEqual(-1e-6);
  }
  expect(work).toBeCloseTo(profile.workMs, 6);
}

function* everyNode(nodes: Iterable<NodeResult>): Generator<NodeResult> {
  for (const node of nodes) {
    yield node;
    yield* everyNode(node.nodes());
  }
}

test("observers follow every run to its end", { timeout: 3_600_000 }, async () => {
  await forEachSeedAsync("observers", 300, async (seed) => {
    const follower = new RunFollower();
    const exporter = new InMemorySpanExporter();
    const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer("test");
    const { onEvent } = telemetry({ tracer, now: () => 1e12 });
    let records = 0;
    let begun = 0;
    let heard = 0;
    const log = structuredLog({ level: "debug", sink: () => records++ });
    const tick = { now: () => 0, every: () => () => {} };
    const shows = (["tree", "lines"] as const).map((mode) => progressWith({ mode, stream: { write: () => {} } }, tick));
    const result = await run(seed, (event) => {
      heard++;
      if (event.type === "nodeStarted") begun++;
      follower.take(event);
      for (const listener of [log, onEvent, ...shows]) listener(event);
    });
    expect(records).toBe(heard);
    if (result === undefined) return;
    expect([...follower.active.keys()]).toEqual([]);
    expect(settledIn(follower.tally)).toBeGreaterThanOrEqual(Object.keys(result.nodeResults).length);
    const names = exporter.getFinishedSpans().map(({ name }) => name);
    expect(names.filter((name) => name === "dagny.run")).toHaveLength(1);
    expect(names.filter((name) => / attempt \d+$/.test(name))).toHaveLength(begun);
  });
});
