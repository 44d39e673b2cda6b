/**
 * The core's run against the reference model: random graphs, policies, outcomes, orders, cancels, timeouts and batches, event by event.
 *
 * Every property prints its seeds. `DAGNY_SEEDS=20000` runs more of them, `DAGNY_SEED=17` one alone.
 */
import { describe, expect, test } from "vitest";
import { type CoreReport, CoreRun, journalOf, journalPrefix, recordCount } from "../support/core-run.js";
import { isSettled } from "../support/model/moves.js";
import { formatEvent, type RunInput, type RunSpec, type StepReport } from "../support/model/types.js";
import { Random } from "../support/random.js";
import { RandomHost, randomHabits, randomSpec } from "../support/random-run.js";
import { checkLaws } from "../support/run-laws.js";
import { forEachSeed } from "../support/seeds.js";
import { differenceOf, SideBySide, wakeDifference } from "../support/side-by-side.js";

interface Case {
  readonly random: Random;
  readonly spec: RunSpec;
  readonly host: RandomHost;
  readonly both: SideBySide;
}

interface Batch {
  readonly inputs: readonly RunInput[];
  readonly now: number;
}

function caseOf(seed: number, maxNodes: number): Case {
  const random = new Random(seed);
  const spec = randomSpec(random, maxNodes);
  const host = new RandomHost(random, spec.nodeCount, randomHabits(random));
  return { random, spec, host, both: new SideBySide(spec) };
}

/** Drives a case to its end; `onBatch` sees every batch before it is given, `onReport` what came of it. */
function drive(
  { host, both }: Case,
  onBatch: (inputs: readonly RunInput[], now: number) => void = () => {},
  onReport: (report: CoreReport) => void = () => {},
): StepReport[] {
  const reports: StepReport[] = [];
  let inputs: readonly RunInput[] = [{ kind: "start", at: 0 }];
  for (let steps = 0; steps < 50_000; steps++) {
    onBatch(inputs, host.now);
    const report = both.advance(inputs, host.now);
    reports.push(report);
    onReport(report);
    if (report.ended) return reports;
    host.learn(report);
    inputs = host.nextBatch();
  }
  throw new Error("the run does not end");
}

/** Room for many more seeds than the default: how long a seed takes is not what these tests are about. */
const timeout = 3_600_000;

