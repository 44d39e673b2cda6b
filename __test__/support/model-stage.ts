/** A program on the reference model. */
import { isSettled } from "./model/moves.js";
import { ModelRun } from "./model/run.js";
import { type Growth, newNode } from "./model/spec.js";
import { type Effect, effectsOf, type Lease, ownSignal, type RunInput, type RunStatus, timeKey, type Verdict } from "./model/types.js";
import { type Around, aroundOf, planOf, specOf } from "./program-spec.js";
import {
  endingOf,
  eventLine,
  outputOf,
  type Played,
  type Program,
  type ProgramCommand,
  type ProgramEdge,
  type ProgramFlow,
  type ProgramNode,
  type Stage,
} from "./programs.js";
import { selectedProgram } from "./selected-program.js";

/** What a node of the run is in the program. */
interface Known {
  /** Its name, behind that of the container it stands in. */
  readonly name: string;
  readonly node: ProgramNode;
  readonly container: number | null;
}

export class ModelStage implements Stage {
  readonly #program: Program;
  readonly #pick: (count: number) => number;
  #run: ModelRun | undefined;
  readonly #around: Around;
  readonly #known: Known[] = [];
  readonly #edges = new Map<string, ProgramEdge>();
  readonly #been = new Set<string>();
  readonly #order: string[] = [];
  readonly #reasons: Record<string, string> = {};
  readonly #inputs: Record<string, object[]> = {};
  readonly #outputs = new Map<number, unknown>();
  #leases: Lease[] = [];
  /** What has been asked is answered with the next begins; what that brings is asked and answered too. */
  readonly #answers: RunInput[] = [];
  /** Attempts begun that will return some time, in the order in which they began. */
  readonly #begun: Lease[] = [];
  /** Attempts whose code waits. */
  readonly #parked = new Set<string>();
  /** Attempts whose code waited and was told to stop. */
  readonly #thrown: { readonly node: number; readonly attempt: number }[] = [];
  /** Attempts that go on after a wait. */
  readonly #goingOn: Lease[] = [];
  #now = 0;
  #wakeAt: number | null = null;
  #status: RunStatus | null = null;
  /** Waits that are over: a further attempt is not kept waiting again. */
  readonly #heard = new Set<number>();
  /** How many items each map has been given. */
  readonly #given = new Map<number, number>();
  #isCancelled = false;
  readonly #rounds = new Map<number, number>();
  /** The nodes that were approved or rejected. */
  readonly #answered = new Set<string | undefined>();
  /** When the last command of an idle run was given. */
  #idleAt = 0;
  /** The run's events, a line each, nodes by name. Times count from the last command of an idle run: until then a host may come back too early. */
  readonly log: string[] = [];

  /** @param pick which of so many begun attempts settles next; by the conventions the one that began first. */
  constructor(program: Program, pick: (count: number) => number = () => 0) {
    this.#program = program;
    this.#pick = pick;
    this.#around = aroundOf(program);
  }

