/** The nearest of many names, for messages that ask "did you mean …?". */

/** Names longer than this are compared for equal spelling but for case only: a longer name is rarely typed by hand. */
const maxLength = 64;
/** Candidates looked at per question, and rows of the distance table filled in all: a million names must not hang. */
const maxCandidates = 200_000;
const maxWork = 5_000_000;

/**
 * The candidate nearest to `name`, or `undefined` where none is near: at most a third of its letters differ.
 *
 * Distance is Damerau–Levenshtein's (restricted: swaps of adjacent letters) without regard to case. Of equally near ones the first
 * wins. Looks at a bounded number of candidates and letters, so that it takes milliseconds at most.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  const limit = wanted.length < 2 ? 0 : Math.max(1, Math.floor(Math.min(wanted.length, maxLength) / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  let looked = 0;
  let work = 0;
  for (const candidate of candidates) {
    if (++looked > maxCandidates || work > maxWork) break;
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const spelled = candidate.toLowerCase();
    if (spelled === wanted) return candidate;
    if (wanted.length > maxLength) continue;
    work += wanted.length * spelled.length;
    const distance = editDistance(wanted, spelled, bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Restricted Damerau–Levenshtein distance, or `limit` as soon as it cannot be less. Time |a|·|b|, space |b|. */
function editDistance(a: string, b: string, limit: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= b.length; column++) {
      const same = a.charCodeAt(row - 1) === b.charCodeAt(column - 1);
      const replaced = at(last, column - 1) + (same ? 0 : 1);
      let cost = Math.min(replaced, at(last, column) + 1, at(current, column - 1) + 1);
      const swapped =
        row > 1 && column > 1 && a.charCodeAt(row - 1) === b.charCodeAt(column - 2) && a.charCodeAt(row - 2) === b.charCodeAt(column - 1);
      if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
      least = Math.min(least, cost);
    }
    if (least >= limit) return limit;
    beforeLast = last;
    last = current;
  }
  return Math.min(at(last, b.length), limit);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
