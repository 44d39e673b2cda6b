/**
 * Puts what `cargo build --release --target <target>` made where the platform's package expects it; a step of a release.
 *
 *   node scripts/place-binary.mjs x86_64-unknown-linux-gnu
 */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { platformPackages } from "./platforms.mjs";

const target = process.argv[2];
const found = platformPackages(".").find((platformPackage) => platformPackage.target === target);
if (found === undefined) throw new Error(`package.json lists no target ${target}`);

const library = found.platform.startsWith("win32")
  ? "dagny_binding.dll"
  : found.platform.startsWith("darwin")
    ? "libdagny_binding.dylib"
    : "libdagny_binding.so";
const binary = join(found.folder, found.binary);
copyFileSync(join("target", target, "release", library), binary);
console.log(`placed ${binary}`);
