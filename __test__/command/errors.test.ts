/** Commands that cannot be run, that fail, or that are described wrongly: each says what is wrong and what to do. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CommandError, CommandNotFoundError, type CommandOptions, DAG, DAGExecutor, task } from "../../src/index.js";
import { reportOf } from "../support/commands.js";

const directory = realpathSync(mkdtempSync(join(tmpdir(), "dagny-command-")));
const file = (name: string, text: string, mode: number): void => {
  writeFileSync(join(directory, name), text);
  chmodSync(join(directory, name), mode);
};
file("plain", "echo no", 0o644);
file("no-interpreter", "#!/no/such/shell\n", 0o755);
file("no-program", "\u0000\u0001\u0002", 0o755);
mkdirSync(join(directory, "node_modules", ".bin"), { recursive: true });
file("node_modules/.bin/local-tool", "#!/bin/sh\n", 0o755);
mkdirSync(join(directory, "bin"));
file("bin/convertor", "#!/bin/sh\n", 0o755);

describe("what cannot be run", () => {
  const PATH = join(directory, "bin");
  test.each<{ what: string; cmd: string; options?: CommandOptions<unknown, "utf8">; fault: string; message: RegExp }>([
    { what: "a name that is nowhere", cmd: "xyzzy-plugh", fault: "notFound", message: /no command "xyzzy-plugh" on the PATH; install it/ },
    {
      what: "one that is nearly there",
      cmd: "converter",
      options: { env: { PATH } },
      fault: "notFound",
      message: /did you mean "convertor"\?/,
    },
    { what: "one of a package", cmd: "local-tool", fault: "notFound", message: /node_modules\/\.bin: name it ".*local-tool"/ },
    { what: "one in its directory", cmd: "plain", fault: "notFound", message: /say "\.\/plain"/ },
    { what: "one without a PATH", cmd: "converter", options: { inheritEnv: false }, fault: "notFound", message: /no command "converter"/ },
    {
      what: "a whole line",
      cmd: "ls -l",
      fault: "notFound",
      message: /give its arguments apart, task\.command\("ls", \[\.\.\.\]\), or say `shell: true`/,
    },
    { what: "a path", cmd: "./nothing", fault: "notFound", message: /there is no file .*nothing; a path is seen from/ },
    { what: "a file that may not be executed", cmd: "./plain", fault: "notExecutable", message: /plain cannot be run: .*chmod \+x/ },
    { what: "a file that is no program", cmd: "./no-program", fault: "notExecutable", message: /no-program cannot be run/ },
    { what: "a directory", cmd: "./bin", fault: "notExecutable", message: /bin cannot be run/ },
    {
      what: "a script without its shell",
      cmd: "./no-interpreter",
      fault: "noInterpreter",
      message: /the program that its first line names/,
    },
    {
      what: "a directory that is not there",
      cmd: "ls",
      options: { cwd: "/no/such" },
      fault: "noDirectory",
      message: /cannot run in \/no\/such, which is no directory/,
    },
    {
      what: "a directory that is a file",
      cmd: "ls",
      options: { cwd: join(directory, "plain") },
      fault: "noDirectory",
      message: /which is no directory/,
    },
    { what: "a shell", cmd: "ls", options: { shell: "/no/shell" }, fault: "notFound", message: /there is no shell \/no\/shell/ },
  ])("$what", async ({ cmd, options, fault, message }) => {
    const result = await reportOf(cmd, [], { cwd: directory, ...options });
    const { error } = result.nodeResults.c;
    expect(error).toBeInstanceOf(CommandNotFoundError);
    expect(error).toMatchObject({
      name: "CommandNotFoundError",
      code: "COMMAND_NOT_FOUND",
      node: "c",
      attempt: 1,
      fault,
      command: expect.any(String),
    });
    expect(error?.message).toMatch(message);
    expect(error?.message.startsWith('node "c": ')).toBe(true);
  });

  test("a line that is too long for the system", async () => {
    const result = await reportOf(
      "echo",
      Array.from({ length: 40 }, () => "x".repeat(100_000)),
    );
    expect(result.nodeResults.c.error).toMatchObject({ code: "COMMAND_FAILED", exitCode: undefined });
    expect(result.nodeResults.c.error?.message).toMatch(/could not be started \(.*too long/i);
    expect(result.nodeResults.c.error?.message.length).toBeLessThan(1500);
  });
});

describe("what fails", () => {
  test("says its code, its line and the end of what it said", async () => {
    const result = await reportOf("sh", ["-c", "echo out; echo 'it is' >&2; echo \"broken\" >&2; exit 3"]);
    const { error } = result.nodeResults.c;
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({
      name: "CommandError",
      code: "COMMAND_FAILED",
      node: "c",
      attempt: 1,
      exitCode: 3,
      signal: undefined,
      stdout: "out\n",
      stderr: "it is\nbroken\n",
    });
    const line = "sh -c 'echo out; echo '\\''it is'\\'' >&2; echo \"broken\" >&2; exit 3'";
    expect(error?.message).toBe(`node "c": the command exited with code 3: ${line}\nit is\nbroken`);
    expect(() => result.orThrow()).toThrow(expect.objectContaining({ code: "RUN_FAILED", cause: error }));
  });

  test("a code that is right elsewhere", async () => {
    expect((await reportOf("true", [], { okExitCodes: [1] })).nodeResults.c.error).toMatchObject({ exitCode: 0 });
  });

  test("says no more than can be read", async () => {
    const result = await reportOf("sh", ["-c", "yes 'a long line of an endless log' | head -n 20000 >&2; exit 1"]);
    expect(result.nodeResults.c.error?.message.length).toBeLessThan(1500);
  });

  test.each<{ args: string[]; line: string }>([
    { args: ["-a", "b=c", "/x.y"], line: "false -a b=c /x.y" },
    { args: ["", "a b", "$x"], line: "false '' 'a b' '$x'" },
    { args: ["it's", "a\nb'\"\\"], line: `false 'it'\\''s' $'a\\nb\\'"\\\\'` },
  ])("its line is one that a shell takes: $line", async ({ args, line }) => {
    expect((await reportOf("false", args)).nodeResults.c.error).toMatchObject({ command: line });
  });
});

describe("wrong descriptions", () => {
  const wrong = (options: object): CommandOptions<unknown, "utf8"> => options;
  test.each<{ what: string; make: () => unknown; message: RegExp }>([
    { what: "no command", make: () => task.command(""), message: /`cmd` must be a non-empty string/ },
    { what: "a NUL", make: () => task.command("a\0b"), message: /`cmd` must be a non-empty string without NUL/ },
    { what: "another URL", make: () => task.command(new URL("https://x.y/z")), message: /`cmd` must be .* a file URL/ },
    {
      what: "an argument",
      make: () => task.command("a", ["b", Number.NaN]),
      message: /task\.command\("a"\): `args\[1\]` must be a string without NUL, or a finite number, received NaN/,
    },
    { what: "arguments as text", make: () => task.command("a", "b" as never), message: /`args` must be an array/ },
    { what: "a directory", make: () => task.command("a", [], wrong({ cwd: 3 })), message: /`cwd` must be a path/ },
    {
      what: "a variable",
      make: () => task.command("a", [], wrong({ env: { A: 3 } })),
      message: /`env\["A"\]` must be a string without NUL, received 3/,
    },
    {
      what: "a variable's name",
      make: () => task.command("a", [], wrong({ env: { "A=B": "" } })),
      message: /`env\["A=B"\]` must be named without =/,
    },
    {
      what: "input",
      make: () => task.command("a", [], wrong({ input: {} })),
      message: /`input` must be a string, a Uint8Array or a function/,
    },
    { what: "a shell", make: () => task.command("a", [], wrong({ shell: 1 })), message: /`shell` must be true, false or the path/ },
    {
      what: "an encoding",
      make: () => task.command("a", [], wrong({ encoding: "latin1" })),
      message: /`encoding` must be "utf8" or "buffer"/,
    },
    { what: "a size", make: () => task.command("a", [], { maxOutputBytes: -1 }), message: /`maxOutputBytes` must be an integer from 0/ },
    {
      what: "an overflow",
      make: () => task.command("a", [], wrong({ overflow: "x" })),
      message: /`overflow` must be "truncate" or "fail"/,
    },
    { what: "a listener", make: () => task.command("a", [], wrong({ onOutput: 1 })), message: /`onOutput` must be a function/ },
    { what: "codes", make: () => task.command("a", [], { okExitCodes: [] }), message: /`okExitCodes` must be a non-empty array/ },
    {
      what: "a signal",
      make: () => task.command("a", [], wrong({ killSignal: "SIGTREM" })),
      message: /`killSignal` must be the name of a signal \(did you mean SIGTERM\?\)/,
    },
    { what: "a grace", make: () => task.command("a", [], { killGraceMs: 1.5 }), message: /`killGraceMs` must be an integer/ },
    { what: "an unknown option", make: () => task.command("a", [], wrong({ maxOutput: 1 })), message: /no option `maxOutput`/ },
    {
      what: "a thread for it",
      make: () => DAG.builder().task("c", task.command("a"), { on: "thread" }).build(),
      message: /node "c": `on`: a command has a process of its own/,
    },
  ])("$what", ({ make, message }) => {
    expect(make).toThrow(message);
  });

  test("all at once", () => {
    expect(() => task.command("", 3 as never, wrong({ cwd: 3, shell: 4 }))).toThrow(
      expect.objectContaining({ errors: expect.objectContaining({ length: 4 }) }),
    );
  });

  test.each<{ what: string; given: Parameters<typeof task.command<unknown, "utf8">>; message: RegExp }>([
    { what: "arguments", given: ["echo", () => [{}] as never], message: /node "c": `args\[0\]` must be a string/ },
    { what: "a directory", given: ["echo", [], wrong({ cwd: () => 3 })], message: /node "c": `cwd` must be/ },
    { what: "an environment", given: ["echo", [], wrong({ env: () => [] })], message: /node "c": `env` must be/ },
    { what: "input", given: ["echo", [], wrong({ input: () => 3 })], message: /node "c": `input` must be/ },
  ])("what a function makes is checked when it is made: $what", async ({ given: [cmd, args, options], message }) => {
    const { error } = (await reportOf(cmd, args, options)).nodeResults.c;
    expect(error?.cause).toMatchObject({ code: "INVALID_OPTION" });
    expect(error?.message).toMatch(message);
  });

  test("a function that throws is the attempt's own error", async () => {
    const fault = new Error("no arguments");
    const dag = DAG.builder()
      .task(
        "c",
        task.command("echo", () => Promise.reject(fault)),
      )
      .build();
    const { error } = (await new DAGExecutor(dag).execute()).nodeResults.c;
    expect(error?.cause).toBe(fault);
  });
});
