/**
 * Graphs as Mermaid flowcharts.
 *
 * Node `i` is `n<i>`, its text the name: every character that Mermaid, its Markdown or HTML could read as something else is an entity code
 * (`#34;`), so that no name is a keyword, ends a string or becomes markup. A container whose inside is a graph is a subgraph; node `j` in
 * container `i` is `n<i>_<j>`.
 */
import { addressText } from "../flow/address.js";
import { type DrawOptions, placed, type ResolvedDrawOptions, resolveDrawOptions, stateColors } from "./draw.js";
import { type DrawnNode, drawnEdge, drawnNode } from "./drawn-rules.js";
import type { GraphCore } from "./graph-core.js";

/**
 * The graph as a Mermaid flowchart. Nodes in node order, edges in canonical order, those inside a container in its subgraph. O(n + m). Throws
 * on wrong options.
 *
 * Mermaid by default draws at most 500 edges and 50,000 characters: for more, raise `maxEdges` and `maxTextSize` where it is initialized.
 */
export function toMermaid(core: GraphCore, options: DrawOptions = {}): string {
  const resolved = resolveDrawOptions(options);
  const drawing = new Drawing(resolved);
  drawing.level(core, "  ", "n", []);
  return `${[`flowchart ${resolved.direction}`, ...drawing.lines, ...drawing.classes()].join("\n")}\n`;
}

/** Lines while they are written. */
class Drawing {
  readonly lines: string[] = [];
  readonly #options: ResolvedDrawOptions;
  readonly #byStatus = new Map<string, string[]>();
  #boxes = 0;

  constructor(options: ResolvedDrawOptions) {
    this.#options = options;
  }

  /** The nodes and edges of one level; ids start with `prefix`, `path` are the names of the containers around. */
  level(core: GraphCore, outer: string, prefix: string, path: readonly string[]): void {
    const { names } = core;
    let indent = outer;
    for (const part of placed(names, this.#options.separator)) {
      if (part.kind === "open") {
        this.lines.push(`${indent}subgraph s${this.#boxes++}["${escaped(part.label)}"]`);
        indent += "  ";
      } else if (part.kind === "close") {
        indent = indent.slice(2);
        this.lines.push(`${indent}end`);
      } else {
        this.#node(core, part.id, indent, prefix, path);
      }
    }
    const pairs = core.native.edges();
    for (let edge = 0; 2 * edge < pairs.length; edge++) {
      const { text, isAsking } = drawnEdge(core, edge);
      const line = isAsking ? "-.->" : "-->";
      const arrow = text === "" ? line : `${line}|"${escaped(text)}"|`;
      this.lines.push(`${outer}${prefix}${pairs[2 * edge]} ${arrow} ${prefix}${pairs[2 * edge + 1]}`);
    }
  }

  /** Colors of nodes by what became of them. */
  classes(): string[] {
    return [...this.#byStatus].flatMap(([state, ids]) => {
      const colors = stateColors[state];
      return [`  classDef ${state} fill:${colors?.fill},stroke:${colors?.line}`, `  class ${ids.join(",")} ${state}`];
    });
  }

  #node(core: GraphCore, node: number, indent: string, prefix: string, path: readonly string[]): void {
    const name = core.names[node] ?? "";
    const drawn = drawnNode(core, node);
    const id = `${prefix}${node}`;
    const shown = escaped(path.length === 0 ? this.#options.label(name) : name);
    const text = drawn.note === "" ? shown : `${shown}<br/>${escaped(drawn.note)}`;
    if (drawn.inside === undefined) this.lines.push(`${indent}${id}${shaped(text, drawn)}`);
    else {
      this.lines.push(`${indent}subgraph ${id}["${text}"]`);
      this.level(drawn.inside, `${indent}  `, `${id}_`, [...path, name]);
      this.lines.push(`${indent}end`);
    }
    const state = this.#options.status(addressText(path, name));
    if (state === undefined || !Object.hasOwn(stateColors, state)) return;
    const inState = this.#byStatus.get(state);
    if (inState === undefined) this.#byStatus.set(state, [id]);
    else inState.push(id);
  }
}

/** A node's text in the brackets of its shape. */
function shaped(text: string, { form, isFinally }: DrawnNode): string {
  if (form === "wait") return `{{"${text}"}}`;
  if (form === "repeated") return `[["${text}"]]`;
  return isFinally ? `(["${text}"])` : `["${text}"]`;
}

/** Text in which nothing but plain letters, digits and single inner spaces stands for itself. Empty text becomes a space. */
function escaped(text: string): string {
  if (text === "") return "#32;";
  return text.replace(/[^\p{L}\p{M}\p{N} _/@,()-]|ﬂ|^[ -]|[ ](?=[ ]|$)/gu, (character) => `#${character.codePointAt(0)};`);
}
