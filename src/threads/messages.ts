/**
 * What a pool's main thread and its threads say to each other over their ports: types only. What is hot (leases, outcomes, outputs) does
 * not come this way but through the seat of `src/native`.
 *
 * Attempts are named by three numbers: the run's share id, the node, the attempt. Errors cross encoded by the codec, so that their class,
 * code, stack and cause stay; other values by structured clone. Who cannot clone an answer says so with an error in its place.
 *
 * I1 A thread says nothing about an attempt before the scheduler knows that it has begun. I2 Messages of one direction arrive in order.
 * I3 A thread that has called (`CallMessage`) runs nothing until it is answered: main answers each exactly once, with `ReturnMessage`, and
 * then sets the seat's word of the shared buffer to the call's id and notifies it. What else arrives meanwhile waits for its turn. I4 Each
 * `AskMessage` is answered at most once; a thread may end before that. I5 A value is posted (`CarriedMessage`) before its attempt is
 * reported. I6 After each post main adds 1 to the seat's mail word: a thread that is busy with
 * short tasks looks there, and takes its messages without its event loop. I7 Main posts `AbortMessage` only of attempts whose code has not returned; the thread answers it with
 * `AcknowledgedMessage` when it has come to it, whether or not the code has returned meanwhile: code that never yields does
 * not let it. That an attempt has returned, main hears from the scheduler, perhaps before the acknowledgment.
 */
import type { MessagePort } from "node:worker_threads";
import type { ModuleRef } from "../flow/module-ref.js";

/** One attempt. */
export interface AttemptRef {
  /** The share id of its run. */
  readonly run: number;
  readonly node: number;
  readonly attempt: number;
}

/** How a question ended: its value, or the encoded error. */
export type Answer = { readonly isOk: true; readonly value: unknown } | { readonly isOk: false; readonly error: Uint8Array };

/** The thread's code is loaded; it takes leases from now on. */
export interface ReadyMessage {
  readonly type: "ready";
}

/** The task reports a line. `data` that cannot be cloned comes as a text about it. */
export interface LogMessage extends AttemptRef {
  readonly type: "log";
  readonly message: string;
  readonly data: unknown;
}

/** What is asked without waiting for it: the task gets a promise. Its attempt parks. */
export type Question =
  | { readonly what: "sleep"; readonly args: readonly [ms: number] }
  | { readonly what: "waitFor"; readonly args: readonly [signal: string, options: CrossingWait | undefined] };

/** The options of a wait, without its schema: the thread itself checks what comes. */
export interface CrossingWait {
  readonly timeoutMs?: number | undefined;
  readonly default?: unknown;
  /**
   * There is a schema: to main it is `(value) => ({ value, isDefault: false })`. The default comes as `{ value, isDefault: true }` already,
   * so that the thread can tell them apart: no schema looks at defaults.
   */
  readonly isChecked?: boolean;
}

/** The task asks to be parked; answered by `AnswerMessage` once it is resumed. `id` is the thread's own. */
export type AskMessage = AttemptRef & { readonly type: "ask"; readonly id: number } & Question;

/** What is asked synchronously, and what comes back. */
export interface Calls {
  readonly name: { readonly args: readonly []; readonly value: string };
  readonly path: { readonly args: readonly []; readonly value: readonly (string | number)[] };
  readonly runId: { readonly args: readonly []; readonly value: string };
  readonly params: { readonly args: readonly []; readonly value: unknown };
  readonly index: { readonly args: readonly []; readonly value: number };
  readonly iteration: { readonly args: readonly []; readonly value: number };
  readonly previous: { readonly args: readonly []; readonly value: unknown };
  readonly stateGet: {
    readonly args: readonly [key: string];
    readonly value: { readonly value: unknown; readonly version: number } | undefined;
  };
  readonly stateSet: {
    readonly args: readonly [key: string, value: unknown, options: { readonly ifVersion?: number | undefined } | undefined];
    readonly value: number;
  };
  readonly addNodes: { readonly args: readonly [entries: readonly CrossingEntry[]]; readonly value: undefined };
  readonly addEdges: { readonly args: readonly [edges: readonly CrossingEdge[]]; readonly value: undefined };
  /** The output of `upstream`, which was carried. */
  readonly value: { readonly args: readonly [upstream: number]; readonly value: unknown };
  /** The inputs that a prepared attempt takes over, by name, with their buffers. Asked for once, when it begins. */
  readonly moved: { readonly args: readonly []; readonly value: Readonly<Record<string, unknown>> };
  /** The names of the upstreams of a base node, in node order, where the description of the run has no names. */
  readonly upstreamNames: { readonly args: readonly [node: number]; readonly value: readonly string[] };
}

/** A node to be added: the options of a `GrowthEntry`, its task by reference; functions cannot cross. */
export interface CrossingEntry {
  readonly name: string;
  readonly task: ModuleRef;
  readonly [option: string]: unknown;
}

