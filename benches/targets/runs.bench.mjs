/** E1 to E4 and E6: no-op tasks, tasks that read their inputs, growth with shape and size, and armed guards. */
import os from "node:os";
import { judge, judgeAtMost, markdown, notRun, show, timingCells } from "../_table.mjs";
import { inProcess, takeTurns } from "../_turns.mjs";

const DAGNY = "Dagny";
const BY_NAME = "Dagny, tasks by name";
const GUARDED = "Dagny, guarded";
const READER = "Dagny, inputs and ctx";
const READ = "Dagny, every record read";
const FLOORS = ["bare", "timed", "record"];
const PEERS = ["p-graph", "p-limit", "async.auto"];
/** Peers whose graph may also be made once and run again. */
const ALONE = ["p-graph", "p-limit"];
const alone = (name) => `${name}, run alone`;
const COLUMNS = [
  ...[DAGNY, BY_NAME, READ, ...FLOORS].map((name) => ({ name, peer: false })),
  ...[...PEERS.flatMap((name) => (ALONE.includes(name) ? [name, alone(name)] : [name]))].map((name) => ({ name, peer: true })),
];

/** E1 and E2 differ in what they must reach. */
const CRITERIA = {
  E1: {
    from10k: [{ against: "record", op: "≤", must: 1.0 }],
    always: [
      { against: "p-graph", op: "≥", must: 30, aim: 75 },
      { against: "timed", op: "≤", aim: 1.5 },
    ],
    at1m: [{ against: "record", op: "≤", aim: 0.4 }],
  },
  E2: {
    from10k: [{ against: "record", op: "≤", must: 1.0 }],
    always: [
      { against: "p-graph", op: "≥", must: 20, aim: 50 },
      { against: "p-limit", op: "≥", must: 8 },
      { against: "timed", op: "≤", aim: 1.5 },
    ],
    at1m: [{ against: "record", op: "≤", aim: 0.5 }],
  },
};

/** Longest time for one run. */
const LIMIT_MS = 45_000;

const KINDS = {
  E1: "sync",
  E2: "async",
};

/** Times every contender's run of one kind of task on one input. */
function timings({ shape, size, n, kind, budgetMs, rounds, say, skip }, names) {
  return takeTurns({
    skip,
    contenders: names.map((name) =>
      inProcess(`./contenders/${moduleOf(name)}.mjs`, name, name === "async.auto" ? { ownLimitMs: 5_000 } : {}),
    ),
    input: { shape, n, kind },
    works: ["run", "run-and-read", "run-alone"],
    worksOf: (name) => (name === DAGNY ? ["run", "run-and-read"] : ALONE.includes(name) && n < 1_000_000 ? ["run", "run-alone"] : ["run"]),
    // A run crosses much more code than a graph call does.
    warmMs: 400,
    limitMs: LIMIT_MS,
    budgetMs,
    rounds,
    say: (work) => say(`runs ${kind} ${shape} ${size}: ${work}`),
  });
}

function moduleOf(name) {
  if (name.startsWith(DAGNY)) return "dagny-runs";
  return FLOORS.includes(name) ? "run-floor" : "run-peers";
}

/** Runs the chosen targets among E1, E2, E3, E4, E6. */
export async function run(options) {
  const { targets, shapes, sizes } = options;
  const found = { E1: [], E2: [], E3: [], E4: [], E6: [] };
  for (const id of ["E1", "E2"]) {
    const growth = new Map();
    for (const shape of shapes) {
      const skip = new Map();
      for (const [size, n] of sizes) {
        const at = { ...options, shape, size, n, skip };
        const withPeers = targets.has(id);
        const names = [DAGNY, "timed"];
        if (targets.has("E3")) names.push(READER);
        if (targets.has("E6")) names.push(GUARDED);
        if (withPeers) names.push(BY_NAME, "bare", "record", ...PEERS);
        if (size === "1m" && shape !== "layered")
          for (const peer of PEERS) if (!skip.has(peer)) skip.set(peer, "not run (1M: layered only)");
        const table = await timings({ ...at, kind: KINDS[id] }, names);
        const row = table.get("run");
        const read = table.get("run-and-read").get(DAGNY);
        if (read !== undefined) row.set(READ, read);
        for (const [name, timing] of table.get("run-alone")) row.set(alone(name), timing);
        noteSlow(skip, row, size);
        growth.set(`${shape} ${size}`, perTask(row, n));
        if (withPeers) found[id].push(noOpRow(id, row, at));
        if (targets.has("E6")) found.E6.push(guardRow(KINDS[id], row, at));
        if (targets.has("E3")) found.E3.push(inputRow(KINDS[id], row, at));
      }
    }
    if (targets.has("E4")) found.E4.push(...growthRows(KINDS[id], growth, options));
  }
  return ["E1", "E2", "E3", "E4", "E6"]
    .filter((id) => targets.has(id))
    .map((id) => ({ id, rows: found[id], text: markdown(HEADINGS[id], COLUMNS_OF[id], found[id]) }));
}

/** A peer whose next size would take longer than the limit is not started there; its cells say so. */
function noteSlow(skip, row, size) {
  for (const [name, { medianMs, error }] of row) {
    if (PEERS.includes(name) && (error !== undefined || medianMs * 10 > LIMIT_MS))
      skip.set(name, error ?? `not run (${show(medianMs / 1_000)} s at ${size})`);
  }
}

