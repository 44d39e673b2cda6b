/**
 * A run as OpenTelemetry spans, made from its events: one for the run, one for each node that begins, one for each of its attempts.
 *
 * I1 It reads events only; a task sees its own span as the active one where it was wrapped by {@link RunTelemetry.inSpan}.
 * I2 A span's times are the run's own: the wall clock is read once, at the first event, and the rest are offsets from it.
 * I3 Spans of nodes inside a container lie in the container's span. Every span is ended when the run ends.
 */
import { type Attributes, type Context, context, type Link, type Span, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import type { TaskContext } from "../flow/task.js";
import { containerOf, settlingOf } from "../observe/follow.js";
import type { EventListener, RunEvent } from "../run/events.js";

/** How to trace a run. */
export interface TelemetryOptions {
  /** @default the tracer named "dagny" of the global provider */
  readonly tracer?: Tracer;
  /** The graph that runs, for links from a node's span to those of its upstreams. */
  readonly dag?: { predecessors(name: string): readonly string[] };
  /**
   * The name of the run's span.
   * @default "dagny.run"
   */
  readonly name?: string;
  /** Attributes of the run's span. */
  readonly attributes?: Attributes;
  /**
   * The context that the run's span lies in.
   * @default the active one, when this is made
   */
  readonly parent?: Context;
  /** The wall clock, in milliseconds since the Unix epoch; read once a run. @default Date.now */
  readonly now?: () => number;
}

/** Traces one run. */
export interface RunTelemetry {
  /** What to give to the run as `onEvent`. */
  readonly onEvent: EventListener;
  /** The same task, called with its attempt's span as the active one: spans that its code makes lie inside, what it throws is recorded. */
  inSpan<I, O>(task: (inputs: I, context: TaskContext) => O): (inputs: I, context: TaskContext) => O;
}

/** Makes what traces one run; each run needs its own. */
export function telemetry(options: TelemetryOptions = {}): RunTelemetry {
  const spans = new RunSpans(options);
  return {
    onEvent: (event) => spans.take(event),
    inSpan: (task) => (inputs, taskContext) => spans.call(taskContext, () => task(inputs, taskContext)),
  };
}

interface NodeSpans {
  readonly span: Span;
  attempt: Span | undefined;
  attemptNumber: number;
}

/** Fields that some events have. */
interface EventFields {
  readonly type: string;
  readonly timeMs?: number;
  readonly node?: string | undefined;
  readonly attempt?: number;
  readonly lane?: number | undefined;
  readonly reason?: string;
  readonly status?: string;
  readonly runId?: string;
  readonly error?: unknown;
  readonly signal?: string | undefined;
  readonly end?: string;
  readonly message?: string;
  readonly outcome?: string;
}

class RunSpans {
  readonly #options: TelemetryOptions;
  readonly #tracer: Tracer;
  readonly #parent: Context;
  /** Nodes that have begun and have not settled. */
  readonly #open = new Map<string, NodeSpans>();
  /** The spans of settled nodes of the run itself, by name: a later one may link to them. */
  readonly #done = new Map<string, Span>();
  /** Attempts whose code was called before the event came that says so. */
  readonly #early = new Map<string, Span>();
  /** Attempts whose exception is recorded already. */
  readonly #recorded = new WeakSet<Span>();
  /** What made the run fail, in words. */
  #firstFailure: string | undefined;
  #run: Span | undefined;
  #startedAt = 0;
  #runId: string | undefined;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#tracer = options.tracer ?? trace.getTracer("dagny");
    this.#parent = options.parent ?? context.active();
  }

  take(event: RunEvent): void {
    const seen: EventFields = event;
    if (seen.runId !== undefined) this.#runId = seen.runId;
    const at = this.#timeOf(seen);
    if (this.#run === undefined && seen.timeMs !== undefined) this.#beginRun(at);
    const { node } = seen;
    const settled = settlingOf(seen.type);
    if (seen.type === "runEnded") this.#endRun(seen.status ?? "completed", at);
    else if (node === undefined) this.#run?.addEvent(seen.type, this.#attributes(seen), at);
    else if (settled !== undefined) this.#settle(node, settled, seen, at);
    else this.#note(node, seen, at);
  }

  /** Takes in an event that settles nothing. */
  #note(node: string, seen: EventFields, at: number): void {
    const open = this.#open.get(node);
    switch (seen.type) {
      case "nodeStarted":
        this.#beginAttempt(node, seen, at);
        return;
      case "attemptFailed":
        if (open !== undefined) this.#failAttempt(open, seen, at);
        return;
      case "log":
        open?.attempt?.addEvent(seen.message ?? "log", {}, at);
        return;
      case "waitOpened":
      case "waitOver":
      case "nodeResumed":
      case "scopeOpened":
      case "itemsAdded":
      case "grew":
        (open?.attempt ?? open?.span)?.addEvent(seen.type, this.#attributes(seen), at);
        return;
      case "lateOutcome":
      case "attemptAbandoned":
      case "runStopping":
      case "undoStarted":
      case "undoCompleted":
      case "undoFailed":
        this.#run?.addEvent(seen.type, this.#attributes(seen), at);
    }
  }

  /** Calls a task's function in its attempt's span. */
  call<O>(taskContext: TaskContext, task: () => O): O {
    const span = this.#spanOf(taskContext);
    const recorded = (error: unknown): void => {
      // The span has ended if the attempt was told to stop: what it throws then is no news.
      if (!span.isRecording()) return;
      span.recordException(exceptionOf(error));
      this.#recorded.add(span);
    };
    try {
      const returned = context.with(trace.setSpan(this.#parent, span), task);
      if (returned instanceof Promise) returned.catch(recorded);
      return returned;
    } catch (error) {
      recorded(error);
      throw error;
    }
  }

  /** The span of an attempt whose function is being called: the event that says so may not have come yet. */
  #spanOf(taskContext: TaskContext & { readonly path?: readonly (string | number)[] }): Span {
    const { path, attempt } = taskContext;
    const isInside = path !== undefined && path.length > 1;
    const node = isInside ? path.map((part) => String(part).replaceAll("~", "~0").replaceAll("/", "~1")).join("/") : taskContext.name;
    const open = this.#open.get(node);
    if (open?.attemptNumber === attempt && open.attempt !== undefined) return open.attempt;
    const key = `${attempt} ${node}`;
    let early = this.#early.get(key);
    if (early === undefined) {
      if (this.#run === undefined) this.#beginRun(this.#timeOf({ type: "" }));
      early = this.#startAttempt(node, attempt, undefined, undefined);
      this.#early.set(key, early);
    }
    return early;
  }

  #beginRun(at: number): void {
    this.#run = this.#tracer.startSpan(
      this.#options.name ?? "dagny.run",
      { startTime: at, attributes: this.#options.attributes ?? {} },
      this.#parent,
    );
  }

  #endRun(status: string, at: number): void {
    for (const { span, attempt } of this.#open.values()) {
      attempt?.end(at);
      span.end(at);
    }
    this.#open.clear();
    this.#done.clear();
    const run = this.#run;
    if (run === undefined) return;
    run.setAttribute("dagny.run.status", status);
    if (this.#runId !== undefined) run.setAttribute("dagny.run.id", this.#runId);
    if (status === "failed") run.setStatus({ code: SpanStatusCode.ERROR, message: this.#firstFailure ?? "the run failed" });
    run.end(at);
  }

  #beginAttempt(node: string, { attempt = 1, lane }: EventFields, at: number): void {
    const key = `${attempt} ${node}`;
    const early = this.#early.get(key);
    this.#early.delete(key);
    // `#startAttempt` has made the node's span if the function was called before.
    const span = early ?? this.#startAttempt(node, attempt, lane, at);
    if (early !== undefined && lane !== undefined) early.setAttribute("dagny.lane", lane);
    const open = this.#nodeSpans(node, at);
    open.attempt = span;
    open.attemptNumber = attempt;
  }

  #startAttempt(node: string, attempt: number, lane: number | undefined, at: number | undefined): Span {
    const time = at ?? this.#timeOf({ type: "" });
    const { span } = this.#nodeSpans(node, time);
    const attributes = { "dagny.node": node, "dagny.attempt": attempt, ...(lane === undefined ? {} : { "dagny.lane": lane }) };
    return this.#tracer.startSpan(`${node} attempt ${attempt}`, { startTime: time, attributes }, trace.setSpan(this.#parent, span));
  }

  /** The spans of a node, made when it first begins. */
  #nodeSpans(node: string, at: number): NodeSpans {
    let spans = this.#open.get(node);
    if (spans === undefined) {
      const container = containerOf(node, (name) => this.#open.has(name));
      const around = container === undefined ? this.#run : this.#open.get(container)?.span;
      const parent = around === undefined ? this.#parent : trace.setSpan(this.#parent, around);
      const span = this.#tracer.startSpan(node, { startTime: at, attributes: { "dagny.node": node }, links: this.#linksOf(node) }, parent);
      spans = { span, attempt: undefined, attemptNumber: 0 };
      this.#open.set(node, spans);
    }
    return spans;
  }

  /** A link to each upstream that has run. */
  #linksOf(node: string): Link[] {
    let upstreams: readonly string[];
    try {
      upstreams = this.#options.dag?.predecessors(node) ?? [];
    } catch {
      return []; // The graph does not have it: it is inside a container, or was added to the run.
    }
    return upstreams.flatMap((upstream) => {
      const span = this.#done.get(upstream);
      return span === undefined ? [] : [{ context: span.spanContext(), attributes: { "dagny.upstream": upstream } }];
    });
  }

  #failAttempt(open: NodeSpans, seen: EventFields, at: number): void {
    const { attempt } = open;
    if (attempt === undefined) return;
    this.#fail(attempt, seen, at);
    attempt.end(at);
    open.attempt = undefined;
  }

  #settle(node: string, how: string, seen: EventFields, at: number): void {
    const open = this.#open.get(node);
    if (open === undefined) {
      // It never began: a word on the span around it.
      const container = containerOf(node, (name) => this.#open.has(name));
      const around = container === undefined ? this.#run : this.#open.get(container)?.span;
      around?.addEvent(seen.type, this.#attributes(seen), at);
      return;
    }
    this.#open.delete(node);
    if (how === "failed") this.#firstFailure ??= `${node} failed: ${seen.error === undefined ? seen.reason : messageOf(seen.error)}`;
    for (const span of [open.attempt, open.span]) {
      if (span === undefined) continue;
      if (how === "failed") this.#fail(span, seen, at);
      if (span === open.span) span.setAttribute("dagny.status", how);
      span.end(at);
    }
    const isOfRun = containerOf(node, (name) => this.#open.has(name)) === undefined;
    if (isOfRun && this.#options.dag !== undefined) this.#done.set(node, open.span);
  }

  #fail(span: Span, { reason = "error", error }: EventFields, at: number): void {
    span.setAttribute("error.type", error instanceof Error ? error.name : reason);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error === undefined ? reason : messageOf(error) });
    if (error !== undefined && !this.#recorded.has(span)) span.recordException(exceptionOf(error), at);
  }

  /** What an event says besides its node, as attributes. */
  #attributes({ node, attempt, reason, signal, end, outcome }: EventFields): Attributes {
    const said = { "dagny.node": node, "dagny.attempt": attempt, "dagny.reason": reason, "dagny.signal": signal, "dagny.wait.end": end };
    const all: Readonly<Record<string, string | number | undefined>> = { ...said, "dagny.outcome": outcome };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  }

  /** An event's time as milliseconds since the Unix epoch; now, for those that have none. */
  #timeOf({ timeMs }: EventFields): number {
    const { now = Date.now } = this.#options;
    if (timeMs === undefined) return now();
    if (this.#startedAt === 0) this.#startedAt = now() - timeMs;
    return this.#startedAt + timeMs;
  }
}

function exceptionOf(error: unknown): Error | string {
  return error instanceof Error ? error : messageOf(error);
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "it threw something that cannot be shown";
  }
}
