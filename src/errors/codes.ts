/** Every error code of Dagny. A code is stable, means one thing, and is never reused for another. */

/** What each code means, as shown in the documentation. */
export const errorCodes = {
  /** Nodes wait for each other in a ring. `path` on the error lists one whole ring. */
  CYCLE: "nodes depend on each other in a ring",
  SELF_LOOP: "a node depends on itself",
  DUPLICATE_NODE: "two nodes have the same name",
  DUPLICATE_EDGE: "the same edge was added twice",
  NODE_NOT_FOUND: "no node has this name",
  EDGE_NOT_FOUND: "no edge joins these two nodes",
  INVALID_NAME: "a node's name is not a non-empty string",
  INVALID_EDGE: "an edge is not a pair of node names or node ids",
  GRAPH_INVALID: "a graph has several faults, listed in `errors`",
  GRAPH_FORMAT: "stored data is not a graph in a format and version this release reads",
  LIMIT_EXCEEDED: "an answer would be larger than the limit given for it",
  INVALID_OPTION: "an option has the wrong type or a value outside its range",
  UNKNOWN_OPTION: "an option does not exist",
  CONFLICTING_OPTIONS: "options that do not go together were given at once",
  JOIN_EXPRESSION: "a join expression cannot be read, or names what is no direct upstream",
  SELECTION_INVALID: "a node that is to run depends on one that is not, and nothing stands for it",
  POOL_NOT_FOUND: "a node needs a pool or a rate that the executor does not have",
  POOL_EXCEEDED: "a node needs more of a pool than there is",
  TASK_MISSING: "a node has no task",
  TASK_UNKNOWN: "a task was given for a node that does not exist",
  TASK_FAILED: "a task threw or rejected; `cause` is what it threw",
  TASK_TIMEOUT: "an attempt ran longer than its `timeoutMs`",
  WAIT_TIMEOUT: "what a task waited for did not come in time",
  REJECTED: "an approval was refused; `cause` is the reason given",
  SIGNAL_REFUSED: "a signal or an answer that nothing can hear, or whose payload does not fit",
  STATE_CONFLICT: "a value of the shared state has another version than was asked for",
  GROWTH_REFUSED: "nodes or edges cannot be added to the run",
  NOT_IN_A_TASK: "a call of the context makes no sense here: only an attempt of a task can wait or grow",
  RUN_OVER: "a command was given to a run that has ended",
  RUN_FAILED: "a run ended with a failed node; `cause` is the first task's own error",
  RUN_CANCELLED: "a run was cancelled; `cause` is the signal's reason",
  SIMULATION_STALLED: "a simulated run waits for what will not happen",
  INTERNAL: "a fault in Dagny itself; please report it",
} as const satisfies Record<string, string>;

/** A stable word for what went wrong, the same in every release. */
export type ErrorCode = keyof typeof errorCodes;