const workers = `maxWorkers ${os.availableParallelism()}, the default`;
const HEADINGS = {
  E1: `E1: sync no-op tasks, µs a task (${workers}; Dagny's tasks given with the nodes)`,
  E2: `E2: async no-op tasks, µs a task (${workers}; Dagny's tasks given with the nodes)`,
  E3: "E3: tasks that read `inputs` and `ctx`, µs a task, against the same run of no-ops",
  E4: "E4: growth per task: chain against layered, 10k against 1M",
  E6: "E6: a timeout and a cancel signal armed on every task, µs a task",
};
const COLUMNS_OF = {
  E1: COLUMNS.map(({ name }) => name),
  E2: COLUMNS.map(({ name }) => name),
  E3: [DAGNY, READER],
  E4: ["Dagny", "timed floor"],
  E6: ["Dagny", GUARDED, "added"],
};

const perTask = (row, n) =>
  new Map([...row].flatMap(([name, { medianMs }]) => (medianMs === undefined ? [] : [[name, (medianMs * 1_000) / n]])));

const showPerTask = (n) => (ms) => `${show((ms * 1_000) / n)} µs`;

function noOpRow(id, row, { shape, size, n }) {
  const { from10k, always, at1m } = CRITERIA[id];
  const criteria = [...(size === "1k" ? [] : from10k), ...always, ...(size === "1m" ? at1m : [])];
  const verdicts = criteria.flatMap((criterion) => judge(row, row.get(DAGNY), criterion));
  const cells = timingCells(row, DAGNY, COLUMNS, showPerTask(n));
  const wrong = [...row].filter(([name, { check }]) => check !== undefined && check !== n && !name.startsWith("p-graph"));
  const base = { target: id, work: `${KINDS[id]} no-op`, shape, size, cells, verdicts };
  return wrong.length === 0 ? base : { ...base, note: `WRONG COUNT: ${wrong.map(([name, { check }]) => `${name} ${check}`).join(", ")}` };
}

function guardRow(kind, row, { shape, size, n }) {
  const plain = row.get(DAGNY)?.medianMs;
  const guarded = row.get(GUARDED)?.medianMs;
  const added = plain === undefined || guarded === undefined ? undefined : ((guarded - plain) * 1_000) / n;
  const cells = new Map([
    ["Dagny", plain === undefined ? row.get(DAGNY)?.error : showPerTask(n)(plain)],
    [GUARDED, guarded === undefined ? row.get(GUARDED)?.error : showPerTask(n)(guarded)],
    ["added", added === undefined ? "–" : `${show(added)} µs`],
  ]);
  return {
    target: "E6",
    work: `${kind} no-op`,
    shape,
    size,
    cells,
    verdicts: [judgeAtMost("must", added, 1, "µs"), judgeAtMost("aim", added, 0.3, "µs")],
  };
}

function inputRow(kind, row, { shape, size, n }) {
  const columns = COLUMNS_OF.E3.map((name) => ({ name, peer: false }));
  const verdicts = judge(row, row.get(READER), { against: DAGNY, op: "≤", must: 1.5, aim: 1.2 });
  return { target: "E3", work: `${kind} reader`, shape, size, cells: timingCells(row, READER, columns, showPerTask(n)), verdicts };
}

/** E4 from what E1 and E2 measured: quotients of times per task. */
function growthRows(kind, growth, { shapes, sizes }) {
  const rows = [];
  const at = (shape, size, name) => growth.get(`${shape} ${size}`)?.get(name);
  const quotient = (a, b) => (a === undefined || b === undefined ? undefined : a / b);
  const cellsOf = (dagny, timed) =>
    new Map([
      ["Dagny", dagny === undefined ? "–" : `${show(dagny)}x`],
      ["timed floor", timed === undefined ? "–" : `${show(timed)}x`],
    ]);
  for (const size of sizes.keys()) {
    const [dagny, timed] = [DAGNY, "timed"].map((name) => quotient(at("chain", size, name), at("layered", size, name)));
    rows.push({
      target: "E4",
      work: `${kind}: chain ÷ layered`,
      shape: "both",
      size,
      cells: cellsOf(dagny, timed),
      verdicts: [judgeAtMost("must", dagny, 2, "x"), judgeAtMost("aim", dagny, 1.2, "x")],
    });
  }
  for (const shape of shapes) {
    if (!sizes.has("10k") || !sizes.has("1m")) {
      rows.push(notRun("E4", `${kind}: 1M ÷ 10k`, shape, "10k, 1m", "sizes not chosen"));
      continue;
    }
    const [dagny, timed] = [DAGNY, "timed"].map((name) => quotient(at(shape, "1m", name), at(shape, "10k", name)));
    const must = {
      ...judgeAtMost("must", dagny, timed === undefined ? Number.NaN : Number(show(timed)), "x"),
      text: "≤ the timed floor's growth",
    };
    rows.push({
      target: "E4",
      work: `${kind}: 1M ÷ 10k`,
      shape,
      size: "10k, 1m",
      cells: cellsOf(dagny, timed),
      verdicts: [must, judgeAtMost("aim", dagny, 1.2, "x")],
    });
  }
  return rows;
}
