/** A command as messages show it. */

/** What a shell takes as it is. */
const plain = /^[\w@%+=:,./-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const control = /[\u0000-\u001f\u007f]/;

/** Longer ones are cut: what is wrong with them is rarely at their end. */
const longest = 1000;

/** A command and its arguments, quoted so that a shell would take them for the same. */
export function commandLine(command: string, args: readonly string[]): string {
  const line = [command, ...args].map(quoted).join(" ");
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

function quoted(word: string): string {
  if (plain.test(word)) return word;
  if (!control.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const escaped = JSON.stringify(word).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `$'${escaped}'`;
}
