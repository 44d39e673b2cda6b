/** What goes into a driver, and how it ends. */
import type { Clock } from "../clock/clock.js";
import type { DagnyError } from "../errors/base.js";
import type { RunDefaults } from "../flow/lowered.js";
import type { NativeRun } from "../native/index.js";
import type { ThreadPool } from "../threads/pool.js";
import type { EventHub, RunStatus } from "./events.js";
import type { ExtrasParts } from "./extras.js";
import type { KeepResults } from "./options.js";

/** What a driver is made of. */
export interface DriverParts extends ExtrasParts {
  readonly run: NativeRun;
  readonly defaults: RunDefaults;
  readonly runTimeoutMs: number | undefined;
  /** The id of the run, made when it is first asked for. */
  readonly runId: () => string;
  readonly params: unknown;
  readonly clock: Clock;
  /** The threads of a flow that uses any; `undefined` where everything runs on this thread. */
  readonly pool: ThreadPool | undefined;
  readonly keepResults: KeepResults;
  /** How long the run waits for code that was told to stop, in milliseconds. */
  readonly graceMs: number;
  readonly events: EventHub;
  readonly onEnd: (end: RunEnd) => void;
}

/** How a run ended: its status, or the fault that ended it. Told once. */
export type RunEnd = RunStatus | DagnyError;
