/** One process in which runs panic, and others do not. Prints what became of them as JSON; `panic.test.ts` reads it. */
import { getEventListeners } from "node:events";
import { DAG, DAGExecutor, type RunEvent } from "../../../src/index.js";

/** `PANIC_PROBE_ATTEMPTS` in crates/core/src/run/advance.rs. */
const probe = { retry: 777_777 };

const unhandled: string[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(String(reason)));

const sound: DAG = DAG.builder().addNode("a").addNode("b").addEdge("a", "b").build();
const marked: DAG = DAG.builder().addNode("a").addNode("b", probe).addEdge("a", "b").build();
const pair: DAG = DAG.builder().addNode("a").addNode("b", probe).build();

const turn = (): Promise<unknown> => new Promise(setImmediate);
const slow = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await turn();
};

async function statusOf(dag: DAG, task: () => unknown): Promise<string> {
  return (await new DAGExecutor(dag).execute(task)).status;
}

async function faultOf(dag: DAG, task: () => unknown): Promise<object> {
  try {
    await new DAGExecutor(dag).execute(task);
  } catch (error) {
    const { name, code, message } = error as { name: string; code: string; message: string };
    return { name, code, message: message.includes("the panic probe was touched") ? "the panic probe was touched" : message };
  }
  throw new Error("the probe did not panic");
}

const before = await statusOf(sound, () => 1);
const neighbour = statusOf(sound, slow); // Goes on while the others panic.
const sync = await faultOf(marked, () => 1);
const asynchronous = await faultOf(marked, slow);

// Listened to, with a task that runs and a signal: all of it is told and taken back.
const events: string[] = [];
const controller = new AbortController();
let toldToStop: unknown;
const executor = new DAGExecutor(pair, 2);
const handle = executor.start(
  ((_: object, { name, signal }: { name: string; signal: AbortSignal }) => {
    if (name === "a") signal.addEventListener("abort", () => (toldToStop = (signal.reason as { code?: unknown }).code));
    return slow().then(() => Promise.reject(new Error("late")));
  }) as never,
  { signal: controller.signal, onEvent: ({ type }) => events.push(type) },
);
const error = await handle.result.then(String, (fault: { code?: unknown }) => fault.code);
const after: RunEvent[] = [];
for await (const event of handle.events) after.push(event);
handle.cancel();

const lone: DAG = DAG.builder().addNode("a", probe).build();
const sameExecutor = new DAGExecutor(lone, 1);
const soundExecutor = new DAGExecutor(sound, 1);
const settled = await Promise.allSettled([sameExecutor.execute(slow), soundExecutor.execute(slow), sameExecutor.execute(() => 1)]);

const report = {
  before,
  sync,
  async: asynchronous,
  listened: { error, events, after },
  toldToStop,
  listenersLeft: getEventListeners(controller.signal, "abort").length,
  neighbour: await neighbour,
  sameExecutor: settled.map(({ status }) => status),
  after: await statusOf(sound, slow),
  unhandled,
};
for (let i = 0; i < 50; i++) await turn(); // Late rejections come now.
console.log(JSON.stringify(report));
