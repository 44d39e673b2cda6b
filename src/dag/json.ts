/** Graphs as JSON: one versioned format, in which everything but functions survives. */
import { commandOf } from "../command/function.js";
import { commandJSON, commandOfJSON } from "../command/json.js";
import { describe, quote } from "../errors/base.js";
import { GraphFormatError } from "../errors/graph.js";
import { type DefinitionSpec, type ModuleSpec, TaskDefinition } from "../flow/definition.js";
import { functionAt, moduleOf } from "../flow/module-ref.js";
import { rowOf } from "./columns.js";
import { GraphBuilder } from "./graph-builder.js";
import type { EdgeRow, GraphCore, NodeRow, RetryOn } from "./graph-core.js";
import { lostFunction } from "./lost-function.js";
import type { AnyEdgeOptions, AnyNodeOptions } from "./options.js";

/** What the format calls itself. */
const format = "dagny/graph";
/** Raised when a release writes what older ones would misread. Older versions stay readable. */
const version = 1;

/**
 * A graph as plain data. Node order is kept; edges name nodes by their place in `nodes`, from 0, in canonical order. `payload` and `metadata`
 * are the values themselves: what JSON cannot write of them (functions, bigints, cycles) is up to `JSON.stringify`. Where a condition or
 * another function stayed behind there is `null`: a graph read from it shows that there was one, and does not run without it.
 */
export interface GraphJSON {
  readonly format: typeof format;
  readonly version: number;
  readonly nodes: readonly NodeJSON[];
  readonly edges: readonly EdgeJSON[];
}

/** A node and what was given with it. */
export interface NodeJSON {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** An edge between two places in `nodes`, and what was given with it. */
export type EdgeJSON = readonly [from: number, to: number, options?: { readonly [option: string]: unknown }];

/** The graph as plain data, ready for `JSON.stringify`. Functions stay behind. O(n + m), with the graphs inside. */
export function toJSON({ names, native, nodes, edges }: GraphCore): GraphJSON {
  const pairs = native.edges();
  return {
    format,
    version,
    nodes: names.map((name, id) => ({ name, ...nodeOptions(rowOf(nodes, id)) })),
    edges: Array.from({ length: pairs.length / 2 }, (_, edge): EdgeJSON => {
      const ends = [pairs[2 * edge] ?? 0, pairs[2 * edge + 1] ?? 0] as const;
      const options = rowOf(edges, edge);
      return Object.keys(options).length === 0 ? ends : [...ends, withoutFunctions(options)];
    }),
  };
}

/**
 * The graph in a text or in data that `toJSON` wrote, checked like any other. Throws `GraphFormatError` where it is none of this format or
 * of a newer version, and what `build()` of a builder throws. O(n + m).
 */
export function fromJSON(source: string | GraphJSON): GraphCore {
  return read(typeof source === "string" ? parsed(source) : source, 0);
}

/** A function as `null`, the rest as it is. */
function withoutFunctions(row: Partial<EdgeRow> | Partial<NodeRow> | DefinitionSpec): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([option, value]) => [option, typeof value === "function" ? null : value]));
}

function nodeOptions({ task, maxAttempts, backoff, retryOn, ...options }: Partial<NodeRow>): Record<string, unknown> {
  const json = withoutFunctions(options);
  const spec = TaskDefinition.specOf(task);
  if (maxAttempts !== undefined) {
    const { growth, ...delays } = backoff ?? {};
    const isNumber = backoff === undefined && retryOn === undefined;
    const codes = retryOn?.map((match) => (typeof match === "string" ? match : null));
    json.retry = isNumber ? maxAttempts : { maxAttempts, ...(growth && { backoff: growth }), ...delays, ...(codes && { retryOn: codes }) };
  }
  if (spec !== undefined) json.task = definitionJSON(spec);
  return json;
}

function definitionJSON(spec: DefinitionSpec): Record<string, unknown> {
  if (spec.kind === "module") return { kind: spec.kind, ...spec.ref };
  if (spec.kind === "command") return commandJSON(spec);
  const { core, ...json } = withoutFunctions(spec);
  for (const inside of ["each", "body"] as const) {
    if (isCore(json[inside])) json[inside] = toJSON(json[inside]);
    const called: unknown = inside in spec ? Reflect.get(spec, inside) : undefined;
    const ref = typeof called === "function" ? moduleOf(called) : undefined;
    if (ref !== undefined) json[inside] = { kind: "module", ...ref };
    const command = typeof called === "function" ? commandOf(called) : undefined;
    if (command !== undefined) json[inside] = commandJSON(command);
  }
  if (isCore(core)) json.graph = toJSON(core);
  if ("schema" in spec && spec.schema !== undefined) json.schema = null;
  return json;
}

function isCore(value: unknown): value is GraphCore {
  return typeof value === "object" && value !== null && "native" in value;
}

/** How deep graphs inside graphs may be in a document; nothing that was defined is deeper. */
const deepest = 1000;

