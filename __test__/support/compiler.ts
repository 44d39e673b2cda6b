/** Asks the TypeScript compiler about sources that exist only in memory, checked as strictly as the project itself. */
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../", import.meta.url));
const configPath = `${root}tsconfig.json`;
const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(configPath, ts.sys.readFile).config, ts.sys, root);
const entry = `${root}__test__/support/checked-source.ts`;

/** What checking took. */
export interface CheckCost {
  /** Milliseconds, reading and binding files not included. */
  readonly durationMs: number;
  /** Types that the checker made from generic ones: its work, whatever the machine. */
  readonly instantiations: number;
}

/** The errors in a source, each in one line, and what it took to find them. The source imports the package as "../../src/index.js". */
export function checkSource(source: string): { readonly errors: readonly string[]; readonly cost: CheckCost } {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === entry || fileExists(file);
  host.getSourceFile = (file, language, ...rest) =>
    file === entry ? ts.createSourceFile(file, source, language) : getSourceFile(file, language, ...rest);
  const program = ts.createProgram([entry], options, host);
  const file = program.getSourceFile(entry);
  const from = performance.now();
  const errors = program.getSemanticDiagnostics(file).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
  const durationMs = performance.now() - from;
  return { errors, cost: { durationMs, instantiations: program.getInstantiationCount() } };
}
