/** The one door to the Rust core: all that imports the generated binding goes through here. */
export { Door, doorBits, effectKinds } from "./door.js";
export { NativeGraph, NativePlan, NativeRun } from "./load.cjs";
