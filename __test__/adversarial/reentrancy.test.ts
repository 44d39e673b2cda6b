/**
 * Tasks and listeners that come back into the run from everywhere: cancel from inside tasks, abort listeners and event listeners, log
 * from wherever they stand, let time pass in a call, start other runs, settle in every way. Random graphs and habits, seeds printed.
 *
 * Whatever they do: the run ends; the report counts exactly the calls that were made; no task is called after the end, before its
 * upstreams or without a slot; every event is heard once and in order; nothing stays unhandled, armed or listened to.
 */
// biome-ignore-all lint/suspicious/noThenProperty: thenables are what some of these tasks give.
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import type { TaskContext } from "../../src/flow/task.js";
import { DAG, DAGExecutor, type ExecutorOptions, type RunEvent, type RunHandle } from "../../src/index.js";
import { clockOption } from "../../src/run/options.js";
import { Random } from "../support/random.js";
import { each, settleDown } from "../support/runs.js";
import { forEachSeedAsync } from "../support/seeds.js";
import { SimulatedClock } from "../support/simulated-clock.js";

interface Scene {
  readonly random: Random;
  readonly clock: SimulatedClock;
  readonly dag: DAG;
  readonly upstreams: ReadonlyMap<string, readonly string[]>;
  readonly options: ExecutorOptions & { readonly maxWorkers: number };
  /** How often each hostile act comes. */
  readonly odds: Readonly<Record<"cancel" | "abortCancel" | "log" | "spend" | "fail" | "never" | "nest", number>>;
}

function sceneOf(seed: number): Scene {
  const random = new Random(seed);
  const size = random.pick([1, 3, 10, 40, 600]);
  const names = Array.from({ length: size }, (_, i) => `n${i}`);
  const upstreams = new Map<string, string[]>(names.map((name) => [name, []]));
  const edges = size === 600 && random.chance(0.5) ? 0 : random.int(0, 2 * size);
  for (let i = 0; i < edges && size > 1; i++) {
    const to = random.int(1, size - 1);
    const from = `n${random.int(0, to - 1)}`;
    const list = upstreams.get(`n${to}`);
    if (list !== undefined && !list.includes(from)) list.push(from);
  }
  const builder = DAG.builder();
  for (const name of names) builder.addNode(name, { priority: random.int(0, 3) });
  for (const [to, list] of upstreams) for (const from of list) builder.addEdge(from, to);
  const dag: DAG = builder.build();
  const often = (): number => random.pick([0, 0, 0.02, 0.2]);
  return {
    random,
    clock: new SimulatedClock(),
    dag,
    upstreams,
    options: {
      maxWorkers: random.pick([1, 2, 8, 100_000]),
      failFast: random.chance(0.5),
      graceMs: random.pick([0, 5, 1000]),
      retry: random.pick([1, 2, 4]),
      keepResults: random.pick(["all", "leaves", "none"]),
      ...(random.chance(0.6) && { timeoutMs: random.pick([1, 10, 100]) }),
    },
    odds: {
      cancel: often() / 10,
      abortCancel: often(),
      log: often(),
      spend: often(),
      fail: often(),
      never: often() / 2,
      nest: often() / 10,
    },
  };
}

