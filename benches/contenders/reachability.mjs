/** The reachability index of one graph in a fresh process: time to build it, resident memory it adds, time of a question. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { DAG } from "dagny";
import { makeNamedEdges, makeNames, makeShape } from "../_setup.mjs";

const [source, size] = process.argv.slice(2);

function input() {
  if (source.endsWith(".json") || source.endsWith(".gz")) {
    const bytes = readFileSync(source);
    const { nodes, edges } = JSON.parse((source.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString());
    return { names: nodes.map(({ id }) => id), edges };
  }
  const names = makeNames(Number(size));
  return { names, edges: makeNamedEdges(makeShape(source, Number(size)), names) };
}

const { names, edges } = input();
const dag = DAG.builder().addNodes(names).addEdges(edges).build();
globalThis.gc();
const before = process.memoryUsage.rss();
const start = performance.now();
const index = dag.reachability();
const ms = performance.now() - start;
globalThis.gc();
const bytes = process.memoryUsage.rss() - before;
const from = names[0];
let reached = 0;
const asked = performance.now();
for (const name of names) if (index.isAncestor(from, name)) reached++;
console.log(
  JSON.stringify({
    ms,
    bytes: Math.max(bytes, index.sizeBytes),
    nodes: names.length,
    edges: edges.length,
    askNs: ((performance.now() - asked) * 1e6) / names.length,
    reached,
  }),
);
