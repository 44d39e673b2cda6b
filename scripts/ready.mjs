/**
 * Runs every check that CI runs, one after the other and all of them whatever fails, and ends with a table of the outcomes.
 *
 *   npm run ready                          everything
 *   npm run ready -- --only=biome,tsc      some checks
 *   npm run ready -- --without=tests       all but some
 *
 * It needs what npm installs and what comes with Rust; the checks that need other tools are in .github/workflows.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const onWindows = process.platform === "win32";

/** Each check: its name, and the commands it consists of (or a function that gives them, once those before it have run). */
const checks = {
  rustfmt: ["cargo fmt --all --check"],
  clippy: ["cargo clippy --workspace --all-targets --locked -- -D warnings"],
  rustdoc: ["cargo doc --workspace --no-deps --document-private-items --locked"],
  // The protocols without a lock, in every order in which threads may meet.
  loom: [`cargo --config "build.rustflags='--cfg loom'" test --package dagny-runtime --lib --locked --target-dir target/loom`],
  biome: ["biome check --error-on-warnings ."],
  tsc: ["tsc"],
  knip: ["knip"],
  workflows: ["node scripts/check-workflows.mjs"],
  package: packageChecks,
  examples: ["node scripts/run-examples.mjs"],
  tests: ["npm test --silent"],
};

const environment = {
  ...process.env,
  PATH: `${join(root, "node_modules/.bin")}${onWindows ? ";" : ":"}${process.env.PATH}`,
  RUSTDOCFLAGS: "-D warnings",
};

const outcomes = selected().map((name) => {
  const begun = performance.now();
  const commands = checks[name];
  const passed = (typeof commands === "function" ? commands() : commands).every(succeeds);
  return { name, passed, seconds: (performance.now() - begun) / 1000 };
});

console.log("");
for (const { name, passed, seconds } of outcomes) {
  console.log(`${passed ? "ok    " : "FAILED"}  ${name.padEnd(10)} ${seconds.toFixed(1).padStart(6)} s`);
}
const failed = outcomes.filter(({ passed }) => !passed);
console.log(failed.length === 0 ? `ready: all ${outcomes.length} checks passed` : `not ready: ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;

function selected() {
  const list = { type: "string", default: "" };
  const { only, without } = parseArgs({ options: { only: list, without: list } }).values;
  const [wanted, unwanted] = [only, without].map((names) => names.split(",").filter(Boolean));
  for (const name of [...wanted, ...unwanted]) {
    if (!(name in checks)) throw new Error(`there is no check "${name}"; there are ${Object.keys(checks).join(", ")}`);
  }
  return Object.keys(checks).filter((name) => !unwanted.includes(name) && (wanted.length === 0 || wanted.includes(name)));
}

function succeeds(command) {
  console.log(`\n+ ${command}`);
  return spawnSync(command, { cwd: root, stdio: ["ignore", "inherit", "inherit"], shell: true, env: environment }).status === 0;
}

/** The tarball as npm would publish it, looked at by publint and are-the-types-wrong. */
function packageChecks() {
  const folder = join(root, ".cache/packed");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (!succeeds("npm pack --silent --pack-destination .cache/packed")) return ["exit 1"];
  const tarball = `.cache/packed/${readdirSync(folder)[0]}`;
  // Subpaths are found by the exports map, which TypeScript's oldest way to resolve modules does not read.
  return [`publint --strict ${tarball}`, `attw --profile node16 ${tarball}`];
}
