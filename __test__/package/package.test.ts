/** The packed tarballs, installed in an empty folder, do what the README says: from ESM, from CJS and from strict TypeScript. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { install, node, packBoth, remove, succeed, type Tarballs } from "./installed.js";

let tarballs: Tarballs;
let app: string;

beforeAll(() => {
  tarballs = packBoth();
  app = install(tarballs, "app", [tarballs.root, tarballs.platform]);
}, 120_000);

afterAll(() => remove(tarballs));

/** The quick start of the README; `Row` is declared by the TypeScript file only. */
function quickStart(annotate: (type: string) => string): string {
  return `
const dag = DAG.builder()
  .addNode("extract").addNode("transform").addNode("load")
  .addEdge("extract", "transform").addEdge("transform", "load")
  .build();

const saved${annotate("Row[]")} = [];
const result = await new DAGExecutor(dag, 4).execute({
  extract: () => [{ price: 1 }, { price: 2 }],
  transform: ({ extract }${annotate("{ extract: Row[] }")}) => extract.map((row) => ({ price: row.price * 2 })),
  load: ({ transform }${annotate("{ transform: Row[] }")}, ctx) => {
    if (!ctx.signal.aborted) saved.push(...transform);
    return saved.length;
  },
});

const flow = DAG.builder()
  .task("extract", () => [3, 4])
  .task("transform", ["extract"], ({ extract }) => extract.map((price) => price * 2))
  .task("load", ["transform"], ({ transform }) => transform.length)
  .build();
const second = await new DAGExecutor(flow, 4).execute();

console.log(JSON.stringify([
  dag.topologicalSort(), result.status, result.succeeded, result.nodeResults.load.result, saved,
  second.nodeResults.transform.result, second.get("load").result,
]));
`;
}

const untyped = (): string => "";
const printed = [["extract", "transform", "load"], "completed", 3, 2, [{ price: 2 }, { price: 4 }], [6, 8], 2];

describe("the quick start", () => {
  test("from ESM", () => {
    writeFileSync(join(app, "esm.mjs"), `import { DAG, DAGExecutor } from "dagny";\n${quickStart(untyped)}`);
    expect(JSON.parse(succeed(node(app, ["esm.mjs"])).stdout)).toEqual(printed);
  });

  test("from CJS", () => {
    const body = `const { DAG, DAGExecutor } = require("dagny");\n(async () => {${quickStart(untyped)}})();`;
    writeFileSync(join(app, "cjs.cjs"), body);
    expect(JSON.parse(succeed(node(app, ["cjs.cjs"])).stdout)).toEqual(printed);
  });

  // The declarations of the package are checked too: `skipLibCheck` is off.
  test.each([
    { files: ["strict.mts", "strict.cts"], module: "NodeNext", moduleResolution: "NodeNext" },
    { files: ["bundled.mts"], module: "ESNext", moduleResolution: "Bundler" },
  ])("from TypeScript, strict: $files, $moduleResolution", ({ files, module, moduleResolution }) => {
    const folder = join(app, moduleResolution);
    mkdirSync(folder);
    const source = quickStart((type) => `: ${type}`);
    for (const file of files) {
      const body = file.endsWith(".cts") ? `(async () => {${source}})();` : source;
      writeFileSync(join(folder, file), `import { DAG, DAGExecutor } from "dagny";\ninterface Row { price: number }\n${body}`);
    }
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
      ...{ target: "ES2022", module, moduleResolution, types: ["node"], typeRoots: [resolve("node_modules/@types")] },
      outDir: "out",
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    succeed(node(app, [resolve("node_modules/typescript/bin/tsc"), "-p", folder]));
    for (const file of files) {
      const built = join(folder, "out", file.replace("ts", "js"));
      expect(JSON.parse(succeed(node(app, [built])).stdout)).toEqual(printed);
    }
  });
});

/** An `@opentelemetry/api` beside the package, as an application brings it: the one of this project. */
function bringOpenTelemetry(): void {
  const target = join(app, "node_modules/@opentelemetry/api");
  if (!existsSync(target)) cpSync("node_modules/@opentelemetry/api", target, { recursive: true });
}

