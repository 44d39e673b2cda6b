/** T1 to T7: worker threads against pools, raw threads and the main thread; what they do to the event loop and to memory. */
import { once } from "../_once.mjs";
import { judge, judgeAtMost, markdown, show, timingCells } from "../_table.mjs";
import { inProcess, takeTurns } from "../_turns.mjs";
import { recordedWorkflows } from "../_workflows.mjs";
import { spinFor } from "../contenders/thread-tasks.mjs";
import { listSchedule } from "../floors/list-schedule.mjs";

const DAGNY = "Dagny";
const THREADS = 2;
const LIMIT_MS = 60_000;
const MB = 1_000_000;

const ours = (name) => inProcess("./contenders/threads.mjs", name);
const theirs = (name) => inProcess("./contenders/thread-peers.mjs", name);

/** The settings of each pool that were the fastest; a row is judged against the best in it. */
const POOLS = {
  piscina: ["piscina, 256 a thread, all at once", "piscina, 1,024 a thread, 1,024 at once"],
  tinypool: ["tinypool, 4,096 a thread, 1,024 at once", "tinypool, 65,536 a thread, all at once"],
};
const RAW = "raw threads";

/** Runs the chosen ones of T1 to T7. */
export async function run({ targets, sizes, budgetMs, rounds, say }) {
  const isQuick = !sizes.has("100k");
  const turns = (contenders, input, more = {}) =>
    takeTurns({
      contenders,
      input,
      works: ["run"],
      warmMs: 600,
      limitMs: LIMIT_MS,
      budgetMs: 2 * budgetMs,
      rounds,
      say: () => say(`threads: ${contenders[0].name} ${JSON.stringify(input).slice(0, 80)}`),
      ...more,
    });
  const at = { turns, isQuick, say };
  const parts = [
    ["T1", noOps],
    ["T2", computing],
    ["T3", workflows],
    ["T4", roundTrips],
    ["T5", values],
    ["T6", eventLoop],
    ["T7", memory],
  ];
  const sections = [];
  for (const [id, part] of parts) if (targets.has(id)) sections.push(await part(at));
  return sections;
}

const perTask = (n) => (ms) => `${show((ms * 1_000) / n)} µs`;
const usOf = (timing, n) => (timing?.medianMs === undefined ? undefined : (timing.medianMs * 1_000) / n);

/** The fastest setting of each pool under the pool's name. */
function withBest(row) {
  for (const [pool, settings] of Object.entries(POOLS)) {
    const timed = settings.map((name) => row.get(name)).filter((timing) => timing?.medianMs !== undefined);
    if (timed.length > 0)
      row.set(
        pool,
        timed.reduce((best, timing) => (timing.medianMs < best.medianMs ? timing : best)),
      );
  }
  return row;
}

