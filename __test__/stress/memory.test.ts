/**
 * A thousand runs leave nothing behind, in a process of its own that can ask for garbage collection.
 *
 * The bugs it would catch: a run that native or JavaScript code holds on to (the larger of its graphs makes one of 400 kB: kept, they would be 170 MB), a
 * door per run, a listener per run on a signal, a plan per executor.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const script = fileURLToPath(new URL("./memory/process.ts", import.meta.url));
const megabyte = 2 ** 20;

test("a thousand runs leave nothing behind", { timeout: 300_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", "--import", "tsx", script], {
    cwd: root,
    timeout: 240_000,
  });
  const report: Report = JSON.parse(stdout);
  expect(report.runs).toBe(1000);
  expect(Object.keys(report.endings).sort()).toEqual(["cancelled", "completed", "failed"]);
  expect(report.growth.heapUsed).toBeLessThan(2 * megabyte);
  expect(report.growth.external).toBeLessThan(2 * megabyte);
  expect(report.growth.rss).toBeLessThan(64 * megabyte);
  expect(report.listeners).toBe(0);
  expect(report.timers).toBe(0);
});

interface Report {
  readonly runs: number;
  /** How many runs ended in each way. */
  readonly endings: Readonly<Record<string, number>>;
  /** What was there after the runs and not before them, in bytes. */
  readonly growth: Readonly<Record<"heapUsed" | "external" | "rss", number>>;
  /** On the signal that all runs were given. */
  readonly listeners: number;
  /** Left armed. */
  readonly timers: number;
}
