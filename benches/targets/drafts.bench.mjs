/** G7: edges added one by one in the worst order, each checked at once, against the same adds unchecked. */

import { judge, markdown, timingCells } from "../_table.mjs";
import { inProcess, takeTurns } from "../_turns.mjs";

const COLUMNS = [
  { name: "Dagny draft", peer: false },
  { name: "Dagny builder, unchecked", peer: false },
  { name: "Dagny builder, then build", peer: false },
  { name: "graphology, unchecked", peer: true },
  { name: "graphology, willCreateCycle", peer: true },
];

/** Runs G7: 4,000 nodes in layers, the edges of the last layer first. */
export async function run({ budgetMs, rounds, say }) {
  const table = await takeTurns({
    contenders: COLUMNS.map(({ name }) => inProcess("./contenders/drafts.mjs", name)),
    input: { n: 4_000 },
    works: ["last-first", "first-first"],
    limitMs: 15_000,
    budgetMs,
    rounds,
    say: (work) => say(`drafts: ${work}`),
  });
  const at = { target: "G7", shape: "layered", size: "4k" };
  const rows = [];
  for (const [work, title] of [
    ["last-first", "add edges, last layer first"],
    ["first-first", "add edges, first layer first"],
  ]) {
    const row = table.get(work);
    const verdicts =
      work === "last-first" ? judge(row, row.get("Dagny draft"), { against: "Dagny builder, unchecked", op: "≤", must: 5, aim: 2 }) : [];
    rows.push({ ...at, work: title, cells: timingCells(row, "Dagny draft", COLUMNS), verdicts });
  }
  return [
    {
      id: "G7",
      rows,
      text: markdown(
        "G7: edges checked one by one",
        COLUMNS.map(({ name }) => name),
        rows,
      ),
    },
  ];
}
