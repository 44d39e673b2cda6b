/**
 * One process with many worker threads at once; it ends by itself with status 0, or has a fault.
 *
 *   node process.mjs <mode> <workers>
 *
 * Modes: `shared` the main thread uses the addon too, `alone` only workers load it, `terminate` all workers are terminated in the
 * middle of their work, `exit` the process exits in the middle of theirs.
 */
import { Worker } from "node:worker_threads";

const [mode, workerCount] = [process.argv[2], Number(process.argv[3])];
const endless = mode === "terminate" || mode === "exit";

const answers = new Set();
const workers = Array.from({ length: workerCount }, () => {
  const worker = new Worker(new URL("./worker.mjs", import.meta.url), { workerData: { endless } });
  const ended = new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", (code) => (code === 0 || endless ? resolve() : reject(new Error(`a worker ended with ${code}`))));
  });
  return { worker, ended, answer: nextMessage(worker) };
});

if (mode === "shared") answers.add((await import("./graph.mjs")).sortedGraph());
for (const answer of await Promise.all(workers.map(({ answer }) => answer))) answers.add(answer);
if (answers.size !== 1) throw new Error(`the threads disagree: ${[...answers].join()}`);

if (endless) {
  await Promise.all(
    workers.map(({ worker }) => {
      worker.postMessage("go on");
      return nextMessage(worker);
    }),
  );
  if (mode === "exit") process.exit(0);
  for (const { worker } of workers) worker.terminate();
}
await Promise.all(workers.map(({ ended }) => ended));
if (mode === "terminate" && !answers.has((await import("./graph.mjs")).sortedGraph())) throw new Error("the addon no longer works");

function nextMessage(worker) {
  return new Promise((resolve) => worker.once("message", resolve));
}
