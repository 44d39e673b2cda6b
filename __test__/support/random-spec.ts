/** Random graphs with policies of every kind, from a seed: what a run is made of. */
import {
  type Expression,
  type Growth,
  type JoinRule,
  type Look,
  type ModelKind,
  type ModelPlan,
  type ModelPolicy,
  type ModelPool,
  newNode,
  type RunSpec,
} from "./model/spec.js";
import type { Random } from "./random.js";

/** How likely a node, or an edge, of this run has something; 0 for most things in most runs, so that small cases stay simple. */
interface Traits {
  readonly timeouts: number;
  readonly nodeTimeouts: number;
  readonly retries: number;
  readonly priorities: number;
  readonly costs: number;
  readonly joins: number;
  readonly guards: number;
  readonly conditions: number;
  readonly caches: number;
  readonly tolerances: number;
  readonly finallys: number;
  readonly undos: number;
  readonly needs: number;
  readonly waits: number;
  readonly containers: number;
  readonly givens: number;
  readonly externals: number;
  readonly commands: number;
  readonly crashLimits: number;
}

function randomTraits(random: Random): Traits {
  // Some runs have nearly everything, most have a few things, and some nothing.
  const share = random.pick([0, 0.15, 0.3, 0.5, 0.5, 0.8]);
  const trait = (...likely: readonly number[]): number => (random.chance(share) ? random.pick(likely) : 0);
  return {
    timeouts: trait(0.3, 0.7),
    nodeTimeouts: trait(0.2, 0.5),
    retries: trait(0.3, 0.8),
    priorities: trait(0.4),
    costs: trait(0.6),
    joins: trait(0.3, 0.8),
    guards: trait(0.2, 0.6),
    conditions: trait(0.2, 0.5),
    caches: trait(0.2, 0.4),
    tolerances: trait(0.2, 0.6),
    finallys: trait(0.1, 0.3),
    undos: trait(0.3, 0.8),
    needs: trait(0.3, 0.7),
    waits: trait(0.2, 0.4),
    containers: trait(0.2, 0.4),
    givens: trait(0.05, 0.1),
    externals: trait(0.3, 0.7),
    commands: trait(0.3, 0.7),
    crashLimits: trait(0.3, 0.8),
  };
}

/** A run of up to `maxNodes` nodes in its base graph. */
export function randomSpec(random: Random, maxNodes: number): RunSpec {
  const traits = randomTraits(random);
  const pools = traits.needs === 0 ? [] : Array.from({ length: random.int(1, 3) }, () => randomPool(random));
  // Small graphs find most faults; large ones find the rest.
  const size = random.chance(0.9) ? random.int(0, Math.min(14, maxNodes)) : random.int(1, maxNodes);
  return {
    ...randomPlan(random, size, traits, pools, random.int(1, 2)),
    maxWorkers: random.chance(0.8) ? random.int(1, 5) : random.int(1, 40),
    ...(random.chance(0.7) ? { maxCommands: random.int(1, 3) } : {}),
    failFast: random.chance(0.4),
    graceMs: random.pick([0, 1, 2, 5, 1000]),
    abortRunning: random.chance(0.8),
    undo: traits.undos > 0 && random.chance(0.8),
    ...(random.chance(0.15) ? { runTimeoutMs: random.int(1, 12) } : {}),
    ...(random.chance(0.15) ? { retryBudget: random.int(0, 4) } : {}),
    seed: random.int(0, 2 ** 31),
    pools,
    maxNodes: random.chance(0.9) ? 400 : size + random.int(0, 8),
    maxDepth: random.chance(0.9) ? 6 : random.int(0, 2),
    keepResults: random.pick(["all", "all", "all", "leaves", "none"] as const),
  };
}

function randomPool(random: Random): ModelPool {
  const capacity = random.int(1, 3);
  return random.chance(0.7) ? { capacity } : { capacity, intervalMs: random.int(1, 5) };
}

