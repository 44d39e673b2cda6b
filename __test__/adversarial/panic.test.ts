/**
 * A panic in the core ends the run it happened in, with an `INTERNAL` error, and nothing else: in a process of its own, on a build of
 * the binding that panics on purpose (cargo feature `panic-probe`, never on in a release).
 *
 * The build shares its dependencies with `cargo test`; it takes seconds. Skipped where there is no cargo.
 */
import { execFile, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const script = fileURLToPath(new URL("./panic/process.ts", import.meta.url));
const hasCargo = spawnSync("cargo", ["--version"]).status === 0;
const minutes = 60_000;

describe.skipIf(!hasCargo)(`a panic in the core${hasCargo ? "" : " (skipped: there is no cargo)"}`, () => {
  test("fails its run as INTERNAL, and the process goes on", { timeout: 10 * minutes }, async () => {
    const NAPI_RS_NATIVE_LIBRARY_PATH = await panickingBinding();
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script], {
      cwd: root,
      env: { ...process.env, NAPI_RS_NATIVE_LIBRARY_PATH },
      timeout: minutes,
    });
    expect(JSON.parse(stdout)).toEqual({
      before: "completed",
      sync: { name: "InternalError", code: "INTERNAL", message: "the panic probe was touched" },
      async: { name: "InternalError", code: "INTERNAL", message: "the panic probe was touched" },
      listened: { error: "INTERNAL", events: ["runStarted", "nodeReady", "nodeReady", "nodeLeased", "nodeLeased"], after: [] },
      toldToStop: "INTERNAL",
      listenersLeft: 0,
      neighbour: "completed",
      sameExecutor: ["rejected", "fulfilled", "rejected"],
      after: "completed",
      unhandled: [],
    });
  });
});

/** Builds the binding that panics. Its path. */
async function panickingBinding(): Promise<string> {
  const args = ["build", "--package", "dagny-binding", "--features", "panic-probe", "--message-format", "json"];
  const { stdout } = await promisify(execFile)("cargo", args, { cwd: root, maxBuffer: 1 << 28 });
  const library = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { target?: { name: string; kind: string[] }; filenames?: string[] })
    .filter(({ target }) => target?.name === "dagny_binding" && target.kind.includes("cdylib"))
    .flatMap(({ filenames = [] }) => filenames)
    .find((path) => /\.(?:so|dylib|dll)$/.test(path));
  if (library === undefined) throw new Error("cargo built no library");
  const folder = `${root}target/panic-probe`;
  mkdirSync(folder, { recursive: true });
  const binding = `${folder}/dagny.node`;
  copyFileSync(library, binding);
  return binding;
}
