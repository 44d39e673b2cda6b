/** Load: writes tables as CSV and JSON files. Each file appears whole or not at all: it is written beside its place and then moved there. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** What was written; an object's entries count as its rows. */
export interface Loaded {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

type Cell = string | number;

export async function writeCsv(path: string, header: readonly string[], rows: readonly (readonly Cell[])[]): Promise<Loaded> {
  const text = [header, ...rows].map((row) => `${row.map(quoted).join(",")}\n`).join("");
  return { path, rows: rows.length, bytes: await writeWhole(path, text) };
}

export async function writeJson(path: string, value: object): Promise<Loaded> {
  return { path, rows: Object.keys(value).length, bytes: await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`) };
}

async function writeWhole(path: string, text: string): Promise<number> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
  return Buffer.byteLength(text);
}

function quoted(cell: Cell): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
