/**
 * Commands and the end of the process that started them; many commands at once.
 *
 * The bugs it would catch: processes that outlive the one that wanted them, a process that ends while its command goes on, or does not end
 * when it has ended; a thread-safe function, a pipe or a process id for each command that is never let go of.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { DAGExecutor, task } from "../../src/index.js";
import { expectGone } from "../support/commands.js";
import { loose } from "../support/runs.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const path = fileURLToPath(new URL("./commands/process.ts", import.meta.url));

interface Ended {
  readonly output: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Runs the process; `whenThere` is called once its command is. */
async function run(how: string, whenThere: (child: ChildProcess) => void = () => undefined): Promise<Ended> {
  const child = spawn(process.execPath, ["--import", "tsx", path, how], { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const isThere = output.includes("pids");
    output += chunk;
    if (!isThere && output.includes("pids")) whenThere(child);
  });
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { output, code, signal };
}

const pidsIn = (output: string): number[] => output.match(/\d+/g)?.map(Number) ?? [];

describe("a process takes its commands with it", () => {
  test.each<{ what: string; how: string; send?: NodeJS.Signals; expected: Partial<Ended> }>([
    { what: "by process.exit", how: "exit", expected: { code: 3 } },
    { what: "by an error that nobody catches", how: "throw", expected: { code: 1 } },
    { what: "by ^C", how: "signal", send: "SIGINT", expected: { signal: "SIGINT" } },
    { what: "by SIGTERM", how: "signal", send: "SIGTERM", expected: { signal: "SIGTERM" } },
    { what: "by SIGHUP", how: "signal", send: "SIGHUP", expected: { signal: "SIGHUP" } },
    { what: "and a thread does, when it is terminated", how: "worker", expected: { code: 0 } },
  ])("$what", async ({ how, send, expected }) => {
    const ended = await run(how, (child) => void (send !== undefined && child.kill(send)));
    expect(ended).toMatchObject(expected);
    const pids = pidsIn(ended.output);
    expect(pids.length).toBe(2);
    await expectGone(...pids);
  });

  test("but a signal that it listens to is its own", async () => {
    const ended = await run("listener", (child) => void child.kill("SIGINT"));
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.output).toMatch(/cancelled\n$/);
    await expectGone(...pidsIn(ended.output));
  });
});

test("a command keeps its process alive, and nothing does afterwards", async () => {
  expect(await run("alone")).toMatchObject({ code: 0, output: "completed true\n" });
});

test("a thousand commands, a few at once, leave nothing behind", { timeout: 60_000 }, async () => {
  let running = 0;
  let most = 0;
  const dag = loose(1000);
  const begin = (): string[] => {
    most = Math.max(most, ++running);
    return ["x"];
  };
  const command = task.command("echo", begin, { onOutput: () => void running-- });
  const tasks = Object.fromEntries(dag.topologicalSort().map((name) => [name, command]));
  const executor = new DAGExecutor(dag, { maxCommands: 8 });
  const open = (): number => (process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0);
  expect((await executor.execute({ ...tasks })).status).toBe("completed");
  const before = { open: open(), rss: process.memoryUsage().rss };
  for (let round = 0; round < 2; round++) expect((await executor.execute({ ...tasks })).status).toBe("completed");
  expect(most).toBe(8);
  expect(open()).toBeLessThanOrEqual(before.open + 5);
  expect(process.memoryUsage().rss - before.rss).toBeLessThan(64 * 2 ** 20);
  expect(process.listenerCount("exit")).toBeLessThanOrEqual(2);
});

test("hundreds of groups that are stopped at once end within the grace of their run", { timeout: 60_000 }, async () => {
  const controller = new AbortController();
  const pids: number[] = [];
  const onOutput = (chunk: string): void => {
    pids.push(...pidsIn(chunk));
    if (pids.length === 400) controller.abort();
  };
  const dag = loose(200);
  const command = task.command("sh", ["-c", "sleep 1000 & echo $$ $!; wait"], { onOutput });
  const tasks = Object.fromEntries(dag.topologicalSort().map((name) => [name, command]));
  const result = await new DAGExecutor(dag, { maxCommands: 200, graceMs: 20_000 }).execute(tasks, { signal: controller.signal });
  expect(result.status).toBe("cancelled");
  expect(result.abandoned).toEqual([]);
  await expectGone(...pids);
});
