/** What can be wrong with an options object: the option, what was expected, and what came. */
import { DagnyError, describe } from "./base.js";
import type { ErrorCode } from "./codes.js";

/** An option of the wrong type, or outside its range. */
export class InvalidOptionError extends DagnyError {
  /** The option's name, with a dot for each level: `retry.maxAttempts`. */
  readonly option: string;
  /** What it must be, in words. */
  readonly expected: string;
  /** What came instead. */
  readonly received: unknown;

  /** `owner` says whose option it is (`node "a"`); none for a call's own options. */
  constructor(option: string, expected: string, received: unknown, owner?: string) {
    super(`${prefix(owner)}\`${option}\` must be ${expected}, received ${describe(received)}`);
    this.option = option;
    this.expected = expected;
    this.received = received;
  }

  get code(): ErrorCode {
    return "INVALID_OPTION";
  }

  override get name(): string {
    return "InvalidOptionError";
  }
}

/** An option that does not exist. */
export class UnknownOptionError extends DagnyError {
  /** The name that came. */
  readonly option: string;
  /** The nearest right name, if one is near. */
  readonly suggestion: string | undefined;

  /** `known` are the right names; they are listed where none of them is near. */
  constructor(option: string, suggestion: string | undefined, known: readonly string[], owner?: string) {
    const cure =
      suggestion === undefined ? `known are ${known.map((name) => `\`${name}\``).join(", ")}` : `did you mean \`${suggestion}\`?`;
    super(`${prefix(owner)}there is no option \`${option}\`; ${cure}`);
    this.option = option;
    this.suggestion = suggestion;
  }

  get code(): ErrorCode {
    return "UNKNOWN_OPTION";
  }

  override get name(): string {
    return "UnknownOptionError";
  }
}

/** Options that do not go together. */
export class ConflictingOptionsError extends DagnyError {
  /** The options that are at odds. */
  readonly options: readonly string[];

  /** `why` says why they cannot stand together, and what to do. */
  constructor(options: readonly string[], why: string, owner?: string) {
    super(`${prefix(owner)}${why}`);
    this.options = options;
  }

  get code(): ErrorCode {
    return "CONFLICTING_OPTIONS";
  }

  override get name(): string {
    return "ConflictingOptionsError";
  }
}

function prefix(owner: string | undefined): string {
  return owner === undefined ? "" : `${owner}: `;
}
