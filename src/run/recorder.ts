/** Keeps the core's events from the moment somebody listens, and publishes them. */
import type { NativeRun } from "../native/index.js";
import { decodeEvents, type EventNames, recordBytes } from "./event-records.js";
import type { EventHub, HostEvent } from "./events.js";

/** The events of one run, on their way to those who listen. */
export class Recorder {
  readonly #run: NativeRun;
  readonly #events: EventHub;
  readonly #names: EventNames;
  #seq = 0;
  /** Whether events are kept. */
  isRecording = false;

  constructor(run: NativeRun, events: EventHub, names: EventNames) {
    this.#run = run;
    this.#events = events;
    this.#names = names;
  }

  /** Keeps events from now on. */
  record(): void {
    if (this.isRecording) return;
    this.isRecording = true;
    this.#seq = this.#run.record();
  }

  /** Publishes what the core has decided since the last call. */
  publish(): void {
    const records = this.#run.takeEvents();
    const firstSeq = this.#seq;
    this.#seq += records.byteLength / recordBytes;
    if (this.#events.isHeard) this.#events.publish(decodeEvents(records, firstSeq, this.#names));
  }

  /** Says something that the core does not decide, if anybody listens. */
  say(event: HostEvent): void {
    if (this.#events.isHeard) this.#events.publish([event]);
  }
}
