/**
 * The state of a run of the reference model: nodes, scopes, attempts, and what has been decided and is not done yet.
 *
 * It owns what there is and how it is found; it decides nothing.
 *
 * - I1: a node moves only by the table of DESIGN §4 (`move`).
 * - I2: an attempt begun is `running` or `parked` until it settles its node or is told to stop; told to stop it is `told`, until it returns or is abandoned.
 * - I3: a slot is held by a lease, by a running attempt or by a running undo, and by nothing else.
 * - I4: a node's scope is the run, or one opening of the container it stands in; edges join nodes of one scope.
 */
import type { JoinDecision } from "./join.js";
import { isLegalMove, isSettled } from "./moves.js";
import type { Rank } from "./order.js";
import type { Look, ModelPolicy, RunSpec } from "./spec.js";
import type { AbortReason, Effect, Lease, NodeState, Question, RunEvent, SkipReason, StepReport } from "./types.js";

export interface ModelNode {
  readonly id: number;
  readonly policy: ModelPolicy;
  readonly scope: Scope;
  /** 0 for the base graph; one more than what opened or grew it. */
  readonly depth: number;
  /** In node order. */
  readonly upstreams: number[];
  readonly downstreams: number[];
  /** The upstreams in the order in which an expression numbers them: those it was made with in node order, then later ones. */
  readonly places: number[];
  /** Upstreams whose edge has predicates. */
  readonly guardedFrom: Set<number>;
  /** Upstreams that have been seen to settle. */
  readonly seen: Set<number>;
  /** What the answers about such edges make them look like. */
  readonly answers: Map<number, Look>;
  /** Of an item of a map, the map's. */
  readonly cost: number;
  rank: Rank;
  state: NodeState;
  skipReason: SkipReason | null;
  /** "The event that decides …": null until its join is decided. */
  decision: JoinDecision | null;
  /** "… freezes the node's `inputs` for all its attempts": the upstreams that look completed. */
  inputs: readonly number[] | null;
  /** How many attempts have begun. */
  begun: number;
  /** How many of them crashed and did not count. */
  crashes: number;
  firstStart: number | null;
  /** Work handed out for this node and not begun. */
  lease: Lease | null;
  /** Between attempts: when the next one is due. */
  retryAt: number | null;
  /** How many starts have passed over it while it did not fit. */
  passedOver: number;
  isFreed: boolean;
}

/** The run, or one opening of a container: a round of a loop, an attempt of a sub-DAG, the items of an attempt of a map. */
export interface Scope {
  readonly container: ModelNode | null;
  readonly round: number;
  readonly failFast: boolean;
  readonly concurrency: number | null;
  phase: "running" | "finalizing";
  /** A failure stops it. */
  isStopping: boolean;
  /** … one outside its container. */
  isSwept: boolean;
  /** Its container is running in it. */
  isLiving: boolean;
  /** Of a map: whether all its items are known. */
  isItemsDone: boolean;
  /** Of a map: whether the host was asked for items and has not answered. */
  isExpanding: boolean;
}

/** Everything that is left in a scope is to be settled. */
export interface Sweep {
  readonly scope: Scope;
  readonly why: AbortReason;
  /** Whether running code goes on. */
  readonly spares: boolean;
}

export interface Attempt {
  readonly node: ModelNode;
  readonly number: number;
  /** `inside`: of a container or a wait node, which have no code. */
  phase: "running" | "parked" | "inside" | "told" | "abandoned" | "returned";
  lane: number | null;
  /** Running time before it was last parked, in µs. */
  used: number;
  /** When it began, or went on. */
  since: number;
  /** While `told`: when it is abandoned. */
  graceUntil: number | null;
  /** Row "structured end": "its named pools and keys when its code has returned or after `graceMs`". */
  holdsNeeds: boolean;
}

/** Something that follows from what was decided, in the order in which it is to be looked at. */
export type Decision =
  | { readonly kind: "askEdge"; readonly node: ModelNode; readonly from: ModelNode }
  | { readonly kind: "met" | "filtered"; readonly node: ModelNode }
  | { readonly kind: "skipped"; readonly node: ModelNode; readonly reason: SkipReason };

export interface OpenQuestion {
  readonly node: ModelNode;
  readonly question: Question;
  readonly from: number | null;
  readonly due: number | null;
}

export interface OpenWait {
  readonly node: ModelNode;
  readonly key: number;
  /** Of a signal. */
  readonly name: number | null;
  readonly hasDefault: boolean;
  readonly due: number | null;
}

export interface QueuedSignal {
  readonly name: number;
  readonly node: number | null;
  readonly payload: number;
  readonly isRejection: boolean;
}

export interface UndoUnit {
  readonly node: ModelNode;
  state: "waiting" | "running" | "finished";
  lane: number | null;
  deadline: number | null;
}

/** A lease that counts against a rate. */
export interface RateEntry {
  readonly pool: number;
  readonly amount: number;
  readonly node: ModelNode;
  readonly attempt: number;
  readonly at: number;
}

export class RunState {
  readonly spec: RunSpec;
  readonly base: Scope;
  readonly nodes: ModelNode[] = [];
  readonly scopes: Scope[] = [];
  readonly attempts = new Map<string, Attempt>();

  readonly decisions: Decision[] = [];
  /** Final failures that may stop their scope once what they block is decided. */
  readonly culprits: ModelNode[] = [];
  /** Scopes of containers whose nodes have settled. */
  readonly closings: Scope[] = [];
  /** What stops, cancels and deadlines are to settle. */
  readonly sweeps: Sweep[] = [];

  questions: OpenQuestion[] = [];
  /** In the order in which they were opened. */
  waits: OpenWait[] = [];
  signals: QueuedSignal[] = [];
  rates: RateEntry[] = [];
  undos: UndoUnit[] = [];
  /** Nodes of which code succeeded after it no longer counted. */
  readonly lateSuccesses = new Set<ModelNode>();

