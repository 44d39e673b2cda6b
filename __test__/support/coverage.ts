/**
 * What the runs of a property have covered: moves between states, looks of upstreams under each join rule, pairs of features in one run.
 *
 * A feature counts where an event or an effect shows that it had its turn, not where a spec merely has it.
 */
import { isLegalMove } from "./model/moves.js";
import type { Growth, Look, RunSpec } from "./model/spec.js";
import type { Effect, NodeState, RunEvent, StepReport } from "./model/types.js";
import { type ReadNode, RunReader, ruleName } from "./run-reader.js";

const states: readonly NodeState[] = ["pending", "ready", "running", "waiting", "completed", "failed", "skipped", "filtered", "cancelled"];
const looks: readonly Look[] = ["open", "completed", "failed", "skipped", "blocked", "filtered", "cancelled"];
const rules = [
  "allCompleted",
  "anyCompleted",
  "allSettled",
  "anyFailed",
  "allFailed",
  "noneFailed",
  "noneFailedOneCompleted",
  "expression",
];

/** The features whose pairs are counted, each with the two or three letters that head its column. */
export const features = {
  retry: "re",
  crash: "cr",
  crashLimit: "cl",
  external: "xt",
  command: "cd",
  backoff: "bo",
  retryBudget: "bu",
  attemptTimeout: "at",
  nodeTimeout: "nt",
  runTimeout: "rt",
  failFast: "ff",
  sparing: "sp",
  onFailure: "of",
  cancel: "ca",
  cancelNodes: "cn",
  late: "la",
  abandoned: "ab",
  joinRule: "jr",
  expression: "ex",
  condition: "co",
  cache: "ch",
  given: "gi",
  edgeCondition: "ec",
  filter: "fi",
  predicateThrew: "pt",
  map: "ma",
  subDag: "sd",
  loop: "lo",
  nested: "ne",
  concurrency: "cc",
  waitNode: "wn",
  waitInside: "wi",
  waitTimeout: "wt",
  signal: "si",
  signalQueued: "sq",
  pause: "pa",
  pools: "po",
  rates: "ra",
  finally: "fy",
  undo: "un",
  growth: "gr",
  growthCommand: "gc",
  growthRefused: "gf",
  priority: "pr",
  free: "fr",
} as const;

export type Feature = keyof typeof features;

const names = Object.keys(features) as Feature[];

/** Pairs that no run can have, with the reason. */
const impossible: readonly (readonly [Feature, Feature, string])[] = [
  ["runTimeout", "cancel", "each settles all that the other could settle, and neither counts after that"],
];

export class Coverage {
  readonly #moves = new Map<string, number>();
  readonly #looks = new Map<string, number>();
  readonly #pairs = new Map<string, number>();
  readonly #of = new Map<Feature, number>();
  #runs = 0;

