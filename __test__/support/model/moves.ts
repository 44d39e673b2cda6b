/** The legal moves of a node: DESIGN §4, the table under "States of a node", as its text. Everything else is refused. */
import type { NodeState } from "./types.js";

const table = `
pending → ready | completed | failed | skipped | filtered | cancelled
ready   → running | failed | skipped | cancelled
running → completed | failed | waiting | cancelled
waiting → ready | completed | failed | cancelled
`;

const legal: ReadonlySet<string> = new Set(
  table
    .trim()
    .split("\n")
    .flatMap((row) => {
      const [from = "", to = ""] = row.split("→");
      return to.split("|").map((state) => `${from.trim()} → ${state.trim()}`);
    }),
);

export function isLegalMove(from: NodeState, to: NodeState): boolean {
  return legal.has(`${from} → ${to}`);
}

/** "… and the settled ones." */
export function isSettled(state: NodeState): boolean {
  return state === "completed" || state === "failed" || state === "skipped" || state === "filtered" || state === "cancelled";
}