  startedAt: number | null = null;
  pauseAsked = false;
  isCancelAccepted = false;
  isTimedOut = false;
  phase: "running" | "undoing" | "finalizing" | "ended" = "running";
  retriesMade = 0;
  growths = 0;
  /** The time of the last event. (Not of the last step: the state is a fold of the events, DESIGN §3.) */
  clock = 0;
  report: { readonly events: RunEvent[]; readonly leases: Lease[]; readonly effects: Effect[] } = emptyReport();

  constructor(spec: RunSpec) {
    this.spec = spec;
    this.base = {
      container: null,
      round: 0,
      failFast: spec.failFast,
      concurrency: null,
      phase: "running",
      isStopping: false,
      isSwept: false,
      isLiving: true,
      isItemsDone: true,
      isExpanding: false,
    };
    this.scopes.push(this.base);
  }

  // ---- Nodes and scopes ---------------------------------------------------------------------------------------------------------------

  node(id: number): ModelNode {
    const node = this.nodes[id];
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  /** The nodes directly in a scope, in node order. */
  nodesIn(scope: Scope): ModelNode[] {
    return this.nodes.filter((node) => node.scope === scope);
  }

  /** The nodes in a scope and everything inside them, in node order. */
  nodesWithin(scope: Scope): ModelNode[] {
    return this.nodes.filter((node) => isWithin(node, scope));
  }

  /** Everything inside a container, of all its openings. */
  nodesInside(container: ModelNode): ModelNode[] {
    return this.nodes.filter((node) => isInside(node, container));
  }

  /** Where what is left of a scope is looked after: the scope itself, or the nearest one around it that its container is still running in. */
  livingScopeOf(scope: Scope): Scope {
    let around = scope;
    while (!around.isLiving && around.container !== null) around = around.container.scope;
    return around;
  }

  /** The opening that a container is running in. */
  openScopeOf(container: ModelNode): Scope | null {
    return this.scopes.findLast((scope) => scope.container === container && scope.isLiving) ?? null;
  }

  /** Whether all nodes of a scope but its finally-nodes have settled. */
  hasSettled(scope: Scope): boolean {
    return this.nodesIn(scope).every((node) => node.policy.isFinally === true || isSettled(node.state));
  }

  /** Whether everything has settled but finally-nodes and what is inside them. */
  get hasAllSettled(): boolean {
    return this.nodes.every((node) => belongsToFinally(node) || isSettled(node.state));
  }

  /** The finally-nodes that a scope still has to see to their end, those left over in scopes inside it that are gone included. */
  finallyNodesLeft(scope: Scope): ModelNode[] {
    return this.nodes.filter(
      (node) => node.policy.isFinally === true && !isSettled(node.state) && this.livingScopeOf(node.scope) === scope,
    );
  }

  /** Row "pause": "A stop, a cancel, the run's timeout, or all nodes settled end it." */
  get isPaused(): boolean {
    return this.pauseAsked && !this.isGoingDown && !this.hasAllSettled;
  }

  get isGoingDown(): boolean {
    return this.base.isStopping || this.isCancelAccepted || this.isTimedOut;
  }

  // ---- Attempts -----------------------------------------------------------------------------------------------------------------------

  attempt(node: ModelNode, number: number): Attempt | null {
    return this.attempts.get(`${node.id}#${number}`) ?? null;
  }

  /** The attempt that its node's state is about. */
  currentAttempt(node: ModelNode): Attempt | null {
    const attempt = this.attempt(node, node.begun);
    return attempt?.phase === "running" || attempt?.phase === "parked" || attempt?.phase === "inside" ? attempt : null;
  }

  /** Code that was told to stop and is waited for, of the nodes that `concerns` holds for. */
  isAwaiting(concerns: (node: ModelNode) => boolean): boolean {
    return [...this.attempts.values()].some((attempt) => attempt.phase === "told" && concerns(attempt.node));
  }

  // ---- What a step does ---------------------------------------------------------------------------------------------------------------

  move(node: ModelNode, to: NodeState): void {
    if (!isLegalMove(node.state, to)) throw new Error(`node ${node.id}: ${node.state} → ${to} is no legal move`);
    node.state = to;
  }

  emit(event: RunEvent): void {
    this.clock = event.at;
    this.report.events.push(event);
  }

  effect(effect: Effect): void {
    this.report.effects.push(effect);
  }

  /** Takes what the step so far has reported, and begins the next. */
  takeReport(): Pick<StepReport, "events" | "leases" | "effects"> {
    const { report } = this;
    this.report = emptyReport();
    return report;
  }
}

/** Whether a node is a finally-node or stands inside one. */
export function belongsToFinally(node: ModelNode): boolean {
  return node.policy.isFinally === true || (node.scope.container !== null && belongsToFinally(node.scope.container));
}

/** Whether a node stands in a scope, at any depth. */
export function isWithin(node: ModelNode, scope: Scope): boolean {
  return node.scope === scope || (node.scope.container !== null && isWithin(node.scope.container, scope));
}

export function isInside(node: ModelNode, container: ModelNode): boolean {
  const around = node.scope.container;
  return around !== null && (around === container || isInside(around, container));
}

export function isContainer(node: ModelNode): boolean {
  return insideOf(node) !== null;
}

export function insideOf({ policy: { kind } }: ModelNode) {
  return kind?.is === "map" || kind?.is === "subDag" || kind?.is === "loop" ? kind.inside : null;
}

export function toUs(ms: number): number {
  return Math.round(ms * 1000);
}

function emptyReport(): RunState["report"] {
  return { events: [], leases: [], effects: [] };
}
