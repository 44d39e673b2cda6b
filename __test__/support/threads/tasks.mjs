/** Small tasks that threads import, each good for one kind of test. */
import { DAG, DAGExecutor, ThreadPool, task } from "dagny";

/** One more than the sum of what the upstreams gave. */
export function count(inputs) {
  return 1 + Object.values(inputs).reduce((sum, value) => sum + value, 0);
}

/** The same, a turn of the event loop later. */
export async function countLater(inputs) {
  await new Promise(setImmediate);
  return count(inputs);
}

/** The same, after the attempt was parked. */
export async function countAfterSleep(inputs, context) {
  await context.sleep(1);
  return count(inputs);
}

/** Waits for a signal that somebody has to give. */
export async function countAfterGo(inputs, context) {
  await context.waitFor("go");
  return count(inputs);
}

/** Asks the main thread for something, and waits for it, in the middle of its call. */
export function countWithState(inputs, context) {
  for (;;) {
    const { value = 0, version = 0 } = context.state.get("calls") ?? {};
    try {
      context.state.set("calls", value + 1, { ifVersion: version });
      break;
    } catch (error) {
      if (error.code !== "STATE_CONFLICT") throw error;
    }
  }
  context.log(`${context.name} in ${context.path.join("/")}`);
  return count(inputs);
}

/** Computes for so many microseconds. */
export function spinFor(us) {
  const end = performance.now() + us / 1000;
  while (performance.now() < end);
}

/** Computes for a while, and says which attempt it was. */
export function computed(_inputs, { attempt }) {
  spinFor(200);
  return attempt;
}

/** An item of a map, doubled. */
export async function double(item) {
  await undefined;
  return 2 * item;
}

/** Adds a threaded node after itself, and one after that. */
export async function grow(inputs, context) {
  const more = [1, 2].map((i) => `${context.name}+${i}`);
  context.addNodes(more.map((name) => ({ name, task: task.module(import.meta.url, "count"), on: "thread" })));
  context.addEdges([
    [context.name, more[0]],
    [more[0], more[1]],
  ]);
  return count(inputs);
}

/** Runs a graph of its own, inline on its thread. */
export async function runInside(inputs) {
  const dag = DAG.builder()
    .task("a", () => 1)
    .task("b", ["a"], ({ a }) => a + 1)
    .build();
  const { nodeResults } = await new DAGExecutor(dag, 1).execute();
  return count(inputs) + (nodeResults.b.result === 2 ? 0 : 100);
}

/** Runs a graph of its own on threads of its own. */
export async function runThreadsInside(inputs) {
  const pool = new ThreadPool({ threads: 1 });
  const dag = DAG.builder()
    .task("a", task.module(import.meta.url, "count"))
    .build();
  const { nodeResults } = await new DAGExecutor(dag, { on: "thread", pool }).execute();
  await pool.close();
  return count(inputs) + (nodeResults.a.result === 1 ? 0 : 100);
}
