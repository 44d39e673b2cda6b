/** How the tests run: unit tests import from src, one process per file, so that each loads the addon by itself. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // Code that imports the package by its name (the examples) is tested from its source as well.
  resolve: { alias: { dagny: fileURLToPath(new URL("./src/index.ts", import.meta.url)) } },
  test: {
    include: ["__test__/**/*.test.ts"],
    pool: "forks",
    testTimeout: 30_000,
    typecheck: { include: ["__test__/**/*.test-d.ts"], tsconfig: "./tsconfig.json" },
  },
});
