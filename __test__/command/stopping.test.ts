/** Commands that are told to stop, and what they leave behind: nobody outlives the run that asked for it, and nobody is waited for in vain. */
import { describe, expect, test } from "vitest";
import { CommandError, DAG, DAGExecutor, type RunResult, task } from "../../src/index.js";
import { type Around, expectGone, isAlive, reportOf, script } from "../support/commands.js";

/** Runs a line of a shell until it has printed so many process ids and the word `go`; then aborts. Answers with them. */
async function stopped(
  line: string,
  options: { readonly killGraceMs?: number; readonly killSignal?: NodeJS.Signals } = {},
  around: Around = {},
): Promise<{ readonly pids: number[]; readonly result: RunResult<object> }> {
  const controller = new AbortController();
  let seen = "";
  const onOutput = (chunk: string): void => {
    seen += chunk;
    if (seen.includes("go\n")) controller.abort(new Error("enough"));
  };
  const result = await reportOf("sh", ["-c", line], { ...options, onOutput }, { ...around, run: { signal: controller.signal } });
  return { pids: seen.match(/\d+/g)?.map(Number) ?? [], result };
}

const forever = "sleep 1000";

describe("the whole group is told to stop", () => {
  test.each<{ what: string; line: string; count: number; options?: { killGraceMs?: number; killSignal?: NodeJS.Signals } }>([
    { what: "a command", line: `echo $$ go; exec ${forever}`, count: 1 },
    { what: "and what it has started", line: `${forever} & echo $$ $! go; wait`, count: 2 },
    { what: "and what that has", line: `(${forever} & echo $$ $! go; wait) & wait`, count: 2 },
    {
      what: "by the signal of its choice",
      line: `trap "" TERM; trap "exit 0" INT; ${forever} & echo $$ $! go; wait`,
      count: 2,
      options: { killSignal: "SIGINT", killGraceMs: 200 },
    },
    {
      what: "by force where it does not listen",
      line: `trap "" TERM; echo $$ go; while true; do sleep 1000; done`,
      count: 1,
      options: { killGraceMs: 50 },
    },
    {
      what: "by force at once where there is no grace",
      line: `trap "" TERM; echo $$ go; ${forever}; ${forever}`,
      count: 1,
      options: { killGraceMs: 0 },
    },
    {
      what: "by force, what it has left behind",
      line: `sh -c 'trap "" TERM; echo $$; echo go; ${forever}; ${forever}' & wait`,
      count: 1,
      options: { killGraceMs: 50 },
    },
    { what: "also one that has closed its output", line: `echo $$ go; exec >&- 2>&-; ${forever}`, count: 1 },
  ])("$what", async ({ line, count, options }) => {
    const { pids, result } = await stopped(line, options);
    expect(pids.length).toBe(count);
    expect(result.status).toBe("cancelled");
    expect(result.abandoned).toEqual([]);
    expect(result.nodeResults).toMatchObject({ c: { status: "cancelled" } });
    await expectGone(...pids);
  });

  test("a run without grace takes them with it", async () => {
    const { pids, result } = await stopped(
      `trap "" TERM; ${forever} & echo $$ $! go; wait; wait; ${forever}`,
      { killGraceMs: 60_000 },
      {
        executor: { graceMs: 0 },
      },
    );
    expect(result.abandoned.length).toBe(1);
    await expectGone(...pids);
  });

  test("so does one whose grace is shorter than the command's", async () => {
    const { pids, result } = await stopped(
      `trap "" TERM; ${forever} & echo $$ $! go; wait; wait; ${forever}`,
      { killGraceMs: 60_000 },
      {
        executor: { graceMs: 20 },
      },
    );
    expect(result.abandoned.length).toBe(1);
    await expectGone(...pids);
  });
});

describe("who tells it to stop", () => {
  const pidOf = (chunk: string): number => Number(chunk.trim());

  test("its timeout: it is one, whatever the command makes of the signal", async () => {
    let pid = 0;
    const onOutput = (chunk: string): void => void (pid = pidOf(chunk));
    const line = `trap "exit 0" TERM; echo $$; ${forever} & wait`;
    const result = await reportOf("sh", ["-c", line], { onOutput }, { node: { timeoutMs: 100 } });
    expect(result.nodeResults.c).toMatchObject({ status: "failed", reason: "timeout", error: { code: "TASK_TIMEOUT" } });
    await expectGone(pid);
  });

  test("the failure of another node", async () => {
    let pid = 0;
    let isGoing: (value: unknown) => void = () => undefined;
    const going = new Promise((resolve) => {
      isGoing = resolve;
    });
    const onOutput = (chunk: string): void => {
      pid = pidOf(chunk);
      isGoing(undefined);
    };
    const dag = DAG.builder()
      .task("c", task.command("sh", ["-c", `echo $$; exec ${forever}`], { onOutput }))
      .task("f", () => going.then(() => Promise.reject(new Error("no"))))
      .build();
    const result = await new DAGExecutor(dag, 4).execute();
    expect(result.nodeResults.c).toMatchObject({ status: "cancelled" });
    await expectGone(pid);
  });

  test("before it has started: it never does", async () => {
    const controller = new AbortController();
    const result = await reportOf(
      "sh",
      () => {
        controller.abort();
        return ["-c", "echo no"];
      },
      {},
      { run: { signal: controller.signal } },
    );
    expect(result.nodeResults.c).toMatchObject({ status: "cancelled" });
  });

  test("somebody else: that is a failure", async () => {
    const result = await reportOf("sh", ["-c", "kill -KILL $$"]);
    expect(result.nodeResults.c.error).toBeInstanceOf(CommandError);
    expect(result.nodeResults.c.error).toMatchObject({ code: "COMMAND_FAILED", signal: "SIGKILL", exitCode: undefined });
    expect(String(result.nodeResults.c.error)).toContain("was ended by SIGKILL");
  });
});

describe("what a command leaves running", () => {
  /** Starts what holds the output open, out of the group or in it, says its id and exits. */
  const leave = (how: string): string[] =>
    script(`const { spawn } = require("node:child_process");
      const left = spawn("sleep", ["1000"], { detached: ${how === "a daemon"}, stdio: "inherit" });
      left.unref(); process.stdout.write(left.pid + "\\n");`);

  test.each(["a daemon", "a member of its group"])("%s: is not waited for, and left alone", async (how) => {
    const result = await reportOf(process.execPath, leave(how));
    const output = result.nodeResults.c.result;
    expect(output).toMatchObject({ exitCode: 0, isLeftOpen: true, isTruncated: false });
    const pid = Number(output?.stdout);
    expect(isAlive(pid)).toBe(true);
    process.kill(pid);
    await expectGone(pid);
  });

  test("what floods the output is not listened to for ever", async () => {
    let pid = 0;
    const line = "setsid yes & echo $!; exit 0";
    const result = await reportOf("sh", ["-c", line], {
      maxOutputBytes: 100,
      onOutput: (chunk) => void (pid ||= Number.parseInt(chunk, 10)),
    });
    expect(result.nodeResults.c.result).toMatchObject({ exitCode: 0, isLeftOpen: true });
    // Nobody reads any more: the next write ends it.
    await expectGone(pid);
  });
});
