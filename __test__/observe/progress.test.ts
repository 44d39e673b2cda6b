/** The progress display: frames on a terminal, lines elsewhere, and never a run that is changed by it. */
import { EventEmitter } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DAG, type RunEvent } from "../../src/index.js";
import { type ProgressOptions, progressWith } from "../../src/observe/progress.js";
import { bar, cut, duration, plain } from "../../src/observe/text.js";
import { failsTimes, returns, simulate, takes } from "../../src/testing/index.js";

class Screen extends EventEmitter {
  text = "";
  readonly isTTY: boolean;
  readonly columns = 100;
  readonly rows = 24;
  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }
  write(text: string): void {
    this.text += text;
  }
}

/** Time that is always that of the last event. */
function hand(): { now: () => number; every: () => () => void; at: number } {
  const ticker = { at: 0, now: () => ticker.at, every: () => () => {} };
  return ticker;
}

/** Every frame of the events, without colors: the lines between two moves of the cursor. */
function framesOf(events: readonly object[], options: ProgressOptions = {}): string[][] {
  const screen = new Screen(true);
  const ticker = hand();
  const show = progressWith({ stream: screen, colors: false, mode: "tree", ...options }, ticker);
  const frames: string[][] = [];
  for (const event of events) {
    ticker.at = "timeMs" in event ? Number(event.timeMs) : ticker.at;
    screen.text = "";
    show(event as RunEvent);
    if (screen.text !== "") frames.push(stripVTControlCharacters(screen.text).replaceAll("\r", "").trimEnd().split("\n"));
  }
  expect(screen.listenerCount("error")).toBeLessThanOrEqual(1);
  return frames;
}

let seq = 0;
const at = (timeMs: number, type: string, node?: string, more: object = {}): object => ({
  seq: seq++,
  timeMs,
  type,
  ...(node === undefined ? {} : { node, attempt: 1 }),
  ...more,
});

