/**
 * What is legal and yet cannot be meant: joins that can never be met, because what they ask of their upstreams excludes itself; nodes that are to
 * run on a thread with functions that live on one only, which would be refused when a run starts.
 *
 * For joins the criterion is sound, not complete: what is reported can never run, whatever tasks and predicates do. For each node the analysis keeps
 * the cases in which its join may be met, each case a few facts: how some node ended, which edge of a `choice` group was taken. Facts about one
 * node that contradict each other rule a case out; a join without a case left can never be met. Three things are known: a node that completed
 * had its join met; a node ends in one state, and all its edges show that one; of the edges of a `choice` group a run takes at most one.
 * Whatever else could be (skips, cancellations, filters where there are some) is taken as possible, and where cases become too many, all are.
 */
import { quote } from "../../errors/base.js";
import { TaskCannotCrossError } from "../../errors/threads.js";
import { addressText } from "../../flow/address.js";
import { TaskDefinition } from "../../flow/definition.js";
import { type JoinStep, parseJoin } from "../../flow/join-expression.js";
import type { Look } from "../../flow/join-tree.js";
import { moduleOf } from "../../flow/module-ref.js";
import type { GraphCore } from "../graph-core.js";
import { alternatives, type Cases, combinations, conflictOf, everything, factOfChoice, factOfNode, nothing } from "./cases.js";

/** Something that cannot be meant. */
export interface LintFinding {
  readonly code: "JOIN_NEVER_MET" | "TASK_CANNOT_CROSS";
  /** The node whose join or task it is: its name, or its address where it is inside containers. */
  readonly node: string;
  /** Upstreams of it that exclude each other, in node order. */
  readonly upstreams: readonly string[];
  /** Nodes after it that can never run either, because of it; in node order. */
  readonly after: readonly string[];
  /** What is wrong and what to do, in a sentence. */
  readonly message: string;
}

const unlucky: readonly Look[] = ["failed", "blocked", "cancelled"];

/** Everything that cannot be meant, in node order, what is inside containers after the rest. O(n + m) but for a bounded number of cases. */
export function lint(core: GraphCore): LintFinding[] {
  const findings: LintFinding[] = [];
  const seen = new Set<GraphCore>();
  const rest: { readonly level: GraphCore; readonly path: readonly string[] }[] = [{ level: core, path: [] }];
  for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
    const { level, path } = next;
    if (seen.has(level)) continue;
    seen.add(level);
    findings.push(...new Analysis(level, path).findings(), ...stuckTasks(level, path));
    for (const [node, task] of level.nodes.task ?? []) {
      const spec = TaskDefinition.specOf(task);
      const inside = spec?.kind === "map" ? spec.each : spec?.kind === "loop" ? spec.body : spec?.kind === "subDag" ? spec.core : undefined;
      if (typeof inside === "object") rest.push({ level: inside, path: [...path, level.names[node] ?? ""] });
    }
  }
  return findings;
}

/** The nodes that say `on: "thread"` of a function without an address, in node order. */
function stuckTasks({ names, nodes }: GraphCore, path: readonly string[]): LintFinding[] {
  const findings: LintFinding[] = [];
  for (const [node, on] of nodes.on ?? []) {
    const task = nodes.task?.get(node);
    const spec = TaskDefinition.specOf(task);
    const called = typeof task === "function" ? task : spec?.kind === "map" ? spec.each : spec?.kind === "loop" ? spec.body : undefined;
    if (on !== "thread" || typeof called !== "function" || moduleOf(called) !== undefined) continue;
    const address = addressText(path, names[node] ?? "");
    const { message } = new TaskCannotCrossError([address]);
    findings.push({ code: "TASK_CANNOT_CROSS", node: address, upstreams: [], after: [], message });
  }
  return findings;
}

/** One graph. */
class Analysis {
  readonly #core: GraphCore;
  readonly #path: readonly string[];
  /** By node, when its join may be met. */
  readonly #met: Cases[] = [];
  /** By node, whether it may be filtered. */
  readonly #mayBeFiltered: boolean[] = [];
  /** Nodes of which somebody asks whether they failed: only of these, facts can contradict each other. */
  readonly #isAskedAbout = new Set<number>();
  /** Nodes that a predicate of an edge may fail although their join was not met. */
  readonly #isGuarded = new Set<number>();

  constructor(core: GraphCore, path: readonly string[]) {
    this.#core = core;
    this.#path = path;
  }

