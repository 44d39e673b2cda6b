/** Journals that are cut, changed, of another version or of another graph: refused with a code and the place, never a crash and never a guess. */
import { expect, test } from "vitest";
import type { NativePlan } from "../../src/native/index.js";
import { CoreRun, corePlan, journalOf, recordBytes, recordCount } from "../support/core-run.js";
import { Random } from "../support/random.js";
import { batchesOf, scripted } from "../support/script.js";
import { forEachSeed } from "../support/seeds.js";

const { names, spec } = scripted({ graph: "a -> b; c", policies: { a: { maxAttempts: 2, timeoutMs: 5 } }, graceMs: 3 });
const script = `
  0: start
  1: begin a1, begin c1
  2: failed a1
  3: begin a2
  9:
  10: ok c1`;

function written(): { journal: Uint8Array; plan: NativePlan } {
  const plan = corePlan(spec);
  const run = CoreRun.fresh(spec, plan);
  const records = batchesOf(script, names).map(({ inputs, now }) => run.advance(inputs, now).records);
  return { journal: journalOf(run.header(), records), plan };
}

const headerBytes = 80;

/** A copy with bytes from `at` on replaced. */
function patched(journal: Uint8Array, at: number, ...bytes: number[]): Uint8Array {
  const copy = Uint8Array.from(journal);
  copy.set(bytes, at);
  return copy;
}

const record = (index: number): number => headerBytes + index * recordBytes;

test.each<[string, RegExp, (journal: Uint8Array) => Uint8Array]>([
  ["nothing", /^JOURNAL_UNREADABLE: /, () => new Uint8Array()],
  ["half a header", /^JOURNAL_UNREADABLE: /, (journal) => journal.subarray(0, headerBytes - 1)],
  ["another mark", /^JOURNAL_UNREADABLE: /, (journal) => patched(journal, 0, 0x44, 0x41, 0x47, 0x4e, 0x59, 0x4a, 0x52, 0x4d)],
  ["version 0", /^JOURNAL_VERSION: /, (journal) => patched(journal, 8, 0, 0)],
  ["a later version", /^JOURNAL_VERSION: .* 513\b/, (journal) => patched(journal, 8, 1, 2)],
  ["another fingerprint", /^JOURNAL_MISMATCH: /, (journal) => patched(journal, 16, (journal[16] ?? 0) ^ 1)],
  ["another number of nodes", /^JOURNAL_MISMATCH: /, (journal) => patched(journal, 40, 9)],
  ["a last record cut", /^JOURNAL_DAMAGED: record 13 /, (journal) => journal.subarray(0, record(13) + recordBytes - 1)],
  ["a kind that is not known", /^JOURNAL_DAMAGED: record 2 /, (journal) => patched(journal, record(2) + 28, 99)],
  ["a reserved byte that is set", /^JOURNAL_DAMAGED: record 2 /, (journal) => patched(journal, record(2) + 30, 1)],
  ["a node that is not there", /^JOURNAL_DAMAGED: event 1 /, (journal) => patched(journal, record(1) + 16, 3)],
  ["a node at the end of all numbers", /^JOURNAL_DAMAGED: event 1 /, (journal) => patched(journal, record(1) + 16, 254, 255, 255, 255)],
  ["a lane that is not there", /^JOURNAL_DAMAGED: event 3 /, (journal) => patched(journal, record(3) + 24, 254, 255, 255, 255)],
  ["an attempt out of turn", /^JOURNAL_DAMAGED: event 5 /, (journal) => patched(journal, record(5) + 20, 2)],
  ["time that runs backwards", /^JOURNAL_DAMAGED: event 6 /, (journal) => patched(journal, record(6), 0, 0)],
  [
    "no start",
    /^JOURNAL_DAMAGED: event 0 /,
    (journal) => Uint8Array.from([...journal.subarray(0, record(0)), ...journal.subarray(record(1))]),
  ],
  [
    "an event twice",
    /^JOURNAL_DAMAGED: event 6 /,
    (journal) => Uint8Array.from([...journal.subarray(0, record(6)), ...journal.subarray(record(5))]),
  ],
])("a journal with %s is refused", (_what, message, damage) => {
  const { journal, plan } = written();
  expect(recordCount(journal)).toBeGreaterThan(14);
  expect(() => CoreRun.replayed(plan, damage(journal))).toThrow(message);
});

test.each([
  ["graph", scripted({ graph: "a -> b, c", policies: { a: { maxAttempts: 2, timeoutMs: 5 } } }).spec],
  ["timeout", scripted({ graph: "a -> b; c", policies: { a: { maxAttempts: 2, timeoutMs: 6 } } }).spec],
  ["number of attempts", scripted({ graph: "a -> b; c", policies: { a: { maxAttempts: 3, timeoutMs: 5 } } }).spec],
  ["order", scripted({ graph: "a -> b; c", policies: { a: { maxAttempts: 2, timeoutMs: 5 }, c: { priority: 1 } } }).spec],
])("a journal is refused by a plan with another %s", (_what, other) => {
  const { journal } = written();
  expect(() => CoreRun.replayed(corePlan(other), journal)).toThrow(/^JOURNAL_MISMATCH: /);
});

test("bytes changed at random are refused with a code, or make a run that can go on", { timeout: 3_600_000 }, () => {
  const { journal, plan } = written();
  let refused = 0;
  forEachSeed("damaged journals", 3000, (seed) => {
    const random = new Random(seed);
    const damaged = Uint8Array.from(journal);
    for (let changes = random.int(1, 3); changes > 0; changes--) damaged[random.int(0, damaged.length - 1)] = random.int(0, 255);
    let run: CoreRun;
    try {
      run = CoreRun.replayed(plan, damaged);
    } catch (error) {
      expect(String(error)).toMatch(/^Error: JOURNAL_[A-Z]+: /);
      refused++;
      return;
    }
    for (const { inputs, now } of batchesOf(script, names)) run.advance(inputs, now);
  });
  console.info(`damaged journals: ${refused} refused`);
});
