/** What may stand where a task stands, beside a function: containers of other nodes, and waits. Each is a value that can be used many times. */
import { coreOf, DagValue } from "../dag/dag-value.js";
import type { GraphCore } from "../dag/graph-core.js";
import { OptionCheck } from "../dag/option-check.js";
import type { LeafOutputs, ParamsOf, Shape } from "../dag/types.js";
import type { DagnyError } from "../errors/base.js";
import { errorOf, LimitExceededError } from "../errors/graph.js";
import { ConflictingOptionsError, InvalidOptionError } from "../errors/options.js";
import { type AnyFunction, type DefinitionSpec, TaskDefinition } from "./definition.js";
import { calledBy } from "./own-tasks.js";
import { isSchema, type Schema } from "./schema.js";
import type { BasicContext, TaskContext } from "./task.js";

/** The largest count that options may name: what the core counts to. */
const mostCount = 0xffff_ffff;

/** What can be gone through, at once or over time. */
export type Items<T> = Iterable<T> | AsyncIterable<T>;

/** What going through `L` gives. */
export type ItemOf<L> = L extends Iterable<infer T> ? T : L extends AsyncIterable<infer T> ? T : unknown;

/** How an item of a map that allows failures ended. */
export type ItemOutcome<T> = { readonly status: "completed"; readonly result: T } | { readonly status: "failed"; readonly error: unknown };

/** How a map treats its items. */
export interface MapLimits {
  /**
   * How many items may run at once: an integer of at least 1.
   * @default as many as there are slots
   */
  readonly concurrency?: number | undefined;
  /**
   * The most items; one more fails the node with reason `limit`.
   * @default 1,000,000
   */
  readonly maxItems?: number | undefined;
}

/** What a sub-DAG needs beside its graph. */
export interface SubDagOptions<Inputs, S extends Shape, Out> {
  /**
   * What the nodes inside see as `ctx.params`.
   * @default the inputs
   */
  readonly params?: ((inputs: Inputs) => ParamsOf<S>) | undefined;
  /**
   * Whether the first final failure inside stops what is inside.
   * @default what the executor says of the run
   */
  readonly failFast?: boolean | undefined;
  /**
   * The node's output.
   * @default the outputs of the leaves inside, by name
   */
  readonly output?: ((outputs: LeafOutputs<S>) => Out) | undefined;
}

/** What a wait takes beside the name of its signal. */
export interface WaitNodeOptions<T> {
  /** Checks the payload, and may change it. */
  readonly schema?: Schema<T> | undefined;
  /**
   * How long to wait, in milliseconds: finite, at least 0.
   * @default for ever
   */
  readonly timeoutMs?: number | undefined;
  /** Stands in for a signal that does not come in time; needs `timeoutMs`. */
  readonly default?: NoInfer<T> | undefined;
}

/** A function of a map's items or a loop's inputs, or a task that is called like one: by `task.module`, `defineTasks` or `task.command`. */
type Called<Input, Out> = ((input: Input, context: TaskContext) => Out) | TaskDefinition<Input, Out>;

/** What a map's or a loop's graph puts out. */
type OutOf<Out, S extends Shape> = unknown extends Out ? LeafOutputs<S> : Awaited<Out>;

/** A map's output: what each item gave, in the order of the items; where failures are allowed, how each ended. */
export type MapOutput<T, F extends boolean> = F extends true ? ItemOutcome<T>[] : T[];

/** How a map's options say whether an item may fail. */
interface MapFailures<F extends boolean> {
  /**
   * Whether an item that fails leaves the others alone. Then the output is a list of `{ status, result }` and `{ status, error }`.
   * @default false
   */
  readonly allowFailures?: F | undefined;
}

/** What makes a map's items of its inputs. Name it before `each`: the compiler learns from it what an item is. */
interface MapOver<Inputs, L> {
  /** The items: a list, or anything that can be gone through, at once or over time. */
  readonly over: (inputs: Inputs, context: BasicContext) => L | PromiseLike<L>;
}

/**
 * A node that runs once per item: of what `over` makes of its inputs; without it, of the output of its only upstream. Its output is the
 * list of what each item gave, in the order of the items. Its retry, attempt timeout, resources, concurrency key, rate and effects are those
 * of each item. Throws on wrong options.
 *
 * @example builder.task("resize", ["photos"], map({ over: ({ photos }) => photos, each: (photo, ctx) => resize(photo, ctx.index) }))
 */
