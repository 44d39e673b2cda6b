/**
 * The native addon's classes.
 *
 * Required, not imported: for a named import from CommonJS, Node.js first parses the loader and the generated binding for their
 * export names, which takes four times as long as loading them. The bundle lies beside `load.cjs` just as this file does.
 */
import { createRequire } from "node:module";

import type * as Addon from "./load.cjs";

const load = createRequire(import.meta.url);
const addon: typeof Addon = load("./load.cjs");

/** Where the loader is: whoever is to share runs with this thread must load the very same library. */
export const loaderPath = load.resolve("./load.cjs");

export type { NativeCommandEnd, NativeFault, NativePart, NativePolicy, NativeReachability, PlanColumns } from "./load.cjs";
export const NativeCommand = addon.NativeCommand;
export type NativeCommand = Addon.NativeCommand;
export const NativeDiagnosis = addon.NativeDiagnosis;
export type NativeDiagnosis = Addon.NativeDiagnosis;
export const NativeDoor = addon.NativeDoor;
export type NativeDoor = Addon.NativeDoor;
export const NativeDraft = addon.NativeDraft;
export type NativeDraft = Addon.NativeDraft;
export const NativeGraph = addon.NativeGraph;
export type NativeGraph = Addon.NativeGraph;
export const NativeGrowth = addon.NativeGrowth;
export type NativeGrowth = Addon.NativeGrowth;
export const NativePaths = addon.NativePaths;
export type NativePaths = Addon.NativePaths;
export const NativePlan = addon.NativePlan;
export type NativePlan = Addon.NativePlan;
export const NativePool = addon.NativePool;
export type NativePool = Addon.NativePool;
export const NativeRun = addon.NativeRun;
export type NativeRun = Addon.NativeRun;
