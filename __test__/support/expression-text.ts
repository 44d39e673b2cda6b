/** Join expressions written as text, read into the reference model's words: `a.completed || b.failed && !("c-1".skipped)`. */
import type { Expression, Look } from "./model/spec.js";

const looks: readonly Exclude<Look, "open">[] = ["completed", "failed", "skipped", "blocked", "filtered", "cancelled"];

/** @param upstreams the names of the node's upstreams, in node order. */
export function parseExpression(text: string, upstreams: readonly string[]): Expression {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[\w$-]+|&&|\|\||[!().]/g) ?? [];
  let next = 0;
  const take = (token: string): boolean => {
    if (tokens[next] !== token) return false;
    next++;
    return true;
  };
  const either = (): Expression => {
    let left = both();
    while (take("||")) left = { op: "or", left, right: both() };
    return left;
  };
  const both = (): Expression => {
    let left = single();
    while (take("&&")) left = { op: "and", left, right: single() };
    return left;
  };
  const single = (): Expression => {
    if (take("!")) return { op: "not", of: single() };
    if (take("(")) {
      const within = either();
      if (!take(")")) throw new Error(`no ")" in ${text}`);
      return within;
    }
    const name = tokens[next++] ?? "";
    if (tokens[next] !== "." && (name === "true" || name === "false")) return { op: "constant", value: name === "true" };
    if (!take(".")) throw new Error(`no "." after ${name} in ${text}`);
    const look = looks.find((each) => each === tokens[next]);
    const upstream = upstreams.indexOf(name.startsWith('"') ? String(JSON.parse(name)) : name);
    next++;
    if (look === undefined || upstream === -1) throw new Error(`${name}.${tokens[next - 1]} is no atom of ${text}`);
    return { op: "is", upstream, look };
  };
  const whole = either();
  if (next !== tokens.length) throw new Error(`${text} goes on after its end`);
  return whole;
}
