/**
 * The handle on a run that is going on: its commands, and what can be seen of it from outside.
 *
 * I1 A command crosses at once. I2 After the end, commands that could change nothing do nothing, and those whose caller counts on an
 * effect (signals, answers, additions) throw.
 */

import { messageOf, quote } from "../errors/base.js";
import { RunOverError, SignalError } from "../errors/control.js";
import { nearest } from "../errors/did-you-mean.js";
import { NodeNotFoundError } from "../errors/graph.js";
import { InvalidOptionError } from "../errors/options.js";
import type { GrowthEdge, GrowthEntry } from "../flow/growth.js";
import { checkedBy } from "../flow/schema.js";
import type { RunState } from "../flow/task.js";
import { firstSettled } from "./columns.js";
import type { Driver } from "./driver.js";
import type { EventFilter, EventHub, RunEvent, RunStatus } from "./events.js";
import { type NodeAddress, textOf } from "./levels.js";
import { checkEventFilter } from "./options.js";
import type { RunResult } from "./result.js";
import { ownSignalOf } from "./signal-names.js";
import { isThenable } from "./thenable.js";

/** A wait that is open. */
export interface OpenWait {
  /** The address of the node that waits. */
  readonly node: string;
  /** The signal's name; `undefined` for a sleep, and for a node that waits for its own. */
  readonly signal: string | undefined;
  /** Whether it is for a length of time only. */
  readonly isSleep: boolean;
  /** When it ends at the latest, in milliseconds since the run's start; `undefined` where it may wait for ever. */
  readonly dueAtMs: number | undefined;
}

/** A run that has been started. Nodes are named by their address: see {@link NodeAddress}. */
export interface RunHandle<Nodes extends object = Record<string, unknown>> {
  readonly id: string;
  /** The run's events. An iteration begun in the turn of `start` has them from the very first. */
  readonly events: AsyncIterable<RunEvent>;
  /** The events that a filter lets through; each iteration is a subscription of its own. */
  subscribe(filter: EventFilter): AsyncIterable<RunEvent>;
  /** The report; rejects only on a fault in Dagny itself. */
  readonly result: Promise<RunResult<Nodes>>;
  /** How the run stands, or how it ended. */
  readonly status: "running" | "paused" | RunStatus;
  /** What the run was given as `params`. */
  readonly params: unknown;
  /** Values that its tasks share. */
  readonly state: RunState;
  /** The waits that are open, by the order in which they opened. O(open waits). */
  readonly waits: readonly OpenWait[];
  /** Cancels the run. Cancelling again, or after the end, changes nothing. `reason` is what signals abort with. */
  cancel(reason?: unknown): void;
  /**
   * Cancels nodes, with what is inside them; what follows them is decided by its joins. Nodes that have settled stay as they are. A list of
   * names is several nodes; an address of segments stands in a list of its own: `[["a map", 3], ["a sub-DAG", "x"]]`.
   */
  cancelNodes(nodes: NodeAddress | readonly NodeAddress[], reason?: unknown): void;
  /** Nothing more starts until {@link RunHandle.resume}. What runs, waits or is asked goes on. */
  pause(): void;
  /** Lets starts go on. */
  resume(): void;
  /**
   * Sends a signal: the oldest open wait for it hears it; if nobody waits, the next one does. With `node`, only that node. Throws
   * `SignalError` where the payload does not fit, `RunOverError` after the end.
   */
  signal(name: string, payload?: unknown, options?: { readonly node?: NodeAddress | undefined }): void;
  /** Lets a wait node pass that waits for its own signal; `value` is its output. Also before it waits. Once. */
  approve(node: NodeAddress, value?: unknown): void;
  /** Fails such a node; `reason` is the cause of its error. Once. */
  reject(node: NodeAddress, reason?: unknown): void;
  /** Adds nodes to the run, at once. Throws what is wrong with them. */
  addNodes(nodes: Iterable<GrowthEntry>): void;
  /** Adds edges to the run, at once. Throws what is wrong with them. */
  addEdges(edges: Iterable<GrowthEdge>): void;
}

