/**
 * The deepest and the widest graph of a million nodes, in a worker thread with its default stack: what recurses overflows here, and what
 * is quadratic never ends.
 */
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";

const count = 1_000_000;

function answersFor(shape: "chain" | "star"): Promise<unknown> {
  const url = JSON.stringify(new URL("../fixtures/million-worker.ts", import.meta.url).href);
  // A worker knows no TypeScript of its own, and loaders given by `--import` do not reach its entry file.
  const worker = new Worker(`import("tsx/esm/api").then(({ tsImport }) => tsImport(${url}, ${url}));`, { eval: true, workerData: shape });
  return new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
}

it("a chain", { timeout: 180_000 }, async () => {
  expect(await answersFor("chain")).toEqual({
    sort: count,
    levels: count,
    sortByName: count,
    sortByPriority: count,
    descendants: count - 1,
    ancestors: count - 1,
    isAncestor: [true, false],
    allPaths: count,
    countPaths: 1n,
    shortestPath: count,
    longestPath: count,
    criticalPath: count,
    bottomLevels: count,
    executionPlan: count,
    reachability: true,
    reachablePairs: (BigInt(count) * BigInt(count - 1)) / 2n,
    width: 1,
    reduction: count - 1,
    dominators: count - 1,
    reverse: 1,
    filter: count - 1,
    subgraph: count,
    merge: count - 1,
    diff: count - 1,
    edges: count - 1,
    stats: count,
    matching: 10,
    contentHash: 64,
    structureHash: 64,
    diagnose: count,
  });
});

it("a star", { timeout: 180_000 }, async () => {
  expect(await answersFor("star")).toEqual({
    sort: count,
    levels: 2,
    sortByName: count,
    sortByPriority: count,
    descendants: count - 1,
    ancestors: 1,
    isAncestor: [true, false],
    allPaths: 2,
    countPaths: BigInt(count - 1),
    shortestPath: 2,
    longestPath: 2,
    criticalPath: 2,
    bottomLevels: 2,
    executionPlan: 1 + Math.ceil((count - 1) / 3),
    reachability: true,
    reachablePairs: BigInt(count - 1),
    width: count - 1,
    reduction: count - 1,
    dominators: 1,
    reverse: count - 1,
    filter: count - 1,
    subgraph: count,
    merge: count - 1,
    diff: count - 1,
    edges: count - 1,
    stats: 2,
    matching: 10,
    contentHash: 64,
    structureHash: 64,
    diagnose: 2,
  });
});
