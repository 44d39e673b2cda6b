/**
 * What a run's events say of each node: an independent fold, for laws and for counting what was covered. It decides nothing.
 */
import type { Growth, JoinRule, Look, ModelPlan, ModelPolicy, RunSpec } from "./model/spec.js";
import { newNode } from "./model/spec.js";
import type { NodeState, RunEvent, SkipReason } from "./model/types.js";

/** The run, or one opening of a container. */
export interface ReadScope {
  /** The container, `null` for the run. */
  readonly container: number | null;
  readonly failFast: boolean;
  /** How many containers it is in. */
  readonly depth: number;
}

export interface ReadNode {
  readonly id: number;
  readonly policy: ModelPolicy;
  readonly scope: ReadScope;
  readonly upstreams: number[];
  readonly downstreams: number[];
  /** What the answers about its edges have made of completed upstreams. */
  readonly answers: Map<number, Look>;
  /** Upstreams about which the host is asked. */
  readonly guarded: Set<number>;
  state: NodeState;
  skipReason: SkipReason | null;
  /** How many attempts have begun. */
  begun: number;
  /** How many of them crashed and were run again without counting. */
  crashes: number;
  lane: number | null;
  isLeased: boolean;
  /** Whether its code is parked: it begins again with the same attempt. */
  isParked: boolean;
  /** Whether its join has been decided. */
  isDecided: boolean;
}

/** A move from one state to another. */
export interface ReadMove {
  readonly node: ReadNode;
  readonly from: NodeState;
  readonly to: NodeState;
}

export class RunReader {
  readonly nodes: ReadNode[] = [];
  readonly scopes: ReadScope[] = [];
  /** Every move so far, legal or not, in order. */
  readonly moves: ReadMove[] = [];
  readonly #growths: readonly Growth[];

  /** `growths`: the additions that were committed, in order. */
  constructor(spec: RunSpec, growths: readonly Growth[]) {
    this.#growths = growths;
    const run: ReadScope = { container: null, failFast: spec.failFast, depth: 0 };
    this.scopes.push(run);
    this.#append(spec, run);
  }

  /** The node of an event. @throws where it does not exist. */
  node(id: number): ReadNode {
    const node = this.nodes[id];
    if (node === undefined) throw new Error(`there is no node ${id}`);
    return node;
  }

  /** What the upstream of an edge looks like to the downstream now. */
  lookOf(from: number, to: number): Look {
    const upstream = this.node(from);
    const downstream = this.node(to);
    switch (upstream.state) {
      case "completed":
        return downstream.guarded.has(from) ? (downstream.answers.get(from) ?? "open") : "completed";
      case "failed":
        return upstream.policy.onFailure === "continue" ? "completed" : "failed";
      case "skipped":
        return upstream.skipReason === "upstreamFailed" ? "blocked" : "skipped";
      case "filtered":
      case "cancelled":
        return upstream.state;
      default:
        return "open";
    }
  }

