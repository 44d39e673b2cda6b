/** The words of the reference model: what a run is made of, what goes into it and what it decides. */

/** DESIGN §4, "States of a node". */
export type NodeState = "pending" | "ready" | "running" | "waiting" | "completed" | "failed" | "skipped" | "filtered" | "cancelled";

/** DESIGN §4, "A failure carries a reason". */
export type FailureReason = "error" | "timeout" | "rejected" | "crashed" | "limit";

/** DESIGN §4, "A skip carries one too". */
export type SkipReason = "condition" | "join" | "upstreamSkipped" | "upstreamFailed" | "failFast";

export type RunStatus = "completed" | "failed" | "cancelled";

/** A node's policy; a missing entry has DESIGN's default. */
export interface ModelPolicy {
  /** @default 0 */
  readonly priority?: number;
  /** @default 1 */
  readonly cost?: number;
  /** Running time of one attempt. No default: such an attempt has no deadline. */
  readonly timeoutMs?: number;
  /** Total of attempts. @default 1 */
  readonly maxAttempts?: number;
}

/** One run of a graph whose nodes are 0..nodeCount in insertion order. */
export interface RunSpec {
  readonly nodeCount: number;
  /** Pairs (upstream, downstream), distinct and acyclic. */
  readonly edges: readonly (readonly [number, number])[];
  /** One entry per node. */
  readonly policies: readonly ModelPolicy[];
  readonly maxWorkers: number;
  readonly failFast: boolean;
  readonly graceMs: number;
}

/** How an attempt returned. */
export type Outcome = "ok" | "failed";

/** What goes into a run. `at` is in whole µs since the run's start. */
export type RunInput =
  | { readonly kind: "start"; readonly at: number }
  | { readonly kind: "begin"; readonly node: number; readonly attempt: number; readonly at: number }
  | { readonly kind: "settle"; readonly node: number; readonly attempt: number; readonly at: number; readonly outcome: Outcome }
  | { readonly kind: "cancel"; readonly at: number };

/** What a run decided, in the past tense. `at` is in whole µs since the run's start; an attempt counts from 1. */
export type RunEvent = { readonly at: number } & (
  | { readonly kind: "runStarted" | "cancelRequested" }
  | { readonly kind: "nodeReady"; readonly node: number }
  | { readonly kind: "nodeLeased" | "nodeStarted"; readonly node: number; readonly attempt: number; readonly lane: number }
  | { readonly kind: "leaseReturned"; readonly node: number }
  | { readonly kind: "nodeCompleted" | "attemptAbandoned"; readonly node: number; readonly attempt: number }
  | { readonly kind: "attemptFailed" | "nodeFailed"; readonly node: number; readonly attempt: number; readonly reason: FailureReason }
  | { readonly kind: "nodeSkipped"; readonly node: number; readonly reason: SkipReason }
  | { readonly kind: "nodeFiltered"; readonly node: number }
  /** `attempt` is the last one begun, 0 where none was. */
  | { readonly kind: "nodeCancelled"; readonly node: number; readonly attempt: number }
  /** `node` is the one whose failure stops the run. */
  | { readonly kind: "runStopping"; readonly node: number }
  | { readonly kind: "lateOutcome"; readonly node: number; readonly attempt: number; readonly outcome: Outcome }
  | { readonly kind: "runEnded"; readonly status: RunStatus }
);

export interface Lease {
  readonly node: number;
  readonly attempt: number;
  /** The slot it occupies, 0..maxWorkers. */
  readonly lane: number;
}

/** Why an attempt is told to stop. */
export type AbortReason = "timeout" | "failFast" | "cancel";

/** What one step decided and what it asks of the host. */
export interface StepReport {
  readonly events: readonly RunEvent[];
  /** Work handed out, in the order in which it is to begin. */
  readonly leases: readonly Lease[];
  /** Attempts whose code is told to stop. */
  readonly aborts: readonly { readonly node: number; readonly attempt: number; readonly why: AbortReason }[];
  /** Nodes whose lease is taken back before it began. */
  readonly revoked: readonly { readonly node: number }[];
  /** Outcomes of this batch that came too late: their values are to be dropped. */
  readonly discards: readonly { readonly node: number; readonly attempt: number }[];
  /** When the earliest timer is due, in µs; `null` where there is none. */
  readonly wakeAt: number | null;
  readonly ended: boolean;
}

/** One event as one line, for comparing logs and reading differences. */
export function formatEvent(event: RunEvent): string {
  const parts: (string | number)[] = [event.at, event.kind];
  if ("node" in event) parts.push("attempt" in event ? `${event.node}#${event.attempt}` : event.node);
  if ("lane" in event) parts.push(`lane${event.lane}`);
  if ("reason" in event) parts.push(event.reason);
  if ("outcome" in event) parts.push(event.outcome);
  if ("status" in event) parts.push(event.status);
  return parts.join(" ");
}
