/**
 * One process that runs tasks on threads and ends in the middle, in one way or another.
 *
 *   node exit.mjs <way>
 */
import { DAG, DAGExecutor, ThreadPool, task } from "dagny";

const [way = "normal"] = process.argv.slice(2);
const url = new URL("./tasks.mjs", import.meta.url);

/** Every third task is inline, unless `inline` says no: a task that never yields must not have the main thread. */
function executorOf(count, name, options = {}, inline = true) {
  const builder = DAG.builder();
  for (let i = 0; i < count; i++) builder.task(`n${i}`, task.module(url, name), inline && i % 3 === 2 ? { on: "inline" } : {});
  return new DAGExecutor(builder.build(), { on: "thread", maxWorkers: 64, ...options });
}

const pool = new ThreadPool({ threads: 2 });
const run = executorOf(20_000, "busy", { pool }).start();
const inTheMiddle = () => new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 60));

const ways = {
  /** Everything is used and closed. */
  async normal() {
    await executorOf(200, "later").execute();
    run.cancel();
    await run.result;
    await pool.close();
  },
  /** Nothing is closed: threads that have nothing to do keep no process alive. */
  async unclosed() {
    await executorOf(200, "later").execute();
    run.cancel();
    await run.result;
  },
  async exit() {
    await inTheMiddle();
    process.exit(7);
  },
  /** Before any thread has loaded anything. */
  async early() {
    process.exit(7);
  },
  async uncaught() {
    await inTheMiddle();
    setImmediate(() => {
      throw new Error("on purpose");
    });
    await run.result;
  },
  async rejected() {
    await inTheMiddle();
    void Promise.reject(new Error("on purpose"));
    await run.result;
  },
  async interrupted() {
    process.once("SIGINT", () => process.exit(7));
    await inTheMiddle();
    process.kill(process.pid, "SIGINT");
    await run.result;
  },
  /** While threads that never yield are ended. */
  async killing() {
    void executorOf(10, "spins", { pool: new ThreadPool({ threads: 2 }), timeoutMs: 20 }, false)
      .execute({})
      .catch(() => {});
    await inTheMiddle();
    process.exit(7);
  },
  async closing() {
    await inTheMiddle();
    run.cancel();
    void pool.close();
    process.exit(7);
  },
};

await ways[way]();
