/** G1, G2 and G3: sorts, levels, cycle check, descendants, critical path and builds, on every shape and size. */

import { judge, markdown, notRun, timingCells } from "../_table.mjs";
import { inProcess, inRust, takeTurns } from "../_turns.mjs";

const DAGNY = "Dagny";
const PEERS = "./contenders/graph-peers.mjs";
const WORKS = ["sort", "levels", "cycle", "descendants", "critical"];
const COLUMNS = [
  { name: DAGNY, peer: false },
  { name: "JS floor", peer: false },
  { name: "Rust floor", peer: false },
  { name: "graphology", peer: true },
  { name: "graphlib", peer: true },
  { name: "toposort", peer: true },
  { name: "dependency-graph", peer: true },
];

/** What the table calls each work. */
const TITLES = {
  sort: "topological sort",
  levels: "levels",
  cycle: "cycle check of an edge list",
  descendants: "descendants",
  critical: "critical path",
};

const G1 = [
  { against: "JS floor", op: "≤", must: 0.8, aim: 0.5 },
  { against: "Rust floor", op: "≤", aim: 1.2 },
  { against: "graphology", op: "≥", must: 50 },
  { against: "graphlib", op: "≥", must: 50 },
];
const G2 = [{ against: "graphology", op: "≥", must: 12, aim: 25 }];
const G3 = [
  { against: "JS floor", op: "≤", must: 1.3, aim: 1.0 },
  { against: "graphology", op: "≥", must: 5 },
];
const G3_HANDLES = [{ against: "JS floor", op: "≤", aim: 0.65 }];

function contenders(rustFloor) {
  return [
    inProcess("./contenders/dagny-graph.mjs", DAGNY),
    inProcess("./contenders/graph-floor.mjs", "JS floor"),
    ...(rustFloor === undefined ? [] : [inRust("Rust floor", rustFloor)]),
    ...["graphology", "graphlib"].map((name) => inProcess(PEERS, name)),
    ...["toposort", "dependency-graph"].map((name) => inProcess(PEERS, name, { ownLimitMs: 10_000 })),
  ];
}

/**
 * A built DAG cannot be cyclic, so the question is asked of an edge list: of ids (G1), or by building it with names (G2). The floors
 * and the peers need a build and a check for the same answer.
 */
function cycleRow(table, build) {
  const row = new Map();
  const [built, checked] = [table.get(build), table.get("cycle")];
  row.set(DAGNY, build === "build-ids" ? checked.get(DAGNY) : asYes(built.get(DAGNY)));
  row.set("JS floor", asYes(built.get("JS floor")));
  if (checked.has("Rust floor")) row.set("Rust floor", together(table.get("build-ids").get("Rust floor"), checked.get("Rust floor")));
  for (const name of ["graphology", "graphlib"]) row.set(name, together(table.get("build").get(name), checked.get(name)));
  return row;
}

const asYes = (timing) => (timing?.medianMs === undefined ? timing : { ...timing, check: 1 });

function together(build, check) {
  if (build?.medianMs === undefined || check?.medianMs === undefined) return build?.medianMs === undefined ? build : check;
  return { medianMs: build.medianMs + check.medianMs, rounds: Math.min(build.rounds, check.rounds), check: check.check };
}

/** The works to time for the chosen targets; builds come first, so that later works reuse the timed build's graph. */
function worksFor(targets) {
  const works = [];
  works.push("build", "build-handles", "build-ids");
  if (targets.has("G1")) works.push(...WORKS);
  if (targets.has("G1") || targets.has("G2")) works.push(...WORKS.filter((w) => w !== "cycle").map((w) => `${w}-names`));
  if (targets.has("G2") && !targets.has("G1")) works.push(...WORKS);
  return works;
}

/** Longest time for one call. */
const LIMIT_MS = 60_000;

/** A peer that failed, or that would take longer than the limit at ten times the size, is not started there; its cells say so. */
function noteSlow(skip, table, size) {
  for (const work of ["build", "sort"]) {
    for (const [name, { medianMs, error }] of table.get(work)) {
      if (error !== undefined && /out of/.test(error)) skip.set(name, `${error} at ${size}`);
      else if (medianMs * 10 > LIMIT_MS) skip.set(name, `not run (${Math.round(medianMs / 1_000)} s at ${size})`);
    }
  }
}

