/** Join expressions as data: what an upstream looks like through its edge, combined. */

/** What an upstream can look like through its edge once it is settled. */
export type Look = "completed" | "failed" | "skipped" | "blocked" | "filtered" | "cancelled";

/**
 * A join expression. `is` is true where the upstream `node` looks so; of a settled upstream exactly one look is true, of one that is not
 * settled none is known yet.
 */
export type JoinTree =
  | { readonly node: string; readonly is: Look }
  | { readonly not: JoinTree }
  | { readonly and: readonly JoinTree[] }
  | { readonly or: readonly JoinTree[] };

/** Every look, as expressions write it. */
export const looks: readonly Look[] = ["completed", "failed", "skipped", "blocked", "filtered", "cancelled"];
