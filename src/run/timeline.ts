/** How many intervals were open at each time: a step function from the two ends of every interval. */

/** A step function: from `at[i]` until `at[i + 1]` the count is `count[i]`. Times ascend strictly; before the first it is 0. */
export interface Steps {
  /** In the unit of the intervals. */
  readonly at: Float64Array;
  readonly count: Uint32Array;
}

/**
 * Counts open intervals over time. Both lists may come in any order, and are sorted in place; an interval that begins and ends
 * at one time is never seen. Only changes are listed, so the counts of neighbors differ, and the last one is 0.
 * O(n log n) on plain numbers.
 */
export function stepsOf(begins: Float64Array, ends: Float64Array): Steps {
  begins.sort();
  ends.sort();
  const at = new Float64Array(begins.length + ends.length);
  const count = new Uint32Array(at.length);
  let length = 0;
  let open = 0;
  for (let b = 0, e = 0; e < ends.length; ) {
    const time = Math.min(begins[b] ?? Number.POSITIVE_INFINITY, ends[e] ?? Number.POSITIVE_INFINITY);
    const before = open;
    for (; begins[b] === time; b++) open++;
    for (; ends[e] === time; e++) open--;
    if (open === before) continue;
    at[length] = time;
    count[length] = open;
    length++;
  }
  return { at: at.slice(0, length), count: count.slice(0, length) };
}
