/**
 * `DAG.diagnose`: what is wrong with any list of edges, and what can still be said of it. Here are the imports of a program that has grown.
 *
 *     cli ──> core ──> config ──> log          fonts (imports itself)
 *              ^                   │
 *              └───────────────────┘
 */
import assert from "node:assert/strict";
import { DAG } from "dagny";

const found = DAG.diagnose([
  ["cli", "core"],
  ["core", "config"],
  ["config", "log"],
  ["log", "core"],
  ["fonts", "fonts"],
  ["cli", "core"],
]);

console.log(`acyclic: ${found.isDag}`);
for (const cycle of found.cycles) console.log(`cycle: ${[...cycle, cycle[0]].join(" -> ")}`);
console.log(`imports itself: ${found.selfLoops.join(", ")}`);
console.log(`listed twice: ${found.duplicateEdges.map((edge) => edge.join(" -> ")).join(", ")}`);
console.log(`parts: ${found.weakComponents.map((part) => part.join(" ")).join(" | ")}`);

assert.equal(found.isDag, false);
assert.deepEqual(found.cycles, [["core", "config", "log"]]);
assert.deepEqual(found.selfLoops, ["fonts"]);
assert.deepEqual(found.duplicateEdges, [["cli", "core"]]);
assert.equal(found.weakComponents.length, 2);
// Seen as components, it is a DAG again.
assert.deepEqual(found.strongComponents, [["cli"], ["core", "config", "log"], ["fonts"]]);
