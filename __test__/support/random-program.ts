/** Random programs in the words of programs.json, with every rule that the file has words for. */
import { concurrencyKeys } from "./program-spec.js";
import type { Program, ProgramCommand, ProgramEdge, ProgramFlow, ProgramNode, ProgramPolicy } from "./programs.js";
import type { Random } from "./random.js";

/** Which rules a program may use, drawn once: most have a few. */
interface Taste {
  readonly fails: boolean;
  readonly hangs: boolean;
  readonly isSlow: boolean;
  readonly joins: boolean;
  readonly predicates: boolean;
  readonly tolerates: boolean;
  readonly finallys: boolean;
  readonly waits: boolean;
  readonly containers: boolean;
  readonly grows: boolean;
  readonly parks: boolean;
  readonly undoes: boolean;
  readonly pools: Readonly<Record<string, number>>;
  readonly rates: Readonly<Record<string, { readonly limit: number; readonly perMs: number }>>;
  readonly hasKeys: boolean;
}

/** `isSlow`: with tasks that take time in their calls, and nothing but tasks. */
export function randomProgram(random: Random, id: string, isSlow = false): Program {
  const has = (likely: number): boolean => !isSlow && random.chance(likely);
  // Where a host may come back too early, the clock of an idle run is not known: nothing in it may go by the time since before.
  const hasRates = has(0.15);
  const taste: Taste = {
    fails: random.chance(0.7),
    hangs: random.chance(0.2),
    isSlow,
    joins: has(0.4),
    predicates: has(0.3),
    tolerates: has(0.3),
    finallys: has(0.25),
    waits: !hasRates && has(0.2),
    containers: has(0.25),
    grows: has(0.2),
    parks: !hasRates && has(0.2),
    undoes: has(0.15),
    rates: hasRates ? { api: { limit: random.int(1, 2), perMs: random.int(1, 3) * 5 } } : {},
    hasKeys: has(0.15),
    pools: has(0.3) ? { gpu: random.int(1, 2), ram: random.int(2, 6) } : {},
  };
  const count = random.chance(0.8) ? random.int(1, 8) : random.int(9, 40);
  const flow = randomFlow(random, taste, count, "n", 1);
  const isRich = Object.values(taste).some((has) => has === true) && !isSlow;
  return {
    id,
    title: id,
    ...flow,
    options: {
      ...(random.chance(0.7) ? { maxWorkers: random.int(1, 4) } : {}),
      ...(random.chance(0.6) ? { failFast: random.chance(0.4) } : {}),
      ...(random.chance(0.4) ? { graceMs: random.pick([0, 5, 20]) } : {}),
      ...(has(0.2) ? { abortRunning: false } : {}),
      ...(has(0.1) ? { runTimeoutMs: random.int(1, 6) * 10 } : {}),
      ...(taste.undoes ? { undo: true } : {}),
      ...(has(0.05) ? { targets: [random.pick(flow.nodes).id] } : {}),
      ...(Object.keys(taste.pools).length > 0 ? { pools: taste.pools } : {}),
      ...(Object.keys(taste.rates).length > 0 ? { rates: taste.rates } : {}),
    },
    commands: [
      ...randomCommands(random, flow, isRich).filter((command) => !hasRates || command.do !== "pause"),
      ...(isRich ? lastCommands : []),
    ],
    expect: {},
  };
}

/** What is left when nothing moves any more is let go on, then cancelled. */
const lastCommands: readonly ProgramCommand[] = [
  { when: "idle", do: "resume" },
  ...["go", "on", "go", "on"].map((target) => ({ when: "idle", do: "signal", target })),
  { when: "idle", do: "cancel" },
];

function randomCommands(random: Random, { nodes }: ProgramFlow, isRich: boolean): ProgramCommand[] {
  if (!random.chance(0.4)) return [];
  const states = ["running", "completed", "failed", "waiting", "ready", "skipped"];
  const kinds = isRich ? ["cancel", "pause", "resume", "cancelBranch", "approve", "reject", "signal"] : ["cancel"];
  const waits = nodes.filter(({ does }) => does === "wait");
  return Array.from({ length: random.int(1, isRich ? 4 : 2) }, () => {
    const what = random.pick(kinds);
    const isAnswer = what === "approve" || what === "reject";
    const target = isAnswer && waits.length > 0 ? random.pick(waits).id : random.pick(nodes).id;
    const when = random.pick(["idle", ...states.map((state) => `${random.pick(nodes).id} ${state}`)]);
    if (what === "cancel" && random.chance(0.2)) return { when: "start", do: what };
    if (what === "signal") return { when, do: what, target: random.pick(["go", "on"]) };
    return what === "cancelBranch" || (isAnswer && waits.length > 0) ? { when, do: what, target } : { when, do: isAnswer ? "pause" : what };
  });
}

