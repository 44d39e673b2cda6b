/**
 * Verdicts and the printed table. A row is what the bench found about one work on one shape at one size; a judged row also has
 * the criteria of its target, each met or missed.
 */

/** @typedef {{ target: string, work: string, shape: string, size: string, cells: Map<string, string>, verdicts: Verdict[], note?: string }} Row */
/** @typedef {{ kind: "must" | "aim", text: string, value: string, met: boolean | null }} Verdict `met` is null where a side is missing. */

/** `must` and `aim` of "at most x times as long as `against`" or "at least x times as fast as `against`". */
export function judge(row, dagny, { against, op, must, aim }) {
  const verdicts = [];
  const other = row.get(against);
  for (const [kind, bound] of [
    ["must", must],
    ["aim", aim],
  ]) {
    if (bound === undefined) continue;
    const text = `${op} ${bound}x ${against}`;
    const ratio = ratioOf(dagny, other, op);
    if (ratio === undefined) verdicts.push({ kind, text, value: other?.error ?? "not run", met: null });
    else verdicts.push({ kind, text, value: `${show(ratio)}x`, met: op === "≤" ? ratio <= bound : ratio >= bound });
  }
  return verdicts;
}

function ratioOf(dagny, other, op) {
  if (dagny?.medianMs === undefined || other?.medianMs === undefined) return undefined;
  return op === "≤" ? dagny.medianMs / other.medianMs : other.medianMs / dagny.medianMs;
}

/** A verdict on plain numbers: `value` at most `bound`, in `unit`. */
export function judgeAtMost(kind, value, bound, unit) {
  const text = `≤ ${bound} ${unit}`;
  return value === undefined
    ? { kind, text, value: "not run", met: null }
    : { kind, text, value: `${show(value)} ${unit}`, met: value <= bound };
}

/** Three significant digits, never in exponents. */
export function show(value) {
  if (value === 0) return "0";
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Number(value.toPrecision(3)).toString();
}

/** A time in the unit that reads best. */
export function showMs(ms) {
  if (ms >= 1_000) return `${show(ms / 1_000)} s`;
  return ms >= 0.1 ? `${show(ms)} ms` : `${show(ms * 1_000)} µs`;
}

/** Cells of a timing row: Dagny's time as it is, each other's with how Dagny compares. Floors: Dagny ÷ floor; peers: peer ÷ Dagny. */
export function timingCells(row, dagnyName, columns, format = showMs) {
  const cells = new Map();
  const dagny = row.get(dagnyName);
  for (const { name, peer } of columns) {
    const timing = row.get(name);
    if (timing === undefined) cells.set(name, "–");
    else if (timing.error !== undefined) cells.set(name, timing.error);
    else
      cells.set(
        name,
        format(timing.medianMs) + compared(timing, dagny, name === dagnyName, peer) + (timing.rounds < 3 ? ` [${timing.rounds}]` : ""),
      );
  }
  return cells;
}

function compared(timing, dagny, isDagny, peer) {
  if (isDagny || dagny?.medianMs === undefined) return "";
  return peer ? ` (${show(timing.medianMs / dagny.medianMs)}x)` : ` (Dagny ${show(dagny.medianMs / timing.medianMs)}x)`;
}

/** A row that says what was not run and why. */
export function notRun(target, work, shape, size, why) {
  return { target, work, shape, size, cells: new Map(), verdicts: [{ kind: "must", text: "", value: why, met: null }] };
}

/** One Markdown table for the rows of a target; columns are the contenders that appear in them. */
export function markdown(title, columns, rows) {
  const head = ["work", "shape", "size", ...columns, "must", "aim"];
  const lines = [`### ${title}`, "", `| ${head.join(" | ")} |`, `|${head.map((_, i) => (i < 3 ? "---" : "--:")).join("|")}|`];
  for (const row of rows) {
    const cells = columns.map((name) => row.cells.get(name) ?? "–");
    const note = row.note === undefined ? "" : ` (${row.note})`;
    lines.push(`| ${[row.work + note, row.shape, row.size, ...cells, verdictText(row, "must"), verdictText(row, "aim")].join(" | ")} |`);
  }
  return lines.join("\n");
}

function verdictText({ verdicts }, kind) {
  const mine = verdicts.filter((verdict) => verdict.kind === kind);
  if (mine.length === 0) return "–";
  return mine
    .map(
      ({ text, value, met }) =>
        `${text === "" ? "" : `${text}: `}${value} ${met === null ? "(not judged)" : met ? "**met**" : "**MISSED**"}`,
    )
    .join("<br>");
}

/** How many musts and aims were met, and each that was missed. */
export function summary(rows) {
  const lines = ["### Summary", ""];
  for (const kind of ["must", "aim"]) {
    const all = rows.flatMap((row) => row.verdicts.filter((verdict) => verdict.kind === kind).map((verdict) => ({ row, verdict })));
    const missed = all.filter(({ verdict }) => verdict.met === false);
    const open = all.filter(({ verdict }) => verdict.met === null);
    lines.push(`${kind}: ${all.length - missed.length - open.length} met, ${missed.length} missed, ${open.length} not judged`, "");
    for (const { row, verdict } of missed) {
      lines.push(`- missed ${kind} ${row.target}: ${row.work}, ${row.shape} ${row.size}: ${verdict.value}, wanted ${verdict.text}`);
    }
    if (missed.length > 0) lines.push("");
  }
  return lines.join("\n");
}
