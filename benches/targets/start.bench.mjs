/** G4: a fresh process that imports, builds 1,000 nodes and sorts. Processes are started in turn; Node's own start is not counted. */
import { once } from "../_once.mjs";
import { judge, markdown, timingCells } from "../_table.mjs";

const COLUMNS = ["Dagny", "graphology", "graphlib", "toposort"].map((name) => ({ name, peer: name !== "Dagny" }));

/** Runs G4. */
export async function run({ rounds, say }) {
  const inside = new Map(COLUMNS.map(({ name }) => [name, []]));
  const whole = new Map(COLUMNS.map(({ name }) => [name, []]));
  const errors = new Map();
  for (let round = 0; round < rounds + 1; round++) {
    say(`start: round ${round}`);
    for (const { name } of COLUMNS) {
      const found = await once("./contenders/start.mjs", [name], { limitMs: 20_000 });
      if (found.error !== undefined) errors.set(name, found.error);
      // The first round brings the files into the page cache.
      else if (round > 0) {
        inside.get(name).push(found.ms);
        whole.get(name).push(found.processMs);
      }
    }
  }
  const row = timings(inside, errors);
  const verdicts = judge(row, row.get("Dagny"), { against: "graphology", op: "≤", must: 1.0, aim: 0.4 });
  const at = { target: "G4", shape: "layered", size: "1k" };
  const rows = [
    { ...at, work: "import, build, sort", cells: timingCells(row, "Dagny", COLUMNS), verdicts },
    { ...at, work: "the whole process, Node's start included", cells: timingCells(timings(whole, errors), "Dagny", COLUMNS), verdicts: [] },
  ];
  return [
    {
      id: "G4",
      rows,
      text: markdown(
        "G4: a fresh process",
        COLUMNS.map(({ name }) => name),
        rows,
      ),
    },
  ];
}

function timings(samples, errors) {
  const row = new Map();
  for (const [name, list] of samples) {
    const sorted = list.toSorted((a, b) => a - b);
    if (sorted.length === 0) row.set(name, { error: errors.get(name) });
    else row.set(name, { medianMs: sorted[sorted.length >> 1], minMs: sorted[0], rounds: sorted.length, check: 0 });
  }
  return row;
}
