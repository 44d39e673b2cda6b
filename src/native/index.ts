/** The one door to the Rust core: the only importer of the generated binding. */
export { NativeDoor, NativeGraph, NativePlan, NativeRun } from "./binding.cjs";
