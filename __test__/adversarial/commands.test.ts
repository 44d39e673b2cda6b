/**
 * Commands from everywhere: tasks, predicates, undos, listeners and iterables that pause, resume, cancel, signal, approve and grow the run
 * they are part of, at random. Whatever they do, the run ends once it is let go on, and its report adds up.
 */
import { expect, test } from "vitest";
import { approval, DAG, type DagnyError, loop, map, type RunHandle, subDag, type TaskContext, waitFor } from "../../src/index.js";
import { Random } from "../support/random.js";
import { loosely, simulated } from "../support/runs.js";
import { forEachSeedAsync } from "../support/seeds.js";

const settled = ["completed", "failed", "skipped", "filtered", "cancelled"];

test("a run that is commanded from everywhere ends", { timeout: 600_000 }, async () => {
  const statuses = new Set<string>();
  const codes = new Set<string>();
  await forEachSeedAsync("commands from everywhere", 300, async (seed) => {
    const random = new Random(seed);
    const names: string[] = [];
    let handle: RunHandle | undefined;
    let grown = 0;
    let commands = 0;

    const kinds: ((run: RunHandle, node: string) => void)[] = [
      (run) => run.pause(),
      (run) => run.resume(),
      (run) => run.resume(),
      (run, node) => run.cancelNodes(node, "not this one"),
      (run) => run.signal("go", seed),
      (run, node) => run.approve(node),
      (run, node) => run.reject(node, "no"),
      (run, node) => run.addNodes([{ name: `g${grown++}`, needs: random.chance(0.5) ? [node] : [], task: work }]),
      (run, node) => run.addEdges([[node, random.pick(names)]]),
      (run) => random.chance(0.1) && run.cancel("enough"),
    ];
    const command = (): void => {
      if (handle === undefined || commands > 60 || !random.chance(0.25)) return;
      commands++;
      try {
        random.pick(kinds)(handle, random.pick(names));
        codes.add("none");
      } catch (error) {
        codes.add(String((error as DagnyError).code)); // A typed error, never another.
      }
    };

    const work = (_: unknown, ctx: TaskContext): unknown => {
      command();
      if (random.chance(0.1)) throw new Error("by chance");
      if (random.chance(0.2)) return ctx.sleep(random.int(0, 20)).then(command);
      if (random.chance(0.1)) return ctx.waitFor("go", { timeoutMs: 50, default: 0 });
      return random.chance(0.5) ? Promise.resolve().then(command) : undefined;
    };
    function* items(): Generator<number> {
      for (let i = 0; i < 4; i++) {
        command();
        yield i;
      }
    }
    const predicate = (): boolean => {
      command();
      return random.chance(0.8);
    };

    const builder = DAG.builder();
    const inner = loosely(DAG.builder().task("x", work).task("y", ["x"], work).build());
    for (let i = 0; i < 12; i++) {
      const name = `n${i}`;
      const needs = names.filter(() => random.chance(0.2));
      const definitions: unknown[] = [
        work,
        work,
        map({ over: items, each: work, allowFailures: random.chance(0.5) } as never),
        subDag(inner),
        loop({ body: work as never, until: predicate, limit: 3 }),
        approval({ timeoutMs: 100, default: 0 }),
        waitFor({ signal: "go", timeoutMs: 100 }),
      ];
      const options = {
        ...(random.chance(0.3) && { condition: predicate }),
        ...(random.chance(0.3) && { join: random.pick(["allSettled", "anyCompleted", "noneFailed"] as const) }),
        ...(random.chance(0.3) && { undo: command }),
      };
      const definition = random.pick(definitions);
      builder.task(
        name,
        needs as never[],
        definition as never,
        (definition === work ? { ...options, retry: 2 } : { join: options.join }) as never,
      );
      names.push(name);
    }
    const { executor, clock } = simulated(loosely(builder.build()), {
      failFast: random.chance(0.3),
      undo: true,
      graceMs: 10,
      maxWorkers: 3,
    });
    handle = executor.start(undefined, { onEvent: command });
    for (let turn = 0; turn < 300 && !settled.includes(handle.status); turn++) {
      await clock.settle();
      if (!clock.jump() && turn > 20) handle.resume();
    }
    handle.resume();
    if (!settled.includes(handle.status)) handle.cancel("the test is over");
    for (let turn = 0; turn < 50 && !settled.includes(handle.status); turn++) {
      await clock.settle();
      clock.jump();
    }
    expect(settled).toContain(handle.status);
    const result = await handle.result;
    statuses.add(result.status);
    const rows = Object.values(result.nodeResults);
    expect(rows.filter(({ status }) => !settled.includes(status))).toEqual([]);
    expect(Object.values(result.counts).reduce((sum, count) => sum + count, 0)).toBe(rows.length);
    for (const row of rows) expect(row.why === undefined).toBe(row.status === "completed");
    expect(result.trace.toChromeTrace()).toBeDefined();
  });
  expect([...statuses].sort()).toEqual(["cancelled", "completed", "failed"]);
  expect([...codes].sort()).toEqual(["GROWTH_REFUSED", "RUN_OVER", "SIGNAL_REFUSED", "none"]);
});
