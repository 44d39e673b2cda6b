/** The one door to the Rust core: all that uses the native addon goes through here. */
export {
  loaderPath,
  NativeCommand,
  type NativeCommandEnd,
  NativeDiagnosis,
  type NativeFault,
  NativeGraph,
  NativeGrowth,
  type NativePart,
  NativePaths,
  NativePlan,
  type NativePolicy,
  NativePool,
  type NativeReachability,
  NativeRun,
  type PlanColumns,
} from "./addon.js";
export * from "./codes.js";
export { Door, type DoorEffect, doorBits, effectKinds, firstSharedBit } from "./door.js";
export { DraftDoor, edgeAnswers } from "./draft-door.js";
export { type NativeRunOptions, openRun } from "./run-options.js";
