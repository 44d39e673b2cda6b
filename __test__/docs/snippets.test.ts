/** Every TypeScript example of the README and the guide compiles under `strict` and runs. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { pagesUnder, root, typeFaults, writeSnippets } from "../support/snippets.js";

const snippets = writeSnippets(["README.md", ...pagesUnder("docs/guide")], join(root, ".cache/snippets"));

describe("the examples of the documentation", () => {
  test("are there", () => {
    expect(snippets.length).toBeGreaterThan(10);
  });

  test("compile", { timeout: 120_000 }, () => {
    expect(typeFaults(snippets)).toEqual([]);
  });

  test.each(snippets.map(({ at, path }) => [at, path] as const))("%s runs", async (_at, path) => {
    await import(pathToFileURL(path).href);
  });
});
