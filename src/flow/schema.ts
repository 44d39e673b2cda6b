/** Checks of values that come from outside, in the forms that people already have them. */

/** The part of the Standard Schema interface (standardschema.dev) that is used here. */
export interface StandardSchema<T = unknown> {
  readonly "~standard": {
    readonly validate: (value: unknown) => StandardAnswer<T> | PromiseLike<StandardAnswer<T>>;
  };
}

/** What such a schema answers: a value, or what is wrong. */
export type StandardAnswer<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** A check of a value: a function that returns it, changed or not, and throws where it is wrong; an object whose `parse` does so; a Standard Schema. */
export type Schema<T = unknown> = ((value: unknown) => T) | { parse(value: unknown): T } | StandardSchema<T>;

/** Whether a value can serve as a schema. */
export function isSchema(value: unknown): value is Schema {
  if (typeof value === "function") return true;
  if (typeof value !== "object" || value === null) return false;
  return "~standard" in value || ("parse" in value && typeof value.parse === "function");
}

/** The value as the schema lets it through. Throws, or rejects, with what is wrong with it. */
export function checkedBy<T>(schema: Schema<T>, value: unknown): T | PromiseLike<T> {
  // First: many schemas of this interface are functions, or have a `parse`, as well.
  if ("~standard" in schema) {
    const answer = schema["~standard"].validate(value);
    return "then" in answer ? answer.then(passed) : passed(answer);
  }
  return typeof schema === "function" ? schema(value) : schema.parse(value);
}

function passed<T>(answer: StandardAnswer<T>): T {
  if (answer.issues === undefined) return answer.value;
  throw new TypeError(answer.issues.map(({ message }) => message).join("; "));
}
