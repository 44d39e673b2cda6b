/** What `result.orThrow()` throws when a run did not complete. */
import { DagnyError } from "./base.js";
import type { ErrorCode } from "./codes.js";

/** A run that failed or was cancelled. `cause` is the first failed task's own error, or the signal's reason. */
export class RunError extends DagnyError {
  readonly code: Extract<ErrorCode, "RUN_FAILED" | "RUN_CANCELLED">;
  /** The run it speaks of. */
  readonly runId: string;
  /** What the failed tasks threw, in the order the failures were decided. */
  readonly errors: readonly unknown[];

  constructor(code: "RUN_FAILED" | "RUN_CANCELLED", runId: string, message: string, errors: readonly unknown[], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.runId = runId;
    this.errors = errors;
  }

  override get name(): string {
    return "RunError";
  }
}
