/**
 * Random programs on worker threads, in real time, against the reference model: whatever order their code ends in, the model, told of the same begins
 * and ends in the same order, has to decide the same for every node.
 *
 * A seed fixes the program, not the order. `DAGNY_SEEDS=20000` runs more of them, `DAGNY_SEED=17` one alone.
 */
import { isDeepStrictEqual } from "node:util";
import { afterAll, expect, test } from "vitest";
import { ThreadPool } from "../../src/index.js";
import type { Program, ProgramFlow, ProgramNode } from "../support/programs.js";
import { Random } from "../support/random.js";
import { randomProgram } from "../support/random-program.js";
import { forEachSeedAsync } from "../support/seeds.js";
import { follow } from "../support/threads/follower.js";
import { type Place, runOnThreads } from "../support/threads/threaded-program.js";

const pools = [1, 2, 3].map((threads) => new ThreadPool({ threads }));
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

test("a threaded run decides what the model decides", { timeout: 3_600_000 }, async () => {
  await forEachSeedAsync("threads = model", 150, async (seed) => {
    const random = new Random(seed);
    const program = randomProgram(random, `seed ${seed}`);
    const pool = random.pick(pools);
    const share = random.pick([1, 1, 0.7, 0.3, 0]);
    const placeOf: PlaceOf = (name) => (new Random(hash(name) + seed).chance(share) ? "thread" : "inline");
    const threaded = asThreaded(program, placeOf, random);
    const run = await runOnThreads(threaded, pool, placeOf);
    if (run === null) return;
    const { expected, actual } = follow(threaded, run.events);
    // The order in which things happened is not the seed's: it is needed, too.
    if (!isDeepStrictEqual(actual, expected)) console.error([threaded, ...run.events].map((line) => JSON.stringify(line)).join("\n"));
    expect(actual).toEqual(expected);
  });
});

type PlaceOf = (name: string) => Place;

/**
 * Without what only a function of the test's own process can do: cancel its run, add to it. Now and then with code that never yields, or ends its
 * thread.
 */
function asThreaded(program: Program, placeOf: PlaceOf, random: Random): Program {
  const isRough = random.chance(0.15);
  const doing = ({ id, does }: ProgramNode): string => {
    if (does.endsWith("Cancel")) return "ok";
    if (!isRough || placeOf(id) === "inline") return does;
    if (does === "hang") return "spin";
    return does === "ok" && random.chance(0.1) ? random.pick(["exit", "exitTimes:1", "exitTimes:1"]) : does;
  };
  const without = ({ nodes, edges }: ProgramFlow): ProgramFlow => ({
    edges,
    nodes: nodes.map(({ grows: _, ...node }) => ({
      ...node,
      does: doing(node),
      ...(node.flow === undefined ? {} : { flow: without(node.flow) }),
    })),
  });
  return { ...program, ...without(program) };
}

function hash(text: string): number {
  let sum = 7;
  for (const letter of text) sum = (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0;
  return sum;
}
