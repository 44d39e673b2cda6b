/** What the TypeScript side never hands to the binding: each is refused with an error that says so, and none ends the process. */
import { describe, expect, test } from "vitest";
import {
  delayGrowths,
  expressionOps,
  joinRules,
  looks,
  NativeGraph,
  NativeGrowth,
  NativePlan,
  type NativePolicy,
  type NativeRunOptions,
  newNode,
  nodeKinds,
  none,
  openRun,
  ownSignal,
  type PlanColumns,
  policyFlags,
} from "../../src/native/index.js";
import { nativePolicy, nativeRunOptions } from "../support/native-policy.js";
import { Random } from "../support/random.js";
import { forEachSeed } from "../support/seeds.js";

/** `0 -> 1, 0 -> 2, 1 -> 2` */
function triangle(): NativeGraph {
  return graphOf(3, [0, 1, 0, 2, 1, 2]);
}

function graphOf(nodeCount: number, pairs: readonly number[]): NativeGraph {
  const graph = NativeGraph.build(nodeCount, Uint32Array.from(pairs));
  if (Array.isArray(graph)) throw new Error("these edges are no DAG");
  return graph;
}

function planOf(columns: Partial<PlanColumns>, graph = triangle(), inner: NativePlan[] = []): NativePlan {
  return new NativePlan(graph, { defaultTimeout: Number.NaN, defaultMaxAttempts: 1, ...columns }, inner);
}

/** A plan of three nodes that all have this policy. */
function planWith(policy: Partial<NativePolicy>, inner: NativePlan[] = []): NativePlan {
  return planOf({ policies: [nativePolicy(policy)] }, graphOf(3, []), inner);
}

const atom = (upstream: number): number => expressionOps.is | (looks.completed << 4) | (upstream << 8);
const words = (...numbers: number[]): Uint32Array => Uint32Array.from(numbers);
const inside = (): NativePlan => planOf({}, graphOf(1, []));

describe("policies", () => {
  test.each<[string, Partial<NativePolicy>]>([
    ["no kind", { kind: 6 }],
    ["the largest kind", { kind: none }],
    ["no join rule", { join: 8 }],
    ["no meaning of a failure", { onFailure: 3 }],
    ["flags that do not exist", { flags: 512 }],
    ["a command on a thread", { flags: policyFlags.thread | policyFlags.command }],
    ["all bits", { flags: none }],
    ["no growth of a delay", { growth: 3 }],
    ["a factor below 1", { growth: delayGrowths.exponential, factor: 0.99 }],
    ["a factor that is none", { growth: delayGrowths.exponential, factor: Number.NaN }],
    ["an endless factor", { growth: delayGrowths.exponential, factor: Number.POSITIVE_INFINITY }],
    ["a negative jitter", { jitter: -0.1 }],
    ["a jitter above 1", { jitter: 1.1 }],
    ["a jitter that is none", { jitter: Number.NaN }],
    ["half a need", { needs: words(0, 1, 2) }],
    ["a pool twice", { needs: words(3, 1, 3, 2) }],
    ["a signal below its own", { kind: nodeKinds.wait, signal: -3 }],
    ["half a signal", { kind: nodeKinds.wait, signal: 0.5 }],
    ["a signal beyond names", { kind: nodeKinds.wait, signal: 2 ** 31 }],
    ["a signal that is none", { kind: nodeKinds.wait, signal: Number.NaN }],
    ["an empty expression", { join: joinRules.expression, expression: words() }],
    ["no expression", { join: joinRules.expression }],
    ["an operation that does not exist", { join: joinRules.expression, expression: words(6) }],
    ["a look that does not exist", { join: joinRules.expression, expression: words(7 << 4) }],
    ["a look that is open", { join: joinRules.expression, expression: words(0) }],
    ["not of nothing", { join: joinRules.expression, expression: words(expressionOps.not) }],
    ["and of one", { join: joinRules.expression, expression: words(expressionOps.true, expressionOps.and) }],
    ["two values", { join: joinRules.expression, expression: words(expressionOps.true, expressionOps.true) }],
    ["an upstream that is not there", { join: joinRules.expression, expression: words(atom(0)) }],
    ["an upstream at the end of all numbers", { join: joinRules.expression, expression: words(atom(0xffffff) >>> 0) }],
    ["a container without an inside", { kind: nodeKinds.subDag }],
    ["an inside at the end of all numbers", { kind: nodeKinds.loop, inner: none }],
  ])("%s", (_what, policy) => {
    // What an expression lacks might be linked to it, so only a run can tell.
    expect(() => openRun(planWith(policy), nativeRunOptions({ pools: words(1, 1, 1, 2) }))).toThrow(/^INTERNAL: /);
  });

  test("a map over a plan of several nodes", () => {
    expect(() => planWith({ kind: nodeKinds.map }, [planOf({})])).toThrow(/^INTERNAL: the inside of a map has one node/);
  });

  test("what is odd but has a meaning", () => {
    for (const policy of [
      { delayMs: Number.NaN },
      { delayMs: -1 },
      { delayMs: Number.POSITIVE_INFINITY },
      { delayMs: Number.MAX_VALUE, growth: delayGrowths.exponential, factor: Number.MAX_VALUE },
      { nodeTimeoutMs: -1 },
      { maxDelayMs: Number.NEGATIVE_INFINITY },
      { needs: words() },
      { needs: words(5, 0) },
      { kind: nodeKinds.wait, signal: ownSignal, waitMs: Number.POSITIVE_INFINITY },
      { join: joinRules.expression, expression: words(expressionOps.true) },
    ]) {
      expect(planWith(policy)).toBeInstanceOf(NativePlan);
    }
    expect(planWith({ kind: nodeKinds.map }, [inside()])).toBeInstanceOf(NativePlan);
  });
});

