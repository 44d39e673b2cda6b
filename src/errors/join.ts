/** What can be wrong with a join expression. */

import { quote } from "./base.js";
import type { ErrorCode } from "./codes.js";
import { GraphError } from "./graph.js";

/** Where in an expression's text a fault is; both from 1, columns in UTF-16 units. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** A join expression that cannot be read, or that names what is no direct upstream. */
export class JoinExpressionError extends GraphError {
  /** The node whose join it is; `undefined` where the expression belongs to none. */
  readonly node: string | undefined;
  /** The line of the fault, from 1; `undefined` where the expression is a tree. */
  readonly line: number | undefined;
  /** Its column, from 1, in UTF-16 units. */
  readonly column: number | undefined;
  /** The nearest right name, if one is near. */
  readonly suggestion: string | undefined;

  /** `fault` says what is wrong and what to do. */
  constructor(node: string | undefined, fault: string, place?: TextPlace, suggestion?: string) {
    const where = place === undefined ? "" : `line ${place.line}, column ${place.column}: `;
    const cure = suggestion === undefined ? "" : `; did you mean ${quote(suggestion)}?`;
    super(`${node === undefined ? "" : `node ${quote(node)}: `}\`join\`: ${where}${fault}${cure}`);
    this.node = node;
    this.line = place?.line;
    this.column = place?.column;
    this.suggestion = suggestion;
  }

  override get code(): ErrorCode {
    return "JOIN_EXPRESSION";
  }

  override get name(): string {
    return "JoinExpressionError";
  }
}
