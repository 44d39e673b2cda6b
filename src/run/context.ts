/** What a task sees of its attempt. Most tasks look at nothing, so all of it is made when it is first read. */
import type { GrowthEdge, GrowthEntry } from "../flow/growth.js";
import type { RunState, TaskContext, WaitOptions } from "../flow/task.js";
import type { AddressSegment } from "./levels.js";

/** What a context asks of the run it belongs to. */
export interface ContextHost {
  readonly runId: string;
  readonly state: RunState;
  /** What fewer contexts ask for; made when it is first needed. */
  readonly extras: ContextExtras;
  nameOf(node: number): string;
  /** The signal of an attempt; aborted already if the attempt has been told to stop. */
  signalOf(node: number, attempt: number): AbortSignal;
  log(node: number, attempt: number, message: string, data: unknown): void;
}

/** What depends on where a node stands, and what changes the course of its run. */
export interface ContextExtras {
  pathOf(node: number): readonly AddressSegment[];
  paramsOf(node: number): unknown;
  indexOf(node: number): number;
  iterationOf(node: number): number;
  previousOf(node: number): unknown;
  sleep(node: number, attempt: number, ms: number): Promise<unknown>;
  waitFor(node: number, attempt: number, signal: string, options: WaitOptions | undefined): Promise<unknown>;
  addNodes(node: number, attempt: number, entries: Iterable<GrowthEntry>): void;
  addEdges(node: number, attempt: number, edges: Iterable<GrowthEdge>): void;
}

/** One attempt's context. Predicates and undos, which are no attempts, have attempt 0: they can neither wait nor grow. */
export class AttemptContext implements TaskContext {
  readonly #host: ContextHost;
  readonly #node: number;
  readonly attempt: number;

  /** The run that a context belongs to; `undefined` of what is none. For the modules of this package. */
  static hostOf(value: object): ContextHost | undefined {
    return #host in value ? value.#host : undefined;
  }

  constructor(host: ContextHost, node: number, attempt: number) {
    this.#host = host;
    this.#node = node;
    this.attempt = attempt;
  }

  get name(): string {
    return this.#host.nameOf(this.#node);
  }

  get path(): readonly AddressSegment[] {
    return this.#host.extras.pathOf(this.#node);
  }

  get runId(): string {
    return this.#host.runId;
  }

  get params(): unknown {
    return this.#host.extras.paramsOf(this.#node);
  }

  get index(): number {
    return this.#host.extras.indexOf(this.#node);
  }

  get iteration(): number {
    return this.#host.extras.iterationOf(this.#node);
  }

  get previous(): unknown {
    return this.#host.extras.previousOf(this.#node);
  }

  get state(): RunState {
    return this.#host.state;
  }

  get signal(): AbortSignal {
    return this.#host.signalOf(this.#node, this.attempt);
  }

  get log(): (message: string, data?: unknown) => void {
    return (message, data) => this.#host.log(this.#node, this.attempt, message, data);
  }

  get sleep(): (ms: number) => Promise<void> {
    // Not wrapped: a promise made of it would have to be handled, also where nobody awaits the sleep.
    return (ms) => this.#host.extras.sleep(this.#node, this.attempt, ms) as Promise<void>;
  }

  get waitFor(): <T = unknown>(signal: string, options?: WaitOptions<T>) => Promise<T> {
    // What comes is what the schema makes of it; without one it is unknown, and the caller says what he expects.
    return <T>(signal: string, options?: WaitOptions<T>) =>
      this.#host.extras.waitFor(this.#node, this.attempt, signal, options) as Promise<T>;
  }

  get addNodes(): (entries: Iterable<GrowthEntry>) => void {
    return (entries) => this.#host.extras.addNodes(this.#node, this.attempt, entries);
  }

  get addEdges(): (edges: Iterable<GrowthEdge>) => void {
    return (edges) => this.#host.extras.addEdges(this.#node, this.attempt, edges);
  }
}
