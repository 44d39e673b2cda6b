/**
 * A recorded scientific workflow, run again: each task sleeps as long as it took then, a thousand times faster.
 *
 *     individuals ×10 ──> merge ─┬─> mutation_overlap ×7
 *                                │                            (for each of 8 chromosomes: 208 tasks)
 *     sifting ───────────────────┴─> frequency ×7
 *
 * However many workers there are, the longest chain of tasks is a floor for the whole, and so is all work divided by the workers. Graham's
 * bound is a ceiling for every schedule that leaves no worker idle while a task is ready. The reference answers beside the recording have
 * both; a run keeps to them but for the time that the engine and the timers take.
 *
 *   tsx examples/15-replay.ts [recording.json(.gz)] [times faster]
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { DAG, DAGExecutor, type TaskContext } from "dagny";

interface Recording {
  readonly name: string;
  readonly nodes: readonly { readonly id: string; readonly runtimeSeconds: number }[];
  readonly edges: readonly (readonly [from: string, to: string])[];
}

interface Answers {
  readonly criticalPath: { readonly seconds: number };
  readonly makespanBounds: { readonly [workers: string]: readonly [lower: number, upper: number] };
}

const file = process.argv[2] ?? fileURLToPath(new URL("../../shared/data/wf-1000genome-8ch-100k.json", import.meta.url));
const timesFaster = Number(process.argv[3] ?? 1000);
const recording = (await read<Recording>(file)) ?? film();
const answers = await read<Answers>(file.replace(/\.json(\.gz)?$/, ".expected.json"));

const dag: DAG = DAG.builder()
  .addNodes(recording.nodes.map(({ id, runtimeSeconds }) => [id, { cost: runtimeSeconds }] as const))
  .addEdges(recording.edges)
  .build();
const work = recording.nodes.reduce((sum, node) => sum + node.runtimeSeconds, 0);
const longest = dag.criticalPath().cost;
console.log(`${recording.name}: ${dag.nodeCount} tasks, ${work.toFixed(1)} s of work, critical path ${longest.toFixed(1)} s`);
if (answers !== undefined) assert.ok(Math.abs(longest - answers.criticalPath.seconds) < 1e-6);

/** As the recording has it, on this clock. */
const replay = (_: unknown, { name, signal }: TaskContext): Promise<void> =>
  sleep(((dag.get(name).cost ?? 0) * 1000) / timesFaster, undefined, { signal });

for (const workers of [16, 64]) {
  const plan = dag.executionPlan(workers);
  const [lower, upper] = answers?.makespanBounds[workers] ?? [
    Math.max(longest, work / workers),
    work / workers + longest * (1 - 1 / workers),
  ];
  const result = (await new DAGExecutor(dag, workers).execute(replay)).orThrow();
  const seconds = (result.durationMs / 1000) * timesFaster;
  const { parallelism, criticalPath } = result.profile();
  console.log(`\n${workers} workers: ${seconds.toFixed(1)} s`);
  console.log(`  bounds        ${lower.toFixed(1)} to ${upper.toFixed(1)} s`);
  console.log(`  planned       ${plan.makespan.toFixed(1)} s (the run ${percent(seconds / plan.makespan - 1)})`);
  console.log(`  parallelism   ${parallelism.average.toFixed(1)} of ${workers} on average`);
  console.log(`  what it waited for: ${criticalPath.path.map((name) => name.replace(/_ID0*/, " ")).join(" -> ")}`);

  assert.equal(result.succeeded, dag.nodeCount);
  assert.ok(lower <= plan.makespan + 1e-6 && plan.makespan <= upper + 1e-6);
  // Timers may fire a millisecond early; work cannot be done faster than that.
  assert.ok(seconds >= lower * 0.95);
  for (const { from, to } of dag.edges()) {
    const [upstream, downstream] = [result.get(from), result.get(to)];
    assert.ok((upstream.startedAt ?? 0) + upstream.durationMs <= (downstream.startedAt ?? 0) + 0.001);
  }
}

function percent(share: number): string {
  return `${share < 0 ? "" : "+"}${(share * 100).toFixed(1)} %`;
}

/** A JSON file, gzipped or not; `undefined` where there is none. */
async function read<T>(path: string): Promise<T | undefined> {
  if (!existsSync(path)) return undefined;
  const bytes = await readFile(path);
  return JSON.parse(String(path.endsWith(".gz") ? gunzipSync(bytes) : bytes));
}

/** A small recording of our own, for where the real ones are not at hand. */
function film(): Recording {
  console.log(`skipped: there is no ${file}; a film of eight scenes instead`);
  const scenes = Array.from({ length: 8 }, (_, scene) => scene);
  return {
    name: "film",
    nodes: [
      { id: "split", runtimeSeconds: 40 },
      ...scenes.map((scene) => ({ id: `encode ${scene}`, runtimeSeconds: 60 + 20 * scene })),
      ...scenes.map((scene) => ({ id: `check ${scene}`, runtimeSeconds: 15 })),
      { id: "sound", runtimeSeconds: 150 },
      { id: "join", runtimeSeconds: 50 },
    ],
    edges: [
      ...scenes.flatMap((scene): [string, string][] => [
        ["split", `encode ${scene}`],
        [`encode ${scene}`, `check ${scene}`],
        [`check ${scene}`, "join"],
      ]),
      ["split", "sound"],
      ["sound", "join"],
    ],
  };
}
