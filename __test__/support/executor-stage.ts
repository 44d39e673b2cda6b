/** A program on the public executor: tasks settle when the conductor says, and time is simulated. */
import {
  approval,
  DAG,
  DAGExecutor,
  DagnyError,
  type EventListener,
  type ExecutorOptions,
  loop,
  map,
  type RunEvent,
  type RunHandle,
  type RunOptions,
  type RunResult,
  subDag,
  type TaskContext,
  type TaskDefinition,
  type TaskFunction,
} from "../../src/index.js";
import { clockOption } from "../../src/run/options.js";
import {
  callTimeOf,
  endingOf,
  eventLine,
  outputOf,
  type Played,
  type Program,
  type ProgramCommand,
  type ProgramEdge,
  type ProgramFlow,
  type ProgramNode,
  Refused,
  type Stage,
} from "./programs.js";
import { SimulatedClock } from "./simulated-clock.js";

/** The state that each event puts its node into. */
const entered: Readonly<Record<string, string>> = {
  nodeReady: "ready",
  nodeStarted: "running",
  nodeResumed: "running",
  attemptFailed: "waiting",
  waitOpened: "waiting",
  nodeCompleted: "completed",
  nodeFailed: "failed",
  nodeSkipped: "skipped",
  nodeFiltered: "filtered",
  nodeCancelled: "cancelled",
};

/** Options of a program that are said of a run. */
const runOptions = ["targets", "only", "from", "exclude", "values"] as const;

export class ExecutorStage implements Stage {
  readonly #program: Program;
  readonly #clock = new SimulatedClock();
  readonly #been = new Set<string>();
  readonly #order: string[] = [];
  readonly #inputs: Record<string, unknown[]> = {};
  /** What settles each attempt begun that ever will, in the order in which they began. */
  readonly #begun: (() => void)[] = [];
  #handle: RunHandle | undefined;
  /** When the last command of an idle run was given. */
  #idleAt = 0;
  /** The run's events, a line each. Times count from the last command of an idle run: until then a host may come back too early. */
  readonly log: string[] = [];
  #played: Played | null = null;
  /** The report, once the run has ended. */
  report: RunResult | undefined;
  readonly #listener: EventListener | undefined;

  /** `listener` hears the events as they come. */
  constructor(program: Program, listener?: EventListener) {
    this.#program = program;
    this.#listener = listener;
  }

  async start(cancelFirst: boolean): Promise<void> {
    const { options } = this.#program;
    const given = Object.fromEntries(runOptions.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
    const rest = Object.fromEntries(Object.entries(options).filter(([name]) => !(name in given)));
    const executorOptions: ExecutorOptions & { [clockOption]: SimulatedClock } = { maxWorkers: 4, ...rest, [clockOption]: this.#clock };
    const forRun: RunOptions = { ...given, onEvent: (event) => this.#hear(event) };
    try {
      this.#handle = new DAGExecutor(this.#dagOf(this.#program, ""), executorOptions).start({}, forRun);
    } catch (error) {
      throw error instanceof DagnyError ? new Refused(error.message, { cause: error }) : error;
    }
    if (cancelFirst) this.#handle.cancel();
    void this.#handle.result.then((result) => {
      this.report = result;
      const results = Object.entries(result.nodeResults);
      const of = <Value>(read: (entry: (typeof results)[number][1]) => Value): [string, Value][] =>
        results.map(([name, entry]) => [name, read(entry)]);
      this.#played = {
        status: result.status,
        nodes: Object.fromEntries(of(({ status }) => status)),
        reasons: Object.fromEntries(of(({ reason }) => reason ?? "").filter(([, reason]) => reason !== "")),
        order: this.#order,
        inputs: this.#inputs,
        outputs: Object.fromEntries(of((entry) => entry.result)),
      };
    });
    await this.#clock.settle();
  }

  async settleFirst(): Promise<boolean> {
    const settle = this.#begun.shift();
    if (settle === undefined) return false;
    settle();
    await this.#clock.settle();
    return true;
  }

  async command({ when, do: what, target = "" }: ProgramCommand): Promise<void> {
    if (when === "idle") this.#idleAt = this.#clock.now() * 1000;
    const handle = this.#handle;
    if (handle === undefined) throw new Error("there is no run");
    if (what === "cancel") handle.cancel();
    else if (what === "pause") handle.pause();
    else if (what === "resume") handle.resume();
    else if (what === "signal") handle.signal(target);
    else this.#tell(what, target, handle);
    await this.#clock.settle();
  }

