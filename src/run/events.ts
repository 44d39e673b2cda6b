/**
 * The events of a run as users see them: decoded from the core's records, handed to listeners, queued for iterators.
 *
 * I1 A listener never changes a run: what it throws becomes an event. I2 A slow iterator is bounded: what it misses is counted
 * and told. I3 Nobody listens, nothing is decoded. I4 Everybody hears events in their order, also those that a listener itself
 * brings about (it cancels the run, say): they wait until the ones before them have been heard.
 */
import { type Reason, reasonName } from "./columns.js";

/** How a run ended. */
export type RunStatus = "completed" | "failed" | "cancelled";

/** What every event of the core has. */
interface Fact {
  /** Place in the run's sequence, from 0, without gaps. */
  readonly seq: number;
  /** Milliseconds since the run's start, in whole microseconds. */
  readonly timeMs: number;
}

/** What every event about a node has. */
interface NodeFact extends Fact {
  readonly node: string;
  /** Attempts begun so far, or the attempt it is about. */
  readonly attempt: number;
}

/** A fact that the core decided, or a word from the host about a run. */
export type RunEvent =
  | (Fact & { readonly type: "runStarted" | "cancelRequested" })
  | (NodeFact & { readonly type: "nodeReady" | "leaseReturned" | "nodeCompleted" | "nodeCancelled" | "runStopping" | "attemptAbandoned" })
  | (NodeFact & { readonly type: "nodeLeased" | "nodeStarted"; readonly lane: number })
  | (NodeFact & { readonly type: "attemptFailed" | "nodeFailed" | "nodeSkipped"; readonly reason: Reason })
  | (NodeFact & { readonly type: "lateOutcome"; readonly outcome: "succeeded" | "failed" })
  | (Fact & { readonly type: "runEnded"; readonly status: RunStatus })
  | HostEvent;

/** What is not decided by the core and not in its sequence. */
export type HostEvent =
  | { readonly type: "log"; readonly node: string; readonly attempt: number; readonly message: string; readonly data: unknown }
  /** A listener threw. The run goes on. */
  | { readonly type: "listenerFailed"; readonly error: unknown }
  /** An iterator was too slow. */
  | { readonly type: "eventsMissed"; readonly count: number };

const recordBytes = 24;

/** The statuses of a run, at the position of their number less one. */
export const runStatuses: readonly RunStatus[] = ["completed", "failed", "cancelled"];

/** The core's kinds of event, at the position of their number less one. */
const kinds = [
  "runStarted",
  "nodeReady",
  "nodeLeased",
  "leaseReturned",
  "nodeStarted",
  "nodeCompleted",
  "attemptFailed",
  "nodeFailed",
  "nodeSkipped",
  "nodeCancelled",
  "cancelRequested",
  "runStopping",
  "lateOutcome",
  "attemptAbandoned",
  "runEnded",
] as const;

/** Decodes the core's records; `firstSeq` is the place of the first in the run's sequence. */
export function* decodeEvents(records: Uint8Array, firstSeq: number, nameOf: (node: number) => string): Generator<RunEvent> {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let at = 0, seq = firstSeq; at < records.byteLength; at += recordBytes, seq++) {
    const fact: Fact = { seq, timeMs: Number(view.getBigUint64(at, true)) / 1000 };
    const type = kinds[view.getUint8(at + 20) - 1];
    const detail = view.getUint8(at + 21);
    if (type === undefined) continue;
    if (type === "runStarted" || type === "cancelRequested") {
      yield { ...fact, type };
      continue;
    }
    if (type === "runEnded") {
      yield { ...fact, type, status: runStatuses[detail - 1] ?? "failed" };
      continue;
    }
    const nodeFact: NodeFact = { ...fact, node: nameOf(view.getUint32(at + 8, true)), attempt: view.getUint32(at + 12, true) };
    switch (type) {
      case "nodeLeased":
      case "nodeStarted":
        yield { ...nodeFact, type, lane: view.getUint32(at + 16, true) };
        break;
      case "attemptFailed":
      case "nodeFailed":
      case "nodeSkipped":
        yield { ...nodeFact, type, reason: reasonName(detail) ?? "error" };
        break;
      case "lateOutcome":
        yield { ...nodeFact, type, outcome: detail === 0 ? "succeeded" : "failed" };
        break;
      default:
        yield { ...nodeFact, type };
    }
  }
}

