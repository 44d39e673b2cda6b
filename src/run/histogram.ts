/** Many lengths of time in a few numbers. */

/** How many buckets a histogram has. */
const bucketCount = 32;

/** Lengths of time, counted. All are in milliseconds but for the bounds of the buckets. */
export interface Histogram {
  /** How many there are. The other figures are 0 where there are none. */
  readonly count: number;
  readonly totalMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** The median: half of them are not longer. */
  readonly p50Ms: number;
  /** Nine of ten are not longer. */
  readonly p90Ms: number;
  /** 99 of 100 are not longer. */
  readonly p99Ms: number;
  /**
   * How many there are in each of 32 buckets, which are the same for all histograms: the first has those under a microsecond, the one at
   * `i` those from 2^(i - 1) to under 2^i microseconds, and the last all that are longer.
   */
  readonly buckets: Uint32Array;
}

/** Counts lengths, in whole microseconds; sorts them in place. O(n log n). */
export function histogramOf(lengthsUs: Float64Array): Histogram {
  lengthsUs.sort();
  const buckets = new Uint32Array(bucketCount);
  let total = 0;
  for (const length of lengthsUs) {
    total += length;
    const bucket = bucketOf(length);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  const count = lengthsUs.length;
  // The nearest rank: the least length that so many are not longer than.
  const at = (share: number): number => (lengthsUs[Math.max(0, Math.ceil(share * count) - 1)] ?? 0) / 1000;
  return { count, totalMs: total / 1000, minMs: at(0), maxMs: at(1), p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), buckets };
}

function bucketOf(us: number): number {
  return us >= 2 ** (bucketCount - 2) ? bucketCount - 1 : 32 - Math.clz32(us);
}
