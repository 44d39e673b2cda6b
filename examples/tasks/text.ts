/** Functions that know nothing of Dagny. Tasks name them by module and export. */

/** How often each word occurs. */
export function countWords({ read }: { readonly read: string }): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [word] of read.toLowerCase().matchAll(/\w+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** The words that occur most often. */
export function mostFrequent({ count }: { readonly count: ReadonlyMap<string, number> }): string[] {
  return [...count]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 2)
    .map(([word]) => word);
}
