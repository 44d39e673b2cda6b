/**
 * Golden journals: what an earlier build wrote, this build reads, folds, goes on from, and writes again byte for byte.
 *
 * Together the two scripts have every kind of event. A change of the format adds files and keeps these readable; `DAGNY_WRITE_FIXTURES=1` writes
 * those that are missing.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { CoreRun, corePlan, journalOf, journalPrefix, readEvents, recordCount, recordsOf } from "../support/core-run.js";
import { type Batch, batchesOf, logOf, type ScriptedSpec, scripted } from "../support/script.js";

interface Golden extends ScriptedSpec {
  readonly file: string;
  readonly script: string;
  readonly log: readonly string[];
}

const goldens: readonly Golden[] = [
  {
    file: "stopped-v1.journal",
    graph: "a -> d -> f; b -> e; c; g; h",
    policies: { a: { maxAttempts: 2, cost: 2 }, b: { maxAttempts: 2, timeoutMs: 5 }, h: { priority: 1 } },
    graceMs: 10,
    script: `
      0: start
      1: begin a1, begin b1, begin h1
      2: failed a1
      3: begin a2
      6:
      7: begin b2, ok b1
      8: ok a2
      9: failed b2
      18:
      19:`,
    log: [
      "0 runStarted",
      "0 nodeReady a",
      "0 nodeReady b",
      "0 nodeReady c",
      "0 nodeReady g",
      "0 nodeReady h",
      "0 nodeLeased h1 lane0",
      "0 nodeLeased a1 lane1",
      "0 nodeLeased b1 lane2",
      "0 nodeLeased c1 lane3",
      "1 nodeStarted a1 lane1",
      "1 nodeStarted b1 lane2",
      "1 nodeStarted h1 lane0",
      "2 attemptFailed a1 error",
      "2 nodeReady a",
      "2 nodeLeased a2 lane1",
      "3 nodeStarted a2 lane1",
      "6 attemptFailed b1 timeout",
      "6 nodeReady b",
      "6 nodeLeased b2 lane2",
      "7 nodeStarted b2 lane2",
      "7 lateOutcome b1 ok",
      "8 nodeCompleted a2",
      "8 nodeReady d",
      "8 nodeLeased d1 lane1",
      "9 nodeFailed b2 error",
      "9 nodeSkipped e upstreamFailed",
      "9 runStopping b",
      "9 leaseReturned d",
      "9 nodeSkipped d failFast",
      "9 nodeSkipped f failFast",
      "9 leaseReturned c",
      "9 nodeSkipped c failFast",
      "9 nodeSkipped g failFast",
      "9 nodeCancelled h1",
      "19 attemptAbandoned h1",
      "19 runEnded failed",
    ],
  },
  {
    file: "cancelled-v1.journal",
    graph: "a -> b; c",
    policies: { c: { maxAttempts: 2 } },
    failFast: false,
    script: `
      0: start
      0.25: begin a1, begin c1
      0.5: failed c1, cancel
      2: failed a1`,
    log: [
      "0 runStarted",
      "0 nodeReady a",
      "0 nodeReady c",
      "0 nodeLeased a1 lane0",
      "0 nodeLeased c1 lane1",
      "0.25 nodeStarted a1 lane0",
      "0.25 nodeStarted c1 lane1",
      "0.5 attemptFailed c1 error",
      "0.5 cancelRequested",
      "0.5 nodeCancelled a1",
      "0.5 nodeCancelled b0",
      "0.5 nodeCancelled c1",
      "2 lateOutcome a1 failed",
      "2 runEnded cancelled",
    ],
  },
];

/** Runs a script from its beginning. */
function written({ script, ...given }: Golden): { journal: Uint8Array; steps: { batch: Batch; records: Uint8Array }[] } {
  const { names, spec } = scripted(given);
  const run = CoreRun.fresh(spec, corePlan(spec));
  const steps = batchesOf(script, names).map((batch) => ({ batch, records: run.advance(batch.inputs, batch.now).records }));
  return {
    journal: journalOf(
      run.header(),
      steps.map(({ records }) => records),
    ),
    steps,
  };
}

describe.each(goldens.map((golden) => [golden.file, golden] as const))("%s", (_file, golden) => {
  const path = fileURLToPath(new URL(`../fixtures/${golden.file}`, import.meta.url));
  if (!existsSync(path) && process.env.DAGNY_WRITE_FIXTURES === "1") writeFileSync(path, written(golden).journal);
  const file = Uint8Array.from(readFileSync(path));
  const { names, spec } = scripted(golden);
  const plan = corePlan(spec);

  test("reads as its log", () => {
    expect(logOf(readEvents(recordsOf(file)), names)).toEqual(golden.log);
  });

  test("is what the script writes today", () => {
    expect(Buffer.from(written(golden).journal).equals(file)).toBe(true);
  });

  test("folds into the run that wrote it", () => {
    const { native } = CoreRun.replayed(plan, file);
    expect(native.eventCount()).toBe(golden.log.length);
    const failed = Array.from(native.failed(), (node) => names[node]);
    const failures = golden.log.filter((line) => line.includes("nodeFailed"));
    expect(failed).toEqual(failures.map((line) => line.split(" ")[2]?.slice(0, 1)));
  });

  test("goes on from every step as the script does", () => {
    const { steps } = written(golden);
    let count = 0;
    for (const [i, { records }] of steps.entries()) {
      const resumed = CoreRun.replayed(plan, journalPrefix(file, count));
      const rest = steps.slice(i).map(({ batch }) => resumed.advance(batch.inputs, batch.now).records);
      expect(Buffer.from(journalOf(journalPrefix(file, count), rest)).equals(file)).toBe(true);
      count += records.length / 24;
    }
    expect(count).toBe(recordCount(file));
  });
});

test("the golden journals have every kind of event", () => {
  const kinds = new Set(goldens.flatMap(({ log }) => log.map((line) => line.split(" ")[1])));
  expect(kinds.size).toBe(15);
});
