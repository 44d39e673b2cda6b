/**
 * The addon loads, works and unloads in many worker threads at once, in process after process.
 *
 * The bug it would catch: state of the addon that belongs to a thread and outlives it, or the other way round. It shows as a crash
 * in some run out of many, when threads end while others begin; so each mode is run in many processes (`DAGNY_STRESS_RUNS`).
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const script = fileURLToPath(new URL("./workers/process.mjs", import.meta.url));
const runs = Number(process.env.DAGNY_STRESS_RUNS ?? 20);
const atOnce = 2;

describe("the addon in worker threads", () => {
  test.each([
    { mode: "shared", workers: 50, processes: runs, what: "the main thread and its workers use it" },
    { mode: "alone", workers: 50, processes: runs, what: "only workers load it" },
    { mode: "terminate", workers: 16, processes: runs / 2, what: "workers are terminated in the middle of a call" },
    // Few workers: while a process exits, Node.js stops its threads one by one, and those that still spin slow that down.
    { mode: "exit", workers: 6, processes: runs / 2, what: "the process exits in the middle of their calls" },
  ])("$what: $workers workers, $processes processes", { timeout: 600_000 }, async ({ mode, workers, processes }) => {
    let begun = 0;
    const faults: string[] = [];
    async function lane(): Promise<void> {
      while (begun++ < processes && faults.length === 0) faults.push(...(await faultsOf(mode, workers)));
    }
    await Promise.all(Array.from({ length: atOnce }, lane));
    expect(faults).toEqual([]);
  });
});

/** Runs one process; what went wrong, if anything did. A crash shows as its signal. */
async function faultsOf(mode: string, workers: number): Promise<string[]> {
  try {
    const { stderr } = await promisify(execFile)(process.execPath, [script, mode, String(workers)], { timeout: 120_000 });
    return stderr === "" ? [] : [stderr];
  } catch (error) {
    const { code, signal, stderr } = error as { code?: unknown; signal?: unknown; stderr?: unknown };
    return [`${error} (status ${code}, signal ${signal}) ${stderr}`];
  }
}
