/**
 * The profile and the trace of a run of 300,000 nodes in one chain. Would catch: a walk along the path or through equal times that is
 * quadratic, recursion over the graph's depth.
 */
import { expect, test } from "vitest";
import { profileOf } from "../../src/run/profile.js";
import { Trace } from "../../src/run/trace.js";
import { baseTraceGraph } from "../../src/run/trace-graph.js";
import { emptyColumns } from "../support/recorded-run.js";

const nodeCount = 300_000;

/** A chain; `usPerNode` 0 is the hardest: all of it within one microsecond. */
function chain(usPerNode: number) {
  const columns = emptyColumns(nodeCount);
  const order = new Uint32Array(nodeCount);
  const edges = new Uint32Array(2 * nodeCount - 2);
  for (let node = 0; node < nodeCount; node++) {
    order[node] = node;
    if (node > 0) edges.set([node - 1, node], 2 * node - 2);
    columns.state[node] = 4;
    columns.attempt[node] = 1;
    columns.lane[node] = 0;
    columns.readyAt[node] = columns.startedAt[node] = node * usPerNode;
    columns.settledAt[node] = (node + 1) * usPerNode;
  }
  const names = Array.from(order, (node) => `n${node}`);
  return {
    runId: "run-1",
    graph: baseTraceGraph({
      names,
      index: new Map(names.map((name, id) => [name, id])),
      native: { order: () => order, edges: () => edges },
    }),
    startedAtEpochMs: 0,
    durationUs: nodeCount * usPerNode,
    columns: () => columns,
    pastAttempts: () => [],
  };
}

test.each([0, 2])("the profile of a long chain, %i microseconds a node", (usPerNode) => {
  const profile = profileOf(chain(usPerNode));
  expect(profile.workMs).toBe((nodeCount * usPerNode) / 1000);
  expect(profile.criticalPath.steps).toHaveLength(nodeCount);
  expect(profile.bottlenecks).toHaveLength(usPerNode > 0 ? nodeCount : 0);
  expect(profile.get("n7")).toMatchObject({ slackMs: 0, onCriticalPath: true });
});

test.each([0, 2])("the trace of a long chain, %i microseconds a node", (usPerNode) => {
  let lines = 0;
  for (const chunk of new Trace(chain(usPerNode)).chromeTraceChunks()) lines += chunk.split("\n").length - 1;
  // The opening and the closing line, three names, a slice a node, two events an edge, and the counter going up and down.
  expect(lines).toBe(2 + 3 + nodeCount + 2 * (nodeCount - 1) + (usPerNode > 0 ? 2 : 0));
});
