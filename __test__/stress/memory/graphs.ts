/** Large graphs and indexes, made and dropped one after the other. Prints the most memory they took, as JSON; `memory.test.ts` reads it. */
import { DAG } from "../../../src/index.js";

const nodes = 20_000;
const width = 500;
const names = Array.from({ length: nodes }, (_, i) => `n${i}`);
const edges: number[] = [];
for (let i = width; i < nodes; i++) {
  const above = i - width - (i % width);
  for (let j = 0; j < 3; j++) edges.push(above + ((7 * i + 13 * j) % width), i);
}
const pairs = Uint32Array.from(edges);

function build(): DAG {
  return DAG.builder().addNodes(names).addEdgeIds(pairs).build();
}

/** By how many bytes the process is larger at its largest while it makes so many and drops them. */
async function growth(count: number, make: () => unknown): Promise<number> {
  make();
  const before = process.memoryUsage.rss();
  let most = before;
  for (let i = 0; i < count; i++) {
    make();
    most = Math.max(most, process.memoryUsage.rss());
    if (i % 10 === 9) await new Promise(setImmediate); // Finalizers of native objects run in a turn of their own.
  }
  return most - before;
}

const dag = build();
const graphs = await growth(300, build);
const reversed = await growth(1000, () => dag.reverse());
const indexes = await growth(60, () => dag.reachability());
console.log(JSON.stringify({ graphs, reversed, indexes }));
