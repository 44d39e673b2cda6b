/** What can be wrong with what nodes need of a run's pools, rates and concurrency keys. Found before the run starts. */
import { DagnyError, quote } from "./base.js";
import type { ErrorCode } from "./codes.js";

/** A need for a pool or a rate that the executor does not have. */
export class PoolNotFoundError extends DagnyError {
  /** The node that needs it. */
  readonly node: string;
  /** The pool's or rate's name. */
  readonly pool: string;
  /** The nearest there is, if one is near. */
  readonly suggestion: string | undefined;

  constructor(node: string, kind: "pool" | "rate" | "concurrency key", pool: string, suggestion?: string) {
    const isKey = kind === "concurrency key";
    const give = isKey ? "a node of the graph it started with must name it" : `give it to the executor: \`${kind}s\``;
    const cure = suggestion === undefined ? give : `did you mean ${quote(suggestion)}?`;
    super(`node ${quote(node)}: the ${isKey ? "run" : "executor"} has no ${kind} ${quote(pool)}; ${cure}`);
    this.node = node;
    this.pool = pool;
    this.suggestion = suggestion;
  }

  get code(): ErrorCode {
    return "POOL_NOT_FOUND";
  }

  override get name(): string {
    return "PoolNotFoundError";
  }
}

/** A need that is larger than the whole pool: the node could never start. */
export class PoolExceededError extends DagnyError {
  /** The node that needs too much. */
  readonly node: string;
  /** The pool's name. */
  readonly pool: string;
  /** What the node needs of it. */
  readonly need: number;
  /** What there is of it. */
  readonly capacity: number;

  constructor(node: string, pool: string, need: number, capacity: number) {
    super(
      `node ${quote(node)}: needs ${need} of pool ${quote(pool)}, which has ${capacity}; need less, or give the executor a larger pool`,
    );
    this.node = node;
    this.pool = pool;
    this.need = need;
    this.capacity = capacity;
  }

  get code(): ErrorCode {
    return "POOL_EXCEEDED";
  }

  override get name(): string {
    return "PoolExceededError";
  }
}
