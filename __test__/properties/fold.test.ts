/** A run is a fold of its events: rebuilt from any of them it is the run it was, and goes on as that one did. */
import { describe, expect, test } from "vitest";
import {
  type CoreReport,
  CoreRun,
  journalOf,
  journalPrefix,
  readEvents,
  recordBytes,
  recordCount,
  recordsOf,
} from "../support/core-run.js";
import { isLegalMove } from "../support/model/moves.js";
import { formatEvent, type NodeState, type RunEvent, type RunInput } from "../support/model/types.js";
import { type Case, caseOf, drive, type RunBatch, stateDifference } from "../support/run-cases.js";
import { type ReadNode, RunReader } from "../support/run-reader.js";
import { forEachSeed } from "../support/seeds.js";
import { differenceOf, wakeDifference } from "../support/side-by-side.js";

const timeout = 36_000_000;

/** The run as the first `count` events have it, with the additions that were committed by then. */
function rebuiltAfter({ both }: Case, journal: Uint8Array, count: number): CoreRun {
  const prefix = journalPrefix(journal, count);
  const growths = readEvents(recordsOf(prefix)).filter(({ kind }) => kind === "grew").length;
  return CoreRun.replayed(both.plan, prefix, both.growths.slice(0, growths));
}

describe("a run and its journal", { timeout }, () => {
  test("a run rebuilt after any step goes on identically", () => {
    forEachSeed("fold", 1500, (seed) => {
      const each = caseOf(seed, 60);
      const { both, host } = each;
      let rebuilt: CoreRun | null = null;
      let inputs: readonly RunInput[] = [{ kind: "start", at: 0 }];
      for (let steps = 0; steps < 20_000; steps++) {
        const report = both.advance(inputs, host.now);
        if (rebuilt !== null) {
          const again = rebuilt.advance(inputs, host.now);
          const difference =
            differenceOf(withoutExpansions(report), withoutExpansions(again)) ?? wakeDifference(both.model, both.expected, again, host.now);
          if (difference !== null) throw new Error(`rebuilt before step ${steps}, ${difference}`);
          if (!Buffer.from(again.records).equals(report.records)) throw new Error(`rebuilt before step ${steps}, the bytes differ`);
        }
        // Bytes that went through the decoder and the fold are the bytes that were written.
        rebuilt = both.rebuilt();
        if (!Buffer.from(rebuilt.header()).equals(both.header)) throw new Error(`after step ${steps} the rebuilt header differs`);
        const difference = stateDifference(both.core, rebuilt);
        if (difference !== null) throw new Error(`rebuilt after step ${steps}, ${difference}`);
        if (report.ended) return;
        host.learn(report);
        inputs = host.nextBatch();
      }
      throw new Error("the run does not end");
    });
  });

  test("every prefix folds", () => {
    forEachSeed("prefixes", 500, (seed) => {
      const each = caseOf(seed, 40);
      drive(each);
      const journal = each.both.journal();
      for (let count = 0; count <= recordCount(journal); count++) {
        expect(rebuiltAfter(each, journal, count).native.eventCount()).toBe(count);
      }
    });
  });

  test("resumed after any event, with what was not taken yet given again, it ends as the straight run", () => {
    let cuts = 0;
    forEachSeed("resume", 400, (seed) => {
      const each = caseOf(seed, 30, { nonsense: 0 });
      const batches: RunBatch[] = [];
      const reports = drive(each, (batch) => batches.push(batch));
      const straight = each.both.journal();
      let before = 0;
      for (const [step, { events, wakeAt }] of reports.entries()) {
        // What was due before the step had ended is taken by the next one: a cut in the middle would make it due within this one.
        const isOverdue = wakeAt !== null && wakeAt <= (batches[step]?.now ?? 0);
        // A cut inside this step: the first `cut` events are on disk, the rest was lost with the process.
        for (let cut = before; cut < before + events.length; cut++) {
          const again = givenAgain(batches[step]?.inputs ?? [], events, cut - before);
          if (again === null || (cut > before && (isOverdue || !each.random.chance(0.5)))) continue;
          const resumed = rebuiltAfter(each, straight, cut);
          const rest = batches.slice(step).map((batch, i) => (i === 0 ? { ...batch, inputs: again } : batch));
          const records = rest.map(({ inputs, now }) => resumed.advance(inputs, now).records);
          cuts++;
          const ended = journalOf(journalPrefix(straight, cut), records);
          if (!Buffer.from(ended).equals(straight)) {
            const [want, have] = [straight, ended].map((journal) => readEvents(recordsOf(journal)).map(formatEvent));
            const at = want?.findIndex((line, i) => line !== have?.[i]) ?? 0;
            throw new Error(`cut after event ${cut}, in step ${step}, event ${at} is "${have?.[at]}" instead of "${want?.[at]}"`);
          }
        }
        before += events.length;
      }
    });
    console.info(`resume: ${cuts} cuts`);
  });

  test("the same batches give the same bytes", () => {
    forEachSeed("same bytes", 500, (seed) => {
      const each = caseOf(seed, 100);
      const batches: RunBatch[] = [];
      drive(each, (batch) => batches.push(batch));
      const again = CoreRun.fresh(each.spec, each.both.plan);
      const records = batches.map(({ inputs, now }) => again.advance(inputs, now).records);
      expect(Buffer.from(journalOf(again.header(), records)).equals(each.both.journal())).toBe(true);
    });
  });

  test("cancel twice is cancel once", () => {
    forEachSeed("cancel twice", 500, (seed) => {
      const once = caseOf(seed, 40);
      const at = once.random.int(1, 12);
      const batches: RunBatch[] = [];
      drive(once, (batch) => batches.push(batch));
      const play = (cancels: number): string[] => {
        const run = CoreRun.fresh(once.spec, once.both.plan);
        return batches.flatMap(({ inputs, now }, i) => {
          const count = i === at ? Math.min(1, cancels) : i > at ? cancels - 1 : 0;
          const extra = Array.from({ length: count }, (): RunInput => ({ kind: "cancel", at: now }));
          return run.advance([...inputs, ...extra], now).events.map(formatEvent);
        });
      };
      expect(play(3)).toEqual(play(1));
    });
  });

  test("no event makes a move that the table does not have", () => {
    const refused = new Map<string, number>();
    forEachSeed("illegal moves", 1500, (seed) => {
      const each = caseOf(seed, 20);
      drive(each);
      const journal = each.both.journal();
      const events = readEvents(recordsOf(journal));
      const reader = new RunReader(each.spec, each.both.growths);
      const last = each.random.int(1, events.length);
      for (const event of events.slice(0, last)) reader.read(event);
      const oneOfEach = new Map(reader.nodes.map((node) => [node.state, node]));
      for (const node of oneOfEach.values()) {
        for (const { to, kind, attempt } of attempted(node)) {
          if (isLegalMove(node.state, to)) continue;
          const record = recordOf(events[last - 1]?.at ?? 0, node, kind, attempt);
          const forged = journalOf(journalPrefix(journal, last), [record]);
          const move = `${node.state} → ${to}`;
          expect(() => CoreRun.replayed(each.both.plan, forged, each.both.growths), move).toThrow(/^JOURNAL_DAMAGED: /);
          refused.set(move, (refused.get(move) ?? 0) + 1);
        }
      }
    });
    console.info(`illegal moves refused: ${[...refused].map(([move, count]) => `${move} (${count})`).join(", ")}`);
    const missing = states.flatMap((from) =>
      states.filter((to) => to !== "pending" && !isLegalMove(from, to) && !refused.has(`${from} → ${to}`)).map((to) => `${from} → ${to}`),
    );
    if (process.env.DAGNY_SEED === undefined) expect(missing).toEqual([]);
  });
});

