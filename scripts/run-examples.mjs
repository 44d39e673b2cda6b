/**
 * Runs every example, examples/NN-name.ts, in a process of its own: each asserts its outcome, and one that fails fails this.
 *
 *   node scripts/run-examples.mjs [part of a name]
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "examples");
const wanted = process.argv[2] ?? "";
const examples = existsSync(folder)
  ? readdirSync(folder)
      .filter((file) => /^\d+-.*\.ts$/.test(file) && file.includes(wanted))
      .sort()
  : [];

const failed = examples.filter((file) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", join(folder, file)], {
    cwd: root,
    encoding: "utf8",
  });
  console.log(`${status === 0 ? "ok    " : "FAILED"}  examples/${file}`);
  if (status !== 0) console.log(stdout, stderr);
  return status !== 0;
});
console.log(`examples: ${examples.length - failed.length} of ${examples.length} passed`);
process.exitCode = failed.length === 0 ? 0 : 1;
