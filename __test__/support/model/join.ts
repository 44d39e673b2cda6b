/**
 * Joins of the reference model: from what a node sees of its upstreams to what becomes of it.
 *
 * DESIGN §4, "Joins".
 */
import type { Expression, JoinRule, Look } from "./spec.js";
import type { SkipReason } from "./types.js";

export type JoinDecision =
  | { readonly kind: "undecided" }
  | { readonly kind: "met" }
  | { readonly kind: "filtered" }
  | { readonly kind: "skipped"; readonly reason: SkipReason };

type Value = "undecided" | "met" | "filtered" | "unmet";

/** "Rules are three-valued: decided as soon as the answer cannot change." */
export function decideJoin(rule: JoinRule, looks: readonly Look[]): JoinDecision {
  // "A node without upstreams is met."
  if (looks.length === 0) return { kind: "met" };
  const value = outcomeOf(rule, looks);
  return value === "unmet" ? { kind: "skipped", reason: whySkipped(rule, looks) } : { kind: value };
}

/** The table's rows. */
function outcomeOf(rule: JoinRule, looks: readonly Look[]): Value {
  if (typeof rule === "object") {
    const value = kleene(rule.expression, looks);
    return value === null ? "undecided" : value ? "met" : "unmet";
  }
  const hasOpen = looks.includes("open");
  const some = (test: (look: Look) => boolean): boolean => looks.some(test);
  const bad = some(isBad);
  switch (rule) {
    case "allCompleted":
      if (bad || looks.includes("skipped")) return "unmet";
      if (hasOpen) return "undecided";
      return looks.every((look) => look === "filtered") ? "filtered" : "met";
    case "anyCompleted":
      if (looks.includes("completed")) return "met";
      return hasOpen ? "undecided" : "unmet";
    case "allSettled":
      return hasOpen ? "undecided" : "met";
    case "anyFailed":
      if (bad) return "met";
      return hasOpen ? "undecided" : "unmet";
    case "allFailed":
      if (some((look) => look !== "open" && !isBad(look))) return "unmet";
      return hasOpen ? "undecided" : "met";
    case "noneFailed":
      if (bad) return "unmet";
      return hasOpen ? "undecided" : "met";
    case "noneFailedOneCompleted":
      if (bad) return "unmet";
      if (hasOpen) return "undecided";
      return looks.includes("completed") ? "met" : "unmet";
  }
}

/** "Failed, blocked or cancelled." */
function isBad(look: Look): boolean {
  return look === "failed" || look === "blocked" || look === "cancelled";
}

/** "Kleene's tables; of a settled upstream exactly one atom is true." `null` is unknown. */
function kleene(expression: Expression, looks: readonly Look[]): boolean | null {
  switch (expression.op) {
    case "constant":
      return expression.value;
    case "is": {
      const look = looks[expression.upstream];
      return look === "open" || look === undefined ? null : look === expression.look;
    }
    case "not": {
      const value = kleene(expression.of, looks);
      return value === null ? null : !value;
    }
    default: {
      const absorbing = expression.op === "or";
      const sides = [kleene(expression.left, looks), kleene(expression.right, looks)];
      if (sides.includes(absorbing)) return absorbing;
      return sides.includes(null) ? null : !absorbing;
    }
  }
}

/**
 * "Had all failed, blocked, cancelled and skipped upstreams completed, could the rule be met? No: `join`. Yes: `upstreamFailed` if one of them failed,
 * is blocked or cancelled, else `upstreamSkipped`."
 */
function whySkipped(rule: JoinRule, looks: readonly Look[]): SkipReason {
  const mended = looks.map((look): Look => (isBad(look) || look === "skipped" ? "completed" : look));
  if (outcomeOf(rule, mended) === "unmet") return "join";
  return looks.some(isBad) ? "upstreamFailed" : "upstreamSkipped";
}
