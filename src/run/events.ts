/**
 * The events of a run as users see them, handed to listeners and queued for iterators. `event-records.ts` decodes them.
 *
 * I1 A listener never changes a run: what it throws becomes an event. I2 A slow iterator is bounded: what it misses is counted
 * and told. I3 Nobody listens, nothing is decoded. I4 Everybody hears events in their order, also those that a listener itself
 * brings about (it cancels the run, say): they wait until the ones before them have been heard.
 */
import type { Reason } from "./columns.js";

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
  /** Its address. */
  readonly node: string;
  /** Attempts begun so far, or the attempt it is about. */
  readonly attempt: number;
}

/** What a predicate is about. */
export type Question = "edge" | "condition" | "cache" | "until";

/** A fact that the core decided, or a word from the host about a run. */
export type RunEvent =
  | (Fact & { readonly type: "runStarted"; readonly runId: string })
  | (Fact & { readonly type: "cancelRequested" | "runPaused" | "runResumed" | "runTimedOut" })
  | (NodeFact & {
      readonly type:
        | "nodeReady"
        | "leaseReturned"
        | "nodeCompleted"
        | "nodeFiltered"
        | "nodeCancelled"
        | "runStopping"
        | "attemptAbandoned"
        | "nodeCancelRequested"
        | "undoCompleted";
    })
  | (NodeFact & { readonly type: "nodeLeased"; readonly lane: number })
  /** `lane` is `undefined` for what needs none: waits, containers, and an attempt whose code ended while it was parked. */
  | (NodeFact & { readonly type: "nodeStarted" | "nodeResumed" | "undoStarted"; readonly lane: number | undefined })
  | (NodeFact & { readonly type: "nodeSkipped" | "undoFailed"; readonly reason: Reason })
  /** `error`: what was thrown, untouched; `undefined` for a timeout, and where nothing was. */
  | (NodeFact & { readonly type: "nodeFailed"; readonly reason: Reason; readonly error: unknown })
  /** `retryAtMs`: when the next attempt is due, on the clock of `timeMs`. */
  | (NodeFact & { readonly type: "attemptFailed"; readonly reason: Reason; readonly error: unknown; readonly retryAtMs: number })
  | (NodeFact & { readonly type: "lateOutcome"; readonly outcome: "succeeded" | "failed" })
  /** `from`: the upstream, where an edge is asked about. */
  | (NodeFact & { readonly type: "predicateAsked"; readonly question: Question; readonly from: string | undefined })
  | (NodeFact & {
      readonly type: "predicateAnswered";
      readonly question: Question;
      readonly from: string | undefined;
      readonly verdict: "yes" | "no" | "nothing" | "threw" | "timedOut";
    })
  | (NodeFact & {
      readonly type: "waitOpened";
      /** The signal's name; `undefined` for a sleep, and for a node's own. */
      readonly signal: string | undefined;
      /** Whether it is for a length of time only. */
      readonly isSleep: boolean;
      /** When it ends at the latest, on the clock of `timeMs`; `undefined` for never. */
      readonly dueAtMs: number | undefined;
      /** Said of a wait without a timeout. */
      readonly warning: string | undefined;
    })
  | (NodeFact & {
      readonly type: "waitOver";
      readonly signal: string | undefined;
      readonly end: "slept" | "answered" | "rejected" | "timedOut" | "default";
    })
  /** A container opened, or a loop's next round. */
  | (NodeFact & { readonly type: "scopeOpened"; readonly round: number; readonly nodeCount: number })
  | (NodeFact & { readonly type: "itemsAdded"; readonly count: number; readonly isDone: boolean })
  /** `node` is `undefined` where a command added nodes, or edges. */
  | (Fact & { readonly type: "grew"; readonly node: string | undefined })
  /** `node` is the container; `undefined` for the run. */
  | (Fact & { readonly type: "phaseEntered"; readonly node: string | undefined; readonly phase: "running" | "undoing" | "finalizing" })
  /** Nobody waits for a signal yet; the next one who may hear it will. */
  | (Fact & {
      readonly type: "signalQueued";
      readonly node: string | undefined;
      readonly signal: string | undefined;
      readonly isRejection: boolean;
    })
  | (Fact & { readonly type: "runEnded"; readonly status: RunStatus })
  | HostEvent;