describe("on a terminal", () => {
  test("a tree of what runs, with bars for maps, and a summary", () => {
    const dag = DAG.from({ fetch: [], convert: ["fetch"], approve: ["fetch"], save: ["convert", "approve"] });
    const frames = framesOf(
      [
        at(0, "runStarted"),
        at(100, "nodeStarted", "fetch", { lane: 0 }),
        at(1100, "nodeCompleted", "fetch"),
        at(1200, "nodeStarted", "convert", { lane: undefined }),
        at(1300, "itemsAdded", "convert", { count: 4, isDone: false }),
        at(1400, "nodeStarted", "convert/0", { lane: 0 }),
        at(1500, "nodeStarted", "convert/1", { lane: 1 }),
        at(1600, "nodeStarted", "approve", { lane: undefined }),
        at(1700, "waitOpened", "approve", { signal: undefined, isSleep: false }),
        at(1800, "nodeCompleted", "convert/0"),
        at(1900, "nodeFailed", "convert/1", { reason: "error", error: new Error("bad\u001b[2J row") }),
      ],
      { dag },
    );
    expect(frames[0]).toEqual(["░░░░░░░░░░░░░░░░░░░░  0/4  0 running  0 ms"]);
    expect(frames[1]).toEqual(["  ● fetch  0 ms", "░░░░░░░░░░░░░░░░░░░░  0/4  1 running  100 ms"]);
    expect(frames.at(-2)).toEqual([
      "  ▸ convert  █████░░░░░░░░░░░░░░░  1/4+  600 ms",
      "    ● 1  300 ms",
      "  ◌ approve  waits for an answer",
      expect.stringMatching(/^█████░{15} {2}1\/4 {2}1 running {2}1 waiting {2}1\.8 s {2}about/),
    ]);
    expect(frames.at(-1)).toEqual([
      "✗ convert/1 failed (error): bad·[2J row",
      "  ▸ convert  ██████████░░░░░░░░░░  2/4+  1 failed  700 ms",
      "  ◌ approve  waits for an answer",
      expect.stringMatching(/^█████░{15} {2}1\/4 {2}0 running {2}1 waiting {2}1\.9 s/),
    ]);
  });

  test("no more lines than it may have, none wider than the screen", () => {
    const many = Array.from({ length: 30 }, (_, i) => at(100 * i, "nodeStarted", `${i} ${"名".repeat(80)}`, { lane: i }));
    const last = framesOf([at(0, "runStarted"), ...many], { maxLines: 5 }).at(-1) ?? [];
    expect(last).toHaveLength(5);
    expect(last[3]).toBe("  … and 27 more");
    expect(last[0]?.length).toBeLessThan(100);
  });

  test("a name of a node with a slash stays a name", () => {
    const frames = framesOf([at(0, "runStarted"), at(100, "nodeStarted", "src/a.ts", { lane: 0 }), at(200, "nodeCompleted", "src/a.ts")]);
    expect(frames[1]?.[0]).toBe("  ● src/a.ts  0 ms");
    expect(frames[2]).toEqual(["1 done  0 running  200 ms"]);
  });

  test("the cursor comes back at the end, and no listener stays", async () => {
    const screen = new Screen(true);
    const before = ["exit", "SIGINT", "SIGTERM", "SIGHUP"].map((name) => process.listenerCount(name));
    const onEvent = progressWith({ stream: screen, mode: "tree" }, hand());
    await simulate(DAG.from({ a: [] }), { tasks: returns(), run: { onEvent } }).finish();
    expect(screen.text.startsWith("\x1b[?25l")).toBe(true);
    expect(screen.text.endsWith("\x1b[?25h")).toBe(true);
    expect(["exit", "SIGINT", "SIGTERM", "SIGHUP"].map((name) => process.listenerCount(name))).toEqual(before);
    await new Promise((resolve) => setImmediate(resolve));
    expect(screen.listenerCount("error")).toBe(0);
  });

  test("the cursor comes back on a signal, which then does what it would have done", () => {
    const screen = new Screen(true);
    const kill = vi.spyOn(process, "kill").mockReturnValue(true);
    const show = progressWith({ stream: screen, mode: "tree" }, hand());
    show(at(0, "runStarted") as RunEvent);
    process.emit("SIGTERM", "SIGTERM");
    expect(screen.text.endsWith("\x1b[?25h")).toBe(true);
    expect(kill.mock.calls).toEqual([[process.pid, "SIGTERM"]]);
    kill.mockRestore();
  });
});

describe("elsewhere", () => {
  test("plain lines", async () => {
    const screen = new Screen(false);
    const dag = DAG.from({ read: [], write: ["read"], tidy: ["write"] });
    const tasks = { read: takes(2500), write: failsTimes(2), tidy: returns() };
    const onEvent = progressWith({ stream: screen, dag, mode: "lines" }, hand());
    await simulate(dag, { tasks, executor: { retry: 2 }, run: { onEvent } }).finish();
    expect(screen.text.split("\n").map((line) => line.trim().replace(/: failed as.*?script says/, ""))).toEqual([
      "2.5 s  read completed after 2.5 s",
      "2.5 s  write attempt 1 failed (error); it is tried again",
      "2.5 s  write failed (error)",
      "2.5 s  tidy skipped (upstreamFailed)",
      "2.5 s  run failed after 2.5 s: 1 completed, 1 failed, 1 skipped",
      "",
    ]);
  });

  test("a count now and then, and a map by quarters", () => {
    const screen = new Screen(false);
    const show = progressWith({ stream: screen, mode: "lines" }, hand());
    const items = Array.from({ length: 100 }, (_, i) => at(500 * i, "nodeCompleted", `m/${i}`));
    for (const event of [
      at(0, "runStarted"),
      at(0, "nodeStarted", "m"),
      at(0, "itemsAdded", "m", { count: 100, isDone: true }),
      ...items,
    ]) {
      show(event as RunEvent);
    }
    expect(screen.text.split("\n").map((line) => line.trim())).toEqual([
      "10.0 s  0 nodes done",
      "12.0 s  m: 25 of 100 done",
      "20.0 s  0 nodes done",
      "24.5 s  m: 50 of 100 done",
      "30.0 s  0 nodes done",
      "37.0 s  m: 75 of 100 done",
      "40.0 s  0 nodes done",
      "",
    ]);
  });
});

