/** Reads the real graphs that lie beside a checkout, where they are present. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const folder = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

/** Why the tests that need the graphs are skipped, or undefined where they are not. */
export const absence = existsSync(folder) ? undefined : `the shared graphs are not at ${folder}`;

/** A graph as its file has it. */
export interface SharedGraph {
  readonly name: string;
  readonly nodes: readonly { readonly id: string; readonly runtimeSeconds?: number }[];
  readonly edges: readonly (readonly [string, string])[];
}

/** The names of all files that end so, without the ending. */
export function namesEnding(ending: string): string[] {
  if (absence !== undefined) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length));
}

/** One graph. */
export function readGraph(name: string): SharedGraph {
  const plain = `${folder}${name}.json`;
  const text = existsSync(plain) ? readFileSync(plain) : gunzipSync(readFileSync(`${plain}.gz`));
  return JSON.parse(text.toString());
}

/** One file of reference answers. */
export function readAnswers(name: string, ending: string): Record<string, unknown> {
  return JSON.parse(readFileSync(`${folder}${name}${ending}`, "utf8"));
}

/** SHA-256 of lines, each ended by a newline. */
export function sha256OfLines(lines: readonly string[]): string {
  return createHash("sha256")
    .update(lines.map((line) => `${line}\n`).join(""))
    .digest("hex");
}

/** Ids in the order of the reference answers, which is JavaScript's own. */
export function sorted(ids: Iterable<string>): string[] {
  return [...ids].sort();
}
