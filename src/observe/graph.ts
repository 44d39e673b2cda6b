/** What observers ask of a graph; every `DAG` is one. */
export interface ObservedGraph {
  readonly nodeCount: number;
  /** Every node's name, upstreams first. */
  topologicalSort(): readonly string[];
  /** A node's attributes. */
  get(name: string): { readonly cost?: number | undefined };
  /** The direct upstreams of a node. */
  predecessors(name: string): readonly string[];
}

/** How long nodes are taken to need, in milliseconds by name: what was measured elsewhere, or the report of a run that has ended. */
export type PastDurations = Readonly<Record<string, number>> | { readonly nodeResults: Readonly<Record<string, MeasuredNode>> };

interface MeasuredNode {
  readonly status: string;
  readonly durationMs: number;
}

/** The time that a node took in the past, in milliseconds; `undefined` where it is not known. */
export function pastDuration(past: PastDurations | undefined, node: string): number | undefined {
  if (past === undefined) return undefined;
  if (isReport(past)) {
    const measured = past.nodeResults[node];
    return measured?.status === "completed" ? measured.durationMs : undefined;
  }
  return Object.hasOwn(past, node) ? past[node] : undefined;
}

function isReport(past: PastDurations): past is Exclude<PastDurations, Readonly<Record<string, number>>> {
  return typeof past["nodeResults"] === "object";
}
