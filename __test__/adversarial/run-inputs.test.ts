/**
 * Inputs that no correct host gives: the core refuses them, decides the rest as if they had not been there, and never dies.
 *
 * Every row runs beside the reference model, which has to agree on each step; the log shows what became of the row.
 */
import { describe, expect, test } from "vitest";
import type { RunSpec } from "../support/model/spec.js";
import type { RunEvent } from "../support/model/types.js";
import { Random } from "../support/random.js";
import { batchesOf, logOf, type ScriptedSpec, scripted } from "../support/script.js";
import { SideBySide } from "../support/side-by-side.js";

interface Row extends ScriptedSpec {
  readonly title: string;
  readonly script: string;
  /** The log, without `nodeLeased`. */
  readonly log: readonly string[];
}

const rows: readonly Row[] = [
  {
    title: "anything before the start",
    graph: "a",
    script: `
      0: begin a1, ok a1, cancel
      0:
      1: start
      2: begin a1, ok a1`,
    log: ["1 runStarted", "1 nodeReady a", "2 nodeStarted a1 lane0", "2 nodeCompleted a1", "2 runEnded completed"],
  },
  {
    title: "start twice",
    graph: "a",
    script: `
      0: start, start
      1: start, begin a1, start, ok a1`,
    log: ["0 runStarted", "0 nodeReady a", "1 nodeStarted a1 lane0", "1 nodeCompleted a1", "1 runEnded completed"],
  },
  {
    title: "nodes that are not there",
    graph: "a",
    script: `
      0: start, begin nobody1, ok nobody1, failed nobody1
      1: begin a1, ok nobody1, failed nobody0, ok a1`,
    log: ["0 runStarted", "0 nodeReady a", "1 nodeStarted a1 lane0", "1 nodeCompleted a1", "1 runEnded completed"],
  },
  {
    title: "a crash of what has not begun, of other attempts, twice, and after the end",
    graph: "a",
    script: `
      0: start, crashed a1, crashed a0, crashed nobody1
      1: begin a1, crashed a2, crashed a1, crashed a1
      2: begin a2, crashed a1, ok a2, crashed a2`,
    log: [
      "0 runStarted",
      "0 nodeReady a",
      "1 nodeStarted a1 lane0",
      "1 attemptFailed a1 crashed",
      "1 nodeReady a",
      "2 nodeStarted a2 lane0",
      "2 nodeCompleted a2",
      "2 runEnded completed",
    ],
  },
  {
    title: "a signal for a node that is not there",
    graph: "a",
    script: `
      0: start, signal 7 nobody, signal 7 a
      1: begin a1, ok a1`,
    log: [
      "0 runStarted",
      "0 nodeReady a",
      "0 signalQueued a isRejection false name 7 payload 9",
      "1 nodeStarted a1 lane0",
      "1 nodeCompleted a1",
      "1 runEnded completed",
    ],
  },
  {
    title: "begin without a lease: no slot, not ready, already begun, other attempts",
    graph: "a -> b; c",
    maxWorkers: 1,
    script: `
      0: start, begin a1
      1: begin c1, begin b1, begin a2, begin a0, begin a1, begin a1
      2: ok a1`,
    log: ["0 runStarted", "0 nodeReady a", "0 nodeReady c", "1 nodeStarted a1 lane0", "2 nodeCompleted a1", "2 nodeReady b"],
  },
  {
    title: "settle what has not begun, other attempts, and settle twice",
    graph: "a -> b",
    script: `
      0: start
      1: ok a1, failed a1, begin a1, failed a2, ok a0
      2: ok a1, ok a1, failed a1
      3: ok a1, failed a1`,
    log: ["0 runStarted", "0 nodeReady a", "1 nodeStarted a1 lane0", "2 nodeCompleted a1", "2 nodeReady b"],
  },
  {
    title: "an attempt that settles again while its node is tried again",
    graph: "a",
    policies: { a: { maxAttempts: 2 } },
    script: `
      0: start
      1: begin a1, failed a1, failed a1
      2: ok a1, begin a2, ok a1
      3: failed a1, ok a2`,
    log: [
      "0 runStarted",
      "0 nodeReady a",
      "1 nodeStarted a1 lane0",
      "1 attemptFailed a1 error",
      "1 nodeReady a",
      "2 nodeStarted a2 lane0",
      "3 nodeCompleted a2",
      "3 runEnded completed",
    ],
  },
  {
    title: "begin after the lease was taken back by a stop, and settle it",
    graph: "a; b",
    script: `
      0: start
      1: begin a1, failed a1, begin b1, ok b1`,
    log: [
      "0 runStarted",
      "0 nodeReady a",
      "0 nodeReady b",
      "1 nodeStarted a1 lane0",
      "1 nodeFailed a1 error",
      "1 runStopping a",
      "1 leaseReturned b",
      "1 nodeSkipped b failFast",
      "1 runEnded failed",
    ],
  },
  {
    title: "begin after the lease was taken back by a cancel",
    graph: "a; b",
    script: `
      0: start
      1: begin a1
      2: cancel, begin b1, ok b1
      3: begin b1, ok b1
      4: ok a1`,
    log: [
      "0 runStarted",
      "0 nodeReady a",
      "0 nodeReady b",
      "1 nodeStarted a1 lane0",
      "2 cancelRequested",
      "2 nodeCancelled a1",
      "2 leaseReturned b",
      "2 nodeCancelled b0",
      "4 lateOutcome a1 ok",
      "4 runEnded cancelled",
    ],
  },
  {
    title: "a storm of cancels",
    graph: "a -> b",
    script: `
      0: start, ${"cancel, ".repeat(400)} begin a1
      1: ${"cancel, ".repeat(400)}`,
    log: ["0 runStarted", "0 nodeReady a", "0 cancelRequested", "0 nodeCancelled a0", "0 nodeCancelled b0", "0 runEnded cancelled"],
  },
  {
    title: "cancel when everything has settled but not returned",
    graph: "a; b",
    graceMs: 5,
    script: `
      0: start
      1: begin a1, begin b1
      2: failed a1
      3: cancel, cancel
      7:`,
    log: [
      "0 runStarted",
      "0 nodeReady a",
      "0 nodeReady b",
      "1 nodeStarted a1 lane0",
      "1 nodeStarted b1 lane1",
      "2 nodeFailed a1 error",
      "2 runStopping a",
      "2 nodeCancelled b1",
      "7 attemptAbandoned b1",
      "7 runEnded failed",
    ],
  },
  {
    title: "an abandoned attempt that returns after all, twice, and one that returns after the end",
    graph: "a; b -> c",
    failFast: false,
    policies: { a: { timeoutMs: 1 } },
    graceMs: 1,
    script: `
      0: start
      0: begin b1, begin a1
      1:
      2:
      3: failed a1, ok a1
      4: ok b1
      5: begin c1
      6: ok c1, ok c1, cancel
      7: ok a1, ok c1, cancel, start`,
    log: [
      "0 runStarted",
      "0 nodeReady a",
      "0 nodeReady b",
      "0 nodeStarted b1 lane0",
      "0 nodeStarted a1 lane1",
      "1 nodeFailed a1 timeout",
      "2 attemptAbandoned a1",
      "3 lateOutcome a1 failed",
      "4 nodeCompleted b1",
      "4 nodeReady c",
      "5 nodeStarted c1 lane0",
      "6 nodeCompleted c1",
      "6 runEnded failed",
    ],
  },
  {
    title: "on the deadline is in time, after it is a timeout whichever arrived first, and it is told once",
    graph: "a; b",
    failFast: false,
    policies: { a: { timeoutMs: 5 }, b: { timeoutMs: 5 } },
    script: `
      0: start
      0: begin a1, begin b1
      9: ok a1 @5, ok b1 @5.001, ok b1
      9: ok b1`,
    log: [
      "0 runStarted",
      "0 nodeReady a",
      "0 nodeReady b",
      "0 nodeStarted a1 lane0",
      "0 nodeStarted b1 lane1",
      "5 nodeCompleted a1",
      "5.001 nodeFailed b1 timeout",
      "5.001 lateOutcome b1 ok",
      "9 runEnded failed",
    ],
  },
  {
    title: "times that run backwards, inside a batch and between batches",
    graph: "a -> b",
    policies: { a: { timeoutMs: 5 } },
    script: `
      10: start
      8: begin a1 @4
      12: ok a1 @11, begin b1 @3
      2: begin b1 @1, ok b1 @0`,
    log: [
      "10 runStarted",
      "10 nodeReady a",
      "10 nodeStarted a1 lane0",
      "11 nodeCompleted a1",
      "11 nodeReady b",
      "12 nodeStarted b1 lane0",
      "12 nodeCompleted b1",
      "12 runEnded completed",
    ],
  },
  {
    // The time of a run is that of its last event: a fold of the events knows no other.
    title: "a begin reported after a tick that decided nothing",
    graph: "a",
    policies: { a: { timeoutMs: 5 } },
    script: `
      0: start
      4:
      4: begin a1 @1
      6.5:`,
    log: ["0 runStarted", "0 nodeReady a", "1 nodeStarted a1 lane0", "6.5 nodeFailed a1 timeout"],
  },
  {
    title: "an input from after the batch",
    graph: "a",
    script: `
      0: start @3
      4: begin a1 @9, ok a1 @8`,
    log: ["3 runStarted", "3 nodeReady a", "9 nodeStarted a1 lane0", "9 nodeCompleted a1", "9 runEnded completed"],
  },
  {
    title: "cancelled in the batch of its start",
    graph: "a",
    script: "0: start, cancel, cancel",
    log: ["0 runStarted", "0 nodeReady a", "0 cancelRequested", "0 nodeCancelled a0", "0 runEnded cancelled"],
  },
];

