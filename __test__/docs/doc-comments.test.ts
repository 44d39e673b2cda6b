/** Everything the package exports says what it is: each export, and each public method of an exported class. */
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { root } from "../support/snippets.js";

const entries = ["index", "observe/index", "otel/index", "testing/index"].map((name) => join(root, `src/${name}.ts`));
const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
const program = ts.createProgram(entries, ts.convertCompilerOptionsFromJson(config.compilerOptions, root).options);
const checker = program.getTypeChecker();

test.each(entries)("every export and every public method of %s has a doc comment", { timeout: 120_000 }, (entry) => {
  const file = program.getSourceFile(entry);
  const module = file && checker.getSymbolAtLocation(file);
  const exports = module === undefined ? [] : checker.getExportsOfModule(module);
  expect(exports.length).toBeGreaterThan(2);
  expect(exports.flatMap(undocumented)).toEqual([]);
});

/** The names in and under an export that have no doc comment. */
function undocumented(symbol: ts.Symbol): string[] {
  const meant = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const methods = membersOf(meant).filter((member) => member.flags & ts.SymbolFlags.Method && isOurs(member));
  return [meant, ...methods]
    .filter((documented) => documented.getDocumentationComment(checker).length === 0)
    .map((missing) => (missing === meant ? symbol.name : `${symbol.name}.${missing.name}`));
}

/** What a class or interface has, inherited members included; what an exported value has. */
function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  const ofType =
    symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface) ? checker.getDeclaredTypeOfSymbol(symbol).getProperties() : [];
  const ofValue = symbol.flags & ts.SymbolFlags.Value ? checker.getTypeOfSymbol(symbol).getProperties() : [];
  return [...ofType, ...ofValue];
}

/** Declared in this project, with a name that users can write. */
function isOurs(member: ts.Symbol): boolean {
  const [declaration] = member.declarations ?? [];
  if (declaration === undefined) return false;
  const source = declaration.getSourceFile();
  if (program.isSourceFileDefaultLibrary(source) || program.isSourceFileFromExternalLibrary(source)) return false;
  const name = ts.getNameOfDeclaration(declaration);
  return name !== undefined && ts.isIdentifier(name) && !(ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private);
}
