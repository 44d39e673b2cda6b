/**
 * The programs of ../shared/data/programs.json with their code on threads, in real time.
 *
 * Each is followed by the reference model. Where the outcome depends on neither time nor order (the model comes to it whichever attempt ends first),
 * it has to be the one that the file expects.
 */
import { afterAll, describe, expect, test } from "vitest";
import { ThreadPool } from "../../src/index.js";
import { ModelStage } from "../support/model-stage.js";
import { compared, type Played, type Program, play, readPrograms } from "../support/programs.js";
import { Random } from "../support/random.js";
import { follow } from "../support/threads/follower.js";
import { runOnThreads, type ThreadedRun } from "../support/threads/threaded-program.js";
import { checkTrace } from "../support/trace-format.js";

const programs = readPrograms();
if (programs === null) console.info("threads: ../shared/data/programs.json is absent, nothing to run");
const rows = (programs ?? []).map((program) => [program.id, program.title, program] as const);
const pool = new ThreadPool({ threads: 2 });
afterAll(() => pool.close());

describe.skipIf(programs === null)("programs.json on threads", () => {
  test.each(rows)("%s: %s", async (_id, _title, original) => {
    // Code that hangs is not to be waited for a second.
    const program = { ...original, options: { graceMs: 20, ...original.options } };
    const run = await runOnThreads(program, pool, () => "thread");
    if (run === null) return expect(program.expect.refused).toBeDefined();
    const followed = follow(program, run.events);
    expect(followed.actual).toEqual(followed.expected);
    expect(checkTrace(run.result.trace.toChromeTrace())).toEqual([]);
    const { main, threads, running } = run.result.threads;
    expect(threads.reduce((sum, { attempts }) => sum + attempts, main.attempts)).toBe(running.count);
    if (!(await isOneOutcome(program))) return;
    const { order: _, ...timeless } = program.expect;
    const { actual, expected } = compared({ ...program, expect: timeless }, playedBy(run));
    expect(actual).toEqual(expected);
  });

  test("most of them have one outcome", async () => {
    const those = await Promise.all((programs ?? []).map(isOneOutcome));
    expect(those.filter(Boolean).length).toBeGreaterThan(25);
  });
});

/** Whether the program comes to the same, whatever ends first, and no command or deadline races with that. */
async function isOneOutcome(program: Program): Promise<boolean> {
  const { nodes, commands = [], options, expect: expected } = program;
  const races = nodes.some(
    ({ does, policy = {} }) => policy.nodeTimeoutMs !== undefined || (does !== "hang" && policy.timeoutMs !== undefined),
  );
  if (races || commands.length > 0 || options.runTimeoutMs !== undefined || expected.refused !== undefined) return false;
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 30; seed++) {
    const random = new Random(seed);
    const {
      order: _,
      inputs: __,
      outputs: ___,
      ...played
    } = await play(program, new ModelStage(program, (count) => random.int(0, Math.max(0, count - 1))));
    outcomes.add(JSON.stringify(played));
  }
  return outcomes.size === 1;
}

function playedBy({ result, events }: ThreadedRun): Played {
  const results = Object.values(result.nodeResults);
  return {
    status: result.status,
    nodes: Object.fromEntries(results.map(({ name, status }) => [name, status])),
    reasons: Object.fromEntries(results.flatMap(({ name, reason }) => (reason === undefined ? [] : [[name, reason]]))),
    order: events.flatMap((event) => (event.type === "nodeStarted" ? [event.node] : [])),
  };
}