describe("the core's run", { timeout }, () => {
  test("decides what the model decides, and keeps the laws", () => {
    forEachSeed("core = model", 6000, (seed) => {
      const each = caseOf(seed, 300);
      checkLaws(each.spec, drive(each));
      expect(stateWords(each)).toEqual(each.both.model.states);
    });
  });

  test("orders thousands of ready nodes as the model does", () => {
    forEachSeed("large order", 4, (seed) => {
      const random = new Random(seed);
      const nodeCount = random.int(2048, 4000);
      const spec: RunSpec = {
        nodeCount,
        // Each node of the second half hangs below one of the first, which is a root.
        edges: Array.from({ length: nodeCount / 2 }, (_, i) => [random.int(0, Math.ceil(nodeCount / 2) - 1), nodeCount - 1 - i]),
        policies: Array.from({ length: nodeCount }, () => ({
          priority: random.pick([-1e9, -1, -0.5, -0, 0, 0, 0.5, 1, 1e9]),
          cost: random.pick([0, 1e-3, 0.25, 1, 1, 3, 65_536, 1e12]),
        })),
        maxWorkers: nodeCount,
        failFast: true,
        graceMs: 0,
      };
      const { leases } = new SideBySide(spec).advance([{ kind: "start", at: 0 }], 0);
      expect(leases).toHaveLength(Math.ceil(nodeCount / 2));
    });
  });

  test("a run rebuilt from its journal after any step goes on identically", () => {
    forEachSeed("fold", 1500, (seed) => {
      const each = caseOf(seed, 60);
      const { both, host } = each;
      let rebuilt: CoreRun | null = null;
      let inputs: readonly RunInput[] = [{ kind: "start", at: 0 }];
      for (let steps = 0; steps < 20_000; steps++) {
        const report = both.advance(inputs, host.now);
        if (rebuilt !== null) {
          const again = rebuilt.advance(inputs, host.now);
          const difference = differenceOf(report, again) ?? wakeDifference(both.model, both.expected, again, host.now);
          if (difference !== null) throw new Error(`rebuilt before step ${steps}, ${difference}`);
          if (!Buffer.from(again.records).equals(report.records)) throw new Error(`rebuilt before step ${steps}, the bytes differ`);
        }
        const journal = both.journal();
        // Bytes that went through the decoder and the fold are the bytes that were written.
        rebuilt = CoreRun.replayed(both.plan, journal);
        if (!Buffer.from(rebuilt.header()).equals(both.header)) throw new Error(`after step ${steps} the rebuilt header differs`);
        const difference = columnDifference(both.core, rebuilt);
        if (difference !== null) throw new Error(`rebuilt after step ${steps}, ${difference}`);
        if (report.ended) return;
        host.learn(report);
        inputs = host.nextBatch();
      }
      throw new Error("the run does not end");
    });
  });

  test("an output is freed once, in the step that settles its last reader, also after a resume", () => {
    forEachSeed("frees", 600, (seed) => {
      const random = new Random(seed);
      const spec = randomSpec(random, 40);
      const keep = random.pick(["leaves", "none"] as const);
      const host = new RandomHost(random, spec.nodeCount, randomHabits(random));
      const both = new SideBySide(spec, keep);
      const each: Case = { random, spec, host, both };
      const freed = new Set<number>();
      let resumedFrees: readonly number[] | null = null;
      drive(
        each,
        (inputs, now) => {
          resumedFrees = random.chance(0.2) ? CoreRun.replayed(both.plan, both.journal()).advance(inputs, now).frees : null;
        },
        ({ frees }) => {
          if (resumedFrees !== null && String(resumedFrees) !== String(frees))
            throw new Error(`resumed, ${resumedFrees} are freed, not ${frees}`);
          for (const node of frees) {
            if (freed.has(node)) throw new Error(`${node} is freed twice`);
            freed.add(node);
          }
          const { states } = both.model;
          const expected = states.flatMap((state, node) => {
            const readers = spec.edges.filter(([from]) => from === node).map(([, to]) => states[to] ?? "pending");
            const isKept = readers.length === 0 ? keep === "leaves" : !readers.every(isSettled);
            return state === "completed" && !isKept ? [node] : [];
          });
          expect([...freed].sort((a, b) => a - b)).toEqual(expected);
        },
      );
    });
  });

  test("every prefix of a journal folds", () => {
    forEachSeed("prefixes", 500, (seed) => {
      const each = caseOf(seed, 40);
      drive(each);
      const journal = each.both.journal();
      for (let count = 0; count <= recordCount(journal); count++) {
        const run = CoreRun.replayed(each.both.plan, journalPrefix(journal, count));
        expect(run.native.eventCount()).toBe(count);
      }
    });
  });

  test("resumed after any event, with the cut batch given again, it ends as the straight run", () => {
    forEachSeed("resume", 400, (seed) => {
      const random = new Random(seed);
      const spec = randomSpec(random, 30);
      const host = new RandomHost(random, spec.nodeCount, { ...randomHabits(random), nonsense: 0 });
      const each: Case = { random, spec, host, both: new SideBySide(spec) };
      const batches: Batch[] = [];
      const reports = drive(each, (inputs, now) => batches.push({ inputs, now }));
      const straight = each.both.journal();
      let before = 0;
      for (const [step, { events }] of reports.entries()) {
        // A cut inside this step: the first `cut` events are on disk, the rest was lost with the process.
        for (let cut = before; cut < before + events.length; cut++) {
          if (cut > before && !random.chance(0.5)) continue;
          const kept = journalPrefix(straight, cut);
          const resumed = CoreRun.replayed(each.both.plan, kept);
          const records = batches.slice(step).map(({ inputs, now }) => resumed.advance(inputs, now).records);
          if (!Buffer.from(journalOf(kept, records)).equals(straight))
            throw new Error(`cut after event ${cut}, in step ${step}, it goes on differently`);
        }
        before += events.length;
      }
    });
  });

  test("the same batches give the same bytes", () => {
    forEachSeed("same bytes", 500, (seed) => {
      const each = caseOf(seed, 100);
      const batches: Batch[] = [];
      drive(each, (inputs, now) => batches.push({ inputs, now }));
      const again = CoreRun.fresh(each.spec, each.both.plan);
      const records = batches.map(({ inputs, now }) => again.advance(inputs, now).records);
      expect(Buffer.from(journalOf(again.header(), records)).equals(each.both.journal())).toBe(true);
    });
  });

  test("cancel twice is cancel once", () => {
    forEachSeed("cancel twice", 500, (seed) => {
      const once = caseOf(seed, 40);
      const at = once.random.int(1, 12);
      const batches: Batch[] = [];
      drive(once, (inputs, now) => batches.push({ inputs, now }));
      const play = (cancels: number): string[] => {
        const run = CoreRun.fresh(once.spec, once.both.plan);
        return batches.flatMap(({ inputs, now }, i) => {
          const extra = Array.from(
            { length: i === at ? Math.min(1, cancels) : i > at ? cancels - 1 : 0 },
            (): RunInput => ({ kind: "cancel", at: now }),
          );
          return run.advance([...inputs, ...extra], now).events.map(formatEvent);
        });
      };
      expect(play(3)).toEqual(play(1));
    });
  });
});

/** The states of the core's columns, in the model's words. */
function stateWords({ both }: Case): string[] {
  const words = ["pending", "ready", "running", "waiting", "completed", "failed", "skipped", "filtered", "cancelled"];
  return Array.from(both.core.native.columns().state, (code) => words[code] ?? `code ${code}`);
}

/** The first column in which two runs differ, or `null`. */
function columnDifference(live: CoreRun, rebuilt: CoreRun): string | null {
  const [left, right] = [live.native.columns(), rebuilt.native.columns()];
  for (const name of ["state", "reason", "attempt", "lane", "readyAt", "startedAt", "settledAt"] as const) {
    const node = Array.from(left[name]).findIndex((value, id) => value !== right[name][id]);
    if (node !== -1) return `column ${name} of node ${node} is ${right[name][node]} instead of ${left[name][node]}`;
  }
  for (const name of ["failed", "abandoned"] as const) {
    if (String(live.native[name]()) !== String(rebuilt.native[name]())) return `${name}() differs`;
  }
  if (live.native.time() !== rebuilt.native.time()) return "time() differs";
  if (JSON.stringify(live.native.pastAttempts()) !== JSON.stringify(rebuilt.native.pastAttempts())) return "pastAttempts() differs";
  return null;
}
