/** Graphs as text, so that a reader of a test can draw them: `a -> b, c; b, c -> d; alone`, with costs as `a=3`. */
import { DAG } from "../../src/dag/dag.js";
import type { EdgeOptions, NodeOptions } from "../../src/dag/options.js";

/** What the text does not say of nodes, by name, and of edges, by `from -> to`. */
export interface GraphDetails {
  readonly nodes?: Readonly<Record<string, NodeOptions>>;
  readonly edges?: Readonly<Record<string, EdgeOptions>>;
}

/** Nodes in order of first mention; each side of an arrow is a list, and all of the left come before all of the right. */
export function graphOf(text: string, details: GraphDetails = {}): DAG {
  const costs = new Map<string, number | undefined>();
  const edges: [string, string, EdgeOptions][] = [];
  for (const statement of text.split(/[;\n]/)) {
    const groups = statement.split("->").map((group) => readNames(group, costs));
    for (const [at, group] of groups.entries()) {
      for (const from of groups[at - 1] ?? []) for (const to of group) edges.push([from, to, details.edges?.[`${from} -> ${to}`] ?? {}]);
    }
  }
  const nodes = [...costs].map(([name, cost]) => [name, { ...details.nodes?.[name], ...(cost !== undefined && { cost }) }] as const);
  return DAG.builder().addNodes(nodes).addEdges(edges).build();
}

function readNames(group: string, costs: Map<string, number | undefined>): string[] {
  const entries = group.split(",").map((entry) => entry.trim());
  return entries
    .filter((entry) => entry !== "")
    .map((entry) => {
      const [name = "", cost] = entry.split("=");
      if (cost !== undefined || !costs.has(name)) costs.set(name, cost === undefined ? undefined : Number(cost));
      return name;
    });
}

/** A graph's edges as text, in canonical order. */
export function edgesAsText(dag: DAG): string {
  return dag
    .edges()
    .map(({ from, to }) => `${from} -> ${to}`)
    .join("; ");
}
