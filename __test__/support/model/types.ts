/** The words of the reference model: what goes into a run, what it decides and what it asks for. */
import type { Growth } from "./spec.js";

/** DESIGN §4, "States of a node". */
export type NodeState = "pending" | "ready" | "running" | "waiting" | "completed" | "failed" | "skipped" | "filtered" | "cancelled";

/** DESIGN §4, "A failure carries a reason". */
export type FailureReason = "error" | "timeout" | "rejected" | "crashed" | "limit";

/** DESIGN §4, "A skip carries one too". */
export type SkipReason = "condition" | "join" | "upstreamSkipped" | "upstreamFailed" | "failFast";

export type RunStatus = "completed" | "failed" | "cancelled";

/** How an attempt returned. */
export type Outcome = "ok" | "failed";

/** What a predicate is about: the edge from an upstream, the node's condition, its cache, whether a loop has done enough. */
export type Question = "edge" | "condition" | "cache" | "until";

/** `timedOut` is decided by the run only. */
export type Verdict = "yes" | "no" | "nothing" | "threw" | "timedOut";

/** How a wait ended. */
export type WaitEnd = "slept" | "answered" | "rejected" | "timedOut" | "default";

/** Why a growth is refused. */
export type GrowthFault = "unknownNode" | "decided" | "outputGone" | "duplicateEdge" | "cycle" | "limit" | "afterFinally" | "tooLate";

/** What an attempt waits for. Lengths are in µs. */
export type WaitFor =
  | { readonly for: "time"; readonly us: number }
  | { readonly for: "signal"; readonly timeoutUs?: number; readonly hasDefault: boolean };

/** What goes into a run. `at` is in whole µs since the run's start. */
export type RunInput = { readonly at: number } & (
  | { readonly kind: "start" | "cancel" | "pause" | "resume" }
  | { readonly kind: "begin"; readonly node: number; readonly attempt: number }
  | {
      readonly kind: "settle";
      readonly node: number;
      readonly attempt: number;
      /** `crashed`: what ran it died. */
      readonly outcome: Outcome | "crashed";
      /** Of a failure: whether its policy lets this error be tried again. @default true */
      readonly mayRetry?: boolean;
      /** Of a failure: the delay that the error itself asks for. */
      readonly retryAfterUs?: number;
      /** Of a success: what commits with it. */
      readonly growth?: Growth;
    }
  /** `key`: the number of the signal's name, or 2^31 plus an ordinal for a time. */
  | { readonly kind: "wait"; readonly node: number; readonly attempt: number; readonly key: number; readonly what: WaitFor }
  /** `from`: the upstream, where an edge was asked about; else 0. */
  | { readonly kind: "answer"; readonly node: number; readonly question: Question; readonly from: number; readonly verdict: Verdict }
  | { readonly kind: "items"; readonly node: number; readonly attempt: number; readonly count: number; readonly isDone: boolean }
  | { readonly kind: "itemsFailed"; readonly node: number; readonly attempt: number }
  /** `node`: the only one that may hear it; `name`: a number, `ownSignal + node` for the node's own. */
  | {
      readonly kind: "signal";
      readonly name: number;
      readonly node: number | null;
      readonly payload: number;
      readonly isRejection: boolean;
    }
  | { readonly kind: "cancelNodes"; readonly nodes: readonly number[] }
  | { readonly kind: "grow"; readonly growth: Growth }
  | { readonly kind: "undone"; readonly node: number; readonly isOk: boolean }
);

/** A wait node that waits for its own signal hears the name `ownSignal + node`; a wait for a time has the key `timeKey + ordinal`. */
export const ownSignal = 2 ** 31;
export const timeKey = 2 ** 31;

