/**
 * One worker thread, seen from the main thread: its port, and when it has to be ended because it does not listen.
 *
 * It knows no run: what a thread says about runs it hands on. I1 A thread's messages are heard before its death is told, all of them. I2
 * Before a thread is ended for not having answered, what it has said is heard: this thread may have been the busy one. I3 A timer of a
 * thread keeps no program alive.
 */
import type { MessagePort, TransferListItem, Worker, WorkerOptions } from "node:worker_threads";
import { workerThreads } from "../builtins.js";
import { ThreadStartError } from "../errors/threads.js";
import { loaderPath } from "../native/index.js";
import type {
  AbortMessage,
  AskMessage,
  AttemptRef,
  CallMessage,
  CarriedMessage,
  FaultMessage,
  LogMessage,
  MainMessage,
  ReturnMessage,
  ThreadData,
  ThreadMessage,
} from "./messages.js";
import { workerFile } from "./worker-file.js";

/** What a thread says about an attempt. */
export type AttemptMessage = LogMessage | AskMessage | CallMessage | CarriedMessage;

/** A module that did not load: it ended its thread, or took longer than it may. */
export interface LoadDeath {
  readonly url: string;
  readonly fault: "exited" | "timeout";
}

/** How a thread ended. */
export interface Death {
  readonly exitCode: number | undefined;
  /** What its code threw, or why it was ended; `undefined` where it ended by itself. */
  readonly cause: unknown;
  /** Whether it had been ready to work. */
  readonly wasReady: boolean;
  /** Whether this side ended it. */
  readonly wasEnded: boolean;
  /** The module that is to blame, if one is. */
  readonly load: LoadDeath | undefined;
}

/** Who a thread belongs to. */
export interface ThreadOwner {
  /** It says something about an attempt. */
  heard(thread: Thread, message: AttemptMessage): void;
  /** One takes work from now on. */
  ready(): void;
  /** There was a fault in the engine on one. */
  faulted(error: Error): void;
  died(thread: Thread, death: Death): void;
}

/** What a thread is made of. */
export interface ThreadParts {
  readonly owner: ThreadOwner;
  readonly name: string;
  readonly poolId: number;
  readonly seat: number;
  readonly generation: number;
  /** What the threads of a pool and this one share: see `ThreadData`. */
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly loadTimeoutMs: number;
  readonly worker: Pick<WorkerOptions, "resourceLimits" | "env" | "execArgv">;
}

/** One thread, from its start to its death. */
export class Thread {
  readonly #parts: ThreadParts;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  /** Attempts that were told to stop and have not acknowledged it: the timers that end their patience. */
  readonly #unheard = new Map<string, NodeJS.Timeout>();
  /** Modules that are being loaded, the latest last. */
  readonly #loading = new Map<string, NodeJS.Timeout>();
  #load: LoadDeath | undefined;
  #cause: unknown;
  #wasEnded = false;
  #isDead = false;
  readonly #exited: Promise<void>;
  isReady = false;

