/** Modules of Node.js that few programs need: loaded when they are first used, so that importing this package does not load them. */

/** `node:worker_threads`. */
export function workerThreads(): typeof import("node:worker_threads") {
  return process.getBuiltinModule("node:worker_threads");
}

/** `node:v8`. */
export function v8(): typeof import("node:v8") {
  return process.getBuiltinModule("node:v8");
}

/** `node:fs/promises`. */
export function files(): typeof import("node:fs/promises") {
  return process.getBuiltinModule("node:fs/promises");
}

/** `node:string_decoder`. */
export function stringDecoders(): typeof import("node:string_decoder") {
  return process.getBuiltinModule("node:string_decoder");
}

/** `node:fs`: an import of it from an ES module loads all of Node.js's streams. */
export function fileSystem(): typeof import("node:fs") {
  return process.getBuiltinModule("node:fs");
}
