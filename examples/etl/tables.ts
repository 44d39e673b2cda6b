/** Tables as text, for a terminal. */

export type Cell = string | number;

/** Numbers to the right, everything else to the left; a column in which a number has a fraction gets two decimals. */
export function textTable(title: string, header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const hasFraction = header.map((_, column) => rows.some((row) => !Number.isInteger(row[column])));
  const text = rows.map((row) => row.map((cell, column) => shown(cell, hasFraction[column] ? 2 : 0)));
  const widths = header.map((name, column) => Math.max(name.length, ...text.map((row) => row[column]?.length ?? 0)));
  const isNumber = header.map((_, column) => rows.every((row) => typeof row[column] === "number"));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join("  ")}`.trimEnd();
  return [title, line(header), line(widths.map((width) => "─".repeat(width))), ...text.map(line)].join("\n");
}

function shown(cell: Cell, digits: number): string {
  if (typeof cell === "string") return cell;
  return cell.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