/** Runs the chosen targets among G1, G2, G3. */
export async function run({ targets, shapes, sizes, rustFloor, budgetMs, rounds, say }) {
  const rows = { G1: [], G2: [], G3: [] };
  const works = worksFor(targets);
  for (const shape of shapes) {
    const skip = new Map();
    for (const [size, n] of sizes) {
      const table = await takeTurns({
        contenders: contenders(rustFloor),
        input: { shape, n },
        works,
        worksOf: (name) => works.filter((work) => isAsked(name, work)),
        skip,
        limitMs: LIMIT_MS,
        budgetMs,
        rounds,
        say: (work) => say(`graph ${shape} ${size}: ${work}`),
      });
      noteSlow(skip, table, size);
      const at = { shape, size };
      if (targets.has("G1")) rows.G1.push(...sortRows(table, at));
      if (targets.has("G2") && size === "10k") rows.G2.push(...nameRows(table, at));
      if (targets.has("G3")) rows.G3.push(...buildRows(table, at));
    }
    if (targets.has("G1") && !sizes.has("1m")) rows.G1.push(notRun("G1", "all works", shape, "1m", "size not chosen"));
    if (targets.has("G2") && !sizes.has("10k")) rows.G2.push(notRun("G2", "all works", shape, "10k", "size not chosen"));
  }
  return ["G1", "G2", "G3"]
    .filter((id) => targets.has(id))
    .map((id) => ({
      id,
      rows: rows[id],
      text: markdown(
        HEADINGS[id],
        COLUMNS.map((c) => c.name),
        rows[id],
      ),
    }));
}

const HEADINGS = {
  G1: "G1: graph work, ids out (judged at 1M); names out beside",
  G2: "G2: graph work at 10k, names out",
  G3: "G3: build (judged from 10k)",
};

/** Peers know only names, so the row of a work with names out shows their one time again. */
function isAsked(name, work) {
  if (name === "JS floor") return true;
  if (name === DAGNY) return work !== "build-ids";
  if (name === "Rust floor") return work === "build-ids" || WORKS.includes(work);
  if (name === "toposort") return work === "sort";
  if (name === "dependency-graph") return ["build", "sort", "descendants"].includes(work);
  return work === "build" || (WORKS.includes(work) && !(name === "graphlib" && work === "levels"));
}

function withPeers(table, work, base) {
  const row = new Map(table.get(base) ?? []);
  row.delete("Rust floor");
  for (const [name, timing] of table.get(work)) row.set(name, timing);
  return row;
}

function sortRows(table, { shape, size }) {
  const rows = [];
  for (const work of WORKS) {
    const timings = work === "cycle" ? cycleRow(table, "build-ids") : table.get(work);
    const criteria = size === "1m" ? G1.filter((c) => !(work === "levels" && c.against === "graphlib")) : [];
    rows.push(rowOf("G1", TITLES[work], { shape, size }, timings, criteria));
    if (work === "cycle") continue;
    rows.push(rowOf("G1", `${TITLES[work]}, names out`, { shape, size }, withPeers(table, `${work}-names`, work), []));
  }
  return rows;
}

function nameRows(table, at) {
  return WORKS.map((work) =>
    rowOf("G2", TITLES[work], at, work === "cycle" ? cycleRow(table, "build") : withPeers(table, `${work}-names`, work), G2),
  );
}

function buildRows(table, { shape, size }) {
  const judged = size !== "1k";
  const handles = new Map(table.get("build"));
  handles.set(DAGNY, table.get("build-handles").get(DAGNY));
  return [
    rowOf("G3", "build with names", { shape, size }, table.get("build"), judged ? G3 : []),
    rowOf("G3", "build with handles (floor and peers: names)", { shape, size }, handles, judged ? G3_HANDLES : []),
    rowOf("G3", "build from ids, no names", { shape, size }, table.get("build-ids"), []),
  ];
}

function rowOf(target, work, { shape, size }, timings, criteria) {
  const verdicts = criteria.flatMap((criterion) => judge(timings, timings.get(DAGNY), criterion));
  const row = { target, work, shape, size, cells: timingCells(timings, DAGNY, COLUMNS), verdicts };
  const note = disagreement(timings);
  return note === undefined ? row : { ...row, note };
}

/** Every contender's answer has a number that must be the same; a bench of wrong answers measures nothing. */
function disagreement(timings) {
  const checks = new Map([...timings].filter(([, t]) => t.error === undefined).map(([name, t]) => [name, t.check]));
  if (new Set(checks.values()).size <= 1) return undefined;
  return `ANSWERS DIFFER: ${[...checks].map(([name, check]) => `${name} ${check}`).join(", ")}`;
}
