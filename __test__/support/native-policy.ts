/** Policies and run options as the binding takes them, with every default filled in, for tests that speak to it directly. */
import {
  delayGrowths,
  joinRules,
  keepResultsCodes,
  type NativePolicy,
  type NativeRunOptions,
  nodeKinds,
  none,
  noSignal,
  onFailures,
} from "../../src/native/index.js";

/** A task with every default but `given`. */
export function nativePolicy(given: Partial<NativePolicy> = {}): NativePolicy {
  return {
    kind: nodeKinds.task,
    join: joinRules.allCompleted,
    onFailure: onFailures.fail,
    flags: 0,
    nodeTimeoutMs: Number.NaN,
    delayMs: 0,
    growth: delayGrowths.fixed,
    factor: 2,
    maxDelayMs: Number.NaN,
    jitter: 0,
    signal: noSignal,
    waitMs: Number.NaN,
    maxCrashes: 3,
    inner: 0,
    concurrency: 0,
    limit: 1_000_000,
    ...given,
  };
}

/** The options of a run, with every default but `given`. */
export function nativeRunOptions(given: Partial<NativeRunOptions> = {}): NativeRunOptions {
  return {
    maxWorkers: 4,
    graceMs: 1000,
    failFast: true,
    keepResults: keepResultsCodes.all,
    abortRunning: true,
    undo: false,
    runTimeoutMs: Number.NaN,
    retryBudget: none,
    seed: 0,
    pools: new Uint32Array(),
    maxNodes: 10_000_000,
    maxDepth: 1000,
    ...given,
  };
}