describe("whether it draws", () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each([
    { isTTY: true, CI: "", TERM: "xterm", draws: true },
    { isTTY: true, CI: "false", TERM: "xterm", draws: true },
    { isTTY: true, CI: "true", TERM: "xterm", draws: false },
    { isTTY: true, CI: "", TERM: "dumb", draws: false },
    { isTTY: false, CI: "", TERM: "xterm", draws: false },
  ])("is seen from the stream and the environment: $isTTY $CI $TERM", ({ isTTY, CI, TERM, draws }) => {
    vi.stubEnv("CI", CI);
    vi.stubEnv("TERM", TERM);
    const screen = new Screen(isTTY);
    const show = progressWith({ stream: screen }, hand());
    show(at(0, "runStarted") as RunEvent);
    expect(screen.text.includes("\x1b[")).toBe(draws);
    show(at(0, "runEnded", undefined, { status: "completed" }) as RunEvent);
  });
});

test.each(["tree", "lines"] as const)("a stream that fails, now or later, changes nothing: %s", async (mode) => {
  const dag = DAG.from({ a: [], b: ["a"] });
  for (const fail of [
    (screen: Screen) => screen.emit("error", new Error("EPIPE")),
    () => {
      throw new Error("EPIPE");
    },
  ]) {
    const screen = new Screen(true);
    screen.write = () => void fail(screen);
    const sim = simulate(dag, { tasks: takes(100), run: { onEvent: progressWith({ stream: screen, mode, dag }, hand()) } });
    expect((await sim.finish()).status).toBe("completed");
    expect(sim.events.filter(({ type }) => type === "listenerFailed")).toEqual([]);
  }
});

describe("the time that is left", () => {
  const dag = DAG.builder().addNode("a", { cost: 10 }).addNode("b", { cost: 30 }).addNode("c", { cost: 20 }).addEdge("a", "b").build();

  /** The estimates after each event, in milliseconds; time stands still in between. */
  function left(events: readonly object[], options: ProgressOptions): string[] {
    return framesOf(events, { dag, ...options }).map((lines) => / about (.*) left/.exec(lines.at(-1) ?? "")?.[1] ?? "-");
  }
  const run = [
    at(0, "runStarted"),
    at(0, "nodeStarted", "a", { lane: 0 }),
    at(1000, "nodeCompleted", "a"),
    at(1000, "nodeStarted", "b", { lane: 0 }),
    at(3000, "nodeStarted", "c", { lane: 1 }),
    at(4000, "nodeCompleted", "b"),
    at(5000, "nodeCompleted", "c"),
  ];

  test("from costs, once something has completed", () => {
    expect(left(run, {})).toEqual(["-", "5.0 s", "3.0 s", "1.0 s", "0 ms"]);
  });

  test("from past durations, from the start", () => {
    const past = { a: 1000, b: 3000, c: 2000 };
    expect(left(run, { past })).toEqual(["6.0 s", "5.0 s", "3.0 s", "1.0 s", "0 ms"]);
    const report = { nodeResults: { a: { status: "completed", durationMs: 1000 }, b: { status: "failed", durationMs: 9000 } } };
    expect(left(run.slice(0, 1), { past: report })).toEqual(["3.0 s"]);
  });
});

test.each([
  [0, "0 ms"],
  [999.4, "999 ms"],
  [999.6, "1.0 s"],
  [59_949, "59.9 s"],
  [60_000, "1 min 00 s"],
  [3_599_000, "59 min 59 s"],
  [7_500_000, "2 h 05 min"],
])("%s ms reads %s", (ms, text) => expect(duration(ms)).toBe(text));

test("text fits and moves no cursor", () => {
  expect(bar(0.5, 4)).toBe("██░░");
  expect(bar(7, 4)).toBe("████");
  expect(plain("a\nb\u001b[2J\u0085\u2028")).toBe("a·b·[2J··");
  expect(cut("名前です", 5)).toBe("名…");
  expect(cut("short", 5)).toBe("short");
});
