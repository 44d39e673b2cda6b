/** Runs the core beside the reference model, step by step, and compares everything that a step reports. */
import type { NativePlan } from "../../src/native/index.js";
import { type CoreReport, CoreRun, corePlan, journalOf } from "./core-run.js";
import { GrowthLog } from "./growth-log.js";
import { ModelRun } from "./model/run.js";
import type { Growth, RunSpec } from "./model/spec.js";
import { formatEvent, type RunInput, type StepReport } from "./model/types.js";

export class SideBySide {
  readonly plan: NativePlan;
  readonly core: CoreRun;
  readonly model: ModelRun;
  readonly header: Uint8Array;
  readonly records: Uint8Array[] = [];
  /** What the model reported last. */
  expected: StepReport;
  readonly #growths = new GrowthLog();
  readonly #log: string[] = [];

  constructor(spec: RunSpec) {
    this.plan = corePlan(spec);
    this.core = CoreRun.fresh(spec, this.plan);
    this.model = new ModelRun(spec);
    this.header = this.core.header();
    this.expected = this.model.advance([], 0);
  }

  /** One step of both. @throws where they differ, with the steps that led there. */
  advance(inputs: readonly RunInput[], now: number): CoreReport {
    const expected = this.model.advance(inputs, now);
    this.expected = expected;
    const report = this.core.advance(inputs, now);
    this.records.push(report.records);
    this.#log.push(`  at ${now}: ${inputs.map(formatInput).join(", ") || "tick"}`);
    const difference = differenceOf(expected, report) ?? wakeDifference(this.model, expected, report, now);
    if (difference !== null) throw new Error(`${difference}\nafter\n${this.#log.slice(-12).join("\n")}`);
    this.#growths.learn(inputs, report.effects);
    return report;
  }

  /** The additions that were committed, in order. */
  get growths(): readonly Growth[] {
    return this.#growths.committed;
  }

  /** The run as its journal has it so far. */
  rebuilt(journal = this.journal()): CoreRun {
    return CoreRun.replayed(this.plan, journal, this.growths);
  }

  journal(): Uint8Array {
    return journalOf(this.header, this.records);
  }
}

/**
 * What is wrong with the core's `wakeAt`, or `null`: it is the earliest timer, or earlier where work is handed out that may have begun without the
 * core knowing it yet.
 */
export function wakeDifference(model: ModelRun, expected: StepReport, actual: StepReport, nowUs: number): string | null {
  const now = Math.max(nowUs, model.clock);
  if (actual.wakeAt === expected.wakeAt && model.shortestLeasedTimeout === null) return null;
  const wakeAt = actual.wakeAt ?? Number.POSITIVE_INFINITY;
  const latest = Math.min(expected.wakeAt ?? Number.POSITIVE_INFINITY, now + (model.shortestLeasedTimeout ?? Number.POSITIVE_INFINITY));
  if (wakeAt > latest) return `wakeAt is ${actual.wakeAt}, but ${latest} may be the earliest deadline`;
  if (wakeAt < latest && !model.hasLeases) return `wakeAt is ${actual.wakeAt} without a reason; the earliest timer is ${expected.wakeAt}`;
  if (wakeAt <= now && wakeAt !== expected.wakeAt) return `wakeAt is ${actual.wakeAt}, which is not after ${now}`;
  return null;
}

/** The first thing in which two reports differ, or `null`; the hint `wakeAt` apart. */
export function differenceOf(expected: StepReport, actual: StepReport): string | null {
  const parts: (readonly [string, readonly string[], readonly string[]])[] = [
    ["events", expected.events.map(formatEvent), actual.events.map(formatEvent)],
    ["leases", expected.leases.map(formatPlain), actual.leases.map(formatPlain)],
    ["effects", effectsOf(expected, false), effectsOf(actual, false)],
    ["maps to expand", effectsOf(expected, true), effectsOf(actual, true)],
    ["ended", [String(expected.ended)], [String(actual.ended)]],
  ];
  for (const [what, wanted, found] of parts) {
    const at = wanted.findIndex((line, i) => line !== found[i]);
    const position = at === -1 && found.length > wanted.length ? wanted.length : at;
    if (position === -1) continue;
    return `${what} differ at ${position}: the model has "${wanted[position] ?? "nothing"}", the core "${found[position] ?? "nothing"}"`;
  }
  return null;
}

/** The effects of a step in their order; those that ask for items are apart, since they may come at any time of it. */
function effectsOf({ effects }: StepReport, areExpansions: boolean): string[] {
  const lines = effects.filter(({ kind }) => (kind === "expand") === areExpansions).map(formatPlain);
  return areExpansions ? lines.sort() : lines;
}

function formatInput({ kind, at, ...rest }: RunInput): string {
  return `${kind} ${formatPlain(rest)} @${at}`;
}

function formatPlain(value: object): string {
  return (
    Object.entries(value)
      // Which edge of a cycle is named is up to whoever found it.
      .filter(([key]) => !(key === "link" && "fault" in value && value.fault === "cycle"))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => `${key} ${typeof entry === "object" ? JSON.stringify(entry) : String(entry)}`)
      .join(" ")
  );
}
