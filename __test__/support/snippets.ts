/**
 * The TypeScript examples of the documentation, as modules that can be type-checked and run.
 *
 * A block that begins with ```ts is a module. A block that begins with ```ts continued goes on where the block before it on the same
 * page stopped. One that begins with ```ts name.ts is a module that others import: threads, too, for which it is compiled to `name.js`. Lines keep their place: a fault in line 12 of the module is a fault in line 12 of the page.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

/** A block of code, by line of its page. */
interface Block {
  readonly firstLine: number;
  readonly code: string[];
  readonly file?: string;
}

function snippetsOf(page: string, folder: string): Snippet[] {
  const lines = readFileSync(join(root, page), "utf8").split("\n");
  const modules: Block[] = [];
  let inside: Block | undefined;
  for (const [at, line] of lines.entries()) {
    if (inside !== undefined) {
      if (line.startsWith("```")) inside = undefined;
      else inside.code[at] = line;
    } else if (/^```(?:ts|typescript)\s*$/.test(line)) {
      modules.push((inside = { firstLine: at + 2, code: [] }));
    } else if (/^```ts\s+continued\s*$/.test(line)) {
      inside = modules.at(-1);
      if (inside === undefined) throw new Error(`${page}:${at + 1}: there is no example to continue`);
    } else if (/^```ts\s+\w[\w-]*\.ts\s*$/.test(line)) {
      modules.push((inside = { firstLine: at + 2, code: [], file: line.slice("```ts".length).trim() }));
    } else if (/^```\S*ts\b/.test(line)) {
      throw new Error(`${page}:${at + 1}: ${line} is none of "\`\`\`ts", "\`\`\`ts continued" and "\`\`\`ts name.ts"`);
    }
  }
  return modules.map(({ firstLine, code, file }) => {
    const path = join(folder, file ?? `${page.replaceAll("/", "-").replace(/\.md$/, "")}-${firstLine}.ts`);
    if (existsSync(path)) throw new Error(`${page}:${firstLine - 1}: another example is ${file}`);
    const text = `${Array.from(code, (line) => line ?? "").join("\n")}\nexport {};\n`;
    writeFileSync(path, text);
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    if (file !== undefined) writeFileSync(path.replace(/\.ts$/, ".js"), ts.transpileModule(text, { compilerOptions }).outputText);
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
