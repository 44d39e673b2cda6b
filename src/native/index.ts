/** The one door to the Rust core: all that uses the native addon goes through here. */
export {
  NativeDiagnosis,
  type NativeFault,
  NativeGraph,
  type NativePart,
  NativePaths,
  NativePlan,
  type NativeReachability,
  NativeRun,
} from "./addon.js";
export { Door, doorBits, effectKinds } from "./door.js";
export { DraftDoor, edgeAnswers } from "./draft-door.js";
