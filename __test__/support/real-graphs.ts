/** The real graphs of up to 1,000 nodes as DAGs; a cyclic one as its condensation. */
import { DAG } from "../../src/dag/dag.js";
import { namesEnding, readGraph } from "./shared-data.js";

/** Their names; none where the folder is absent. */
export const realGraphNames: readonly string[] = namesEnding(".expected.json").filter(
  (name) => !name.endsWith(".diff") && readGraph(name).nodes.length <= 1000,
);

/** One of them. */
export function realGraph(name: string): DAG {
  const { nodes, edges } = readGraph(name);
  const found = DAG.diagnose(edges, { nodes: nodes.map(({ id }) => id) });
  if (!found.isDag) return found.condensation;
  return DAG.builder()
    .addNodes(nodes.map(({ id, runtimeSeconds }) => ({ name: id, cost: runtimeSeconds })))
    .addEdges(edges)
    .build();
}
