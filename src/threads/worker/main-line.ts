/**
 * The thread's end of the port to main: posts, calls that wait for their answer, questions that do not, and what main has to say.
 *
 * I1 Messages are handled in the order in which they came, also those that came while a call waited for its answer. I2 A call blocks the thread
 * in slices, so that a terminated thread ends at once.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { describe } from "../../errors/base.js";
import { InternalError } from "../../errors/internal.js";
import { decode } from "../codec.js";
import type {
  AbortMessage,
  Answer,
  AttemptRef,
  CallMessage,
  Calls,
  CarryMessage,
  MainMessage,
  Question,
  ReturnMessage,
  ThreadMessage,
} from "../messages.js";

// What a task puts in the place of the globals is none of the line's.
const { load, wait } = Atomics;
const { setImmediate } = globalThis;

/** How long the thread waits for an answer before it looks again, in milliseconds. */
const waitMs = 50;

/** What is done with what main says by itself. */
export interface MailHandler {
  aborted(message: AbortMessage): void;
  carried(message: CarryMessage): void;
}

interface OpenQuestion {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/** One thread's line to main. */
export class MainLine {
  readonly #port: MessagePort;
  readonly #words: Int32Array;
  /** Which word answers to calls are told by, and which counts main's posts. */
  readonly #answerWord: number;
  readonly #mailWord: number;
  readonly #handler: MailHandler;
  /** What came while a call waited. */
  #kept: MainMessage[] = [];
  readonly #questions = new Map<number, OpenQuestion>();
  #lastId = 0;
  #mail = 0;

  constructor(port: MessagePort, words: Int32Array, seat: number, handler: MailHandler) {
    this.#port = port;
    this.#words = words;
    this.#answerWord = 1 + seat;
    this.#mailWord = 1 + (words.length - 1) / 2 + seat;
    this.#handler = handler;
    this.#lastId = load(words, this.#answerWord); // What the seat's last thread was answered is no answer to this one.
    port.on("message", (message: MainMessage) => {
      this.#handleKept();
      this.#handle(message);
    });
  }

  /** Posts. */
  post(message: ThreadMessage, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, [...transfer]);
  }

  /** Posts a line of a task. Data that cannot be cloned goes as a text about it. */
  log(ref: AttemptRef, message: string, data: unknown): void {
    const line = { type: "log", run: ref.run, node: ref.node, attempt: ref.attempt, message: String(message) } as const;
    try {
      this.post({ ...line, data });
    } catch {
      this.post({ ...line, data: describe(data) });
    }
  }

  /** Calls main, and waits for what it answers. Throws what main throws, and where the arguments cannot be cloned. */
  call<What extends keyof Calls>(ref: AttemptRef, what: What, args: Calls[What]["args"]): Calls[What]["value"] {
    const id = this.#newId();
    // The compiler does not see that `what` and `args` are of one entry.
    this.post({ type: "call", run: ref.run, node: ref.node, attempt: ref.attempt, id, what, args } as CallMessage);
    for (let answer = this.#answerTo(id); ; answer = this.#answerTo(id)) {
      if (answer !== undefined) return valueIn(answer) as Calls[What]["value"];
      const seen = load(this.#words, this.#answerWord);
      if (seen !== id) wait(this.#words, this.#answerWord, seen, waitMs);
    }
  }

  /** The answer to a call, if it has come; keeps what else has. */
  #answerTo(id: number): ReturnMessage | undefined {
    if (load(this.#words, this.#answerWord) !== id) return undefined;
    for (let received = receiveMessageOnPort(this.#port); received !== undefined; received = receiveMessageOnPort(this.#port)) {
      const message: MainMessage = received.message;
      if (message.type !== "return") this.#keep(message);
      else if (message.id === id) return message;
    }
    throw new InternalError(`main has answered call ${id} without an answer`);
  }

  #keep(message: MainMessage): void {
    if (this.#kept.length === 0) setImmediate(() => this.#handleKept());
    this.#kept.push(message);
  }

  /** Asks main; the answer may take for ever. */
  ask(ref: AttemptRef, question: Question): Promise<unknown> {
    const id = this.#newId();
    const answer = new Promise((resolve, reject) => {
      this.post({ type: "ask", run: ref.run, node: ref.node, attempt: ref.attempt, id, ...question });
      this.#questions.set(id, { resolve, reject });
    });
    answer.catch(() => {}); // A wait need not be awaited.
    return answer;
  }

  /** An id that is not 0 and fits the word. */
  #newId(): number {
    this.#lastId = (this.#lastId % 0x7fff_ffff) + 1;
    return this.#lastId;
  }

  /** Takes what main has posted since it was last taken, without the event loop. Costs a read where there is nothing. */
  takeMail(): void {
    const posted = load(this.#words, this.#mailWord);
    if (posted === this.#mail) return;
    this.#mail = posted;
    this.#handleKept();
    for (let received = receiveMessageOnPort(this.#port); received !== undefined; received = receiveMessageOnPort(this.#port)) {
      this.#handle(received.message);
    }
  }

  #handleKept(): void {
    const kept = this.#kept;
    if (kept.length === 0) return;
    this.#kept = [];
    for (const message of kept) this.#handle(message);
  }

  #handle(message: MainMessage): void {
    switch (message.type) {
      case "abort":
        this.#handler.aborted(message);
        break;
      case "carry":
        this.#handler.carried(message);
        break;
      case "answer": {
        const question = this.#questions.get(message.id);
        this.#questions.delete(message.id);
        if (message.isOk) question?.resolve(message.value);
        else question?.reject(decode(message.error));
        break;
      }
      case "return":
        break; // Of a call that has been given up.
    }
  }

  /** Nothing is heard or said any more. */
  close(): void {
    this.#port.close();
  }
}

function valueIn(answer: Answer): unknown {
  if (answer.isOk) return answer.value;
  throw decode(answer.error);
}
