/** Type guards for options that note what is wrong, so that everything can be reported at once. */
import type { DagnyError } from "../errors/base.js";
import { nearest } from "../errors/did-you-mean.js";
import { errorOf } from "../errors/graph.js";
import { InvalidOptionError, UnknownOptionError } from "../errors/options.js";
import type { AnyFunction } from "../flow/definition.js";

/** Checks the options of one owner (`node "a"`; none for a call's own options), and adds what is wrong to a list. */
export class OptionCheck {
  /** Whose options they are, as messages say it. */
  readonly owner: string | undefined;
  readonly #faults: DagnyError[];

  constructor(owner: string | undefined, faults: DagnyError[]) {
    this.owner = owner;
    this.#faults = faults;
  }

  /** Whether the value is a finite number that is in range; what that means is said in words by `expected`. */
  isNumber(option: string, expected: string, value: unknown, inRange: (n: number) => boolean = () => true): value is number {
    return this.#noted(typeof value === "number" && Number.isFinite(value) && inRange(value), option, expected, value);
  }

  isString(option: string, value: unknown): value is string {
    return this.#noted(typeof value === "string", option, "a string", value);
  }

  isName(option: string, value: unknown): value is string {
    return this.#noted(typeof value === "string" && value !== "", option, "a non-empty string", value);
  }

  isBoolean(option: string, value: unknown): value is boolean {
    return this.#noted(typeof value === "boolean", option, "true or false", value);
  }

  isFunction(option: string, value: unknown, expected = "a function"): value is AnyFunction {
    return this.#noted(typeof value === "function", option, expected, value);
  }

  /** Whether the value is one of these words. */
  isWord<W extends string>(option: string, value: unknown, words: readonly W[], hint?: string): value is W {
    const shown = words.map((word) => JSON.stringify(word));
    const expected = `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}${hint === undefined ? "" : ` (${hint})`}`;
    return this.#noted(
      words.some((word) => word === value),
      option,
      expected,
      value,
    );
  }

  /** Notes a fault where `isRight` is not. */
  holds(option: string, expected: string, value: unknown, isRight: boolean): boolean {
    return this.#noted(isRight, option, expected, value);
  }

  /** Notes a fault that has a class of its own. */
  fault(fault: DagnyError): void {
    this.#faults.push(fault);
  }

  isRecord(option: string, value: unknown, expected = "an object"): value is Record<string, unknown> {
    return this.#noted(typeof value === "object" && value !== null && !Array.isArray(value), option, expected, value);
  }

  /** Notes every option that is not one of `known`. */
  names(options: object, known: readonly string[], prefix = ""): void {
    for (const option of Object.keys(options)) {
      if (known.includes(option)) continue;
      const suggestion = nearest(option, known);
      const right = known.map((name) => prefix + name);
      this.#faults.push(new UnknownOptionError(prefix + option, suggestion && prefix + suggestion, right, this.owner));
    }
  }

  #noted(isRight: boolean, option: string, expected: string, value: unknown): boolean {
    if (!isRight) this.#faults.push(new InvalidOptionError(option, expected, value, this.owner));
    return isRight;
  }
}

/** Checks that a call's own options are an object in which every name is one of `known`. Throws what is wrong with them. */
export function checkOptions(options: object, known: readonly string[], called = "options"): void {
  const faults: DagnyError[] = [];
  const check = new OptionCheck(undefined, faults);
  if (check.isRecord(called, options)) check.names(options, known);
  if (faults.length > 0) throw errorOf(faults);
}
