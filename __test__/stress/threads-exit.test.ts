/**
 * Processes that end in the middle of threaded runs, again and again.
 *
 * The bug it would catch: native code that is called, or memory that is used, while the process takes itself down. It shows as a signal, a wrong exit
 * code or a hang in some run out of many (`DAGNY_STRESS_RUNS` is how many of each kind).
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const script = fileURLToPath(new URL("./threads/exit.mjs", import.meta.url));
const runs = Number(process.env.DAGNY_STRESS_RUNS ?? 8);
const atOnce = 2;

interface Ending {
  readonly code: unknown;
  readonly signal: unknown;
  readonly stderr: string;
}

describe("a process that runs tasks on threads", () => {
  test.each(
    [
      { way: "normal", what: "ends by itself", code: 0 },
      { way: "unclosed", what: "ends by itself, its pools left open", code: 0 },
      { way: "exit", what: "exits in the middle", code: 7 },
      { way: "early", what: "exits while its threads start", code: 7 },
      { way: "uncaught", what: "throws what nobody catches", code: 1 },
      { way: "rejected", what: "leaves a rejection unhandled", code: 1 },
      { way: "interrupted", what: "exits on SIGINT", code: 7 },
      { way: "killing", what: "exits while it terminates threads", code: 7 },
      { way: "closing", what: "exits while it closes its pool", code: 7 },
      // Windows has no signals to handle.
    ].filter(({ way }) => process.platform !== "win32" || way !== "interrupted"),
  )("$what", { timeout: 600_000 }, async ({ way, code }) => {
    let begun = 0;
    const faults: Ending[] = [];
    async function lane(): Promise<void> {
      while (begun++ < runs && faults.length === 0) {
        const ending = await endingOf(way);
        const isClean = code === 1 ? ending.stderr.includes("on purpose") : ending.stderr === "";
        if (ending.code !== code || ending.signal !== null || !isClean) faults.push(ending);
      }
    }
    await Promise.all(Array.from({ length: atOnce }, lane));
    expect(faults).toEqual([]);
  });
});

function endingOf(way: string): Promise<Ending> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, way], { timeout: 30_000, killSignal: "SIGKILL" }, (_error, _stdout, stderr) => {
      resolve({ code: child.exitCode, signal: child.signalCode, stderr });
    });
  });
}
