/** Builds a layered graph by the package's name, as a user would, and sorts it. */
import { createHash } from "node:crypto";
import { DAG } from "dagny";

const layers = 20;
const width = 25;

/** A hash of the order of a graph of 500 nodes and 1,425 edges: the same in every thread. */
export function sortedGraph() {
  const upstreams = {};
  for (let layer = 0; layer < layers; layer++) {
    for (let place = 0; place < width; place++) {
      const from = [0, 7, 11].map((step) => `${layer - 1}/${(place + step) % width}`);
      upstreams[`${layer}/${place}`] = layer === 0 ? [] : from;
    }
  }
  const order = DAG.from(upstreams).topologicalSort();
  if (order.length !== layers * width) throw new Error(`${order.length} nodes came back`);
  return createHash("sha256").update(order.join()).digest("hex");
}
