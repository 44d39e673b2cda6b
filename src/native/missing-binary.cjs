/** The error for a machine on which no binary could be loaded: what was looked for, and every cure. */
"use strict";

/** Node.js platform, architecture and C library of each published package. */
const published = [
  "linux-x64-gnu",
  "linux-arm64-gnu",
  "linux-x64-musl",
  "linux-arm64-musl",
  "darwin-x64",
  "darwin-arm64",
  "win32-x64-msvc",
  "win32-arm64-msvc",
];

/**
 * Builds the error; reads nothing but its arguments.
 *
 * @param {{ platform: string, arch: string, version: string, report?: { getReport?: () => object } }} host `process`
 * @param {unknown} cause what the loader threw
 */
function missingBinaryError(host, cause) {
  const libc = host.platform === "linux" ? linuxLibc(host) : host.platform === "win32" ? "msvc" : undefined;
  const target = [host.platform, host.arch, libc].filter(Boolean).join("-");
  const machine = `${host.platform} ${host.arch}${libc === undefined ? "" : ` (${libc})`}, Node.js ${host.version}`;
  const lines = published.includes(target)
    ? [
        `dagny cannot load its native binary on ${machine}: it comes with the package "dagny-${target}", an optional dependency of dagny, which is missing or broken.`,
        "What helps:",
        "  - install again without --omit=optional (--no-optional), and without a lock file made on another platform:",
        "    remove node_modules and package-lock.json, then npm install;",
        `  - or add the package by hand, in the version of dagny: npm install --save-optional dagny-${target};`,
        "  - a bundler has to leave dagny external, and an image for another machine has to be installed for it",
        `    (npm install --os=${host.platform} --cpu=${host.arch}${host.platform === "linux" ? ` --libc=${libc === "gnu" ? "glibc" : libc}` : ""}).`,
      ]
    : [
        `dagny has no native binary for ${machine}: no package "dagny-${target}" is published.`,
        `Supported: ${published.join(", ")}.`,
        "What helps:",
      ];
  lines.push(
    "  - or build it from source, with Rust's cargo and a C linker: in a clone of the repository run npm ci && npm run build:native,",
    "    then set NAPI_RS_NATIVE_LIBRARY_PATH to the .node file it leaves in src/native.",
    "What was tried is in this error's cause.",
  );
  const error = new Error(lines.join("\n"), { cause });
  error.name = "NativeBinaryError";
  return Object.assign(error, { code: "NATIVE_BINARY_MISSING" });
}

function linuxLibc(host) {
  const report = host.report?.getReport?.();
  return report?.header?.glibcVersionRuntime === undefined ? "musl" : "gnu";
}

module.exports = { missingBinaryError, published };
