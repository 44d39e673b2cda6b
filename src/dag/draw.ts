/** What drawings of a graph have in common, whatever the language: options, namespaces, colors. */
import { InvalidOptionError } from "../errors/options.js";
import { checkOptions } from "./option-check.js";

/** Where a drawing starts and where it goes: top to bottom, left to right, and the reverse. */
export type Direction = "TB" | "LR" | "BT" | "RL";

/** What became of nodes: a function of the name, or a run's report. */
export type StatusSource<N extends string = string> =
  | { readonly status: (name: N) => string | undefined }
  | { readonly nodeResults: { readonly [name: string]: { readonly status: string } } };

/** How to draw a graph. */
export interface DrawOptions<N extends string = string> {
  /** @default "TB" */
  readonly direction?: Direction | undefined;
  /**
   * The text of a node.
   * @default its name
   */
  readonly label?: ((name: N) => string) | undefined;
  /**
   * Whether nodes whose names share a prefix are drawn in a box: `true` splits names at `/`, a string at that string.
   * @default false
   */
  readonly namespaces?: boolean | string | undefined;
  /** Colors nodes by what became of them in a run: its report, or a function of the name (inside containers, of the address: `outer/inner`). */
  readonly result?: StatusSource<N> | undefined;
}

/** Options with every default filled in. */
export interface ResolvedDrawOptions {
  readonly direction: Direction;
  readonly label: (name: string) => string;
  /** `null` for no boxes. */
  readonly separator: string | null;
  readonly status: (name: string) => string | undefined;
}

/** Fill, border and text color of a node in each state. */
export const stateColors: Readonly<Record<string, { readonly fill: string; readonly line: string }>> = {
  pending: { fill: "#f3f4f6", line: "#9ca3af" },
  ready: { fill: "#e0f2fe", line: "#0284c7" },
  running: { fill: "#dbeafe", line: "#2563eb" },
  waiting: { fill: "#fef9c3", line: "#ca8a04" },
  completed: { fill: "#dcfce7", line: "#16a34a" },
  failed: { fill: "#fee2e2", line: "#dc2626" },
  skipped: { fill: "#f5f5f4", line: "#a8a29e" },
  filtered: { fill: "#f5f5f4", line: "#78716c" },
  cancelled: { fill: "#ffedd5", line: "#ea580c" },
};

const directions: readonly unknown[] = ["TB", "LR", "BT", "RL"];

/** Checks the options of a drawing. Throws what is wrong with them. */
export function resolveDrawOptions<N extends string>(options: DrawOptions<N>): ResolvedDrawOptions {
  checkOptions(options, ["direction", "label", "namespaces", "result"]);
  const { direction = "TB", label = (name: string) => name, namespaces = false, result } = options;
  if (!directions.includes(direction)) throw new InvalidOptionError("direction", '"TB", "LR", "BT" or "RL"', direction);
  if (typeof label !== "function") throw new InvalidOptionError("label", "a function", label);
  if (typeof namespaces !== "boolean" && (typeof namespaces !== "string" || namespaces === "")) {
    throw new InvalidOptionError("namespaces", "true, false or a non-empty string", namespaces);
  }
  const separator = typeof namespaces === "string" ? namespaces : namespaces ? "/" : null;
  return { direction, label: label as (name: string) => string, separator, status: statusOf(result) };
}

function statusOf(source: StatusSource<never> | undefined): (name: string) => string | undefined {
  if (source === undefined) return () => undefined;
  if ("status" in source && typeof source.status === "function") return source.status as (name: string) => string | undefined;
  if (!("nodeResults" in source)) throw new InvalidOptionError("result", "a run's report, or an object with a function `status`", source);
  const { nodeResults } = source;
  return (name) => nodeResults[name]?.status;
}

/** A line of a drawing: a node, the start of a box around what follows, or its end. */
export type Placed =
  | { readonly kind: "node"; readonly id: number }
  | { readonly kind: "open"; readonly label: string }
  | { readonly kind: "close" };

interface Box {
  readonly label: string;
  readonly boxes: Map<string, Box>;
  /** What is in it, in the order it was first needed. */
  readonly content: (number | Box)[];
}

/**
 * The nodes with the boxes of their namespaces around them. A name's segments but the last are its boxes; empty segments make none. Boxes and
 * nodes come in the order of their first node.
 */
export function* placed(names: readonly string[], separator: string | null): Generator<Placed, void, void> {
  const root: Box = { label: "", boxes: new Map(), content: [] };
  for (const [id, name] of names.entries()) boxOf(root, name, separator).content.push(id);
  // A stack in place of recursion: a name may have any number of segments.
  const open = [root.content.values()];
  for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
    const { value, done } = inner.next();
    if (done) {
      open.pop();
      if (open.length > 0) yield { kind: "close" };
    } else if (typeof value === "number") {
      yield { kind: "node", id: value };
    } else {
      yield { kind: "open", label: value.label };
      open.push(value.content.values());
    }
  }
}

function boxOf(root: Box, name: string, separator: string | null): Box {
  if (separator === null) return root;
  let box = root;
  for (const label of name.split(separator).slice(0, -1)) {
    if (label === "") continue;
    let inner = box.boxes.get(label);
    if (inner === undefined) {
      inner = { label, boxes: new Map(), content: [] };
      box.boxes.set(label, inner);
      box.content.push(inner);
    }
    box = inner;
  }
  return box;
}
