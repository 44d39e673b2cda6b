/** What a task sees of its attempt. Most tasks look at nothing, so all of it is made when it is first read. */
import type { TaskContext } from "../flow/task.js";

/** What a context asks of the run it belongs to. */
export interface ContextHost {
  readonly runId: string;
  nameOf(node: number): string;
  /** The signal of an attempt; aborted already if the attempt has been told to stop. */
  signalOf(node: number, attempt: number): AbortSignal;
  log(node: number, attempt: number, message: string, data: unknown): void;
}

/** One attempt's context. */
export class AttemptContext implements Pick<TaskContext, "name" | "runId" | "attempt" | "signal" | "log"> {
  readonly #host: ContextHost;
  readonly #node: number;
  readonly attempt: number;

  constructor(host: ContextHost, node: number, attempt: number) {
    this.#host = host;
    this.#node = node;
    this.attempt = attempt;
  }

  get name(): string {
    return this.#host.nameOf(this.#node);
  }

  get runId(): string {
    return this.#host.runId;
  }

  get signal(): AbortSignal {
    return this.#host.signalOf(this.#node, this.attempt);
  }

  get log(): (message: string, data?: unknown) => void {
    return (message, data) => this.#host.log(this.#node, this.attempt, message, data);
  }
}
