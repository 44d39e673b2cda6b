/**
 * Makes the platform packages optional dependencies of the root package, all in the root's version; a step of a release.
 *
 * The committed package.json does not list them: `npm ci` in a checkout would ask the registry for a version that is not
 * published yet.
 *
 *   node scripts/wire-platforms.mjs [folder of the project]
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { platformPackages, readJson } from "./platforms.mjs";

const root = process.argv[2] ?? ".";
const manifest = readJson(join(root, "package.json"));
const packages = platformPackages(root);
manifest.optionalDependencies = Object.fromEntries(packages.map(({ name }) => [name, manifest.version]));
write(join(root, "package.json"), manifest);
for (const { folder } of packages) {
  const file = join(folder, "package.json");
  write(file, { ...readJson(file), version: manifest.version });
}
console.log(`wired ${packages.length} platform packages, version ${manifest.version}`);

function write(file, content) {
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}
