/**
 * What of a program is in a run.
 *
 * DESIGN §4, row "selection": "What is not selected is outside the run: absent from joins, or looking completed where a recorded or supplied value
 * stands for it".
 */
import { type Program, type ProgramEdge, type ProgramNode, Refused } from "./programs.js";

type Edge = readonly [string, string, ProgramEdge?];

/** @throws Refused where a value is missing, or an expression names what is taken out. */
export function selectedProgram(program: Program): Program {
  const { targets, only, from, exclude } = program.options;
  const values = new Set(Object.keys(typeof program.options.values === "object" ? { ...program.options.values } : {}));
  let { nodes, edges }: { nodes: readonly ProgramNode[]; edges: readonly Edge[] } = program;
  for (const id of names(exclude) ?? []) [nodes, edges] = without(nodes, edges, id);
  const chosen = names(targets) ?? names(only) ?? names(from);
  if (chosen === null) return { ...program, nodes, edges };
  const isIn = targets !== undefined ? closure(chosen, edges, "up") : only !== undefined ? new Set(chosen) : closure(chosen, edges, "down");
  // "A finally-node is in if it has no upstreams or one of them is in."
  for (let before = -1; before !== isIn.size; ) {
    before = isIn.size;
    for (const { id, policy } of nodes) {
      const upstreams = edges.filter(([, to]) => to === id);
      if (policy?.finally === true && (upstreams.length === 0 || upstreams.some(([up]) => isIn.has(up)))) isIn.add(id);
    }
  }
  const outside = new Set(edges.filter(([up, to]) => isIn.has(to) && !isIn.has(up)).map(([up]) => up));
  for (const id of outside) {
    // "`only`/`from` need such values for upstreams outside, else they are refused."
    if (values.has(id)) isIn.add(id);
    else if (targets === undefined) throw new Refused(`${id} has no value`);
  }
  return {
    ...program,
    nodes: nodes.filter(({ id }) => isIn.has(id)).map((node) => (outside.has(node.id) ? { id: node.id, does: "given" } : node)),
    edges: edges.filter(([up, to]) => isIn.has(up) && isIn.has(to) && !outside.has(to)),
  };
}

function names(option: unknown): string[] | null {
  return Array.isArray(option) ? option.map(String) : null;
}

function closure(start: readonly string[], edges: readonly Edge[], way: "up" | "down"): Set<string> {
  const reached = new Set(start);
  for (const id of reached) {
    for (const [from, to] of edges) {
      if (way === "up" && to === id) reached.add(from);
      if (way === "down" && from === id) reached.add(to);
    }
  }
  return reached;
}

/** "`exclude` takes a node out and puts its upstreams in its place (an expression that names it is refused)." */
function without(nodes: readonly ProgramNode[], edges: readonly Edge[], id: string): [readonly ProgramNode[], readonly Edge[]] {
  const upstreams = edges.filter(([, to]) => to === id).map(([from]) => from);
  const below = edges.filter(([from]) => from === id).map(([, to]) => to);
  for (const { id: other, policy } of nodes) {
    if (typeof policy?.join === "object" && below.includes(other)) throw new Refused(`${other} names ${id}`);
  }
  const left = edges.filter(([from, to]) => from !== id && to !== id);
  const bridged = below
    .flatMap((to) => upstreams.map((from): Edge => [from, to]))
    .filter(([from, to]) => !left.some(([a, b]) => a === from && b === to));
  return [nodes.filter((node) => node.id !== id), [...left, ...bridged]];
}
