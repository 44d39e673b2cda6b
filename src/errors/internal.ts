/** A fault in Dagny itself. */
import { DagnyError } from "./base.js";
import type { ErrorCode } from "./codes.js";

/** An invariant of Dagny did not hold: a panic in the core, or a state that cannot be. Please report it. */
export class InternalError extends DagnyError {
  get code(): ErrorCode {
    return "INTERNAL";
  }

  override get name(): string {
    return "InternalError";
  }
}
