/** Commands that go well: what they are given, and what comes of it. */
import { chmodSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { type CommandOptions, DAG, DAGExecutor, task } from "../../src/index.js";
import { outputOf, script } from "../support/commands.js";

const directory = realpathSync(mkdtempSync(join(tmpdir(), "dagny-command-")));
writeFileSync(join(directory, "tool"), '#!/bin/sh\necho "tool $1 in $PWD"\n');
chmodSync(join(directory, "tool"), 0o755);
const print = "process.stdout.write(JSON.stringify(process.argv.slice(1)))";

describe("arguments", () => {
  test.each<{ what: string; args: readonly (string | number)[]; expected: readonly string[] }>([
    { what: "none", args: [], expected: [] },
    { what: "numbers", args: [1, 2.5, -3], expected: ["1", "2.5", "-3"] },
    {
      what: "nothing is interpreted",
      args: ["$HOME", "`id`", "a b", "*", "; exit 1", "'", '"', "\n"],
      expected: ["$HOME", "`id`", "a b", "*", "; exit 1", "'", '"', "\n"],
    },
    { what: "empty ones, and letters of all kinds", args: ["", "é", "日本", "😀"], expected: ["", "é", "日本", "😀"] },
  ])("$what", async ({ args, expected }) => {
    const { stdout } = await outputOf(process.execPath, [...script(print), "--", ...args]);
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  test("are made of the inputs, at once or later", async () => {
    const dag = DAG.builder()
      .task("name", () => "world")
      .task(
        "a",
        ["name"],
        task.command("echo", ({ name }) => ["hello", name]),
      )
      .task(
        "b",
        ["a"],
        task.command("echo", async ({ a }, ctx) => [ctx.name, a.stdout.trim()]),
      )
      .build();
    const result = await new DAGExecutor(dag).execute();
    expect(result.nodeResults.b.result).toEqual({
      exitCode: 0,
      stdout: "b hello world\n",
      stderr: "",
      isTruncated: false,
      stdoutBytes: 14,
      stderrBytes: 0,
      isLeftOpen: false,
    });
  });
});

describe("where it runs", () => {
  test.each<{ what: string; cmd: string | URL; options: CommandOptions<unknown, "utf8"> }>([
    { what: "a path", cmd: join(directory, "tool"), options: { cwd: directory } },
    {
      what: "a file URL, a directory as one",
      cmd: pathToFileURL(join(directory, "tool")),
      options: { cwd: pathToFileURL(`${directory}/`) },
    },
    { what: "a path is seen from its directory", cmd: "./tool", options: { cwd: directory } },
    { what: "a name is looked up in its own PATH", cmd: "tool", options: { cwd: directory, env: { PATH: `/nowhere:${directory}:/bin` } } },
    { what: "also where that is relative", cmd: "tool", options: { cwd: directory, env: { PATH: ".:/bin" } } },
    { what: "a directory that is made of the inputs", cmd: "./tool", options: { cwd: () => directory } },
  ])("$what", async ({ cmd, options }) => {
    expect((await outputOf(cmd, ["x"], options)).stdout).toBe(`tool x in ${directory}\n`);
  });

  test("without one, where this process does", async () => {
    expect((await outputOf("/bin/pwd")).stdout).toBe(`${process.cwd()}\n`);
  });
});

describe("environment", () => {
  const names = ["DAGNY_A", "DAGNY_B", "HOME"];
  const text = `process.stdout.write(JSON.stringify(${JSON.stringify(names)}.map((name) => process.env[name] ?? null)))`;
  process.env.DAGNY_A = "of this process";
  const home = process.env.HOME ?? null;
  test.each<{ what: string; options: CommandOptions<unknown, "utf8">; expected: readonly (string | null)[] }>([
    { what: "that of this process", options: {}, expected: ["of this process", null, home] },
    { what: "with more", options: { env: { DAGNY_B: "b=1 é" } }, expected: ["of this process", "b=1 é", home] },
    { what: "with less", options: { env: { DAGNY_A: undefined } }, expected: [null, null, home] },
    { what: "with another value", options: { env: () => ({ DAGNY_A: "" }) }, expected: ["", null, home] },
    { what: "alone", options: { env: { DAGNY_B: "b" }, inheritEnv: false }, expected: [null, "b", null] },
  ])("$what", async ({ options, expected }) => {
    expect(JSON.parse((await outputOf(process.execPath, script(text), options)).stdout)).toEqual(expected);
  });
});

describe("input", () => {
  test.each<{ what: string; input: CommandOptions["input"]; expected: string }>([
    { what: "none: the end at once", input: undefined, expected: "" },
    { what: "text", input: "é\n", expected: "é\n" },
    { what: "bytes", input: Uint8Array.of(0x61, 0x62), expected: "ab" },
    { what: "a part of a buffer", input: new Uint8Array(Uint8Array.of(0x61, 0x62, 0x63).buffer, 1, 1), expected: "b" },
    { what: "empty", input: "", expected: "" },
    { what: "made of the inputs", input: async () => "later", expected: "later" },
  ])("$what", async ({ input, expected }) => {
    expect((await outputOf("cat", [], { input })).stdout).toBe(expected);
  });

  test("more than a pipe holds goes in while output comes out", async () => {
    const { stdout, stdoutBytes } = await outputOf("cat", [], { input: "0123456789abcdef".repeat(65_536) });
    expect(stdout.length).toBe(2 ** 20);
    expect(stdoutBytes).toBe(2 ** 20);
  });

  test("a command that does not read it does not fail", async () => {
    expect((await outputOf("true", [], { input: "x".repeat(2 ** 20) })).exitCode).toBe(0);
    expect((await outputOf("head", ["-c", "1"], { input: "x".repeat(2 ** 20) })).stdout).toBe("x");
  });
});

describe("shell", () => {
  test("none unless asked", async () => {
    expect((await outputOf("echo", ["$((1 + 1))", "|", "cat"])).stdout).toBe("$((1 + 1)) | cat\n");
  });

  test.each([true, "/bin/sh"])("%s: a line, and its arguments apart", async (shell) => {
    const { stdout } = await outputOf('echo $((1 + 1)) "$1" | tr a b', ["a; exit 1"], { shell });
    expect(stdout).toBe("2 b; exit 1\n");
  });
});

describe("exit codes", () => {
  test.each([0, 1, 3, 255])("%i is right where it is said to be", async (code) => {
    expect((await outputOf("sh", ["-c", `exit ${code}`], { okExitCodes: [0, code] })).exitCode).toBe(code);
  });
});
