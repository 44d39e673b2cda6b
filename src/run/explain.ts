/**
 * Why a node did not complete, in one sentence that names the root cause.
 *
 * It reads what a run left behind, and decides nothing. I1 The walk to the root takes one upstream at each node, the one that settled
 * first (of those that did so together a failed one, then the lowest id), so a sentence costs what its path is long. I2 It walks in
 * loops: a path may be as long as the graph is deep.
 */
import { messageOf, quote } from "../errors/base.js";
import { ThreadCrashedError } from "../errors/threads.js";
import type { NodeState, Reason } from "./columns.js";

/** What explaining asks of a run that has ended. Nodes are ids; those of containers' insides and of growths are ids like any other. */
export interface ExplainSource {
  /** The text of a node's address. */
  nameOf(node: number): string;
  stateOf(node: number): NodeState;
  reasonOf(node: number): Reason | undefined;
  /** How many attempts of it began. */
  attemptOf(node: number): number;
  /** When it settled, in microseconds since the run's start. */
  settledAt(node: number): number;
  /** Its direct upstreams, ascending. */
  upstreamsOf(node: number): Iterable<number>;
  /** The container it is in; `undefined` for a node of the run itself. */
  containerOf(node: number): number | undefined;
  /** If it is a container: the nodes directly inside its last opening, ascending. */
  insideOf(node: number): Iterable<number>;
  /** What its last attempt, or a predicate that guards it, threw; for a rejected wait, the reason. */
  errorOf(node: number): unknown;
  /** The limit of its attempts in milliseconds, where it has one. */
  timeoutOf(node: number): number | undefined;
  /** Its join rule as text, where it is not the default. */
  joinOf?(node: number): string | undefined;
  /** Whether a failure of it fails or stops nothing, or is looked through (`onFailure` is not `"fail"`). */
  isForgiven?(node: number): boolean;
  /** Whether a command cancelled this very node. */
  isCancelRequested?(node: number): boolean;
  /** The nodes that failed, in the order in which that was decided. */
  readonly failed: Iterable<number>;
  /** Whether a cancel of the run was accepted, and the reason given for it. */
  readonly cancel: { readonly reason: unknown } | undefined;
  /** Whether the run was out of time. */
  readonly isOutOfTime: boolean;
}

/** How many names a path shows, and how many states a join. */
const shownAtMost = 3;

/** Explains the nodes of one run. */
export class Explainer {
  readonly #source: ExplainSource;
  /** The failed nodes by the container they are directly in, in order; -1 stands for the run. Made when first needed. */
  #failedIn: Map<number, number[]> | undefined;

  constructor(source: ExplainSource) {
    this.#source = source;
  }

  /** One sentence, without a final dot: why a node did not complete. `undefined` for one that did, and for one that has not settled. */
  explain(node: number): string | undefined {
    const name = quote(this.#source.nameOf(node));
    switch (this.#source.stateOf(node)) {
      case "failed": {
        const inner = this.#rootInside(node);
        return inner === node ? this.#failure(node) : `${name} failed because ${this.#failure(inner)}`;
      }
      case "skipped":
        return `${name} was skipped because ${this.#whySkipped(node)}`;
      case "filtered":
        return `${name} was filtered out because ${this.#root(node)}`;
      case "cancelled":
        return `${name} was cancelled because ${this.#whyCancelled(node)}`;
      default:
        return undefined;
    }
  }

  /** What failed, as a clause; of a container, what failed in it. */
  #failure(node: number, by = ""): string {
    const source = this.#source;
    const failed = this.#rootInside(node);
    const inside = failed === node ? "" : `, inside ${quote(source.nameOf(node))},`;
    const name = quote(source.nameOf(failed)) + inside + by;
    const attempt = source.attemptOf(failed);
    const error = source.errorOf(failed);
    const said = error === undefined ? "" : `: ${lineOf(error)}`;
    switch (source.reasonOf(failed)) {
      case "timeout": {
        const limit = source.timeoutOf(failed);
        return `${name} ran out of time${limit === undefined ? "" : ` (${limit} ms)`}${attempt > 1 ? ` in attempt ${attempt}` : ""}`;
      }
      case "rejected":
        return `${name} was rejected${said}`;
      case "crashed":
        return `${name} failed because its thread ended${attempt > 1 ? ` in attempt ${attempt}` : ""}${crashOf(error)}`;
      case "limit":
        return `${name} failed because it went beyond a limit${said}`;
      default:
        if (attempt === 0) return `${name} failed before its first attempt${said}`;
        return `${name} failed${attempt > 1 ? ` in attempt ${attempt}` : ""}${said}`;
    }
  }

