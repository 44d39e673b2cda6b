/** The one door to the Rust core: the only importer of the generated binding. */
export { NativeGraph, NativePlan, NativeRun } from "./binding.cjs";
export { Door, doorBits, effectKinds } from "./door.js";
