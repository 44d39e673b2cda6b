/**
 * Brings a checkout up to date: dependencies, native binding, TypeScript build. Needs nothing but Node.js, npm and cargo.
 *
 * Every command that needs a built tree runs this first, so that each works as the first one in a fresh clone. A step is
 * skipped when what it reads has the same content as at its last success (a stamp in `.cache/setup/`, not file times: a
 * checkout of another branch and back costs nothing).
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamps = join(root, ".cache", "setup");

setUp();

function setUp() {
  checkNodeVersion();
  if (!dependenciesInstalled()) installDependencies();
  step("native binding", {
    reads: ["Cargo.toml", "Cargo.lock", "crates"],
    reading: (path) => /\.(?:rs|toml|lock)$/.test(path) && !/\/(?:tests|benches|fuzz)\//.test(path),
    made: () => builtBinaries().length > 0 && existsSync(join(root, "src/native/binding.cjs")),
    command: ["npm", ["run", "--silent", "build:native"]],
  });
  if (!existsSync(join(root, "src/index.ts"))) return;
  step("TypeScript build", {
    reads: ["src", "tsconfig.json", "tsup.config.ts", "package.json"],
    reading: () => true, // with the binary in src/native, of which the build keeps a copy
    made: () => existsSync(join(root, "dist/index.js")) && existsSync(join(root, "dist/index.d.cts")),
    command: ["npm", ["run", "--silent", "build:ts"]],
  });
}

function checkNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Node.js 20.19 or later is needed, this is ${process.version}.`);
  process.exit(1);
}

/** Whether node_modules is what the lock file asks for; npm keeps its own copy of the lock there. */
function dependenciesInstalled() {
  const installedLock = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installedLock)) return false;
  const { packages: installed } = JSON.parse(readFileSync(installedLock, "utf8"));
  const { packages: wanted } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  for (const [path, { version, integrity, optional, peer }] of Object.entries(wanted)) {
    if (path === "") continue; // the project itself
    const found = installed[path];
    if (found === undefined) {
      if (optional || peer) continue; // for another platform
      return false;
    }
    if (found.version !== version || found.integrity !== integrity) return false;
  }
  return true;
}

/** Exactly what the lock file says; where npm finds the lock incomplete (a platform's package is missing), what it allows. */
function installDependencies() {
  const quietly = ["--no-audit", "--no-fund", "--loglevel=error"];
  if (run("dependencies", "npm", ["ci", ...quietly])) return;
  if (!run("dependencies", "npm", ["install", "--no-save", ...quietly])) process.exit(1);
}

/** Runs a step unless what it made is there and was made from the same content. */
function step(name, { reads, reading, made, command }) {
  const stamp = join(stamps, name.replaceAll(" ", "-").toLowerCase());
  if (made() && existsSync(stamp) && readFileSync(stamp, "utf8") === contentHash(reads, reading)) return;
  rmSync(stamp, { force: true });
  if (!run(name, ...command)) process.exit(1);
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, contentHash(reads, reading)); // after the run: a step may write beside what it reads
}

/** @returns whether the command succeeded */
function run(name, command, args) {
  const begun = performance.now();
  console.error(`setup: ${name} (${command} ${args.join(" ")})`);
  // On Windows npm is a script, which only a shell can start; the arguments are constants.
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (error !== undefined) console.error(`setup: cannot start ${command}: ${error.message}`);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.error(`setup: ${name} ${status === 0 ? "ready" : "failed"} after ${seconds} s`);
  return status === 0;
}

function builtBinaries() {
  return readdirSync(join(root, "src/native")).filter((file) => file.endsWith(".node"));
}

/** A hash over the platform and over path and content of every file under `paths`. */
function contentHash(paths, reading) {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const path of paths.flatMap((path) => [...filesUnder(path)]).filter(reading)) {
    const content = readFileSync(join(root, path));
    hash.update(`\0${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

function* filesUnder(path) {
  if (!existsSync(join(root, path))) return;
  if (!statSync(join(root, path)).isDirectory()) {
    yield path;
    return;
  }
  for (const entry of readdirSync(join(root, path)).sort()) yield* filesUnder(`${path}/${entry}`);
}