  /** Of a container the innermost node whose failure made it fail; of anything else, and one that failed by itself, the node. */
  #rootInside(node: number): number {
    let root = node;
    for (let inner = this.#failedInside(root); inner !== undefined; inner = this.#failedInside(root)) root = inner;
    return root;
  }

  /** The first node directly inside that made a container fail; `undefined` where it failed by itself. */
  #failedInside(container: number): number | undefined {
    const source = this.#source;
    if (source.reasonOf(container) !== "error") return undefined;
    const inside = this.#failedOf(container);
    const last = new Set(inside.length === 0 ? [] : source.insideOf(container));
    return inside.find((node) => last.has(node) && !(source.isForgiven?.(node) ?? false));
  }

  #whySkipped(node: number): string {
    const source = this.#source;
    switch (source.reasonOf(node)) {
      case "condition":
        return "its condition was not met";
      case "join":
        return this.#join(node);
      case "failFast":
        return this.#stop(node);
      default:
        return this.#root(node);
    }
  }

  /** Walks upstream from a node to what began it all. */
  #root(node: number): string {
    const source = this.#source;
    const path: number[] = [];
    let at = node;
    for (;;) {
      const next = this.#culpritOf(at);
      if (next === undefined) break;
      at = next;
      path.push(at);
    }
    path.pop(); // The root itself.
    const by = path.length === 0 ? "" : `, upstream of it by way of ${this.#list(path.reverse())},`;
    if (at === node) {
      return source.stateOf(node) === "filtered" ? "nothing was let through to it" : "the condition of an edge to it was not met";
    }
    const name = quote(source.nameOf(at)) + by;
    switch (source.stateOf(at)) {
      case "failed":
        return this.#failure(at, by);
      case "cancelled":
        return `${name} was cancelled because ${this.#whyCancelled(at)}`;
      case "filtered":
        return `nothing was let through to ${quote(source.nameOf(at))}`;
      default:
        return `${name} was skipped because ${this.#whyAtRoot(at)}`;
    }
  }

  #whyAtRoot(node: number): string {
    const reason = this.#source.reasonOf(node);
    if (reason === "condition" || reason === "join" || reason === "failFast") return this.#whySkipped(node);
    return "the condition of an edge to it was not met";
  }

  /** The upstream that a node was skipped or filtered for; `undefined` where the cause is the node's own, or that of an edge to it. */
  #culpritOf(node: number): number | undefined {
    const source = this.#source;
    const state = source.stateOf(node);
    const reason = source.reasonOf(node);
    const isBlocked = state === "skipped" && reason === "upstreamFailed";
    if (!isBlocked && state !== "filtered" && !(state === "skipped" && reason === "upstreamSkipped")) return undefined;
    let best: number | undefined;
    let bestRank = Number.POSITIVE_INFINITY;
    for (const upstream of source.upstreamsOf(node)) {
      const rank = isBlocked ? this.#rankOfFailure(upstream) : this.#rankOfSkip(upstream, state);
      if (rank === undefined) continue;
      const isEarlier = best === undefined || source.settledAt(upstream) < source.settledAt(best);
      const isTogether = best !== undefined && source.settledAt(upstream) === source.settledAt(best);
      if (isEarlier || (isTogether && rank < bestRank)) {
        best = upstream;
        bestRank = rank;
      }
    }
    return best;
  }

  /** What blocks, the likeliest root first. */
  #rankOfFailure(upstream: number): number | undefined {
    const state = this.#source.stateOf(upstream);
    if (state === "failed") return 0;
    if (state === "cancelled") return 1;
    return state === "skipped" && this.#source.reasonOf(upstream) === "upstreamFailed" ? 2 : undefined;
  }

  #rankOfSkip(upstream: number, of: NodeState): number | undefined {
    const state = this.#source.stateOf(upstream);
    if (state === "filtered") return of === "filtered" ? 0 : undefined;
    return of === "skipped" && state === "skipped" ? 0 : undefined;
  }

  #join(node: number): string {
    const source = this.#source;
    const states = Array.from(source.upstreamsOf(node), (upstream) => `${quote(source.nameOf(upstream))} ${stateWord(source, upstream)}`);
    const rule = source.joinOf?.(node);
    const shown = states.slice(0, shownAtMost).join(", ") + (states.length > shownAtMost ? ` and ${states.length - shownAtMost} more` : "");
    return `its join${rule === undefined ? "" : ` ${rule}`} could not be met${shown === "" ? "" : `: ${shown}`}`;
  }

  #whyCancelled(node: number): string {
    return this.#source.isCancelRequested?.(node) ? "a command asked for it" : this.#stop(node);
  }

  /** What stopped the scope that a node is in, or one around it. */
  #stop(node: number): string {
    const source = this.#source;
    for (let at = node; ; ) {
      const container = source.containerOf(at);
      const isRun = container === undefined;
      if (isRun && source.cancel !== undefined) return `the run was cancelled${reasonOf(source.cancel.reason)}`;
      if (isRun && source.isOutOfTime) return "the run was out of time";
      const culprit = this.#stoppedBy(at, container);
      if (culprit !== undefined) return `${isRun ? "the run" : quote(source.nameOf(container))} stopped when ${this.#failure(culprit)}`;
      if (isRun) return "the run was stopped";
      const around = quote(source.nameOf(container));
      if (source.isCancelRequested?.(container)) return `a command asked for it, of ${around}`;
      if (source.stateOf(container) === "failed") return `${around}, which it is in, ended: ${this.#failure(container)}`;
      at = container;
    }
  }

  /** The failure that stopped a scope: the first of those decided when this node was settled, else the last before. */
  #stoppedBy(node: number, container: number | undefined): number | undefined {
    const source = this.#source;
    const at = source.settledAt(node);
    let last: number | undefined;
    for (const failed of this.#failedOf(container)) {
      if (failed === node || (source.isForgiven?.(failed) ?? false)) continue;
      if (source.settledAt(failed) === at) return failed;
      if (source.settledAt(failed) < at) last = failed;
    }
    return last;
  }

  #failedOf(container: number | undefined): readonly number[] {
    if (this.#failedIn === undefined) {
      this.#failedIn = new Map();
      for (const node of this.#source.failed) {
        const key = this.#source.containerOf(node) ?? -1;
        const list = this.#failedIn.get(key);
        if (list === undefined) this.#failedIn.set(key, [node]);
        else list.push(node);
      }
    }
    return this.#failedIn.get(container ?? -1) ?? [];
  }

  #list(nodes: readonly number[]): string {
    const names = nodes.slice(0, shownAtMost).map((node) => quote(this.#source.nameOf(node)));
    if (nodes.length > shownAtMost) return `${names.join(", ")} and ${nodes.length - shownAtMost} more`;
    return names.length === 1 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  }
}