  /** A second answer "is refused or ignored"; of a node that is not in the run nothing can be said. */
  #tell(what: string, target: string, handle: RunHandle): void {
    try {
      if (what === "cancelBranch") handle.cancelNodes(target);
      else if (what === "approve") handle.approve(target);
      else handle.reject(target);
    } catch (error) {
      if (!(error instanceof DagnyError)) throw error;
    }
  }

  async jump(): Promise<boolean> {
    const hasJumped = this.#clock.jump();
    await this.#clock.settle();
    return hasJumped;
  }

  hasBeen(node: string, state: string): boolean {
    return state === "pending" || this.#been.has(`${node} ${state}`);
  }

  outcome(): Played | null {
    return this.#played;
  }

  /** @param prefix what stands before the names of these nodes. */
  #dagOf({ nodes, edges }: ProgramFlow, prefix: string): DAG {
    const builder = DAG.builder();
    for (const node of nodes) builder.task(node.id, this.#taskOf(node, `${prefix}${node.id}`), policyOf(node));
    for (const [from, to, edge] of edges) builder.addEdge(from, to, edgeOf(edge));
    const dag: DAG = builder.build();
    return dag;
  }

  #taskOf(node: ProgramNode, name: string): TaskFunction | TaskDefinition {
    if (node.does === "wait") return approval();
    if (node.does === "subdag") return subDag(this.#dagOf(node.flow ?? { nodes: [], edges: [] }, `${name}/`));
    if (node.does === "loop") {
      const { rounds = 1 } = node;
      const body = this.#dagOf(node.flow ?? { nodes: [], edges: [] }, `${name}/`);
      return loop({ body, until: (_output: unknown, { iteration }) => iteration >= rounds, limit: rounds });
    }
    if (node.does === "map") {
      const { items = [], concurrency, allowFailures, isLazy } = node;
      return map({
        over: () => (isLazy === true ? items.values() : items),
        concurrency,
        allowFailures,
        each: (does: string, context: TaskContext) =>
          this.#begin({ id: String(context.index), does }, `${name}/${context.index}`, {}, context),
      });
    }
    return (inputs: object, context: TaskContext): unknown => this.#begin(node, name, inputs, context);
  }

  #begin(node: ProgramNode, name: string, inputs: object, context: TaskContext): unknown {
    const before = this.#inputs[name] ?? [];
    this.#inputs[name] = [...before, withoutUndefined(inputs)];
    if (node.does === "syncFail") throw new Error(`${name} failed in its call`);
    if (node.does.endsWith("Cancel")) this.#handle?.cancel();
    this.#clock.pass(callTimeOf(node.does));
    if (node.grows !== undefined) this.#grow(node.grows, context);
    if (/^sync(Ok|Cancel|Slow)/.test(node.does)) return outputOf(node);
    const [what, of = ""] = node.does.split(":");
    if (what === "sleeps") return context.sleep(Number(of)).then(() => this.#endOf(node, name, context));
    if (what === "hears") return context.waitFor(of).then(() => this.#endOf(node, name, context));
    return this.#endOf(node, name, context);
  }

  /** Settles when the conductor says. */
  #endOf(node: ProgramNode, name: string, context: TaskContext): Promise<unknown> {
    const ending = endingOf(node.does, context.attempt);
    return new Promise((resolve, reject) => {
      if (ending === "ok") this.#begun.push(() => resolve(outputOf(node)));
      if (ending === "failed") this.#begun.push(() => reject(new Error(`${name} failed`)));
    });
  }

  #grow({ nodes, edges }: ProgramFlow, context: TaskContext): void {
    context.addNodes(nodes.map((node) => ({ ...policyOf(node), name: node.id, task: this.#taskOf(node, node.id) })));
    context.addEdges(edges.map(([from, to, edge]) => [from, to, edgeOf(edge)] as const));
  }

  #hear(event: RunEvent): void {
    this.#listener?.(event);
    if (!("timeMs" in event)) throw new Error(`the host has something to say: ${event.type}`);
    const outcome = event.type === "lateOutcome" ? { outcome: event.outcome === "succeeded" ? "ok" : "failed" } : {};
    const { type: kind, timeMs, ...rest } = { ...event, ...outcome };
    const node = "node" in event ? event.node : undefined;
    this.log.push(eventLine({ ...rest, kind, at: Math.round(timeMs * 1000 - this.#idleAt) }, node));
    if (event.type === "nodeStarted") this.#order.push(event.node);
    const state = entered[event.type];
    if (state !== undefined && node !== undefined) this.#been.add(`${node} ${state}`);
  }
}

/** A program's policy in the names of the public options: predicates become functions. */
export function policyOf({ policy = {} }: ProgramNode): object {
  const { condition, cached, undo, ...rest } = policy;
  return {
    ...rest,
    ...(condition === undefined ? {} : { condition: () => constant(condition) }),
    ...(undo === undefined ? {} : { undo: () => constant(undo === "ok" || "throws") }),
    ...(cached === true ? { cached: () => ({ value: "cached" }) } : {}),
  };
}

/** An edge's predicates as functions. */
export function edgeOf(edge: ProgramEdge = {}): object {
  const { condition, filter } = edge;
  return {
    ...(condition === undefined ? {} : { condition: () => constant(condition) }),
    ...(filter === undefined ? {} : { filter: () => filter !== "none" }),
  };
}

/** "Predicates are constants." */
function constant(value: boolean | "throws"): boolean {
  if (value === "throws") throw new Error("a predicate throws");
  return value;
}

/** "Keys with undefined are left out." */
function withoutUndefined(inputs: object): object {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== undefined));
}
