/** Values and functions that misbehave in one way each, for whatever a user's function may give. */
// biome-ignore-all lint/suspicious/noThenProperty: thenables are what some of these are.

/** Resists every look at it. */
export function resisting(): object {
  const refuse = (what: string) => () => {
    throw new Error(`no ${what} here`);
  };
  const handler = { get: refuse("get"), has: refuse("has"), getPrototypeOf: refuse("prototype"), ownKeys: refuse("keys") };
  return new Proxy({}, handler);
}

/** Throws when its `then` is looked at. */
export const noThen: object = {
  get then(): never {
    throw new Error("no then here");
  },
};

/** Throws when it is awaited. */
export const throwingThen: object = {
  then(): never {
    throw new Error("thrown by then");
  },
};

/** Says `value` first, and then everything else it can. */
export function twiceThen(value: unknown): object {
  return {
    then(resolve: (value: unknown) => void, reject: (reason: unknown) => void): never {
      resolve(value);
      reject(new Error("said second"));
      resolve("said third");
      throw new Error("said last");
    },
  };
}

/** Throws. */
export function boom(): never {
  throw new Error("boom");
}

/** Gives a promise that never settles. */
export function never(): Promise<never> {
  return new Promise(() => {});
}
