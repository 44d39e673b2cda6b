/** Tasks that compute, in a module of their own: each thread that runs one of them imports this file. */
import { defineTasks } from "dagny";

/** A part of the whole numbers: from `first` to just before `end`. */
export interface Range {
  readonly first: number;
  readonly end: number;
}

export const primes = defineTasks(import.meta.url, {
  /** Cuts the numbers below `params` into eight ranges. */
  cut: (_inputs: unknown, ctx): Range[] => {
    const size = Math.ceil(Number(ctx.params) / 8);
    return Array.from({ length: 8 }, (_, part) => ({ first: part * size, end: (part + 1) * size }));
  },

  /** How many primes there are in a range, slowly. */
  count({ first, end }: Range): number {
    let count = 0;
    for (let n = Math.max(2, first); n < end; n++) {
      let divisor = 2;
      while (divisor * divisor <= n && n % divisor !== 0) divisor++;
      if (divisor * divisor > n) count++;
    }
    return count;
  },

  /** Never comes to an end, and never lets anything else of its thread run. */
  search: (): never => {
    for (;;);
  },
});
