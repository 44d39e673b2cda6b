import { describe, expect, test } from "vitest";
import { Trace, type TraceEvent } from "../../src/run/trace.js";
import { emptyColumns, recordedRun, recordedSource } from "../support/recorded-run.js";
import { checkTrace } from "../support/trace-format.js";

/** A line for each event but the names of rows, as a reviewer would read it in the viewer. */
function drawn(events: readonly TraceEvent[]): string[] {
  return events.flatMap((event) => {
    switch (event.ph) {
      case "X":
        return `${event.tid}: ${event.name} ${event.ts}+${event.dur} ${event.args.status}${event.args.attempt > 1 ? ` #${event.args.attempt}` : ""}`;
      case "s":
      case "f":
        return `${event.tid}: ${event.ph}${event.id} ${event.ts}`;
      case "i":
        return `${event.tid}: ! ${event.name} ${event.args.status} ${event.ts}`;
      case "C":
        return `${event.name} = ${Object.values(event.args).join()} at ${event.ts}`;
      default:
        return [];
    }
  });
}

function traceOf(edges: string, run: string): TraceEvent[] {
  const trace = new Trace(recordedRun(edges, run)).toChromeTrace();
  expect(checkTrace(trace)).toEqual([]);
  return trace.traceEvents;
}

describe("slices, arrows, instants and counters", () => {
  const cases: readonly [about: string, edges: string, run: string, events: readonly string[]][] = [
    ["nothing ran", "", "", []],
    [
      "one node",
      "",
      "a lane 0 3..10 ready 0",
      ["0: a 3+7 completed", "ready = 1 at 0", "ready = 0 at 3", "running = 1 at 3", "running = 0 at 10"],
    ],
    [
      "a chain in one lane: the arrow leaves in the last microsecond and ends where the downstream begins",
      "a -> b",
      "a lane 0 0..10\nb lane 0 10..30",
      ["0: a 0+10 completed", "0: b 10+20 completed", "0: s1 9", "0: f1 10", "running = 1 at 0", "running = 0 at 30"],
    ],
    [
      "lanes of commands, far behind the slots, are the next rows",
      "",
      "a lane 0 0..10\nb lane 1073741824 10..30\nc lane 1073741826 30..40",
      ["0: a 0+10 completed", "1: b 10+20 completed", "2: c 30+10 completed", "running = 1 at 0", "running = 0 at 40"],
    ],
    [
      "a diamond on two lanes",
      "a -> b, c; b, c -> d",
      "a lane 0 0..10\nb lane 0 10..30\nc lane 1 10..20\nd lane 0 30..40",
      [
        "0: a 0+10 completed",
        "1: c 10+10 completed",
        "0: b 10+20 completed",
        "0: d 30+10 completed",
        "0: s1 9",
        "0: f1 10",
        "0: s2 9",
        "1: f2 10",
        "0: s3 29",
        "0: f3 30",
        "1: s4 19",
        "0: f4 30",
        "running = 1 at 0",
        "running = 2 at 10",
        "running = 1 at 20",
        "running = 0 at 40",
      ],
    ],
    [
      "a retry: both attempts have a slice, the arrow ends at the first",
      "a -> b",
      "a lane 0 0..10\nb lane 0 12..20 retried error\nb lane 1 25..30 ready 20",
      [
        "0: a 0+10 completed",
        "0: b 12+8 retried",
        "1: b 25+5 completed #2",
        "0: s1 9",
        "0: f1 12",
        "running = 1 at 0",
        "ready = 1 at 10",
        "running = 0 at 10",
        "ready = 0 at 12",
        "running = 1 at 12",
        "ready = 1 at 20",
        "running = 0 at 20",
        "ready = 0 at 25",
        "running = 1 at 25",
        "running = 0 at 30",
      ],
    ],
    [
      "a failure blocks: skips are instants below the lanes, without arrows",
      "a -> b",
      "a lane 0 0..10 failed error\nb skipped upstreamFailed at 10",
      ["0: a 0+10 failed", "1: ! b skipped 10", "running = 1 at 0", "running = 0 at 10"],
    ],
    [
      "a cancel: the running node's instant is in its lane, the ready one's below",
      "",
      "a lane 0 0..10 cancelled\nb cancelled ready 0 at 10",
      [
        "0: a 0+10 cancelled",
        "0: ! a cancelled 10",
        "1: ! b cancelled 10",
        "ready = 1 at 0",
        "running = 1 at 0",
        "ready = 0 at 10",
        "running = 0 at 10",
      ],
    ],
    [
      "stopped between two attempts: the last attempt is drawn once",
      "",
      "a lane 0 0..10 retried error\nb lane 1 0..12 failed error\na cancelled ready 10 at 12",
      [
        "0: a 0+10 retried",
        "1: b 0+12 failed",
        "2: ! a cancelled 12",
        "running = 2 at 0",
        "ready = 1 at 10",
        "running = 1 at 10",
        "ready = 0 at 12",
        "running = 0 at 12",
      ],
    ],
    [
      "tasks of no length: in topological order, arrows still pair up",
      "a -> b; b -> c",
      "a lane 0 5..5\nc lane 0 5..5\nb lane 0 5..5",
      ["0: a 5+0 completed", "0: b 5+0 completed", "0: c 5+0 completed", "0: s2 5", "0: f2 5", "0: s1 5", "0: f1 5"],
    ],
  ];
  test.each(cases)("%s", (_about, edges, run, events) => {
    expect(drawn(traceOf(edges, run))).toEqual(events);
  });
});

