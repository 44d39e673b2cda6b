/**
 * The TypeScript examples of the documentation, as modules that can be type-checked and run.
 *
 * A block that begins with ```ts is a module. A block that begins with ```ts continued goes on where the block before it on the same
 * page stopped. Lines keep their place: a fault in line 12 of the module is a fault in line 12 of the page.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The project's root folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** One runnable example. */
export interface Snippet {
  /** Where it stands: page and first line. */
  readonly at: string;
  /** The file it was written to. */
  readonly path: string;
}

/** Every Markdown page under `folder`, in order of path. */
export function pagesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .sort()
    .map((file) => `${folder}/${file.replaceAll("\\", "/")}`);
}

/** Writes the examples of `pages` to `folder`, which is emptied first. */
export function writeSnippets(pages: readonly string[], folder: string): Snippet[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return pages.flatMap((page) => snippetsOf(page, folder));
}

function snippetsOf(page: string, folder: string): Snippet[] {
  const lines = readFileSync(join(root, page), "utf8").split("\n");
  const modules: { firstLine: number; code: string[] }[] = [];
  let inside: { firstLine: number; code: string[] } | undefined;
  for (const [at, line] of lines.entries()) {
    if (inside !== undefined) {
      if (line.startsWith("```")) inside = undefined;
      else inside.code[at] = line;
    } else if (/^```(?:ts|typescript)\s*$/.test(line)) {
      modules.push((inside = { firstLine: at + 2, code: [] }));
    } else if (/^```ts\s+continued\s*$/.test(line)) {
      inside = modules.at(-1);
      if (inside === undefined) throw new Error(`${page}:${at + 1}: there is no example to continue`);
    } else if (/^```\S*ts\b/.test(line)) {
      throw new Error(`${page}:${at + 1}: ${line} is neither "\`\`\`ts" nor "\`\`\`ts continued"`);
    }
  }
  return modules.map(({ firstLine, code }) => {
    const path = join(folder, `${page.replaceAll("/", "-").replace(/\.md$/, "")}-${firstLine}.ts`);
    writeFileSync(path, `${Array.from(code, (line) => line ?? "").join("\n")}\nexport {};\n`);
    return { at: `${page}:${firstLine}`, path };
  });
}

/** What the compiler says of the examples, with the project's own strict options, one line for each fault. */
export function typeFaults(snippets: readonly Snippet[]): string[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram(
    snippets.map(({ path }) => path),
    {
      ...options,
      paths: { dagny: [join(root, "src/index.ts")], "dagny/*": [join(root, "src/*/index.ts")] },
      typeRoots: [join(root, "node_modules/@types")],
    },
  );
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, "\n");
    if (file === undefined || start === undefined) return text;
    return `${relative(root, file.fileName)}:${file.getLineAndCharacterOfPosition(start).line + 1}: ${text}`;
  });
}
