/** Transform: plain functions from rows to tables. None of them knows that it runs in a graph. */
import type { Airport, Flight, Weather } from "./sources.js";

/** A flight with where it left from. */
export interface Departure extends Flight {
  readonly city: string;
  readonly state: string;
}

export interface StateDelays {
  readonly flights: number;
  /** Minutes. */
  readonly meanDelay: number;
  readonly maxDelay: number;
  /** Miles. */
  readonly totalDistance: number;
  /** Flights more than 15 minutes late. */
  readonly lateOver15: number;
}

export interface MonthlyClimate {
  readonly days: number;
  /** Millimeters. */
  readonly precipitation: number;
  /** Degrees Celsius. */
  readonly meanTempMax: number;
  /** Meters per second. */
  readonly maxWind: number;
}

export interface DelaysAndClimate {
  readonly city: string;
  /** `01` to `12` */
  readonly month: string;
  readonly flights: number;
  readonly meanDelay: number;
  /** Millimeters on a day of this month, on average over the years. */
  readonly rainADay: number;
  readonly meanTempMax: number;
}

export type Route = readonly [origin: string, destination: string, flights: number];

/** Each flight joined with its origin's airport. Flights from an unknown airport are left out: `checkDepartures` counts them. */
export function joinOrigins(flights: readonly Flight[], airports: readonly Airport[]): Departure[] {
  const byCode = new Map(airports.map((airport) => [airport.iata, airport]));
  return flights.flatMap((flight) => {
    const origin = byCode.get(flight.origin);
    return origin === undefined ? [] : { ...flight, city: origin.city, state: origin.state };
  });
}

export function delaysOf(departures: readonly Departure[]): StateDelays {
  return {
    flights: departures.length,
    meanDelay: mean(departures.map((flight) => flight.delay)),
    maxDelay: Math.max(...departures.map((flight) => flight.delay)),
    totalDistance: sum(departures.map((flight) => flight.distance)),
    lateOver15: departures.filter((flight) => flight.delay > 15).length,
  };
}

/** Flights by `year/month`. */
export function flightsByMonth(flights: readonly Flight[]): Record<string, number> {
  return count(flights.map((flight) => flight.date.slice(0, 7)));
}

/** The ten busiest routes; ties by origin, then destination. */
export function busiestRoutes(flights: readonly Flight[]): Route[] {
  const routes = count(flights.map((flight) => `${flight.origin} ${flight.destination}`));
  return Object.entries(routes)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, 10)
    .map(([route, flights]): Route => [route.slice(0, 3), route.slice(4), flights]);
}

/** One location's climate by calendar month, over all its years. */
export function climateOf(weather: readonly Weather[]): Record<string, MonthlyClimate> {
  const months = group(weather, (day) => day.date.slice(5, 7));
  return Object.fromEntries(
    [...months].map(([month, days]) => [
      month,
      {
        days: days.length,
        precipitation: rounded(sum(days.map((day) => day.precipitation))),
        meanTempMax: mean(days.map((day) => day.tempMax)),
        maxWind: Math.max(...days.map((day) => day.wind)),
      },
    ]),
  );
}

/** Days by `location/kind of weather`. */
export function daysByKind(weather: readonly Weather[]): Record<string, number> {
  return count(weather.map((day) => `${day.location}/${day.kind}`));
}

/**
 * Delays beside the climate of the place they began in. The flights are of 2001 and the weather of 2012 to 2015: the month is what they share.
 */
export function joinClimate(
  departures: readonly Departure[],
  climates: Readonly<Record<string, Record<string, MonthlyClimate>>>,
): DelaysAndClimate[] {
  return Object.entries(climates).flatMap(([city, climate]) => {
    const months = group(
      departures.filter((flight) => flight.city === city),
      (flight) => flight.date.slice(5, 7),
    );
    return [...months].sort().flatMap(([month, flights]): DelaysAndClimate[] => {
      const there = climate[month];
      if (there === undefined) return [];
      const rainADay = rounded(there.precipitation / there.days);
      const meanDelay = mean(flights.map((flight) => flight.delay));
      return [{ city, month, flights: flights.length, meanDelay, rainADay, meanTempMax: there.meanTempMax }];
    });
  });
}

export function group<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const found = groups.get(key);
    if (found === undefined) groups.set(key, [row]);
    else found.push(row);
  }
  return groups;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

/** Sorted by key. */
function count(keys: readonly string[]): Record<string, number> {
  const groups = [...group(keys, (key) => key)].sort();
  return Object.fromEntries(groups.map(([key, rows]) => [key, rows.length]));
}

function mean(numbers: readonly number[]): number {
  return rounded(sum(numbers) / numbers.length);
}

/** To six decimals. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
