/**
 * The programs of ../shared/data/programs.json: what they are, and the conductor that plays one by the file's `conventions`, whatever it runs on.
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

export interface Program extends ProgramFlow {
  readonly id: string;
  readonly title: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly commands?: readonly ProgramCommand[];
  readonly expect: Expectation;
}

/** A graph in the words of the file. */
export interface ProgramFlow {
  readonly nodes: readonly ProgramNode[];
  readonly edges: readonly (readonly [string, string, ProgramEdge?])[];
}

export interface ProgramEdge {
  readonly condition?: boolean | "throws";
  /** `none` lets nothing through. */
  readonly filter?: "none" | "all";
}

export interface ProgramNode {
  readonly id: string;
  /** As in the file, and our own: `syncOk` returns inside its call, `syncCancel` and `asyncCancel` cancel the run in it, `syncSlow:n` and
   * `asyncSlow:n` take n ms in it; `given` is not run; `sleeps:n` sleeps n ms in its code, `hears:name` waits in it for a signal; `loop` runs its `flow`
   * `rounds` times. */
  readonly does: string;
  readonly policy?: ProgramPolicy;
  /** What each item of a `map` does. */
  readonly items?: readonly string[];
  /** What is inside a `subdag` or a `loop`. */
  readonly flow?: ProgramFlow;
  readonly rounds?: number;
  /** Our own, of a `map`: how many items may run at once, whether one may fail, whether the list is given bit by bit. */
  readonly concurrency?: number;
  readonly allowFailures?: boolean;
  readonly isLazy?: boolean;
  /** What each attempt adds before it ends. */
  readonly grows?: ProgramFlow;
}

export interface ProgramPolicy {
  readonly priority?: number;
  readonly cost?: number;
  readonly timeoutMs?: number;
  readonly nodeTimeoutMs?: number;
  readonly retry?: { readonly maxAttempts?: number; readonly delayMs?: number };
  readonly join?: string | { readonly expr: string };
  readonly condition?: boolean | "throws";
  readonly cached?: boolean;
  readonly onFailure?: "fail" | "allow" | "continue";
  readonly finally?: boolean;
  readonly resources?: Readonly<Record<string, number>>;
  /** Our own: a key that one node holds at a time. */
  readonly concurrencyKey?: string;
  /** Our own: one of the option `rates`. */
  readonly rate?: string;
  /** Our own: how the code that undoes it ends. */
  readonly undo?: "ok" | "fails";
}

export interface ProgramCommand {
  readonly when: string;
  readonly do: string;
  readonly target?: string;
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

/** The program is refused before anything starts. */
export class Refused extends Error {}

/** What a program came to. */
export interface Played {
  readonly isRefused?: true;
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
  "nodeResumed",
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
  return parts.filter((part) => part !== undefined && part !== null).join(" ");
}

/** Something that runs a program: the reference model, or the executor. Each call returns when nothing moves any more by itself. */
export interface Stage {
  /** Starts the run, and lets all work handed out begin. `cancelFirst`: with a cancel before anything begins. */
  start(cancelFirst: boolean): Promise<void>;
  /** Settles the attempt that began first, of those that ever settle. @returns false where there is none. */
  settleFirst(): Promise<boolean>;
  /** Gives a command other than a cancel before the start. */
  command(command: ProgramCommand): Promise<void>;
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
  try {
    await stage.start(atStart.length > 0);
  } catch (error) {
    if (error instanceof Refused) return { isRefused: true, status: "failed", nodes: {}, reasons: {}, order: [] };
    throw error;
  }
  const waiting = commands.filter((command) => command.when !== "start");
  for (let turns = 0; turns < 10_000; turns++) {
    const outcome = stage.outcome();
    if (outcome !== null) return outcome;
    // "Commands behind an 'idle' one wait for it."
    const behind = waiting.findIndex((command) => command.when === "idle");
    const due = waiting.findIndex(({ when }, i) => (behind === -1 || i < behind) && holds(stage, when));
    if (due !== -1) {
      for (const command of waiting.splice(due, 1)) await stage.command(command);
    } else if (!(await stage.settleFirst()) && !(await stage.jump())) {
      if (behind === -1) throw new Error(`${program.id} is stuck`);
      for (const command of waiting.splice(behind, 1)) await stage.command(command);
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
  // "The text is not to be compared."
  if (expected.refused !== undefined || played.isRefused === true) {
    return { expected: { isRefused: expected.refused !== undefined }, actual: { isRefused: played.isRefused === true } };
  }
  const count = (node: string): number => played.order.filter((id) => id === node).length;
  return {
    expected: { reasons: {}, absent: [], ...expected, inputs: played.inputs === undefined ? undefined : expected.inputs },
    actual: {
      status: played.status,
      nodes: played.nodes,
      reasons: played.reasons,
      absent: (expected.absent ?? []).filter((node) => !Object.hasOwn(played.nodes, node)),
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
