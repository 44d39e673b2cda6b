/**
 * Threads in projects as people have them: compiled ESM and CommonJS, TypeScript run by tsx, vitest in both of its pools, bundles. In each, the
 * installed package runs the same graph, of which half is on threads.
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type BuildOptions, build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { install, node, type Outcome, packBoth, remove, succeed, type Tarballs } from "./installed.js";

let tarballs: Tarballs;
let app: string;

beforeAll(() => {
  tarballs = packBoth();
  app = install(tarballs, "threads", [tarballs.root, tarballs.platform]);
  // The tools of this project: linked, so that they find what they need beside themselves.
  for (const tool of ["tsx", "vitest"]) symlinkSync(resolve("node_modules", tool), join(app, "node_modules", tool), "junction");
}, 120_000);

afterAll(() => remove(tarballs));

/** A project of its own in the installed folder. */
function project(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(app, name);
  mkdirSync(folder);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

const esm = JSON.stringify({ type: "module" });
const commonJs = JSON.stringify({ type: "commonjs" });

/** Two functions, one of which says whether it ran on a thread. `type` writes annotations, where the file has types. */
function functionsIn(type: (text: string) => string): string {
  return `{
  first: () => ({ list: [1, 2, 3], onThread: !isMainThread }),
  total({ first }${type("{ first: { list: number[] } }")}) {
    return first.list.reduce((a, b) => a + b);
  },
}`;
}

const plain = (): string => "";
const typed = (text: string): string => `: ${text}`;

/** Runs the graph, and prints what came of it. */
const body = `
async function main() {
  const flow = DAG.builder()
    .task("first", tasks.first, { on: "thread" })
    .task("total", ["first"], tasks.total)
    .task("again", map({ over: () => [{ first: { list: [4] } }, { first: { list: [5] } }], each: tasks.total }), { on: "thread" })
    .task("six", file("six"), { on: "thread" })
    .build();
  const executor = new DAGExecutor(flow, { pool: { threads: 1, ...poolOptions } });
  const result = await executor.execute();
  await executor.close();
  result.orThrow();
  return ["first", "total", "again", "six"].map((name) => result.get(name).result);
}
`;
const expected = [{ list: [1, 2, 3], onThread: true }, 6, [4, 5], 6];
const printed = (outcome: Outcome): unknown => JSON.parse(succeed(outcome).stdout);

const esmTasks = `import { isMainThread } from "node:worker_threads";
import { defineTasks } from "dagny";
export const tasks = defineTasks(import.meta.url, `;
const six = "export const six = () => 6;\n";
const esmMain = (extension: string, poolOptions = "{}"): string => `
import { DAG, DAGExecutor, map, task } from "dagny";
import { tasks } from "./tasks.js";
const poolOptions = ${poolOptions};
const file = (name${extension === "ts" ? ": string" : ""}) => task.module(new URL("./six.${extension}", import.meta.url), name);
${body}`;
const show = "main().then((results) => console.log(JSON.stringify(results)));";

describe("a compiled project", () => {
  test("of ES modules", () => {
    const folder = project("esm", {
      "package.json": esm,
      "tasks.js": `${esmTasks}${functionsIn(plain)});`,
      "six.js": six,
      "main.js": `${esmMain("js")}${show}`,
    });
    expect(printed(node(app, [join(folder, "main.js")]))).toEqual(expected);
  });

  test("of CommonJS", () => {
    const folder = project("cjs", {
      "package.json": commonJs,
      "tasks.js": `const { isMainThread } = require("node:worker_threads");
const { defineTasks } = require("dagny");
exports.tasks = defineTasks(__filename, ${functionsIn(plain)});`,
      "six.js": "exports.six = () => 6;",
      "main.js": `const { join } = require("node:path");
const { DAG, DAGExecutor, map, task } = require("dagny");
const { tasks } = require("./tasks.js");
const poolOptions = {};
const file = (name) => task.module(join(__dirname, "six.js"), name);
${body}${show}`,
    });
    expect(printed(node(app, [join(folder, "main.js")]))).toEqual(expected);
  });
});

describe("TypeScript, as it is", () => {
  const files = {
    "package.json": esm,
    "tasks.ts": `${esmTasks}${functionsIn(typed)});`,
    "six.ts": "export const six = (): number => 6;\n",
  };

  test("run by tsx, its loader named and by its path", () => {
    const folder = project("tsx", { ...files, "main.ts": `${esmMain("ts")}${show}` });
    for (const loader of ["tsx", pathToFileURL(resolve("node_modules/tsx/dist/loader.mjs")).href]) {
      expect(printed(node(app, ["--import", loader, join(folder, "main.ts")]))).toEqual(expected);
    }
    expect(printed(node(app, [resolve("node_modules/tsx/dist/cli.mjs"), join(folder, "main.ts")]))).toEqual(expected);
  });

  test("that CommonJS is made of, run by tsx", () => {
    const folder = project("tsx-cjs", {
      "package.json": commonJs,
      "tasks.ts": `import { isMainThread } from "node:worker_threads";
import { defineTasks } from "dagny";
export const tasks = defineTasks(__filename, ${functionsIn(typed)});`,
      "six.ts": files["six.ts"],
      "main.ts": `import { join } from "node:path";
import { DAG, DAGExecutor, map, task } from "dagny";
import { tasks } from "./tasks";
const poolOptions = {};
const file = (name: string) => task.module(join(__dirname, "six.ts"), name);
${body}${show}`,
    });
    expect(printed(node(app, ["--import", "tsx", join(folder, "main.ts")]))).toEqual(expected);
  });

  test("in threads only, by the pool's execArgv", () => {
    const folder = project("exec-argv", {
      ...files,
      "main.js": `
import { DAG, DAGExecutor, task } from "dagny";
const six = task.module(new URL("./six.ts", import.meta.url), "six");
const executor = new DAGExecutor(DAG.builder().task("six", six).build(), { on: "thread", pool: { execArgv: ["--import", "tsx"] } });
const result = await executor.execute();
await executor.close();
console.log(JSON.stringify(result.get("six").result));`,
    });
    expect(printed(node(app, [join(folder, "main.js")]))).toBe(6);
  });

  test.each(["forks", "threads"])("tested by vitest, in its %s", (pool) => {
    const folder = project(`vitest-${pool}`, {
      ...files,
      "vitest.config.js": `export default { test: { pool: "${pool}", include: ["*.test.ts"] } };`,
      "main.test.ts": `import { expect, test } from "vitest";
${esmMain("ts", '{ execArgv: ["--import", "tsx"] }')}
test("the graph", async () => {
  expect(await main()).toEqual(${JSON.stringify(expected)});
});`,
    });
    const { status, stdout, stderr } = node(app, [resolve("node_modules/vitest/vitest.mjs"), "run", "--root", folder]);
    expect(`${status} ${stdout}${stderr}`).toMatch(/^0 [\s\S]*1 passed/);
  });
});

describe("a bundle", () => {
  const sources = {
    "package.json": esm,
    "tasks.js": `${esmTasks}${functionsIn(plain)});`,
    "six.js": six,
    "main.js": `${esmMain("js")}${show}`,
  };
  const bundle = (folder: string, entryPoints: string[], options: BuildOptions = {}) =>
    build({
      ...{ entryPoints: entryPoints.map((file) => join(folder, file)), outdir: join(folder, "out"), bundle: true, splitting: true },
      ...{ format: "esm", platform: "node", external: ["dagny"], logLevel: "silent" },
      ...options,
    });

  test("in which modules with tasks are entries of their own", async () => {
    const folder = project("bundle", sources);
    await bundle(folder, ["main.js", "tasks.js", "six.js"]);
    // What both entries share is a file beside them: there `import.meta.url` is that file's, which is a module that only defines tasks.
    expect(printed(node(app, [join(folder, "out/main.js")]))).toEqual(expected);
  });

  test("without the module that a task names", async () => {
    const folder = project("bundle-without", {
      ...sources,
      "main.js": `import { DAG, DAGExecutor, task } from "dagny";
const flow = DAG.builder().task("six", task.module(new URL("./six.js", import.meta.url), "six")).build();
for (const on of ["inline", "thread"]) {
  const { cause } = (await new DAGExecutor(flow, { on }).execute()).get("six").error;
  console.log(JSON.stringify({ code: cause.code, fault: cause.fault, message: cause.message }));
}`,
    });
    await bundle(folder, ["main.js"]);
    const lines = succeed(node(app, [join(folder, "out/main.js")]))
      .stdout.trim()
      .split("\n");
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(JSON.parse(line)).toEqual({
        code: "MODULE_LOAD",
        fault: "notFound",
        message: expect.stringMatching(
          /^there is no module file:.*\/out\/six\.js; where the code is bundled, make the module an entry of its own/,
        ),
      });
    }
  });

  test("that is one file, which a thread would load as a whole", async () => {
    const folder = project("bundle-one", {
      ...sources,
      "main.js": `import { DAG, DAGExecutor } from "dagny";
import { tasks } from "./tasks.js";
const flow = DAG.builder().task("first", tasks.first, { on: "thread" }).build();
const result = await new DAGExecutor(flow).execute();
console.log(JSON.stringify(result.get("first").error.cause.message));`,
    });
    await bundle(folder, ["main.js"], { splitting: false });
    const message = printed(node(app, [join(folder, "out/main.js")]));
    expect(message).toMatch(/^module file:.*\/out\/main\.js threw while it was loaded: .* starts a run on threads while a thread loads it/);
    expect(message).toContain("where the code is bundled, make it an entry of its own");
  });
});
