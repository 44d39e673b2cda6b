/** A program on the reference model. */
import { ModelRun } from "./model/run.js";
import type { Lease, RunInput, RunSpec, RunStatus } from "./model/types.js";
import { endingOf, eventLine, type Played, type Program, type Stage } from "./programs.js";

export class ModelStage implements Stage {
  readonly #program: Program;
  readonly #run: ModelRun;
  readonly #been = new Set<string>();
  readonly #order: string[] = [];
  readonly #reasons: Record<string, string> = {};
  #leases: Lease[] = [];
  /** Attempts begun that will return some time, in the order in which they began. */
  readonly #begun: Lease[] = [];
  #now = 0;
  #wakeAt: number | null = null;
  #status: RunStatus | null = null;
  /** The run's events, a line each, nodes by name. */
  readonly log: string[] = [];

  constructor(program: Program) {
    this.#program = program;
    this.#run = new ModelRun(specOf(program));
  }

  async start(cancelFirst: boolean): Promise<void> {
    const start: RunInput = { kind: "start", at: 0 };
    this.#advance(cancelFirst ? [start, { kind: "cancel", at: 0 }] : [start]);
    this.#beginAll();
  }

  async settleFirst(): Promise<boolean> {
    const first = this.#begun.shift();
    if (first === undefined) return false;
    const ending = endingOf(this.#does(first.node), first.attempt);
    this.#advance([
      { kind: "settle", node: first.node, attempt: first.attempt, at: this.#now, outcome: ending === "ok" ? "ok" : "failed" },
    ]);
    this.#beginAll();
    return true;
  }

  async cancel(): Promise<void> {
    this.#advance([{ kind: "cancel", at: this.#now }]);
    this.#beginAll();
  }

  async jump(): Promise<boolean> {
    if (this.#wakeAt === null) return false;
    this.#now = this.#wakeAt;
    this.#advance([]);
    this.#beginAll();
    return true;
  }

  hasBeen(node: string, state: string): boolean {
    return this.#been.has(`${node} ${state}`);
  }

  outcome(): Played | null {
    if (this.#status === null) return null;
    const nodes = Object.fromEntries(this.#program.nodes.map(({ id }, i) => [id, this.#run.states[i] ?? "pending"]));
    return { status: this.#status, nodes, reasons: this.#reasons, order: this.#order };
  }

  /**
   * "All leases of one turn begin, in order"; "'syncFail' throws inside its call, before the next lease begins". A task that returns inside its call
   * frees its slot when the turn is over: "a batch handed out together behaves as if handed out one by one" (DESIGN §4, row "slots").
   */
  #beginAll(): void {
    while (this.#leases.length > 0) {
      const batch: RunInput[] = [];
      for (let lease = this.#leases.shift(); lease !== undefined; lease = this.#leases.shift()) {
        const { node, attempt } = lease;
        const does = this.#does(node);
        const outcome = endingOf(does, attempt);
        this.#order.push(this.#name(node));
        batch.push({ kind: "begin", node, attempt, at: this.#now });
        // A cancel from inside the call comes before what the call returns.
        if (does.endsWith("Cancel")) this.#advance([...batch.splice(0), { kind: "cancel", at: this.#now }]);
        if (does.startsWith("sync"))
          batch.push({ kind: "settle", node, attempt, at: this.#now, outcome: outcome === "ok" ? "ok" : "failed" });
        else if (outcome !== "hang") this.#begun.push(lease);
        if (does === "syncFail") this.#advance(batch.splice(0));
      }
      if (batch.length > 0) this.#advance(batch);
    }
  }

  #advance(inputs: readonly RunInput[]): void {
    const report = this.#run.advance(inputs, this.#now);
    for (const event of report.events) {
      this.log.push(eventLine(event, "node" in event ? this.#name(event.node) : undefined));
      if (event.kind === "nodeReady") this.#been.add(`${this.#name(event.node)} ready`);
      if (event.kind === "nodeStarted") this.#been.add(`${this.#name(event.node)} running`);
      if (event.kind === "attemptFailed") this.#been.add(`${this.#name(event.node)} waiting`);
      if (event.kind === "nodeFailed" || event.kind === "nodeSkipped") this.#reasons[this.#name(event.node)] = event.reason;
      if (event.kind === "runEnded") this.#status = event.status;
    }
    for (const [node, state] of this.#run.states.entries()) this.#been.add(`${this.#name(node)} ${state}`);
    this.#leases = this.#leases.filter((lease) => !report.revoked.some(({ node }) => node === lease.node));
    this.#leases.push(...report.leases);
    this.#wakeAt = report.wakeAt;
  }

  #name(node: number): string {
    return this.#program.nodes[node]?.id ?? `node ${node}`;
  }

  #does(node: number): string {
    return this.#program.nodes[node]?.does ?? "ok";
  }
}

/** "A missing policy or 'options' entry has DESIGN's default." */
function specOf({ nodes, edges, options }: Program): RunSpec {
  const index = new Map(nodes.map(({ id }, i) => [id, i]));
  const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
  return {
    nodeCount: nodes.length,
    edges: edges.map(([from, to]) => [index.get(from) ?? -1, index.get(to) ?? -1]),
    policies: nodes.map(({ policy = {} }) => {
      const retry = policy.retry;
      const values = {
        priority: number(policy.priority),
        cost: number(policy.cost),
        timeoutMs: number(policy.timeoutMs),
        maxAttempts: typeof retry === "object" && retry !== null && "maxAttempts" in retry ? number(retry.maxAttempts) : undefined,
      };
      return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
    }),
    maxWorkers: number(options.maxWorkers) ?? 4,
    failFast: options.failFast !== false,
    graceMs: number(options.graceMs) ?? 1000,
  };
}
