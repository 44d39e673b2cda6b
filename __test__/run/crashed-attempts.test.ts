/**
 * Crashes and commands as the core decides them: what ran an attempt died, and attempts that run in processes of their own.
 *
 * Every row runs beside the reference model, which has to agree on each step; the log shows what became of the row.
 */
import { expect, test } from "vitest";
import type { ModelKind } from "../support/model/spec.js";
import type { RunEvent } from "../support/model/types.js";
import { batchesOf, logOf, loneNodes, type ScriptedSpec, scripted } from "../support/script.js";
import { SideBySide } from "../support/side-by-side.js";

interface Row extends ScriptedSpec {
  readonly title: string;
  readonly script: string;
  /** The log, without `runStarted`, `nodeReady` and `nodeLeased`. */
  readonly log: readonly string[];
}

const inside = (over: object): ModelKind => ({ is: "subDag", inside: { plan: loneNodes(1).plan, failFast: true, limit: 1, ...over } });

const rows: readonly Row[] = [
  {
    title: "three crashes are run again at once, and count as nothing",
    graph: "a",
    script: `
      0: start
      1: begin a1, crashed a1
      2: begin a2, crashed a2
      3: begin a3, crashed a3
      4: begin a4, ok a4`,
    log: [
      "1 nodeStarted a1 lane0",
      "1 attemptFailed a1 crashed",
      "2 nodeStarted a2 lane0",
      "2 attemptFailed a2 crashed",
      "3 nodeStarted a3 lane0",
      "3 attemptFailed a3 crashed",
      "4 nodeStarted a4 lane0",
      "4 nodeCompleted a4",
      "4 runEnded completed",
    ],
  },
  {
    title: "a fourth one is final",
    graph: "a -> b",
    policies: { a: { maxAttempts: 9 } },
    script: `
      0: start
      1: begin a1, crashed a1
      2: begin a2, crashed a2
      3: begin a3, crashed a3
      4: begin a4, crashed a4`,
    log: [
      "1 nodeStarted a1 lane0",
      "1 attemptFailed a1 crashed",
      "2 nodeStarted a2 lane0",
      "2 attemptFailed a2 crashed",
      "3 nodeStarted a3 lane0",
      "3 attemptFailed a3 crashed",
      "4 nodeStarted a4 lane0",
      "4 nodeFailed a4 crashed",
      "4 nodeSkipped b upstreamFailed",
      "4 runEnded failed",
    ],
  },
  {
    title: "maxCrashes 0: the first one is final, however many attempts are left",
    graph: "a",
    policies: { a: { maxCrashes: 0, maxAttempts: 5 } },
    script: `
      0: start
      1: begin a1, crashed a1`,
    log: ["1 nodeStarted a1 lane0", "1 nodeFailed a1 crashed", "1 runEnded failed"],
  },
  {
    title: "attempts, their delays and the retry budget count failures only",
    graph: "a; b",
    failFast: false,
    policies: {
      a: { maxAttempts: 3, backoff: { growth: "linear", delayMs: 2 } },
      b: { maxAttempts: 2 },
    },
    options: { retryBudget: 2 },
    script: `
      0: start
      1: begin a1, crashed a1, begin b1, crashed b1
      2: begin a2, failed a2
      4:
      5: begin a3, crashed a3
      6: begin a4, failed a4
      10:
      11: begin a5, crashed a5
      12: begin a6, failed a6, begin b2, failed b2`,
    log: [
      "1 nodeStarted a1 lane0",
      "1 attemptFailed a1 crashed",
      "1 nodeStarted b1 lane1",
      "1 attemptFailed b1 crashed",
      "2 nodeStarted a2 lane0",
      "2 attemptFailed a2 error due 4",
      "5 nodeStarted a3 lane0",
      "5 attemptFailed a3 crashed",
      "6 nodeStarted a4 lane0",
      "6 attemptFailed a4 error due 10",
      "11 nodeStarted a5 lane0",
      "11 attemptFailed a5 crashed",
      "12 nodeStarted a6 lane0",
      "12 nodeFailed a6 error",
      "12 nodeStarted b2 lane1",
      "12 nodeFailed b2 error",
      "12 runEnded failed",
    ],
  },
  {
    title: "delays that double do so with each failure that counts",
    graph: "a",
    policies: { a: { maxAttempts: 3, backoff: { growth: { factor: 2 }, delayMs: 2 } } },
    script: `
      0: start
      1: begin a1, crashed a1
      2: begin a2, crashed a2
      3: begin a3, failed a3
      5:
      6: begin a4, failed a4
      10:
      11: begin a5, ok a5`,
    log: [
      "1 nodeStarted a1 lane0",
      "1 attemptFailed a1 crashed",
      "2 nodeStarted a2 lane0",
      "2 attemptFailed a2 crashed",
      "3 nodeStarted a3 lane0",
      "3 attemptFailed a3 error due 5",
      "6 nodeStarted a4 lane0",
      "6 attemptFailed a4 error due 10",
      "11 nodeStarted a5 lane0",
      "11 nodeCompleted a5",
      "11 runEnded completed",
    ],
  },
  {
    title: "what is external has failed: its attempts, delay and budget decide",
    graph: "a; b; c",
    failFast: false,
    policies: {
      a: { isExternal: true, maxAttempts: 2, backoff: { growth: "fixed", delayMs: 3 } },
      b: { isExternal: true },
      c: { isExternal: true, maxAttempts: 2 },
    },
    options: { retryBudget: 1 },
    script: `
      0: start
      1: begin a1, crashed a1
      2: begin b1, crashed b1, begin c1, crashed c1
      4:
      5: begin a2, crashed a2`,
    log: [
      "1 nodeStarted a1 lane0",
      "1 attemptFailed a1 crashed due 4",
      "2 nodeStarted b1 lane1",
      "2 nodeFailed b1 crashed",
      "2 nodeStarted c1 lane2",
      "2 nodeFailed c1 crashed",
      "5 nodeStarted a2 lane0",
      "5 nodeFailed a2 crashed",
      "5 runEnded failed",
    ],
  },
  {
    title: "code told to stop has returned when what ran it died",
    graph: "a; b",
    policies: { b: { timeoutMs: 3 } },
    script: `
      0: start
      1: begin a1, begin b1
      4:
      5: crashed a1, crashed b1`,
    log: [
      "1 nodeStarted a1 lane0",
      "1 nodeStarted b1 lane1",
      "4 nodeFailed b1 timeout",
      "4 runStopping b",
      "4 nodeCancelled a1",
      "5 lateOutcome a1 failed",
      "5 lateOutcome b1 failed",
      "5 runEnded failed",
    ],
  },
  {
    title: "after its deadline it is a timeout; at the node's deadline it is not run again",
    graph: "a; b",
    failFast: false,
    policies: { a: { timeoutMs: 2 }, b: { nodeTimeoutMs: 4 } },
    script: `
      0: start
      1: begin a1, begin b1
      5: crashed a1 @4, crashed b1 @5`,
    log: [
      "1 nodeStarted a1 lane0",
      "1 nodeStarted b1 lane1",
      "4 nodeFailed a1 timeout",
      "4 lateOutcome a1 failed",
      "5 nodeFailed b1 crashed",
      "5 runEnded failed",
    ],
  },
  {
    title: "what a stop has spared is not run again",
    graph: "a; b",
    options: { abortRunning: false },
    script: `
      0: start
      1: begin a1, begin b1
      2: failed a1
      3: crashed b1`,
    log: [
      "1 nodeStarted a1 lane0",
      "1 nodeStarted b1 lane1",
      "2 nodeFailed a1 error",
      "2 runStopping a",
      "3 nodeFailed b1 crashed",
      "3 runEnded failed",
    ],
  },
  {
    title: "a crash of parked code voids its wait",
    graph: "a",
    script: `
      0: start
      1: begin a1, wait a1 7
      2: crashed a1
      3: signal 7
      4: begin a2, wait a2 7
      5: begin a2, ok a2`,
    log: [
      "1 nodeStarted a1 lane0",
      "1 waitOpened a1 key 7 signal",
      "2 nodeResumed a1 lane none",
      "2 attemptFailed a1 crashed",
      "3 signalQueued isRejection false name 7 payload 9",
      "4 nodeStarted a2 lane0",
      "4 waitOpened a2 key 7 signal",
      "4 waitOver a answered key 7 payload 9",
      "5 nodeResumed a2 lane0",
      "5 nodeCompleted a2",
      "5 runEnded completed",
    ],
  },
  {
    title: "in a pause it is ready again, and starts afterwards",
    graph: "a",
    script: `
      0: start
      1: begin a1, pause
      2: crashed a1
      3: resume
      4: begin a2, ok a2`,
    log: [
      "1 nodeStarted a1 lane0",
      "1 runPaused",
      "2 attemptFailed a1 crashed",
      "3 runResumed",
      "4 nodeStarted a2 lane0",
      "4 nodeCompleted a2",
      "4 runEnded completed",
    ],
  },
  {
    title: "commands take no slots, and slots are no commands' lanes",
    graph: "a, b; c, d",
    maxWorkers: 1,
    policies: { c: { isCommand: true }, d: { isCommand: true } },
    options: { maxCommands: 1 },
    script: `
      0: start
      1: begin a1, begin c1
      2: ok c1
      3: begin d1, pause, resume, crashed d1
      4: pause
      5: resume
      6: begin d2, ok d2
      7: ok a1
      8: begin b1, ok b1`,
    log: [
      "1 nodeStarted a1 lane0",
      "1 nodeStarted c1 lane1",
      "2 nodeCompleted c1",
      "3 nodeStarted d1 lane1",
      "3 runPaused",
      "3 runResumed",
      "3 attemptFailed d1 crashed",
      "4 runPaused",
      "4 leaseReturned d",
      "5 runResumed",
      "6 nodeStarted d2 lane1",
      "6 nodeCompleted d2",
      "7 nodeCompleted a1",
      "8 nodeStarted b1 lane0",
      "8 nodeCompleted b1",
      "8 runEnded completed",
    ],
  },
  {
    title: "a command that waits for its lane holds nobody back, and all that are allowed run at once",
    graph: "a; b; c; d",
    maxWorkers: 2,
    policies: { a: { isCommand: true, priority: 9 }, b: { isCommand: true, priority: 8 }, c: { isCommand: true, priority: 7 } },
    options: { maxCommands: 2 },
    script: `
      0: start
      1: begin a1, begin b1, begin d1
      2: ok a1, ok d1
      3: begin c1, ok b1, ok c1`,
    log: [
      "1 nodeStarted a1 lane2",
      "1 nodeStarted b1 lane3",
      "1 nodeStarted d1 lane0",
      "2 nodeCompleted a1",
      "2 nodeCompleted d1",
      "3 nodeStarted c1 lane2",
      "3 nodeCompleted b1",
      "3 nodeCompleted c1",
      "3 runEnded completed",
    ],
  },
  {
    title: "a command inside a container, with a pool and a place, and its undo on a slot",
    graph: "s; x",
    maxWorkers: 1,
    failFast: false,
    policies: {
      s: {
        kind: inside({
          concurrency: 1,
          plan: { nodeCount: 2, edges: [], policies: [{ isCommand: true, hasUndo: true, needs: [[0, 1]] }, { isCommand: true }] },
        }),
      },
    },
    options: { undo: true, pools: [{ capacity: 1 }] },
    script: `
      0: start
      1: begin 2:1, crashed 2:1
      2: begin 2:2, ok 2:2
      3: begin 3:1, ok 3:1
      4: begin x1, failed x1
      5: undone 2`,
    log: [
      "0 nodeStarted s1 lane none",
      "0 scopeOpened s count 2 round 1",
      "1 nodeStarted 2:1 lane1",
      "1 attemptFailed 2:1 crashed",
      "2 nodeStarted 2:2 lane1",
      "2 nodeCompleted 2:2",
      "3 nodeStarted 3:1 lane1",
      "3 nodeCompleted 3:1",
      "3 nodeCompleted s1",
      "4 nodeStarted x1 lane0",
      "4 nodeFailed x1 error",
      "4 phaseEntered undoing",
      "4 undoStarted 2 lane0",
      "5 undoCompleted 2",
      "5 runEnded failed",
    ],
  },
  {
    // Its finally-node was leased when the run stopped, and runs on: it did not succeed before the undoing began.
    title: "what succeeds during the undoing is not undone",
    graph: "s -> m -> t; b -> t; x",
    policies: {
      s: { kind: inside({ plan: { nodeCount: 2, edges: [], policies: [{}, { isFinally: true, hasUndo: true }] } }) },
      t: { join: "anyCompleted", hasUndo: true },
    },
    options: { undo: true },
    script: `
      0: start
      1: begin b1, ok b1, begin 5:1, ok 5:1
      2: begin t1, ok t1
      3: begin x1, failed x1
      4: begin 6:1, ok 6:1
      5: undone t`,
    log: [
      "0 nodeStarted s1 lane none",
      "0 scopeOpened s count 2 round 1",
      "1 nodeStarted b1 lane1",
      "1 nodeCompleted b1",
      "1 nodeStarted 5:1 lane0",
      "1 nodeCompleted 5:1",
      "1 phaseEntered s finalizing",
      "2 nodeStarted t1 lane1",
      "2 nodeCompleted t1",
      "3 nodeStarted x1 lane2",
      "3 nodeFailed x1 error",
      "3 runStopping x",
      "3 nodeCancelled s1",
      "3 nodeSkipped m failFast",
      "3 phaseEntered undoing",
      "3 undoStarted t lane1",
      "4 nodeStarted 6:1 lane0",
      "4 nodeCompleted 6:1",
      "5 undoCompleted t",
      "5 runEnded failed",
    ],
  },
];

test.each(rows.map((row) => [row.title, row] as const))("%s", (_title, { script, log, ...given }) => {
  const { names, spec } = scripted(given);
  const both = new SideBySide(spec);
  const events: RunEvent[] = [];
  for (const { inputs, now } of batchesOf(script, names)) events.push(...both.advance(inputs, now).events);
  expect(logOf(events, names).filter((line) => !/ (runStarted|nodeReady|nodeLeased)/.test(line))).toEqual(log);
});
