/** The root of every error Dagny throws. */
import type { ErrorCode } from "./codes.js";

/** An error of Dagny: `name` says the class, `code` the fault, `cause` what lies beneath it, untouched. */
export abstract class DagnyError extends Error {
  /** Stable word for the fault; compare this, never the message. */
  abstract readonly code: ErrorCode;

  // An accessor, not a field: the stack's first line is written while the base constructor runs.
  override get name(): string {
    return "DagnyError";
  }
}

/** A value as messages show it: what it is and its type, cut to a readable length. */
export function describe(value: unknown): string {
  try {
    return described(value);
  } catch {
    return "what resists being looked at";
  }
}

function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return `${quote(value)} (string)`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value) && "length" in value) {
    const kind = Object.prototype.toString.call(value).slice(8, -1);
    return `${kind.startsWith("I") ? "an" : "a"} ${kind} of ${value.length}`;
  }
  if (typeof value === "object") return `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
  return `${String(value)} (${typeof value})`;
}

/** A name as messages show it: quoted, control characters escaped, cut after 80 characters. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name);
}

/** What to say of anything that can be thrown, also of what resists being looked at. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "it threw something that cannot be shown";
  }
}