/** A layered, random or path-like DAG; node ids are shuffled, so insertion order is no topological order. */
function randomPlan(random: Random, nodeCount: number, traits: Traits, pools: readonly ModelPool[], depth: number): ModelPlan {
  const ids = Array.from({ length: nodeCount }, (_, id) => id);
  for (let i = nodeCount - 1; i > 0; i--) {
    const j = random.chance(0.7) ? random.int(0, i) : i;
    [ids[i], ids[j]] = [ids[j] ?? i, ids[i] ?? j];
  }
  const isFinally = ids.map(() => random.chance(traits.finallys));
  const edges = new Map<string, [number, number, boolean]>();
  const density = random.pick([0, 0.5, 1, 1.5, 3]);
  const reach = random.pick([1, 3, nodeCount]);
  for (let k = 0; k < nodeCount * density; k++) {
    const upper = random.int(0, nodeCount - 1);
    const lower = Math.min(nodeCount - 1, upper + random.int(1, Math.max(1, reach)));
    const [from, to] = [ids[upper], ids[lower]];
    // "Only finally-nodes may follow one."
    if (upper === lower || from === undefined || to === undefined || (isFinally[from] === true && isFinally[to] !== true)) continue;
    edges.set(`${from},${to}`, [from, to, random.chance(traits.guards)]);
  }
  const upstreamCount = (node: number): number => [...edges.values()].filter(([, to]) => to === node).length;
  const policies = Array.from({ length: nodeCount }, (_, node) =>
    randomPolicy(random, traits, pools, depth, upstreamCount(node), isFinally[node] === true),
  );
  return { nodeCount, edges: [...edges.values()], policies };
}

function randomPolicy(
  random: Random,
  traits: Traits,
  pools: readonly ModelPool[],
  depth: number,
  upstreamCount: number,
  isFinally: boolean,
): ModelPolicy {
  const kind = randomKind(random, traits, pools, depth);
  const has = (trait: keyof Traits): boolean => random.chance(traits[trait]);
  return {
    ...(kind === null ? {} : { kind }),
    ...(has("joins") ? { join: randomJoin(random, upstreamCount) } : {}),
    ...(has("tolerances") ? { onFailure: random.pick(["allow", "continue"] as const) } : {}),
    ...(has("conditions") ? { hasCondition: true } : {}),
    ...(has("caches") ? { isCached: true } : {}),
    ...(isFinally ? { isFinally: true } : {}),
    ...(has("undos") ? { hasUndo: true } : {}),
    ...(has("priorities") ? { priority: random.int(-2, 3) } : {}),
    ...(has("costs") ? { cost: random.int(0, 12) / 4 } : {}),
    ...(has("timeouts") ? { timeoutMs: random.int(1, 4) } : {}),
    ...(has("nodeTimeouts") ? { nodeTimeoutMs: random.int(1, 8) } : {}),
    ...(has("retries") ? { maxAttempts: random.int(1, 4), ...randomBackoff(random) } : {}),
    ...(has("needs") && kind === null ? { needs: randomNeeds(random, pools) } : {}),
    ...(has("externals") ? { isExternal: true } : {}),
    ...(has("commands") && kind === null ? { isCommand: true } : {}),
    ...(has("crashLimits") ? { maxCrashes: random.int(0, 2) } : {}),
  };
}

function randomKind(random: Random, traits: Traits, pools: readonly ModelPool[], depth: number): ModelKind | null {
  if (random.chance(traits.givens)) return { is: "given" };
  if (random.chance(traits.waits)) {
    const heard = random.pick(["own", 0, 1, "none"] as const);
    const signal = heard === "none" ? undefined : heard;
    // A sleep without an end would be one too many.
    const hasTimeout = signal === undefined || random.chance(0.4);
    return {
      is: "wait",
      wait: {
        ...(signal === undefined ? {} : { signal }),
        ...(hasTimeout ? { timeoutMs: random.int(0, 5) } : {}),
        ...(random.chance(0.3) ? { hasDefault: true } : {}),
      },
    };
  }
  if (depth === 0 || !random.chance(traits.containers)) return null;
  const is = random.pick(["map", "subDag", "loop"] as const);
  const plan = randomPlan(
    random,
    is === "map" ? 1 : random.int(0, 5),
    is === "map" ? { ...traits, finallys: 0 } : traits,
    pools,
    depth - 1,
  );
  const concurrency = random.chance(0.4) ? { concurrency: random.int(1, 3) } : {};
  return { is, inside: { plan, failFast: random.chance(0.6), ...concurrency, limit: is === "map" ? random.int(2, 12) : random.int(1, 3) } };
}

