/**
 * Refuses a release that would leave a platform without its binary; `npm publish` of the root package runs it first.
 *
 * Checked for every target of package.json: its package in npm/ has the root's version, lists the binary and is an optional
 * dependency of the root; the binary is there, and is one for that system, processor and C library.
 *
 *   node scripts/check-binaries.mjs [folder of the project]
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { platformPackages, readJson } from "./platforms.mjs";

const root = process.argv[2] ?? ".";
const manifest = readJson(join(root, "package.json"));
const packages = platformPackages(root);
const faults = packages.flatMap((expected) => faultsOf(expected).map((fault) => `${expected.name}: ${fault}`));
for (const fault of faults) console.error(fault);
console.error(
  faults.length === 0 ? `all ${packages.length} binaries are in place` : `refusing to publish: ${faults.length} faults in ${root}`,
);
process.exitCode = faults.length === 0 ? 0 : 1;

/** @returns {string[]} */
function faultsOf({ name, platform, folder, binary }) {
  const file = join(folder, "package.json");
  if (!existsSync(file)) return [`there is no ${file}`];
  const found = readJson(file);
  const faults = [];
  if (found.name !== name) faults.push(`${file} has the name ${found.name}`);
  if (found.version !== manifest.version) faults.push(`version ${found.version}, the root has ${manifest.version}`);
  if (found.main !== binary || !found.files?.includes(binary)) faults.push(`"main" and "files" must name ${binary}`);
  const wired = manifest.optionalDependencies?.[name];
  if (wired !== manifest.version) faults.push(`optionalDependencies asks for ${wired ?? "nothing"} (run scripts/wire-platforms.mjs)`);
  const path = join(folder, binary);
  if (!existsSync(path)) return [...faults, `the binary ${path} is missing`];
  const actual = platformOf(readFileSync(path));
  if (actual !== platform) faults.push(`${path} is ${actual === undefined ? "no shared library" : `a binary for ${actual}`}`);
  return faults;
}

/**
 * The platform a shared library was built for, read from its header: ELF, Mach-O (one architecture) or PE.
 *
 * @param {Buffer} image
 */
function platformOf(image) {
  if (image.length < 64) return undefined;
  if (image.readUInt32BE(0) === 0x7f454c46) {
    const arch = { 62: "x64", 183: "arm64" }[image.readUInt16LE(18)] ?? "unknown";
    // Only glibc has this name for its library; it is in the list of what the binary needs.
    return `linux-${arch}-${image.includes("libc.so.6\0") ? "gnu" : "musl"}`;
  }
  if (image.readUInt32LE(0) === 0xfeedfacf) {
    return `darwin-${{ 16777223: "x64", 16777228: "arm64" }[image.readUInt32LE(4)] ?? "unknown"}`;
  }
  if (image.toString("latin1", 0, 2) === "MZ") {
    const header = image.readUInt32LE(0x3c);
    if (header + 6 > image.length || image.toString("latin1", header, header + 4) !== "PE\0\0") return undefined;
    return `win32-${{ 34404: "x64", 43620: "arm64" }[image.readUInt16LE(header + 4)] ?? "unknown"}-msvc`;
  }
  return undefined;
}
