/**
 * `npm run bench`: every target of the speed table as a printed row.
 *
 *   --only G1,E1          some targets
 *   --sizes 1k,10k        some sizes (1k, 10k, 100k, 1m)
 *   --shapes layered      some shapes (chain, layered, fan)
 *   --quick               sizes 1k and 10k with short rounds: does everything work?
 *   --json results.json   also write rows and conditions as JSON
 *   --markdown table.md   also write the printed table
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import os from "node:os";
import { parseArgs } from "node:util";
import { buildRustFloor, installPeers, versions } from "./_install.mjs";
import { SHAPES, SIZES } from "./_setup.mjs";
import { summary } from "./_table.mjs";

/** Short suites first; graphs, with gigabytes of peers, last. */
const SUITES = [
  { targets: ["E7"], module: "./targets/small-runs.bench.mjs" },
  { targets: ["E1", "E2", "E3", "E4", "E6"], module: "./targets/runs.bench.mjs" },
  { targets: ["R1", "R2", "R3"], module: "./targets/rules.bench.mjs" },
  { targets: ["T1", "T2", "T3", "T4", "T5", "T6", "T7"], module: "./targets/threads.bench.mjs" },
  { targets: ["G4"], module: "./targets/start.bench.mjs" },
  { targets: ["G6"], module: "./targets/transitive.bench.mjs" },
  { targets: ["G7"], module: "./targets/drafts.bench.mjs" },
  { targets: ["G5", "E5"], module: "./targets/memory.bench.mjs" },
  { targets: ["G1", "G2", "G3"], module: "./targets/graph.bench.mjs" },
];
const ALL = SUITES.flatMap(({ targets }) => targets);

function options() {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      sizes: { type: "string" },
      shapes: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      markdown: { type: "string" },
    },
  });
  const sizes = pick("--sizes", values.sizes ?? (values.quick ? "1k,10k" : undefined), Object.keys(SIZES));
  return {
    targets: new Set(pick("--only", values.only?.toUpperCase(), ALL)),
    sizes: new Map(sizes.map((size) => [size, SIZES[size]])),
    shapes: pick("--shapes", values.shapes, SHAPES),
    budgetMs: values.quick ? 150 : 1_000,
    rounds: values.quick ? 5 : 9,
    json: values.json,
    markdown: values.markdown,
  };
}

function pick(option, text, known) {
  if (text === undefined) return [...known];
  const chosen = text.split(",").map((word) => word.trim());
  const unknown = chosen.filter((word) => !known.includes(word));
  if (unknown.length === 0) return chosen;
  console.error(`${option} must be a list of ${known.join(", ")}; received ${unknown.join(", ")}`);
  process.exit(2);
}

const begun = performance.now();

/** Progress: one line that changes on a terminal, a line each elsewhere. */
function say(text) {
  const seconds = Math.round((performance.now() - begun) / 1_000);
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else if (text !== "") process.stderr.write(`${seconds} s: ${text}\n`);
}

function conditions(start) {
  const cpu = os.cpus()[0]?.model.trim() ?? "unknown CPU";
  const rust = tryRun("rustc", ["--version"]);
  return {
    date: new Date(start).toISOString().slice(0, 10),
    machine: `${os.cpus().length} cores (${cpu}), ${Math.round(os.totalmem() / 2 ** 30)} GB, ${os.platform()} ${os.arch()}`,
    loadAverageAtStart: os.loadavg()[0],
    node: process.version,
    v8: process.versions.v8,
    rust,
    commit: tryRun("git", ["rev-parse", "--short", "HEAD"]),
    maxWorkers: os.availableParallelism(),
    versions: versions(),
  };
}

function tryRun(command, args) {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown";
  }
}

async function main() {
  const start = Date.now();
  const { targets, json, markdown, ...rest } = options();
  installPeers(console.error);
  const rustFloor = targets.has("G1") || targets.has("G3") ? buildRustFloor(console.error) : undefined;
  const found = conditions(start);
  const parts = ["```json", JSON.stringify(found, null, 2), "```", ""];
  console.log(parts.join("\n"));
  const rows = [];
  for (const suite of SUITES) {
    const chosen = new Set(suite.targets.filter((id) => targets.has(id)));
    if (chosen.size === 0) continue;
    const { run } = await import(suite.module);
    for (const section of await run({ ...rest, targets: chosen, rustFloor, say })) {
      say("");
      console.log(`${section.text}\n`);
      parts.push(section.text, "");
      rows.push(...section.rows);
    }
    if (markdown !== undefined) writeFileSync(markdown, parts.join("\n"));
  }
  const closing = `${summary(rows)}\nWhole run: ${Math.round((Date.now() - start) / 1_000)} s\n`;
  console.log(closing);
  parts.push(closing);
  if (markdown !== undefined) writeFileSync(markdown, parts.join("\n"));
  if (json !== undefined)
    writeFileSync(
      json,
      `${JSON.stringify({ conditions: found, rows: rows.map((row) => ({ ...row, cells: Object.fromEntries(row.cells) })) }, null, 2)}\n`,
    );
}

await main();
