/** A run as structured log records: one for each event, to a function or as lines of JSON to a stream. */
import type { EventListener, RunEvent } from "../run/events.js";
import { RunFollower, settlingOf } from "./follow.js";

/** How much a record matters, least first. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

/** How much a record matters. */
export type LogLevel = (typeof logLevels)[number];

/** One event of a run, as a flat object. */
export interface LogRecord {
  /** When it happened, as an ISO time in UTC. */
  readonly time: string;
  readonly level: LogLevel;
  /** The event's type. */
  readonly event: string;
  /** One line for people. */
  readonly message: string;
  /** The fields given as `fields`, the run's id, and what the event has: `node`, `attempt`, `lane`, `reason`, `durationMs`, … */
  readonly [field: string]: unknown;
}

/** Where lines of JSON can go: `process.stdout`, a file's write stream. */
export interface TextSink {
  /** Takes a line, its end included. */
  write(text: string): unknown;
}

/** What to log, and where. */
export interface StructuredLogOptions {
  /**
   * A function that takes each record, or a stream that takes it as a line of JSON.
   * @default process.stdout
   */
  readonly sink?: ((record: LogRecord) => void) | TextSink;
  /**
   * The least that is logged.
   * @default "info"
   */
  readonly level?: LogLevel;
  /** Fields that every record gets. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** The wall clock, in milliseconds since the Unix epoch; read once a run. @default Date.now */
  readonly now?: () => number;
}

/** Levels of events that are not `info`. */
const levels: Readonly<Record<string, LogLevel | undefined>> = {
  nodeReady: "debug",
  nodeLeased: "debug",
  leaseReturned: "debug",
  predicateAsked: "debug",
  predicateAnswered: "debug",
  scopeOpened: "debug",
  itemsAdded: "debug",
  attemptFailed: "warn",
  nodeCancelled: "warn",
  runStopping: "warn",
  runTimedOut: "warn",
  lateOutcome: "warn",
  attemptAbandoned: "warn",
  listenerFailed: "warn",
  eventsMissed: "warn",
  nodeFailed: "error",
  undoFailed: "error",
};

/** A listener that logs a run; one for each run. What its sink throws is reported as any listener's failure and changes nothing. */
export function structuredLog(options: StructuredLogOptions = {}): EventListener {
  const { sink = process.stdout, level = "info", fields = {}, now = Date.now } = options;
  const least = logLevels.indexOf(level);
  const take = typeof sink === "function" ? sink : (record: LogRecord) => void sink.write(`${jsonOf(record)}\n`);
  const follower = new RunFollower();
  let startedAt: number | undefined;
  return (event) => {
    if ("timeMs" in event) startedAt ??= now() - event.timeMs;
    const before = follower.take(event);
    const own = levelOf(event);
    if (logLevels.indexOf(own) < least) return;
    const { type, timeMs, node, attempt, error, ...rest } = event as FlatEvent;
    // How long the attempt ran that this event is about.
    const active = before ?? (type === "attemptFailed" && node !== undefined ? follower.active.get(node) : undefined);
    const at = timeMs ?? follower.timeMs;
    take({
      time: new Date((startedAt ?? now()) + at).toISOString(),
      level: own,
      event: type,
      message: messageOf(event),
      ...fields,
      ...(follower.runId === undefined ? {} : { runId: follower.runId }),
      ...(node === undefined ? {} : { node }),
      ...(attempt === undefined ? {} : { attempt }),
      ...(active === undefined ? {} : { durationMs: Math.round((at - active.sinceMs) * 1000) / 1000 }),
      ...withoutMessage(rest),
      ...(error === undefined ? {} : { error: errorOf(error) }),
    });
  };
}

type FlatEvent = {
  readonly type: string;
  readonly timeMs?: number;
  readonly node?: string;
  readonly attempt?: number;
  readonly error?: unknown;
};

/** A task's own line becomes the record's message. */
function withoutMessage(rest: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { message: _, ...others } = rest;
  return others;
}

function levelOf(event: RunEvent): LogLevel {
  if (event.type === "runEnded" && event.status !== "completed") return event.status === "failed" ? "error" : "warn";
  return levels[event.type] ?? "info";
}

function messageOf(event: RunEvent): string {
  if (event.type === "log") return event.message;
  if (event.type === "runEnded") return `run ${event.status}`;
  const words = event.type.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  if (!("node" in event) || event.node === undefined) return words;
  const reason = "reason" in event ? ` (${event.reason})` : "";
  const settled = settlingOf(event.type);
  return settled === undefined ? `${words}: ${event.node}${reason}` : `${event.node} ${settled}${reason}`;
}

/** A thrown value as plain data. */
function errorOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code: unknown = "code" in error ? error.code : undefined;
  return { name, message, ...(code === undefined ? {} : { code }), stack, ...(cause === undefined ? {} : { cause: String(cause) }) };
}

/** One line of JSON, whatever a task put into its data: what JSON has no form for is shown as text. */
function jsonOf(record: LogRecord): string {
  const seen: unknown[] = [];
  try {
    return JSON.stringify(record, function (this: unknown, _key, value: unknown) {
      if (typeof value === "bigint") return `${value}n`;
      if (value instanceof Error) return errorOf(value);
      if (typeof value !== "object" || value === null) return value;
      while (seen.length > 0 && seen.at(-1) !== this) seen.pop(); // `seen` are the objects around this value.
      if (seen.includes(value)) return "[circular]";
      seen.push(value);
      return value;
    });
  } catch (error) {
    const { time, level, event, message, node, attempt } = record;
    return JSON.stringify({ time, level, event, message, node, attempt, unloggable: String(error) });
  }
}
