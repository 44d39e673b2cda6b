/** What the stress tests take of their tasks. */
export function outputOf(number: number): number;