/** @param depth how many containers may stand one in the other. */
function randomFlow(random: Random, taste: Taste, count: number, prefix: string, depth: number): ProgramFlow {
  const ids = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  const isFinally = new Set(ids.filter(() => taste.finallys && random.chance(0.2)));
  const pairs = new Map<string, [string, string]>();
  for (let k = random.int(0, 2 * count); k > 0; k--) {
    const [a, b] = [random.int(0, count - 1), random.int(0, count - 1)];
    const [from, to] = [ids[Math.min(a, b)], ids[Math.max(a, b)]];
    if (from !== undefined && to !== undefined && a !== b) pairs.set(`${from} ${to}`, [from, to]);
  }
  // Edges run up or down the insertion order, by seed, so that the order of nodes is not always topological.
  const isReversed = random.chance(0.3);
  const edges = [...pairs.values()]
    .map(([from, to]): [string, string] => (isReversed ? [to, from] : [from, to]))
    .filter(([from, to]) => isFinally.has(to) || !isFinally.has(from))
    .map(([from, to]): [string, string, ProgramEdge?] => {
      const edge = taste.predicates && random.chance(0.3) ? randomEdge(random) : undefined;
      return edge === undefined ? [from, to] : [from, to, edge];
    });
  const nodes = ids.map((id) => {
    const upstreams = edges.filter(([, to]) => to === id).map(([from]) => from);
    return randomNode(random, taste, { id, isFinally: isFinally.has(id), upstreams, depth, others: ids });
  });
  return { nodes, edges };
}

function randomEdge(random: Random): ProgramEdge {
  return random.pick<ProgramEdge>([
    { condition: false },
    { condition: true },
    { filter: "none" },
    { filter: "all" },
    { condition: "throws" },
  ]);
}

interface Place {
  readonly id: string;
  readonly isFinally: boolean;
  readonly upstreams: readonly string[];
  readonly depth: number;
  readonly others: readonly string[];
}

function randomNode(random: Random, taste: Taste, place: Place): ProgramNode {
  const { id, depth } = place;
  const common = commonPolicy(random, taste, place);
  if (taste.waits && random.chance(0.2)) {
    // What nobody answers ends by a command, which does not reach everything.
    const nodeTimeoutMs = place.isFinally || depth === 0 || random.chance(0.3) ? { nodeTimeoutMs: random.int(1, 6) * 10 } : {};
    return { id, does: "wait", policy: { ...common, ...nodeTimeoutMs } };
  }
  if (taste.containers && depth > 0 && random.chance(0.25)) {
    const retry = random.chance(0.3) ? { retry: { maxAttempts: random.int(1, 3) } } : {};
    if (random.chance(0.5)) {
      const items = Array.from({ length: random.int(0, 4) }, () =>
        random.pick(["ok", "ok", "syncOk", ...(taste.fails ? ["fail", "failTimes:1"] : [])]),
      );
      return { id, does: "map", policy: { ...common, ...retry, ...needs(random, taste) }, items, ...mapLimits(random) };
    }
    const rounds = random.int(1, 3);
    if (random.chance(0.3)) {
      return {
        id,
        does: "loop",
        policy: { ...common, ...retry },
        rounds,
        flow: randomFlow(random, taste, random.int(1, 3), "i", depth - 1),
      };
    }
    return { id, does: "subdag", policy: { ...common, ...retry }, flow: randomFlow(random, taste, random.int(1, 4), "i", depth - 1) };
  }
  const does = random.pick(endings(random, taste));
  const policy: ProgramPolicy = {
    ...common,
    ...(random.chance(0.3) ? { timeoutMs: random.int(1, 3) * 10 } : {}),
    ...(random.chance(0.4)
      ? { retry: { maxAttempts: random.int(1, 4), ...(random.chance(0.4) ? { delayMs: random.int(0, 3) * 5 } : {}) } }
      : {}),
    ...needs(random, taste),
  };
  const grows = taste.grows && depth === 1 && random.chance(0.3) ? { grows: randomGrowth(random, taste, place) } : {};
  // A task that hangs without a timeout, or waits for a signal, ends by a command only, and one is not always there.
  const patience =
    does === "hang" && policy.timeoutMs === undefined ? { timeoutMs: 20 } : does.startsWith("hears:") ? { nodeTimeoutMs: 40 } : {};
  return { id, does, policy: { ...policy, ...patience }, ...grows };
}

