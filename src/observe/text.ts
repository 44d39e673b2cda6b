/** Text for terminals: names that cannot break a line, durations, bars, lines cut to the width of a screen. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** A text without anything that moves a cursor or changes a color. */
export function plain(text: string): string {
  return text.replace(controls, "·");
}

/** Any thrown value in one line, cut after 200 characters. */
export function messageOf(thrown: unknown): string {
  let text: string;
  try {
    text = String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    text = "it threw something that cannot be shown";
  }
  return plain(text.length > 200 ? `${text.slice(0, 199)}…` : text);
}

/** A time that people read: `340 ms`, `2.5 s`, `4 min 10 s`, `3 h 05 min`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** A bar of `width` cells, `part` of which (0 to 1) are full. */
export function bar(part: number, width: number): string {
  const full = Math.max(0, Math.min(width, Math.round(part * width)));
  return "█".repeat(full) + "░".repeat(width - full);
}

/** A line that fits into `columns` cells of a terminal. Only the text is counted, so colors come after. */
export function cut(text: string, columns: number): string {
  let width = 0;
  const kept: string[] = [];
  for (const character of text) {
    const cells = isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
    if (width + cells > columns) return `${kept.slice(0, -1).join("")}…`;
    width += cells;
    kept.push(character);
  }
  return text;
}

/** Whether terminals give a character two cells: East Asian scripts and most symbols beyond the basic plane. Rather too often than not. */
function isWide(code: number): boolean {
  return code >= 0x1100 && (code <= 0x115f || (code >= 0x2e80 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xff60) || code > 0xffff);
}