describe("columns", () => {
  test.each<[string, Partial<PlanColumns>]>([
    ["costs of another length", { costs: new Float64Array(2) }],
    ["a cost that is none", { costs: Float64Array.of(1, Number.NaN, 1) }],
    ["an endless priority", { priorities: Float64Array.of(1, Number.POSITIVE_INFINITY, 1) }],
    ["attempts of another length", { maxAttempts: new Uint32Array(4) }],
    ["no policies at all", { policies: [] }],
    ["places of another length", { policies: [nativePolicy()], policyOf: words(0, 0) }],
    ["a place that is not there", { policies: [nativePolicy()], policyOf: words(0, 1, 0) }],
    ["a place without policies", { policyOf: words(0, 1, 0) }],
    ["half a guard", { guards: words(0) }],
    ["a guard on no edge", { guards: words(1, 0) }],
    ["a guard on a node that is not there", { guards: words(3, 0) }],
    ["a guard at the end of all numbers", { guards: words(none, none) }],
    [
      "an ordinary node behind a finally-node",
      { policies: [nativePolicy(), nativePolicy({ flags: policyFlags.finally })], policyOf: words(0, 1, 0) },
    ],
    [
      "an expression about more upstreams than one of its nodes has",
      { policies: [nativePolicy(), nativePolicy({ join: joinRules.expression, expression: words(atom(1)) })], policyOf: words(0, 1, 1) },
    ],
  ])("%s", (_what, columns) => {
    expect(() => openRun(planOf(columns), nativeRunOptions())).toThrow(/^INTERNAL: /);
  });

  test("policies per node go together with attempts and timeouts per node", () => {
    const policies = [nativePolicy(), nativePolicy({ join: joinRules.expression, expression: words(atom(1)) })];
    for (const columns of [{}, { maxAttempts: words(0, 1, none) }, { timeouts: Float64Array.of(Number.NaN, -1, 0) }]) {
      expect(planOf({ policies, policyOf: words(0, 0, 1), guards: words(0, 2, 0, 1, 0, 2), ...columns })).toBeInstanceOf(NativePlan);
    }
    expect(planOf({ policies, policyOf: words() }, graphOf(0, []))).toBeInstanceOf(NativePlan);
  });

  test("plans nested too deep", () => {
    const nest = (times: number): NativePlan => {
      let plan = inside();
      for (let i = 0; i < times; i++) plan = planOf({ policies: [nativePolicy({ kind: nodeKinds.subDag })] }, graphOf(1, []), [plan]);
      return plan;
    };
    expect(() => nest(2001)).toThrow(/^INTERNAL: plans are nested at most 2000 deep/);
    expect(openRun(nest(2000), nativeRunOptions()).journalHeader()).toHaveLength(80);
  });
});

