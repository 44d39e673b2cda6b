/**
 * What threads ask of the main thread on behalf of attempts: what their context tells, the state that tasks share, additions, waits.
 *
 * I1 Each call is answered, once, whatever happens: its thread waits. I2 An answer that cannot cross is an error in its place.
 */
import type { TransferListItem } from "node:worker_threads";
import { ContextError } from "../errors/control.js";
import type { GrowthEdge, GrowthEntry } from "../flow/growth.js";
import { definitionAt } from "../flow/module-task.js";
import type { Desk } from "../run/desk.js";
import { notCloneable } from "./codec.js";
import type { AskMessage, CallMessage, CrossingEdge, CrossingEntry } from "./messages.js";
import { thrownBytes } from "./own-codec.js";
import type { Thread } from "./thread.js";
import { transferablesOf } from "./transferables.js";

/** What answering needs beside the run itself. */
export interface CallScene {
  readonly desk: Desk;
  /** The output of `upstream` that bytes cannot hold. */
  carried(upstream: number): Returned;
  /** The names of the upstreams of a base node, in node order. */
  upstreamNames(node: number): readonly string[];
}

/** What a call answers, and which of its buffers move with it. */
export interface Returned {
  readonly value: unknown;
  readonly transfer?: readonly TransferListItem[];
}

/** Answers a call. */
export function answerCall(scene: CallScene, thread: Thread, message: CallMessage): void {
  const { id, what } = message;
  try {
    const { value, transfer } = returnOf(scene, message);
    try {
      thread.answer({ type: "return", id, isOk: true, value }, transfer);
    } catch (error) {
      thread.answer({ type: "return", id, isOk: false, error: thrownBytes(notCloneable(value, error, what)) });
    }
  } catch (error) {
    thread.answer({ type: "return", id, isOk: false, error: thrownBytes(error) });
  }
}

/** Answers a call for a run that is over. */
export function refuseCall(thread: Thread, { id, what }: CallMessage): void {
  const error = new ContextError(`ctx.${what}: the run of this task has ended; await what a task starts before it returns`);
  thread.answer({ type: "return", id, isOk: false, error: thrownBytes(error) });
}

function returnOf(scene: CallScene, message: CallMessage): Returned {
  const { desk } = scene;
  const { node, attempt } = message;
  switch (message.what) {
    case "name":
      return { value: desk.nameOf(node) };
    case "path":
      return { value: desk.extras.pathOf(node) };
    case "runId":
      return { value: desk.runId };
    case "params":
      return { value: desk.extras.paramsOf(node) };
    case "index":
      return { value: desk.extras.indexOf(node) };
    case "iteration":
      return { value: desk.extras.iterationOf(node) };
    case "previous":
      return { value: desk.extras.previousOf(node) };
    case "stateGet":
      return { value: desk.state.get(...message.args) };
    case "stateSet":
      return { value: desk.state.set(...message.args) };
    case "addNodes":
      desk.extras.addNodes(node, attempt, message.args[0].map(entryOf));
      return { value: undefined };
    case "addEdges":
      desk.extras.addEdges(node, attempt, message.args[0].map(edgeOf));
      return { value: undefined };
    case "value":
      return scene.carried(message.args[0]);
    case "moved":
      return movedInto(scene, node);
    case "upstreamNames":
      return { value: scene.upstreamNames(message.args[0]) };
  }
}

/** What an attempt that begins takes over: it is gone here, whether or not its buffers can be moved. */
function movedInto({ desk }: CallScene, node: number): Returned {
  const value = desk.extras.takeMoved(node);
  return { value, transfer: transferablesOf(value) };
}

/** A node that a thread adds: its task crossed as an address. */
function entryOf(entry: CrossingEntry): GrowthEntry {
  return { ...entry, task: definitionAt(entry.task) };
}

function edgeOf([from, to, options]: CrossingEdge): GrowthEdge {
  return options === undefined ? [from, to] : [from, to, options];
}

/** Parks the attempt that asks; it is answered when it goes on. */
export function answerAsk(desk: Desk, thread: Thread, message: AskMessage): void {
  const { id } = message;
  const fail = (error: unknown): void => thread.post({ type: "answer", id, isOk: false, error: thrownBytes(error) });
  const give = (value: unknown): void => {
    try {
      thread.post({ type: "answer", id, isOk: true, value });
    } catch (error) {
      fail(notCloneable(value, error, message.args[0].toString()));
    }
  };
  try {
    waitOf(desk, message).then(give, fail);
  } catch (error) {
    fail(error);
  }
}

function waitOf({ extras }: Desk, message: AskMessage): Promise<unknown> {
  const { node, attempt } = message;
  if (message.what === "sleep") return extras.sleep(node, attempt, ...message.args);
  const [signal, options] = message.args;
  if (options?.isChecked !== true) return extras.waitFor(node, attempt, signal, options);
  // The schema is on the thread, which has to know what came by itself: no schema looks at a default.
  const { timeoutMs, default: boxed } = options;
  return extras.waitFor(node, attempt, signal, { timeoutMs, default: boxed, schema: (value) => ({ value, isDefault: false }) });
}
