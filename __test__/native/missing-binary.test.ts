/** A machine without a binary gets an error that says what to do; the list of platforms agrees with package.json. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { missingBinaryError, published } from "../../src/native/missing-binary.cjs";

const glibc = { getReport: () => ({ header: { glibcVersionRuntime: "2.36" } }) };
const musl = { getReport: () => ({ header: {} }) };

describe("the error for a missing binary", () => {
  const cause = new Error("Cannot find module 'dagny-linux-x64-gnu'");

  test.each([
    { platform: "linux", arch: "x64", report: glibc, names: "linux x64 (gnu)", target: "dagny-linux-x64-gnu" },
    { platform: "linux", arch: "arm64", report: musl, names: "linux arm64 (musl)", target: "dagny-linux-arm64-musl" },
    { platform: "darwin", arch: "arm64", report: {}, names: "darwin arm64", target: "dagny-darwin-arm64" },
    { platform: "win32", arch: "x64", report: {}, names: "win32 x64 (msvc)", target: "dagny-win32-x64-msvc" },
  ])("on $names: the package expected and how to get it", ({ names, target, ...host }) => {
    const error = missingBinaryError({ ...host, version: "v20.19.0" }, cause);
    expect(error).toMatchObject({ name: "NativeBinaryError", code: "NATIVE_BINARY_MISSING", cause });
    expect(error.message).toContain(`cannot load its native binary on ${names}, Node.js v20.19.0`);
    expect(error.message).toContain(`"${target}"`);
    expect(error.message).toContain("install again without --omit=optional");
    expect(error.message).toContain(`--os=${host.platform} --cpu=${host.arch}`);
    expect(error.message).toContain("npm run build:native");
  });

  test.each([
    { platform: "freebsd", arch: "x64", report: {}, target: "dagny-freebsd-x64" },
    { platform: "linux", arch: "riscv64", report: glibc, target: "dagny-linux-riscv64-gnu" },
  ])("on $platform $arch, which has none: the platforms that do, and how to build one", ({ target, ...host }) => {
    const error = missingBinaryError({ ...host, version: "v22.12.0" }, cause);
    expect(error.message).toContain(`no package "${target}" is published`);
    expect(error.message).toContain(`Supported: ${published.join(", ")}.`);
    expect(error.message).toContain("npm run build:native");
    expect(error.message).not.toContain("--omit=optional");
  });

  test("the platforms are those of package.json and of npm/", () => {
    const { napi } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(published).toHaveLength(napi.targets.length);
    expect(readdirSync("npm").toSorted()).toEqual([...published].toSorted());
  });
});
