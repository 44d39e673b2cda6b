/** The one door to the Rust core: the only importer of the generated binding. */
export { NativeGraph } from "./load.cjs";
