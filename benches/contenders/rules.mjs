/**
 * What the rules of a run cost where every node uses them, and where very many do: the same graph bare and with policies; code that
 * waits; items of a map.
 */
import { DAG, DAGExecutor, map } from "dagny";
import { makeNames, makeShape } from "../_setup.mjs";
import { makeTasks } from "./tasks.mjs";

/** Far longer than any run here: armed, never due. */
const TIMEOUT_MS = 3_600_000;

const POLICIES = {
  Bare: {},
  "With a retry policy": { retry: { maxAttempts: 3, backoff: "exponential", delayMs: 100, jitter: true } },
  "With timeouts": { timeoutMs: TIMEOUT_MS, nodeTimeoutMs: TIMEOUT_MS },
  "With a condition": { condition: () => true },
  "With all three": {
    retry: { maxAttempts: 3, backoff: "exponential", delayMs: 100, jitter: true },
    timeoutMs: TIMEOUT_MS,
    condition: () => true,
  },
};

function withTasks({ shape, n, kind }, options) {
  const columns = makeShape(shape, n);
  const names = makeNames(n);
  const tasks = makeTasks(kind, columns, names);
  const needs = names.map(() => []);
  for (let e = 0; e < columns.from.length; e++) needs[columns.to[e]].push(names[columns.from[e]]);
  const builder = DAG.builder();
  for (let i = 0; i < names.length; i++) builder.task(names[i], needs[i], tasks[i], options);
  return builder.build();
}

const counted = (result) => (result.status === "completed" ? result.succeeded : -1);

const withPolicy = Object.fromEntries(
  Object.entries(POLICIES).map(([name, options]) => [
    name,
    {
      prepare: (input) => ({ dag: withTasks(input, options) }),
      works: { run: { run: ({ dag }) => new DAGExecutor(dag).execute(), check: counted } },
    },
  ]),
);

/** Every node sleeps until all do: n waits are open at once. */
const sleeper = {
  prepare({ n }) {
    const names = makeNames(n);
    const dag = DAG.builder().addNodes(names).build();
    return { dag };
  },
  works: {
    run: { run: ({ dag }) => new DAGExecutor(dag, 4).execute((_, ctx) => ctx.sleep(1)), check: counted },
  },
};

/** Every node waits for a signal of its own, which comes when all wait. */
const waiter = {
  prepare: sleeper.prepare,
  works: {
    run: {
      async run({ dag }) {
        const run = new DAGExecutor(dag, 4).start((_, ctx) => ctx.waitFor("go"));
        let open = 0;
        for await (const event of run.events) {
          if (event.type !== "waitOpened") continue;
          if (++open === dag.nodeCount) break;
        }
        for (let i = 0; i < open; i++) run.signal("go", i);
        return run.result;
      },
      check: counted,
    },
  },
};

const mapper = {
  prepare({ n }) {
    const items = Array.from({ length: n }, (_, i) => i);
    const dag = DAG.builder()
      .task("all", map({ over: () => items, each: (item) => item + 1 }))
      .build();
    return { dag };
  },
  works: { run: { run: ({ dag }) => new DAGExecutor(dag, 4).execute(), check: (result) => result.nodeResults.all.result?.length ?? -1 } },
};

/** The same function called for each item by hand, in a loop that awaits nothing: what the machine needs. */
const loop = {
  prepare({ n }) {
    const items = Array.from({ length: n }, (_, i) => i);
    return { items, each: (item) => item + 1 };
  },
  works: {
    run: {
      run({ items, each }) {
        const results = new Array(items.length);
        for (let i = 0; i < items.length; i++) results[i] = each(items[i]);
        return results;
      },
      check: (results) => results.length,
    },
  },
};

/** @type {Record<string, { prepare: Function, works: Record<string, { run: Function, check?: Function }> }>} */
export const contenders = { ...withPolicy, "Code that sleeps": sleeper, "Code that waits": waiter, "A map": mapper, "A loop": loop };
