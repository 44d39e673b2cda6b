/** `dagny/otel`, listed by hand: runs as OpenTelemetry spans. Needs `@opentelemetry/api`, which the application brings. */
export { type RunTelemetry, type TelemetryOptions, telemetry } from "./telemetry.js";
