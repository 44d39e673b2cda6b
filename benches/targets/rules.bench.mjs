/** R1 to R3: what policies on every node cost; very many waits at once; a map of very many items. */
import { judgeAtMost, markdown, show, timingCells } from "../_table.mjs";
import { inProcess, takeTurns } from "../_turns.mjs";

const BARE = "Bare";
const WITH = ["With a retry policy", "With timeouts", "With a condition", "With all three"];
const LIMIT_MS = 60_000;

const seat = (name) => inProcess("./contenders/rules.mjs", name);

/** Runs the chosen ones of R1, R2 and R3; sizes above 100k are for R3 only. */
export async function run({ targets, sizes, budgetMs, rounds, say }) {
  const sections = [];
  const turns = (names, input) =>
    takeTurns({
      contenders: names.map(seat),
      input,
      works: ["run"],
      warmMs: 500,
      limitMs: LIMIT_MS,
      budgetMs,
      rounds,
      say: () => say(`rules: ${names[0]} ${input.n}`),
    });
  const upTo = (most) => [...sizes].filter(([, n]) => n >= 10_000 && n <= most);
  if (targets.has("R1")) sections.push(await policies(upTo(100_000), turns));
  if (targets.has("R2")) sections.push(await waits(upTo(100_000), turns));
  if (targets.has("R3")) sections.push(await maps(upTo(1_000_000), turns));
  return sections;
}

async function policies(sizes, turns) {
  const rows = [];
  for (const kind of ["sync", "async"]) {
    for (const [size, n] of sizes) {
      const row = (await turns([BARE, ...WITH], { shape: "layered", n, kind })).get("run");
      const more = (name) => moreOf(row, name, n);
      const cells = timingCells(
        row,
        BARE,
        [BARE, ...WITH].map((name) => ({ name, peer: false })),
      );
      for (const name of WITH) cells.set(name, more(name) === undefined ? (row.get(name)?.error ?? "–") : `+${show(more(name))} µs a task`);
      const verdicts = [judgeAtMost("must", more("With all three"), 1, "µs a task more")];
      rows.push({ target: "R1", work: `${kind} no-op`, shape: "layered", size, cells, verdicts });
    }
  }
  return { id: "R1", rows, text: markdown("R1: policies on every node, against the same run without", [BARE, ...WITH], rows) };
}

function moreOf(row, name, n) {
  const [bare, other] = [row.get(BARE)?.medianMs, row.get(name)?.medianMs];
  return bare === undefined || other === undefined ? undefined : ((other - bare) * 1_000) / n;
}

async function waits(sizes, turns) {
  const rows = [];
  const names = ["Code that sleeps", "Code that waits"];
  for (const name of names) {
    let before;
    for (const [size, n] of sizes) {
      const found = (await turns([name], { n })).get("run").get(name);
      const each = found?.medianMs === undefined ? undefined : (found.medianMs * 1_000) / n;
      const cells = new Map([["a wait", each === undefined ? (found?.error ?? "–") : `${show(each)} µs`]]);
      const growth = before === undefined || each === undefined ? undefined : each / before.each / (Math.log2(n) / Math.log2(before.n));
      const verdicts = before === undefined ? [] : [judgeAtMost("must", growth, 1.5, "times O(log n) of the size before")];
      rows.push({ target: "R2", work: name, shape: "independent", size, cells, verdicts });
      if (each !== undefined) before = { each, n };
    }
  }
  return { id: "R2", rows, text: markdown("R2: waits that are open at once, a run over them", ["a wait"], rows) };
}

async function maps(sizes, turns) {
  const rows = [];
  const names = ["A map", "A loop"];
  for (const [size, n] of sizes) {
    const row = (await turns(names, { n })).get("run");
    const cells = timingCells(
      row,
      "A map",
      names.map((name) => ({ name, peer: false })),
    );
    const each = row.get("A map")?.medianMs;
    cells.set("an item", each === undefined ? "–" : `${show((each * 1_000) / n)} µs`);
    rows.push({ target: "R3", work: "a map of no-ops", shape: "items", size, cells, verdicts: [] });
  }
  return { id: "R3", rows, text: markdown("R3: a map of very many items, against a plain loop", [...names, "an item"], rows) };
}
