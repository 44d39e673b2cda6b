/** Output: what is kept, what is handed over while the command goes on, and how. */
import { describe, expect, test } from "vitest";
import { CommandError, type CommandOptions } from "../../src/index.js";
import { expectGone, outputOf, reportOf, script } from "../support/commands.js";

describe("what is kept", () => {
  test.each<{ what: string; most: number; text: string; kept: string }>([
    { what: "all that fits", most: 4, text: "abcd", kept: "abcd" },
    { what: "the end of what does not", most: 4, text: "abcdef", kept: "cdef" },
    { what: "no half of a letter", most: 4, text: "aé日", kept: "日" },
    { what: "nothing", most: 0, text: "abc", kept: "" },
  ])("$what", async ({ most, text, kept }) => {
    const output = await outputOf(process.execPath, script(`process.stdout.write(${JSON.stringify(text)}); process.stderr.write("ok")`), {
      maxOutputBytes: most,
    });
    const stdoutBytes = Buffer.byteLength(text);
    expect(output).toMatchObject({ stdout: kept, isTruncated: stdoutBytes > most || most < 2, stdoutBytes, stderrBytes: 2 });
  });

  test("bytes are handed over as they are", async () => {
    const { stdout, stderr } = await outputOf(
      process.execPath,
      script("process.stdout.write(Uint8Array.of(0, 255, 0xc3)); process.stderr.write('e')"),
      {
        encoding: "buffer",
      },
    );
    expect([...stdout]).toEqual([0, 255, 0xc3]);
    expect(stderr.toString()).toBe("e");
  });

  test("what is no UTF-8 becomes U+FFFD", async () => {
    expect((await outputOf("printf", ["a\\377b"])).stdout).toBe("a\ufffdb");
  });

  test.each([false, true])("hundreds of megabytes take no memory (onOutput: %s)", { timeout: 60_000 }, async (isHeard) => {
    const size = 300_000_000;
    const before = process.memoryUsage().rss;
    let most = 0;
    let seen = 0;
    const onOutput = (chunk: Buffer): void => {
      seen += chunk.length;
      most = Math.max(most, process.memoryUsage().rss);
    };
    const output = await outputOf("head", ["-c", size, "/dev/zero"], { encoding: "buffer", ...(isHeard && { onOutput }) });
    expect(output).toMatchObject({ stdoutBytes: size, isTruncated: true });
    expect([seen, output.stdout.length]).toEqual([isHeard ? size : 0, 1_048_576]);
    // Kept, it would be all of it; what has been handed over is freed when the garbage collector comes by.
    expect(Math.max(most, process.memoryUsage().rss) - before).toBeLessThan(size / (isHeard ? 2 : 10));
  });
});

describe("overflow", () => {
  const long = ["-c", "3000000", "/dev/zero"];

  test("fails the attempt where it is said to, and ends the command", async () => {
    const result = await reportOf("sh", ["-c", "echo $$ >&2; exec cat /dev/zero"], { overflow: "fail", maxOutputBytes: 1000 });
    const { error } = result.nodeResults.c;
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({ code: "COMMAND_FAILED", node: "c", attempt: 1 });
    expect(String(error)).toMatch(/put out more than 1000 bytes; raise `maxOutputBytes`/);
    await expectGone(Number((error as CommandError).stderr));
  });

  test("also where the command has exited by itself", async () => {
    const result = await reportOf("head", long, { overflow: "fail" });
    expect(result.nodeResults.c.error).toBeInstanceOf(CommandError);
    const right = await outputOf("head", long, { overflow: "fail", maxOutputBytes: 3_000_000 });
    expect(right.isTruncated).toBe(false);
  });

  test("is not about the standard error", async () => {
    const { isTruncated, stderrBytes } = await outputOf("sh", ["-c", "head -c 3000000 /dev/zero >&2"], { overflow: "fail" });
    expect([isTruncated, stderrBytes]).toEqual([true, 3_000_000]);
  });
});

describe("onOutput", () => {
  test("hears text in whole letters, whatever the pieces", async () => {
    const letters = "é日😀".repeat(3);
    const write = `const bytes = Buffer.from(${JSON.stringify(letters)}); let i = 0;
      const next = () => { if (i < bytes.length) process.stdout.write(bytes.subarray(i, ++i), () => setImmediate(next)); }; next();`;
    const chunks: string[] = [];
    await outputOf(process.execPath, script(write), { onOutput: (chunk) => void chunks.push(chunk) });
    expect(chunks.join("")).toBe(letters);
    expect(chunks.join("")).not.toContain("\ufffd");
    expect(chunks.every((chunk) => chunk !== "")).toBe(true);
  });

  test("hears a letter that never ends as U+FFFD", async () => {
    const chunks: string[] = [];
    await outputOf("printf", ["a\\303"], { onOutput: (chunk) => void chunks.push(chunk) });
    expect(chunks.join("")).toBe("a\ufffd");
  });

  test("is told which stream it is, and of which attempt", async () => {
    const heard: string[] = [];
    await outputOf("sh", ["-c", "echo out; echo err >&2"], {
      onOutput: (chunk, stream, ctx) => void heard.push(`${ctx.name}${ctx.attempt} ${stream} ${chunk.trim()}`),
    });
    expect(heard.sort()).toEqual(["c1 stderr err", "c1 stdout out"]);
  });

  test("is called for one piece at a time, and the command waits for it", async () => {
    let isBusy = false;
    let most = 0;
    let seen = 0;
    const output = await outputOf("head", ["-c", "2000000", "/dev/zero"], {
      encoding: "buffer",
      onOutput: async (chunk) => {
        expect(isBusy).toBe(false);
        isBusy = true;
        await new Promise(setImmediate);
        isBusy = false;
        most = Math.max(most, chunk.length);
        seen += chunk.length;
      },
    });
    expect(seen).toBe(output.stdoutBytes);
    expect(most).toBeLessThanOrEqual(65_536);
  });

  test.each<{ what: string; onOutput: CommandOptions<unknown, "utf8">["onOutput"] }>([
    {
      what: "throws",
      onOutput: () => {
        throw new Error("enough");
      },
    },
    { what: "rejects", onOutput: () => Promise.reject(new Error("enough")) },
  ])("one that $what fails the attempt and ends the command", async ({ onOutput }) => {
    let pid = 0;
    const result = await reportOf("sh", ["-c", "echo $$; exec cat /dev/zero"], {
      onOutput: (chunk, stream, ctx) => {
        pid ||= Number(chunk.split("\n")[0]);
        return onOutput?.(chunk, stream, ctx);
      },
    });
    expect(result.nodeResults.c.error?.cause).toEqual(new Error("enough"));
    await expectGone(pid);
  });

  test("one that never returns is not waited for by a stop", async () => {
    const result = await reportOf("echo", ["x"], { onOutput: () => new Promise(() => undefined) }, { node: { timeoutMs: 50 } });
    expect(result.nodeResults.c).toMatchObject({ status: "failed", reason: "timeout" });
    expect(result.abandoned).toEqual([]);
  });
});
