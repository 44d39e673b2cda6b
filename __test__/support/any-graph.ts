/** Random graphs with hostile names and with everything that nodes and edges can carry. */
import fc from "fast-check";
import { DAG } from "../../src/dag/dag.js";
import type { EdgeOptions, NodeOptions } from "../../src/dag/options.js";
import { anyName } from "./hostile-names.js";

/** Numbers as JSON keeps them: it has no negative zero. */
const number = (constraints: fc.DoubleConstraints): fc.Arbitrary<number> =>
  fc.double({ noNaN: true, noDefaultInfinity: true, ...constraints }).map((n) => n + 0);

const nodeOptions: fc.Arbitrary<NodeOptions> = fc.record(
  {
    payload: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown),
    metadata: fc
      .dictionary(anyName, fc.oneof(fc.string(), fc.integer()))
      .map((record) => JSON.parse(JSON.stringify(record)) as Record<string, unknown>),
    cost: number({ min: 0 }),
    priority: number({}),
    timeoutMs: number({ min: 1e-3 }),
    retry: fc.integer({ min: 1, max: 2 ** 20 }),
  },
  { requiredKeys: [] },
);

const edgeOptions: fc.Arbitrary<EdgeOptions> = fc.record(
  { weight: number({}), label: fc.oneof(fc.constant(""), anyName) },
  { requiredKeys: [] },
);

/** Edges run from the later name to the earlier or the other way round, so that node order is no topological order. */
export const anyGraph: fc.Arbitrary<DAG> = fc
  .uniqueArray(anyName, { maxLength: 12 })
  .chain((names) =>
    fc.record({
      nodes: fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), nodeOptions))),
      isDownwards: fc.boolean(),
      edges: fc.uniqueArray(fc.tuple(fc.nat(), fc.nat(), edgeOptions), { maxLength: 20 }),
    }),
  )
  .map(({ nodes, isDownwards, edges }) => {
    const builder = DAG.builder().addNodes(nodes);
    const seen = new Set<string>();
    for (const [a, b, options] of edges) {
      const [low, high] = [a % nodes.length, b % nodes.length].sort((x, y) => x - y);
      const key = `${low} ${high}`;
      if (low === undefined || high === undefined || low === high || Number.isNaN(low) || seen.has(key)) continue;
      seen.add(key);
      const [from, to] = isDownwards ? [low, high] : [high, low];
      builder.addEdge(nodes[from]?.[0] ?? "", nodes[to]?.[0] ?? "", options);
    }
    return builder.build();
  });
