/**
 * Interleaved timing: every contender lives in a process of its own and they take turns, one sample each per round.
 *
 * Why processes: a peer that holds 2 GB of graph makes every collection in its process slow, a million records kept by one
 * floor would be charged to the next, and a peer that overflows or runs out of memory must not end the bench. Only one of them
 * works at any time. A ratio is the quotient of two medians of the same run.
 */
import { fork, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** V8's old space for every contender alike; the largest peer at 1M needs about 3 GB. */
export const HEAP_MB = 8_192;

/** @typedef {{ medianMs: number, minMs: number, rounds: number, check: number } | { error: string }} Timing */

/** A contender written in JavaScript: `module` exports `contenders[exported]`. `ownLimitMs` is for peers that are not worth the usual wait. */
export function inProcess(module, exported, { name = exported, ownLimitMs = Number.POSITIVE_INFINITY } = {}) {
  return {
    name,
    open(commonLimitMs) {
      const limitMs = Math.min(commonLimitMs, ownLimitMs);
      const child = fork(fileURLToPath(new URL("./_host.mjs", import.meta.url)), [], {
        execArgv: [`--max-old-space-size=${HEAP_MB}`],
        stdio: ["ignore", "ignore", "pipe", "ipc"],
        serialization: "advanced",
      });
      const calls = callTable(child, limitMs);
      child.on("message", (message) => calls.settle(message.id, message));
      const send = (body) => calls.start((id) => child.send({ id, ...body }, () => {}));
      return {
        prepare: (input) => send({ do: "prepare", module: new URL(module, import.meta.url).href, contender: exported, input }),
        sample: (work, inner) => send({ do: "sample", work, inner }),
        close: () => child.kill("SIGKILL"),
      };
    },
  };
}

/** The pure-Rust floor: a program that answers lines. */
export function inRust(name, program) {
  return {
    name,
    open(limitMs) {
      const child = spawn(program, [], { stdio: ["pipe", "pipe", "pipe"] });
      const calls = callTable(child, limitMs);
      createInterface({ input: child.stdout }).on("line", (line) => {
        const [ms, check] = line.split(" ");
        calls.settle(calls.oldest(), ms === "error" ? { error: line.slice(6) } : { ms: Number(ms), check: Number(check) });
      });
      const send = (line) => calls.start(() => child.stdin.write(`${line}\n`));
      return {
        prepare: ({ shape, n }) => send(`prepare ${shape} ${n}`),
        sample: (work, inner) => send(`${work} ${inner}`),
        close: () => child.kill("SIGKILL"),
      };
    },
  };
}

/** Children that are alive; none outlives the bench, also when that is stopped in the middle of a long call. */
const children = new Set();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** Calls in flight to one child; a child that dies or takes too long answers them with an error. */
function callTable(child, limitMs) {
  children.add(child);
  const waiting = new Map();
  let next = 0;
  let dead;
  let errors = "";
  const end = (error) => {
    dead ??= error;
    for (const id of [...waiting.keys()]) settle(id, { error: dead });
  };
  child.stderr.on("data", (chunk) => {
    errors = (errors + chunk).slice(-4_000);
  });
  child.on("error", (error) => end(error.message));
  child.on("exit", (code, signal) => end(/heap|memory/i.test(errors) ? "out of memory" : `process ended (${signal ?? code})`));
  function settle(id, answer) {
    const call = waiting.get(id);
    if (call === undefined) return;
    waiting.delete(id);
    clearTimeout(call.timer);
    call.resolve(answer);
  }
  return {
    settle,
    oldest: () => waiting.keys().next().value,
    start: (send) =>
      new Promise((resolve) => {
        if (dead !== undefined) return resolve({ error: dead });
        const id = next++;
        const timer = setTimeout(() => {
          dead = `out of time (over ${limitMs / 1_000} s)`;
          child.kill("SIGKILL");
          end(dead);
        }, limitMs);
        waiting.set(id, { resolve, timer });
        send(id);
      }),
  };
}

/**
 * Prepares `input` in every contender, then times each work in turn.
 *
 * @param plan.contenders what to compare; a contender is asked for the works that `plan.worksOf` gives it
 * @param plan.inputOf    the input of one contender, where they differ
 * @param plan.skip       contenders that are not started, with what their cells say instead
 * @param plan.warmMs     how long short works are warmed up
 * @param plan.limitMs    longest time for one call
 * @param plan.budgetMs   a contender leaves the rounds of a work once it has used this much, but never before one sample
 * @param plan.rounds     most rounds of a work
 * @returns {Promise<Map<string, Map<string, Timing>>>} work, contender name, timing
 */
export async function takeTurns({
  contenders,
  input,
  inputOf = () => input,
  works,
  worksOf = () => works,
  skip = new Map(),
  warmMs = WARM_MS,
  limitMs,
  budgetMs,
  rounds,
  say = () => {},
}) {
  const seats = [];
  const failed = new Map(skip);
  try {
    for (const contender of contenders) {
      if (failed.has(contender.name)) {
        seats.push({ name: contender.name, works: new Set(worksOf(contender.name)), close() {} });
        continue;
      }
      const seat = { name: contender.name, works: new Set(worksOf(contender.name)), ...contender.open(limitMs) };
      seats.push(seat);
      const { error, isOneShot } = await seat.prepare(inputOf(contender.name));
      seat.isOneShot = isOneShot;
      if (error !== undefined) failed.set(seat.name, error);
    }
    const table = new Map();
    for (const work of works) {
      say(work);
      const here = seats.filter((seat) => seat.works.has(work));
      table.set(work, await rowOf(work, here, failed, { budgetMs, rounds, warmMs }));
    }
    return table;
  } finally {
    for (const seat of seats) seat.close();
  }
}

async function rowOf(work, seats, failed, { budgetMs, rounds, warmMs }) {
  const row = new Map();
  const entries = [];
  for (const seat of seats) {
    if (failed.has(seat.name)) row.set(seat.name, { error: failed.get(seat.name) });
    else entries.push({ seat, inner: 1, used: 0, samples: [], check: 0 });
  }
  for (const entry of entries) await calibrate(entry, work, budgetMs, warmMs);
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries) {
      if (entry.error !== undefined || entry.used > budgetMs) continue;
      await once(entry, work);
    }
  }
  for (const { seat, error, samples, check } of entries) {
    if (samples.length > 0) {
      const sorted = samples.toSorted((a, b) => a - b);
      row.set(seat.name, { medianMs: median(sorted), minMs: sorted[0], rounds: sorted.length, check });
    } else {
      row.set(seat.name, { error });
      if (/out of|process ended/.test(error)) failed.set(seat.name, error);
    }
  }
  return row;
}