/** A settled upstream's state as a word of a sentence. */
function stateWord(source: ExplainSource, node: number): string {
  const state = source.stateOf(node);
  if (state === "skipped") return source.reasonOf(node) === "upstreamFailed" ? "was blocked" : "was skipped";
  return state === "completed" || state === "failed" ? state : `was ${state}`;
}

/** The reason given for a cancel; the one that stands for none says nothing. */
function reasonOf(reason: unknown): string {
  return reason === undefined || isDefaultReason(reason) ? "" : `: ${lineOf(reason)}`;
}

function isDefaultReason(reason: unknown): boolean {
  try {
    return reason instanceof DOMException && reason.name === "AbortError";
  } catch {
    return false;
  }
}

/** How a thread ended, as far as that is known. */
function crashOf(error: unknown): string {
  if (!(error instanceof ThreadCrashedError)) return error === undefined ? "" : `: ${lineOf(error)}`;
  const code = error.exitCode === undefined ? "" : ` (exit code ${error.exitCode})`;
  return error.cause === undefined ? code : `${code}: ${lineOf(error.cause)}`;
}

/** What to say of anything that can be thrown: the first line of its message, cut after 200 characters. */
function lineOf(thrown: unknown): string {
  const [line = ""] = messageOf(thrown).split("\n");
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
