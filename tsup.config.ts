/**
 * The bundles: ESM and CJS from one source, with types for each; the package itself, and one for each of its subpaths.
 *
 * The native loader stays outside all bundles and is copied beside them, so that `import` and `require` of the package in one
 * process share one binding. In a checkout the built binary is copied too; the published tarball leaves it out (`files`) and
 * finds it in the platform's package. The bundle of a subpath asks the package's own for the classes they share (`../index.js`):
 * there is one `DAGExecutor` and one `DagnyError`, however they are reached.
 */
import { cpSync, readdirSync, rmSync } from "node:fs";
import { dirname, relative } from "node:path";
import { defineConfig, type Options } from "tsup";

const loader = /\.(?:cjs|node)$/;

/** The folders of `src` that are subpaths of the package: `dagny/testing` is `src/testing/index.ts`. */
const subpaths = ["observe", "otel", "testing"];

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** Leaves what a subpath takes from `src/index.ts` to the bundle beside it. */
const oneOfEach: Plugin = {
  name: "one-of-each",
  setup(build) {
    const extension = build.initialOptions.format === "cjs" ? "cjs" : "js";
    build.onResolve({ filter: /^\.\.\/index\.js$/ }, ({ importer }) =>
      subpaths.includes(relative("src", dirname(importer))) ? { path: `./index.${extension}`, external: true } : undefined,
    );
  },
};

/** What users import. The other bundle, `worker`, is what the threads of pools run. */
const entries = { index: "src/index.ts", ...Object.fromEntries(subpaths.map((name) => [name, `src/${name}/index.ts`])) };

export default defineConfig({
  entry: { ...entries, worker: "src/threads/worker/main.ts" },
  format: ["esm", "cjs"],
  target: "node20",
  platform: "node",
  external: ["@opentelemetry/api"],
  dts: { entry: entries },
  clean: true,
  splitting: false,
  treeshake: false,
  shims: true, // `import.meta.url` in the CommonJS bundle
  esbuildPlugins: [oneOfEach],
  async onSuccess() {
    rmSync("dist/worker.cjs", { force: true }); // Threads start from the other one, whoever starts them.
    for (const file of readdirSync("src/native")) {
      if (loader.test(file)) cpSync(`src/native/${file}`, `dist/${file}`);
    }
  },
});
