/** E7: a run of 10 nodes, whole, against an executor over promises written by hand. */

import { judge, markdown, timingCells } from "../_table.mjs";
import { inProcess, takeTurns } from "../_turns.mjs";

const NAMES = ["Dagny", "Dagny, executor kept", "Promise executor"];
const COLUMNS = NAMES.map((name) => ({ name, peer: false }));

/** Runs E7; the size is always 10. */
export async function run({ shapes, budgetMs, rounds, say }) {
  const rows = [];
  for (const kind of ["sync", "async"]) {
    for (const shape of shapes) {
      const table = await takeTurns({
        contenders: NAMES.map((name) => inProcess("./contenders/small-runs.mjs", name)),
        input: { shape, n: 10, kind },
        works: ["run"],
        // A run crosses most of the engine's code once: it takes long to get warm.
        warmMs: 1_000,
        limitMs: 20_000,
        budgetMs,
        rounds: rounds * 3,
        say: () => say(`run of 10: ${kind} ${shape}`),
      });
      const row = table.get("run");
      const verdicts = judge(row, row.get("Dagny"), { against: "Promise executor", op: "≤", must: 3, aim: 1.5 });
      rows.push({ target: "E7", work: `${kind} no-op`, shape, size: "10", cells: timingCells(row, "Dagny", COLUMNS), verdicts });
    }
  }
  return [
    { id: "E7", rows, text: markdown("E7: a run of 10 nodes, whole (tasks given by name; `new DAGExecutor` in each run)", NAMES, rows) },
  ];
}