async function noOps({ turns, isQuick }) {
  const rows = [];
  const READ = "Dagny, every record read";
  const LARGE = "Dagny, maxWorkers 1,024";
  const n = isQuick ? 10_000 : 100_000;
  const size = isQuick ? "10k" : "100k";
  const input = { n, threads: THREADS, task: "noop", maxWorkers: THREADS };
  const settings = Object.values(POOLS).flat();
  const table = await turns([ours(DAGNY), ours(LARGE), theirs(RAW), ...settings.map(theirs)], input, {
    works: ["run", "run-and-read"],
    worksOf: (name) => (name === DAGNY || name === LARGE ? ["run", "run-and-read"] : ["run"]),
  });
  const row = withBest(table.get("run"));
  const columns = [DAGNY, READ, ...Object.keys(POOLS), RAW].map((name) => ({ name, peer: name in POOLS }));
  for (const [name, maxWorkers] of [
    [DAGNY, String(THREADS)],
    [LARGE, "1,024"],
  ]) {
    const mine = new Map([...row, [DAGNY, row.get(name)], [READ, table.get("run-and-read").get(name)]]);
    const us = usOf(mine.get(DAGNY), n);
    rows.push({
      target: "T1",
      work: `independent no-ops, ${THREADS} threads, maxWorkers ${maxWorkers}`,
      shape: "independent",
      size,
      cells: timingCells(mine, DAGNY, columns, perTask(n)),
      verdicts: [
        judgeAtMost("must", us, 0.6, "µs a task"),
        judgeAtMost("aim", us, 0.25, "µs a task"),
        ...Object.keys(POOLS).flatMap((against) => judge(mine, mine.get(DAGNY), { against, op: "≥", must: 20, aim: 50 })),
      ],
    });
  }
  const chain = { ...input, n: 10_000 };
  const chained = (await turns([ours("Dagny, a chain")], chain)).get("run").get("Dagny, a chain");
  rows.push({
    target: "T1",
    work: "a chain of no-ops",
    shape: "chain",
    size: "10k",
    cells: new Map([[DAGNY, chained.error ?? perTask(chain.n)(chained.medianMs)]]),
    verdicts: [judgeAtMost("must", usOf(chained, chain.n), 1, "µs a task"), judgeAtMost("must", chained.check, 1, "thread it ran on")],
  });
  return {
    id: "T1",
    rows,
    text: `${markdown(
      "T1: no-op tasks on threads, µs a task, the full report included (pools: the fastest of their settings)",
      columns.map(({ name }) => name),
      rows,
    )}\n\n${settings.map((name) => `- ${name}: ${row.get(name)?.error ?? perTask(n)(row.get(name).medianMs)}`).join("\n")}`,
  };
}

/** Rounds of `spinFor` that take so long here and now: the median of several. */
function roundsFor(ms) {
  const perMs = [];
  for (let i = 0; i < 25; i++) {
    const start = performance.now();
    spinFor(1_000_000);
    perMs.push(1_000_000 / (performance.now() - start));
  }
  return Math.round(ms * perMs.toSorted((a, b) => a - b)[12]);
}

async function computing({ turns, isQuick }) {
  const rows = [];
  const INLINE = "Dagny, inline";
  const columns = [DAGNY, INLINE, RAW].map((name) => ({ name, peer: false }));
  const kinds = [
    { ms: 1, n: 400, batch: 8, must: 1.85, aim: 1.92 },
    { ms: 0.05, n: 8_000, batch: 64, must: 1.5, aim: 1.85 },
    { ms: 0.01, n: 40_000, batch: 256, must: 1, aim: 1.7 },
  ];
  for (const { ms, n, batch, must, aim } of kinds) {
    const input = { n: isQuick ? n / 4 : n, threads: THREADS, task: "spin", maxWorkers: 64, spins: roundsFor(ms), batch };
    const row = (await turns([ours(DAGNY), ours(INLINE), theirs(RAW)], input)).get("run");
    rows.push({
      target: "T2",
      work: `computing for ${ms * 1_000} µs`,
      shape: "independent",
      size: String(input.n),
      cells: timingCells(row, DAGNY, columns),
      verdicts: [
        ...judge(row, row.get(DAGNY), { against: INLINE, op: "≥", must, aim }),
        ...judge(row, row.get(DAGNY), { against: RAW, op: "≥", must: 0.97 }),
      ],
    });
  }
  return {
    id: "T2",
    rows,
    text: markdown(
      `T2: tasks that compute, ${THREADS} threads; raw threads are sent batches of 8, 64 and 256`,
      columns.map(({ name }) => name),
      rows,
    ),
  };
}

/** Mean time of a task, in ms, that recorded times are scaled to. */
const MEAN_MS = 10;

