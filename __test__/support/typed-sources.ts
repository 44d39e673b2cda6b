/** Sources of large typed graphs, one for each way to write them. Node `i` needs the one before it and the one at half its place. */

const head = 'import { DAG, DAGExecutor } from "../../src/index.js";\n';

/** `DAG.from` over so many nodes, and a use of the last name. */
export function listsSource(nodeCount: number): string {
  const lists = rows(nodeCount, (i) => `  t${i}: [${needs(i)}],\n`);
  return `${head}const dag = DAG.from({\n${lists}});\ndag.get("t${nodeCount - 1}");\n`;
}

/** A chain of `.task` in which each task uses what the one before returned; the last must be a number. */
export function taskChainSource(nodeCount: number): string {
  const tasks = rows(nodeCount, (i) =>
    i === 0 ? '  .task("t0", () => 0)\n' : `  .task("t${i}", [${needs(i)}], ({ t${i - 1} }) => t${i - 1} + 1)\n`,
  );
  return `${head}const flow = DAG.builder()\n${tasks}  .build();\n${usesNumber("new DAGExecutor(flow).execute()", nodeCount)}`;
}

/** One object literal of annotated tasks for so many nodes; the last must return a number. */
export function taskRecordSource(nodeCount: number): string {
  const lists = rows(nodeCount, (i) => `  t${i}: [${needs(i)}],\n`);
  const tasks = rows(nodeCount, (i) =>
    i === 0 ? "  t0: () => 0,\n" : `  t${i}: ({ t${i - 1} }: { t${i - 1}: number }) => t${i - 1} + 1,\n`,
  );
  const run = `new DAGExecutor(DAG.from({\n${lists}})).execute({\n${tasks}})`;
  return `${head}${usesNumber(run, nodeCount)}`;
}

function usesNumber(run: string, nodeCount: number): string {
  return `const result: number | undefined = (await ${run}).nodeResults.t${nodeCount - 1}.result;\nexport { result };\n`;
}

function needs(i: number): string {
  return [...new Set([i - 1, Math.floor(i / 2)])]
    .filter((upstream) => upstream >= 0 && upstream < i)
    .map((upstream) => `"t${upstream}"`)
    .join(", ");
}

function rows(count: number, row: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => row(i)).join("");
}
