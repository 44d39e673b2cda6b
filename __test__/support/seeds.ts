/** Runs a property over seeds and says which one failed; `DAGNY_SEEDS=n` runs n of them, `DAGNY_SEED=n` the nth alone. */

/**
 * Calls `property` once per seed, from 1 to `count` or what `DAGNY_SEEDS` says, and prints how many it ran.
 *
 * @throws the property's error, its message led by the seed that caused it.
 */
export function forEachSeed(name: string, count: number, property: (seed: number) => void): void {
  const [first, last] = rangeOf(count);
  for (let seed = first; seed <= last; seed++) {
    try {
      property(seed);
    } catch (error) {
      throw named(name, seed, error);
    }
  }
  console.info(`${name}: seeds ${first} to ${last}`);
}

/** The same, one after the other, for properties that have to wait. */
export async function forEachSeedAsync(name: string, count: number, property: (seed: number) => Promise<void>): Promise<void> {
  const [first, last] = rangeOf(count);
  for (let seed = first; seed <= last; seed++) {
    await property(seed).catch((error: unknown) => {
      throw named(name, seed, error);
    });
  }
  console.info(`${name}: seeds ${first} to ${last}`);
}

function rangeOf(count: number): [first: number, last: number] {
  const { DAGNY_SEED: only, DAGNY_SEEDS: wanted } = process.env;
  return only === undefined ? [1, Number(wanted ?? count)] : [Number(only), Number(only)];
}

function named(name: string, seed: number, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  return new Error(`${name}, seed ${seed} (DAGNY_SEED=${seed}): ${message}`, { cause: error });
}