export function map<Inputs, L extends Items<unknown>, Out, F extends boolean = false>(
  options: MapOver<Inputs, L> & { readonly each: (item: ItemOf<L>, context: TaskContext) => Out } & MapLimits & MapFailures<F>,
): TaskDefinition<Inputs, MapOutput<Awaited<Out>, F>>;
// Where the types of `each` are known before those of `over`: a task that is called like a function, or a function that is annotated.
export function map<Inputs, Item, L extends Items<Item>, Out, F extends boolean = false>(
  options: MapOver<Inputs, L> & { readonly each: Called<Item, Out> } & MapLimits & MapFailures<F>,
): TaskDefinition<Inputs, MapOutput<Awaited<Out>, F>>;
export function map<Inputs, L extends Items<unknown>, S extends Shape, F extends boolean = false>(
  options: MapOver<Inputs, L> & { readonly each: DagValue<S> } & MapLimits & MapFailures<F>,
): TaskDefinition<Inputs, MapOutput<LeafOutputs<S>, F>>;
export function map<Inputs, Out, F extends boolean = false>(
  options: {
    readonly each: Called<ItemOf<Inputs[keyof Inputs]>, Out>;
  } & MapLimits &
    MapFailures<F>,
): TaskDefinition<Inputs, MapOutput<Awaited<Out>, F>>;
export function map<Inputs, S extends Shape, F extends boolean = false>(
  options: { readonly each: DagValue<S> } & MapLimits & MapFailures<F>,
): TaskDefinition<Inputs, MapOutput<LeafOutputs<S>, F>>;
export function map<Inputs>(options: object): TaskDefinition<Inputs, never> {
  const read = new Reader("map", options, ["over", "each", "concurrency", "maxItems", "allowFailures"]);
  return read.define({
    kind: "map",
    over: read.optionalFunction("over"),
    each: read.body("each"),
    concurrency: read.count("concurrency", 0),
    maxItems: read.count("maxItems", 1_000_000),
    allowFailures: read.boolean("allowFailures") ?? false,
  });
}

/**
 * A node that runs the nodes of another graph, which keep their own names. Its retry runs the whole graph again. Throws on wrong options.
 *
 * @example builder.task("report", ["sales"], subDag(reportFlow, { params: ({ sales }) => ({ sales }) }))
 */
export function subDag<Inputs, S extends Shape, Out = unknown>(
  dag: DagValue<S>,
  options: SubDagOptions<Inputs, S, Out> & { readonly params: (inputs: Inputs) => ParamsOf<S> },
): TaskDefinition<Inputs, OutOf<Out, S>>;
export function subDag<S extends Shape, Out = unknown>(
  dag: DagValue<S>,
  options?: Omit<SubDagOptions<unknown, S, Out>, "params">,
): TaskDefinition<unknown, OutOf<Out, S>>;
export function subDag<S extends Shape>(dag: DagValue<S>, options: object = {}): TaskDefinition<unknown, never> {
  const read = new Reader("subDag", options, ["params", "failFast", "output"]);
  return read.define({
    kind: "subDag",
    core: coreOf(dag, "dag"),
    params: read.optionalFunction("params"),
    failFast: read.boolean("failFast"),
    output: read.optionalFunction("output"),
  });
}

/** What a loop needs beside its body. */
export interface LoopRules<Out> {
  /** Asked after each round: whether its output is enough. */
  readonly until: (output: Out, round: { readonly iteration: number }) => boolean | PromiseLike<boolean>;
  /** The most rounds: an integer of at least 1. A round more would fail the node with reason `limit`. */
  readonly limit: number;
}

/**
 * A node that runs its body again and again, until `until` says that a round's output is enough. The body sees the round as
 * `ctx.iteration`, from 1, and the output of the round before as `ctx.previous`. The last output is the node's. Throws on wrong options.
 *
 * @example builder.task("poll", loop({ body: () => fetchStatus(), until: (status) => status === "done", limit: 20 }))
 */
export function loop<Inputs, Out>(
  options: { readonly body: Called<Inputs, Out> } & LoopRules<Awaited<Out>>,
): TaskDefinition<Inputs, Awaited<Out>>;
export function loop<S extends Shape>(
  options: { readonly body: DagValue<S> } & LoopRules<LeafOutputs<S>>,
): TaskDefinition<unknown, LeafOutputs<S>>;
export function loop<Inputs>(options: object): TaskDefinition<Inputs, never> {
  const read = new Reader("loop", options, ["body", "until", "limit"]);
  return read.define({ kind: "loop", body: read.body("body"), until: read.aFunction("until"), limit: read.count("limit") });
}

/**
 * A node that waits for a signal, without holding anything; its payload is the output. Without `signal` only one that names the node ends
 * it. Rejected, or not answered in time and without a default, it fails. Throws on wrong options.
 */
export function waitFor<T = unknown>(
  options: WaitNodeOptions<T> & {
    /** The signal's name, which any run hears that waits for it. */
    readonly signal?: string | undefined;
  } = {},
): TaskDefinition<unknown, T> {
  const read = new Reader("waitFor", options, ["signal", "schema", "timeoutMs", "default"]);
  return read.wait("waitFor", read.name("signal"));
}

/** A node that waits until somebody approves (`run.approve(node, value)`: the value is its output) or rejects it, which fails it. */
export function approval<T = unknown>(options: Omit<WaitNodeOptions<T>, "schema"> = {}): TaskDefinition<unknown, T> {
  return new Reader("approval", options, ["timeoutMs", "default"]).wait("approval", undefined);
}

