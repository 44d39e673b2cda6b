/** The page about errors lists every code, and no other. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorCodes } from "../../src/errors/index.js";
import { root } from "../support/snippets.js";

test("docs/guide/errors.md lists every code and what it means, in the order of the sources", () => {
  const page = readFileSync(join(root, "docs/guide/errors.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (.*) \| .* \|$/gm)];
  expect(rows.map(([, code, meaning]) => [code, meaning])).toEqual(Object.entries(errorCodes));
});
