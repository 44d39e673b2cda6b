/** The packages that carry the native binaries: one per target of package.json, in npm/. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Platform, architecture and C library of each target that a release builds, as the loader and npm name them. */
const platformOfTarget = {
  "x86_64-unknown-linux-gnu": "linux-x64-gnu",
  "aarch64-unknown-linux-gnu": "linux-arm64-gnu",
  "x86_64-unknown-linux-musl": "linux-x64-musl",
  "aarch64-unknown-linux-musl": "linux-arm64-musl",
  "x86_64-apple-darwin": "darwin-x64",
  "aarch64-apple-darwin": "darwin-arm64",
  "x86_64-pc-windows-msvc": "win32-x64-msvc",
  "aarch64-pc-windows-msvc": "win32-arm64-msvc",
};

/** @param {string} file */
export const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

/**
 * The platform packages of the project in folder `root`, in the order of package.json's targets.
 *
 * @param {string} root
 */
export function platformPackages(root) {
  const { name, napi } = readJson(join(root, "package.json"));
  return napi.targets.map((/** @type {keyof typeof platformOfTarget} */ target) => {
    const platform = platformOfTarget[target];
    if (platform === undefined) throw new Error(`package.json lists the target ${target}, which scripts/platforms.mjs does not know`);
    const binary = `${napi.binaryName}.${platform}.node`;
    return { target, platform, name: `${name}-${platform}`, folder: join(root, "npm", platform), binary };
  });
}
