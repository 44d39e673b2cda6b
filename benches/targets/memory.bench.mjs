/** G5 and E5: memory of a built graph and of a run, each measured in a fresh process with --expose-gc. */
import { once } from "../_once.mjs";
import { judgeAtMost, markdown, notRun, show } from "../_table.mjs";

const BUILDERS = ["Dagny", "JS floor", "graphology", "graphlib"];
const RUNNERS = ["Dagny", "timed", "record"];
const MB = 1_000_000;

/** Runs the chosen targets of G5 and E5; both are judged at 1M. */
export async function run({ targets, shapes, sizes, say }) {
  const sections = [];
  if (targets.has("G5")) sections.push(await graphs(shapes, sizes, say));
  if (targets.has("E5")) sections.push(await runs(shapes, sizes, say));
  return sections;
}

async function graphs(shapes, sizes, say) {
  const rows = [];
  for (const shape of shapes) {
    for (const [size, n] of atScale(sizes)) {
      const isJudged = size === "1m" && shape === "layered";
      const found = await measure("build", isJudged ? BUILDERS : BUILDERS.slice(0, 2), shape, n, say);
      const bytes = found.get("Dagny").retained / n;
      const value = Number.isNaN(bytes) ? undefined : bytes;
      const verdicts = isJudged ? [judgeAtMost("must", value, 120, "bytes a node"), judgeAtMost("aim", value, 75, "bytes a node")] : [];
      const at = { target: "G5", shape, size };
      rows.push({ ...at, work: "resident, bytes a node", cells: cells(found, BUILDERS, ({ retained }) => show(retained / n)), verdicts });
      rows.push({
        ...at,
        work: "as V8 counts it, bytes a node",
        cells: cells(found, BUILDERS, ({ heap }) => show(heap / n)),
        verdicts: [],
      });
    }
  }
  if (!sizes.has("1m")) rows.push(notRun("G5", "memory of a built graph", "layered", "1m", "size not chosen"));
  return {
    id: "G5",
    rows,
    text: markdown("G5: memory of a built graph, name index included, strings not (judged: layered, 1M nodes, 3M edges)", BUILDERS, rows),
  };
}

async function runs(shapes, sizes, say) {
  const rows = [];
  for (const shape of shapes) {
    for (const [size, n] of atScale(sizes)) {
      const found = await measure("run", RUNNERS, shape, n, say);
      const dagny = found.get("Dagny").peak;
      const value = dagny === undefined ? undefined : dagny / MB;
      const verdicts = size === "1m" ? [judgeAtMost("must", value, 150, "MB"), judgeAtMost("aim", value, 64, "MB")] : [];
      const at = { target: "E5", shape, size };
      rows.push({
        ...at,
        work: "peak while it runs, MB",
        cells: cells(found, RUNNERS, ({ peak }) => (peak === undefined ? "–" : show(peak / MB))),
        verdicts,
      });
      rows.push({
        ...at,
        work: "kept with the report, MB",
        cells: cells(found, RUNNERS, ({ retained }) => show(retained / MB)),
        verdicts: [],
      });
    }
  }
  if (!sizes.has("1m")) rows.push(notRun("E5", "memory of a run", "all", "1m", "size not chosen"));
  return { id: "E5", rows, text: markdown("E5: memory that running async no-op tasks adds (judged: the peak at 1M)", RUNNERS, rows) };
}

/** Below 100,000 nodes the noise of a process is larger than the graph. */
function atScale(sizes) {
  return [...sizes].filter(([, n]) => n >= 1_000_000);
}

/** Of Dagny's three processes the median one; one each of the others, which are not judged. */
async function measure(what, names, shape, n, say) {
  const found = new Map();
  const figure = what === "run" ? "peak" : "retained";
  for (const name of names) {
    say(`memory ${what} ${shape}: ${name}`);
    const runs = [];
    for (let i = 0; i < (name === "Dagny" ? 3 : 1); i++) {
      runs.push(await once("./contenders/memory.mjs", [what, name, shape, n], { limitMs: 120_000, flags: ["--expose-gc"] }));
    }
    found.set(name, runs.find(({ error }) => error !== undefined) ?? runs.sort((a, b) => a[figure] - b[figure])[runs.length >> 1]);
  }
  return found;
}

function cells(found, names, text) {
  return new Map(names.filter((name) => found.has(name)).map((name) => [name, found.get(name).error ?? text(found.get(name))]));
}
