/** How the tests run: unit tests import from src, one process per file, so that each loads the addon by itself. */
import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

// Tests that start processes of their own run one file after the other, when the machine has nothing else to do.
const startProcesses = ["__test__/package/**/*.test.ts", "__test__/stress/**/*.test.ts"];

export default defineConfig({
  // Code that imports the package by its name (the examples) is tested from its source as well.
  resolve: {
    alias: [
      { find: /^dagny$/, replacement: fileURLToPath(new URL("./src/index.ts", import.meta.url)) },
      { find: /^dagny\/(observe|otel|testing)$/, replacement: fileURLToPath(new URL("./src/$1/index.ts", import.meta.url)) },
    ],
  },
  test: {
    pool: "forks",
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["__test__/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...startProcesses],
          typecheck: { enabled: true, include: ["__test__/**/*.test-d.ts"], tsconfig: "./tsconfig.json" },
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "processes",
          include: startProcesses,
          typecheck: { include: [] },
          testTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
