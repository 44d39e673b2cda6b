/** A program on the public executor: tasks settle when the conductor says, and time is simulated. */
import { DAG, DAGExecutor, type ExecutorOptions, type RunEvent, type RunHandle } from "../../src/index.js";
import { clockOption } from "../../src/run/options.js";
import { callTimeOf, endingOf, eventLine, outputOf, type Played, type Program, type ProgramNode, type Stage } from "./programs.js";
import { SimulatedClock } from "./simulated-clock.js";

/** The state that each event puts its node into. */
const entered: Readonly<Record<string, string>> = {
  nodeReady: "ready",
  nodeStarted: "running",
  attemptFailed: "waiting",
  nodeCompleted: "completed",
  nodeFailed: "failed",
  nodeSkipped: "skipped",
  nodeCancelled: "cancelled",
};

export class ExecutorStage implements Stage {
  readonly #program: Program;
  readonly #clock = new SimulatedClock();
  readonly #been = new Set<string>();
  readonly #order: string[] = [];
  readonly #inputs: Record<string, unknown[]> = {};
  /** What settles each attempt begun that ever will, in the order in which they began. */
  readonly #begun: (() => void)[] = [];
  #handle: RunHandle | undefined;
  /** The run's events, a line each. */
  readonly log: string[] = [];
  #played: Played | null = null;

  constructor(program: Program) {
    this.#program = program;
  }

  async start(cancelFirst: boolean): Promise<void> {
    const { nodes, edges, options } = this.#program;
    const builder = DAG.builder();
    for (const { id, policy = {} } of nodes) builder.addNode(id, policyOf(policy));
    for (const [from, to] of edges) builder.addEdge(from, to);
    const tasks = Object.fromEntries(nodes.map((node) => [node.id, (inputs: object) => this.#begin(node, inputs)]));
    const dag: DAG = builder.build();
    const executorOptions: ExecutorOptions & { [clockOption]: SimulatedClock } = { maxWorkers: 4, ...options, [clockOption]: this.#clock };
    this.#handle = new DAGExecutor(dag, executorOptions).start(tasks, { onEvent: (event) => this.#hear(event) });
    if (cancelFirst) this.#handle.cancel();
    void this.#handle.result.then((result) => {
      const states = nodes.map(({ id }) => [id, result.get(id).status] as const);
      const reasons = nodes.flatMap(({ id }) => {
        const { reason } = result.get(id);
        return reason === undefined ? [] : [[id, reason] as const];
      });
      this.#played = {
        status: result.status,
        nodes: Object.fromEntries(states),
        reasons: Object.fromEntries(reasons),
        order: this.#order,
        inputs: this.#inputs,
        outputs: Object.fromEntries(nodes.map(({ id }) => [id, result.get(id).result])),
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

  async cancel(): Promise<void> {
    this.#handle?.cancel();
    await this.#clock.settle();
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

  #begin(node: ProgramNode, inputs: object): unknown {
    this.#order.push(node.id);
    const before = this.#inputs[node.id] ?? [];
    this.#inputs[node.id] = [...before, withoutUndefined(inputs)];
    if (node.does === "syncFail") throw new Error(`${node.id} failed in its call`);
    if (node.does.endsWith("Cancel")) this.#handle?.cancel();
    this.#clock.pass(callTimeOf(node.does));
    if (/^sync(Ok|Cancel|Slow)/.test(node.does)) return outputOf(node);
    const attempt = this.#order.filter((id) => id === node.id).length;
    const ending = endingOf(node.does, attempt);
    return new Promise((resolve, reject) => {
      if (ending === "ok") this.#begun.push(() => resolve(outputOf(node)));
      if (ending === "failed") this.#begun.push(() => reject(new Error(`${node.id} failed`)));
    });
  }

  #hear(event: RunEvent): void {
    if (!("timeMs" in event)) throw new Error(`the host has something to say: ${event.type}`);
    const outcome = event.type === "lateOutcome" ? { outcome: event.outcome === "succeeded" ? "ok" : "failed" } : {};
    const { type: kind, timeMs, ...rest } = { ...event, ...outcome };
    this.log.push(eventLine({ ...rest, kind, at: Math.round(timeMs * 1000) }, "node" in event ? event.node : undefined));
    const state = entered[event.type];
    if (state !== undefined && "node" in event) this.#been.add(`${event.node} ${state}`);
  }
}

/** "Keys with undefined are left out." */
function withoutUndefined(inputs: object): object {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== undefined));
}

/** A program's policy in the names of the public options. */
function policyOf(policy: NonNullable<ProgramNode["policy"]>): object {
  const { priority, cost, timeoutMs, retry } = policy;
  const maxAttempts =
    typeof retry === "object" && retry !== null && "maxAttempts" in retry ? { retry: { maxAttempts: retry.maxAttempts } } : {};
  return Object.fromEntries(Object.entries({ priority, cost, timeoutMs, ...maxAttempts }).filter(([, value]) => value !== undefined));
}
