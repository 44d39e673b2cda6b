/** The public surface of Dagny, listed by hand. */
export type { CommandOutput } from "./command/define.js";
export type { CommandArgs, CommandEncoding, CommandOptions, CommandText, FromInputs } from "./command/options.js";
export type {
  AllPathsOptions,
  ClosureOptions,
  CriticalPath,
  DiagnoseOptions,
  Diagnosis,
  DominatorTree,
  EdgeView,
  ExecutionPlan,
  GraphDiff,
  GraphIds,
  GraphStats,
  LintFinding,
  NamedEdge,
  NodeTimes,
  PlannedNode,
  PlanStep,
  Reachability,
  SubgraphOptions,
  WeightedPath,
} from "./dag/analysis/index.js";
export type { DAGBuilder, FollowedOptions, Task } from "./dag/builder.js";
export { DAG, type DAGConstructor, type RecordsOptions } from "./dag/dag.js";
export type { NodeView } from "./dag/dag-value.js";
export type { DraftDAG } from "./dag/draft-dag.js";
export type { Direction, DrawOptions, StatusSource } from "./dag/draw.js";
export type { EdgeEntry, NodeEntry } from "./dag/entries.js";
export type { JoinRule } from "./dag/graph-core.js";
export type { EdgeJSON, GraphJSON, NodeJSON } from "./dag/json.js";
export type { AnyInputs, Asked, EdgeOptions, JoinOption, NodeOptions, RetryMatch, RetryOptions, TaskPolicy } from "./dag/options.js";
export type { AnyShape, NodeName, Shape } from "./dag/types.js";
export {
  CommandError,
  type CommandFault,
  CommandNotFoundError,
  ConflictingOptionsError,
  ContextError,
  CycleError,
  DagnyError,
  DuplicateEdgeError,
  DuplicateNodeError,
  EdgeNotFoundError,
  type ErrorCode,
  errorCodes,
  GraphError,
  GraphFormatError,
  GrowthError,
  InternalError,
  InvalidEdgeError,
  InvalidNameError,
  InvalidOptionError,
  JoinExpressionError,
  LimitExceededError,
  type LoadFault,
  MissingTaskError,
  ModuleLoadError,
  NodeNotFoundError,
  PoolClosedError,
  PoolExceededError,
  PoolNotFoundError,
  RejectedError,
  RunError,
  RunOverError,
  SelectionError,
  SelfLoopError,
  SignalError,
  StateConflictError,
  TaskCannotCrossError,
  TaskError,
  ThreadCrashedError,
  ThreadStartError,
  TimeoutError,
  UnknownOptionError,
  type UnknownTask,
  UnknownTaskError,
  ValueNotCloneableError,
  WaitTimeoutError,
} from "./errors/index.js";
export type { TaskDefinition } from "./flow/definition.js";
export {
  approval,
  type ItemOf,
  type ItemOutcome,
  type Items,
  type LoopRules,
  loop,
  type MapLimits,
  type MapOutput,
  map,
  type SubDagOptions,
  sleep,
  subDag,
  type WaitNodeOptions,
  waitFor,
} from "./flow/definitions.js";
export type { GrowthEdge, GrowthEntry } from "./flow/growth.js";
export type { JoinTree, Look } from "./flow/join-tree.js";
export { defineTasks, type TaskBody, type TaskOf } from "./flow/module-task.js";
export type { Schema, StandardSchema } from "./flow/schema.js";
export type { BasicContext, RunState, TaskContext, TaskFunction, WaitOptions } from "./flow/task.js";
export { task } from "./flow/task-kinds.js";
export type { OutputsOf, TasksFor } from "./flow/types.js";
export type { NodeState, Reason } from "./run/columns.js";
export type { EventFilter, EventListener, HostEvent, Question, RunEvent, RunStatus } from "./run/events.js";
export { DAGExecutor, type OpenWait, type RunHandle } from "./run/executor.js";
export type { Histogram } from "./run/histogram.js";
export type { AddressSegment, NodeAddress } from "./run/levels.js";
export type { AttemptResult, MadeFrom, NodeResult } from "./run/node-result.js";
export type { ExecutorOptions, GrowthLimits, KeepResults, RateLimit, RunOptions, Selection } from "./run/options.js";
export type { Bottleneck, CriticalPath as RunCriticalPath, NodeProfile, Parallelism, PathStep, Profile, Waiting } from "./run/profile.js";
export type { AbandonedAttempt, RunResult, StateCounts, UndoneNode } from "./run/result.js";
export type { HostReport, ThreadsReport } from "./run/threads-report.js";
export type { ChromeTrace, ChromeTraceOptions, Trace, TraceEvent } from "./run/trace.js";
export { ThreadPool, type ThreadPoolOptions, type ThreadPoolStats, type ThreadStats } from "./threads/pool.js";