describe("options of a run", () => {
  test.each<[string, Partial<NativeRunOptions>, Uint32Array]>([
    ["a pool that is not there", {}, words(0, 1)],
    ["a need larger than its pool", { pools: words(3, 1) }, words(1, 2)],
    ["intervals of another length", { pools: words(3, 1), intervals: Float64Array.of(1) }, words(0, 1)],
  ])("%s", (_what, options, needs) => {
    expect(() => openRun(planWith({ needs }), nativeRunOptions(options))).toThrow(/^INTERNAL: /);
    const outer = planWith({ kind: nodeKinds.subDag }, [planWith({ needs })]);
    expect(() => openRun(outer, nativeRunOptions(options))).toThrow(/^INTERNAL: /);
  });
});

describe("additions", () => {
  test.each<[string, readonly number[]]>([
    ["half a link", [0, newNode]],
    ["an edge among its own nodes", [newNode, newNode | 1, 0]],
    ["an own node that is not there", [0, newNode | 3, 0]],
    ["an own node at the end of all numbers", [0, none, 0]],
    ["a guard that is no yes or no", [0, newNode, 2]],
  ])("%s", (_what, links) => {
    expect(
      () =>
        new NativeGrowth(
          planOf({}),
          Uint32Array.from(links, (word) => word >>> 0),
        ),
    ).toThrow(/^INTERNAL: /);
  });

  test("needs that the run has no pool for", () => {
    const run = openRun(planOf({}), nativeRunOptions());
    const growth = new NativeGrowth(planWith({ needs: words(0, 1) }), words());
    expect(() => run.queueGrowth(growth)).toThrow(/^INTERNAL: /);
    expect(() => run.checkGrowth(growth, -1)).toThrow(/^INTERNAL: /);
    expect(growth.nodeCount).toBe(3);
  });
});

test("policies of random numbers are taken or refused, never fatal", { timeout: 3_600_000 }, () => {
  let taken = 0;
  forEachSeed("hostile policies", 2000, (seed) => {
    const random = new Random(seed);
    const number = (): number =>
      random.pick([0, 0, 1, 2, 3, 7, -1, -2, 0.5, 2 ** 31, none, 2 ** 53, 1e300, Number.NaN, Number.POSITIVE_INFINITY]);
    const array = (): Uint32Array =>
      Uint32Array.from({ length: random.int(0, 4) }, () => random.pick([0, 1, 2, 5, 16, 272, 2 ** 31, none]));
    const policy = { ...nativePolicy() } as Record<string, unknown>;
    for (const name of Object.keys(policy)) if (random.chance(0.2)) policy[name] = number();
    for (const name of ["needs", "expression"]) if (random.chance(0.3)) policy[name] = array();
    try {
      const plan = planOf({ policies: [policy as unknown as NativePolicy], guards: array() }, triangle(), [inside()]);
      new NativeGrowth(plan, array());
      taken++;
    } catch (error) {
      expect(String(error)).toMatch(/^Error: INTERNAL: /);
    }
  });
  console.info(`hostile policies: ${taken} taken`);
});