/** A node that waits for so long, in milliseconds, without holding anything; its output is `undefined`. Throws where that is no time. */
export function sleep(ms: number): TaskDefinition<unknown, undefined> {
  return new Reader("sleep", { ms }, ["ms"]).sleep();
}

/** How deep containers may be inside each other: what walks them does so level by level, and nobody means more. */
const deepest = 1000;

/** How many levels of containers are inside. O(nodes with tasks of the level inside). */
function depthInside(spec: DefinitionSpec): number {
  const inside = spec.kind === "map" ? spec.each : spec.kind === "loop" ? spec.body : spec.kind === "subDag" ? spec.core : undefined;
  if (inside === undefined || typeof inside === "function") return 0;
  let depth = 0;
  for (const task of inside.nodes.task?.values() ?? []) depth = Math.max(depth, task instanceof TaskDefinition ? task.depth : 0);
  return depth;
}

/** Reads the options of one definition; everything that is wrong with them is thrown at once, when the definition is made. */
class Reader {
  readonly #faults: DagnyError[] = [];
  readonly #check: OptionCheck;
  readonly #owner: string;
  readonly #options: Readonly<Record<string, unknown>>;

  constructor(owner: string, options: object, known: readonly string[]) {
    this.#owner = owner;
    this.#check = new OptionCheck(owner, this.#faults);
    const isRecord = this.#check.isRecord("options", options);
    this.#options = isRecord ? { ...options } : {};
    if (!isRecord) throw errorOf(this.#faults);
    this.#check.names(options, known);
  }

  optionalFunction(option: string): AnyFunction | undefined {
    return this.#options[option] === undefined ? undefined : this.aFunction(option);
  }

  aFunction(option: string): AnyFunction {
    const value = this.#options[option];
    return this.#check.isFunction(option, value) ? value : () => undefined;
  }

  /** A function, or the frozen form of a graph. */
  body(option: string): AnyFunction | GraphCore {
    const value = this.#options[option];
    if (value instanceof DagValue) return coreOf(value, option);
    const called = calledBy(value);
    if (called !== undefined) return called;
    return this.#check.isFunction(option, value, "a function, a DAG, or what task.module or defineTasks makes") ? value : () => undefined;
  }

  count(option: string, otherwise?: number): number {
    const value = this.#options[option];
    if (value === undefined && otherwise !== undefined) return otherwise;
    const inRange = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= mostCount;
    return this.#check.isNumber(option, `an integer from 1 to ${mostCount}`, value, inRange) ? value : 1;
  }

  boolean(option: string): boolean | undefined {
    const value = this.#options[option];
    return value !== undefined && this.#check.isBoolean(option, value) ? value : undefined;
  }

  name(option: string): string | undefined {
    const value = this.#options[option];
    return value !== undefined && this.#check.isName(option, value) ? value : undefined;
  }

  wait<Inputs, T>(kind: "waitFor" | "approval", signal: string | undefined): TaskDefinition<Inputs, T> {
    const { schema, timeoutMs, default: value } = this.#options;
    if (schema !== undefined && !isSchema(schema)) {
      this.#faults.push(new InvalidOptionError("schema", "a function, a Standard Schema, or an object with `parse`", schema, this.#owner));
    }
    const hasTimeout = timeoutMs !== undefined && this.#isDelay("timeoutMs", timeoutMs);
    const hasDefault = "default" in this.#options;
    if (hasDefault && timeoutMs === undefined) {
      this.#faults.push(new ConflictingOptionsError(["default", "timeoutMs"], "a `default` needs a `timeoutMs`", this.#owner));
    }
    return this.define({
      kind,
      signal,
      schema: isSchema(schema) ? schema : undefined,
      timeoutMs: hasTimeout ? timeoutMs : undefined,
      default: hasDefault ? { value } : undefined,
    });
  }

  sleep<Inputs>(): TaskDefinition<Inputs, undefined> {
    const { ms } = this.#options;
    const timeoutMs = this.#isDelay("ms", ms) ? ms : 0;
    return this.define({ kind: "sleep", signal: undefined, schema: undefined, timeoutMs, default: undefined });
  }

  define<Inputs, Out>(spec: DefinitionSpec): TaskDefinition<Inputs, Out> {
    if (this.#faults.length > 0) throw errorOf(this.#faults, `the options of ${this.#owner} have`);
    const depth = 1 + depthInside(spec);
    if (depth > deepest) throw new LimitExceededError(`${this.#owner}: containers may be at most ${deepest} levels deep`);
    return new TaskDefinition<Inputs, Out>(spec, depth);
  }

  #isDelay(option: string, value: unknown): value is number {
    return this.#check.isNumber(option, "a finite number of at least 0, in milliseconds", value, (n) => n >= 0);
  }
}