function read(source: unknown, depth: number): GraphCore {
  if (depth > deepest) throw new GraphFormatError(`graphs inside graphs may be at most ${deepest} levels deep`);
  const { nodes, edges } = checkedDocument(source);
  const graph = new GraphBuilder();
  for (const entry of nodes) {
    if (!isRecord(entry)) {
      graph.addNodes([entry as string]); // Says what is wrong with it.
      continue;
    }
    const { name, task, ...options } = entry;
    const restored = withStandIns(options) as AnyNodeOptions;
    if (task === undefined) graph.addNodes([{ name: name as string, ...restored }]);
    else graph.addTask(name as string, [], new TaskDefinition(definitionOf(task, depth)), restored);
  }
  for (const edge of edges) {
    if (!isEdge(edge, nodes.length)) {
      throw new GraphFormatError(
        `an edge must be [from, to] or [from, to, options] with places of nodes, received ${JSON.stringify(edge)}`,
      );
    }
    graph.addEdgeBetween(edge[0], edge[1], edge[2] === undefined ? undefined : (withStandIns(edge[2]) as AnyEdgeOptions));
  }
  return graph.build();
}

/** The options that are functions. */
const functionOptions = ["condition", "cached", "undo", "filter"];

function withStandIns(options: object): object {
  if (!isRecord(options)) return options;
  const restored: Record<string, unknown> = { ...options };
  for (const option of functionOptions) if (restored[option] === null) restored[option] = lostFunction();
  const { retry } = restored;
  if (isRecord(retry) && Array.isArray(retry.retryOn)) {
    restored.retry = { ...retry, retryOn: retry.retryOn.map((match: RetryOn[number] | null) => match ?? lostFunction()) };
  }
  return restored;
}

/** Which parts of each kind of definition are functions, graphs, and the rest. */
const definitionForms: Readonly<Record<DefinitionSpec["kind"], readonly string[]>> = {
  command: [],
  module: [],
  map: ["over", "each", "concurrency", "maxItems", "allowFailures"],
  subDag: ["core", "params", "failFast", "output"],
  loop: ["body", "until", "limit"],
  waitFor: ["signal", "schema", "timeoutMs", "default"],
  approval: ["signal", "schema", "timeoutMs", "default"],
  sleep: ["signal", "schema", "timeoutMs", "default"],
};
const isLimit = (value: unknown): boolean => typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;

function definitionOf(json: unknown, depth: number): DefinitionSpec {
  const kind = isRecord(json) ? json.kind : undefined;
  if (!isRecord(json) || typeof kind !== "string" || !Object.hasOwn(definitionForms, kind)) {
    throw new GraphFormatError(`\`task\` must be an object with one of the kinds of definitions, received ${describe(kind ?? json)}`);
  }
  if (kind === "module") return moduleSpec(json);
  if (kind === "command") return commandOfJSON(json);
  const spec: Record<string, unknown> = { kind };
  for (const part of definitionForms[kind as DefinitionSpec["kind"]]) {
    const value = json[part === "core" ? "graph" : part];
    const isInside = part === "each" || part === "body" || part === "core";
    if (value === null) spec[part] = part === "default" ? undefined : lostFunction();
    else if (isInside && isRecord(value) && value.kind === "module") spec[part] = moduleSpec(value).task;
    else if (isInside && isRecord(value) && value.kind === "command") spec[part] = commandOfJSON(value).task;
    else spec[part] = isInside ? read(value, depth + 1) : value;
  }
  const wrong = Object.entries(spec).find(([part, value]) => !isPart(part, value));
  if (wrong !== undefined) throw new GraphFormatError(`\`task.${wrong[0]}\` of a ${kind} cannot be ${describe(wrong[1])}`);
  return spec as unknown as DefinitionSpec;
}

function moduleSpec({ url, exportName, isDefined }: Record<string, unknown>): ModuleSpec {
  if (typeof url !== "string" || !URL.canParse(url)) throw new GraphFormatError(`\`task.url\` of a module cannot be ${describe(url)}`);
  if (typeof exportName !== "string" || exportName === "") {
    throw new GraphFormatError(`\`task.exportName\` of a module cannot be ${describe(exportName)}`);
  }
  if (typeof isDefined !== "boolean") throw new GraphFormatError(`\`task.isDefined\` of a module cannot be ${describe(isDefined)}`);
  const ref = { url, exportName, isDefined };
  return { kind: "module", ref, task: functionAt(ref) };
}

function isPart(part: string, value: unknown): boolean {
  switch (part) {
    case "concurrency":
      return isLimit(value);
    case "maxItems":
    case "limit":
      return isLimit(value) && value !== 0;
    case "allowFailures":
      return typeof value === "boolean";
    case "failFast":
      return value === undefined || typeof value === "boolean";
    case "signal":
      return value === undefined || (typeof value === "string" && value !== "");
    case "timeoutMs":
      return value === undefined || (typeof value === "number" && Number.isFinite(value) && value >= 0);
    case "default":
      return value === undefined || isRecord(value);
    case "until":
      return typeof value === "function";
    case "kind":
      return true;
    case "each":
    case "body":
    case "core":
      return isCore(value) || typeof value === "function";
    default:
      return value === undefined || typeof value === "function";
  }
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