/** What a handle is made of. */
export interface HandleParts<Nodes extends object> {
  readonly driver: Driver;
  readonly events: EventHub;
  readonly result: Promise<RunResult<Nodes>>;
  /** How the run ended, once it has. */
  readonly ended: () => RunStatus | undefined;
}

/** The handle of one run. */
export class DriverHandle<Nodes extends object> implements RunHandle<Nodes> {
  readonly #driver: Driver;
  readonly #hub: EventHub;
  readonly #ended: () => RunStatus | undefined;
  readonly result: Promise<RunResult<Nodes>>;
  /** Nodes that were approved or rejected. */
  readonly #answered = new Map<number, "approved" | "rejected">();

  constructor({ driver, events, result, ended }: HandleParts<Nodes>) {
    this.#driver = driver;
    this.#hub = events;
    this.#ended = ended;
    this.result = result;
  }

  get id(): string {
    return this.#driver.runId;
  }

  get events(): AsyncIterable<RunEvent> {
    return this.#hub;
  }

  subscribe(filter: EventFilter): AsyncIterable<RunEvent> {
    checkEventFilter(filter);
    return this.#hub.only(filter);
  }

  get status(): "running" | "paused" | RunStatus {
    return this.#ended() ?? (this.#driver.run.isPaused() ? "paused" : "running");
  }

  get params(): unknown {
    return this.#driver.params;
  }

  get state(): RunState {
    return this.#driver.state;
  }

  get waits(): readonly OpenWait[] {
    const { run, extras } = this.#driver;
    const rows = run.openWaits();
    return Array.from({ length: rows.length / 4 }, (_, row) => {
      const [node = 0, key = 0, due = 0, name = -1] = rows.subarray(4 * row, 4 * row + 4);
      const isSleep = name === -1;
      return {
        node: extras.levels.addressOf(node),
        signal: isSleep ? undefined : this.#driver.names.signalOfWait(node, key),
        isSleep,
        dueAtMs: due === Number.POSITIVE_INFINITY ? undefined : due,
      };
    });
  }

  cancel(reason?: unknown): void {
    this.#driver.cancel(reason);
  }

