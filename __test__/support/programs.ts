/**
 * The programs of ../shared/data/programs.json: what they are, which of them today's rules cover, and the conductor that plays one by the
 * file's `conventions`, whatever it runs on.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { NodeState, RunStatus } from "./model/types.js";

const path = fileURLToPath(new URL("../../../shared/data/programs.json", import.meta.url));

/** `null` where the folder of shared data is absent. */
export function readPrograms(): readonly Program[] | null {
  if (!existsSync(path)) return null;
  const file: { programs: Program[] } = JSON.parse(readFileSync(path, "utf8"));
  return file.programs;
}

export interface Program {
  readonly id: string;
  readonly title: string;
  readonly nodes: readonly ProgramNode[];
  readonly edges: readonly (readonly [string, string, object?])[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly commands?: readonly { readonly when: string; readonly do: string; readonly target?: string }[];
  readonly expect: Expectation;
}

export interface ProgramNode {
  readonly id: string;
  /** As in the file, and our own: `syncOk` returns inside its call, `syncCancel` and `asyncCancel` cancel the run in it, `syncSlow:n` and
   * `asyncSlow:n` take n ms in it. */
  readonly does: string;
  readonly policy?: Readonly<Record<string, unknown>>;
}

interface Expectation {
  readonly refused?: string;
  readonly status?: RunStatus;
  readonly nodes?: Readonly<Record<string, NodeState>>;
  /** Every skip and failure reason. */
  readonly reasons?: Readonly<Record<string, string>>;
  readonly order?: readonly string[];
  readonly attempts?: Readonly<Record<string, number>>;
  readonly inputs?: Readonly<Record<string, readonly unknown[]>>;
  readonly absent?: readonly string[];
}

/** What a program came to. */
export interface Played {
  readonly status: RunStatus;
  readonly nodes: Readonly<Record<string, NodeState>>;
  readonly reasons: Readonly<Record<string, string>>;
  /** The attempts in the order in which they began. */
  readonly order: readonly string[];
  /** The inputs of each attempt, where values are passed at all. */
  readonly inputs?: Readonly<Record<string, readonly unknown[]>>;
  /** What the report gives as each node's result, where there is a report. */
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** Keys whose presence is covered, with the values that are; a value of `true` stands for any. */
type Covered = Readonly<Record<string, true | ((value: unknown) => boolean)>>;

const oneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

const coveredRetry: Covered = { maxAttempts: true, delayMs: oneOf(0) };

/** The rules built so far; each later issue adds its own here. */
const covered = {
  program: { id: true, title: true, rule: true, note: true, nodes: true, edges: true, options: true, commands: true, expect: true },
  node: {
    id: true,
    does: (does: unknown) =>
      /^(ok|fail|hang|syncFail|syncOk|syncCancel|asyncCancel|(a?sync)Slow:\d+|failTimes:\d+|value:.+)$/.test(String(does)),
    policy: true,
  },
  policy: {
    priority: true,
    cost: true,
    timeoutMs: true,
    retry: (retry: unknown) => uncoveredIn(retry, coveredRetry, "retry").length === 0,
    join: oneOf("allCompleted"),
    condition: oneOf(true),
    onFailure: oneOf("fail"),
    cached: oneOf(false),
    finally: oneOf(false),
  },
  edge: { condition: oneOf(true) },
  options: { maxWorkers: true, failFast: true, graceMs: true, abortRunning: oneOf(true) },
  command: { when: true, do: oneOf("cancel") },
} satisfies Record<string, Covered>;

/** What a program uses beyond the rules built so far; empty where it can be played. */
export function uncoveredBy(program: Program): string[] {
  return [
    ...uncoveredIn(program, covered.program, "program"),
    ...program.nodes.flatMap((node) => uncoveredIn(node, covered.node, "node")),
    ...program.nodes.flatMap((node) => uncoveredIn(node.policy ?? {}, covered.policy, "policy")),
    ...program.edges.flatMap(([, , edge]) => uncoveredIn(edge ?? {}, covered.edge, "edge")),
    ...uncoveredIn(program.options, covered.options, "options"),
    ...(program.commands ?? []).flatMap((command) => uncoveredIn(command, covered.command, "command")),
  ];
}

function uncoveredIn(value: unknown, keys: Covered, where: string): string[] {
  if (typeof value !== "object" || value === null) return [where];
  return Object.entries(value).flatMap(([key, entry]) => {
    const rule = Object.hasOwn(keys, key) ? keys[key] : undefined;
    return rule === true || rule?.(entry) === true ? [] : [`${where}.${key}`];
  });
}

/** How an attempt of a node ends, or that it never does. */
export function endingOf(does: string, attempt: number): "ok" | "failed" | "hang" {
  if (does === "hang") return "hang";
  if (does === "fail" || does === "syncFail") return "failed";
  return does.startsWith("failTimes:") && attempt <= Number(does.slice("failTimes:".length)) ? "failed" : "ok";
}

/** How much time a task spends inside its call, in ms. */
export function callTimeOf(does: string): number {
  return Number(/^a?syncSlow:(\d+)$/.exec(does)?.[1] ?? 0);
}

/** The output of an attempt that ends well. */
export function outputOf(node: ProgramNode): unknown {
  return node.does.startsWith("value:") ? JSON.parse(node.does.slice("value:".length)) : `${node.id}!`;
}

/** Events that are about an attempt; for the others it is not compared. */
const ofAttempts = new Set([
  "nodeLeased",
  "nodeStarted",
  "nodeCompleted",
  "attemptFailed",
  "nodeFailed",
  "nodeCancelled",
  "lateOutcome",
  "attemptAbandoned",
]);

/** One event as one line, the same for the model's and the executor's. */
export function eventLine(event: { readonly at: number; readonly kind: string }, node: string | undefined): string {
  const fields: Readonly<Record<string, unknown>> = { ...event };
  const parts: unknown[] = [event.at, event.kind, node, ofAttempts.has(event.kind) ? fields.attempt : undefined];
  for (const key of ["lane", "reason", "outcome", "status"]) parts.push(fields[key]);
  return parts.filter((part) => part !== undefined).join(" ");
}

/** Something that runs a program: the reference model, or the executor. Each call returns when nothing moves any more by itself. */
export interface Stage {
  /** Starts the run, and lets all work handed out begin. `cancelFirst`: with a cancel before anything begins. */
  start(cancelFirst: boolean): Promise<void>;
  /** Settles the attempt that began first, of those that ever settle. @returns false where there is none. */
  settleFirst(): Promise<boolean>;
  cancel(): Promise<void>;
  /** Moves the clock to the next timer. @returns false where there is none. */
  jump(): Promise<boolean>;
  /** Whether the node has ever been in the state. */
  hasBeen(node: string, state: string): boolean;
  /** What the run came to, once it has ended. */
  outcome(): Played | null;
}

/** Plays a program by the conventions of the file. @throws where the run is stuck. */
export async function play(program: Program, stage: Stage): Promise<Played> {
  const commands = [...(program.commands ?? [])];
  const atStart = commands.filter((command) => command.when === "start");
  await stage.start(atStart.length > 0);
  const waiting = commands.filter((command) => command.when !== "start");
  for (let turns = 0; turns < 10_000; turns++) {
    const outcome = stage.outcome();
    if (outcome !== null) return outcome;
    // "Commands behind an 'idle' one wait for it."
    const behind = waiting.findIndex((command) => command.when === "idle");
    const due = waiting.findIndex(({ when }, i) => (behind === -1 || i < behind) && holds(stage, when));
    if (due !== -1) {
      waiting.splice(due, 1);
      await stage.cancel();
    } else if (!(await stage.settleFirst()) && !(await stage.jump())) {
      if (behind === -1) throw new Error(`${program.id} is stuck`);
      waiting.splice(behind, 1);
      await stage.cancel();
    }
  }
  throw new Error(`${program.id} does not end`);
}

function holds(stage: Stage, when: string): boolean {
  const space = when.lastIndexOf(" ");
  return stage.hasBeen(when.slice(0, space), when.slice(space + 1));
}

/** The expectation's fields, and what was played in the same shape: equal objects mean that the program passed. */
export function compared({ expect: expected }: Program, played: Played): { expected: object; actual: object } {
  const count = (node: string): number => played.order.filter((id) => id === node).length;
  return {
    expected: { reasons: {}, ...expected, inputs: played.inputs === undefined ? undefined : expected.inputs },
    actual: {
      status: played.status,
      nodes: played.nodes,
      reasons: played.reasons,
      ...(expected.order === undefined ? {} : { order: played.order }),
      ...(expected.attempts === undefined
        ? {}
        : { attempts: Object.fromEntries(Object.keys(expected.attempts).map((id) => [id, count(id)])) }),
      inputs:
        played.inputs === undefined || expected.inputs === undefined
          ? undefined
          : Object.fromEntries(Object.keys(expected.inputs).map((id) => [id, played.inputs?.[id]])),
    },
  };
}
