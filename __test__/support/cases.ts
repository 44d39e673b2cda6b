/** Rows of the case tables: what somebody who comes from another product expects of a flow, and how it is played here. */
import { expect, test } from "vitest";
import type { EdgeOptions, ExecutorOptions, NodeOptions, RunOptions, RunResult } from "../../src/index.js";
import { returns, type Simulation, simulate } from "../../src/testing/index.js";
import { graphOf } from "./graph-text.js";

/** One expectation, with the flow that shows it. */
export interface Case {
  /** What it is called in the other product. */
  readonly feature: string;
  /** Given, when and then, in our words. */
  readonly given: string;
  readonly flow: CaseFlow;
  /** Commands to the run, given before time moves. */
  readonly commands?: (sim: Simulation) => unknown;
  readonly ends: CaseEnd;
  /** Where Dagny does it otherwise, and why. */
  readonly differs?: string;
}

/** A graph as text, and what is said of its nodes and edges. A node without a task gives its own name. */
export interface CaseFlow {
  readonly graph: string;
  readonly tasks?: Readonly<Record<string, unknown>>;
  readonly nodes?: Readonly<Record<string, NodeOptions>>;
  /** By `from -> to`. */
  readonly edges?: Readonly<Record<string, EdgeOptions>>;
  readonly executor?: ExecutorOptions;
  readonly run?: RunOptions<string>;
}

/** How the run ends. What is left out is not looked at. */
export interface CaseEnd {
  readonly status: "completed" | "failed" | "cancelled";
  /** Every node that settled, with what is inside containers: `a, b completed; c failed (error)`. */
  readonly nodes: string;
  /** Simulated milliseconds from start to end. */
  readonly tookMs?: number;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** How each attempt ended, by node. */
  readonly attempts?: Readonly<Record<string, readonly string[]>>;
  /** In which order nodes first began. */
  readonly order?: readonly string[];
  /** Parts of the event log that must be there. */
  readonly log?: readonly string[];
  /** By node: what the cause of its error must be like. */
  readonly causes?: Readonly<Record<string, unknown>>;
  /** By node: parts of the sentence that says why it did not complete. */
  readonly why?: Readonly<Record<string, string>>;
}

/** One test per row. */
export function testCases(product: string, cases: readonly Case[]): void {
  const rows = cases.map((row) => ({
    title: `${product}, ${row.feature}: ${row.given}${row.differs === undefined ? "" : " [differs]"}`,
    row,
  }));
  test.each(rows.map(({ title, row }) => [title, row] as const))("%s", async (_, { flow, commands, ends }) => {
    const sim = simulationOf(flow);
    commands?.(sim);
    const result = await sim.finish();
    expect({ status: result.status, nodes: { ...sim.outcomes } }).toEqual({ status: ends.status, nodes: nodesOf(ends.nodes) });
    expectMore(ends, sim, result);
  });
}

function expectMore(
  { tookMs, outputs = {}, attempts = {}, order, log, causes = {}, why = {} }: CaseEnd,
  sim: Simulation,
  result: RunResult,
): void {
  if (tookMs !== undefined) expect(result.durationMs).toBe(tookMs);
  if (order !== undefined) expect(sim.order).toEqual(order);
  if (log !== undefined) expect(sim.log).toEqual(expect.arrayContaining([...log]));
  expect(sim.attempts).toMatchObject(attempts);
  for (const [node, output] of Object.entries(outputs)) expect({ [node]: result.get(node).result }).toEqual({ [node]: output });
  for (const [node, cause] of Object.entries(causes)) expect({ [node]: result.get(node).error?.cause }).toEqual({ [node]: cause });
  for (const [node, part] of Object.entries(why)) expect(result.get(node).why).toContain(part);
}

/** The flow of a row, about to begin. */
export function simulationOf({ graph, tasks = {}, nodes = {}, edges = {}, executor = {}, run = {} }: CaseFlow): Simulation {
  const dag = graphOf(graph, { nodes, edges });
  const all = dag.topologicalSort().map((name) => [name, tasks[name] ?? returns(name)] as const);
  return simulate(dag, { tasks: Object.fromEntries(all), executor: { maxWorkers: 8, ...executor }, run: run as RunOptions });
}

/** `a, b completed; c failed (error)` as a record. */
function nodesOf(text: string): Record<string, string> {
  const entries = text.split(";").flatMap((statement) => {
    const [, names = "", state = ""] = /^\s*(.*\S)\s+(\w+(?: \(\w+\))?)\s*$/.exec(statement) ?? [];
    return names.split(",").map((name) => [name.trim(), state] as const);
  });
  return Object.fromEntries(entries);
}
