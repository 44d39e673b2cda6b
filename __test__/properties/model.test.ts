/** Laws of the reference model itself, so that what the core is compared with is tested too. */
import { describe, expect, test } from "vitest";
import { GrowthLog } from "../support/growth-log.js";
import { ModelRun } from "../support/model/run.js";
import type { Growth, RunSpec } from "../support/model/spec.js";
import { formatEvent, type RunInput, type StepReport } from "../support/model/types.js";
import { Random } from "../support/random.js";
import { RandomHost, randomHabits, randomSpec } from "../support/random-run.js";
import { checkLaws } from "../support/run-laws.js";
import { forEachSeed } from "../support/seeds.js";

interface Batch {
  readonly inputs: readonly RunInput[];
  readonly now: number;
}

/** Runs a seed to its end and keeps every batch and every answer. */
function runSeed(seed: number): { spec: RunSpec; growths: readonly Growth[]; batches: Batch[]; steps: StepReport[] } {
  const random = new Random(seed);
  const spec = randomSpec(random, 100);
  const host = new RandomHost(random, spec, randomHabits(random));
  const run = new ModelRun(spec);
  const growths = new GrowthLog();
  const batches: Batch[] = [{ inputs: [{ kind: "start", at: 0 }], now: 0 }];
  const steps: StepReport[] = [];
  for (const batch of batches) {
    const report = run.advance(batch.inputs, batch.now);
    steps.push(report);
    host.learn(report);
    growths.learn(batch.inputs, report.effects);
    if (batches.length > 50_000) throw new Error("the run does not end");
    if (!report.ended) batches.push({ inputs: host.nextBatch(), now: host.now });
  }
  return { spec, growths: growths.committed, batches, steps };
}

function replay(spec: RunSpec, batches: readonly Batch[]): string[] {
  const run = new ModelRun(spec);
  return batches.flatMap((batch) => run.advance(batch.inputs, batch.now).events.map(formatEvent));
}

describe("the reference model", { timeout: 3_600_000 }, () => {
  test("every run ends, within the laws", () => {
    forEachSeed("model laws", 2000, (seed) => {
      const { spec, growths, steps } = runSeed(seed);
      checkLaws(spec, growths, steps);
    });
  });

  test("the same batches give the same events", () => {
    forEachSeed("model replay", 200, (seed) => {
      const { spec, batches, steps } = runSeed(seed);
      expect(replay(spec, batches)).toEqual(steps.flatMap((step) => step.events.map(formatEvent)));
    });
  });

  test("cancel twice is cancel once", () => {
    forEachSeed("model cancel", 500, (seed) => {
      const { spec, batches } = runSeed(seed);
      const cancelled = batches.map((batch, i) => (i === Math.floor(batches.length / 2) ? withCancels(batch, 1) : batch));
      const again = cancelled.map((batch, i) => (i >= Math.floor(batches.length / 2) ? withCancels(batch, 2) : batch));
      expect(replay(spec, again)).toEqual(replay(spec, cancelled));
    });
  });
});

function withCancels(batch: Batch, count: number): Batch {
  const cancels = Array.from({ length: count }, (): RunInput => ({ kind: "cancel", at: batch.now }));
  return { inputs: [...batch.inputs, ...cancels], now: batch.now };
}
