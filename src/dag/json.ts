/** Graphs as JSON: one versioned format, in which everything but the tasks survives. */
import { describe, quote } from "../errors/base.js";
import { GraphFormatError } from "../errors/graph.js";
import { rowOf } from "./columns.js";
import { GraphBuilder } from "./graph-builder.js";
import type { GraphCore, NodeRow } from "./graph-core.js";
import type { EdgeOptions, NodeOptions } from "./options.js";

/** What the format calls itself. */
const format = "dagny/graph";
/** Raised when a release writes what older ones would misread. Older versions stay readable. */
const version = 1;

/**
 * A graph as plain data. Node order is kept; edges name nodes by their place in `nodes`, from 0, in canonical order. `payload` and `metadata`
 * are the values themselves: what JSON cannot write of them (functions, bigints, cycles) is up to `JSON.stringify`.
 */
export interface GraphJSON {
  readonly format: typeof format;
  readonly version: number;
  readonly nodes: readonly NodeJSON[];
  readonly edges: readonly EdgeJSON[];
}

/** A node and what was given with it. */
export type NodeJSON = { readonly name: string } & NodeOptions;

/** An edge between two places in `nodes`, and what was given with it. */
export type EdgeJSON = readonly [from: number, to: number, options?: EdgeOptions];

/** The graph as plain data, ready for `JSON.stringify`. Tasks are functions and stay behind. O(n + m). */
export function toJSON({ names, native, nodes, edges }: GraphCore): GraphJSON {
  const pairs = native.edges();
  return {
    format,
    version,
    nodes: names.map((name, id) => ({ name, ...nodeOptions(rowOf(nodes, id)) })),
    edges: Array.from({ length: pairs.length / 2 }, (_, edge): EdgeJSON => {
      const ends = [pairs[2 * edge] ?? 0, pairs[2 * edge + 1] ?? 0] as const;
      const options = rowOf(edges, edge);
      return Object.keys(options).length === 0 ? ends : [...ends, options];
    }),
  };
}

/**
 * The graph in a text or in data that `toJSON` wrote, checked like any other. Throws `GraphFormatError` where it is none of this format or
 * of a newer version, and what `build()` of a builder throws. O(n + m).
 */
export function fromJSON(source: string | GraphJSON): GraphCore {
  const { nodes, edges } = checkedDocument(typeof source === "string" ? parsed(source) : source);
  const graph = new GraphBuilder();
  graph.addNodes(nodes as readonly NodeJSON[]);
  for (const edge of edges) {
    if (!isEdge(edge, nodes.length)) {
      throw new GraphFormatError(
        `an edge must be [from, to] or [from, to, options] with places of nodes, received ${JSON.stringify(edge)}`,
      );
    }
    graph.addEdgeBetween(edge[0], edge[1], edge[2]);
  }
  return graph.build();
}

function nodeOptions({ task: _, maxAttempts, ...options }: Partial<NodeRow>): NodeOptions {
  return maxAttempts === undefined ? options : { ...options, retry: maxAttempts };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GraphFormatError("the text is not JSON", undefined, { cause });
  }
}

function checkedDocument(source: unknown): { readonly nodes: readonly unknown[]; readonly edges: readonly unknown[] } {
  if (!isRecord(source) || source.format !== format) {
    const found = isRecord(source) ? `\`format\` ${describe(source.format)}` : describe(source);
    throw new GraphFormatError(`a graph must be an object with \`format\` ${quote(format)}, received ${found}`);
  }
  if (typeof source.version !== "number" || !Number.isInteger(source.version) || source.version < 1) {
    throw new GraphFormatError(`\`version\` must be an integer of at least 1, received ${describe(source.version)}`);
  }
  if (source.version > version) {
    throw new GraphFormatError(`the graph has version ${source.version}; this release reads up to ${version}`);
  }
  const { nodes, edges } = source;
  if (!Array.isArray(nodes)) throw new GraphFormatError(`\`nodes\` must be an array, received ${describe(nodes)}`);
  if (!Array.isArray(edges)) throw new GraphFormatError(`\`edges\` must be an array, received ${describe(edges)}`);
  return { nodes, edges };
}

function isEdge(edge: unknown, nodeCount: number): edge is EdgeJSON {
  const isPlace = (end: unknown): boolean => typeof end === "number" && Number.isInteger(end) && end >= 0 && end < nodeCount;
  return Array.isArray(edge) && (edge.length === 2 || edge.length === 3) && isPlace(edge[0]) && isPlace(edge[1]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
