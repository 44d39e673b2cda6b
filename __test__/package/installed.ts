/** The package as a user gets it: packed as a release packs it, installed in an empty folder without network or compiler. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** What a process printed and how it ended. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Tarballs of the root package and of this machine's platform package. */
export interface Tarballs {
  readonly folder: string;
  readonly root: string;
  readonly platform: string;
}

/** Packs both packages; takes a second. The caller removes `folder`. */
export function packBoth(): Tarballs {
  const folder = mkdtempSync(join(tmpdir(), "dagny-package-"));
  const release = join(folder, "release");
  for (const path of ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "dist", "npm"]) {
    if (existsSync(path)) cpSync(path, join(release, path), { recursive: true });
  }
  const binary = readdirSync("src/native").find((file) => file.endsWith(".node"));
  if (binary === undefined) throw new Error("there is no binary in src/native: npm run build:native");
  const platform = binary.slice("dagny.".length, -".node".length);
  cpSync(join("src/native", binary), join(release, "npm", platform, binary));
  succeed(spawn(process.execPath, [resolve("scripts/wire-platforms.mjs"), release], folder));
  const pack = (path: string): string => join(folder, succeed(npm(["pack", path, "--silent"], folder)).stdout.trim());
  return { folder, root: pack("./release"), platform: pack(`./release/npm/${platform}`) };
}

/** Installs tarballs in a new folder inside `tarballs.folder`: no network, an empty cache, and nothing but Node.js on the PATH. */
export function install(tarballs: Tarballs, name: string, which: readonly string[]): string {
  const app = join(tarballs.folder, name);
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), JSON.stringify({ private: true }));
  succeed(npm(["install", "--offline", "--cache", join(tarballs.folder, "cache"), ...which], app, onlyNode(tarballs.folder)));
  return app;
}

/** Runs Node.js in an installed folder, with nothing else on the PATH. */
export function node(app: string, args: readonly string[]): Outcome {
  return spawn(process.execPath, args, app, onlyNode(dirname(app)));
}

/** @returns the outcome, if the process succeeded; throws what it printed otherwise */
export function succeed(outcome: Outcome): Outcome {
  if (outcome.status !== 0) throw new Error(`ended with ${outcome.status}:\n${outcome.stdout}${outcome.stderr}`);
  return outcome;
}

/** Environment variables with a PATH of one folder, in which there is nothing but Node.js. */
function onlyNode(folder: string): NodeJS.ProcessEnv {
  const path = join(folder, "path");
  if (!existsSync(path)) {
    mkdirSync(path);
    if (process.platform !== "win32") symlinkSync(process.execPath, join(path, "node"));
  }
  const { HOME, USERPROFILE, SystemRoot } = process.env;
  return { HOME, USERPROFILE, SystemRoot, PATH: path };
}

function npm(args: readonly string[], folder: string, env = process.env): Outcome {
  const bundled = [
    process.env.npm_execpath ?? "",
    join(dirname(realpathSync(process.execPath)), "../lib/node_modules/npm/bin/npm-cli.js"),
    join(dirname(process.execPath), "node_modules/npm/bin/npm-cli.js"),
  ];
  const cli = bundled.find((path) => /npm-cli\.js$/.test(path) && existsSync(path));
  if (cli === undefined) throw new Error("npm was not found beside Node.js");
  return spawn(process.execPath, [cli, ...args, "--no-audit", "--no-fund", "--no-update-notifier"], folder, env);
}

function spawn(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): Outcome {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  return { status, stdout: stdout ?? "", stderr: error === undefined ? stderr : `${error}\n${stderr ?? ""}` };
}

/** Removes everything that `packBoth` and `install` made. */
export function remove(tarballs: Tarballs): void {
  rmSync(tarballs.folder, { recursive: true, force: true });
}
