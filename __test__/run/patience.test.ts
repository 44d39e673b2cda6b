/** What a node that others have passed over holds back, and what it must not. Beside the reference model, which has to agree on each step. */
import { expect, test } from "vitest";
import type { ModelPlan } from "../support/model/spec.js";
import type { RunEvent } from "../support/model/types.js";
import { batchesOf, logOf, scripted } from "../support/script.js";
import { SideBySide } from "../support/side-by-side.js";

test("who waits for a place in its container does not hold back what is inside the one that has it", () => {
  const needy: ModelPlan = { nodeCount: 1, edges: [], policies: [{ needs: [[0, 1]] }] };
  // Node 18 wants the pool that t has; so 19 takes the only place in s, and 20, inside it, wants the pool, too.
  const inside: ModelPlan = {
    nodeCount: 2,
    edges: [],
    policies: [
      { needs: [[0, 1]], priority: 7 },
      { kind: { is: "subDag", inside: { plan: needy, failFast: true, limit: 1 } }, priority: 6 },
    ],
  };
  // Sixteen others pass over 18.
  const others = [..."abcdefghijklmnop"].map((letter) => `f${letter}`);
  const { names, spec } = scripted({
    graph: `t; s; ${others.join("; ")}`,
    maxWorkers: 20,
    policies: {
      t: { needs: [[0, 1]], priority: 9 },
      s: { kind: { is: "subDag", inside: { plan: inside, failFast: true, limit: 1, concurrency: 1 } }, priority: 5 },
    },
    options: { pools: [{ capacity: 1 }] },
  });
  const script = `
    0: start
    1: begin t1, ok t1
    2: begin 20:1, ok 20:1
    3: begin 18:1, ok 18:1`;
  const both = new SideBySide(spec);
  const events: RunEvent[] = [];
  for (const { inputs, now } of batchesOf(script, names)) events.push(...both.advance(inputs, now).events);
  const ends = logOf(events, names).filter((line) => line.includes("nodeCompleted"));
  expect(ends).toEqual([
    "1 nodeCompleted t1",
    "2 nodeCompleted 20:1",
    "2 nodeCompleted 19:1",
    "3 nodeCompleted 18:1",
    "3 nodeCompleted s1",
  ]);
});