  async start(cancelFirst: boolean): Promise<void> {
    const selected = selectedProgram(this.#program);
    this.#run = new ModelRun(specOf(selected));
    this.#know(selected, null);
    const start: RunInput = { kind: "start", at: 0 };
    this.#advance(cancelFirst ? [start, { kind: "cancel", at: 0 }] : [start]);
    this.#beginAll();
  }

  async settleFirst(): Promise<boolean> {
    const [first] = this.#begun.splice(this.#pick(this.#begun.length), 1);
    if (first === undefined) return false;
    this.#advance([this.#settled(first)]);
    this.#beginAll();
    return true;
  }

  async command(command: ProgramCommand): Promise<void> {
    if (command.when === "idle") this.#idleAt = this.#now;
    const isAnswer = command.do === "approve" || command.do === "reject";
    // A second answer "is refused or ignored", and so is one that comes too late.
    const isAbsent = command.target !== undefined && command.do !== "signal" && this.#idOf(command.target) === -1;
    const isIgnored = isAbsent || (isAnswer && (this.#answered.has(command.target) || this.#hasSettled(command.target)));
    if (!isIgnored) this.#advance([this.#inputOf(command)]);
    if (isAnswer) this.#answered.add(command.target);
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
    const states = this.#run?.states ?? [];
    const nodes = this.#known.flatMap(({ name, container }, id) => (container === null ? [[name, states[id] ?? "pending"] as const] : []));
    return {
      status: this.#status,
      nodes: Object.fromEntries(nodes),
      reasons: this.#reasons,
      order: this.#order,
      inputs: this.#inputs,
      outputs: Object.fromEntries(
        nodes.map(([name, state]) => [name, state === "completed" ? this.#outputs.get(this.#idOf(name)) : undefined]),
      ),
    };
  }

  #inputOf({ do: what, target }: ProgramCommand): RunInput {
    const at = this.#now;
    const node = this.#idOf(target ?? "");
    if (what === "cancel" || what === "pause" || what === "resume") return { kind: what, at };
    if (what === "cancelBranch") return { kind: "cancelNodes", nodes: [node], at };
    if (what === "signal") {
      return { kind: "signal", name: signals.indexOf(target ?? ""), node: null, payload: 0, isRejection: false, at };
    }
    if (what !== "approve" && what !== "reject") throw new Error(`no command is called ${what}`);
    return { kind: "signal", name: ownSignal + node, node, payload: 0, isRejection: what === "reject", at };
  }

  /**
   * "All leases of one turn begin, in order"; "'syncFail' throws inside its call, before the next lease begins". A task that returns inside its call
   * frees its slot when the turn is over: "a batch handed out together behaves as if handed out one by one" (DESIGN §4, row "slots").
   */
  #beginAll(): void {
    const batch: RunInput[] = [];
    while (this.#leases.length + this.#answers.length + this.#thrown.length + batch.length > 0) {
      // The answers of a turn cross together; before anything else is called, if one of them may stop the run.
      batch.push(...this.#answers.splice(0));
      const lease = batch.some(isUrgent) ? undefined : this.#leases.shift();
      if (lease === undefined) {
        this.#advance(batch.splice(0));
        // What goes on after a wait does so when the calls of the turn are over; a wait that is told to stop throws.
        if (this.#leases.length + this.#answers.length > 0) continue;
        this.#begun.push(...this.#goingOn.splice(0));
        const thrown = this.#thrown.shift();
        if (thrown !== undefined) batch.push({ kind: "settle", ...thrown, outcome: "failed", at: this.#now });
        continue;
      }
      const { node, attempt } = lease;
      const { does, grows } = this.#knownNode(node).node;
      batch.push({ kind: "begin", node, attempt, at: this.#now });
      // A cancel from inside the call comes before what the call returns; a second one is not passed on.
      if (does.endsWith("Cancel") && !this.#isCancelled) this.#advance([...batch.splice(0), { kind: "cancel", at: this.#now }]);
      const isCalled = !this.#parked.has(`${node}#${attempt}`);
      if (isCalled && grows !== undefined && this.#run?.refusalOf(node, this.#growthOf(grows)) !== null) {
        // "Checked when asked": what is wrong is thrown inside the call.
        this.#advance([...batch.splice(0), { kind: "settle", node, attempt, at: this.#now, outcome: "failed" }]);
      } else if (does.startsWith("sync")) batch.push(this.#settled(lease));
      else if (waitOf(does) !== null) this.#beginWaiting(lease, batch);
      else if (endingOf(does, attempt) !== "hang") this.#begun.push(lease);
      if (does === "syncFail") this.#advance(batch.splice(0));
    }
    this.#begun.push(...this.#goingOn.splice(0));
  }

  /** Code that waits in its call, or goes on because it has heard what it waited for. */
  #beginWaiting({ node, attempt, lane }: Lease, batch: RunInput[]): void {
    const wait = waitOf(this.#knownNode(node).node.does);
    if (wait === null) return;
    if (this.#heard.has(node)) {
      this.#goingOn.push({ node, attempt, lane });
      this.#parked.delete(`${node}#${attempt}`);
      return;
    }
    this.#parked.add(`${node}#${attempt}`);
    if (wait.signal === undefined) {
      batch.push({ kind: "wait", node, attempt, key: timeKey, what: { for: "time", us: wait.ms * 1000 }, at: this.#now });
    } else {
      batch.push({
        kind: "wait",
        node,
        attempt,
        key: signals.indexOf(wait.signal),
        what: { for: "signal", hasDefault: false },
        at: this.#now,
      });
    }
  }

  #settled({ node, attempt }: Lease): RunInput {
    const known = this.#knownNode(node);
    const ending = endingOf(known.node.does, attempt);
    const settled = { kind: "settle", node, attempt, at: this.#now } as const;
    if (ending !== "ok") return { ...settled, outcome: "failed" };
    this.#outputs.set(node, outputOf(known.node));
    return { ...settled, outcome: "ok", ...(known.node.grows === undefined ? {} : { growth: this.#growthOf(known.node.grows) }) };
  }

  #growthOf({ nodes, edges }: ProgramFlow): Growth {
    const idOf = (name: string): number => {
      const k = nodes.findIndex(({ id }) => id === name);
      return k === -1 ? this.#known.findIndex((known) => known.name === name) : newNode + k;
    };
    const links = edges.map(([from, to, edge]): [number, number, boolean] => [idOf(from), idOf(to), edge !== undefined]);
    return { plan: planOf({ nodes, edges }, this.#around), links: links.filter(([from, to]) => from < newNode || to < newNode) };
  }

  #advance(inputs: readonly RunInput[]): void {
    if (this.#run === undefined) return;
    this.#isCancelled ||= inputs.some(({ kind }) => kind === "cancel");
    const report = this.#run.advance(inputs, this.#now);
    // Names first: events may be about nodes that this step has opened.
    for (const event of report.events) if (event.kind === "scopeOpened") this.#rounds.set(event.node, event.round);
    for (const effect of report.effects) {
      if (effect.kind === "opened") this.#open(effect);
      if (effect.kind === "waitOver") this.#heard.add(effect.node);
      if (effect.kind === "abort" && this.#parked.delete(`${effect.node}#${effect.attempt}`)) {
        this.#thrown.push({ node: effect.node, attempt: effect.attempt });
      }
    }
    for (const event of report.events) {
      const name = "node" in event && event.node !== null ? this.#knownNode(event.node).name : undefined;
      this.log.push(eventLine({ ...event, at: event.at - this.#idleAt }, name));
      if (name === undefined || !("node" in event) || event.node === null) continue;
      const isTopLevel = this.#knownNode(event.node).container === null;
      if (event.kind === "nodeReady") this.#been.add(`${name} ready`);
      if (event.kind === "nodeStarted") {
        this.#been.add(`${name} running`);
        this.#order.push(name);
        this.#inputs[name] = [...(this.#inputs[name] ?? []), this.#inputsOf(event.node)];
      }
      if (event.kind === "nodeResumed") this.#been.add(`${name} running`);
      if (event.kind === "attemptFailed" || event.kind === "waitOpened") this.#been.add(`${name} waiting`);
      if ((event.kind === "nodeFailed" || event.kind === "nodeSkipped") && isTopLevel) this.#reasons[name] = event.reason;
      if (event.kind === "nodeCompleted") this.#collect(event.node, event.attempt);
    }
    const answers = report.effects.flatMap((effect) => this.#answerTo(effect));
    // A predicate answers in its call; a list of items is gone through after that.
    const isItems = (answer: RunInput): boolean => answer.kind === "items";
    this.#answers.push(...answers.filter((answer) => !isItems(answer)), ...answers.filter(isItems));
    for (const event of report.events) if (event.kind === "runEnded") this.#status = event.status;
    for (const [node, state] of this.#run.states.entries()) this.#been.add(`${this.#knownNode(node).name} ${state}`);
    this.#leases = this.#leases.filter((lease) => !effectsOf(report, "revoke").some(({ node }) => node === lease.node));
    this.#leases.push(...report.leases);
    this.#wakeAt = report.wakeAt;
  }

  #open({ what, node, count }: Extract<Effect, { kind: "opened" }>): void {
    const container = what === "growth" ? null : node;
    const owner = node === null ? undefined : this.#knownNode(node).node;
    const items = (owner?.items ?? []).map((does, i) => ({ id: String(i), does }));
    if (what === "items" && node !== null) {
      const first = this.#known.filter((known) => known.container === node).length;
      this.#know({ nodes: items.slice(first, first + count), edges: [] }, container);
    }
    if (what !== "items") this.#know((what === "growth" ? owner?.grows : owner?.flow) ?? { nodes: [], edges: [] }, container);
  }

  #answerTo(effect: Effect): RunInput[] {
    const at = this.#now;
    if (effect.kind === "expand") return [this.#items(effect)];
    if (effect.kind === "undo") {
      return [{ kind: "undone", node: effect.node, isOk: this.#knownNode(effect.node).node.policy?.undo !== "fails", at }];
    }
    if (effect.kind !== "ask") return [];
    const { node, question, from } = effect;
    return [{ kind: "answer", node, question, from, verdict: this.#verdictOn(effect), at }];
  }

  /** A list is given whole, an iterable as far as there is room for its items. */
  #items({ node, attempt, room }: Extract<Effect, { kind: "expand" }>): RunInput {
    const { items = [], isLazy = false } = this.#knownNode(node).node;
    const given = this.#given.get(node) ?? 0;
    const most = isLazy ? (room ?? items.length + 1) : items.length + 1;
    const count = Math.min(most, items.length - given);
    this.#given.set(node, given + count);
    return { kind: "items", node, attempt, count, isDone: count < most, at: this.#now };
  }

  /** "Predicates are constants." */
  #verdictOn({ node, question, from }: Extract<Effect, { kind: "ask" }>): Verdict {
    if (question === "until") return (this.#rounds.get(node) ?? 0) >= (this.#knownNode(node).node.rounds ?? 1) ? "yes" : "no";
    if (question === "cache") return "yes";
    const edge = this.#edges.get(`${from} ${node}`);
    const condition = question === "edge" ? edge?.condition : this.#knownNode(node).node.policy?.condition;
    if (condition === "throws") return "threw";
    if (condition === false) return "no";
    if (question !== "edge" || edge?.filter === undefined) return "yes";
    // Of a list a filter keeps items, and nothing is left of an empty one.
    const output = this.#outputs.get(from);
    return edge.filter === "none" || (Array.isArray(output) && output.length === 0) ? "nothing" : "yes";
  }

  #know({ nodes, edges }: ProgramFlow, container: number | null): void {
    const prefix = container === null ? "" : this.#prefixOf(container);
    for (const node of nodes) this.#known.push({ name: `${prefix}${node.id}`, node, container });
    const idOf = (name: string): number => this.#known.findLastIndex((known) => known.name === `${prefix}${name}`);
    for (const [from, to, edge] of edges) this.#edges.set(`${idOf(from)} ${idOf(to)}`, edge ?? {});
  }

  /** An item's output, or how it ended where it may fail. */
  #itemOutput(id: number, allowFailures: boolean): unknown {
    const result = this.#outputs.get(id);
    if (!allowFailures) return result;
    if (this.#run?.states[id] === "completed") return { status: "completed", result };
    const { name, node } = this.#knownNode(id);
    return { status: "failed", error: new Error(`${name} failed${node.does === "syncFail" ? " in its call" : ""}`) };
  }

  /** What stands before the names of the nodes inside a container. */
  #prefixOf(container: number): string {
    const { name, node } = this.#knownNode(container);
    return node.does === "loop" ? `${name}/${this.#rounds.get(container)}/` : `${name}/`;
  }

  #hasSettled(name: string | undefined): boolean {
    return isSettled(this.#run?.states[this.#idOf(name ?? "")] ?? "pending");
  }

  #idOf(name: string): number {
    return this.#known.findIndex((known) => known.name === name);
  }

  #knownNode(node: number): Known {
    const known = this.#known[node];
    if (known === undefined) throw new Error(`nothing is known of node ${node}`);
    return known;
  }

  /** "Keys with undefined are left out." */
  #inputsOf(node: number): object {
    const upstreams = this.#run?.inputsOf(node) ?? [];
    const values = upstreams.map((id) => [this.#knownNode(id).node.id, this.#outputs.get(id)] as const);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined));
  }

  /** The output of a container is made from those inside: a map's in item order, a sub-DAG's of its leaves by name. */
  #collect(node: number, attempt: number): void {
    const { does, flow, allowFailures = false } = this.#knownNode(node).node;
    // A recorded success stands for it.
    if (attempt === 0 && does !== "given") this.#outputs.set(node, "cached");
    if (attempt === 0) return;
    if (does !== "map" && does !== "subdag" && does !== "loop") return;
    const isLeaf = (name: string): boolean => flow?.edges.some(([from]) => from === name) !== true;
    const within = this.#known.flatMap((known, id) => (known.container === node && isLeaf(known.node.id) ? [id] : []));
    const entries = within.map((id) => [this.#knownNode(id).node.id, this.#outputs.get(id)] as const);
    if (does === "map")
      this.#outputs.set(
        node,
        within.map((id) => this.#itemOutput(id, allowFailures)),
      );
    else this.#outputs.set(node, Object.fromEntries(entries));
  }
}

/** The signals that code may wait for, by their number. */
const signals = ["go", "on"];

/** What a task's code waits for before it ends, if it does. */
function waitOf(does: string): { readonly signal: string | undefined; readonly ms: number } | null {
  const [what, of = ""] = does.split(":");
  if (what === "sleeps") return { signal: undefined, ms: Number(of) };
  return what === "hears" ? { signal: of, ms: 0 } : null;
}

/** Whether an answer may fail its node, and so take back leases. */
function isUrgent(answer: RunInput): boolean {
  return answer.kind === "answer" && (answer.verdict === "threw" || (answer.question === "until" && answer.verdict === "no"));
}
