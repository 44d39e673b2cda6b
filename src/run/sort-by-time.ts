/** Orders the rows of a table by one of its columns of times, in linear time. */

const RADIX = 2048;

/** `0, 1, …`, to start sorting from. */
export function rowsInOrder(rowCount: number): Uint32Array {
  return new Uint32Array(rowCount).map((_, row) => row);
}

/** A stable least-significant-digit radix sort of rows by a column of whole, non-negative times. */
export function sortByTime(rows: Uint32Array, time: Float64Array): Uint32Array {
  let latest = 0;
  for (const row of rows) latest = Math.max(latest, time[row] ?? 0);
  let from: Uint32Array = rows;
  let to: Uint32Array = new Uint32Array(rows.length);
  const next = new Uint32Array(RADIX);
  for (let unit = 1; unit <= latest; unit *= RADIX) {
    next.fill(0);
    for (const row of from) {
      const digit = Math.floor((time[row] ?? 0) / unit) % RADIX;
      next[digit] = (next[digit] ?? 0) + 1;
    }
    let sum = 0;
    for (let digit = 0; digit < RADIX; digit++) {
      const count = next[digit] ?? 0;
      next[digit] = sum;
      sum += count;
    }
    for (const row of from) {
      const digit = Math.floor((time[row] ?? 0) / unit) % RADIX;
      const slot = next[digit] ?? 0;
      to[slot] = row;
      next[digit] = slot + 1;
    }
    [from, to] = [to, from === rows ? new Uint32Array(rows.length) : from];
  }
  return from;
}
