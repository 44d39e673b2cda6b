/**
 * The options of a run as they cross: numbers in one array that is reused, because an object with a field for each costs more than a small
 * run. Their order is known to this file and to `options_of` in `crates/binding/src/run.rs`.
 */
import { type NativePlan, NativeRun } from "./addon.js";
import { none } from "./codes.js";

/** The options of one run. */
export interface NativeRunOptions {
  /** How many nodes may hold a slot at once. */
  readonly maxWorkers: number;
  /** How long the run waits for code that was told to stop, in milliseconds; Infinity for as long as it takes. */
  readonly graceMs: number;
  /** Whether the first final failure stops the run. */
  readonly failFast: boolean;
  /** Which outputs to keep: 0 all, 1 those of leaves, 2 none. */
  readonly keepResults: number;
  /** Whether a stop aborts attempts that are running. */
  readonly abortRunning: boolean;
  /** Whether failed and cancelled runs are undone. */
  readonly undo: boolean;
  /** Longest wall time of the run, in milliseconds; NaN for none. */
  readonly runTimeoutMs: number;
  /** How many retries there may be in all; 4294967295 for any number. */
  readonly retryBudget: number;
  /** What chance is drawn from. */
  readonly seed: number;
  /** Capacity of each pool. */
  readonly pools?: Uint32Array;
  /** The window of each pool that is a rate, in milliseconds; 0 for one that is not. Without it none is. */
  readonly intervals?: Float64Array;
  /** How many nodes there may be in all. */
  readonly maxNodes: number;
  /** How deep nodes may be nested. */
  readonly maxDepth: number;
  /** How many commands may run at once, beside the slots. @default any number */
  readonly maxCommands?: number;
}

const numbers = new Float64Array(12);

/** A run that has not started. Throws where the options and the plan do not fit. */
export function openRun(plan: NativePlan, options: NativeRunOptions): NativeRun {
  numbers[0] = options.maxWorkers;
  numbers[1] = options.graceMs;
  numbers[2] = options.keepResults;
  numbers[3] = options.runTimeoutMs;
  numbers[4] = options.retryBudget;
  numbers[5] = options.seed;
  numbers[6] = options.maxNodes;
  numbers[7] = options.maxDepth;
  numbers[8] = Number(options.failFast);
  numbers[9] = Number(options.abortRunning);
  numbers[10] = Number(options.undo);
  numbers[11] = options.maxCommands ?? none;
  return new NativeRun(plan, numbers, options.pools, options.intervals);
}
