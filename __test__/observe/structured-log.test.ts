/** A run as log records, to a function and as lines of JSON. */
import { describe, expect, test } from "vitest";
import { DAG, type RunEvent } from "../../src/index.js";
import { type LogRecord, observers, structuredLog } from "../../src/observe/index.js";
import { fails, failsTimes, returns, simulate, takes } from "../../src/testing/index.js";

const flow = DAG.from({ read: [], write: ["read"], tidy: ["write"] });
const now = (): number => Date.parse("2030-01-01T00:00:00Z");

async function logged(tasks: object, options: Parameters<typeof structuredLog>[0] = {}): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  const onEvent = structuredLog({ now, sink: (record) => records.push(record), ...options });
  await simulate(flow, { tasks, executor: { retry: 2, maxWorkers: 1 }, run: { onEvent, runId: "r1" } }).finish();
  return records;
}

const line = ({ time, level, event, message }: LogRecord): string => `${time.slice(17)} ${level} ${event}: ${message}`;

describe("records", () => {
  test("say when, how much it matters, and what happened", async () => {
    const records = await logged({ read: takes(1500), write: failsTimes(2), tidy: returns() });
    expect(records.map(line)).toEqual([
      "00.000Z info runStarted: run started",
      "00.000Z info nodeStarted: node started: read",
      "01.500Z info nodeCompleted: read completed",
      "01.500Z info nodeStarted: node started: write",
      "01.500Z warn attemptFailed: attempt failed: write (error)",
      "01.500Z info nodeStarted: node started: write",
      "01.500Z error nodeFailed: write failed (error)",
      "01.500Z info nodeSkipped: tidy skipped (upstreamFailed)",
      "01.500Z error runEnded: run failed",
    ]);
    expect(records[2]).toMatchObject({ node: "read", attempt: 1, durationMs: 1500, seq: 4 });
    expect(records[6]).toMatchObject({ node: "write", attempt: 2, durationMs: 0, reason: "error" });
    expect(records[8]).toMatchObject({ status: "failed" });
  });

  test.each([
    ["debug", 14],
    ["info", 9],
    ["warn", 3],
    ["error", 2],
  ] as const)("of at least %s", async (level, atLeast) => {
    const records = await logged({ read: takes(1), write: failsTimes(2), tidy: returns() }, { level, fields: { service: "etl" } });
    expect(records.length).toBeGreaterThanOrEqual(atLeast);
    expect(records.every(({ service }) => service === "etl")).toBe(true);
  });
});

describe("lines of JSON", () => {
  test("hold whatever a task says", async () => {
    const circular: Record<string, unknown> = { big: 12n, error: new RangeError("too far") };
    circular["self"] = circular;
    const texts: string[] = [];
    const tasks = {
      read: (_: unknown, ctx: { log(message: string, data?: unknown): void }) => ctx.log("two\nlines", circular),
      write: (_: unknown, ctx: { log(message: string, data?: unknown): void }) =>
        ctx.log("hostile", {
          toJSON() {
            throw new Error("no");
          },
        }),
      tidy: returns(),
    };
    await logged(tasks, { sink: { write: (text: string) => texts.push(text) } });
    expect(texts.every((text) => text.endsWith("\n") && text.indexOf("\n") === text.length - 1)).toBe(true);
    const records = texts.map((text): LogRecord => JSON.parse(text));
    expect(records.find(({ message }) => message === "two\nlines")).toMatchObject({
      event: "log",
      node: "read",
      data: { big: "12n", error: { name: "RangeError", message: "too far" }, self: "[circular]" },
    });
    expect(records.find(({ message }) => message === "hostile")).toMatchObject({ unloggable: "Error: no" });
  });

  test("say what was thrown, where the event does", () => {
    const texts: string[] = [];
    const log = structuredLog({ now, sink: { write: (text) => texts.push(text) } });
    const error = Object.assign(new Error("disk full", { cause: new Error("inode") }), { code: "ENOSPC" });
    const event: RunEvent & { error: unknown } = { seq: 1, timeMs: 3, type: "nodeFailed", node: "a", attempt: 1, reason: "error", error };
    log(event);
    expect(JSON.parse(texts[0] ?? "")).toMatchObject({
      time: "2030-01-01T00:00:00.000Z",
      error: { name: "Error", message: "disk full", code: "ENOSPC", cause: "Error: inode" },
    });
  });
});

test("a sink that throws changes nothing but what other listeners hear", async () => {
  const heard: string[] = [];
  const onEvent = observers(
    structuredLog({
      sink: () => {
        throw new Error("disk full");
      },
    }),
    ({ type }) => heard.push(type),
  );
  const sim = simulate(flow, { tasks: { read: takes(5), write: fails(), tidy: returns() }, run: { onEvent } });
  expect((await sim.finish()).status).toBe("failed");
  expect(heard).toEqual(sim.events.map(({ type }) => type));
});

test("observers report one failure, of async listeners too", async () => {
  const first = new Error("first");
  const late = observers(
    async () => {
      throw first;
    },
    () => {},
  );
  await expect(late({ seq: 0, timeMs: 0, type: "runStarted" } as RunEvent)).rejects.toBe(first);
  const both = observers(
    async () => {
      throw new Error("never seen");
    },
    () => {
      throw first;
    },
  );
  expect(() => both({ seq: 0, timeMs: 0, type: "runStarted" } as RunEvent)).toThrow(first);
});
