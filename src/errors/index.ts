/** The error classes, listed by hand. */
export { DagnyError } from "./base.js";
export { type ErrorCode, errorCodes } from "./codes.js";
export { CommandError, type CommandFault, CommandNotFoundError } from "./command.js";
export {
  ContextError,
  GrowthError,
  RejectedError,
  RunOverError,
  SignalError,
  StateConflictError,
  WaitTimeoutError,
} from "./control.js";
export {
  CycleError,
  DuplicateEdgeError,
  DuplicateNodeError,
  EdgeNotFoundError,
  GraphError,
  GraphFormatError,
  InvalidEdgeError,
  InvalidNameError,
  LimitExceededError,
  NodeNotFoundError,
  SelfLoopError,
} from "./graph.js";
export { InternalError } from "./internal.js";
export { JoinExpressionError } from "./join.js";
export { ConflictingOptionsError, InvalidOptionError, UnknownOptionError } from "./options.js";
export { PoolExceededError, PoolNotFoundError } from "./resources.js";
export { RunError } from "./run.js";
export { SelectionError } from "./selection.js";
export { MissingTaskError, TaskError, TimeoutError, type UnknownTask, UnknownTaskError } from "./task.js";
export {
  type LoadFault,
  ModuleLoadError,
  PoolClosedError,
  TaskCannotCrossError,
  ThreadCrashedError,
  ThreadStartError,
  ValueNotCloneableError,
} from "./threads.js";
