/** What can be wrong with a graph. One fault throws itself; several throw a {@link GraphError} that lists them all. */
import { DagnyError, describe, quote } from "./base.js";
import type { ErrorCode } from "./codes.js";

/** A graph that cannot be built or changed as asked. */
export class GraphError extends DagnyError {
  readonly #errors: readonly DagnyError[];

  constructor(message: string, errors: readonly DagnyError[] = [], options?: ErrorOptions) {
    super(message, options);
    this.#errors = errors;
  }

  /** Every fault found, in the order documented at the call that threw; a single fault lists itself. */
  get errors(): readonly DagnyError[] {
    return this.#errors.length === 0 ? [this] : this.#errors;
  }

  get code(): ErrorCode {
    return "GRAPH_INVALID";
  }

  override get name(): string {
    return "GraphError";
  }
}

/** Nodes that wait for each other in a ring. */
export class CycleError extends GraphError {
  /** The whole ring along its edges; the first name is repeated at the end. It starts at the node that was added first. */
  readonly path: readonly string[];

  constructor(path: readonly string[], message = `cycle: ${showPath(path)}`) {
    super(message);
    this.path = path;
  }

  override get code(): ErrorCode {
    return "CYCLE";
  }

  override get name(): string {
    return "CycleError";
  }
}

/** A node that depends on itself: the shortest of cycles. */
export class SelfLoopError extends CycleError {
  /** The node. */
  readonly node: string;

  constructor(node: string) {
    super([node, node], `node ${quote(node)} cannot depend on itself`);
    this.node = node;
  }

  override get code(): ErrorCode {
    return "SELF_LOOP";
  }

  override get name(): string {
    return "SelfLoopError";
  }
}

/** Two nodes with one name. */
export class DuplicateNodeError extends GraphError {
  /** The name given twice. */
  readonly node: string;

  constructor(node: string) {
    super(`node ${quote(node)} was added twice`);
    this.node = node;
  }

  override get code(): ErrorCode {
    return "DUPLICATE_NODE";
  }

  override get name(): string {
    return "DuplicateNodeError";
  }
}

/** The same edge twice. */
export class DuplicateEdgeError extends GraphError {
  /** Upstream end. */
  readonly from: string;
  /** Downstream end. */
  readonly to: string;

  constructor(from: string, to: string) {
    super(`edge ${showEdge(from, to)} was added twice`);
    this.from = from;
    this.to = to;
  }

  override get code(): ErrorCode {
    return "DUPLICATE_EDGE";
  }

  override get name(): string {
    return "DuplicateEdgeError";
  }
}

/** A name (or id) that no node has. */
export class NodeNotFoundError extends GraphError {
  /** The name asked for; an id in its decimal form. */
  readonly node: string;
  /** The nearest name there is, if one is near. */
  readonly suggestion: string | undefined;

  /** `node` is the name asked for, or the id; `usedBy` is what names the node, if anything does: an edge, or an option in words. */
  constructor(
    node: string | { readonly id: unknown },
    suggestion?: string,
    usedBy?: string | { readonly from: string; readonly to: string },
  ) {
    const user = typeof usedBy === "object" ? `edge ${showEdge(usedBy.from, usedBy.to)}` : usedBy;
    const where = user === undefined ? "" : `, used by ${user}`;
    const cure = suggestion === undefined ? "" : `; did you mean ${quote(suggestion)}?`;
    super(`${typeof node === "string" ? `no node is named ${quote(node)}` : `no node has id ${showId(node.id)}`}${where}${cure}`);
    this.node = typeof node === "string" ? node : String(node.id);
    this.suggestion = suggestion;
  }

  override get code(): ErrorCode {
    return "NODE_NOT_FOUND";
  }

  override get name(): string {
    return "NodeNotFoundError";
  }
}

/** Two nodes that no edge joins. */
export class EdgeNotFoundError extends GraphError {
  /** Upstream end. */
  readonly from: string;
  /** Downstream end. */
  readonly to: string;

  constructor(from: string, to: string) {
    super(`there is no edge ${showEdge(from, to)}`);
    this.from = from;
    this.to = to;
  }

  override get code(): ErrorCode {
    return "EDGE_NOT_FOUND";
  }

  override get name(): string {
    return "EdgeNotFoundError";
  }
}

/** A node name that is not a non-empty string. */
export class InvalidNameError extends GraphError {
  /** What came instead. */
  readonly received: unknown;

  /** `usedBy` is the edge that has the name as an end, if one does. */
  constructor(received: unknown, usedBy?: { readonly from: unknown; readonly to: unknown }) {
    const where = usedBy === undefined ? "" : `edge ${showEnd(usedBy.from)} -> ${showEnd(usedBy.to)}: `;
    super(`${where}a node's name must be a non-empty string, received ${describe(received)}`);
    this.received = received;
  }

  override get code(): ErrorCode {
    return "INVALID_NAME";
  }

  override get name(): string {
    return "InvalidNameError";
  }
}

/** Something given as an edge that is none. */
export class InvalidEdgeError extends GraphError {
  override get code(): ErrorCode {
    return "INVALID_EDGE";
  }

  override get name(): string {
    return "InvalidEdgeError";
  }
}

/** An answer that would be larger than was allowed. */
export class LimitExceededError extends GraphError {
  override get code(): ErrorCode {
    return "LIMIT_EXCEEDED";
  }

  override get name(): string {
    return "LimitExceededError";
  }
}

/** Stored data that is not a graph this release can read. */
export class GraphFormatError extends GraphError {
  override get code(): ErrorCode {
    return "GRAPH_FORMAT";
  }

  override get name(): string {
    return "GraphFormatError";
  }
}

function showEdge(from: string, to: string): string {
  return `${quote(from)} -> ${quote(to)}`;
}

/** An id as it came; what is no number is said to be none. */
function showId(id: unknown): string {
  return typeof id === "number" ? String(id) : describe(id);
}

/** An end as it came: a name, or what is none. */
function showEnd(end: unknown): string {
  return typeof end === "string" ? quote(end) : describe(end);
}

/** A long ring is cut in the message only; `path` keeps all of it. */
function showPath(path: readonly string[]): string {
  if (path.length <= 12) return path.map(quote).join(" -> ");
  const cut = path.length - 11;
  return [...path.slice(0, 8).map(quote), `… ${cut} more …`, ...path.slice(-3).map(quote)].join(" -> ");
}

/** The one error to throw for these faults: a single fault itself, or a `GraphError` around several; `owner` is whose faults they are. */
export function errorOf(faults: readonly DagnyError[], owner = "the graph has"): DagnyError {
  const [first] = faults;
  if (faults.length === 1 && first !== undefined) return first;
  const shown = faults.slice(0, 10).map((fault) => `  - ${fault.message}`);
  if (faults.length > shown.length) shown.push(`  … and ${faults.length - shown.length} more in \`errors\``);
  return new GraphError(`${owner} ${faults.length} faults:\n${shown.join("\n")}`, faults);
}
