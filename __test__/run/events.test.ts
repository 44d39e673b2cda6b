/** Events: the facts of a run in order, for listeners and iterators. */
import { describe, expect, test } from "vitest";
import { DAGExecutor, type RunEvent, type RunHandle } from "../../src/index.js";
import { graphOf } from "../support/graph-text.js";
import { chain, each, loose, settleDown, simulated, wordOf } from "../support/runs.js";

async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const seqsOf = (events: readonly RunEvent[]): number[] => events.flatMap((event) => ("seq" in event ? [event.seq] : []));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** One node's life. */
const life = (node: string): string[] => [`nodeLeased ${node}`, `nodeStarted ${node}`, `nodeCompleted ${node}`];

describe("events", () => {
  test("come from the very first, to a listener as to an iterator", async () => {
    const heard: RunEvent[] = [];
    const handle = new DAGExecutor(graphOf("a -> b"), 1).start(() => {}, { onEvent: (event) => heard.push(event) });
    const iterated = await collect(handle.events);
    expect(iterated).toEqual(heard);
    expect(heard.map(wordOf)).toEqual(["runStarted", "nodeReady a", ...life("a"), "nodeReady b", ...life("b"), "runEnded completed"]);
    expect(seqsOf(heard)).toEqual(upTo(heard.length));
  });

  test.each<{ what: string; task: () => unknown }>([
    { what: "sync tasks", task: () => {} },
    { what: "async tasks", task: async () => {} },
    { what: "failures", task: () => Promise.reject(new Error("no")) },
  ])("have no gaps and times that do not go back: $what", async ({ task }) => {
    for (const failFast of [true, false]) {
      const handle = new DAGExecutor(graphOf("a -> b, c -> d; e -> f; g"), { maxWorkers: 2, failFast, retry: 2 }).start(task);
      const events = await collect(handle.events);
      expect(seqsOf(events)).toEqual(upTo(events.length));
      const times = events.flatMap((event) => ("timeMs" in event ? [event.timeMs] : []));
      expect(times).toEqual([...times].sort((x, y) => x - y));
      expect(events.at(-1)).toMatchObject({ type: "runEnded", status: (await handle.result).status });
    }
  });

  test("leaving the loop ends the subscription, and the run goes on", async () => {
    const handle = new DAGExecutor(chain(20)).start(async () => {});
    const seen: string[] = [];
    for await (const event of handle.events) {
      seen.push(event.type);
      if (event.type === "nodeCompleted") break;
    }
    expect(seen.at(-1)).toBe("nodeCompleted");
    expect((await handle.result).succeeded).toBe(20);
  });

  test("every iteration is a subscription of its own", async () => {
    const handle = new DAGExecutor(graphOf("a -> b")).start(async () => {});
    const [one, two] = await Promise.all([collect(handle.events), collect(handle.events)]);
    expect(one).toEqual(two);
    expect(one).toHaveLength(10);
  });

  test("a subscription in the middle has the sequence from there on, gap-free", async () => {
    let late: Promise<RunEvent[]> | undefined;
    const handle: RunHandle = new DAGExecutor(chain(10), 1).start(
      each((_, { name }) => {
        if (name === "n5") late = collect(handle.events);
        return Promise.resolve();
      }),
    );
    await handle.result;
    const seqs = seqsOf((await late) ?? []);
    expect(seqs.length).toBeGreaterThan(10);
    expect(seqs).toEqual(upTo(seqs.length).map((i) => i + (seqs[0] ?? 0)));
    expect(seqs.at(-1)).toBe(4 * 10 + 1);
  });

  test("a subscription after the end is over at once", async () => {
    const handle = new DAGExecutor(graphOf("a")).start(() => {});
    await handle.result;
    expect(await collect(handle.events)).toEqual([]);
  });

  test("an iterator may be asked ahead", async () => {
    const handle = new DAGExecutor(graphOf("a")).start(() => {});
    const iterator = handle.events[Symbol.asyncIterator]();
    const answers = await Promise.all(Array.from({ length: 8 }, () => iterator.next()));
    expect(answers.map(({ value, done }) => (done ? "done" : wordOf(value)))).toEqual([
      "runStarted",
      "nodeReady a",
      ...life("a"),
      "runEnded completed",
      "done",
      "done",
    ]);
  });

  test("a slow iterator is bounded, and told how many events it missed", async () => {
    const handle = new DAGExecutor(loose(40_000), Number.POSITIVE_INFINITY).start(() => {});
    const iterator = handle.events[Symbol.asyncIterator]();
    await handle.result;
    const events: RunEvent[] = [];
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) events.push(next.value);
    const missed = events.flatMap((event) => (event.type === "eventsMissed" ? [event.count] : [])).reduce((sum, count) => sum + count, 0);
    const heard = events.filter((event) => event.type !== "eventsMissed").length;
    expect(heard + missed).toBe(4 * 40_000 + 2);
    expect(missed).toBeGreaterThan(0);
    expect(heard).toBeLessThanOrEqual(65_536 + 1);
  });
});

describe("a listener that fails", () => {
  test.each<[how: string, fail: () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("mine");
      },
    ],
    [
      "throws undefined",
      () => {
        throw undefined;
      },
    ],
    [
      "is async and rejects",
      async () => {
        throw new Error("mine");
      },
    ],
  ])("and %s changes nothing, and is told to the others", async (_, fail) => {
    let calls = 0;
    const handle = new DAGExecutor(graphOf("a -> b"), 1).start(() => new Promise(setImmediate), {
      onEvent: (event) => {
        calls++;
        if (event.type === "runStarted" || event.type === "nodeStarted") return fail() as undefined;
      },
    });
    const events = await collect(handle.events);
    const result = await handle.result;
    expect(result.status).toBe("completed");
    expect(calls).toBe(10);
    expect(seqsOf(events)).toEqual(upTo(10));
    expect(events.filter(({ type }) => type === "listenerFailed").length).toBeGreaterThan(0);
  });
});

describe("a listener that cancels", () => {
  test.each(["runStarted", "nodeReady", "nodeLeased", "nodeStarted", "nodeCompleted", "cancelRequested", "nodeCancelled", "runEnded"])(
    "at %s hears everything once and in order",
    async (type) => {
      const heard: RunEvent[] = [];
      const { executor } = simulated(graphOf("a -> b, c -> d; e"), { maxWorkers: 2, graceMs: 0 });
      const handle: RunHandle = executor.start(async () => {}, {
        onEvent: (event) => {
          heard.push(event);
          if (event.type === type) handle.cancel("from a listener");
        },
      });
      const iterated = collect(handle.events);
      await settleDown();
      const result = await handle.result;
      expect(seqsOf(heard)).toEqual(upTo(heard.length));
      expect(heard.at(-1)).toMatchObject({ type: "runEnded", status: result.status });
      expect(await iterated).toEqual(heard);
      const isNeverSaid = type === "cancelRequested" || type === "nodeCancelled" || type === "runEnded";
      expect(result.status).toBe(isNeverSaid ? "completed" : "cancelled");
    },
  );
});
