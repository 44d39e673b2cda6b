/** `dagny/observe`, listed by hand: what watches a run through its events. */
export type { ObservedGraph, PastDurations } from "./graph.js";
export { observers } from "./observers.js";
export { type ProgressOptions, progress } from "./progress.js";
export { type LogLevel, type LogRecord, logLevels, type StructuredLogOptions, structuredLog, type TextSink } from "./structured-log.js";
export type { ProgressStream } from "./terminal.js";
