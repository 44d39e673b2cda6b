/** A release without all binaries is refused: the script is run on made-up projects, one fault each. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "dagny-release-"));
  cpSync("package.json", join(project, "package.json"));
  cpSync("npm", join(project, "npm"), { recursive: true, filter: (path) => !path.endsWith(".node") });
  for (const platform of readdirSync(join(project, "npm"))) place(platform, platform);
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

describe("a release", () => {
  test("with every binary, wired and of one version, may be published", () => {
    expect(run("wire-platforms.mjs").output).toContain("wired 8 platform packages");
    expect(run("check-binaries.mjs")).toEqual({ status: 0, output: "all 8 binaries are in place\n" });
  });

  test.each<{ fault: string; make: () => void; says: string }>([
    {
      fault: "a binary is missing",
      make: () => rmSync(binary("linux-arm64-musl")),
      says: "dagny-linux-arm64-musl: the binary",
    },
    {
      fault: "a platform package is missing",
      make: () => rmSync(join(project, "npm/win32-arm64-msvc"), { recursive: true }),
      says: "dagny-win32-arm64-msvc: there is no",
    },
    {
      fault: "a binary is for another processor",
      make: () => place("darwin-arm64", "darwin-x64"),
      says: "is a binary for darwin-x64",
    },
    {
      fault: "a binary is for another C library",
      make: () => place("linux-x64-musl", "linux-x64-gnu"),
      says: "is a binary for linux-x64-gnu",
    },
    {
      fault: "a binary is no binary",
      make: () => writeFileSync(binary("win32-x64-msvc"), "<html>not found</html>".repeat(10)),
      says: "is no shared library",
    },
    {
      fault: "a binary is empty",
      make: () => writeFileSync(binary("linux-x64-gnu"), ""),
      says: "is no shared library",
    },
    {
      fault: "a platform package has another version",
      make: () => edit("npm/darwin-x64/package.json", { version: "9.9.9" }),
      says: "dagny-darwin-x64: version 9.9.9",
    },
    {
      fault: "a platform package publishes another file",
      make: () => edit("npm/darwin-x64/package.json", { files: ["other.node"] }),
      says: '"main" and "files" must name dagny.darwin-x64.node',
    },
    {
      fault: "the root does not ask for a platform package",
      make: () => edit("package.json", { optionalDependencies: {} }),
      says: "optionalDependencies asks for nothing",
    },
  ])("is refused where $fault", ({ make, says }) => {
    expect(run("wire-platforms.mjs").status).toBe(0);
    make();
    const { status, output } = run("check-binaries.mjs");
    expect(output).toContain(says);
    expect(output).toContain("refusing to publish");
    expect(status).toBe(1);
  });
});

function run(script: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join("scripts", script), project], { encoding: "utf8" });
  return { status, output: stdout + stderr };
}

function binary(platform: string): string {
  return join(project, "npm", platform, `dagny.${platform}.node`);
}

/** Puts the smallest file with a header of `headerOf` where the binary of `platform` belongs. */
function place(platform: string, headerOf: string): void {
  const [system, arch, libc] = headerOf.split("-");
  const image = Buffer.alloc(128);
  if (system === "linux") {
    image.write("\x7fELF", 0, "latin1");
    image.writeUInt16LE(arch === "x64" ? 0x3e : 0xb7, 18);
    image.write(libc === "gnu" ? "\0libc.so.6\0" : "\0libc.so\0", 64, "latin1");
  } else if (system === "darwin") {
    image.writeUInt32LE(0xfeedfacf, 0);
    image.writeUInt32LE(arch === "x64" ? 0x01000007 : 0x0100000c, 4);
  } else {
    image.write("MZ", 0, "latin1");
    image.writeUInt32LE(64, 0x3c);
    image.write("PE\0\0", 64, "latin1");
    image.writeUInt16LE(arch === "x64" ? 0x8664 : 0xaa64, 68);
  }
  writeFileSync(binary(platform), image);
}

function edit(file: string, fields: Record<string, unknown>): void {
  const path = join(project, file);
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...fields }));
}
