import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Profile, profileOf } from "../../src/run/profile.js";
import { recordedRun } from "../support/recorded-run.js";
import { scheduledRun } from "../support/scheduled-run.js";

/** The path as a line: each step as `(what it waited for) name start..end`. Times in microseconds. */
function path(profile: Profile): string {
  return profile.criticalPath.steps
    .map((step) => {
      const mark = step.outcome === "completed" ? "" : ` ${step.outcome}`;
      return `(${step.after}) ${step.name} ${step.startMs * 1000}..${step.endMs * 1000}${mark}`;
    })
    .join(", ");
}

describe("the critical path goes through what was really waited for", () => {
  const cases: readonly [about: string, edges: string, run: string, path: string][] = [
    ["nothing ran", "", "a cancelled at 0", ""],
    ["one node", "", "a lane 0 2..10", "(start) a 2..10"],
    [
      "a diamond: the longer branch",
      "a -> b, c; b, c -> d",
      "a lane 0 0..10\nb lane 0 10..30\nc lane 1 10..20\nd lane 0 30..40",
      "(start) a 0..10, (upstream) b 10..30, (upstream) d 30..40",
    ],
    [
      "the only slot is taken: the attempt that held it",
      "a -> c",
      "a lane 0 0..10\nb lane 0 10..40\nc lane 0 40..45",
      "(start) a 0..10, (slot) b 10..40, (slot) c 40..45",
    ],
    [
      "a lane that was long free is not waited for",
      "b -> c",
      "a lane 0 0..5\nb lane 1 0..20\nc lane 0 20..30",
      "(start) b 0..20, (upstream) c 20..30",
    ],
    [
      "a retry follows the attempt before it",
      "a -> b",
      "a lane 0 0..10\nb lane 0 10..30 retried timeout\nb lane 0 30..35",
      "(start) a 0..10, (upstream) b 10..30 retried, (retry) b 30..35",
    ],
    [
      "synchronous tasks on free lanes keep the thread from each other",
      "",
      "a lane 0 0..10\nb lane 1 10..30\nc lane 2 30..35",
      "(start) a 0..10, (thread) b 10..30, (thread) c 30..35",
    ],
    [
      "an asynchronous task beside it does not",
      "a -> c",
      "a lane 0 0..10\nb lane 1 0..11\nc lane 0 12..20",
      "(start) a 0..10, (upstream) c 12..20",
    ],
    [
      "but an asynchronous task may keep the thread for long before it ends",
      "a -> c",
      "a lane 0 0..10\nb lane 1 0..2000\nc lane 0 2001..2100",
      "(start) b 0..2000, (thread) c 2001..2100",
    ],
    [
      "a failure that ended the run, not those that it cancelled",
      "",
      "a lane 0 0..30 cancelled\nb lane 1 0..30 failed error\nc lane 2 0..30 cancelled",
      "(start) b 0..30 failed",
    ],
    ["of ends at one time, the one that completed", "", "a lane 0 0..30 failed error\nb lane 1 10..30", "(start) b 10..30"],
  ];
  test.each(cases)("%s", (_about, edges, run, expected) => {
    expect(path(profileOf(recordedRun(edges, run)))).toBe(expected);
  });
});

describe("totals", () => {
  const cases: readonly [about: string, edges: string, run: string, totals: Record<string, number>][] = [
    ["nothing ran", "", "", { durationMs: 0, workMs: 0, lostMs: 0, average: 0, peak: 0, waited: 0 }],
    [
      "only attempts that completed are work",
      "a -> e",
      "a lane 0 0..1000 retried error\na lane 0 1000..4000 failed error\nb lane 1 0..2000\nc lane 1 2000..4000 cancelled\nd skipped failFast at 4000\ne skipped upstreamFailed at 4000",
      { durationMs: 4, workMs: 2, lostMs: 6, average: 0.5, peak: 1, waited: 2 },
    ],
    [
      "two at once",
      "",
      "a lane 0 0..3000\nb lane 1 1000..2000",
      { durationMs: 3, workMs: 4, lostMs: 0, average: 4 / 3, peak: 2, waited: 1 },
    ],
    [
      "a wait for the only slot",
      "",
      "a lane 0 0..3000\nb lane 0 3000..4000",
      { durationMs: 4, workMs: 4, lostMs: 0, average: 1, peak: 1, waited: 3 },
    ],
  ];
  test.each(cases)("%s", (_about, edges, run, totals) => {
    const profile = profileOf(recordedRun(edges, run));
    const { average, peak } = profile.parallelism;
    expect({
      durationMs: profile.durationMs,
      workMs: profile.workMs,
      lostMs: profile.lostMs,
      average,
      peak,
      waited: profile.waiting.totalMs,
    }).toEqual(totals);
  });

  test("waiting is split by what was waited for last", () => {
    const run = "a lane 0 0..1000\nb lane 0 1000..3000\nc lane 1 3000..3500\nd lane 0 3500..4000";
    // b waited 1 ms for the slot; c with a free lane for the thread; d for the slot until 3 ms, then for the thread.
    expect(profileOf(recordedRun("", run)).waiting).toEqual({ totalMs: 7.5, slotMs: 4, threadMs: 3.5, dispatchMs: 0 });
  });

  test("parallelism over time counts attempts that completed", () => {
    const { atMs, working } = profileOf(
      recordedRun("", "a lane 0 0..3000\nb lane 1 1000..2000\nc lane 2 0..3000 failed error"),
    ).parallelism;
    expect([...atMs].map((ms, i) => [ms, working[i]])).toEqual([
      [0, 1],
      [1, 2],
      [2, 1],
      [3, 0],
    ]);
  });
});

