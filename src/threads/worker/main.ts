/**
 * What a thread of a pool runs: takes its seat, tells main that it is ready, works until the pool is closed.
 *
 * It is a bundle of its own (`dist/worker.js`). The native library it loads is main's: by the path that main names, because another copy
 * would share no runs with it.
 */
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks"; // The global one is a getter, which costs as much as the reading.
import { isMainThread, workerData } from "node:worker_threads";
import { borrowErrorClasses } from "../error-classes.js";
import type { ThreadData } from "../messages.js";
import { Loop } from "./loop.js";
import { MainLine } from "./main-line.js";
import { type NativeSeatLike, Seat } from "./seat.js";

/** How long code that a task left behind may keep the thread once it is to end, in milliseconds. */
const lingerMs = 100;

// What a task puts in the place of the globals is none of the thread's.
const { setTimeout } = globalThis;
const exit = process.exit.bind(process);
const now = performance.now.bind(performance);

/** The part of the addon that is used here. */
interface SeatAddon {
  readonly NativeSeat: new (pool: number, seat: number, generation: number, hrOffsetMs: number, onWake: () => void) => NativeSeatLike;
}

function start({ poolId, seat: place, generation, sab, port, loader }: ThreadData): void {
  borrowErrorClasses();
  const { NativeSeat }: SeatAddon = createRequire(import.meta.url)(loader);
  const words = new Int32Array(sab);
  const native = new NativeSeat(poolId, place, generation, hrOffsetMs(), () => loop.wake());
  const end = (): void => {
    native.leave();
    loop.line.close();
    setTimeout(() => exit(), lingerMs).unref();
  };
  const loop = new Loop({
    seat: new Seat(native),
    words,
    now,
    connect: (handler) => new MainLine(port, words, place, handler),
    onStop: end,
    onFault: (error) => {
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      loop.line.post({ type: "fault", message, stack });
      end();
    },
  });
  loop.line.post({ type: "ready" });
  loop.wake();
}

/** What `performance.now()` of this thread is ahead of `process.hrtime`, in milliseconds. */
function hrOffsetMs(): number {
  now(); // The first call is slow.
  const before = process.hrtime.bigint();
  const between = now();
  const after = process.hrtime.bigint();
  return between - Number(before + after) / 2e6;
}

if (!isMainThread) start(workerData as ThreadData);
