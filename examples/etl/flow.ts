/**
 * The flow: which task needs which, and nothing else. What the tasks do is in the files beside this one.
 *
 *     flights ──┬────────────────────────┬─> months ────────────────────────────────────┐
 *               │                        └─> routes ────────────────────────────────────┤
 *               ├─> departures ─┬─> state/AK ┐                                          │
 *     airports ─┘      │        ├─>   …      ├─> states ──┐                             │
 *                      │        └─> state/WY ┘            ├─> check/states ───┐         │
 *                      ├─> check/departures ──────────────┼───────────────────┤         │
 *                      │                                                      ├─> load/states.csv …
 *                      └───────────┐                                          │   load/summary.json
 *                                  ├─> delaysAndClimate ──────────────────────┤
 *              ┌─> climate/Seattle ─┬─> climates ─┴─> check/climates ─────────┤
 *     weather ─┼─> climate/New York ┘                                         │
 *              ├─> weatherKinds ──────────────────────────────────────────────┤
 *              └─> check/weather ─────────────────────────────────────────────┘
 *
 * Every input is typed by what the task it comes from returns, across the fan-outs too: no annotation is needed anywhere below.
 */
import { join } from "node:path";
import { DAG, DAGExecutor, type RunOptions } from "dagny";
import { checkClimates, checkDepartures, checkStates, checkWeather } from "./checks.js";
import { writeCsv, writeJson } from "./load.js";
import { readAirports, readFlights, readWeather } from "./sources.js";
import { busiestRoutes, climateOf, daysByKind, delaysOf, flightsByMonth, group, joinClimate, joinOrigins } from "./transform.js";

/** The states, territories included, that flights leave from: one branch each. A check fails when one is missing. */
// biome-ignore format: a table of codes
const states = [
  "AK", "AL", "AR", "AZ", "CA", "CO", "CT", "FL", "GA", "HI", "IA", "ID", "IL", "IN", "KS", "KY", "LA",
  "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH",
  "OK", "OR", "PA", "PR", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY",
] as const;
type State = (typeof states)[number];

const locations = ["New York", "Seattle"] as const;
type Location = (typeof locations)[number];

/** Where the flow reads and writes. */
export interface EtlFolders {
  readonly data: string;
  readonly out: string;
}

/** The whole flow, checked. Nothing runs yet. */
export function etlFlow({ data, out }: EtlFolders) {
  // A read that fails, or takes longer than ten seconds, is tried twice more.
  const reading = { retry: 3, timeoutMs: 10_000 };

  // Extract, and join.
  const rows = DAG.builder()
    .task("flights", (_, { signal }) => readFlights({ folder: data, signal }), reading)
    .task("airports", (_, { signal }) => readAirports({ folder: data, signal }), reading)
    .task("weather", (_, { signal }) => readWeather({ folder: data, signal }), reading)
    .task("departures", ["flights", "airports"], ({ flights, airports }) => joinOrigins(flights, airports))
    .task("byState", ["departures"], ({ departures }) => group(departures, (flight) => flight.state))
    .task("byLocation", ["weather"], ({ weather }) => group(weather, (day) => day.location));

  // Fan out: a branch for each state and each location.
  const addState = (state: State) => rows.task(`state/${state}`, ["byState"], ({ byState }) => delaysOf(byState.get(state) ?? []));
  const branched = fanOut(states, addState);
  const addLocation = (location: Location) =>
    branched.task(`climate/${location}`, ["byLocation"], ({ byLocation }) => climateOf(byLocation.get(location) ?? []));

  return (
    fanOut(locations, addLocation)
      // Fan in.
      .task("states", names("state", states), (inputs) => gathered(inputs))
      .task("climates", names("climate", locations), (inputs) => gathered(inputs))
      .task("months", ["flights"], ({ flights }) => flightsByMonth(flights))
      .task("routes", ["flights"], ({ flights }) => busiestRoutes(flights))
      .task("weatherKinds", ["weather"], ({ weather }) => daysByKind(weather))
      .task("delaysAndClimate", ["departures", "climates"], ({ departures, climates }) => joinClimate(departures, climates))

      // Check. What a failing check guards is never loaded.
      .task("check/departures", ["flights", "airports", "departures"], ({ flights, airports, departures }) =>
        checkDepartures(flights, airports, departures),
      )
      .task("check/states", ["departures", "states"], ({ departures, states }) => checkStates(departures, states))
      .task("check/weather", ["weather"], ({ weather }) => checkWeather(weather))
      .task("check/climates", ["weather", "climates"], ({ weather, climates }) => checkClimates(weather, climates))

      // Load.
      .task("load/states.csv", ["states", "check/departures", "check/states"], ({ states }) =>
        writeCsv(
          join(out, "states.csv"),
          ["state", "flights", "mean_delay", "max_delay", "total_distance", "late_over_15"],
          Object.entries(states).map(([state, s]) => [state, s.flights, s.meanDelay, s.maxDelay, s.totalDistance, s.lateOver15]),
        ),
      )
      .task("load/routes.csv", ["routes", "check/departures"], ({ routes }) =>
        writeCsv(join(out, "routes.csv"), ["origin", "destination", "flights"], routes),
      )
      .task("load/climates.csv", ["climates", "check/weather", "check/climates"], ({ climates }) =>
        writeCsv(
          join(out, "climates.csv"),
          ["location", "month", "days", "precipitation", "mean_temp_max", "max_wind"],
          Object.entries(climates).flatMap(([location, months]) =>
            Object.entries(months)
              .sort()
              .map(([month, m]) => [location, month, m.days, m.precipitation, m.meanTempMax, m.maxWind]),
          ),
        ),
      )
      .task(
        "load/summary.json",
        ["months", "weatherKinds", "delaysAndClimate", "check/departures", "check/weather", "check/climates"],
        ({ months, weatherKinds, delaysAndClimate }) => writeJson(join(out, "summary.json"), { months, weatherKinds, delaysAndClimate }),
      )
      .build()
  );
}

export type EtlFlow = ReturnType<typeof etlFlow>;

/** Runs it, at most four tasks at a time. Resolves with the report, whatever the tasks did. */
export function runEtl(flow: EtlFlow, options: Pick<RunOptions, "signal" | "onEvent"> = {}) {
  return new DAGExecutor(flow, 4).execute({}, options);
}

export type EtlResult = Awaited<ReturnType<typeof runEtl>>;

/**
 * Adds a branch for each member. A builder is one object that grows, so adding in a loop is fine; the type of any one call already has the
 * names of all branches.
 */
function fanOut<M, B>([first, ...others]: readonly [M, ...M[]], add: (member: M) => B): B {
  const grown = add(first);
  for (const member of others) add(member);
  return grown;
}

/** The nodes of a fan-out. */
function names<P extends string, M extends string>(prefix: P, members: readonly M[]): `${P}/${M}`[] {
  return members.map((member) => `${prefix}/${member}` as const);
}

/** What the branches of a fan-out returned, by member. */
function gathered<T>(branches: { readonly [branch: string]: T }): Record<string, T> {
  return Object.fromEntries(Object.entries(branches).map(([branch, value]) => [branch.slice(branch.indexOf("/") + 1), value]));
}
