/**
 * Graphs in DOT, the language of Graphviz.
 *
 * A name that DOT keeps as it is, is the node's id. Any other (with backslashes, ampersands, control characters, halves of surrogate pairs,
 * or a percent sign in front, which marks Graphviz's own) is drawn under a made-up id, with the name as its label; so is a node whose label is not its name, and every node inside another. Labels are escString: `\\` is a
 * backslash, `\n` ends a line, and what neither can say is a numeric character reference.
 *
 * A container whose inside is a graph is a cluster; an invisible point in it has the container's id, and the edges of the container end at
 * the cluster's border.
 */
import { addressText } from "../flow/address.js";
import { type DrawOptions, placed, type ResolvedDrawOptions, resolveDrawOptions, stateColors } from "./draw.js";
import { type DrawnNode, drawnEdge, drawnNode } from "./drawn-rules.js";
import type { GraphCore } from "./graph-core.js";

/** The graph in DOT. Nodes in node order, edges in canonical order, those inside a container in its cluster. O(n + m). Throws on wrong options. */
export function toDot(core: GraphCore, options: DrawOptions = {}): string {
  const resolved = resolveDrawOptions(options);
  const drawing = new Drawing(resolved, core.names);
  drawing.level(core, "  ", []);
  const head = ["digraph {", `  rankdir=${resolved.direction};`, "  node [shape=box, style=rounded];"];
  if (drawing.hasClusters) head.push("  compound=true;");
  return `${[...head, ...drawing.lines].join("\n")}\n}\n`;
}

/** Lines while they are written. */
class Drawing {
  readonly lines: string[] = [];
  hasClusters = false;
  readonly #options: ResolvedDrawOptions;
  /** In front of made-up ids: more `#` than any name starts with. */
  readonly #prefix: string;
  #boxes = 0;

  constructor(options: ResolvedDrawOptions, names: readonly string[]) {
    this.#options = options;
    const longest = names.reduce((most, name) => Math.max(most, /^#*/.exec(name)?.[0].length ?? 0), 0);
    this.#prefix = "#".repeat(longest + 1);
  }

  /** The nodes and edges of one level. `path` leads to it: ids of containers. */
  level(core: GraphCore, outer: string, path: readonly Step[]): void {
    const { names } = core;
    const { separator, label } = this.#options;
    const ids = names.map((name, node) => this.#idOf(name, node, path));
    const clusters = new Map<number, string>();
    let indent = outer;
    for (const part of placed(names, separator)) {
      if (part.kind === "open") {
        this.lines.push(`${indent}subgraph cluster_${this.#boxes++} {`, `${indent}  label=${quoted(escString(part.label))};`);
        indent += "  ";
      } else if (part.kind === "close") {
        indent = indent.slice(2);
        this.lines.push(`${indent}}`);
      } else {
        const name = names[part.id] ?? "";
        const drawn = drawnNode(core, part.id);
        const shown = path.length === 0 ? label(name) : name;
        const status = this.#options.status(
          addressText(
            path.map((step) => step.name),
            name,
          ),
        );
        if (drawn.inside === undefined) {
          const id = ids[part.id] ?? "";
          this.lines.push(`${indent}${id}${attributes([textOf(id, name, shown, drawn), formOf(drawn), colorOf(status, drawn)])};`);
        } else {
          const cluster = `cluster_${this.#boxes++}`;
          clusters.set(part.id, cluster);
          this.#container(drawn.inside, { indent, cluster, id: ids[part.id] ?? "", drawn, shown, status }, [
            ...path,
            { name, node: part.id },
          ]);
        }
      }
    }
    this.#edges(core, ids, clusters, outer);
  }

  #container(inside: GraphCore, { indent, cluster, id, drawn, shown, status }: Cluster, path: readonly Step[]): void {
    this.hasClusters = true;
    const colors = status === undefined ? undefined : stateColors[status];
    const looks = [`label=${quoted(`${escString(shown)}\\n${escString(drawn.note)}`)}`, drawn.isFinally ? "peripheries=2" : ""];
    if (colors !== undefined) looks.push("style=filled", `fillcolor="${colors.fill}"`, `color="${colors.line}"`);
    this.lines.push(`${indent}subgraph ${cluster} {`);
    for (const look of looks) if (look !== "") this.lines.push(`${indent}  ${look};`);
    this.lines.push(`${indent}  ${id} [shape=point, style=invis];`);
    this.level(inside, `${indent}  `, path);
    this.lines.push(`${indent}}`);
  }

  #edges(core: GraphCore, ids: readonly string[], clusters: ReadonlyMap<number, string>, indent: string): void {
    const pairs = core.native.edges();
    for (let edge = 0; 2 * edge < pairs.length; edge++) {
      const [from, to] = [pairs[2 * edge] ?? 0, pairs[2 * edge + 1] ?? 0];
      const { text, isAsking } = drawnEdge(core, edge);
      const [tail, head] = [clusters.get(from), clusters.get(to)];
      const shown = attributes([
        text === "" ? "" : `label=${quoted(escString(text))}`,
        isAsking ? "style=dashed" : "",
        tail === undefined ? "" : `ltail=${tail}`,
        head === undefined ? "" : `lhead=${head}`,
      ]);
      this.lines.push(`${indent}${ids[from]} -> ${ids[to]}${shown};`);
    }
  }

  #idOf(name: string, node: number, path: readonly Step[]): string {
    if (path.length === 0 && isPlain(name)) return quoted(name.replaceAll('"', '\\"'));
    return quoted(this.#prefix + [...path.map((step) => step.node), node].join("."));
  }
}

/** One container on the way to a level. */
interface Step {
  readonly name: string;
  readonly node: number;
}

interface Cluster {
  readonly indent: string;
  readonly cluster: string;
  readonly id: string;
  readonly drawn: DrawnNode;
  readonly shown: string;
  readonly status: string | undefined;
}

/** Whether Graphviz reads a name back, and shows it, as it is. */
function isPlain(name: string): boolean {
  return !name.startsWith("%") && name.search(unplain) === -1;
}

function textOf(id: string, name: string, label: string, { note }: DrawnNode): string {
  if (note !== "") return `label=${quoted(`${escString(label)}\\n${escString(note)}`)}`;
  return label === name && id === quoted(name.replaceAll('"', '\\"')) ? "" : `label=${quoted(escString(label))}`;
}

function formOf({ form, isFinally }: DrawnNode): string {
  const shape = form === "wait" ? "shape=hexagon" : form === "repeated" ? "shape=box3d" : "";
  return [shape, isFinally ? "peripheries=2" : ""].filter((part) => part !== "").join(", ");
}

function colorOf(status: string | undefined, { form }: DrawnNode): string {
  const colors = status === undefined ? undefined : stateColors[status];
  if (colors === undefined) return "";
  return `style="${form === "task" ? "rounded,filled" : "filled"}", fillcolor="${colors.fill}", color="${colors.line}"`;
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