  /** Starts it; it keeps no program alive. Throws a {@link ThreadStartError} where that fails at once. */
  constructor(parts: ThreadParts) {
    this.#parts = parts;
    const { port1, port2 } = new (workerThreads().MessageChannel)();
    this.#port = port1;
    const { poolId, seat, generation, loadTimeoutMs, words, name } = parts;
    // What the thread before it in this seat was answered is no answer to this one, whose calls are numbered anew.
    Atomics.store(words, 1 + seat, 0);
    const data: ThreadData = { poolId, seat, generation, sab: words.buffer, port: port2, loadTimeoutMs, loader: loaderPath };
    const file = workerFile();
    try {
      this.#worker = new (workerThreads().Worker)(file, { ...parts.worker, name, workerData: data, transferList: [port2] });
    } catch (cause) {
      port1.close();
      throw new ThreadStartError(`a thread could not be started: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
    port1.on("message", (message: ThreadMessage) => this.#hear(message));
    port1.on("messageerror", (error) => this.end(error));
    this.#worker.on("error", (error) => {
      this.#cause ??= error;
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", (code) => {
        this.#die(code);
        resolve();
      });
    });
    port1.unref(); // Listening has made it keep the program alive.
    this.unref();
  }

  get seat(): number {
    return this.#parts.seat;
  }

  get generation(): number {
    return this.#parts.generation;
  }

  get name(): string {
    return this.#parts.name;
  }

  /** From now on it keeps the program alive. */
  ref(): void {
    this.#worker.ref();
  }

  /** It keeps the program alive no longer. */
  unref(): void {
    this.#worker.unref();
  }

  /** Says something to it. Throws where the message cannot be cloned. */
  post(message: MainMessage, transfer: readonly TransferListItem[] = []): void {
    if (this.#isDead) return;
    this.#port.postMessage(message, transfer);
    const { words, seat } = this.#parts;
    Atomics.add(words, 1 + (words.length - 1) / 2 + seat, 1);
  }

  /** Answers its call: it waits for this. */
  answer(message: ReturnMessage, transfer: readonly TransferListItem[] = []): void {
    if (this.#isDead) return; // The words may be another thread's by now.
    this.post(message, transfer);
    const { words, seat } = this.#parts;
    Atomics.store(words, 1 + seat, message.id);
    Atomics.notify(words, 1 + seat);
  }

  /**
   * Tells an attempt to stop. Where the thread does not come to hear that within `patienceMs`, and `isAtWork` says that it may be this
   * attempt's code which does not let it, the thread is ended; as long as it is other code, it is waited for.
   */
  abort(message: AbortMessage, patienceMs: number, isAtWork: () => boolean): void {
    if (this.#isDead) return;
    this.post(message);
    const key = keyOf(message);
    const lose = (): void => {
      this.#drain(); // I2
      if (!this.#unheard.has(key)) return;
      if (isAtWork()) this.end(new Error(`it was ended because attempt ${message.attempt} of a task was told to stop and did not`));
      else this.#unheard.set(key, this.#timer(Math.max(1, patienceMs), lose));
    };
    this.#unheard.set(key, this.#timer(patienceMs, lose));
  }

  /** Nobody waits for it any more that an attempt stops: its code has returned. */
  forget(ref: AttemptRef): void {
    this.#settle(this.#unheard, keyOf(ref));
  }

  /** Ends it, also in the middle of a loop. */
  end(cause?: unknown): void {
    if (this.#isDead || this.#wasEnded) return;
    this.#wasEnded = true;
    this.#cause ??= cause;
    void this.#worker.terminate();
  }

  /** Waits until it has ended by itself; ends it where that takes longer than `patienceMs`. */
  async leave(patienceMs: number): Promise<void> {
    if (this.#isDead) return;
    this.ref();
    const timer = setTimeout(() => this.end(), patienceMs);
    await this.#exited;
    clearTimeout(timer);
  }

  #timer(ms: number, ring: () => void): NodeJS.Timeout {
    return setTimeout(ring, ms).unref();
  }

  #settle(timers: Map<string, NodeJS.Timeout>, key: string): void {
    clearTimeout(timers.get(key));
    timers.delete(key);
  }

  #drain(): void {
    const { receiveMessageOnPort } = workerThreads();
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) this.#hear(next.message);
  }

  /** Hears the values it has posted and this thread has not come to yet. What else it has said is heard soon, in order. */
  takeCarried(): void {
    const { receiveMessageOnPort } = workerThreads();
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      const message: ThreadMessage = next.message;
      if (message.type === "carried") this.#hear(message);
      else queueMicrotask(() => this.#hear(message));
    }
  }

  #hear(message: ThreadMessage): void {
    const { owner } = this.#parts;
    switch (message.type) {
      case "ready":
        this.isReady = true;
        owner.ready();
        break;
      case "acknowledged":
        this.#settle(this.#unheard, keyOf(message));
        break;
      case "loading":
        this.#watchLoad(message.url);
        break;
      case "loaded":
        this.#settle(this.#loading, message.url);
        break;
      case "fault":
        owner.faulted(errorOf(message));
        break;
      default:
        owner.heard(this, message);
    }
  }

  #watchLoad(url: string): void {
    const late = (): void => {
      this.#drain(); // I2
      if (!this.#loading.has(url)) return;
      this.#load = { url, fault: "timeout" };
      this.end();
    };
    this.#loading.set(url, this.#timer(this.#parts.loadTimeoutMs, late));
  }

  #die(exitCode: number): void {
    this.#drain(); // I1
    this.#isDead = true;
    for (const timer of this.#unheard.values()) clearTimeout(timer);
    for (const timer of this.#loading.values()) clearTimeout(timer);
    this.#port.close();
    const [url] = [...this.#loading.keys()].reverse();
    if (!this.#wasEnded && this.isReady && url !== undefined) this.#load = { url, fault: "exited" };
    const cause = this.#cause;
    this.#parts.owner.died(this, { exitCode, cause, wasReady: this.isReady, wasEnded: this.#wasEnded, load: this.#load });
  }
}

function errorOf({ message, stack }: FaultMessage): Error {
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

function keyOf({ run, node, attempt }: AttemptRef): string {
  return `${run} ${node} ${attempt}`;
}
