/** A task that is more than a function: a container of other nodes, a wait, a function with an address. What makes them is in `definitions.ts` and `module-task.ts`. */
import type { CommandPlan } from "../command/options.js";
import type { GraphCore } from "../dag/graph-core.js";
import type { AnyTask } from "./lowered.js";
import type { ModuleRef } from "./module-ref.js";
import type { Schema } from "./schema.js";

/** A function of users whose types the compiler has checked where it was given. */
// biome-ignore lint/suspicious/noExplicitAny: parameters of functions that are kept untyped; `never` would forbid to call them.
export type AnyFunction = (...args: any[]) => unknown;

/** One node per item. */
export interface MapSpec {
  readonly kind: "map";
  /** Makes the items of the inputs; `undefined` where they are the output of the only upstream. */
  readonly over: AnyFunction | undefined;
  /** What is done with each: a function of the item, or a graph. */
  readonly each: AnyFunction | GraphCore;
  /** How many items may run at once; 0 for no limit but the slots. */
  readonly concurrency: number;
  /** The most items there may be. */
  readonly maxItems: number;
  /** Whether an item that fails leaves the others alone; then the output says of each item how it ended. */
  readonly allowFailures: boolean;
}

/** The nodes of another graph. */
export interface SubDagSpec {
  readonly kind: "subDag";
  readonly core: GraphCore;
  /** Makes the parameters of the inputs; `undefined` where they are the inputs. */
  readonly params: AnyFunction | undefined;
  /** Whether a failure inside stops what is inside; `undefined` for what the executor says of the run. */
  readonly failFast: boolean | undefined;
  /** Makes the output of the outputs inside; `undefined` where it is the record of the leaves' outputs. */
  readonly output: AnyFunction | undefined;
}

/** A function or a graph, again and again. */
export interface LoopSpec {
  readonly kind: "loop";
  readonly body: AnyFunction | GraphCore;
  /** Whether a round's output is enough. */
  readonly until: AnyFunction;
  /** The most rounds; one more would fail the node. */
  readonly limit: number;
}

/** A wait for a signal, for an approval, or for time to pass. */
export interface WaitSpec {
  readonly kind: "waitFor" | "approval" | "sleep";
  /** The signal's name; `undefined` for the node's own (and for a sleep, which hears none). */
  readonly signal: string | undefined;
  readonly schema: Schema | undefined;
  /** How long it sleeps, or waits at most, in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** What stands in for a signal that does not come in time; `undefined` where nothing does. */
  readonly default: { readonly value: unknown } | undefined;
}

/** A function that any thread can find. To a run it is a function like any other: `task`, which `moduleOf` knows. */
export interface ModuleSpec {
  readonly kind: "module";
  readonly ref: ModuleRef;
  /** Calls it on this thread. */
  readonly task: AnyTask;
}

/** A program of the operating system. */
export interface CommandSpec extends CommandPlan {
  readonly kind: "command";
  /** Runs it. */
  readonly task: AnyTask;
}

/** What a definition says. */
export type DefinitionSpec = MapSpec | SubDagSpec | LoopSpec | WaitSpec | ModuleSpec | CommandSpec;

/** Where another copy of this package finds the address of a task's function. */
const moduleKey: unique symbol = Symbol.for("dagny.module");

/** What may stand where a task stands: made by `map`, `subDag`, `loop`, `waitFor`, `approval`, `sleep`, `task.module` and `defineTasks`. `Inputs` goes in, `Output` comes out. */
export class TaskDefinition<Inputs = unknown, Output = unknown> {
  /** Only the compiler sees it: what goes in and what comes out. */
  declare readonly types?: (inputs: Inputs) => Output;
  readonly #spec: DefinitionSpec;

  /** How many levels of definitions it is deep, itself included. */
  readonly depth: number;

  constructor(spec: DefinitionSpec, depth = 1) {
    this.#spec = spec;
    this.depth = depth;
  }

  /** What a definition says; `undefined` of what is none. For the modules of this package. */
  static specOf(value: unknown): DefinitionSpec | undefined {
    return typeof value === "object" && value !== null && #spec in value ? value.#spec : undefined;
  }

  /** The address of the function, where it has one. */
  get [moduleKey](): ModuleRef | undefined {
    return this.#spec.kind === "module" ? this.#spec.ref : undefined;
  }

  /** What kind of task it is. */
  get kind(): DefinitionSpec["kind"] {
    return this.#spec.kind;
  }
}
