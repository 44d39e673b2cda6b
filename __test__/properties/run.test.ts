/**
 * The core's run against the reference model: random graphs, policies, outcomes, orders, commands, growths and batches, event by event.
 *
 * Every property prints its seeds. `DAGNY_SEEDS=20000` runs more of them, `DAGNY_SEED=17` one alone. The first one prints what its runs covered.
 */
import { describe, expect, test } from "vitest";
import { Coverage } from "../support/coverage.js";
import type { RunSpec } from "../support/model/spec.js";
import { Random } from "../support/random.js";
import { caseOf, drive, stateWords } from "../support/run-cases.js";
import { checkLaws } from "../support/run-laws.js";
import { forEachSeed } from "../support/seeds.js";
import { SideBySide } from "../support/side-by-side.js";

/** Room for many more seeds than the default: how long a seed takes is not what these tests are about. */
const timeout = 36_000_000;

/** How many seeds it takes until every pair of features has met. */
const enough = 10_000;

describe("the core's run", { timeout }, () => {
  test("decides what the model decides, and keeps the laws", () => {
    const coverage = new Coverage();
    let runs = 0;
    forEachSeed("core = model", enough, (seed) => {
      const each = caseOf(seed, 300);
      const reports = drive(each);
      const { both, spec } = each;
      checkLaws(spec, both.growths, reports);
      expect(stateWords(both.core)).toEqual(both.model.states);
      const begun = both.core.native.columns().attempt;
      for (const [node, state] of both.model.states.entries()) {
        // Of a node whose join was not met nobody asks.
        if (state === "completed" || begun[node] !== 0)
          expect([node, both.core.native.inputsOf(node)]).toEqual([node, asArray(both.model.inputsOf(node))]);
      }
      coverage.add(spec, both.growths, reports);
      runs++;
    });
    console.info(String(coverage));
    if (runs < enough) return;
    expect(coverage.wrongMoves()).toEqual([]);
    expect(coverage.missingLooks()).toEqual([]);
    expect(coverage.missingPairs()).toEqual([]);
  });

  test("orders thousands of ready nodes as the model does", () => {
    forEachSeed("large order", 4, (seed) => {
      const random = new Random(seed);
      const nodeCount = random.int(2048, 4000);
      const spec: RunSpec = {
        nodeCount,
        // Each node of the second half hangs below one of the first, which is a root.
        edges: Array.from({ length: nodeCount / 2 }, (_, i) => [random.int(0, Math.ceil(nodeCount / 2) - 1), nodeCount - 1 - i]),
        policies: Array.from({ length: nodeCount }, () => ({
          priority: random.pick([-1e9, -1, -0.5, -0, 0, 0, 0.5, 1, 1e9]),
          cost: random.pick([0, 1e-3, 0.25, 1, 1, 3, 65_536, 1e12]),
        })),
        maxWorkers: nodeCount,
        failFast: true,
        graceMs: 0,
      };
      const { leases } = new SideBySide(spec).advance([{ kind: "start", at: 0 }], 0);
      expect(leases).toHaveLength(Math.ceil(nodeCount / 2));
    });
  });
});

function asArray(nodes: readonly number[] | null): Uint32Array | null {
  return nodes === null ? null : Uint32Array.from(nodes);
}
