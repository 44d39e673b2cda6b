/**
 * The demo: runs the flow of `flow.ts` over real flights and weather, shows it as it goes, and prints what came out.
 *
 *   npm run demo               at its own speed
 *   npm run demo -- --slow     shown once more in slow motion
 *
 * Writes tables, a drawing of the flow and a trace of the run into examples/out/. Exits 0 if everything completed. Ctrl-C cancels.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunEvent } from "dagny";
import { etlFlow, runEtl } from "./flow.js";
import { inSlowMotion, progressOn } from "./progress.js";
import { loadedOf, summaryOf, tablesOf } from "./report.js";

const examples = fileURLToPath(new URL("..", import.meta.url));
const out = join(examples, "out");

const flow = etlFlow({ data: join(examples, "data"), out });

/** What the progress display shows on one line. */
const stages = ["extract", "transform", "state", "climate", "check", "load"];
const stageOf = (node: string): string => {
  if (node.includes("/")) return node.slice(0, node.indexOf("/"));
  return ["flights", "airports", "weather"].includes(node) ? "extract" : "transform";
};
const nodes = flow.topologicalSort().sort((a, b) => stages.indexOf(stageOf(a)) - stages.indexOf(stageOf(b)));

const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort(new Error("interrupted")));

console.log(`Flights and weather: ${flow.nodeCount} tasks, at most 4 at a time\n`);
const events: RunEvent[] = [];
const show = progressOn(process.stdout, nodes, stageOf);
const onEvent = (event: RunEvent): void => {
  events.push(event);
  show(event);
};
const result = await runEtl(flow, { signal: interrupt.signal, onEvent });
if (process.argv.includes("--slow")) {
  console.log("\nOnce more, in slow motion\n");
  await inSlowMotion(events, progressOn(process.stdout, nodes, stageOf), 5000);
}

console.log(`\n${summaryOf(result)}`);
if (result.status === "completed") console.log(`\n${tablesOf(result).join("\n\n")}`);

const drawing = join(out, "flow.mmd");
const trace = join(out, "run.trace.json");
// The box around a branch already says what it is a branch of.
const label = (node: string): string => node.slice(node.indexOf("/") + 1);
await mkdir(out, { recursive: true });
await writeFile(drawing, flow.toMermaid({ direction: "LR", namespaces: true, label, result }));
await writeFile(trace, result.trace.chromeTraceChunks());
console.log("\nWritten");
for (const { path, rows, bytes } of loadedOf(result)) console.log(`  ${shown(path)}  ${rows} rows, ${bytes.toLocaleString("en-US")} bytes`);
console.log(`  ${shown(drawing)}  the flow, colored by what became of each node: paste it into https://mermaid.live`);
console.log(`  ${shown(trace)}  the run over time: open it in https://ui.perfetto.dev or chrome://tracing`);
process.exitCode = result.status === "completed" ? 0 : 1;

/** Seen from here, padded for a list. */
function shown(path: string): string {
  return relative(process.cwd(), path).padEnd(28);
}
