/** What the demo prints when the run has ended: what became of it, where the time went, and the tables. */
import type { EtlResult } from "./flow.js";
import type { Loaded } from "./load.js";
import { textTable } from "./tables.js";

/** A few lines on the run. */
export function summaryOf(result: EtlResult): string {
  const { status, counts, durationMs, errors } = result;
  const profile = result.profile();
  const others = Object.entries(counts).filter(([state, count]) => state !== "completed" && count > 0);
  const nodes = Object.entries(result.nodeResults);
  const checks = nodes.filter(([name]) => name.startsWith("check/"));
  const passed = checks.filter(([, node]) => node.status === "completed");
  const slowest = profile.bottlenecks.slice(0, 3).map(({ name, savesMs }) => `${name} (saves ${ms(savesMs)})`);
  return [
    `Run ${status} in ${ms(durationMs)}: ${[`${counts.completed} completed`, ...others.map(([state, count]) => `${count} ${state}`)].join(", ")}`,
    ...errors.map((error) => `  ${error.message}`),
    `  quality checks passed  ${passed.length} of ${checks.length}`,
    `  work done              ${ms(profile.workMs)}, ${profile.parallelism.average.toFixed(2)} tasks at once on average, ${profile.parallelism.peak} at most`,
    `  critical path          ${pathOf(profile) || "none"}`,
    `  worth making faster    ${slowest.join(", ") || "nothing"}`,
  ].join("\n");
}

/** The critical path, without steps that took less than a hundredth of it, but with its end. */
function pathOf({ criticalPath }: ReturnType<EtlResult["profile"]>): string {
  const parts: string[] = [];
  for (const step of criticalPath.steps) {
    const { name, startMs, endMs } = step;
    if (endMs - startMs >= criticalPath.durationMs / 100 || step === criticalPath.steps.at(-1))
      parts.push(`${name} ${ms(endMs - startMs)}`);
    else if (parts.at(-1) !== "…") parts.push("…");
  }
  return parts.join(" → ");
}

/** The tables of a run that completed. */
export function tablesOf({ nodeResults }: EtlResult): string[] {
  const states = Object.entries(nodeResults.states.result ?? {});
  const busiest = states.sort(([, a], [, b]) => b.flights - a.flights).slice(0, 10);
  const kinds = nodeResults.weatherKinds.result ?? {};
  const climates = nodeResults.climates.result ?? {};
  const months = Object.keys(Object.values(climates)[0] ?? {}).sort();
  const checks = ["check/departures", "check/states", "check/weather", "check/climates"] as const;
  return [
    textTable(
      "Quality checks",
      ["rule", "found"],
      checks.flatMap((check) => (nodeResults[check].result ?? []).map(({ rule, found }) => [rule, found])),
    ),
    textTable(
      `Departures by state, the busiest 10 of ${states.length}`,
      ["state", "flights", "mean delay, min", "latest, min", "over 15 min late", "miles"],
      busiest.map(([state, s]) => [state, s.flights, s.meanDelay, s.maxDelay, s.lateOver15, s.totalDistance]),
    ),
    textTable("Busiest routes", ["from", "to", "flights"], nodeResults.routes.result ?? []),
    textTable("Flights by month", ["month", "flights"], Object.entries(nodeResults.months.result ?? {})),
    textTable(
      "Climate, 2012 to 2015: rain (mm) and mean high (°C) of each calendar month",
      ["month", ...Object.keys(climates).flatMap((place) => [`${place}, mm`, "°C"])],
      months.map((month) => [
        month,
        ...Object.values(climates).flatMap((climate) => [climate[month]?.precipitation ?? 0, climate[month]?.meanTempMax ?? 0]),
      ]),
    ),
    textTable(
      "Days by kind of weather",
      ["kind", ...Object.keys(climates)],
      [...new Set(Object.keys(kinds).map((kind) => kind.slice(kind.indexOf("/") + 1)))].map((kind) => [
        kind,
        ...Object.keys(climates).map((place) => kinds[`${place}/${kind}`] ?? 0),
      ]),
    ),
    textTable(
      "Delays beside the month's climate",
      ["from", "month", "flights", "mean delay, min", "rain a day, mm", "mean high, °C"],
      (nodeResults.delaysAndClimate.result ?? []).map((row) => [
        row.city,
        row.month,
        row.flights,
        row.meanDelay,
        row.rainADay,
        row.meanTempMax,
      ]),
    ),
  ];
}

/** What was loaded, with its size. */
export function loadedOf({ nodeResults }: EtlResult): Loaded[] {
  const loads = ["load/states.csv", "load/routes.csv", "load/climates.csv", "load/summary.json"] as const;
  return loads.flatMap((load) => nodeResults[load].result ?? []);
}

function ms(duration: number): string {
  return `${duration.toFixed(1)} ms`;
}
