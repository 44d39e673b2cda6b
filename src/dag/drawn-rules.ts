/** What a drawing says of a node or an edge beside its name: the rules that decide whether it runs, and what is inside it. */
import { type DefinitionSpec, type ModuleSpec, TaskDefinition } from "../flow/definition.js";
import type { GraphCore } from "./graph-core.js";

/** What a node looks like: a function, a wait, a container whose inside is drawn, or one of a function. */
export type NodeForm = "task" | "wait" | "container" | "repeated";

/** How a node is drawn. */
export interface DrawnNode {
  readonly form: NodeForm;
  readonly isFinally: boolean;
  /** What is said under its name; empty where there is nothing to say. */
  readonly note: string;
  /** The graph inside, where there is one. */
  readonly inside: GraphCore | undefined;
}

const plain: DrawnNode = { form: "task", isFinally: false, note: "", inside: undefined };
/** Expressions are shown up to this length. */
const longestExpression = 60;

/** How the nodes of a graph are drawn, by id; a node that nothing is said of costs a few look-ups. */
export function drawnNode({ nodes }: GraphCore, node: number): DrawnNode {
  const task = nodes.task?.get(node);
  const spec = task === undefined ? undefined : TaskDefinition.specOf(task);
  const join = nodes.join?.get(node);
  const notes: string[] = [];
  if (spec !== undefined && spec.kind !== "module") notes.push(taskNote(spec));
  if (join !== undefined && join !== "allCompleted") notes.push(typeof join === "string" ? join : cut(join.expr));
  if (nodes.condition?.has(node)) notes.push("condition");
  const onFailure = nodes.onFailure?.get(node);
  if (onFailure !== undefined && onFailure !== "fail") notes.push(`on failure ${onFailure}`);
  const isFinally = nodes.finally?.get(node) === true;
  if (isFinally) notes.push("finally");
  if (notes.length === 0) return plain;
  const inside = spec === undefined ? undefined : insideOf(spec);
  return { form: formOf(spec, inside), isFinally, note: notes.join(", "), inside };
}

/** How an edge is drawn: what is written at it, and whether it asks something. */
export function drawnEdge({ edges }: GraphCore, edge: number): { readonly text: string; readonly isAsking: boolean } {
  const label = edges.label?.get(edge);
  const choice = edges.choice?.get(edge);
  const isConditional = edges.condition?.has(edge) === true;
  const isFiltering = edges.filter?.has(edge) === true;
  const notes: string[] = [];
  // A label is the author's own word for what the edge asks.
  if (label !== undefined && label !== "") notes.push(label);
  else if (isConditional) notes.push("condition");
  if (choice !== undefined) notes.push(`one of ${choice}`);
  if (isFiltering && notes.length === 0) notes.push("filter");
  return { text: notes.join(", "), isAsking: isConditional || isFiltering };
}

function formOf(spec: DefinitionSpec | undefined, inside: GraphCore | undefined): NodeForm {
  if (spec === undefined) return "task";
  if (inside !== undefined) return "container";
  if (spec.kind === "module" || spec.kind === "command") return "task";
  return spec.kind === "map" || spec.kind === "loop" ? "repeated" : "wait";
}

function insideOf(spec: DefinitionSpec): GraphCore | undefined {
  const inside = spec.kind === "map" ? spec.each : spec.kind === "loop" ? spec.body : spec.kind === "subDag" ? spec.core : undefined;
  return typeof inside === "object" ? inside : undefined;
}

function taskNote(spec: Exclude<DefinitionSpec, ModuleSpec>): string {
  switch (spec.kind) {
    case "command":
      return `command ${cut(spec.command)}`;
    case "map":
      return "for each item";
    case "subDag":
      return "sub-DAG";
    case "loop":
      return `repeat, at most ${spec.limit} times`;
    case "waitFor":
      return spec.signal === undefined ? "wait for a signal" : `wait for ${spec.signal}`;
    case "approval":
      return "approval";
    case "sleep":
      return `sleep ${spec.timeoutMs ?? 0} ms`;
  }
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= longestExpression ? line : `${line.slice(0, longestExpression - 1)}…`;
}
