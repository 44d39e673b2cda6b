/** What can be wrong where code runs on other threads, or in other processes. */
import { DagnyError, messageOf, quote } from "./base.js";
import type { ErrorCode } from "./codes.js";
import { GraphError } from "./graph.js";
import { listed, TaskError } from "./task.js";

/** Nodes that are to run on a thread, with tasks that live on one thread only. Found before the run starts. */
export class TaskCannotCrossError extends GraphError {
  /** The address of every such node, level by level, in node order. */
  readonly nodes: readonly string[];

  constructor(nodes: readonly string[]) {
    const isOne = nodes.length === 1;
    const subject = isOne
      ? `the task of node ${listed(nodes.map(quote))} is a function`
      : `the tasks of ${nodes.length} nodes are functions`;
    super(
      `${subject}, which cannot go to another thread: give ${isOne ? "it" : "each"} as \`task.module(…)\` or by \`defineTasks(…)\`, ` +
        `or say \`on: "inline"\` for it${isOne ? "" : `: ${listed(nodes.map(quote))}`}`,
    );
    this.nodes = nodes;
  }

  override get code(): ErrorCode {
    return "TASK_CANNOT_CROSS";
  }

  override get name(): string {
    return "TaskCannotCrossError";
  }
}

/** A value that cannot be copied to another thread. The attempt that made it, or that was to receive it, fails. */
export class ValueNotCloneableError extends DagnyError {
  /** The node whose value it is; `undefined` where that is told by the `TaskError` around. */
  readonly node: string | undefined;
  /** Where it is inside the value, as one would write it: `result.rows[3].close`. */
  readonly path: string;
  /** What stands there: `a function`, `a symbol`, … */
  readonly what: string;

  constructor(
    node: string | undefined,
    { path, what, cure }: { readonly path: string; readonly what: string; readonly cure: string },
    options?: ErrorOptions,
  ) {
    super(`${node === undefined ? "" : `node ${quote(node)}: `}${path} is ${what}, which cannot go to another thread; ${cure}`, options);
    this.node = node;
    this.path = path;
    this.what = what;
  }

  get code(): ErrorCode {
    return "VALUE_NOT_CLONEABLE";
  }

  override get name(): string {
    return "ValueNotCloneableError";
  }
}

/** Why a module gave no function: it was not found, threw, exited, took too long; has no such export, or one that is no function. */
export type LoadFault = "notFound" | "threw" | "exited" | "timeout" | "noExport" | "notFunction";

/** A task's function that could not be loaded. `cause` is what loading threw. */
export class ModuleLoadError extends DagnyError {
  /** The module's. */
  readonly url: string;
  readonly exportName: string;
  readonly fault: LoadFault;
  /** The node whose task it is; `undefined` where that is not known. */
  readonly node: string | undefined;

  constructor(
    { url, exportName }: { readonly url: string; readonly exportName: string },
    fault: LoadFault,
    node: string | undefined,
    details: { readonly cause?: unknown; readonly known?: readonly string[]; readonly timeoutMs?: number; readonly exitCode?: number } = {},
  ) {
    super(loadMessage(url, exportName, fault, details), "cause" in details ? { cause: details.cause } : undefined);
    this.url = url;
    this.exportName = exportName;
    this.fault = fault;
    this.node = node;
  }

  get code(): ErrorCode {
    return "MODULE_LOAD";
  }

  override get name(): string {
    return "ModuleLoadError";
  }
}

const bundled =
  "where the code is bundled, make the module an entry of its own, and name the file that it becomes: `new URL(…)` is seen from the bundle";

function loadMessage(
  url: string,
  exportName: string,
  fault: LoadFault,
  { cause, known = [], timeoutMs, exitCode }: ConstructorParameters<typeof ModuleLoadError>[3] & object,
): string {
  const shown = known.length === 0 ? "it exports nothing" : `it has ${listed(known.map((name) => quote(name)))}`;
  switch (fault) {
    case "notFound":
      return `there is no module ${url}; ${bundled}`;
    case "threw":
      return `module ${url} threw while it was loaded: ${messageOf(cause)}`;
    case "exited":
      return `module ${url} ended its thread while it was loaded${exitCode === undefined ? "" : ` (exit code ${exitCode})`}; it must only define things`;
    case "timeout":
      return `module ${url} was not loaded within ${timeoutMs} ms; it must only define things, or the pool needs a longer \`loadTimeoutMs\``;
    case "noExport":
      return `module ${url} has no ${quote(exportName)}; ${shown}`;
    case "notFunction":
      return `${quote(exportName)} of module ${url} is no function`;
  }
}

/** A thread that ended in the middle of an attempt. `cause` is what its code threw, where that is known. */
export class ThreadCrashedError extends TaskError {
  /** What the thread exited with; `undefined` where that is not known. */
  readonly exitCode: number | undefined;

  constructor(node: string, attempt: number, exitCode: number | undefined, options?: ErrorOptions) {
    const why = options?.cause === undefined ? "" : `: ${messageOf(options.cause)}`;
    const code = exitCode === undefined ? "" : ` (exit code ${exitCode})`;
    super(node, attempt, `node ${quote(node)}: the thread ended during attempt ${attempt}${code}${why}`, options);
    this.exitCode = exitCode;
  }

  override get code(): ErrorCode {
    return "THREAD_CRASHED";
  }

  override get name(): string {
    return "ThreadCrashedError";
  }
}

/** A thread of a pool that could not be started. `cause` is what came instead. */
export class ThreadStartError extends DagnyError {
  /** `fault` says what happened, and what to do. */
  constructor(fault: string, options?: ErrorOptions) {
    super(`a thread could not be started: ${fault}`, options);
  }

  get code(): ErrorCode {
    return "THREAD_START";
  }

  override get name(): string {
    return "ThreadStartError";
  }
}

/** A run that needs threads of a pool that has been closed. */
export class PoolClosedError extends DagnyError {
  constructor(owner: "pool" | "executor" = "pool") {
    super(
      owner === "pool"
        ? "the pool of threads is closed; make another one"
        : "the executor is closed, and its threads with it; make another one",
    );
  }

  get code(): ErrorCode {
    return "POOL_CLOSED";
  }

  override get name(): string {
    return "PoolClosedError";
  }
}
