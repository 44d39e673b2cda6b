/**
 * Graphs as Mermaid flowcharts.
 *
 * Node `i` is `n<i>`, its text the name: every character that Mermaid, its Markdown or HTML could read as something else is an entity code
 * (`#34;`), so that no name is a keyword, ends a string or becomes markup.
 */
import { type DrawOptions, placed, resolveDrawOptions, stateColors } from "./draw.js";
import type { GraphCore } from "./graph-core.js";

/**
 * The graph as a Mermaid flowchart. Nodes in node order, edges in canonical order. O(n + m). Throws on wrong options.
 *
 * Mermaid by default draws at most 500 edges and 50,000 characters: for more, raise `maxEdges` and `maxTextSize` where it is initialized.
 */
export function toMermaid(core: GraphCore, options: DrawOptions = {}): string {
  const { direction, label, separator, status } = resolveDrawOptions(options);
  const { names } = core;
  const lines = [`flowchart ${direction}`];
  const byStatus = new Map<string, number[]>();
  let indent = "  ";
  for (const part of placed(names, separator)) {
    if (part.kind === "open") {
      lines.push(`${indent}subgraph s${part.box}["${escaped(part.label)}"]`);
      indent += "  ";
    } else if (part.kind === "close") {
      indent = indent.slice(2);
      lines.push(`${indent}end`);
    } else {
      const name = names[part.id] ?? "";
      lines.push(`${indent}n${part.id}["${escaped(label(name))}"]`);
      const state = status(name);
      if (state === undefined || !Object.hasOwn(stateColors, state)) continue;
      const inState = byStatus.get(state);
      if (inState === undefined) byStatus.set(state, [part.id]);
      else inState.push(part.id);
    }
  }
  const pairs = core.native.edges();
  for (let edge = 0; 2 * edge < pairs.length; edge++) {
    const text = core.edges.label?.get(edge);
    const arrow = text === undefined || text === "" ? "-->" : `-->|"${escaped(text)}"|`;
    lines.push(`  n${pairs[2 * edge]} ${arrow} n${pairs[2 * edge + 1]}`);
  }
  for (const [state, ids] of byStatus) {
    const colors = stateColors[state];
    lines.push(
      `  classDef ${state} fill:${colors?.fill},stroke:${colors?.line}`,
      `  class ${ids.map((id) => `n${id}`).join(",")} ${state}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** Text in which nothing but plain letters, digits and single inner spaces stands for itself. Empty text becomes a space. */
function escaped(text: string): string {
  if (text === "") return "#32;";
  return text.replace(/[^\p{L}\p{M}\p{N} _/@,()-]|ﬂ|^[ -]|[ ](?=[ ]|$)/gu, (character) => `#${character.codePointAt(0)};`);
}
