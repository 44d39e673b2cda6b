/** The one door to the Rust core: the only importer of the generated binding. */
export { NativeDiagnosis, NativeDraft, type NativeFault, NativeGraph, type NativePart, NativePaths, NativeReachability } from "./binding.cjs";