/** Called with each event, in order. */
export type EventListener = (event: RunEvent) => void;

/** How many events an iterator may be behind before it misses some. */
const queueLimit = 65_536;

/** Everybody who listens to one run. */
export class EventHub implements AsyncIterable<RunEvent> {
  readonly #listeners = new Set<EventListener>();
  readonly #queues = new Set<EventQueue>();
  readonly #onFirst: () => void;
  /** Batches of events that nobody has heard yet. */
  readonly #batches: Iterable<RunEvent>[] = [];
  #isDelivering = false;
  #isClosed = false;

  /** `onFirst` is called when somebody listens for the first time. */
  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
  }

  /** Whether anybody listens. */
  get isHeard(): boolean {
    return this.#listeners.size > 0 || this.#queues.size > 0;
  }

  /** Calls `listener` with every event from now on. */
  listen(listener: EventListener): void {
    this.#announce();
    this.#listeners.add(listener);
  }

  /** Each iteration is a subscription of its own, from now on; leaving the loop ends it. */
  [Symbol.asyncIterator](): AsyncIterator<RunEvent, undefined> {
    this.#announce();
    const queue = new EventQueue(() => this.#queues.delete(queue));
    if (this.#isClosed && !this.#isDelivering) queue.close();
    else this.#queues.add(queue);
    return queue;
  }

  #announce(): void {
    if (!this.isHeard) this.#onFirst();
  }

  /** Hands events to everybody. */
  publish(events: Iterable<RunEvent>): void {
    this.#batches.push(events);
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      for (const event of batch) this.#deliver(event);
    }
    this.#isDelivering = false;
    if (this.#isClosed) this.#dismiss();
  }

  #deliver(event: RunEvent): void {
    for (const queue of this.#queues) queue.push(event);
    for (const listener of this.#listeners) {
      try {
        const returned: unknown = listener(event);
        // An async listener fails later, and a rejection that nobody handles would end the process.
        if (returned instanceof Promise) returned.catch((error) => this.#reportFailure(listener, error));
      } catch (error) {
        this.#reportFailure(listener, error);
      }
    }
  }

  /** Tells everybody but the one who threw. */
  #reportFailure(culprit: EventListener, error: unknown): void {
    const event: RunEvent = { type: "listenerFailed", error };
    for (const queue of this.#queues) queue.push(event);
    for (const listener of this.#listeners) {
      if (listener === culprit) continue;
      try {
        listener(event);
      } catch {
        // One report of a failing listener is enough; a report about the report could go on for ever.
      }
    }
  }

  /** There will be no more events than those published. */
  close(): void {
    this.#isClosed = true;
    if (!this.#isDelivering) this.#dismiss();
  }

  #dismiss(): void {
    for (const queue of this.#queues) queue.close();
    this.#queues.clear();
    this.#listeners.clear();
  }
}

/** One iterator's queue: a ring of at most {@link queueLimit} events. */
class EventQueue implements AsyncIterator<RunEvent, undefined> {
  readonly #onReturn: () => void;
  #events: RunEvent[] = [];
  #head = 0;
  #missed = 0;
  #isClosed = false;
  readonly #waiting: ((result: IteratorResult<RunEvent, undefined>) => void)[] = [];

  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  push(event: RunEvent): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting({ value: event, done: false });
    else if (this.#events.length - this.#head >= queueLimit) this.#missed++;
    else {
      if (this.#missed > 0) {
        this.#events.push({ type: "eventsMissed", count: this.#missed });
        this.#missed = 0;
      }
      this.#events.push(event);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const waiting of this.#waiting.splice(0)) waiting({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<RunEvent, undefined>> {
    if (this.#head < this.#events.length) {
      const value = this.#events[this.#head++] as RunEvent;
      if (this.#head > 1024 && this.#head * 2 > this.#events.length) {
        this.#events = this.#events.slice(this.#head);
        this.#head = 0;
      }
      return Promise.resolve({ value, done: false });
    }
    if (this.#missed > 0) {
      const value: RunEvent = { type: "eventsMissed", count: this.#missed };
      this.#missed = 0;
      return Promise.resolve({ value, done: false });
    }
    if (this.#isClosed) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<RunEvent, undefined>> {
    this.#onReturn();
    this.#events = [];
    this.#head = 0;
    this.close();
    return Promise.resolve({ value: undefined, done: true });
  }
}
