/**
 * Join expressions: from text and from trees to steps in postfix order, which the core evaluates, and back to text.
 *
 * The text form: `a.completed || b.failed && !c.skipped`, with parentheses; `!` binds tighter than `&&`, `&&` than `||`. A name that is no
 * identifier is written as a JSON string, `"x-1".failed`. Nothing here recurses: an expression may be nested as deep as it is long.
 */
import { describe, quote } from "../errors/base.js";
import { nearest } from "../errors/did-you-mean.js";
import { JoinExpressionError, type TextPlace } from "../errors/join.js";
import { type Look, looks } from "./join-tree.js";

/** A step of an expression in postfix order: an upstream's look, or what to do with the last value or two. */
export type JoinStep = JoinAtom | "not" | "and" | "or";

/** Whether an upstream looks so. */
export interface JoinAtom {
  readonly node: string;
  readonly is: Look;
  /** Where the text says so. */
  readonly at?: number;
}

/** The most steps of one expression: what the core is asked to look at each time an upstream settles. */
const mostSteps = 1_000_000;

/** The most levels of a tree; more are hardly meant, and a tree that contains itself has no end. */
const deepestTree = 1000;

/** One token of a text, and where it starts. */
interface TextToken {
  readonly text: string;
  readonly at: number;
}

/** An identifier, a JSON string, an operator, or what is none of these. White space is between them. */
const tokenPattern = /\s+|[\p{ID_Start}_$][\p{ID_Continue}$\u200c\u200d]*|"(?:[^"\\\n]|\\.)*"|&&|\|\||[!().]|[\s\S]/gu;
const identifier = /^[\p{ID_Start}_$][\p{ID_Continue}$\u200c\u200d]*$/u;

/** The steps of an expression in its text form. Throws `JoinExpressionError` at the first fault; `node` is whose join it is. O(length). */
export function parseJoin(text: string, node?: string): JoinStep[] {
  const tokens = tokensOf(text);
  const steps: JoinStep[] = [];
  // Operators and open parentheses that wait for their right side.
  const open: TextToken[] = [];
  const fault = (what: string, at: number, suggestion?: string): JoinExpressionError =>
    new JoinExpressionError(node, what, placeIn(text, at), suggestion);
  let next = 0;
  let needsValue = true;
  for (;;) {
    const token = tokens[next++];
    if (steps.length > mostSteps) throw new JoinExpressionError(node, `an expression may have at most ${mostSteps} steps`);
    if (needsValue) {
      if (token === undefined) throw fault("the expression ends where a state such as `a.completed` should follow", text.length);
      if (token.text === "!" || token.text === "(") open.push(token);
      else {
        const name = nameOf(token, fault);
        const dot = tokens[next++];
        if (dot?.text !== ".") throw afterName(name, dot, token, text, fault);
        const look = tokens[next++];
        steps.push({ node: name, is: lookOf(look, text, fault), at: token.at });
        needsValue = false;
      }
      continue;
    }
    if (token === undefined) break;
    if (token.text === ")") {
      popWhile(open, steps, (top) => top !== "(");
      if (open.pop() === undefined) throw fault("this parenthesis was never opened", token.at);
    } else if (token.text === "&&" || token.text === "||") {
      const rank = rankOf(token.text);
      popWhile(open, steps, (top) => top !== "(" && rankOf(top) >= rank);
      open.push(token);
      needsValue = true;
    } else {
      throw fault(`expected \`&&\`, \`||\` or the end, found ${quote(token.text)}`, token.at);
    }
  }
  popWhile(open, steps, (top) => top !== "(");
  const unclosed = open.pop();
  if (unclosed !== undefined) throw fault("this parenthesis is never closed", unclosed.at);
  return steps;
}