describe("hostile inputs to a run", () => {
  test.each(rows.map((row) => [row.title, row] as const))("%s", (_title, { script, log, ...given }) => {
    const { names, spec } = scripted(given);
    const both = new SideBySide(spec);
    const events: RunEvent[] = [];
    for (const { inputs, now } of batchesOf(script, names)) events.push(...both.advance(inputs, now).events);
    expect(logOf(events, names).filter((line) => !line.includes("nodeLeased"))).toEqual(log);
  });

  test("a run without nodes ends at its start, also when it is cancelled in the same batch", () => {
    const both = new SideBySide({ nodeCount: 0, edges: [], policies: [], maxWorkers: 4, failFast: true, graceMs: 0 });
    const report = both.advance(
      [
        { kind: "start", at: 0 },
        { kind: "cancel", at: 0 },
      ],
      0,
    );
    expect(logOf(report.events, [])).toEqual(["0 runStarted", "0 runEnded completed"]);
  });

  test("after the end there is nothing to decide", () => {
    const { names, spec } = scripted({ graph: "a -> b" });
    const both = new SideBySide(spec);
    for (const { inputs, now } of batchesOf("0: start, cancel", names)) both.advance(inputs, now);
    const journal = both.journal();
    const afterwards = "1: start, cancel, begin a1, ok a1, begin b1\n2:\n9999999: cancel";
    for (const { inputs, now } of batchesOf(afterwards, names)) {
      expect(both.advance(inputs, now)).toMatchObject({ events: [], leases: [], effects: [], wakeAt: null, ended: true });
    }
    expect(both.journal()).toEqual(journal);
  });

  test("full batches of noise around every right input", () => {
    const random = new Random(1);
    const nodeCount = 60;
    const spec: RunSpec = {
      nodeCount,
      edges: Array.from({ length: nodeCount - 1 }, (_, i) => [random.int(0, i), i + 1]),
      policies: Array.from({ length: nodeCount }, () => ({})),
      maxWorkers: 4,
      failFast: true,
      graceMs: 0,
    };
    const both = new SideBySide(spec);
    const noise = (): { kind: "settle"; node: number; attempt: number; at: number; outcome: "ok" } => ({
      kind: "settle",
      node: random.int(0, 2 * spec.nodeCount),
      attempt: random.pick([0, 2 ** 20, 2 ** 27]),
      at: 0,
      outcome: "ok",
    });
    const queue = [...both.advance([{ kind: "start", at: 0 }], 0).leases];
    for (let lease = queue.shift(); lease !== undefined; lease = queue.shift()) {
      const { node, attempt } = lease;
      const begin = { kind: "begin", node, attempt, at: 0 } as const;
      const settle = { kind: "settle", node, attempt, at: 0, outcome: "ok" } as const;
      const padding = Array.from({ length: 510 }, noise);
      queue.push(...both.advance([...padding.slice(0, 255), begin, ...padding.slice(255), settle], 0).leases);
    }
    expect(both.model.states.every((state) => state === "completed")).toBe(true);
  });

  test("times at the edge of what a run can count", () => {
    const far = 2 ** 52;
    const both = new SideBySide({ nodeCount: 1, edges: [], policies: [{ timeoutMs: 1 }], maxWorkers: 1, failFast: true, graceMs: 1 });
    both.advance([{ kind: "start", at: 0 }], 0);
    both.advance([{ kind: "begin", node: 0, attempt: 1, at: far }], far);
    const report = both.advance([], far + 2000);
    expect(logOf(report.events, ["a"])).toEqual([`${(far + 2000) / 1000} nodeFailed a1 timeout`]);
  });
});
