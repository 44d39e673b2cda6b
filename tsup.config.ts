/**
 * The bundle: ESM and CJS from one source, with types for each.
 *
 * The native loader stays outside both bundles and is copied beside them, so that `import` and `require` of the package in one
 * process share one binding. In a checkout the built binary is copied too; the published tarball leaves it out (`files`) and
 * finds it in the platform's package.
 */
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { defineConfig } from "tsup";

const loader = /\.(?:cjs|node)$/;

export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  target: "node20",
  platform: "node",
  dts: true,
  clean: true,
  splitting: false,
  treeshake: false,
  esbuildPlugins: [
    {
      name: "native-loader-stays-outside",
      setup(build) {
        build.onResolve({ filter: /\/native\/[\w-]+\.cjs$|^\.\/(?:load|binding)\.cjs$/ }, ({ path }) => ({
          path: `./native/${path.slice(path.lastIndexOf("/") + 1)}`,
          external: true,
        }));
      },
    },
  ],
  async onSuccess() {
    rmSync("dist/native", { recursive: true, force: true });
    mkdirSync("dist/native", { recursive: true });
    for (const file of readdirSync("src/native")) {
      if (loader.test(file)) cpSync(`src/native/${file}`, `dist/native/${file}`);
    }
  },
});
