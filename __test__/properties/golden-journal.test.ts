/**
 * Golden journals: what an earlier build wrote, this build reads, folds, goes on from, and writes again byte for byte.
 *
 * Together the scripts have every kind of event. A change of the format adds files and keeps these readable; `DAGNY_WRITE_FIXTURES=1` writes
 * those that are missing.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { CoreRun, corePlan, journalOf, journalPrefix, readEvents, recordBytes, recordCount, recordsOf } from "../support/core-run.js";
import type { Growth } from "../support/model/spec.js";
import { type Batch, batchesOf, logOf, loneNodes, type ScriptedSpec, scripted } from "../support/script.js";

const eventKinds = [
  "runStarted nodeReady nodeLeased leaseReturned nodeStarted nodeCompleted attemptFailed nodeFailed nodeSkipped nodeCancelled cancelRequested",
  "runStopping lateOutcome attemptAbandoned runEnded predicateAsked predicateAnswered nodeFiltered waitOpened waitOver nodeResumed",
  "scopeOpened itemsAdded grew runPaused runResumed runTimedOut nodeCancelRequested phaseEntered undoStarted undoCompleted undoFailed",
  "signalQueued",
].flatMap((line) => line.split(" "));

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
  {
    // Every kind of event that version 1 did not have.
    file: "rules-v2.journal",
    graph: "a -> b; c ? d; e; m; s; w; z; u -> v",
    maxWorkers: 8,
    failFast: false,
    graceMs: 5,
    policies: {
      a: { hasUndo: true },
      b: { hasUndo: true },
      d: { hasCondition: true },
      m: { kind: { is: "map", inside: { plan: loneNodes(1).plan, failFast: true, limit: 9 } } },
      s: { kind: { is: "subDag", inside: { plan: loneNodes(1).plan, failFast: true, limit: 1 } } },
      w: { kind: { is: "wait", wait: { signal: 7 } } },
      z: { isFinally: true },
    },
    options: { undo: true, runTimeoutMs: 40 },
    script: `
      0: start
      1: begin a1, ok a1
      2: pause
      3: resume
      4: begin b1, ok b1
      5: begin c1, ok c1
      6: nothing d edge c
      7: signal 8, signal 7
      8: lastItems m1 1
      9: begin e1, wait e1 3
      10: signal 3
      11: begin e1, grew e1 1
      12: grow 1
      13: cancel u
      40:
      41: undone b
      42: undoFailed a
      43: begin z1, ok z1
      44:
      50:`,
    log: [
      "0 runStarted",
      "0 nodeReady a",
      "0 nodeReady c",
      "0 nodeReady e",
      "0 nodeReady m",
      "0 nodeReady s",
      "0 nodeReady w",
      "0 nodeReady u",
      "0 nodeLeased a1 lane0",
      "0 nodeLeased c1 lane1",
      "0 nodeLeased u1 lane2",
      "0 nodeLeased e1 lane3",
      "0 nodeStarted m1 lane none",
      "0 nodeStarted s1 lane none",
      "0 scopeOpened s count 1 round 1",
      "0 nodeReady 11",
      "0 nodeStarted w1 lane none",
      "0 waitOpened w1 key 0 signal",
      "0 nodeLeased 11:1 lane4",
      "1 nodeStarted a1 lane0",
      "1 nodeCompleted a1",
      "1 nodeReady b",
      "1 nodeLeased b1 lane0",
      "2 runPaused",
      "2 leaseReturned b",
      "2 leaseReturned c",
      "2 leaseReturned e",
      "2 leaseReturned u",
      "2 leaseReturned 11",
      "3 runResumed",
      "3 nodeLeased c1 lane0",
      "3 nodeLeased u1 lane1",
      "3 nodeLeased b1 lane2",
      "3 nodeLeased e1 lane3",
      "3 nodeLeased 11:1 lane4",
      "4 nodeStarted b1 lane2",
      "4 nodeCompleted b1",
      "5 nodeStarted c1 lane0",
      "5 nodeCompleted c1",
      "5 predicateAsked d from 2 edge",
      "6 predicateAnswered d from 2 edge nothing",
      "6 nodeFiltered d",
      "7 signalQueued isRejection false name 8 payload 9",
      "7 waitOver w answered key 0 payload 9",
      "7 nodeCompleted w1",
      "8 itemsAdded m count 1 isDone true",
      "8 nodeReady 12",
      "8 nodeLeased 12:1 lane0",
      "9 nodeStarted e1 lane3",
      "9 waitOpened e1 key 3 signal",
      "10 waitOver e answered key 3 payload 9",
      "10 nodeReady e",
      "10 nodeLeased e1 lane2",
      "11 nodeResumed e1 lane2",
      "11 grew e ordinal 0",
      "11 nodeCompleted e1",
      "11 nodeReady 13",
      "11 nodeLeased 13:1 lane2",
      "12 grew ordinal 1",
      "12 nodeReady 14",
      "12 nodeLeased 14:1 lane3",
      "13 nodeCancelRequested u",
      "13 leaseReturned u",
      "13 nodeCancelled u0",
      "13 nodeSkipped v upstreamFailed",
      "40 runTimedOut",
      "40 nodeCancelled m1",
      "40 nodeCancelled s1",
      "40 leaseReturned 11",
      "40 nodeCancelled 11:0",
      "40 leaseReturned 12",
      "40 nodeCancelled 12:0",
      "40 leaseReturned 13",
      "40 nodeCancelled 13:0",
      "40 leaseReturned 14",
      "40 nodeCancelled 14:0",
      "40 phaseEntered undoing",
      "40 undoStarted b lane0",
      "41 undoCompleted b",
      "41 undoStarted a lane0",
      "42 undoFailed a error",
      "42 phaseEntered finalizing",
      "42 nodeReady z",
      "42 nodeLeased z1 lane0",
      "43 nodeStarted z1 lane0",
      "43 nodeCompleted z1",
      "43 runEnded failed",
    ],
  },
  {
    // Crashes, and commands on lanes of their own.
    file: "crashes-v3.journal",
    graph: "a -> e; b; c, d; f",
    maxWorkers: 3,
    failFast: false,
    policies: {
      a: { maxCrashes: 1, maxAttempts: 2 },
      b: { isExternal: true, maxAttempts: 2 },
      c: { isCommand: true },
      d: { isCommand: true },
      f: { isExternal: true },
    },
    options: { maxCommands: 1 },
    script: `
      0: start
      1: begin a1, begin b1, begin c1, begin f1
      2: crashed a1, crashed b1, crashed f1
      3: begin a2, failed a2, begin b2, crashed b2
      4: begin a3, crashed a3
      5: crashed c1
      6: begin c2, ok c2
      7: begin d1, ok d1`,
    log: [
      "0 runStarted",
      "0 nodeReady a",
      "0 nodeReady b",
      "0 nodeReady c",
      "0 nodeReady d",
      "0 nodeReady f",
      "0 nodeLeased a1 lane0",
      "0 nodeLeased b1 lane1",
      "0 nodeLeased c1 lane3",
      "0 nodeLeased f1 lane2",
      "1 nodeStarted a1 lane0",
      "1 nodeStarted b1 lane1",
      "1 nodeStarted c1 lane3",
      "1 nodeStarted f1 lane2",
      "2 attemptFailed a1 crashed",
      "2 attemptFailed b1 crashed",
      "2 nodeFailed f1 crashed",
      "2 nodeReady a",
      "2 nodeReady b",
      "2 nodeLeased a2 lane0",
      "2 nodeLeased b2 lane1",
      "3 nodeStarted a2 lane0",
      "3 attemptFailed a2 error",
      "3 nodeStarted b2 lane1",
      "3 nodeFailed b2 crashed",
      "3 nodeReady a",
      "3 nodeLeased a3 lane0",
      "4 nodeStarted a3 lane0",
      "4 nodeFailed a3 crashed",
      "4 nodeSkipped e upstreamFailed",
      "5 attemptFailed c1 crashed",
      "5 nodeReady c",
      "5 nodeLeased c2 lane3",
      "6 nodeStarted c2 lane3",
      "6 nodeCompleted c2",
      "6 nodeLeased d1 lane3",
      "7 nodeStarted d1 lane3",
      "7 nodeCompleted d1",
      "7 runEnded failed",
    ],
  },
];

/** The additions of the scripts, as many as a journal has committed. */
function growthsIn(journal: Uint8Array): Growth[] {
  const grown = readEvents(recordsOf(journal)).filter(({ kind }) => kind === "grew");
  return grown.map(() => loneNodes(1));
}

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
    const { journal } = written(golden);
    // An old version has the same events after another header, or in other records.
    const [now, then] = golden.file.endsWith("-v3.journal") ? [journal, file] : [recordsOf(journal), recordsOf(file)];
    expect(Buffer.from(now).equals(then)).toBe(true);
  });

  test("folds into the run that wrote it", () => {
    const { native } = CoreRun.replayed(plan, file, growthsIn(file));
    expect(native.eventCount()).toBe(golden.log.length);
    const failed = Array.from(native.failed(), (node) => names[node]);
    const failures = golden.log.filter((line) => line.includes("nodeFailed"));
    expect(failed).toEqual(failures.map((line) => line.split(" ")[2]?.slice(0, 1)));
  });

  test("goes on from every step as the script does", () => {
    const { steps } = written(golden);
    let count = 0;
    for (const [i, { records }] of steps.entries()) {
      const prefix = journalPrefix(file, count);
      const resumed = CoreRun.replayed(plan, prefix, growthsIn(prefix));
      const rest = steps.slice(i).map(({ batch }) => resumed.advance(batch.inputs, batch.now).records);
      expect(Buffer.concat([recordsOf(prefix), ...rest]).equals(recordsOf(file))).toBe(true);
      count += records.length / recordBytes;
    }
    expect(count).toBe(recordCount(file));
  });
});

test("the golden journals have every kind of event", () => {
  const kinds = new Set(goldens.flatMap(({ log }) => log.map((line) => line.split(" ")[1])));
  expect([...kinds].sort()).toEqual([...eventKinds].sort());
});