async function workflows({ turns, isQuick }) {
  const rows = [];
  const SCHEDULE = "list schedule";
  for (const { name, nodes, edges } of recordedWorkflows(isQuick ? 1 : 3)) {
    const mean = nodes.reduce((sum, node) => sum + node.runtimeSeconds, 0) / nodes.length;
    const timesMs = Object.fromEntries(nodes.map(({ id, runtimeSeconds }) => [id, (runtimeSeconds / mean) * MEAN_MS]));
    const input = { nodes: nodes.map(({ id }) => id), edges, timesMs, threads: THREADS };
    const row = (await turns([ours("Dagny, a workflow")], input, { warmMs: 1, rounds: 5 })).get("run");
    const allowed = listSchedule(input.nodes, edges, timesMs, THREADS);
    const found = row.get("Dagny, a workflow")?.medianMs;
    const cells = new Map([
      [DAGNY, row.get("Dagny, a workflow")?.error ?? `${show(found)} ms`],
      [SCHEDULE, `${show(allowed)} ms`],
    ]);
    const percent = found === undefined ? undefined : (found / allowed) * 100;
    rows.push({
      target: "T3",
      work: `${name}, ${MEAN_MS} ms a task`,
      shape: "recorded",
      size: String(nodes.length),
      cells,
      // 95 % of the speed that the schedule allows: at most 100 / 0.95 of its time.
      verdicts: [judgeAtMost("must", percent, 105.26, "% of the time of a list schedule")],
    });
  }
  if (rows.length === 0)
    rows.push({ target: "T3", work: "the recorded workflows are absent", shape: "–", size: "–", cells: new Map(), verdicts: [] });
  return {
    id: "T3",
    rows,
    text: markdown(
      `T3: recorded workflows on ${THREADS} threads, against a list schedule by bottom level, without any cost`,
      [DAGNY, SCHEDULE],
      rows,
    ),
  };
}

async function roundTrips({ turns }) {
  const rows = [];
  const [THERE, EACH, POST] = ["Dagny, there and back", "Dagny, a run each", "postMessage"];
  const input = { n: 500 };
  const row = (await turns([ours(THERE), ours(EACH), theirs(POST)], input)).get("run");
  for (const [name, work, must] of [
    [THERE, "a threaded task between two inline ones", 1],
    [EACH, "a run of one threaded task, whole", undefined],
  ]) {
    const mine = new Map([...row, [DAGNY, row.get(name)]]);
    const columns = [DAGNY, POST].map((column) => ({ name: column, peer: false }));
    rows.push({
      target: "T4",
      work,
      shape: "one at a time",
      size: String(input.n),
      cells: timingCells(mine, DAGNY, columns, perTask(input.n)),
      verdicts: must === undefined ? [] : judge(mine, mine.get(DAGNY), { against: POST, op: "≤", must }),
    });
  }
  return { id: "T4", rows, text: markdown("T4: from the main thread to another and back, one at a time", [DAGNY, POST], rows) };
}

