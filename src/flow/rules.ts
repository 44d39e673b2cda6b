/**
 * What nodes, edges and tasks must be to each other, beyond what each of them says alone. Checked when a graph is built, and again
 * with the tasks of a run; a draft is checked only then, since its nodes come before its edges.
 */
import type { GraphCore, NodeTask } from "../dag/graph-core.js";
import { isLost } from "../dag/lost-function.js";
import { type DagnyError, quote } from "../errors/base.js";
import { GraphFormatError } from "../errors/graph.js";
import { JoinExpressionError } from "../errors/join.js";
import { ConflictingOptionsError, InvalidOptionError } from "../errors/options.js";
import { type DefinitionSpec, TaskDefinition } from "./definition.js";
import { joinWords, parseJoin } from "./join-expression.js";
import { moveFaults } from "./moves.js";

/** The names of a node's direct upstreams, in node order. */
export function upstreamNames({ names, native }: GraphCore, node: number): string[] {
  return Array.from(native.predecessors(node), (upstream) => names[upstream] ?? "");
}

/** The words of a node's join expression for the core. Throws `JoinExpressionError` where it names what is no upstream. */
export function wordsOfJoin(core: GraphCore, node: number, text: string, upstreams: readonly string[]): Uint32Array {
  const name = core.names[node] ?? "";
  return joinWords(parseJoin(text, name), name, upstreams, (other) => core.index.has(other), text);
}

/** What is wrong with how the nodes, edges and own tasks of a graph go together. O(nodes with options + edges of finally-nodes). */
export function ruleFaults(core: GraphCore): DagnyError[] {
  const faults = [...finallyFaults(core), ...moveFaults(core, (node) => core.nodes.task?.get(node))];
  for (const [node, join] of core.nodes.join ?? []) {
    if (typeof join === "string") continue;
    try {
      wordsOfJoin(core, node, join.expr, upstreamNames(core, node));
    } catch (error) {
      if (!(error instanceof JoinExpressionError)) throw error;
      faults.push(error);
    }
  }
  for (const [node, task] of core.nodes.task ?? []) faults.push(...definitionFaults(core, node, task));
  return faults;
}

/** What is wrong around finally-nodes, by node. */
export function finallyFaults({ names, nodes, native }: GraphCore): DagnyError[] {
  const faults: DagnyError[] = [];
  for (const [node, isFinally] of nodes.finally ?? []) {
    if (!isFinally) continue;
    const name = names[node] ?? "";
    if (nodes.join?.has(node)) {
      faults.push(conflict(name, ["finally", "join"], "a finally-node runs when its upstreams have settled: leave out `join`"));
    }
    for (const downstream of native.successors(node)) {
      if (nodes.finally?.get(downstream)) continue;
      const after = names[downstream] ?? "";
      const why = `follows the finally-node ${quote(name)}, after which nothing else may run: make it a finally-node, too, or remove the edge`;
      faults.push(conflict(after, ["finally"], why));
    }
  }
  return faults;
}

/** What is wrong with a task at its node: options that mean nothing to it. */
export function definitionFaults(
  core: GraphCore,
  node: number,
  task: NodeTask | undefined,
  upstreamCount = core.native.inDegree(node),
): DagnyError[] {
  const spec = TaskDefinition.specOf(task);
  if (spec === undefined) return [];
  const name = core.names[node] ?? "";
  const faults: DagnyError[] = [];
  if (!hasSlot(spec)) {
    const { resources, concurrencyKey, rate, on, maxCrashes } = core.nodes;
    const columns = { resources, concurrencyKey, rate, ...(hasFunction(spec) ? {} : { on, maxCrashes }) };
    const given = Object.entries(columns).filter(([, column]) => column?.has(node));
    for (const [option] of given) {
      const cure = isWait(spec) ? "leave it out" : "give it to the nodes inside";
      faults.push(conflict(name, [option, "task"], `\`${option}\`: a ${wordFor(spec)} holds nothing while it goes on: ${cure}`));
    }
  }
  if (spec.kind === "command" && core.nodes.on?.get(node) === "thread") {
    faults.push(conflict(name, ["on", "task"], "`on`: a command has a process of its own and needs no thread: leave it out"));
  }
  if (spec.kind === "map" && spec.over === undefined) {
    if (upstreamCount !== 1) {
      const expected = `a function of the inputs where a map has not one upstream alone (here ${upstreamCount})`;
      faults.push(new InvalidOptionError("over", expected, undefined, `node ${quote(name)}`));
    }
  }
  return faults;
}

/** The functions that a graph read from JSON lacks, as faults. O(nodes and edges with functions). */
export function lostFunctionFaults({ names, nodes, edges, native }: GraphCore, taskOf: (node: number) => unknown): DagnyError[] {
  const faults: DagnyError[] = [];
  const cure = "stayed behind when the graph was written as JSON; give it again, with `merge`";
  for (const option of ["condition", "cached", "undo"] as const) {
    for (const [node, value] of nodes[option] ?? []) {
      if (isLost(value)) faults.push(new GraphFormatError(`node ${quote(names[node] ?? "")}: \`${option}\` ${cure}`));
    }
  }
  for (const [node, matches] of nodes.retryOn ?? []) {
    if (matches.some(isLost)) faults.push(new GraphFormatError(`node ${quote(names[node] ?? "")}: a test of \`retry.retryOn\` ${cure}`));
  }
  for (const node of nodes.task?.keys() ?? []) {
    const spec = TaskDefinition.specOf(taskOf(node));
    for (const [option, value] of Object.entries(spec ?? {})) {
      if (isLost(value)) faults.push(new GraphFormatError(`node ${quote(names[node] ?? "")}: \`${option}\` of its task ${cure}`));
    }
  }
  const guarded = [...(edges.condition ?? []), ...(edges.filter ?? [])].filter(([, value]) => isLost(value));
  const pairs = guarded.length === 0 ? new Uint32Array() : native.edges();
  for (const [edge] of guarded) {
    const [from, to] = [names[pairs[2 * edge] ?? 0] ?? "", names[pairs[2 * edge + 1] ?? 0] ?? ""];
    faults.push(new GraphFormatError(`edge ${quote(from)} -> ${quote(to)}: a function of it ${cure}`));
  }
  return faults;
}

/** Whether a task is called on a slot: a function, or a map whose items are. */
function hasSlot(spec: DefinitionSpec): boolean {
  return spec.kind === "module" || spec.kind === "command" || (spec.kind === "map" && typeof spec.each === "function");
}

/** Whether a container's inside is a function, which runs somewhere. */
function hasFunction(spec: DefinitionSpec): boolean {
  return spec.kind === "loop" && typeof spec.body === "function";
}

function isWait(spec: DefinitionSpec): boolean {
  return spec.kind === "waitFor" || spec.kind === "approval" || spec.kind === "sleep";
}

function wordFor(spec: DefinitionSpec): string {
  if (isWait(spec)) return "wait";
  return spec.kind === "map" ? "map over graphs" : spec.kind === "subDag" ? "sub-DAG" : "loop";
}

function conflict(node: string, options: readonly string[], why: string): ConflictingOptionsError {
  return new ConflictingOptionsError(options, why, `node ${quote(node)}`);
}