/** The steps of an expression in its tree form. Throws `JoinExpressionError` where it is none; `node` is whose join it is. O(size). */
export function stepsOfTree(tree: unknown, node?: string): JoinStep[] {
  const steps: JoinStep[] = [];
  /** What is still to be written, last first: a tree with its depth and its path, or a step. */
  const rest: (JoinStep | { readonly tree: unknown; readonly path: string; readonly depth: number })[] = [{ tree, path: "", depth: 1 }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (typeof next === "string" || "is" in next) {
      steps.push(next);
      continue;
    }
    const { tree: part, path, depth } = next;
    const fault = (what: string): JoinExpressionError => new JoinExpressionError(node, `${path === "" ? "" : `at ${path}: `}${what}`);
    if (depth > deepestTree) throw fault(`a tree may have at most ${deepestTree} levels`);
    if (steps.length + rest.length > mostSteps) throw fault(`an expression may have at most ${mostSteps} steps`);
    const down = (child: unknown, name: string): void => {
      rest.push({ tree: child, path: path === "" ? name : `${path}.${name}`, depth: depth + 1 });
    };
    const form = formOf(part);
    if (form === undefined) {
      throw fault(`expected { node, is }, { not }, { and } or { or }, received ${describe(part)}`);
    }
    if (form.kind === "is") {
      if (typeof form.node !== "string" || form.node === "") {
        throw fault(`\`node\` must be the name of an upstream, received ${describe(form.node)}`);
      }
      const look = looks.find((known) => known === form.is);
      if (look === undefined) throw fault(`\`is\` must be ${looks.map((it) => `"${it}"`).join(", ")}, received ${describe(form.is)}`);
      rest.push({ node: form.node, is: look });
    } else if (form.kind === "not") {
      rest.push("not");
      down(form.of, "not");
    } else {
      const { kind, of } = form;
      if (!Array.isArray(of) || of.length === 0) throw fault(`\`${kind}\` must be a list of at least one, received ${describe(of)}`);
      // Popped last first: the first part, then each further one and the operator that joins it.
      for (let at = of.length - 1; at >= 0; at--) {
        if (at > 0) rest.push(kind);
        down(of[at], `${kind}[${at}]`);
      }
    }
  }
  return steps;
}

/** The text form of steps, with no more parentheses than it needs. O(size). */
export function joinText(steps: readonly JoinStep[]): string {
  // Each value as pieces of text in a tree of pairs, put together at the end: a sum of texts would be quadratic.
  type Piece = string | readonly Piece[];
  const values: { readonly piece: Piece; readonly rank: number }[] = [];
  for (const step of steps) {
    if (typeof step === "object") {
      const name = identifier.test(step.node) ? step.node : JSON.stringify(step.node);
      values.push({ piece: `${name}.${step.is}`, rank: 4 });
      continue;
    }
    const rank = step === "not" ? 3 : rankOf(step === "and" ? "&&" : "||");
    const shown = (value: { readonly piece: Piece; readonly rank: number } | undefined): Piece =>
      value === undefined ? "" : value.rank < rank ? ["(", value.piece, ")"] : value.piece;
    const right = values.pop();
    if (step === "not") values.push({ piece: ["!", shown(right)], rank });
    else {
      const left = values.pop();
      values.push({ piece: [shown(left), step === "and" ? " && " : " || ", shown(right)], rank });
    }
  }
  const text: string[] = [];
  const rest: Piece[] = values.map(({ piece }) => piece).reverse();
  for (let piece = rest.pop(); piece !== undefined; piece = rest.pop()) {
    if (typeof piece === "string") text.push(piece);
    else for (let at = piece.length - 1; at >= 0; at--) rest.push(piece[at] as Piece);
  }
  return text.join("");
}

/** The numbers of steps as the core has them. */
const ops = { is: 0, not: 1, and: 2, or: 3 } as const;
const lookCodes: Readonly<Record<Look, number>> = { completed: 1, failed: 2, skipped: 3, blocked: 4, filtered: 5, cancelled: 6 };
/** Upstreams of one node that an expression can tell apart. */
const mostUpstreams = 2 ** 24;

/**
 * The expression as the core takes it: a word a step. `upstreams` are the names of the node's upstreams in node order. Throws
 * `JoinExpressionError` where the expression names another, of which `isNode` says whether it is a node at all. `text` is what the steps were
 * read from.
 */
export function joinWords(
  steps: readonly JoinStep[],
  node: string,
  upstreams: readonly string[],
  isNode: (name: string) => boolean,
  text = "",
): Uint32Array {
  const places = new Map(upstreams.map((name, place) => [name, place]));
  return Uint32Array.from(steps, (step) => {
    if (typeof step === "string") return ops[step];
    const place = places.get(step.node);
    if (place === undefined) throw notAnUpstream(step, node, upstreams, isNode(step.node), text);
    if (place >= mostUpstreams) throw new JoinExpressionError(node, `an expression may name only the first ${mostUpstreams} upstreams`);
    return (ops.is | (lookCodes[step.is] << 4) | (place << 8)) >>> 0;
  });
}