const states: readonly NodeState[] = ["pending", "ready", "running", "waiting", "completed", "failed", "skipped", "filtered", "cancelled"];

/** A run that was rebuilt asks maps for items again: nobody knows whether the host had heard. */
function withoutExpansions(report: CoreReport): CoreReport {
  return { ...report, effects: report.effects.filter(({ kind }) => kind !== "expand") };
}

/** Inputs that a run takes twice where it is told twice: a queue, a count, a turn of a switch. */
function countsTwice(input: RunInput): boolean {
  return (
    ["signal", "items", "itemsFailed", "cancelNodes", "grow", "pause", "resume", "wait"].includes(input.kind) ||
    (input.kind === "answer" && input.question === "until")
  );
}

/** What is given to a run again whose batch was cut after so many of its events; `null` where nobody could tell what had been taken. */
function givenAgain(inputs: readonly RunInput[], events: readonly RunEvent[], cut: number): readonly RunInput[] | null {
  if (cut === 0 || !inputs.some(countsTwice)) return inputs;
  if (inputs.length > 1) return null;
  // A cancel of several nodes that was cut before all of them were written down is given again.
  return inputs[0]?.kind === "cancelNodes" && events[cut]?.kind === "nodeCancelRequested" ? inputs : [];
}

/** The events that would move a node to each state, by their codes. */
function attempted({ begun }: ReadNode): { to: NodeState; kind: number; attempt: number }[] {
  return [
    { to: "ready", kind: 2, attempt: begun },
    { to: "running", kind: 5, attempt: begun + 1 },
    { to: "running", kind: 21, attempt: begun },
    { to: "waiting", kind: 7, attempt: begun },
    { to: "completed", kind: 6, attempt: begun },
    { to: "failed", kind: 8, attempt: begun },
    { to: "skipped", kind: 9, attempt: begun },
    { to: "filtered", kind: 18, attempt: begun },
    { to: "cancelled", kind: 10, attempt: begun },
  ];
}

/** A record with a plausible reason. */
function recordOf(at: number, node: ReadNode, kind: number, attempt: number): Uint8Array {
  const record = new Uint8Array(recordBytes);
  const table = new DataView(record.buffer);
  table.setBigUint64(0, BigInt(at), true);
  table.setBigUint64(8, BigInt(at), true);
  table.setUint32(16, node.id, true);
  table.setUint32(20, attempt, true);
  table.setUint32(24, node.lane ?? 0xffffffff, true);
  table.setUint8(28, kind);
  table.setUint8(29, kind === 9 ? 19 : kind === 7 || kind === 8 ? 1 : 0);
  return record;
}
