/**
 * Joins of the reference model: from what a node sees of its upstreams to what becomes of it.
 *
 * DESIGN §4, "Joins". A further rule is a further function from looks to a decision.
 */
import type { SkipReason } from "./types.js";

/** What an upstream looks like through its edge; `unsettled` is our word for "not settled yet". */
export type Look = "unsettled" | "completed" | "failed" | "skipped" | "blocked" | "filtered" | "cancelled";

type JoinDecision =
  | { readonly kind: "undecided" }
  | { readonly kind: "met" }
  | { readonly kind: "filtered" }
  | { readonly kind: "skipped"; readonly reason: SkipReason };

export type JoinRule = (looks: readonly Look[]) => JoinDecision;

/** The row `allCompleted`: "all completed or filtered"; "all filtered: `filtered`. Any skipped, blocked, failed, cancelled: skipped, at once". */
export const allCompleted: JoinRule = (looks) => {
  // "A node without upstreams is met."
  if (looks.length === 0) return { kind: "met" };
  const isBad = (look: Look): boolean => look === "skipped" || look === "blocked" || look === "failed" || look === "cancelled";
  // "Had all failed, blocked, cancelled and skipped upstreams completed, could the rule be met?" Always, for this rule.
  if (looks.some(isBad)) return { kind: "skipped", reason: whySkipped(looks) };
  if (looks.includes("unsettled")) return { kind: "undecided" };
  return looks.every((look) => look === "filtered") ? { kind: "filtered" } : { kind: "met" };
};

/** "Yes: `upstreamFailed` if one of them failed, is blocked or cancelled, else `upstreamSkipped`." */
function whySkipped(looks: readonly Look[]): SkipReason {
  return looks.some((look) => look === "failed" || look === "blocked" || look === "cancelled") ? "upstreamFailed" : "upstreamSkipped";
}
