/** What can be asked of a graph. Functions over its frozen form; the class `DAG` puts its types on top. */
export {
  type ClosureOptions,
  filter,
  merge,
  reverse,
  type SubgraphOptions,
  subgraph,
  transitiveClosure,
  transitiveReduction,
} from "./derive.js";
export { type DiagnoseOptions, Diagnosis, diagnose, isAcyclic } from "./diagnose.js";
export { diff, type GraphDiff, type NamedEdge } from "./diff.js";
export { contentHash, nodesMatching, structureHash } from "./identity.js";
export { GraphIds } from "./ids.js";
export { type LintFinding, lint } from "./lint.js";
export * from "./order.js";
export { type AllPathsOptions, allPaths, countPaths, longestPath, shortestPath, type WeightedPath } from "./paths.js";
export {
  countReachablePairs,
  DominatorTree,
  dominatorTree,
  largestAntichain,
  Reachability,
  reachability,
  width,
} from "./relation.js";
export {
  bottomLevels,
  CriticalPath,
  criticalPath,
  ExecutionPlan,
  executionPlan,
  type NodeTimes,
  type PlannedNode,
  type PlanStep,
} from "./time.js";
