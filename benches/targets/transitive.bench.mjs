/** G6: transitive reduction and closure against bitsets in plain JavaScript; the reachability index on real and generated graphs. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { once } from "../_once.mjs";
import { judge, judgeAtMost, markdown, notRun, show, showMs, timingCells } from "../_table.mjs";
import { inProcess, takeTurns } from "../_turns.mjs";

const COLUMNS = ["Dagny", "JS floor"].map((name) => ({ name, peer: false }));
const INDEX_COLUMNS = ["nodes", "edges", "build", "memory", "one question"];
const DATA = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

/** Runs G6. */
export async function run({ shapes, sizes, budgetMs, rounds, say }) {
  const size = sizes.has("10k") ? "10k" : "1k";
  const n = sizes.get(size) ?? 1_000;
  const rows = [];
  for (const shape of shapes) {
    const table = await takeTurns({
      contenders: [inProcess("./contenders/dagny-graph.mjs", "Dagny"), inProcess("./contenders/graph-floor.mjs", "JS floor")],
      input: { shape, n },
      works: ["reduction", "closure"],
      limitMs: 60_000,
      budgetMs,
      rounds: Math.min(rounds, 7),
      say: (work) => say(`transitive ${shape}: ${work}`),
    });
    for (const [work, row] of table) {
      const verdicts = size === "10k" ? judge(row, row.get("Dagny"), { against: "JS floor", op: "≥", must: 3, aim: 8 }) : [];
      const note =
        row.get("Dagny")?.check !== undefined && row.get("Dagny").check !== row.get("JS floor")?.check ? "ANSWERS DIFFER" : undefined;
      const base = { target: "G6", work: `transitive ${work}, ids out`, shape, size, cells: timingCells(row, "Dagny", COLUMNS), verdicts };
      rows.push(note === undefined ? base : { ...base, note });
    }
  }
  const index = await indexRows(sizes, say);
  return [
    {
      id: "G6",
      rows,
      text: markdown(
        "G6: transitive reduction and closure",
        COLUMNS.map(({ name }) => name),
        rows,
      ),
    },
    {
      id: "G6",
      rows: index,
      text: markdown("G6: reachability index (a process each; memory: resident, after a collection)", INDEX_COLUMNS, index),
    },
  ];
}

async function indexRows(sizes, say) {
  const rows = [];
  for (const name of realGraphs()) rows.push(await indexRow(name.replace(/\.json(\.gz)?$/, ""), "as given", [`${DATA}${name}`, 0], say));
  if (rows.length === 0) rows.push(notRun("G6", "reachability index", "real graphs", "–", "../shared/data is not there"));
  if (sizes.has("100k") || sizes.has("1m")) rows.push(await indexRow("layered", "60k", ["layered", 60_000], say));
  else rows.push(notRun("G6", "reachability index", "layered", "60k", "size not chosen"));
  return rows;
}

async function indexRow(shape, size, args, say) {
  say(`reachability index: ${shape}`);
  const found = await once("./contenders/reachability.mjs", args, { limitMs: 60_000, flags: ["--expose-gc"] });
  const at = { target: "G6", work: "reachability index", shape, size };
  if (found.error !== undefined) {
    const verdicts = [judgeAtMost("must", undefined, 1, "s")].map((verdict) => ({ ...verdict, value: found.error }));
    return { ...at, cells: new Map([["build", found.error]]), verdicts };
  }
  const megabytes = Math.max(0, found.bytes) / 2 ** 20;
  const cells = new Map([
    ["nodes", String(found.nodes)],
    ["edges", String(found.edges)],
    ["build", showMs(found.ms)],
    ["memory", `${show(megabytes)} MB`],
    ["one question", `${show(found.askNs)} ns`],
  ]);
  return { ...at, cells, verdicts: [judgeAtMost("must", found.ms / 1_000, 1, "s"), judgeAtMost("must", megabytes, 128, "MB")] };
}

/** The acyclic graphs of the shared data with at least 500 nodes, largest first; smaller ones say nothing about time. */
function realGraphs() {
  if (!existsSync(DATA)) return [];
  const sized = [];
  for (const name of readdirSync(DATA)) {
    if (!/^[^.]+\.json(\.gz)?$/.test(name)) continue;
    const expected = `${DATA}${name.replace(/\.json(\.gz)?$/, ".expected.json")}`;
    if (!existsSync(expected) || JSON.parse(readFileSync(expected, "utf8")).isDag !== true) continue;
    const bytes = readFileSync(`${DATA}${name}`);
    const { nodes } = JSON.parse((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString());
    if (nodes.length >= 500) sized.push({ name, nodes: nodes.length });
  }
  return sized.sort((a, b) => b.nodes - a.nodes).map(({ name }) => name);
}
