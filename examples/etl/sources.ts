/** Extract: reads the three sources and turns their text into typed rows. A row that does not fit its type is an error that names it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";

export interface Flight {
  /** `2001/01/31 23:59`, local time. */
  readonly date: string;
  /** Minutes late; negative when early. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  /** IATA codes. */
  readonly origin: string;
  readonly destination: string;
}

export interface Airport {
  readonly iata: string;
  readonly city: string;
  readonly state: string;
}

export interface Weather {
  readonly location: string;
  /** `2012-01-31` */
  readonly date: string;
  /** Millimeters. */
  readonly precipitation: number;
  /** Degrees Celsius. */
  readonly tempMax: number;
  readonly tempMin: number;
  /** Meters per second. */
  readonly wind: number;
  readonly kind: string;
}

/** Where to read. `signal` stops a read that nobody waits for any more. */
export interface Source {
  readonly folder: string;
  readonly signal: AbortSignal;
}

export async function readFlights(source: Source): Promise<Flight[]> {
  const rows: unknown = JSON.parse(await read(source, "flights-5k.json"));
  if (!Array.isArray(rows)) throw new TypeError("flights-5k.json is not a list");
  return rows.map((row, line) => {
    const field = fieldsOf(row, `flights-5k.json, entry ${line}`);
    return {
      date: field.text("date"),
      delay: field.number("delay"),
      distance: field.number("distance"),
      origin: field.text("origin"),
      destination: field.text("destination"),
    };
  });
}

export async function readAirports(source: Source): Promise<Airport[]> {
  return csv(await read(source, "airports.csv")).map((row, line) => {
    const field = fieldsOf(row, `airports.csv, row ${line}`);
    return { iata: field.text("iata"), city: field.text("city"), state: field.text("state") };
  });
}

export async function readWeather(source: Source): Promise<Weather[]> {
  return csv(await read(source, "weather.csv")).map((row, line) => {
    const field = fieldsOf(row, `weather.csv, row ${line}`);
    return {
      location: field.text("location"),
      date: field.text("date"),
      precipitation: field.number("precipitation"),
      tempMax: field.number("temp_max"),
      tempMin: field.number("temp_min"),
      wind: field.number("wind"),
      kind: field.text("weather"),
    };
  });
}

function read({ folder, signal }: Source, file: string): Promise<string> {
  return readFile(join(folder, file), { encoding: "utf8", signal });
}

function csv(text: string): Record<string, string>[] {
  return parse(text, { columns: true, skip_empty_lines: true });
}

/** Reads the fields of one row and says which one is wrong. */
function fieldsOf(row: Readonly<Record<string, unknown>>, where: string) {
  return {
    text(name: string): string {
      const value = row[name];
      if (typeof value !== "string") throw new TypeError(`${where}: ${name} is not text`);
      return value;
    },
    number(name: string): number {
      const value = row[name] === "" ? Number.NaN : Number(row[name]);
      if (!Number.isFinite(value)) throw new TypeError(`${where}: ${name} is not a number`);
      return value;
    },
  };
}
