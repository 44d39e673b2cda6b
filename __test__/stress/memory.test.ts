/**
 * What is dropped leaves nothing behind: a thousand runs, in a process of its own that can ask for garbage collection, and large graphs,
 * in one that cannot.
 *
 * The bugs it would catch: a run that native or JavaScript code holds on to (the larger of its graphs makes one of 400 kB: kept, they would be 170 MB), a
 * door per run, a listener per run on a signal, a plan per executor; native memory that the garbage collector is not told of, so that it
 * sees no reason to free it.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const megabyte = 2 ** 20;

/** What a script in `memory/` prints. */
async function reportOf(script: string, ...flags: string[]): Promise<unknown> {
  const path = fileURLToPath(new URL(`./memory/${script}`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, "--import", "tsx", path], { cwd: root, timeout: 240_000 });
  return JSON.parse(stdout);
}

test("a thousand runs leave nothing behind", { timeout: 300_000 }, async () => {
  const report = (await reportOf("process.ts", "--expose-gc")) as Report;
  expect(report.runs).toBe(1000);
  expect(Object.keys(report.endings).sort()).toEqual(["cancelled", "completed", "failed"]);
  expect(report.growth.heapUsed).toBeLessThan(2 * megabyte);
  expect(report.growth.external).toBeLessThan(2 * megabyte);
  expect(report.growth.rss).toBeLessThan(64 * megabyte);
  expect(report.listeners).toBe(0);
  expect(report.timers).toBe(0);
});

test("graphs and indexes that are dropped are freed while others are made", { timeout: 300_000 }, async () => {
  // Kept, they would be 200, 650 and 800 MB.
  const most = (await reportOf("graphs.ts")) as Record<"graphs" | "reversed" | "indexes", number>;
  expect(most.graphs).toBeLessThan(200 * megabyte);
  expect(most.reversed).toBeLessThan(350 * megabyte);
  expect(most.indexes).toBeLessThan(500 * megabyte);
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