test("rows are named: the run, its lanes in order, one more row where nodes settled without a lane", () => {
  const events = traceOf("a -> b", "a lane 1 0..10 failed timeout\nb skipped upstreamFailed at 10");
  expect(events.filter((event) => event.ph === "M").map((event) => [event.name, event.tid, ...Object.values(event.args)])).toEqual([
    ["process_name", 0, "dagny run run-1"],
    ["thread_name", 0, "lane 0"],
    ["thread_sort_index", 0, 0],
    ["thread_name", 1, "lane 1"],
    ["thread_sort_index", 1, 1],
    ["thread_name", 2, "skipped and cancelled"],
    ["thread_sort_index", 2, 2],
  ]);
  expect(events.find((event) => event.ph === "X")).toMatchObject({ cname: "terrible", args: { reason: "timeout" } });
  expect(events.find((event) => event.ph === "i")).toMatchObject({ args: { reason: "upstreamFailed" } });
});

test("arrows and counters can be left out", () => {
  const trace = new Trace(recordedRun("a -> b", "a lane 0 0..10\nb lane 0 10..30")).toChromeTrace({ arrows: false, counters: false });
  expect(drawn(trace.traceEvents)).toEqual(["0: a 0+10 completed", "0: b 10+20 completed"]);
});

test("the chunks are the same trace as text", () => {
  const trace = new Trace(recordedRun("a -> b, c", "a lane 0 0..10\nb lane 0 10..30\nc skipped failFast at 30"));
  expect(JSON.parse([...trace.chromeTraceChunks()].join(""))).toEqual(trace.toChromeTrace());
});

test("hostile node names survive", () => {
  const names = ["__proto__", 'quote " and\nnewline', "名前 / : @"];
  const columns = emptyColumns(3);
  columns.state.fill(4);
  names.forEach((_, id) => {
    columns.attempt[id] = 1;
    columns.lane[id] = id;
    columns.readyAt[id] = columns.startedAt[id] = 0;
    columns.settledAt[id] = 5;
  });
  const trace = new Trace(recordedSource(names, [], columns, [], 5));
  const read: unknown = JSON.parse([...trace.chromeTraceChunks()].join(""));
  expect(checkTrace(read)).toEqual([]);
  expect(trace.toChromeTrace().traceEvents.flatMap((event) => (event.ph === "X" ? event.name : []))).toEqual(names);
});

describe("the format check refuses what viewers would draw wrong", () => {
  const slice = { name: "a", cat: "task", ph: "X", ts: 0, dur: 10, pid: 1, tid: 0 };
  const rows = [
    { name: "process_name", ph: "M", ts: 0, pid: 1, tid: 0, args: { name: "p" } },
    { name: "thread_name", ph: "M", ts: 0, pid: 1, tid: 0, args: { name: "t" } },
    { name: "thread_sort_index", ph: "M", ts: 0, pid: 1, tid: 0, args: { sort_index: 0 } },
  ];
  const arrow = { name: "e", cat: "e", id: 1, pid: 1, tid: 0 };
  const cases: readonly [about: string, events: readonly object[], fault: RegExp][] = [
    ["an unknown phase", [{ ...slice, ph: "Z" }], /unknown phase/],
    ["a missing field", [{ ...slice, dur: undefined }], /dur is not a number/],
    ["a fraction of a microsecond", [{ ...slice, ts: 0.5 }], /ts is 0.5/],
    ["a negative duration", [{ ...slice, dur: -1 }], /dur is -1/],
    ["an overlap in a lane", [slice, { ...slice, ts: 9 }], /overlap at 9/],
    ["an arrow without an end", [slice, { ...arrow, ph: "s", ts: 1 }], /1 starts and 0 ends/],
    [
      "an arrow that starts outside of slices",
      [slice, { ...arrow, ph: "s", ts: 11 }, { ...arrow, ph: "f", bp: "e", ts: 11 }],
      /is in no slice/,
    ],
    ["an arrow backward in time", [slice, { ...arrow, ph: "s", ts: 8 }, { ...arrow, ph: "f", bp: "e", ts: 1 }], /backward in time/],
    ["an arrow bound to the next slice", [slice, { ...arrow, ph: "s", ts: 1 }, { ...arrow, ph: "f", ts: 2 }], /not bound/],
    ["a counter that goes back", [2, 2].map((ts) => ({ name: "c", ph: "C", ts, pid: 1, tid: 0, args: { n: 1 } })), /not after/],
    ["a thread without a name", [{ ...slice, tid: 7 }], /has no thread_name/],
    ["unknown metadata", [{ name: "color", ph: "M", pid: 1, args: {} }], /unknown metadata/],
  ];
  test.each(cases)("%s", (_about, events, fault) => {
    expect(checkTrace({ displayTimeUnit: "ms", traceEvents: [...rows, ...events] }).join("\n")).toMatch(fault);
  });
});