describe("the installed package", () => {
  test("exports the same from ESM and CJS, and both share one binding", () => {
    const body = `
      import { createRequire } from "node:module";
      import * as esm from "dagny";
      const require = createRequire(import.meta.url);
      const cjs = require("dagny");
      const binaries = Object.keys(require.cache).filter((path) => path.endsWith(".node"));
      console.log(JSON.stringify({ esm: Object.keys(esm).sort(), cjs: Object.keys(cjs).sort(), binaries: binaries.length }));`;
    writeFileSync(join(app, "both.mjs"), body);
    const { esm, cjs, binaries } = JSON.parse(succeed(node(app, ["both.mjs"])).stdout);
    expect(esm).toEqual(cjs);
    expect(esm).toEqual(expect.arrayContaining(["DAG", "DAGExecutor"]));
    expect(binaries).toBe(1);
  });

  test.each(["observe", "otel", "testing"])("has dagny/%s, with the same classes as the package itself, from ESM and CJS", (subpath) => {
    bringOpenTelemetry();
    const body = `
      import { createRequire } from "node:module";
      const require = createRequire(import.meta.url);
      const esm = await import("dagny/${subpath}");
      const cjs = require("dagny/${subpath}");
      const runs = [];
      for (const { DAG, ...own } of [{ ...await import("dagny"), ...esm }, { ...require("dagny"), ...cjs }]) {
        const flow = DAG.builder().task("a", () => 1).build();
        if (own.simulate) runs.push((await own.simulate(flow, { tasks: { a: own.takes(1e9, own.returns(7)) } }).finish()).get("a").result);
        if (own.simulate) runs.push(await own.simulate(flow, { tasks: { a: own.hangs() } }).finish().catch((error) => error instanceof own.DagnyError));
      }
      console.log(JSON.stringify({ esm: Object.keys(esm).sort(), cjs: Object.keys(cjs).sort(), runs }));`;
    writeFileSync(join(app, `${subpath}.mjs`), body);
    const { esm, cjs, runs } = JSON.parse(succeed(node(app, [`${subpath}.mjs`])).stdout);
    expect(esm.length).toBeGreaterThan(0);
    expect(esm).toEqual(cjs);
    expect(runs).toEqual(subpath === "testing" ? [7, true, 7, true] : []);
  });

  test.each([
    { from: "ESM", file: "loads.mjs", load: `await import("dagny")` },
    { from: "CJS", file: "loads.cjs", load: `require("dagny")` },
  ])("loads nothing it does not need, from $from", ({ file, load }) => {
    const body = `
      const before = new Set(process.moduleLoadList);
      ${load};
      const builtins = process.moduleLoadList.filter((entry) => !before.has(entry)).map((entry) => entry.split(" ").at(-1));
      console.log(JSON.stringify({ builtins, files: typeof require === "undefined" ? [] : Object.keys(require.cache) }));`;
    writeFileSync(join(app, file), body);
    const { builtins, files } = JSON.parse(succeed(node(app, [file])).stdout);
    const cheap = ["os", "perf_hooks", "util", "path", "fs", "url", "module", "vm"];
    expect(builtins.filter((name: string) => builtinModules.includes(name) && !cheap.includes(name))).toEqual([]);
    const own = files.map((path: string) => path.replaceAll("\\", "/").split("/node_modules/")[1]).filter(Boolean);
    if (file.endsWith(".cjs")) {
      expect(own.slice(0, 3)).toEqual(["dagny/dist/index.cjs", "dagny/dist/load.cjs", "dagny/dist/binding.cjs"]);
      // The platform package: the binary, and its package.json, from which the loader reads the version.
      expect(own.slice(3).every((path: string) => /^dagny-[\w-]+\/(dagny\..*\.node|package\.json)$/.test(path))).toBe(true);
    }
  });

  test("carries no binary, no source and no test; the platform package carries one binary", () => {
    const list = (name: string): string[] =>
      readdirSync(join(app, "node_modules", name), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(join(app, "node_modules", name).length + 1)
            .replaceAll("\\", "/"),
        );
    expect(
      list("dagny").filter((file) => !/^(dist\/[\w-]+\.(js|cjs|d\.ts|d\.cts)$|LICENSE|README|CHANGELOG|package\.json)/.test(file)),
    ).toEqual([]);
    expect(list("dagny").filter((file) => file.endsWith(".node"))).toEqual([]);
    const [platform = ""] = Object.keys(JSON.parse(readFileSync(join(app, "package.json"), "utf8")).dependencies).filter(
      (n) => n !== "dagny",
    );
    expect(list(platform).sort()).toEqual(["README.md", `${platform.replace("-", ".")}.node`, "package.json"].sort());
  });

  test("without the platform's package says what to do", () => {
    const bare = install(tarballs, "bare", [tarballs.root]);
    for (const code of [`require("dagny")`, `import("dagny")`]) {
      const { status, stderr } = node(bare, ["-e", code]);
      expect(status).toBe(1);
      expect(stderr).toContain(`dagny cannot load its native binary on ${process.platform} ${process.arch}`);
      expect(stderr).toContain("NativeBinaryError");
      expect(stderr).toContain("install again without --omit=optional");
      expect(stderr).toContain("code: 'NATIVE_BINARY_MISSING'");
    }
  });
});
