/** G7: edges added one by one in the worst order, each checked at once, against the same adds unchecked. */
import { judge, markdown, timingCells } from "../_table.mjs";
import { inProcess, takeTurns } from "../_turns.mjs";

const COLUMNS = [
  { name: "Dagny draft", peer: false },
  { name: "Dagny builder, unchecked", peer: false },
  { name: "graphology, unchecked", peer: true },
  { name: "graphology, willCreateCycle", peer: true },
];

/** Order of nodes and order of edges; the worst order for a draft depends on the order its nodes came in. */
const WORKS = [
  ["forward-forward", "nodes first layer first, edges first layer first", false],
  ["forward-backward", "nodes first layer first, edges last layer first", true],
  ["backward-backward", "nodes last layer first, edges last layer first", true],
];

/** Runs G7: 4,000 nodes in layers. */
export async function run({ budgetMs, rounds, say }) {
  const table = await takeTurns({
    contenders: COLUMNS.map(({ name }) => inProcess("./contenders/drafts.mjs", name)),
    input: { n: 4_000 },
    works: WORKS.map(([work]) => work),
    limitMs: 6_000,
    budgetMs,
    rounds: 5 * rounds,
    say: (work) => say(`drafts: ${work}`),
  });
  const rows = WORKS.map(([work, title, isJudged]) => {
    const row = table.get(work);
    const verdicts = isJudged ? judge(row, row.get("Dagny draft"), { against: "Dagny builder, unchecked", op: "≤", must: 5, aim: 2 }) : [];
    const cells = timingCells(row, "Dagny draft", COLUMNS);
    return { target: "G7", work: title, shape: "layered", size: "4k", cells, verdicts };
  });
  const columns = COLUMNS.map(({ name }) => name);
  return [{ id: "G7", rows, text: markdown("G7: edges added one by one", columns, rows) }];
}
