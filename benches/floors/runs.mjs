/**
 * The floors for runs: loops over typed arrays that call every task in an order the edges allow.
 *
 * - *bare*: nothing is kept.
 * - *timed*: reads `performance.now()` before and after each task into two arrays.
 * - *record*: also keeps an object `{ status, result, startedAt, durationMs }` per task in a Map by name.
 *
 * The sync floors call one task after the other. The async floors run `workers` lanes; a lane takes the next ready task, awaits
 * it, counts down its downstreams and goes on, and tasks that become ready start the lanes that stopped for want of work: no
 * closure and no promise per task beside the task's own. They check nothing, cannot be cancelled and stop at the first throw.
 */
import { inDegrees } from "./graph.mjs";

/** @typedef {import("./graph.mjs").FloorGraph} FloorGraph */

/** Roots into the queue; the shared start of every floor. */
function begin(graph) {
  const left = inDegrees(graph);
  const queue = new Uint32Array(graph.n);
  let tail = 0;
  for (let i = 0; i < graph.n; i++) if (left[i] === 0) queue[tail++] = i;
  return { left, queue, tail };
}

/** Sync, nothing kept. Answers how many tasks ran. */
export function bareSync(graph, tasks) {
  const { outStart, out } = graph;
  const { left, queue, tail: roots } = begin(graph);
  let tail = roots;
  for (let head = 0; head < tail; head++) {
    const u = queue[head];
    tasks[u]();
    for (let e = outStart[u], end = outStart[u + 1]; e < end; e++) if (--left[out[e]] === 0) queue[tail++] = out[e];
  }
  return tail;
}

/** Sync, start and duration of each task in arrays. */
export function timedSync(graph, tasks) {
  const { n, outStart, out } = graph;
  const { left, queue, tail: roots } = begin(graph);
  const startedAt = new Float64Array(n);
  const durationMs = new Float64Array(n);
  let tail = roots;
  for (let head = 0; head < tail; head++) {
    const u = queue[head];
    const start = performance.now();
    tasks[u]();
    durationMs[u] = performance.now() - start;
    startedAt[u] = start;
    for (let e = outStart[u], end = outStart[u + 1]; e < end; e++) if (--left[out[e]] === 0) queue[tail++] = out[e];
  }
  return { count: tail, startedAt, durationMs };
}

/** Sync, a record object per task. */
export function recordSync(graph, tasks) {
  const { names, outStart, out } = graph;
  const { left, queue, tail: roots } = begin(graph);
  const records = new Map();
  let tail = roots;
  for (let head = 0; head < tail; head++) {
    const u = queue[head];
    const startedAt = performance.now();
    const result = tasks[u]();
    records.set(names[u], { status: "completed", result, startedAt, durationMs: performance.now() - startedAt });
    for (let e = outStart[u], end = outStart[u + 1]; e < end; e++) if (--left[out[e]] === 0) queue[tail++] = out[e];
  }
  return { count: tail, records };
}

/** Async, nothing kept. */
export function bareAsync(graph, tasks, workers) {
  const { outStart, out } = graph;
  const { left, queue, tail: roots } = begin(graph);
  let tail = roots;
  let head = 0;
  let lanes = 0;
  return new Promise((resolve, reject) => {
    async function lane() {
      while (head < tail) {
        const u = queue[head++];
        await tasks[u]();
        for (let e = outStart[u], end = outStart[u + 1]; e < end; e++) if (--left[out[e]] === 0) queue[tail++] = out[e];
        while (lanes < workers && tail - head > 1) start();
      }
      if (--lanes === 0) resolve(tail);
    }
    function start() {
      lanes++;
      lane().catch(reject);
    }
    while (lanes < workers && head < tail) start();
  });
}

/** Async, start and duration of each task in arrays. */
export function timedAsync(graph, tasks, workers) {
  const { n, outStart, out } = graph;
  const { left, queue, tail: roots } = begin(graph);
  const startedAt = new Float64Array(n);
  const durationMs = new Float64Array(n);
  let tail = roots;
  let head = 0;
  let lanes = 0;
  return new Promise((resolve, reject) => {
    async function lane() {
      while (head < tail) {
        const u = queue[head++];
        const now = performance.now();
        await tasks[u]();
        durationMs[u] = performance.now() - now;
        startedAt[u] = now;
        for (let e = outStart[u], end = outStart[u + 1]; e < end; e++) if (--left[out[e]] === 0) queue[tail++] = out[e];
        while (lanes < workers && tail - head > 1) start();
      }
      if (--lanes === 0) resolve({ count: tail, startedAt, durationMs });
    }
    function start() {
      lanes++;
      lane().catch(reject);
    }
    while (lanes < workers && head < tail) start();
  });
}

/** Async, a record object per task. */
export function recordAsync(graph, tasks, workers) {
  const { names, outStart, out } = graph;
  const { left, queue, tail: roots } = begin(graph);
  const records = new Map();
  let tail = roots;
  let head = 0;
  let lanes = 0;
  return new Promise((resolve, reject) => {
    async function lane() {
      while (head < tail) {
        const u = queue[head++];
        const startedAt = performance.now();
        const result = await tasks[u]();
        records.set(names[u], { status: "completed", result, startedAt, durationMs: performance.now() - startedAt });
        for (let e = outStart[u], end = outStart[u + 1]; e < end; e++) if (--left[out[e]] === 0) queue[tail++] = out[e];
        while (lanes < workers && tail - head > 1) start();
      }
      if (--lanes === 0) resolve({ count: tail, records });
    }
    function start() {
      lanes++;
      lane().catch(reject);
    }
    while (lanes < workers && head < tail) start();
  });
}