/** What a run decided, in the past tense. `at` is in whole µs since the run's start; an attempt counts from 1. */
export type RunEvent = { readonly at: number } & (
  | { readonly kind: "runStarted" | "cancelRequested" | "runPaused" | "runResumed" | "runTimedOut" }
  | { readonly kind: "nodeReady"; readonly node: number }
  | { readonly kind: "nodeLeased"; readonly node: number; readonly attempt: number; readonly lane: number }
  /** `lane` is null where it needs none: a wait node, a container. */
  | { readonly kind: "nodeStarted"; readonly node: number; readonly attempt: number; readonly lane: number | null }
  /** `lane` is null where the code ended while it was parked. */
  | { readonly kind: "nodeResumed"; readonly node: number; readonly attempt: number; readonly lane: number | null }
  | { readonly kind: "leaseReturned"; readonly node: number }
  | { readonly kind: "nodeCompleted" | "attemptAbandoned"; readonly node: number; readonly attempt: number }
  /** `due`: when the next attempt is. */
  | {
      readonly kind: "attemptFailed";
      readonly node: number;
      readonly attempt: number;
      readonly reason: FailureReason;
      readonly due: number;
    }
  | { readonly kind: "nodeFailed"; readonly node: number; readonly attempt: number; readonly reason: FailureReason }
  | { readonly kind: "nodeSkipped"; readonly node: number; readonly reason: SkipReason }
  | { readonly kind: "nodeFiltered" | "nodeCancelRequested" | "undoCompleted"; readonly node: number }
  /** `attempt` is the last one begun, 0 where none was. */
  | { readonly kind: "nodeCancelled"; readonly node: number; readonly attempt: number }
  /** `node` is the one whose failure stops the run, or the container it is in. */
  | { readonly kind: "runStopping"; readonly node: number }
  | { readonly kind: "lateOutcome"; readonly node: number; readonly attempt: number; readonly outcome: Outcome }
  /** `from`: the upstream, where an edge is asked about; else null. */
  | { readonly kind: "predicateAsked"; readonly node: number; readonly question: Question; readonly from: number | null }
  | {
      readonly kind: "predicateAnswered";
      readonly node: number;
      readonly question: Question;
      readonly from: number | null;
      readonly verdict: Verdict;
    }
  /** `due` is null where it waits for ever. */
  | {
      readonly kind: "waitOpened";
      readonly node: number;
      readonly attempt: number;
      readonly key: number;
      readonly waitsFor: "time" | "signal" | "signalOrDefault";
      readonly due: number | null;
    }
  | { readonly kind: "waitOver"; readonly node: number; readonly key: number; readonly end: WaitEnd; readonly payload: number }
  | { readonly kind: "scopeOpened"; readonly node: number; readonly round: number; readonly count: number }
  | { readonly kind: "itemsAdded"; readonly node: number; readonly count: number; readonly isDone: boolean }
  /** `node` is null for a growth from outside; `ordinal` counts the growths of the run from 0. */
  | { readonly kind: "grew"; readonly node: number | null; readonly ordinal: number }
  /** `node`: the container, null for the run. */
  | { readonly kind: "phaseEntered"; readonly node: number | null; readonly phase: "undoing" | "finalizing" }
  | { readonly kind: "undoStarted"; readonly node: number; readonly lane: number }
  | { readonly kind: "undoFailed"; readonly node: number; readonly reason: FailureReason }
  | {
      readonly kind: "signalQueued";
      readonly node: number | null;
      readonly name: number;
      readonly payload: number;
      readonly isRejection: boolean;
    }
  | { readonly kind: "runEnded"; readonly status: RunStatus }
);

export interface Lease {
  readonly node: number;
  /** The attempt that begins, or goes on where its code was parked. */
  readonly attempt: number;
  /** The slot it occupies, 0..maxWorkers; of a command, its lane from there on. */
  readonly lane: number;
}

/** Why an attempt is told to stop. */
export type AbortReason = "timeout" | "failFast" | "cancel" | "nodeTimeout" | "runTimeout";

/** What the host is to do, leases apart. */
export type Effect =
  | { readonly kind: "abort"; readonly node: number; readonly attempt: number; readonly why: AbortReason }
  /** A lease is taken back before it began. */
  | { readonly kind: "revoke"; readonly node: number }
  /** The outcome just reported came too late: its value is to be dropped. */
  | { readonly kind: "discard"; readonly node: number; readonly attempt: number }
  /** Nobody will read this output any more. */
  | { readonly kind: "free"; readonly node: number }
  /** `from`: the upstream, where it is about an edge; else 0. */
  | { readonly kind: "ask"; readonly node: number; readonly question: Question; readonly from: number }
  /** `room`: how many items it can use now; null for any number. */
  | { readonly kind: "expand"; readonly node: number; readonly attempt: number; readonly room: number | null }
  | { readonly kind: "stopItems"; readonly node: number }
  | {
      readonly kind: "opened";
      readonly node: number | null;
      readonly first: number;
      readonly count: number;
      readonly what: "scope" | "items" | "growth";
    }
  | { readonly kind: "waitOver"; readonly node: number; readonly key: number; readonly end: WaitEnd; readonly payload: number }
  | { readonly kind: "undo"; readonly node: number }
  /** `link`: the place of the edge at fault among the growth's links. */
  | { readonly kind: "growthRefused"; readonly node: number | null; readonly fault: GrowthFault; readonly link: number | null };

/** What one step decided and what it asks of the host. */
export interface StepReport {
  readonly events: readonly RunEvent[];
  /** Work handed out, in the order in which it is to begin. */
  readonly leases: readonly Lease[];
  /** The rest, in order. */
  readonly effects: readonly Effect[];
  /** When the run must be called again at the latest, in µs; `null` for no such time. */
  readonly wakeAt: number | null;
  readonly ended: boolean;
}

/** One event as one line, for comparing logs and reading differences. */
export function formatEvent(event: RunEvent): string {
  const { at, kind, ...rest } = event;
  const fields: Readonly<Record<string, unknown>> = rest;
  const node = "node" in fields ? [`${fields.node ?? "run"}${"attempt" in fields ? `#${fields.attempt}` : ""}`] : [];
  const others = Object.keys(fields)
    .filter((key) => key !== "node" && key !== "attempt")
    .sort()
    .map((key) => (key === "lane" ? `lane${fields[key] ?? " none"}` : wordless.has(key) ? `${fields[key]}` : `${key} ${fields[key]}`));
  return [at, kind, ...node, ...others].join(" ");
}

/** Fields whose values say what they are. */
const wordless: ReadonlySet<string> = new Set(["reason", "outcome", "status", "question", "verdict", "phase", "end", "waitsFor"]);

/** The effects of one kind. */
export function effectsOf<Kind extends Effect["kind"]>(report: StepReport, kind: Kind): Extract<Effect, { kind: Kind }>[] {
  return report.effects.filter((effect): effect is Extract<Effect, { kind: Kind }> => effect.kind === kind);
}
