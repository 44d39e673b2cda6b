/**
 * The floor for threads: raw `worker_threads` that are sent batches of calls by `postMessage`, and nothing else. No graph, no report, no errors.
 *
 * Each thread has two batches at a time, so that it has the next one when it ends the first.
 */
import { Worker } from "node:worker_threads";

const script = `
  const { parentPort, workerData } = require("node:worker_threads");
  import(workerData.module).then((tasks) => {
    parentPort.on("message", ({ name, count, value, isMoved }) => {
      let last;
      for (let i = 0; i < count; i++) last = tasks[name]({ value });
      parentPort.postMessage({ count, last }, isMoved ? [last] : []);
    });
    parentPort.postMessage({ count: 0 });
  });
`;

/** Threads that have loaded the module. */
export class RawThreads {
  #workers = [];

  static async start(count, module) {
    const threads = new RawThreads();
    for (let i = 0; i < count; i++) {
      const worker = new Worker(script, { eval: true, workerData: { module } });
      await new Promise((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
      });
      worker.unref();
      threads.#workers.push(worker);
    }
    return threads;
  }

  /** Calls `name` so often, in batches. Answers how many calls came back. */
  run(name, total, batch) {
    return new Promise((resolve) => {
      let sent = 0;
      let back = 0;
      const send = (worker) => {
        const count = Math.min(batch, total - sent);
        if (count === 0) return;
        sent += count;
        worker.postMessage({ name, count });
      };
      for (const worker of this.#workers) {
        worker.removeAllListeners("message");
        worker.on("message", ({ count }) => {
          back += count;
          if (back === total) resolve(back);
          else send(worker);
        });
      }
      for (let i = 0; i < 2; i++) for (const worker of this.#workers) send(worker);
    });
  }

  /** So many round trips one after the other, each with what the one before answered. `isMoved`: buffers are transferred. */
  async roundTrips(name, times, value, isMoved = false) {
    const [worker] = this.#workers;
    worker.removeAllListeners("message");
    let answer = value;
    for (let i = 0; i < times; i++) {
      answer = await new Promise((resolve) => {
        worker.once("message", ({ last }) => resolve(last));
        worker.postMessage({ name, count: 1, value: answer, isMoved }, isMoved ? [answer] : []);
      });
    }
    return answer;
  }
}
