/**
 * Where the time went: a trace for ui.perfetto.dev or chrome://tracing, and a profile.
 *
 *     fetch ─┬─> small ─┬─> merge          two slots
 *            ├─> large ─┤
 *            └─> other ─┘
 */
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { DAG, DAGExecutor } from "dagny";

const flow = DAG.builder()
  .task("fetch", () => sleep(10))
  .task("small", ["fetch"], () => sleep(10))
  .task("large", ["fetch"], () => sleep(80))
  .task("other", ["fetch"], () => sleep(10))
  .task("merge", ["small", "large", "other"], () => sleep(10))
  .build();

const result = (await new DAGExecutor(flow, 2).execute()).orThrow();

// The trace, written piece by piece: a run of a million nodes needs no string of that size.
const folder = new URL("out/", import.meta.url);
const file = new URL("trace.json", folder);
await mkdir(folder, { recursive: true });
await writeFile(file, result.trace.chromeTraceChunks());
const { traceEvents } = JSON.parse(await readFile(file, "utf8"));
console.log(`${traceEvents.length} trace events`);

// The profile: the critical path that really happened, and what is worth making faster.
const profile = result.profile();
console.log(`critical path: ${profile.criticalPath.path.join(" -> ")}`);
console.log(`${profile.parallelism.average.toFixed(2)} tasks at once on average, ${profile.parallelism.peak} at most`);
for (const { name, savesMs } of profile.bottlenecks)
  console.log(`without ${name} the run would have been ${savesMs.toFixed(0)} ms shorter`);
console.log(`small could have taken ${profile.get("small")?.slackMs?.toFixed(0)} ms more`);

// Which of the three is on the path depends on the machine; that the path begins and ends like this does not.
assert.equal(profile.criticalPath.path[0], "fetch");
assert.equal(profile.criticalPath.path.at(-1), "merge");
assert.ok(profile.bottlenecks.some(({ name }) => name === "merge"));
assert.ok(profile.waiting.slotMs > 0); // Three were ready at once, and there were two slots.
assert.deepEqual(result.trace.toChromeTrace().traceEvents, traceEvents);
