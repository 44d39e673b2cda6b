/** A task's inputs are a view, made with a Proxy; what it shows is found here, so that a task may pass them on. */

/** Asked of a view, gives a plain copy of what it shows. */
export const shownByView: unique symbol = Symbol.for("dagny.inputs");

/** What a Proxy shows if it is a view of a task's inputs; `undefined` for every other. */
export function viewedInputs(proxy: object): Record<string, unknown> | undefined {
  try {
    const shown: unknown = Reflect.get(proxy, shownByView);
    return typeof shown === "object" && shown !== null ? (shown as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
