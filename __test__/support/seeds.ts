/** Runs a property over seeds and says which one failed; `DAGNY_SEEDS=n` runs n of them, `DAGNY_SEED=n` the nth alone. */

/**
 * Calls `property` once per seed, from 1 to `count` or what `DAGNY_SEEDS` says, and prints how many it ran.
 *
 * @throws the property's error, its message led by the seed that caused it.
 */
export function forEachSeed(name: string, count: number, property: (seed: number) => void): void {
  const only = process.env["DAGNY_SEED"];
  const [first, last] = only === undefined ? [1, Number(process.env["DAGNY_SEEDS"] ?? count)] : [Number(only), Number(only)];
  for (let seed = first; seed <= last; seed++) {
    try {
      property(seed);
    } catch (error) {
      throw new Error(`${name}, seed ${seed} (DAGNY_SEED=${seed}): ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
  console.info(`${name}: seeds ${first} to ${last}`);
}
