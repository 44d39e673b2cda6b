/**
 * The bundle: ESM and CJS from one source, with types for each.
 *
 * The native loader stays outside both bundles and is copied beside them, so that `import` and `require` of the package in one
 * process share one binding. In a checkout the built binary is copied too; the published tarball leaves it out (`files`) and
 * finds it in the platform's package.
 */
import { cpSync, readdirSync } from "node:fs";
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
  shims: true, // `import.meta.url` in the CommonJS bundle
  async onSuccess() {
    for (const file of readdirSync("src/native")) {
      if (loader.test(file)) cpSync(`src/native/${file}`, `dist/${file}`);
    }
  },
});
