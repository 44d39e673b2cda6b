/** The public surface of Dagny, listed by hand. */
export { DAG } from "./dag/dag.js";
export { DAGExecutor, type RunHandle } from "./run/executor.js";
export type { EventListener, RunEvent, RunStatus } from "./run/events.js";
export type { ExecutorOptions, KeepResults, RunOptions } from "./run/options.js";
export type { AbandonedAttempt, NodeResult, RunResult, StateCounts } from "./run/result.js";