describe("slack and bottlenecks", () => {
  const cases: readonly [
    about: string,
    edges: string,
    run: string,
    slack: Record<string, number | undefined>,
    saves: Record<string, number>,
  ][] = [
    [
      "a diamond: a short branch has slack, and shortening the long one helps until the short one is longest",
      "a -> b, c; b, c -> d",
      "a lane 0 0..1000\nb lane 0 1000..9000\nc lane 1 1000..6000\nd lane 0 9000..10000",
      { a: 0, b: 0, c: 3, d: 0 },
      { b: 3, a: 1, d: 1 },
    ],
    ["two chains of one length: shortening either helps nothing", "", "a lane 0 0..1000\nb lane 1 0..1000", { a: 0, b: 0 }, {}],
    ["one slot: every node counts", "", "a lane 0 0..1000\nb lane 0 1000..4000", { a: 0, b: 0 }, { b: 3, a: 1 }],
    [
      "failed and skipped nodes are no bottlenecks and have no work",
      "a -> b; b -> c",
      "a lane 0 0..1000\nb lane 0 1000..5000 failed error\nc skipped upstreamFailed at 5000",
      { a: 0, b: 0, c: undefined },
      { a: 1 },
    ],
    [
      "what a failure cancelled does not hide what led to it",
      "a -> b",
      "a lane 0 0..1000\nb lane 0 1000..5000 failed error\nc lane 1 0..5000 cancelled",
      { a: 0, b: 0, c: 0 },
      { a: 1 },
    ],
  ];
  test.each(cases)("%s", (_about, edges, run, slack, saves) => {
    const profile = profileOf(recordedRun(edges, run));
    expect(Object.fromEntries([...profile.nodes()].map((node) => [node.name, node.slackMs]))).toEqual(slack);
    expect(Object.fromEntries(profile.bottlenecks.map((node) => [node.name, node.savesMs]))).toEqual(saves);
  });

  test("a node's part in the run", () => {
    const profile = profileOf(
      recordedRun("a -> b", "a lane 0 0..1000 retried error\na lane 0 1500..3000 ready 1000\nb lane 1 3000..3500\nc lane 1 0..100"),
    );
    expect(profile.get("a")).toEqual({
      name: "a",
      status: "completed",
      workMs: 1.5,
      lostMs: 1,
      waitedMs: 0.5,
      slackMs: 0,
      onCriticalPath: true,
    });
    expect(profile.get("c")).toMatchObject({ slackMs: 3.4, onCriticalPath: false });
    expect(profile.get("nowhere")).toBeUndefined();
    expect(profile.criticalPath).toMatchObject({ path: ["a", "b"], durationMs: 3.5, workMs: 2, lostMs: 1, dispatchMs: 0.5 });
  });
});

describe("laws, on random graphs run by a greedy scheduler", () => {
  const property = (check: (run: ReturnType<typeof scheduledRun>) => void): void =>
    fc.assert(
      fc.property(fc.integer({ min: 0 }), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 5 }), (seed, nodes, slots) =>
        check(scheduledRun(seed, nodes, slots)),
      ),
    );

  test("the path fills the time to the last end; slack is never negative, and 0 along the path", () => {
    property(({ source }) => {
      const profile = profileOf(source);
      const { criticalPath } = profile;
      expect(criticalPath.workMs + criticalPath.lostMs + criticalPath.dispatchMs).toBeCloseTo(criticalPath.durationMs, 9);
      for (const [i, step] of criticalPath.steps.entries()) {
        expect(step.startMs).toBeCloseTo((criticalPath.steps[i - 1]?.endMs ?? 0) + step.dispatchMs, 9);
      }
      for (const node of profile.nodes()) {
        expect(node.slackMs ?? 0).toBeGreaterThanOrEqual(0);
        if (node.onCriticalPath) expect(node.slackMs).toBe(0);
      }
    });
  });

  test("work is the integral of parallelism and the sum over nodes", () => {
    property(({ source }) => {
      const profile = profileOf(source);
      const { atMs, working } = profile.parallelism;
      const integral = working.reduce((sum, count, i) => sum + count * ((atMs[i + 1] ?? 0) - (atMs[i] ?? 0)), 0);
      expect(integral).toBeCloseTo(profile.workMs, 6);
      expect([...profile.nodes()].reduce((sum, node) => sum + node.workMs, 0)).toBeCloseTo(profile.workMs, 6);
    });
  });

  test("with a slot for everyone, a node without work makes the run as much shorter as said", () => {
    property(({ again }) => {
      const { source } = again({ slots: 1000 });
      const profile = profileOf(source);
      const saves = new Map(profile.bottlenecks.map((node) => [node.name, node.savesMs]));
      for (const { name } of profile.nodes()) {
        const shorter = again({ slots: 1000, without: name });
        expect((source.durationUs - shorter.source.durationUs) / 1000).toBeCloseTo(saves.get(name) ?? 0, 9);
      }
    });
  });

  test("with a slot for everyone, a node that ends later by its slack ends the run at the same time, and by more, later", () => {
    property(({ again }) => {
      const { source } = again({ slots: 1000 });
      for (const node of profileOf(source).nodes()) {
        const slackUs = Math.round((node.slackMs ?? 0) * 1000);
        expect(again({ slots: 1000, longer: [node.name, slackUs] }).source.durationUs).toBe(source.durationUs);
        expect(again({ slots: 1000, longer: [node.name, slackUs + 1] }).source.durationUs).toBe(source.durationUs + 1);
      }
    });
  });
});
