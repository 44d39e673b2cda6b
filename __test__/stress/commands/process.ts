/** A process with a command in it, which ends in the way its argument says. Prints what the test needs to know. */
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { DAG, DAGExecutor, task } from "../../../src/index.js";

const how: unknown = isMainThread ? process.argv[2] : workerData;
const controller = new AbortController();

/** Two processes that listen to nobody and go on for ever; says so when both are there. */
async function forever(whenThere: () => void): Promise<void> {
  const line =
    'trap "" TERM INT HUP; sh -c \'trap "" TERM INT HUP; echo $$; while :; do sleep 1000; done\' & echo $$; while :; do sleep 1000; done';
  const pids: string[] = [];
  const onOutput = (chunk: string): void => {
    pids.push(...chunk.trim().split("\n"));
    if (pids.length < 2) return;
    process.stdout.write(`pids ${pids.join(" ")}\n`);
    whenThere();
  };
  const dag = DAG.builder()
    .task("c", task.command("sh", ["-c", line], { onOutput, killGraceMs: 100 }))
    .build();
  const result = await new DAGExecutor(dag).execute(undefined, { signal: controller.signal });
  process.stdout.write(`${result.status}\n`);
}

const ways: Readonly<Record<string, () => unknown>> = {
  exit: () => forever(() => process.exit(3)),
  throw: () =>
    forever(() => {
      setImmediate(() => {
        throw new Error("uncaught");
      });
    }),
  signal: () => forever(() => undefined),
  listener: () => {
    process.once("SIGINT", () => controller.abort());
    return forever(() => undefined);
  },
  worker: () => {
    if (!isMainThread) return forever(() => undefined);
    // Loaders are not inherited.
    const load = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(import.meta.url)}); })`;
    const worker = new Worker(load, { eval: true, workerData: how, stdout: true });
    worker.stdout.on("data", async (chunk: Buffer) => {
      process.stdout.write(chunk);
      if (chunk.includes("pids")) await worker.terminate();
    });
    return undefined;
  },
  // Nothing else keeps the event loop turning, and nothing does when it is over.
  alone: async () => {
    const dag = DAG.builder()
      .task("c", task.command("sleep", ["0.2"]))
      .build();
    const before = endings.map((event) => process.listenerCount(event));
    const running = new DAGExecutor(dag).execute();
    const { status } = await running;
    const after = endings.map((event) => process.listenerCount(event));
    process.stdout.write(`${status} ${JSON.stringify(after) === JSON.stringify(before)}\n`);
  },
};
const endings = ["exit", "SIGINT", "SIGTERM", "SIGHUP"];

await ways[String(how)]?.();
