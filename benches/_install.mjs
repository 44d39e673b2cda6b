/** What the bench needs before it can start: the peers, a way to `import "dagny"`, and the Rust floor. */
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Installs the exact peers of `package-lock.json` when they are missing, or when the lock file asks for others. */
export function installPeers(say) {
  if (!peersMatch()) {
    say("installing the peers (npm ci in benches/)");
    execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--silent"], {
      cwd: here("."),
      stdio: "inherit",
      shell: process.platform === "win32",
    });
  }
  // `dagny` by its own name and exports map, as a user imports it; a `file:` dependency would tie this lock file to the root's.
  const link = here("./node_modules/dagny");
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) symlinkSync(here(".."), link, "junction");
}

function peersMatch() {
  const hidden = here("./node_modules/.package-lock.json");
  if (!existsSync(hidden)) return false;
  const versions = (path) =>
    Object.entries(JSON.parse(readFileSync(path, "utf8")).packages)
      .filter(([name]) => name !== "")
      .map(([name, { version }]) => `${name}@${version}`);
  const installed = new Set(versions(hidden));
  return versions(here("./package-lock.json")).every((peer) => installed.has(peer));
}

/** Builds the pure-Rust floor; its path, or undefined without cargo. */
export function buildRustFloor(say) {
  const program = here(`./native/target/release/dagny-bench-floor${process.platform === "win32" ? ".exe" : ""}`);
  try {
    execFileSync("cargo", ["build", "--release", "--quiet", "--locked", "--target-dir", here("./native/target")], {
      cwd: here("./native"),
      stdio: ["ignore", "ignore", "inherit"],
    });
    return program;
  } catch {
    say("cargo could not build the Rust floor; its column is left out");
    return undefined;
  }
}

/** Versions of what is compared, for the results file. */
export function versions() {
  const { packages } = JSON.parse(readFileSync(here("./package-lock.json"), "utf8"));
  const { dependencies } = packages[""];
  const root = JSON.parse(readFileSync(here("../package.json"), "utf8"));
  return { dagny: root.version, ...dependencies };
}
