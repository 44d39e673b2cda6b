/** The numbers that stand for words where a run crosses to the core, as `crates/core/src/run` and `crates/binding/src/policy.rs` number them. */

/** What a node does. */
export const nodeKinds = { task: 0, wait: 1, map: 2, subDag: 3, loop: 4, given: 5 } as const;

/** When a node runs, seen from its upstreams. */
export const joinRules = {
  allCompleted: 0,
  anyCompleted: 1,
  allSettled: 2,
  anyFailed: 3,
  allFailed: 4,
  noneFailed: 5,
  noneFailedOneCompleted: 6,
  expression: 7,
} as const;

/** The steps of a join expression; a step is `op | look << 4 | upstream << 8`. */
export const expressionOps = { is: 0, not: 1, and: 2, or: 3, true: 4, false: 5 } as const;

/** What an upstream looks like in a join expression. */
export const looks = { completed: 1, failed: 2, skipped: 3, blocked: 4, filtered: 5, cancelled: 6 } as const;

/** What a node's failure means. */
export const onFailures = { fail: 0, allow: 1, continue: 2 } as const;

/** What else a policy says, as bits. */
export const policyFlags = {
  condition: 1,
  cached: 2,
  finally: 4,
  undo: 8,
  failFastInside: 16,
  waitDefault: 32,
  thread: 64,
  external: 128,
  command: 256,
} as const;

/** How a delay between attempts grows. */
export const delayGrowths = { fixed: 0, linear: 1, exponential: 2 } as const;

/** What a wait node waits for in place of a name. */
export const noSignal = -1;
export const ownSignal = -2;

/** Which outputs a run keeps. */
export const keepResultsCodes = { all: 0, leaves: 1, none: 2 } as const;

/** What a question is about. */
export const questions = { edge: 0, condition: 1, cache: 2, until: 3 } as const;

/** What a host answers to a question. */
export const verdicts = { yes: 0, no: 1, nothing: 2, threw: 3 } as const;

/** How a wait ended. */
export const waitEnds = { slept: 0, answered: 1, rejected: 2, timedOut: 3, default: 4 } as const;

/** What new nodes are. */
export const openings = { scope: 0, items: 1, growth: 2 } as const;

/** Why an attempt is told to stop. */
export const abortReasons = { cancel: 1, timeout: 2, failFast: 3, nodeTimeout: 4, runTimeout: 5 } as const;

/** Why an addition is refused. */
export const growthFaults = {
  unknownNode: 1,
  decided: 2,
  outputGone: 3,
  duplicateEdge: 4,
  cycle: 5,
  limit: 6,
  afterFinally: 7,
  tooLate: 8,
} as const;

/** In a link of an addition: the addition's own node `k` is `newNode | k`, as an unsigned number. */
export const newNode = 0x80000000;

/** Ids from outside: no node. Also "any number" where a count is limited. */
export const none = 0xffffffff;
