/** The public surface of Dagny, listed by hand. */
export { DAG } from "./dag/dag.js";
export {
  CycleError,
  DagnyError,
  DuplicateEdgeError,
  DuplicateNodeError,
  EdgeNotFoundError,
  type ErrorCode,
  errorCodes,
  GraphError,
  GraphFormatError,
  InternalError,
  InvalidEdgeError,
  InvalidNameError,
  InvalidOptionError,
  MissingTaskError,
  NodeNotFoundError,
  RunError,
  SelfLoopError,
  TaskError,
  TimeoutError,
  UnknownOptionError,
  UnknownTaskError,
} from "./errors/index.js";
export type { TaskContext, TaskFunction } from "./flow/task.js";
export type { NodeState, Reason } from "./run/columns.js";
export type { EventListener, RunEvent, RunStatus } from "./run/events.js";
export { DAGExecutor, type RunHandle } from "./run/executor.js";
export type { ExecutorOptions, KeepResults, RunOptions } from "./run/options.js";
export type { Bottleneck, CriticalPath as RunCriticalPath, NodeProfile, Parallelism, PathStep, Profile, Waiting } from "./run/profile.js";
export type { AbandonedAttempt, NodeResult, RunResult, StateCounts } from "./run/result.js";
export type { ChromeTrace, ChromeTraceOptions, Trace, TraceEvent } from "./run/trace.js";
