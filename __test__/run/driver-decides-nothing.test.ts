/**
 * `src/` holds no in-degree, ready queue, timer order or state table: the core decides, the driver carries out.
 *
 * What can be seen of that in the text: what calls tasks knows neither the columns of a run nor the edges or costs of a graph, and only
 * `inputs.ts`, which reads values by name, asks the core for upstreams while a run goes on. A change of these lists is a change of
 * design.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const folder = new URL("../../src/run/", import.meta.url);
const textOf = (file: string): string => readFileSync(new URL(file, folder), "utf8");

/** What a scheduler would need, and who may use it. */
const rows: { what: string; pattern: RegExp; files: string[] }[] = [
  {
    what: "the columns of a run",
    pattern: /\.columns\(\)/,
    files: ["attempts.ts", "outcome.ts", "trace.ts", "profile.ts", "critical-path.ts", "threads-report.ts"],
  },
  { what: "upstreams by node", pattern: /\.upstreams\(\)/, files: ["inputs.ts"] },
  {
    what: "edges of the graph",
    pattern: /\.(?:edges|successors|predecessors|order|levels)\(\)|\bnative\.\w*(?:Into|Starts)\(/,
    files: ["run-graph.ts", "selection.ts", "trace-graph.ts", "trace.ts", "profile.ts"],
  },
  { what: "costs and priorities", pattern: /\b(?:cost|priority)\b(?!:)/, files: ["plan.ts", "profile.ts", "critical-path.ts"] },
  { what: "the host's timers", pattern: /\bset(?:Timeout|Interval|Immediate)\(/, files: [] },
  { what: "the clock's one timer", pattern: /\.setTimer\(/, files: ["alarm.ts"] },
  { what: "the door to the core", pattern: /\bDoor\.open\(/, files: ["driver.ts"] },
];

test.each(rows)("only $files use $what", ({ pattern, files }) => {
  const code = (file: string): string => textOf(file).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  const users = readdirSync(folder).filter((file) => file.endsWith(".ts") && pattern.test(code(file)));
  expect(users.filter((file) => !files.includes(file))).toEqual([]);
});
