/** Random runs of the core beside the model, from a seed: what the properties of runs are stated about. */
import type { CoreReport, CoreRun } from "./core-run.js";
import type { RunSpec } from "./model/spec.js";
import type { RunInput } from "./model/types.js";
import { Random } from "./random.js";
import { RandomHost, randomHabits, randomSpec } from "./random-run.js";
import { SideBySide } from "./side-by-side.js";

export interface Case {
  readonly random: Random;
  readonly spec: RunSpec;
  readonly host: RandomHost;
  readonly both: SideBySide;
}

/** One step's inputs and its time in µs. */
export interface RunBatch {
  readonly inputs: readonly RunInput[];
  readonly now: number;
}

/** The case of a seed. `habits` replaces some of the host's. */
export function caseOf(seed: number, maxNodes: number, habits: Partial<ReturnType<typeof randomHabits>> = {}): Case {
  const random = new Random(seed);
  const spec = randomSpec(random, maxNodes);
  const host = new RandomHost(random, spec, { ...randomHabits(random), ...habits });
  return { random, spec, host, both: new SideBySide(spec) };
}

/** Drives a case to its end; `onBatch` sees every batch before it is given. */
export function drive({ host, both }: Case, onBatch: (batch: RunBatch) => void = () => {}): CoreReport[] {
  const reports: CoreReport[] = [];
  let inputs: readonly RunInput[] = [{ kind: "start", at: 0 }];
  for (let steps = 0; steps < 50_000; steps++) {
    onBatch({ inputs, now: host.now });
    const report = both.advance(inputs, host.now);
    reports.push(report);
    if (report.ended) return reports;
    host.learn(report);
    inputs = host.nextBatch();
  }
  throw new Error("the run does not end");
}

/** The states of the core's columns, in the model's words. */
export function stateWords(core: CoreRun): string[] {
  const words = ["pending", "ready", "running", "waiting", "completed", "failed", "skipped", "filtered", "cancelled"];
  return Array.from(core.native.columns().state, (code) => words[code] ?? `code ${code}`);
}

/** The first thing in which two runs differ whose state should be the same, or `null`. */
export function stateDifference(live: CoreRun, rebuilt: CoreRun): string | null {
  const [left, right] = [live.native, rebuilt.native];
  const [columns, again] = [left.columns(), right.columns()];
  for (const name of ["state", "reason", "attempt", "lane", "readyAt", "startedAt", "settledAt"] as const) {
    const node = Array.from(columns[name]).findIndex((value, id) => value !== again[name][id]);
    if (node !== -1) return `column ${name} of node ${node} is ${again[name][node]} instead of ${columns[name][node]}`;
    if (columns[name].length !== again[name].length) return `column ${name} has another length`;
  }
  for (const name of ["failed", "abandoned", "segments", "openWaits", "undone", "isPaused", "time", "eventCount"] as const) {
    const [value, rebuiltValue] = [String(left[name]()), String(right[name]())];
    if (value !== rebuiltValue) return `${name}() is ${rebuiltValue} instead of ${value}`;
  }
  if (JSON.stringify(left.pastAttempts()) !== JSON.stringify(right.pastAttempts())) return "pastAttempts() differs";
  for (const node of columns.state.keys()) {
    if (String(left.inputsOf(node)) !== String(right.inputsOf(node))) return `inputsOf(${node}) differs`;
  }
  return null;
}
