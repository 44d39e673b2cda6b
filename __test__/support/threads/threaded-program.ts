/** A program on the public executor in real time, its functions on threads, or some of them: what happens is written down, nothing is compared here. */
import {
  approval,
  DAG,
  DAGExecutor,
  DagnyError,
  type ExecutorOptions,
  loop,
  map,
  type RunEvent,
  type RunHandle,
  type RunResult,
  subDag,
  type TaskDefinition,
  type TaskFunction,
  type ThreadPool,
  task,
} from "../../../src/index.js";
import { edgeOf, policyOf } from "../executor-stage.js";
import type { Program, ProgramCommand, ProgramFlow, ProgramNode } from "../programs.js";
import { Watch } from "./watched.js";

/** The module that threads import. */
export const scripted = new URL("./scripted.mjs", import.meta.url);

/** Where the code of a node runs. */
export type Place = "inline" | "thread";

export interface ThreadedRun {
  readonly result: RunResult;
  /** In order. */
  readonly events: readonly RunEvent[];
}

/** How long nothing has to happen before a run counts as idle, in ms. */
const quietMs = 20;

/** Runs a program; `placeOf` says where the code of each node runs, by its name. `null` where the program is refused. */
export async function runOnThreads(program: Program, pool: ThreadPool, placeOf: (name: string) => Place): Promise<ThreadedRun | null> {
  const { targets, only, from, exclude, values, ...options } = program.options;
  const given = Object.fromEntries(Object.entries({ targets, only, from, exclude, values }).filter(([, value]) => value !== undefined));
  const executorOptions: ExecutorOptions = { maxWorkers: 4, ...options, pool };
  const commands = [...(program.commands ?? [])];
  const watch = new Watch();
  const { events } = watch;
  const been = new Set<string>();
  let handle: RunHandle | undefined;
  let lastAt = performance.now();
  const giveDue = (): void => {
    for (;;) {
      const behind = commands.findIndex(({ when }) => when === "idle");
      const due = commands.findIndex(({ when }, i) => when !== "idle" && (behind === -1 || i < behind) && been.has(when));
      if (due === -1 || handle === undefined) return;
      for (const command of commands.splice(due, 1)) give(handle, command);
    }
  };
  const onEvent = (event: RunEvent): void => {
    lastAt = performance.now();
    events.push(event);
    const state = entered[event.type];
    if (state === undefined || !("node" in event)) return;
    been.add(`${event.node} ${state}`);
    // A command from inside a listener is one more thing that may happen at any time.
    giveDue();
  };
  try {
    const params = { grows: growthsOf(program, placeOf) };
    handle = new DAGExecutor(dagOf(program, placeOf), executorOptions).start({}, { ...given, params, onEvent });
  } catch (error) {
    if (error instanceof DagnyError) return null;
    throw error;
  }
  if (commands.some(({ when }) => when === "start")) handle.cancel();
  giveDue();
  const started = handle;
  const timer = setInterval(() => {
    if (performance.now() - lastAt < quietMs) return;
    lastAt = performance.now();
    const behind = commands.findIndex(({ when }) => when === "idle");
    for (const command of behind === -1 ? [] : commands.splice(behind, 1)) give(started, command);
    giveDue();
  }, quietMs / 4);
  try {
    return { result: await watch.resultOf(handle), events };
  } finally {
    clearInterval(timer);
  }
}

/** The state that each event puts its node into, as far as commands wait for it. */
const entered: Readonly<Record<string, string>> = {
  nodeReady: "ready",
  nodeStarted: "running",
  nodeResumed: "running",
  attemptFailed: "waiting",
  waitOpened: "waiting",
  nodeCompleted: "completed",
  nodeFailed: "failed",
  nodeSkipped: "skipped",
  nodeCancelled: "cancelled",
};

/** An answer that comes too late, or is the second, is refused; in a run that has ended, every command is. */
function give(handle: RunHandle, { do: what, target = "" }: ProgramCommand): void {
  try {
    if (what === "cancel") handle.cancel();
    else if (what === "pause") handle.pause();
    else if (what === "resume") handle.resume();
    else if (what === "signal") handle.signal(target);
    else if (what === "cancelBranch") handle.cancelNodes(target);
    else if (what === "approve") handle.approve(target);
    else handle.reject(target);
  } catch (error) {
    if (!(error instanceof DagnyError)) throw error;
  }
}

function dagOf({ nodes, edges }: ProgramFlow, placeOf: (name: string) => Place): DAG {
  const builder = DAG.builder();
  for (const node of nodes) {
    const isCode = !["wait", "subdag", "loop"].includes(node.does);
    builder.task(node.id, taskOf(node, placeOf), { ...policyOf(node), ...(isCode ? { on: placeOf(node.id) } : {}) });
  }
  for (const [from, to, edge] of edges) builder.addEdge(from, to, edgeOf(edge));
  const dag: DAG = builder.build();
  return dag;
}

/** What the code of nodes adds, by node, as plain data that threads can be told. */
function growthsOf({ nodes }: ProgramFlow, placeOf: (name: string) => Place): object {
  return Object.fromEntries(
    nodes.flatMap(({ id, grows }) =>
      grows === undefined ? [] : [[id, { nodes: grows.nodes.map((node) => ({ ...node, on: placeOf(node.id) })), edges: grows.edges }]],
    ),
  );
}

function taskOf(node: ProgramNode, placeOf: (name: string) => Place): TaskFunction | TaskDefinition {
  const { does, flow = { nodes: [], edges: [] }, rounds = 1, items = [], concurrency, allowFailures, isLazy } = node;
  if (does === "wait") return approval();
  if (does === "subdag") return subDag(dagOf(flow, placeOf));
  if (does === "loop") {
    return loop({ body: dagOf(flow, placeOf), until: (_output: unknown, { iteration }) => iteration >= rounds, limit: rounds });
  }
  if (does === "map") {
    return map({
      over: () => (isLazy === true ? items.values() : items),
      concurrency,
      allowFailures,
      each: task.module(scripted, "item"),
    });
  }
  return task.module(scripted, does);
}
