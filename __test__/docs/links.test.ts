/** What the documentation points at exists: linked pages and headings, and every path that ARCHITECTURE.md names. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { pagesUnder, root } from "../support/snippets.js";

const pages = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", ...pagesUnder("docs")];

describe.each(pages)("%s", (page) => {
  const text = readFileSync(join(root, page), "utf8");

  test("links to pages and headings that exist", () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target).filter((target) => !/^[a-z]+:/.test(target));
    const missing = targets.filter((target) => {
      const [file = "", heading] = target.split("#");
      const path = file === "" ? page : normalize(join(dirname(page), file));
      return !existsSync(join(root, path)) || (heading !== undefined && !headingsOf(path).includes(heading));
    });
    expect(missing).toEqual([]);
  });
});

test("README.md links to every page of the guide", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  expect(pagesUnder("docs/guide").filter((page) => !readme.includes(`(${page})`))).toEqual([]);
});

describe("ARCHITECTURE.md", () => {
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const top = ["src", "crates", "__test__", "benches", "examples", "docs", "scripts", "npm", ".ci", ".github"];

  test("names paths that exist", () => {
    const named = [...text.matchAll(/`((?:\.?\w[\w-]*)\/[\w./-]*)`/g)].map(([, path = ""]) => path);
    const paths = named.filter((path) => top.includes(path.split("/")[0] ?? ""));
    expect(paths.length).toBeGreaterThan(30);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("names every folder of the sources", () => {
    const folders = ["src", "crates/core/src"].flatMap((folder) =>
      readdirSync(join(root, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => `${folder}/${entry.name}`),
    );
    expect(folders.filter((folder) => !text.includes(`\`${folder}`))).toEqual([]);
  });
});

/** The anchors of a page's headings, as GitHub makes them. */
function headingsOf(page: string): string[] {
  return [...readFileSync(join(root, page), "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