  /** Counts what one run has covered. */
  add(spec: RunSpec, growths: readonly Growth[], steps: readonly StepReport[]): void {
    this.#runs++;
    const reader = new RunReader(spec, growths);
    const seen = new Set<Feature>();
    if (spec.policies.some((policy) => policy.priority !== undefined)) seen.add("priority");
    for (const { events, effects } of steps) {
      for (const event of events) {
        this.#countLooks(reader, event);
        reader.read(event);
        for (const feature of shownBy(event, reader, spec)) seen.add(feature);
      }
      for (const effect of effects) for (const feature of askedBy(effect)) seen.add(feature);
    }
    for (const { from, to } of reader.moves) bump(this.#moves, `${from} ${to}`);
    const present = names.filter((name) => seen.has(name));
    for (const [i, one] of present.entries()) {
      this.#of.set(one, (this.#of.get(one) ?? 0) + 1);
      for (const other of present.slice(i + 1)) bump(this.#pairs, `${one} ${other}`);
    }
  }

  /** What upstreams looked like when an event shows that a node's join was decided. */
  #countLooks(reader: RunReader, event: RunEvent): void {
    const isDecision =
      event.kind === "nodeReady" ||
      event.kind === "nodeFiltered" ||
      (event.kind === "nodeSkipped" && ["join", "upstreamSkipped", "upstreamFailed"].includes(event.reason)) ||
      (event.kind === "predicateAsked" && event.from === null && event.question !== "until");
    if (!isDecision) return;
    const node = reader.node(event.node);
    if (node.isDecided) return;
    for (const upstream of node.upstreams) bump(this.#looks, `${ruleName(node.policy.join)} ${reader.lookOf(upstream, node.id)}`);
  }

  /** Legal moves that no run made, and illegal ones that some run did. */
  wrongMoves(): string[] {
    return states.flatMap((from) =>
      states
        .filter((to) => isLegalMove(from, to) !== this.#moves.has(`${from} ${to}`))
        .map((to) => `${from} → ${to} was ${isLegalMove(from, to) ? "never" : "wrongly"} made`),
    );
  }

  /** Looks that no upstream had when a rule was decided. (A rule that waits for all upstreams sees none open.) */
  missingLooks(): string[] {
    const isForAll = (rule: string): boolean => rule === "allSettled";
    return rules.flatMap((rule) =>
      looks
        .filter((look) => !(look === "open" && isForAll(rule)) && !this.#looks.has(`${rule} ${look}`))
        .map((look) => `${rule} × ${look}`),
    );
  }

  /** Pairs of features that no run had, though one could. */
  missingPairs(): string[] {
    return names.flatMap((one, i) =>
      names
        .slice(i + 1)
        .filter(
          (other) => !this.#pairs.has(`${one} ${other}`) && !impossible.some(([a, b]) => [a, b].includes(one) && [a, b].includes(other)),
        )
        .map((other) => `${one} × ${other}`),
    );
  }

  /** The three tables, as text. */
  toString(): string {
    return [this.#moveTable(), this.#lookTable(), this.#pairTable()].join("\n\n");
  }

  #moveTable(): string {
    const rows = states.map((from) => [
      from,
      ...states.map((to) => {
        const count = this.#moves.get(`${from} ${to}`) ?? 0;
        return isLegalMove(from, to) || count > 0 ? short(count) : "·";
      }),
    ]);
    return `moves made in ${this.#runs} runs (row → column; · is illegal and was never made)\n${table([["", ...states], ...rows])}`;
  }

  #lookTable(): string {
    const rows = rules.map((rule) => [rule, ...looks.map((look) => short(this.#looks.get(`${rule} ${look}`) ?? 0))]);
    return `looks of upstreams when a join was decided\n${table([["", ...looks], ...rows])}`;
  }

  #pairTable(): string {
    const rows = names.map((one, i) => [
      one,
      features[one],
      ...names.map((other, j) => {
        if (j > i) return "";
        return short((i === j ? this.#of.get(one) : this.#pairs.get(`${other} ${one}`)) ?? 0);
      }),
    ]);
    const head = ["", "", ...names.map((name) => features[name])];
    return `runs in which two features had their turn (on the diagonal: the one)\n${table([head, ...rows])}`;
  }
}

/** The features that had their turn where this event is in the log. The reader has taken the event. */
function shownBy(event: RunEvent, reader: RunReader, spec: RunSpec): Feature[] {
  switch (event.kind) {
    case "attemptFailed":
      if (event.reason === "crashed" && reader.node(event.node).policy.isExternal !== true) return ["crash"];
      return [
        ...(event.reason === "crashed" ? (["external"] as const) : []),
        "retry",
        ...(event.due > event.at ? (["backoff"] as const) : []),
        ...(spec.retryBudget === undefined ? [] : (["retryBudget"] as const)),
      ];
    case "runTimedOut":
      return ["runTimeout"];
    case "runStopping":
      return spec.abortRunning === false ? ["failFast", "sparing"] : ["failFast"];
    case "nodeFailed": {
      const { onFailure = "fail", isExternal = false } = reader.node(event.node).policy;
      return [
        ...(onFailure === "fail" ? [] : (["onFailure"] as const)),
        ...(event.reason !== "crashed" ? [] : isExternal ? (["external"] as const) : (["crashLimit"] as const)),
      ];
    }
    case "cancelRequested":
      return ["cancel"];
    case "nodeCancelRequested":
      return ["cancelNodes"];
    case "lateOutcome":
      return ["late"];
    case "attemptAbandoned":
      return ["abandoned"];
    case "predicateAsked":
      return event.question === "condition" ? ["condition"] : event.question === "cache" ? ["cache"] : [];
    case "predicateAnswered": {
      const threw = event.verdict === "threw" || event.verdict === "timedOut" ? (["predicateThrew"] as const) : [];
      return event.question === "edge" ? [event.verdict === "nothing" ? "filter" : "edgeCondition", ...threw] : [...threw];
    }
    case "nodeCompleted":
      return reader.node(event.node).policy.kind?.is === "given" ? ["given"] : [];
    case "nodeReady":
    case "nodeSkipped":
    case "nodeFiltered":
      return joinShown(reader.node(event.node));
    case "itemsAdded":
    case "scopeOpened":
      return containerShown(reader.node(event.node));
    case "waitOpened":
      return [reader.node(event.node).policy.kind?.is === "wait" ? "waitNode" : "waitInside"];
    case "waitOver":
      return event.end === "timedOut" || event.end === "default" ? ["waitTimeout"] : event.end === "slept" ? [] : ["signal"];
    case "signalQueued":
      return ["signalQueued"];
    case "runPaused":
      return ["pause"];
    case "nodeLeased": {
      const { needs = [], isCommand = false } = reader.node(event.node).policy;
      return [
        ...needs.map(([pool]) => (spec.pools?.[pool]?.intervalMs === undefined ? ("pools" as const) : ("rates" as const))),
        ...(isCommand ? (["command"] as const) : []),
      ];
    }
    case "phaseEntered":
      return event.phase === "finalizing" ? ["finally"] : [];
    case "undoStarted":
      return ["undo"];
    case "grew":
      return [event.node === null ? "growthCommand" : "growth"];
    default:
      return [];
  }
}

function joinShown({ policy: { join }, upstreams }: ReadNode): Feature[] {
  if (upstreams.length === 0 || join === undefined || join === "allCompleted") return [];
  return [typeof join === "object" ? "expression" : "joinRule"];
}

function containerShown({ policy: { kind }, scope }: ReadNode): Feature[] {
  if (kind === undefined || !("inside" in kind)) return [];
  return [
    kind.is,
    ...(scope.depth > 0 ? (["nested"] as const) : []),
    ...(kind.inside.concurrency === undefined ? [] : (["concurrency"] as const)),
  ];
}

/** The features that had their turn where this is asked of the host. */
function askedBy(effect: Effect): Feature[] {
  if (effect.kind === "abort") return effect.why === "timeout" ? ["attemptTimeout"] : effect.why === "nodeTimeout" ? ["nodeTimeout"] : [];
  if (effect.kind === "growthRefused") return ["growthRefused"];
  return effect.kind === "free" ? ["free"] : [];
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** A count in at most four characters. */
function short(count: number): string {
  if (count < 10_000) return String(count);
  return count < 1_000_000 ? `${Math.floor(count / 1000)}k` : `${Math.floor(count / 1_000_000)}M`;
}

/** Rows in columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" "))
    .join("\n");
}