function mapLimits(random: Random): Pick<ProgramNode, "concurrency" | "allowFailures" | "isLazy"> {
  return {
    ...(random.chance(0.4) ? { concurrency: random.int(1, 3) } : {}),
    ...(random.chance(0.3) ? { allowFailures: true } : {}),
    ...(random.chance(0.4) ? { isLazy: true } : {}),
  };
}

function endings(random: Random, { fails, hangs, isSlow, parks }: Taste): string[] {
  const all = ["ok", "ok", "syncOk", "value:null", `value:${random.int(0, 9)}`];
  if (fails) all.push("fail", "failTimes:1", "failTimes:2", "syncFail");
  if (hangs) all.push("hang");
  if (parks) all.push("sleeps:5", "sleeps:15", "hears:go", "hears:on");
  if (isSlow) all.push("syncSlow:1", "syncSlow:10", "syncSlow:25", "asyncSlow:5", "asyncSlow:25");
  if (random.chance(0.05)) all.push("syncCancel", "asyncCancel");
  return all;
}

/** What any node may have, whatever it does. */
function commonPolicy(random: Random, taste: Taste, { isFinally, upstreams }: Place): ProgramPolicy {
  const predicate = (): boolean | "throws" => random.pick<boolean | "throws">([true, true, false, "throws"]);
  return {
    ...(random.chance(0.3) ? { priority: random.int(-2, 3) } : {}),
    ...(random.chance(0.3) ? { cost: random.int(0, 6) / 2 } : {}),
    ...(isFinally ? { finally: true } : taste.joins && random.chance(0.5) ? { join: randomJoin(random, upstreams) } : {}),
    ...(taste.predicates && random.chance(0.2) ? { condition: predicate() } : {}),
    ...(taste.predicates && random.chance(0.1) ? { cached: true } : {}),
    ...(taste.tolerates && random.chance(0.4) ? { onFailure: random.pick(["allow", "continue"] as const) } : {}),
    ...(taste.undoes && random.chance(0.6) ? { undo: random.pick(["ok", "ok", "fails"] as const) } : {}),
    ...(!taste.isSlow && random.chance(0.1) ? { nodeTimeoutMs: random.int(1, 4) * 10 } : {}),
  };
}

function needs(random: Random, { pools, rates, hasKeys }: Taste): ProgramPolicy {
  const resources = Object.entries(pools).flatMap(([pool, capacity]) =>
    random.chance(0.4) ? [[pool, random.int(1, capacity)] as const] : [],
  );
  return {
    ...(resources.length === 0 ? {} : { resources: Object.fromEntries(resources) }),
    ...(Object.keys(rates).length > 0 && random.chance(0.4) ? { rate: "api" } : {}),
    ...(hasKeys && random.chance(0.4) ? { concurrencyKey: random.pick(concurrencyKeys) } : {}),
  };
}

function randomJoin(random: Random, upstreams: readonly string[]): NonNullable<ProgramPolicy["join"]> {
  if (upstreams.length === 0 || random.chance(0.6)) {
    return random.pick(["anyCompleted", "allSettled", "anyFailed", "allFailed", "noneFailed", "noneFailedOneCompleted"]);
  }
  const atom = (): string => {
    const look = random.pick(["completed", "completed", "failed", "skipped", "blocked", "filtered", "cancelled"]);
    return `${random.chance(0.2) ? "!" : ""}${random.pick(upstreams)}.${look}`;
  };
  const parts = Array.from({ length: random.int(1, 3) }, atom);
  return { expr: parts.reduce((left, right) => `${left} ${random.pick(["&&", "||"])} ${right}`) };
}

/** One or two nodes after the one that grows, and now and then an edge to a node that is there. */
function randomGrowth(random: Random, taste: Taste, { id, isFinally, others }: Place): ProgramFlow {
  const names = Array.from({ length: random.int(1, 2) }, (_, k) => `${id}g${k}`);
  const nodes = names.map((name) => {
    const place = { id: name, isFinally, upstreams: [], depth: 0, others: [] };
    return randomNode(random, { ...taste, joins: false, waits: false, predicates: false, hasKeys: false }, place);
  });
  const edges = names.map((name): [string, string] => (random.chance(0.8) ? [id, name] : [random.pick(others), name]));
  const [first] = names;
  if (first !== undefined && random.chance(0.3)) edges.push([first, random.pick(others)]);
  return { nodes, edges };
}