/** An edge to be added; its options are without functions. */
export type CrossingEdge = readonly [from: string, to: string, options?: object];

/** The task calls main and waits. */
export type CallMessage = {
  readonly [What in keyof Calls]: AttemptRef & {
    readonly type: "call";
    /** Never 0; the next call of the thread has another one. */
    readonly id: number;
    readonly what: What;
    readonly args: Calls[What]["args"];
  };
}[keyof Calls];

/** A module is being loaded: main watches how long. `url` is the module's, as in the run's description. */
export interface LoadingMessage {
  readonly type: "loading";
  readonly url: string;
}

/** It is loaded, or has failed to. */
export interface LoadedMessage {
  readonly type: "loaded";
  readonly url: string;
}

/** An output that bytes cannot hold (tag 6 of its record): as it is, shared buffers shared. Comes before the attempt's report (I5). */
export interface CarriedMessage extends AttemptRef {
  readonly type: "carried";
  readonly value: unknown;
}

/** A fault in the engine, on the thread. It ends after this. */
export interface FaultMessage {
  readonly type: "fault";
  readonly message: string;
  readonly stack: string | undefined;
}

/** The thread has come to an `AbortMessage` (I7). */
export interface AcknowledgedMessage extends AttemptRef {
  readonly type: "acknowledged";
}

/** What threads say. */
export type ThreadMessage =
  | ReadyMessage
  | LogMessage
  | AskMessage
  | CallMessage
  | LoadingMessage
  | LoadedMessage
  | CarriedMessage
  | FaultMessage
  | AcknowledgedMessage;

/** An attempt is told to stop: its signal aborts with this reason (an encoded value, mostly an error). */
export interface AbortMessage extends AttemptRef {
  readonly type: "abort";
  readonly reason: Uint8Array;
}

/** The answer to an `AskMessage`: the attempt goes on. */
export type AnswerMessage = Answer & { readonly type: "answer"; readonly id: number };

/** The answer to a `CallMessage` (I3). */
export type ReturnMessage = Answer & { readonly type: "return"; readonly id: number };

/** The inputs of a prepared attempt, where bytes cannot hold them. Posted before the attempt is prepared, for this seat alone. */
export interface CarryMessage extends AttemptRef {
  readonly type: "carry";
  readonly inputs: unknown;
}

/** What main says. */
export type MainMessage = AbortMessage | AnswerMessage | ReturnMessage | CarryMessage;

/** A function of a run as threads are told of it. */
export interface DescribedFunction extends ModuleRef {
  /** Main found out that its module does not load in time, or ends the thread: the encoded error that its attempts fail with. */
  readonly fault?: Uint8Array;
}

/** What threads are told of a run, as bytes of `v8.serialize`. A later version only adds functions, or faults. */
export interface RunDescription {
  /** `undefined`: ask for it. */
  readonly runId: string | undefined;
  /** Leases name them by index. */
  readonly fns: readonly DescribedFunction[];
  /**
   * The names of the base nodes, a `string[]` as bytes of `v8.serialize`: decoded where an input is first read. `undefined` where no direct
   * node has upstreams, or where they are to be asked for.
   */
  readonly names: Uint8Array | undefined;
  readonly keep: "all" | "leaves" | "none";
  /** The base nodes whose outputs move: their buffers are not copied, but go where the value is carried. `undefined`: none. */
  readonly moving?: readonly number[] | undefined;
}

/** What a prepared attempt is given, encoded by the codec. What is left out of it is asked for where it is first read. */
export interface PreparedAttempt {
  /** What the function is called with: a record by upstream name, or a map's item. */
  readonly inputs: unknown;
  /** Whether the inputs come by `CarryMessage` instead. */
  readonly isCarried?: boolean;
  /** Whether some inputs are taken over: they are to be asked for when the attempt begins, and `undefined` in `inputs`. */
  readonly takesOver?: boolean;
  /** Whether what it puts out moves: see {@link RunDescription.moving}. */
  readonly isMoving?: boolean;
  readonly index: number;
  readonly name?: string;
  readonly path?: readonly (string | number)[];
  readonly params?: unknown;
  readonly iteration?: number;
  readonly previous?: unknown;
  readonly runId?: string;
}

/** What a thread is started with. */
export interface ThreadData {
  readonly poolId: number;
  readonly seat: number;
  readonly generation: number;
  /**
   * An `Int32Array` of `1 + 2 * seats`: word 0 is the pool's sequence, word `1 + seat` the seat's for answers to calls, word
   * `1 + seats + seat` counts what main has posted to the seat.
   */
  readonly sab: SharedArrayBuffer;
  /** This protocol's; transferred. */
  readonly port: MessagePort;
  readonly loadTimeoutMs: number;
  /** The absolute path of main's native loader: both must load the same library, or they share no runs. */
  readonly loader: string;
}