/** What is not decided by the core and not in its sequence. */
export type HostEvent =
  | { readonly type: "log"; readonly node: string; readonly attempt: number; readonly message: string; readonly data: unknown }
  /** A `retryOn` threw, or gave no boolean: that means no. */
  | { readonly type: "retryOnFailed"; readonly node: string; readonly attempt: number; readonly error: unknown }
  /** A listener threw. The run goes on. */
  | { readonly type: "listenerFailed"; readonly error: unknown }
  /** An iterator was too slow. */
  | { readonly type: "eventsMissed"; readonly count: number };

/** The statuses of a run, at the position of their number less one. */
export const runStatuses: readonly RunStatus[] = ["completed", "failed", "cancelled"];

/** Which events a subscription is about; one that is left out lets everything through. */
export interface EventFilter {
  /** Only events of these types. */
  readonly types?: readonly RunEvent["type"][] | undefined;
  /** Only events about these nodes, by address, and those about what is inside them. Events about the run are about none. */
  readonly nodes?: readonly string[] | undefined;
}

/** Called with each event, in order. */
export type EventListener = (event: RunEvent) => void;

type EventTest = (event: RunEvent) => boolean;

interface Listener {
  readonly hear: EventListener;
  readonly isMeant: EventTest;
}

const everything: EventTest = () => true;

function testOf({ types, nodes }: EventFilter = {}): EventTest {
  if (types === undefined && nodes === undefined) return everything;
  const meant = types === undefined ? undefined : new Set<string>(types);
  const isAbout = (address: string | undefined): boolean =>
    nodes === undefined || (address !== undefined && nodes.some((node) => address === node || address.startsWith(`${node}/`)));
  return (event) => meant?.has(event.type) !== false && isAbout("node" in event ? event.node : undefined);
}

/** How many events an iterator may be behind before it misses some. */
const queueLimit = 65_536;

/** Everybody who listens to one run. */
export class EventHub implements AsyncIterable<RunEvent> {
  readonly #listeners = new Set<Listener>();
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

  /** Calls `listener` with every event from now on that the filter lets through. */
  listen(listener: EventListener, filter?: EventFilter): void {
    this.#announce();
    this.#listeners.add({ hear: listener, isMeant: testOf(filter) });
  }

  /** Each iteration is a subscription of its own, from now on; leaving the loop ends it. */
  [Symbol.asyncIterator](): AsyncIterator<RunEvent, undefined> {
    return this.#iterate(everything);
  }

  /** The events that the filter lets through; each iteration is a subscription of its own. */
  only(filter: EventFilter): AsyncIterable<RunEvent> {
    const isMeant = testOf(filter);
    return { [Symbol.asyncIterator]: () => this.#iterate(isMeant) };
  }

  #iterate(isMeant: EventTest): AsyncIterator<RunEvent, undefined> {
    this.#announce();
    const queue = new EventQueue(isMeant, () => this.#queues.delete(queue));
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
      if (!listener.isMeant(event)) continue;
      try {
        const returned: unknown = listener.hear(event);
        // An async listener fails later, and a rejection that nobody handles would end the process.
        if (returned instanceof Promise) returned.catch((error) => this.#reportFailure(listener, error));
      } catch (error) {
        this.#reportFailure(listener, error);
      }
    }
  }

  /** Tells everybody but the one who threw. */
  #reportFailure(culprit: Listener, error: unknown): void {
    const event: RunEvent = { type: "listenerFailed", error };
    for (const queue of this.#queues) queue.push(event);
    for (const listener of this.#listeners) {
      if (listener === culprit || !listener.isMeant(event)) continue;
      try {
        listener.hear(event);
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
  readonly #isMeant: EventTest;
  readonly #onReturn: () => void;
  #events: RunEvent[] = [];
  #head = 0;
  #missed = 0;
  #isClosed = false;
  readonly #waiting: ((result: IteratorResult<RunEvent, undefined>) => void)[] = [];

  constructor(isMeant: EventTest, onReturn: () => void) {
    this.#isMeant = isMeant;
    this.#onReturn = onReturn;
  }

  push(event: RunEvent): void {
    if (!this.#isMeant(event)) return;
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
