import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { DAGExecutor } from "dagny";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { etlFlow } from "../../examples/etl/flow.js";
import { checkTrace } from "../support/trace-format.js";

const data = "examples/data";
const expectedFile = "../shared/data/etl/expected.json";
const hasAnswers = existsSync(expectedFile);

let out: string;
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), "dagny-etl-"));
});
afterAll(() => rmSync(out, { recursive: true }));

const run = () => new DAGExecutor(etlFlow({ data, out }), 4).execute();

describe.skipIf(!hasAnswers)("the demo's numbers are the reference answers (../shared/data/etl)", () => {
  const answers = hasAnswers ? JSON.parse(readFileSync(expectedFile, "utf8")) : undefined;

  test("flights", async () => {
    const { nodeResults } = (await run()).orThrow();
    const { rows, airportRows, distinctOrigins, distinctRoutes, byOriginState, byMonth, topRoutes, total } = answers.flights;
    const flights = nodeResults.flights.result ?? [];
    expect(flights).toHaveLength(rows);
    expect(nodeResults.airports.result).toHaveLength(airportRows);
    expect(nodeResults.departures.result).toHaveLength(rows);
    expect(new Set(flights.map((flight) => flight.origin)).size).toBe(distinctOrigins);
    expect(new Set(flights.map((flight) => `${flight.origin} ${flight.destination}`)).size).toBe(distinctRoutes);
    expect(nodeResults.states.result).toEqual(byOriginState);
    expect(nodeResults.months.result).toEqual(byMonth);
    expect(nodeResults.routes.result).toEqual(topRoutes);
    expect(flights.reduce((sum, flight) => sum + flight.delay, 0)).toBe(total.delay);
    expect(flights.reduce((sum, flight) => sum + flight.distance, 0)).toBe(total.distance);
    expect(flights.filter((flight) => flight.delay <= 0)).toHaveLength(total.onTimeOrEarly);
  });

  test("weather", async () => {
    const { nodeResults } = (await run()).orThrow();
    const { rows, byLocationMonth, byLocationType } = answers.weather;
    expect(nodeResults.weather.result).toHaveLength(rows);
    const climates = Object.entries(nodeResults.climates.result ?? {});
    expect(
      Object.fromEntries(climates.flatMap(([place, months]) => Object.entries(months).map(([month, m]) => [`${place}/${month}`, m]))),
    ).toEqual(byLocationMonth);
    expect(nodeResults.weatherKinds.result).toEqual(byLocationType);
  });
});

test("what is loaded is what was computed", async () => {
  const { nodeResults } = (await run()).orThrow();
  const states = parse(readFileSync(join(out, "states.csv")), { columns: true, cast: true });
  expect(states).toHaveLength(51);
  expect(states).toContainEqual({ state: "WY", flights: 1, mean_delay: -7, max_delay: -7, total_distance: 406, late_over_15: 0 });
  const routes = parse(readFileSync(join(out, "routes.csv")), { from_line: 2, cast: true });
  expect(routes).toEqual(nodeResults.routes.result);
  expect(JSON.parse(readFileSync(join(out, "summary.json"), "utf8"))).toMatchObject({ months: nodeResults.months.result });
  expect(nodeResults["load/climates.csv"].result).toMatchObject({ rows: 24 });
});

test("its trace is valid and its profile adds up", async () => {
  const result = await run();
  expect(checkTrace(result.trace.toChromeTrace())).toEqual([]);
  const profile = result.profile();
  expect(profile.lostMs).toBe(0);
  expect(profile.criticalPath.path.at(-1)).toMatch(/^load\//);
});

test("data of bad quality is not loaded, and the report says why", async () => {
  const flow = etlFlow({ data, out: join(out, "nothing") });
  const result = await new DAGExecutor(flow, { maxWorkers: 4, failFast: false }).execute({
    airports: () => Promise.resolve([{ iata: "SEA", city: "Seattle", state: "WA" }]),
  });
  expect(result.status).toBe("failed");
  expect(result.errors.map((error) => error.node)).toEqual(["check/departures"]);
  expect(result.errors[0]?.message).toContain("the join keeps every flight (89 of 5000)");
  expect(result.get("load/states.csv")).toMatchObject({ status: "skipped", reason: "upstreamFailed" });
  expect(result.get("load/climates.csv").status).toBe("completed");
  expect(existsSync(join(out, "nothing", "states.csv"))).toBe(false);
});