class Host {
  readonly #scene: Scene;
  readonly calls = new Map<string, number>();
  readonly faults: string[] = [];
  readonly #pending: (() => void)[] = [];
  readonly nested: Promise<unknown>[] = [];
  readonly events: RunEvent[] = [];
  readonly iterated: RunEvent[] = [];
  readonly controller = new AbortController();
  handle: RunHandle | undefined;
  isOver = false;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  readonly task = each((inputs, ctx) => {
    const { random, clock, odds, upstreams } = this.#scene;
    this.calls.set(ctx.name, (this.calls.get(ctx.name) ?? 0) + 1);
    if (this.isOver) this.faults.push(`${ctx.name} was called after the end`);
    if (this.calls.get(ctx.name) !== ctx.attempt)
      this.faults.push(`${ctx.name} was called ${this.calls.get(ctx.name)} times for attempt ${ctx.attempt}`);
    for (const name of upstreams.get(ctx.name) ?? [])
      if (inputs[name] !== `<${name}>`) this.faults.push(`${ctx.name} was given ${String(inputs[name])} by ${name}`);
    if (random.chance(odds.abortCancel)) ctx.signal.addEventListener("abort", () => this.#cancel());
    if (random.chance(odds.log)) ctx.log("in the call");
    if (random.chance(odds.spend)) clock.pass(random.pick([0.5, 5, 25]));
    if (random.chance(odds.nest)) this.#nest();
    if (random.chance(odds.cancel)) this.#cancel();
    if (random.chance(odds.log)) ctx.log("at its end");
    return this.#ending(ctx);
  });

  #ending({ name, log }: TaskContext): unknown {
    const { random, odds } = this.#scene;
    const value = `<${name}>`;
    const isGood = !random.chance(odds.fail);
    if (random.chance(odds.never)) return new Promise(() => {});
    const end = (give: (value: unknown) => void, refuse: (reason: unknown) => void): void => {
      if (random.chance(odds.log)) log("later");
      if (random.chance(odds.cancel)) this.#cancel();
      if (isGood) give(value);
      else refuse(new Error(value));
    };
    switch (random.int(0, 4)) {
      case 0:
        return new Promise((resolve, reject) => this.#pending.push(() => end(resolve, reject)));
      case 1:
        return { then: (give: (value: unknown) => void, refuse: (reason: unknown) => void) => this.#pending.push(() => end(give, refuse)) };
      case 2:
        return isGood ? Promise.resolve(value) : Promise.reject(new Error(value));
      default:
        if (isGood) return value;
        throw new Error(value);
    }
  }

  readonly onEvent = (event: RunEvent): void => {
    const { random, odds } = this.#scene;
    this.events.push(event);
    if (random.chance(odds.cancel / 3)) this.#cancel();
    if (random.chance(odds.abortCancel / 10)) throw new Error("a listener");
  };

  #cancel(): void {
    if (this.#scene.random.chance(0.5)) this.controller.abort("by signal");
    else this.handle?.cancel("by handle");
  }

  #nest(): void {
    const { dag } = this.#scene;
    const inner = new DAGExecutor(dag, 2).start(() => Promise.resolve(1));
    if (this.#scene.random.chance(0.5)) inner.cancel();
    this.nested.push(inner.result);
  }

  /** Lets something happen: an outcome, or the next timer. */
  async step(): Promise<void> {
    const { random, clock } = this.#scene;
    for (let count = random.pick([1, 3, 50]); count > 0 && this.#pending.length > 0; count--)
      this.#pending.splice(random.int(0, this.#pending.length - 1), 1)[0]?.();
    if (this.#pending.length === 0 || random.chance(0.2)) clock.jump();
    await settleDown();
  }
}

test("whatever comes back into a run, it ends and its report is true", { timeout: 3_600_000 }, async () => {
  const unhandled: unknown[] = [];
  process.on("unhandledRejection", (reason) => unhandled.push(reason));
  const statuses = new Set<string>();

  await forEachSeedAsync("re-entrancy", 400, async (seed) => {
    const scene = sceneOf(seed);
    const host = new Host(scene);
    const { controller } = host;
    const withClock: ExecutorOptions & { [clockOption]: SimulatedClock } = { ...scene.options, [clockOption]: scene.clock };
    const handle = new DAGExecutor(scene.dag, withClock).start(host.task, {
      signal: controller.signal,
      ...(scene.random.chance(0.7) && { onEvent: host.onEvent }),
    });
    host.handle = handle;
    const reading = scene.random.chance(0.5) ? read(handle, host.iterated) : undefined;
    void handle.result.then(() => (host.isOver = true));
    for (let steps = 0; !host.isOver; steps++) {
      if (steps > 20_000) throw new Error("the run does not end");
      if (steps > 300) handle.cancel(); // Attempts that never settle, and no timeout.
      await host.step();
    }
    const result = await handle.result;
    statuses.add(result.status);

    expect(host.faults).toEqual([]);
    const rows = Object.values(result.nodeResults);
    expect(new Map(rows.filter(({ attempt }) => attempt > 0).map(({ name, attempt }) => [name, attempt]))).toEqual(
      sorted(host.calls, rows),
    );
    for (const { name, status } of rows) {
      expect(["completed", "failed", "skipped", "cancelled"]).toContain(status);
      if (status !== "completed") continue;
      for (const upstream of scene.upstreams.get(name) ?? []) expect(result.get(upstream).status).toBe("completed");
    }
    for (const heard of [host.events, host.iterated]) {
      const seqs = heard.flatMap((event) => ("seq" in event ? [event.seq] : []));
      expect(seqs).toEqual(seqs.map((_, i) => i));
      if (seqs.length === 0) continue;
      expect(heard.findLast((event) => "seq" in event)).toMatchObject({ type: "runEnded", status: result.status });
      expect(mostAtOnce(heard)).toBeLessThanOrEqual(scene.options.maxWorkers);
      expect(logsOutsideAttempts(heard)).toEqual([]);
    }
    for (const step of [1, 2, 3]) if (step > 0) await host.step(); // What comes late.
    await reading;
    await Promise.all(host.nested);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    expect(unhandled).toEqual([]);
  });
  expect([...statuses].sort()).toEqual(["cancelled", "completed", "failed"]);
});

async function read(handle: RunHandle, into: RunEvent[]): Promise<void> {
  for await (const event of handle.events) into.push(event);
}

/** The calls, in the order of the rows. */
function sorted(calls: ReadonlyMap<string, number>, rows: readonly { readonly name: string }[]): Map<string, number> {
  return new Map(rows.flatMap(({ name }) => (calls.has(name) ? [[name, calls.get(name) ?? 0]] : [])));
}

/** The most attempts that held a slot at one time, by the events. */
function mostAtOnce(events: readonly RunEvent[]): number {
  const running = new Set<string>();
  let most = 0;
  for (const event of events) {
    if (event.type === "nodeStarted") most = Math.max(most, running.add(event.node).size);
    else if (
      ["nodeCompleted", "nodeFailed", "attemptFailed", "nodeCancelled"].includes(event.type) &&
      "node" in event &&
      event.node !== undefined
    )
      running.delete(event.node);
  }
  return most;
}

/** Words of attempts that have not started, by the events. */
function logsOutsideAttempts(events: readonly RunEvent[]): RunEvent[] {
  const started = new Set<string>();
  return events.filter((event) => {
    if (event.type === "nodeStarted") started.add(`${event.node} ${event.attempt}`);
    return event.type === "log" && !started.has(`${event.node} ${event.attempt}`);
  });
}
