/** What code that is told to stop gets as its signal's reason. */
import { RunError } from "../errors/run.js";
import { TimeoutError } from "../errors/task.js";
import { abortReasons, type DoorEffect } from "../native/index.js";
import type { Cancellation } from "./cancellation.js";
import type { Policies } from "./policies.js";

/** What is known of a run that tells its code to stop. */
export interface AbortSource {
  readonly runId: string;
  readonly runTimeoutMs: number | undefined;
  readonly cancellation: Cancellation;
  readonly policies: Policies;
  readonly names: { addressOf(node: number): string };
}

/** The reason of one attempt's abort. */
export function abortReasonOf(source: AbortSource, { node, a: attempt, b: reason }: DoorEffect): unknown {
  const { runId, policies } = source;
  switch (reason) {
    case abortReasons.cancel:
      return (
        source.cancellation.reason ??
        source.cancellation.branchReason ??
        new DOMException("What this task is part of was cancelled", "AbortError")
      );
    case abortReasons.timeout:
      return new TimeoutError(source.names.addressOf(node), attempt, policies.timeoutOf(node));
    case abortReasons.nodeTimeout:
      return new TimeoutError(source.names.addressOf(node), attempt, policies.nodeTimeoutOf(node), "node");
    case abortReasons.runTimeout:
      return new RunError("RUN_FAILED", runId, `the run ran longer than ${source.runTimeoutMs} ms`, []);
    default:
      return new RunError("RUN_FAILED", runId, "another node failed, and the run stops at the first failure", []);
  }
}