  findings(): LintFinding[] {
    const { nodes, edges, native, names } = this.#core;
    // Without these every join asks for completions only, which never exclude each other.
    if (nodes.join === null && edges.choice === null) return [];
    for (const [node, join] of nodes.join ?? []) {
      if (join === "anyFailed" || join === "allFailed" || typeof join === "object") {
        for (const upstream of native.predecessors(node)) this.#isAskedAbout.add(upstream);
      }
    }
    const pairs = native.edges();
    for (const column of [edges.condition, edges.filter]) {
      for (const edge of column?.keys() ?? []) this.#isGuarded.add(pairs[2 * edge + 1] ?? 0);
    }
    /** By dead node, the findings it follows from; a finding is its own cause. */
    const causes = new Map<number, readonly number[]>();
    const after = new Map<number, number[]>();
    for (const node of native.order()) {
      const upstreams = Array.from(native.predecessors(node));
      const cases = this.#casesOf(node, upstreams, new Set());
      this.#met[node] = cases;
      this.#mayBeFiltered[node] = this.#canBeFiltered(node, upstreams);
      if (cases !== nothing) continue;
      const dead = new Set(upstreams.filter((upstream) => causes.has(upstream)));
      const isOwn = dead.size === 0 || this.#casesOf(node, upstreams, dead) === nothing;
      const found = isOwn ? [node] : [...new Set([...dead].flatMap((upstream) => causes.get(upstream) ?? []))];
      causes.set(node, found);
      if (isOwn) after.set(node, []);
      else for (const cause of found) after.get(cause)?.push(node);
    }
    const byOrder = (a: number, b: number): number => a - b;
    return [...after.keys()].sort(byOrder).map((node) =>
      this.#finding(
        node,
        (after.get(node) ?? []).sort(byOrder).map((id) => names[id] ?? ""),
      ),
    );
  }

  /** When the join of a node may be met; what is said of `dead` upstreams is not asked. */
  #casesOf(node: number, upstreams: readonly number[], dead: ReadonlySet<number>): Cases {
    const { nodes, names } = this.#core;
    if (upstreams.length === 0 || nodes.finally?.get(node)) return everything;
    const looks = (upstream: number, wanted: readonly Look[]): Cases =>
      dead.has(upstream) ? everything : alternatives(wanted.map((look) => this.#look(upstream, node, look)));
    const join = nodes.join?.get(node) ?? "allCompleted";
    switch (join) {
      case "allCompleted":
        return combinations(upstreams.map((upstream) => looks(upstream, ["completed", "filtered"])));
      case "anyCompleted":
      case "noneFailedOneCompleted":
        return alternatives(upstreams.map((upstream) => looks(upstream, ["completed"])));
      case "anyFailed":
        return alternatives(upstreams.map((upstream) => looks(upstream, unlucky)));
      case "allFailed":
        return combinations(upstreams.map((upstream) => looks(upstream, unlucky)));
      case "allSettled":
      case "noneFailed":
        return everything;
      default: {
        const idOf = (name: string): number => this.#core.index.get(name) ?? -1;
        return casesOfSteps(parseJoin(join.expr, names[node]), (name, wanted) => looks(idOf(name), wanted));
      }
    }
  }

  /** When an upstream may look so through its edge. */
  #look(upstream: number, node: number, look: Look): Cases {
    const { nodes, edges, native } = this.#core;
    if (upstream < 0) return everything;
    const edge = native.edgeIndex(upstream, node);
    const isContinued = nodes.onFailure?.get(upstream) === "continue";
    const isAskedAbout = this.#isAskedAbout.has(upstream);
    const met = this.#met[upstream] ?? everything;
    switch (look) {
      case "completed": {
        const ended = isAskedAbout ? factOfNode(upstream, isContinued ? ["completed", "failed"] : ["completed"]) : everything;
        const choice = edges.choice?.get(edge);
        // Of a failure that lets the run go on, the edges ask nothing.
        const taken = choice === undefined || isContinued ? everything : factOfChoice(upstream, choice, node);
        // One that failed before its join was met, and looks completed all the same.
        const isMet = isContinued && this.#isGuarded.has(upstream) ? everything : met;
        return combinations([isMet, ended, taken]);
      }
      case "failed":
        if (isContinued) return nothing;
        return combinations([
          this.#isGuarded.has(upstream) ? everything : met,
          isAskedAbout ? factOfNode(upstream, ["failed"]) : everything,
        ]);
      case "filtered":
        return edges.filter?.has(edge) === true || this.#mayBeFiltered[upstream] === true ? everything : nothing;
      case "skipped":
        // A false condition makes a completed upstream look skipped.
        return edges.condition?.has(edge) === true || !isAskedAbout ? everything : factOfNode(upstream, ["skipped"]);
      default:
        return isAskedAbout ? factOfNode(upstream, [look]) : everything;
    }
  }

  #canBeFiltered(node: number, upstreams: readonly number[]): boolean {
    const { nodes, edges, native } = this.#core;
    if (upstreams.length === 0 || (nodes.join?.get(node) ?? "allCompleted") !== "allCompleted") return false;
    return upstreams.every((upstream) => edges.filter?.has(native.edgeIndex(upstream, node)) === true || this.#mayBeFiltered[upstream]);
  }

  #finding(node: number, after: readonly string[]): LintFinding {
    const { names, nodes, native } = this.#core;
    const name = names[node] ?? "";
    const join = nodes.join?.get(node) ?? "allCompleted";
    const upstreams = Array.from(native.predecessors(node));
    const completed = upstreams.map((upstream) => this.#look(upstream, node, "completed"));
    const pair = join === "allCompleted" ? firstPair(completed) : undefined;
    const excluding = (pair ?? [...upstreams.keys()]).map((place) => names[upstreams[place] ?? 0] ?? "");
    const why = pair === undefined ? "" : this.#whyNot(completed[pair[0]] ?? nothing, completed[pair[1]] ?? nothing);
    const rule = typeof join === "string" ? `\`${join}\`` : quote(join.expr);
    const who =
      pair === undefined ? "what it asks of its upstreams excludes itself" : `${excluding.map(quote).join(" and ")} exclude each other`;
    const cure =
      join === "allCompleted"
        ? 'let it run with one of them: `join: "anyCompleted"` or `"noneFailedOneCompleted"`'
        : "give it another join, or none";
    const address = addressText(this.#path, name);
    const shownAfter = after.map((other) => addressText(this.#path, other));
    const message = `node ${quote(address)}: its join ${rule} can never be met, since ${who}${why}; ${cure}`;
    return { code: "JOIN_NEVER_MET", node: address, upstreams: excluding, after: shownAfter, message };
  }

  #whyNot(one: Cases, other: Cases): string {
    const conflict = conflictOf(one, other);
    if (conflict === undefined) return "";
    const source = quote(this.#core.names[conflict.node] ?? "");
    return conflict.choice === undefined
      ? ` (one needs ${source} ${conflict.states[0].join(" or ")}, the other ${conflict.states[1].join(" or ")})`
      : ` (they are behind different edges of choice ${quote(conflict.choice)} of ${source})`;
  }
}

/** The first two lists of cases that have none in common. */
function firstPair(cases: readonly Cases[]): readonly [number, number] | undefined {
  for (let one = 0; one < Math.min(cases.length, 200); one++) {
    for (let other = one + 1; other < Math.min(cases.length, 200); other++) {
      const both = combinations([cases[one] ?? nothing, cases[other] ?? nothing]);
      if (both === nothing) return [one, other];
    }
  }
  return undefined;
}

const allLooks: readonly Look[] = ["completed", "failed", "skipped", "blocked", "filtered", "cancelled"];

/** When an expression may be true. `looks` answers when an upstream may look like one of these. */
function casesOfSteps(steps: readonly JoinStep[], looks: (name: string, wanted: readonly Look[]) => Cases): Cases {
  /** For each value on the stack: when it may be true, and when false. */
  const stack: { readonly yes: Cases; readonly no: Cases }[] = [];
  const unknown = { yes: everything, no: everything };
  for (const step of steps) {
    if (typeof step === "object") {
      const others = allLooks.filter((look) => look !== step.is);
      stack.push({ yes: looks(step.node, [step.is]), no: looks(step.node, others) });
      continue;
    }
    const right = stack.pop() ?? unknown;
    if (step === "not") {
      stack.push({ yes: right.no, no: right.yes });
      continue;
    }
    const left = stack.pop() ?? unknown;
    const isAnd = step === "and";
    const yes = [left.yes, right.yes];
    const no = [left.no, right.no];
    stack.push({ yes: isAnd ? combinations(yes) : alternatives(yes), no: isAnd ? alternatives(no) : combinations(no) });
  }
  return stack.pop()?.yes ?? everything;
}
