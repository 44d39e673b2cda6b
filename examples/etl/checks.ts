/** Quality checks: each lists what it found; one that does not hold fails its node, and with it whatever would have been loaded. */
import type { Airport, Flight, Weather } from "./sources.js";
import { type Departure, group, type MonthlyClimate, type StateDelays, sum } from "./transform.js";

/** One line of a check: what must hold, and what was found. */
export interface Finding {
  readonly rule: string;
  readonly found: string;
  readonly holds: boolean;
}

/** What a check throws; its message lists what does not hold. */
export class QualityError extends Error {
  override readonly name = "QualityError";
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    const broken = findings.filter((finding) => !finding.holds);
    super(`${broken.length} of ${findings.length} rules broken: ${broken.map(({ rule, found }) => `${rule} (${found})`).join("; ")}`);
    this.findings = findings;
  }
}

export function checkDepartures(flights: readonly Flight[], airports: readonly Airport[], departures: readonly Departure[]): Finding[] {
  const codes = new Set(airports.map((airport) => airport.iata));
  const unknown = flights.filter((flight) => !codes.has(flight.origin) || !codes.has(flight.destination)).length;
  const outside = flights.filter((flight) => !/^2001\/0[1-3]\/\d\d \d\d:\d\d$/.test(flight.date)).length;
  return passed([
    { rule: "airport codes are unique", found: `${codes.size} codes, ${airports.length} airports`, holds: codes.size === airports.length },
    { rule: "both ends of every flight are known airports", found: `${unknown} unknown`, holds: unknown === 0 },
    {
      rule: "the join keeps every flight",
      found: `${departures.length} of ${flights.length}`,
      holds: departures.length === flights.length,
    },
    { rule: "every flight is of January to March 2001", found: `${outside} outside`, holds: outside === 0 },
  ]);
}

export function checkStates(departures: readonly Departure[], states: Readonly<Record<string, StateDelays>>): Finding[] {
  const counted = sum(Object.values(states).map((state) => state.flights));
  const missing = [...group(departures, (flight) => flight.state).keys()].filter((state) => !Object.hasOwn(states, state));
  return passed([
    { rule: "every state has its branch", found: missing.join(", ") || "none missing", holds: missing.length === 0 },
    { rule: "the branches count every flight once", found: `${counted} of ${departures.length}`, holds: counted === departures.length },
  ]);
}

export function checkWeather(weather: readonly Weather[]): Finding[] {
  const days = new Set(weather.map((day) => `${day.location} ${day.date}`));
  const inverted = weather.filter((day) => day.tempMin > day.tempMax).length;
  const negative = weather.filter((day) => day.precipitation < 0 || day.wind < 0).length;
  return passed([
    { rule: "each place has each day once", found: `${days.size} days in ${weather.length} rows`, holds: days.size === weather.length },
    { rule: "no day is colder at its warmest than at its coldest", found: `${inverted} are`, holds: inverted === 0 },
    { rule: "rain and wind are not negative", found: `${negative} are`, holds: negative === 0 },
  ]);
}

export function checkClimates(weather: readonly Weather[], climates: Readonly<Record<string, Record<string, MonthlyClimate>>>): Finding[] {
  const counted = sum(Object.values(climates).flatMap((months) => Object.values(months).map((month) => month.days)));
  const short = Object.values(climates).filter((months) => Object.keys(months).length !== 12).length;
  return passed([
    { rule: "the branches count every day once", found: `${counted} of ${weather.length}`, holds: counted === weather.length },
    { rule: "every place has twelve months", found: `${short} have not`, holds: short === 0 },
  ]);
}

function passed(findings: Finding[]): Finding[] {
  if (findings.some((finding) => !finding.holds)) throw new QualityError(findings);
  return findings;
}