function randomNeeds(random: Random, pools: readonly ModelPool[]): [number, number][] {
  return pools.flatMap(({ capacity, intervalMs }, pool): [number, number][] =>
    random.chance(0.6) ? [[pool, intervalMs === undefined ? random.int(1, capacity) : 1]] : [],
  );
}

function randomBackoff(random: Random): Pick<ModelPolicy, "backoff"> {
  if (random.chance(0.4)) return {};
  return {
    backoff: {
      growth: random.pick(["fixed", "linear", { factor: 2 }, { factor: 1.5 }] as const),
      delayMs: random.int(0, 3),
      ...(random.chance(0.3) ? { maxDelayMs: random.int(0, 4) } : {}),
      ...(random.chance(0.3) ? { jitter: random.pick([250_000, 500_000, 1_000_000]) } : {}),
    },
  };
}

export function randomJoin(random: Random, upstreamCount: number): JoinRule {
  const rules: JoinRule[] = ["anyCompleted", "allSettled", "anyFailed", "allFailed", "noneFailed", "noneFailedOneCompleted"];
  if (upstreamCount > 0 && random.chance(0.4)) return { expression: randomExpression(random, upstreamCount, random.int(0, 3)) };
  return random.pick(rules);
}

function randomExpression(random: Random, upstreamCount: number, depth: number): Expression {
  const looks: readonly Exclude<Look, "open">[] = ["completed", "completed", "failed", "skipped", "blocked", "filtered", "cancelled"];
  if (depth === 0 || random.chance(0.2)) {
    if (random.chance(0.05)) return { op: "constant", value: random.chance(0.5) };
    return { op: "is", upstream: random.int(0, upstreamCount - 1), look: random.pick(looks) };
  }
  const part = (): Expression => randomExpression(random, upstreamCount, depth - 1);
  if (random.chance(0.2)) return { op: "not", of: part() };
  return { op: random.pick(["and", "or"] as const), left: part(), right: part() };
}

/** What an attempt of `grower`, or a command, may add to a run that has `nodeCount` nodes; now and then with faults. */
export function randomGrowth(random: Random, spec: RunSpec, nodeCount: number, grower: number | null): Growth {
  const plan = randomPlan(random, random.int(0, 3), randomTraits(random), spec.pools ?? [], random.chance(0.3) ? 1 : 0);
  const old = (): number => (grower !== null && random.chance(0.5) ? grower : random.int(0, nodeCount - (random.chance(0.95) ? 1 : 0)));
  const links = Array.from({ length: random.int(0, 3) }, (): [number, number, boolean] => {
    const fresh = newNode + random.int(0, Math.max(0, plan.nodeCount - 1));
    const isGuarded = random.chance(0.2);
    if (plan.nodeCount === 0 || random.chance(0.1)) return [old(), old(), isGuarded];
    return random.chance(0.75) ? [old(), fresh, isGuarded] : [fresh, old(), isGuarded];
  });
  // The places that an expression of a new node speaks of are numbered over all its upstreams.
  const policies = plan.policies.map((policy, k) => {
    const within = plan.edges.filter(([, to]) => to === k).map(([from]) => newNode + from);
    const count = new Set([...within, ...links.filter(([, to]) => to === newNode + k).map(([from]) => from)]).size;
    return typeof policy.join === "object" ? { ...policy, join: randomJoin(random, count) } : policy;
  });
  return { plan: { ...plan, policies }, links };
}