async function values({ turns }) {
  const rows = [];
  const columns = [DAGNY, "Dagny, nothing", "Dagny, copied", "postMessage", "postMessage, copied"];
  // A run makes its buffer once: many hops, so that it does not count. Copies take long enough for few.
  const [many, few] = [{ n: 100 }, { n: 2 }];
  const moves = (await turns([ours("Dagny, 64 MiB moved"), theirs("postMessage, 64 MiB moved")], many)).get("run");
  const copies = (await turns([ours("Dagny, 64 MiB copied"), theirs("postMessage, 64 MiB copied")], few)).get("run");
  const cellOf = (timing, n) => timing?.error ?? `${show((timing.medianMs * 1_000) / n)} µs`;
  const moved = usOf(moves.get("Dagny, 64 MiB moved"), 2 * many.n);
  const copied = usOf(copies.get("postMessage, 64 MiB copied"), 2 * few.n);
  rows.push({
    target: "T5",
    work: "64 MiB from task to task, a hop",
    shape: "there and back",
    size: "64 MiB",
    cells: new Map([
      [DAGNY, cellOf(moves.get("Dagny, 64 MiB moved"), 2 * many.n)],
      ["Dagny, copied", cellOf(copies.get("Dagny, 64 MiB copied"), 2 * few.n)],
      ["postMessage", cellOf(moves.get("postMessage, 64 MiB moved"), 2 * many.n)],
      ["postMessage, copied", cellOf(copies.get("postMessage, 64 MiB copied"), 2 * few.n)],
    ]),
    verdicts: [
      judgeAtMost("must", moved === undefined || copied === undefined ? undefined : (moved / copied) * 100, 10, "% of what a copy takes"),
    ],
  });
  const small = { n: 500 };
  const row = (
    await turns([ours("Dagny, 1 KiB"), ours("Dagny, there and back"), theirs("postMessage, 1 KiB"), theirs("postMessage")], small)
  ).get("run");
  const [with1K, without] = ["Dagny, 1 KiB", "Dagny, there and back"].map((name) => usOf(row.get(name), 2 * small.n));
  rows.push({
    target: "T5",
    work: "an object of 1 KiB from task to task, a hop",
    shape: "there and back",
    size: "1 KiB",
    cells: new Map([
      [DAGNY, cellOf(row.get("Dagny, 1 KiB"), 2 * small.n)],
      ["Dagny, nothing", cellOf(row.get("Dagny, there and back"), 2 * small.n)],
      ["postMessage", cellOf(row.get("postMessage, 1 KiB"), 2 * small.n)],
    ]),
    verdicts: [judgeAtMost("must", with1K === undefined || without === undefined ? undefined : with1K - without, 10, "µs more")],
  });
  return { id: "T5", rows, text: markdown("T5: values that go from thread to thread, a hop", columns, rows) };
}

async function eventLoop({ isQuick, say }) {
  const rows = [];
  const n = isQuick ? 10_000 : 100_000;
  const columns = ["p50", "p99", "max", "a run"];
  for (const us of [10, 0]) {
    say(`threads: event loop, ${us} µs`);
    const found = await once("./contenders/threads-alone.mjs", ["delay", n, us === 0 ? 0 : roundsFor(us / 1_000)], {
      limitMs: LIMIT_MS,
      flags: ["--expose-gc"],
    });
    const text = (value) => (value === undefined ? (found.error ?? "–") : `${show(value)} ms`);
    rows.push({
      target: "T6",
      work: us === 0 ? "no-ops" : `tasks of ${us} µs`,
      shape: "1 thread",
      size: String(n),
      cells: new Map([
        ["p50", text(found.p50)],
        ["p99", text(found.p99)],
        ["max", text(found.max)],
        ["a run", text(found.ms)],
      ]),
      verdicts: us === 0 ? [] : [judgeAtMost("must", found.p99, 5, "ms at p99")],
    });
  }
  return { id: "T6", rows, text: markdown("T6: how late the main thread's timers are while one thread runs", columns, rows) };
}

async function memory({ isQuick, say }) {
  const rows = [];
  const columns = ["resident", "as V8 counts it"];
  for (const [what, work] of [
    ["runs", "runs of 500 tasks that give 1 KiB each"],
    ["kills", "threads that had to be terminated"],
  ]) {
    say(`threads: memory over ${what}`);
    const times = isQuick ? 100 : 1_000;
    const found = await once("./contenders/threads-alone.mjs", [what, times], { limitMs: 300_000, flags: ["--expose-gc"] });
    const text = (bytes) => (bytes === undefined ? (found.error ?? "–") : `${show(bytes / MB)} MB`);
    rows.push({
      target: "T7",
      work,
      shape: "one after the other",
      size: String(times),
      cells: new Map([
        ["resident", text(found.rss)],
        ["as V8 counts it", text(found.heap)],
      ]),
      verdicts: [
        judgeAtMost("must", found.heap === undefined ? undefined : found.heap / MB, 2, "MB of V8's"),
        judgeAtMost("must", found.rss === undefined ? undefined : found.rss / MB, 32, "MB resident"),
      ],
    });
  }
  return { id: "T7", rows, text: markdown("T7: what is there afterwards and was not before", columns, rows) };
}