/** A sample lasts at least this long: short works are repeated inside one sample. */
const SAMPLE_MS = 4;

/** How long works are warmed up that take less than a third of it, so that what is sampled is optimised code. */
const WARM_MS = 150;

/** Warms up and finds how often to repeat; a work slower than a third of the budget counts its first sample instead. */
async function calibrate(entry, work, budgetMs, warmMs) {
  let warm = 0;
  let spent = 0;
  let last = 0;
  while (warm < 3 || (last < warmMs / 3 && spent < warmMs)) {
    const { ms, check, error } = await entry.seat.sample(work, entry.inner);
    if (error !== undefined) {
      entry.error = error;
      return;
    }
    entry.check = check;
    last = ms;
    spent += ms;
    warm++;
    if (warm === 1 && ms > budgetMs / 3) {
      entry.samples.push(ms);
      entry.used = ms;
      return;
    }
    if (ms < SAMPLE_MS && !entry.seat.isOneShot)
      entry.inner = Math.min(entry.inner * Math.ceil(Math.max(2, Math.min(8, SAMPLE_MS / Math.max(ms, 0.01)))), 5_000);
  }
}

async function once(entry, work) {
  const { ms, check, error } = await entry.seat.sample(work, entry.inner);
  if (error !== undefined) {
    entry.error = error;
    return;
  }
  entry.samples.push(ms / entry.inner);
  entry.used += ms;
  entry.check = check;
}

function median(sorted) {
  const mid = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[mid] : (sorted[mid - 1] + sorted[mid]) / 2;
}