  cancelNodes(nodes: NodeAddress | readonly NodeAddress[], reason?: unknown): void {
    if (this.#driver.isOver) return;
    const ids = Uint32Array.from(addressesOf(nodes), (address) => this.#find(address));
    this.#driver.cancelBranch(ids.sort(), reason);
  }

  pause(): void {
    const { driver } = this.#live();
    driver?.report()?.pause(driver.now());
    driver?.flush();
  }

  resume(): void {
    const { driver } = this.#live();
    driver?.report()?.resume(driver.now());
    driver?.flush();
  }

  #live(): { readonly driver: Driver | undefined } {
    return { driver: this.#driver.isOver ? undefined : this.#driver };
  }

  signal(name: string, payload?: unknown, options: { readonly node?: NodeAddress | undefined } = {}): void {
    if (typeof name !== "string" || name === "") throw new InvalidOptionError("signal", "a non-empty string", name);
    if (typeof options !== "object" || options === null) throw new InvalidOptionError("options", "an object { node? }", options);
    this.#expectLife(`signal ${quote(name)}`);
    const { extras } = this.#driver;
    const node = options.node === undefined ? undefined : this.#find(options.node);
    const number = extras.signals.numberOf(name);
    extras.parks.send(number, node, this.#checked(name, number, node, payload), false);
  }

  /** The payload as the schema of the wait that will hear it lets it through. */
  #checked(signal: string, number: number, node: number | undefined, payload: unknown): unknown {
    const { extras } = this.#driver;
    const listener = this.#driver.run.listener(number, node ?? -1);
    if (listener !== -1)
      return extras.waitOf(listener) === undefined ? payload : this.#fitting(listener, payload, `signal ${quote(signal)}`);
    const waiter = node ?? extras.levels.waitNodeFor(signal);
    return waiter === undefined ? payload : this.#fitting(waiter, payload, `signal ${quote(signal)}`);
  }

  /** The payload as a wait node's schema lets it through. */
  #fitting(node: number, payload: unknown, what: string): unknown {
    const schema = this.#driver.extras.waitOf(node)?.schema;
    if (schema === undefined) return payload;
    const owner = `${what}: the payload does not fit node ${quote(this.#driver.names.addressOf(node))}`;
    let checked: unknown;
    let isPromise: boolean;
    try {
      checked = checkedBy(schema, payload);
      isPromise = isThenable(checked);
    } catch (error) {
      throw new SignalError(`${owner}: ${messageOf(error)}`, { cause: error });
    }
    if (!isPromise) return checked;
    Promise.resolve(checked).catch(() => {}); // Nobody waits for it.
    throw new SignalError(`${owner}: its schema answers with a promise; a schema of a wait must answer at once`);
  }

  approve(node: NodeAddress, value?: unknown): void {
    const id = this.#waitNode(node, "approve");
    const payload = this.#fitting(id, value, "approve");
    this.#answered.set(id, "approved");
    this.#driver.extras.parks.send(ownSignalOf(id), id, payload, false);
  }

  reject(node: NodeAddress, reason?: unknown): void {
    const id = this.#waitNode(node, "reject");
    this.#answered.set(id, "rejected");
    this.#driver.extras.parks.send(ownSignalOf(id), id, reason, true);
  }

  /** A node that waits, or will wait, for its own signal. */
  #waitNode(address: NodeAddress, command: string): number {
    this.#expectLife(command);
    const id = this.#find(address);
    const node = `node ${quote(this.#driver.names.addressOf(id))}`;
    const rule = this.#driver.extras.waitOf(id);
    if (rule === undefined || rule.kind === "sleep") throw new SignalError(`${command}: ${node} waits for nobody; name an approval`);
    if (rule.signal !== undefined) {
      throw new SignalError(`${command}: ${node} waits for the signal ${quote(rule.signal)}; send it with \`signal\``);
    }
    const before = this.#answered.get(id);
    if (before !== undefined) throw new SignalError(`${command}: ${node} has been ${before} already`);
    if ((this.#driver.run.states(id, 1)[0] ?? 0) >= firstSettled) throw new SignalError(`${command}: ${node} does not wait any more`);
    return id;
  }

  addNodes(nodes: Iterable<GrowthEntry>): void {
    this.#expectLife("addNodes");
    this.#driver.extras.growth.command(nodes, []);
  }

  addEdges(edges: Iterable<GrowthEdge>): void {
    this.#expectLife("addEdges");
    this.#driver.extras.growth.command([], edges);
  }

  #expectLife(command: string): void {
    if (this.#driver.isOver) throw new RunOverError(command);
  }

  #find(address: NodeAddress): number {
    if (!isAddress(address)) throw new InvalidOptionError("node", expectedAddress, address);
    const { levels } = this.#driver.extras;
    const node = levels.find(address);
    if (node !== undefined) return node;
    const text = typeof address === "string" ? address : textOf(address);
    throw new NodeNotFoundError(text, nearest(text, levels.namesIn(levels.root)));
  }
}

/** What an address is, in words. */
const expectedAddress = "a node's address: its name, or a list of names and numbers";

function isAddress(value: unknown): value is NodeAddress {
  if (typeof value === "string") return true;
  return Array.isArray(value) && value.every((segment) => typeof segment === "string" || typeof segment === "number");
}

/** One address, or several: a list of names is several, one with a number in it is one. */
function addressesOf(nodes: NodeAddress | readonly NodeAddress[]): readonly NodeAddress[] {
  if (typeof nodes === "string") return [nodes];
  if (!Array.isArray(nodes)) throw new InvalidOptionError("nodes", `${expectedAddress}, or a list of such`, nodes);
  const isPath = (list: readonly unknown[]): list is readonly (string | number)[] => list.some((segment) => typeof segment === "number");
  return isPath(nodes) ? [nodes] : nodes;
}
