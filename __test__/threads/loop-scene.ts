/** A loop and a scheduler in memory, with a port between the loop and the test. */
import { serialize } from "node:v8";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { AnyTask } from "../../src/flow/lowered.js";
import type { ModuleRef } from "../../src/flow/module-ref.js";
import { register } from "../../src/flow/task-registry.js";
import { Codec } from "../../src/threads/codec.js";
import type { DescribedFunction, MainMessage, RunDescription, ThreadMessage } from "../../src/threads/messages.js";
import { Loop } from "../../src/threads/worker/loop.js";
import { MainLine } from "../../src/threads/worker/main-line.js";
import { Seat } from "../../src/threads/worker/seat.js";
import { type FakeLease, FakeSeat } from "./fake-seat.js";

/** A module that exports nothing; what it "defines" is registered here. */
let moduleCount = 0;

export interface Scene {
  readonly fake: FakeSeat;
  readonly loop: Loop;
  readonly words: Int32Array;
  /** What the thread has said. */
  readonly messages: ThreadMessage[];
  /** Settles when the thread ends; rejects on a fault. */
  readonly ended: Promise<void>;
  /** Resolves when all that was said until now has arrived. */
  heard(): Promise<void>;
  say(message: MainMessage): void;
  /** Has a run described whose functions are these. */
  describe(run: number, tasks: readonly AnyTask[], more?: Partial<RunDescription>): void;
  /** Queues leases of attempt 1. */
  queue(run: number, fns: readonly number[], flags?: number, firstNode?: number): void;
}

const ports: MessagePort[] = [];

/** Closes what scenes have opened. */
export function closeScenes(): void {
  for (const port of ports.splice(0)) port.close();
}

/** A scene whose thread reads this clock. */
export function scene(clock: () => number = () => performance.now()): Scene {
  const fake = new FakeSeat();
  const words = new Int32Array(new SharedArrayBuffer(4 * 3));
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const messages: ThreadMessage[] = [];
  let last: () => void = () => {};
  port1.on("message", (message: ThreadMessage | "last") => {
    if (message === "last") last();
    else messages.push(message);
  });
  let stop: () => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    stop = resolve;
    fail = reject;
  });
  const seat = new Seat(fake);
  const loop = new Loop({
    seat,
    words,
    now: clock,
    connect: (handler) => new MainLine(port2, words, 0, handler),
    onStop: stop,
    onFault: fail,
  });
  return {
    fake,
    loop,
    words,
    messages,
    ended,
    heard: () =>
      new Promise((resolve) => {
        last = resolve;
        port2.postMessage("last");
      }),
    say: (message) => {
      port1.postMessage(message);
      Atomics.add(words, 2, 1);
    },
    describe: (run, tasks, more = {}) => {
      const url = `data:text/javascript,${moduleCount++}`;
      const fns: DescribedFunction[] = tasks.map((_, i): ModuleRef => ({ url, exportName: `f${i}`, isDefined: true }));
      register(
        url,
        tasks.map((task, i) => [`f${i}`, task] as const),
      );
      fake.descriptions.set(run, serialize({ runId: "r", fns, names: undefined, keep: "all", ...more } satisfies RunDescription));
    },
    queue: (run, fns, flags = 2, firstNode = 0) => {
      fake.queue.push(...fns.map((fn, i): FakeLease => ({ run, node: firstNode + i, attempt: 1, fn, flags })));
    },
  };
}

/** Lets the thread run until it ends, and what it has said arrive. */
export async function ran({ loop, ended, heard }: Scene): Promise<void> {
  loop.wake();
  await ended;
  await heard();
}

/** A value as bytes. */
export function encoded(value: unknown): Uint8Array {
  const codec = new Codec();
  codec.encodeBytes(value);
  return Uint8Array.from(codec.bytes);
}

/** What was thrown, as bytes. */
export function thrown(error: unknown): Uint8Array {
  return Uint8Array.from(new Codec().encodeThrown(error));
}

/** A clock whose every reading is later than the one before. */
export function stepping(ms: number): () => number {
  let now = 0;
  return () => (now += ms);
}

/** The pool's word changes, so that nobody sleeps; answers 0. */
export function wordsChange(words: Int32Array): 0 {
  Atomics.add(words, 0, 1);
  return 0;
}
