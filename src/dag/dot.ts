/**
 * Graphs in DOT, the language of Graphviz.
 *
 * A name that DOT keeps as it is, is the node's id. Any other (with backslashes, ampersands, control characters, halves of surrogate pairs,
 * or a percent sign in front, which marks Graphviz's own) is drawn under a made-up id, with the name as its label; so is a node whose label is not its name. Labels are escString: `\\` is a
 * backslash, `\n` ends a line, and what neither can say is a numeric character reference.
 */
import { type DrawOptions, placed, resolveDrawOptions, stateColors } from "./draw.js";
import type { GraphCore } from "./graph-core.js";

/** The graph in DOT. Nodes in node order, edges in canonical order. O(n + m). Throws on wrong options. */
export function toDot(core: GraphCore, options: DrawOptions = {}): string {
  const { direction, label, separator, status } = resolveDrawOptions(options);
  const { names } = core;
  const ids = idsOf(names);
  const lines = ["digraph {", `  rankdir=${direction};`, "  node [shape=box, style=rounded];"];
  let indent = "  ";
  for (const part of placed(names, separator)) {
    if (part.kind === "open") {
      lines.push(`${indent}subgraph cluster_${part.box} {`, `${indent}  label=${quoted(escString(part.label))};`);
      indent += "  ";
    } else if (part.kind === "close") {
      indent = indent.slice(2);
      lines.push(`${indent}}`);
    } else {
      const name = names[part.id] ?? "";
      const id = ids[part.id] ?? "";
      lines.push(`${indent}${id}${attributes([textOf(id, name, label(name)), colorOf(status(name))])};`);
    }
  }
  const pairs = core.native.edges();
  for (let edge = 0; 2 * edge < pairs.length; edge++) {
    const text = core.edges.label?.get(edge);
    const shown = attributes([text === undefined || text === "" ? "" : `label=${quoted(escString(text))}`]);
    lines.push(`  ${ids[pairs[2 * edge] ?? 0]} -> ${ids[pairs[2 * edge + 1] ?? 0]}${shown};`);
  }
  return `${lines.join("\n")}\n}\n`;
}

/** The id of each node, quoted. Made-up ids start with more `#` than any name. */
function idsOf(names: readonly string[]): string[] {
  const longest = names.reduce((most, name) => Math.max(most, /^#*/.exec(name)?.[0].length ?? 0), 0);
  const prefix = "#".repeat(longest + 1);
  return names.map((name, id) => quoted(isPlain(name) ? name.replaceAll('"', '\\"') : `${prefix}${id}`));
}

/** Whether Graphviz reads a name back, and shows it, as it is. */
function isPlain(name: string): boolean {
  return !name.startsWith("%") && name.search(unplain) === -1;
}

function textOf(id: string, name: string, label: string): string {
  return label === name && id === quoted(name.replaceAll('"', '\\"')) ? "" : `label=${quoted(escString(label))}`;
}

function colorOf(status: string | undefined): string {
  const colors = status === undefined ? undefined : stateColors[status];
  return colors === undefined ? "" : `style="rounded,filled", fillcolor="${colors.fill}", color="${colors.line}"`;
}

function attributes(given: readonly string[]): string {
  const shown = given.filter((attribute) => attribute !== "");
  return shown.length === 0 ? "" : ` [${shown.join(", ")}]`;
}

/** Text as Graphviz's escString. */
function escString(text: string): string {
  const plain = text.replace(unplain, (character) => {
    if (character === "\n") return "\\n";
    if (character === "&") return "&amp;";
    return character === "\\" ? "\\\\" : `&#${character.charCodeAt(0)};`;
  });
  return plain.replaceAll('"', '\\"');
}

/** What Graphviz would read as something else, or not at all: backslashes, ampersands, control characters, halves of surrogate pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const unplain = /[\\&\u0000-\u001f\u007f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function quoted(text: string): string {
  return `"${text}"`;
}
