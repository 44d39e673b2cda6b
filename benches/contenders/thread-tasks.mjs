/**
 * The tasks that the thread benches run: the same module on the main thread, in Dagny's threads, in the peers' and in raw ones.
 *
 * How much a `spin` does is one number for all processes and threads of a row, from the environment: the same iterations everywhere, so that a ratio
 * compares what was scheduled and not two calibrations.
 */
import { readFileSync } from "node:fs";

const { BENCH_SPINS = "0", BENCH_TIMES } = process.env;
const spins = Number(BENCH_SPINS);
/** Run times by node name, in ms. */
const times = BENCH_TIMES === undefined ? {} : JSON.parse(readFileSync(BENCH_TIMES, "utf8"));

/** Does nothing. */
export function noop() {}

/** Computes for about as long as the row says. The compiler cannot leave it out, since it gives the result. */
export function spin() {
  return spinFor(spins);
}

/** So many rounds of xorshift32. */
export function spinFor(rounds) {
  let x = 0x2545f491;
  for (let i = 0; i < rounds; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
  }
  return x;
}

/** Holds its thread for as long as the node of this name took when it was recorded, scaled. */
export function recorded(_inputs, { name }) {
  const end = performance.now() + times[name];
  while (performance.now() < end);
}

/** Gives its value back. */
export function echo({ value }) {
  return value;
}

/** Gives what its one upstream gave. */
export function pass(inputs) {
  for (const name in inputs) return inputs[name];
  return undefined;
}

/** 64 MiB, written once so that the pages are there. */
export function largeBuffer() {
  return new Uint8Array(64 * 2 ** 20).fill(7).buffer;
}

/** An object that takes about 1 KiB when it is encoded. */
export function smallObject() {
  return {
    id: 17,
    name: "a".repeat(200),
    tags: Array.from({ length: 20 }, (_, i) => `tag ${i}`),
    scores: Array.from({ length: 60 }, (_, i) => i / 7),
  };
}

/** Never yields and never ends. */
export function forever() {
  for (;;);
}