function notAnUpstream(
  { node: name, at }: JoinAtom,
  node: string,
  upstreams: readonly string[],
  isNode: boolean,
  text: string,
): JoinExpressionError {
  const place = at === undefined ? undefined : placeIn(text, at);
  const suggestion = nearest(name, upstreams);
  const known = upstreams.length === 0 ? "it has none" : `they are ${upstreams.slice(0, 5).map(quote).join(", ")}`;
  const cure = isNode ? `; an expression sees direct upstreams only: add the edge ${quote(name)} -> ${quote(node)}` : "";
  const what = `${quote(name)} is no upstream of ${quote(node)}`;
  if (cure !== "") return new JoinExpressionError(node, what + cure, place);
  return new JoinExpressionError(
    node,
    suggestion === undefined ? `${what}; ${known}${upstreams.length > 5 ? ", …" : ""}` : what,
    place,
    suggestion,
  );
}

function tokensOf(text: string): TextToken[] {
  const tokens: TextToken[] = [];
  for (const match of text.matchAll(tokenPattern)) if (match[0].trim() !== "") tokens.push({ text: match[0], at: match.index });
  return tokens;
}

type FaultAt = (what: string, at: number, suggestion?: string) => JoinExpressionError;

function nameOf(token: TextToken, fault: FaultAt): string {
  if (identifier.test(token.text)) return token.text;
  if (token.text.startsWith('"') && token.text.length > 1) {
    try {
      const name: unknown = JSON.parse(token.text);
      if (typeof name === "string" && name !== "") return name;
    } catch {
      // Said below.
    }
    throw fault(`${quote(token.text)} is not a name as a JSON string`, token.at);
  }
  if (token.text === '"') throw fault("this string is never closed", token.at);
  throw fault(`expected a state such as \`a.completed\`, found ${quote(token.text)}`, token.at);
}

function afterName(name: string, found: TextToken | undefined, start: TextToken, text: string, fault: FaultAt): JoinExpressionError {
  if (found === undefined) return fault(`after ${quote(name)} a state should follow, such as \`.completed\``, text.length);
  // `x-1.failed`: part of a name that should be quoted.
  const word = /^[^\s&|!()"]+/.exec(text.slice(start.at))?.[0] ?? "";
  const whole = word.slice(0, Math.max(word.lastIndexOf("."), 0));
  const cure =
    found.at === start.at + start.text.length && whole.length > name.length
      ? `; a name that is no identifier is quoted: ${quote(whole)}`
      : "";
  return fault(`expected "." and a state after ${quote(name)}, found ${quote(found.text)}${cure}`, found.at);
}

function lookOf(token: TextToken | undefined, text: string, fault: FaultAt): Look {
  const found = looks.find((look) => look === token?.text);
  if (found !== undefined) return found;
  if (token === undefined) return raise(fault("a state should follow the dot, such as `completed`", text.length));
  const suggestion = nearest(token.text, looks);
  const known = suggestion === undefined ? `; known are ${looks.join(", ")}` : "";
  return raise(fault(`there is no state ${quote(token.text)}${known}`, token.at, suggestion));
}

function raise(error: JoinExpressionError): never {
  throw error;
}

/** Line and column of a place in a text. */
function placeIn(text: string, at: number): TextPlace {
  let line = 1;
  let start = 0;
  for (let end = text.indexOf("\n"); end !== -1 && end < at; end = text.indexOf("\n", end + 1)) {
    line++;
    start = end + 1;
  }
  return { line, column: at - start + 1 };
}

function rankOf(operator: string): number {
  return operator === "!" ? 3 : operator === "&&" ? 2 : 1;
}

/** Moves operators from the stack to the steps while `isDue`. */
function popWhile(open: TextToken[], steps: JoinStep[], isDue: (top: string) => boolean): void {
  for (let top = open.at(-1); top !== undefined && isDue(top.text); top = open.at(-1)) {
    open.pop();
    steps.push(top.text === "!" ? "not" : top.text === "&&" ? "and" : "or");
  }
}

/** Which form a tree's top has. */
function formOf(
  tree: unknown,
):
  | { readonly kind: "is"; readonly node: unknown; readonly is: unknown }
  | { readonly kind: "not" | "and" | "or"; readonly of: unknown }
  | undefined {
  if (typeof tree !== "object" || tree === null || Array.isArray(tree)) return undefined;
  const keys = Object.keys(tree);
  if (keys.length === 2 && "node" in tree && "is" in tree) return { kind: "is", node: tree.node, is: tree.is };
  if (keys.length !== 1) return undefined;
  if ("not" in tree) return { kind: "not", of: tree.not };
  if ("and" in tree) return { kind: "and", of: tree.and };
  if ("or" in tree) return { kind: "or", of: tree.or };
  return undefined;
}
