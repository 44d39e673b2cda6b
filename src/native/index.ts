/** The one door to the Rust core: all that imports the generated binding goes through here. */
export { Door, doorBits, effectKinds } from "./door.js";
export {
  NativeDiagnosis,
  NativeDraft,
  type NativeFault,
  NativeGraph,
  type NativePart,
  NativePaths,
  NativePlan,
  NativeReachability,
  NativeRun,
} from "./load.cjs";
