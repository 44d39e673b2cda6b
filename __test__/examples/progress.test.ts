import { stripVTControlCharacters } from "node:util";
import type { RunEvent } from "dagny";
import { expect, test } from "vitest";
import { progressOn } from "../../examples/etl/progress.js";

const stageOf = (node: string): string => (node.startsWith("read") ? "read" : "rest");
const nodes = ["read a", "read b", "sum", "save"];

const events: RunEvent[] = [
  { seq: 0, timeMs: 0, type: "runStarted", runId: "run" },
  { seq: 1, timeMs: 1, type: "nodeStarted", node: "read a", attempt: 1, lane: 0 },
  { seq: 2, timeMs: 2, type: "attemptFailed", node: "read a", attempt: 1, reason: "timeout", error: undefined, retryAtMs: 2 },
  { seq: 3, timeMs: 3, type: "nodeStarted", node: "read a", attempt: 2, lane: 0 },
  { seq: 4, timeMs: 7.5, type: "nodeCompleted", node: "read a", attempt: 2 },
  { type: "log", node: "sum", attempt: 1, message: "not for the display", data: undefined },
  { seq: 5, timeMs: 8, type: "nodeFailed", node: "read b", attempt: 1, reason: "error", error: new Error("no") },
  { seq: 6, timeMs: 8, type: "nodeSkipped", node: "sum", attempt: 0, reason: "upstreamFailed" },
  { seq: 7, timeMs: 8, type: "nodeCancelled", node: "save", attempt: 0 },
  { seq: 8, timeMs: 9, type: "runEnded", status: "failed" },
];

function shown(isTTY: boolean): string {
  let text = "";
  const show = progressOn({ isTTY, columns: 60, write: (part) => (text += part) }, nodes, stageOf);
  for (const event of events) show(event);
  return text;
}

test("plain lines, where nothing can be drawn over", () => {
  expect(shown(false).split("\n")).toEqual([
    "      2.0 ms  read a attempt 1 failed (timeout), to be tried again",
    "      7.5 ms  read a completed after 4.5 ms",
    "      8.0 ms  read b failed (error)",
    "      8.0 ms  sum skipped (upstreamFailed)",
    "      8.0 ms  save cancelled",
    "",
  ]);
});

test("bars that stay in place on a terminal", () => {
  const frames = shown(true).split("\x1b[4A");
  // The first frame and the last are always drawn, those between as time allows.
  expect(frames.length).toBeGreaterThan(1);
  const last = stripVTControlCharacters(frames.at(-1) ?? "")
    .split("\n")
    .map((line) => line.trimEnd());
  expect(last).toEqual([
    "  read ████████████████████████     1/2",
    "  rest ████████████████████████     0/2",
    "",
    "  0.01 s   1 of 4 done   0 running   3 not completed",
    "",
  ]);
});