  /** Takes one event. */
  read(event: RunEvent): void {
    switch (event.kind) {
      case "nodeReady": {
        const node = this.node(event.node);
        node.isDecided = true;
        this.#move(node, "ready");
        break;
      }
      case "nodeLeased": {
        const node = this.node(event.node);
        [node.isLeased, node.lane] = [true, event.lane];
        break;
      }
      case "leaseReturned": {
        const node = this.node(event.node);
        [node.isLeased, node.lane] = [false, null];
        break;
      }
      case "nodeStarted":
      case "nodeResumed": {
        const node = this.node(event.node);
        [node.isLeased, node.lane, node.begun, node.isParked] = [false, event.lane, event.attempt, false];
        this.#move(node, "running");
        break;
      }
      case "waitOpened": {
        const node = this.node(event.node);
        if (node.state !== "running") break;
        node.isParked = true;
        this.#leave(node, "waiting");
        break;
      }
      case "attemptFailed": {
        const node = this.node(event.node);
        this.#leave(node, "waiting");
        node.isParked = false;
        if (event.reason === "crashed" && node.policy.isExternal !== true) node.crashes++;
        break;
      }
      case "nodeCompleted":
        this.#leave(this.node(event.node), "completed");
        break;
      case "nodeFailed":
        this.#leave(this.node(event.node), "failed");
        break;
      case "nodeFiltered":
        this.#leave(this.node(event.node), "filtered");
        break;
      case "nodeCancelled":
        this.#leave(this.node(event.node), "cancelled");
        break;
      case "nodeSkipped": {
        const node = this.node(event.node);
        node.skipReason = event.reason;
        this.#leave(node, "skipped");
        break;
      }
      case "predicateAsked":
        if (event.question === "condition" || event.question === "cache") this.node(event.node).isDecided = true;
        break;
      case "predicateAnswered": {
        const look: Look | undefined = ({ yes: "completed", no: "skipped", nothing: "filtered" } as const)[event.verdict as "yes"];
        if (event.from !== null && look !== undefined) this.node(event.node).answers.set(event.from, look);
        break;
      }
      case "scopeOpened":
      case "itemsAdded":
        this.#open(event.node, event.count, event.kind === "itemsAdded");
        break;
      case "grew":
        this.#grow(event.node, event.ordinal);
        break;
      default:
        break;
    }
  }

  #move(node: ReadNode, to: NodeState): void {
    this.moves.push({ node, from: node.state, to });
    node.state = to;
  }

  /** Leaves its slot as well. */
  #leave(node: ReadNode, to: NodeState): void {
    this.#move(node, to);
    [node.lane, node.isLeased] = [null, false];
    if (to !== "waiting") node.isDecided = true;
  }

  #open(id: number, count: number, areItems: boolean): void {
    const container = this.node(id);
    const { kind } = container.policy;
    if (kind === undefined || !("inside" in kind)) throw new Error(`node ${id} is no container`);
    const { inside } = kind;
    const scope: ReadScope = { container: id, failFast: inside.failFast, depth: container.scope.depth + 1 };
    this.scopes.push(scope);
    if (areItems) for (let i = 0; i < count; i++) this.#append(inside.plan, scope);
    else this.#append(inside.plan, scope);
    if (!areItems && inside.plan.nodeCount !== count) throw new Error(`${count} nodes are opened, the plan has ${inside.plan.nodeCount}`);
  }

  #grow(by: number | null, ordinal: number): void {
    const growth = this.#growths[ordinal];
    const scope = by === null ? this.scopes[0] : this.node(by).scope;
    if (growth === undefined || scope === undefined) throw new Error(`there is no addition ${ordinal}`);
    const first = this.nodes.length;
    this.#append(growth.plan, scope);
    const idOf = (end: number): number => (end >= newNode ? first + end - newNode : end);
    for (const [from, to, isGuarded] of growth.links) this.#link(idOf(from), idOf(to), isGuarded === true);
  }

  #append(plan: ModelPlan, scope: ReadScope): void {
    const first = this.nodes.length;
    for (let i = 0; i < plan.nodeCount; i++) {
      this.nodes.push({
        id: first + i,
        policy: plan.policies[i] ?? {},
        scope,
        upstreams: [],
        downstreams: [],
        answers: new Map(),
        guarded: new Set(),
        state: "pending",
        skipReason: null,
        begun: 0,
        crashes: 0,
        lane: null,
        isLeased: false,
        isParked: false,
        isDecided: false,
      });
    }
    for (const [from, to, isGuarded] of plan.edges) this.#link(first + from, first + to, isGuarded === true);
  }

  #link(from: number, to: number, isGuarded: boolean): void {
    this.node(to).upstreams.push(from);
    this.node(from).downstreams.push(to);
    if (isGuarded) this.node(to).guarded.add(from);
  }
}

/** The name of a join rule. */
export function ruleName(join: JoinRule | undefined): string {
  return typeof join === "object" ? "expression" : (join ?? "allCompleted");
}
