/**
 * What becomes of what attempts give: outputs and errors are kept, or dropped, and the core is told how each attempt ended.
 *
 * I1 An attempt that was told to stop gives nothing to the report; what it did may still be undone.
 */
import type { Door } from "../native/index.js";
import type { ThreadedRun } from "../threads/threaded-run.js";
import type { Desk } from "./desk.js";
import type { Extras } from "./extras.js";
import type { Policies } from "./policies.js";
import { adviceOf } from "./retry.js";
import type { AttemptSignals } from "./signals.js";

/** What settling needs to know of the run. */
export interface SettlingScene {
  readonly signals: AttemptSignals;
  readonly policies: Policies;
  /** Whether the run undoes what it did when it fails. */
  readonly isUndoing: boolean;
  readonly extras: () => Extras;
  /** The extras, where the run has needed any. */
  readonly knownExtras: () => Extras | undefined;
  /** What threads do for the run; `undefined` where none does. */
  readonly threads: ThreadedRun | undefined;
}

/** How the attempts of one run end. */
export class Settling {
  readonly #desk: Desk;
  readonly #scene: SettlingScene;
  readonly #signals: AttemptSignals;
  readonly #outputs: unknown[];

  constructor(desk: Desk, scene: SettlingScene) {
    this.#desk = desk;
    this.#scene = scene;
    this.#signals = scene.signals;
    this.#outputs = desk.outputs;
  }

  /** Keeps and reports what an attempt came to. Answers whether it succeeded: one whose additions cannot be committed does not. */
  settle(door: Door, node: number, attempt: number, now: number, isOk: boolean, value: unknown): boolean {
    if (!isOk) {
      this.#failed(door, node, attempt, now, value);
      return false;
    }
    const growth = this.#scene.knownExtras()?.growth;
    const hasGrown = growth?.isAsked(node, attempt) === true;
    try {
      this.#scene.threads?.publish(node, value);
      if (hasGrown) growth?.commit(node);
    } catch (error) {
      this.#failed(door, node, attempt, now, error);
      return false;
    }
    if (!hasGrown) {
      this.keep(node, attempt, value);
      door.settled(node, attempt, now, true);
      return true;
    }
    this.keep(node, attempt, value);
    door.grew(node, attempt, now);
    return true;
  }

  /** Keeps what an attempt gave (I1). */
  keep(node: number, attempt: number, value: unknown): void {
    if (this.#signals.returned(node, attempt)) this.#keepForUndo(node, value);
    else if (value !== undefined) this.#outputs[node] = value;
  }

  #keepForUndo(node: number, value: unknown): void {
    if (this.#scene.isUndoing) this.#scene.extras().keepForUndo(node, value);
  }

  /** An attempt has failed, and no policy and no error has a say in it: there is no retry. */
  failedForGood(door: Door, node: number, attempt: number, now: number, error: unknown): void {
    if (!this.#signals.returned(node, attempt)) this.#desk.errors.set(node, error);
    door.failed(node, attempt, now, false, undefined);
  }

  #failed(door: Door, node: number, attempt: number, now: number, error: unknown): void {
    if (!this.#signals.returned(node, attempt)) this.#desk.errors.set(node, error);
    const { mayRetry, afterMs, fault } = adviceOf(error, attempt, this.#scene.policies.retryTestOf(node));
    door.failed(node, attempt, now, mayRetry, afterMs);
    if (fault === undefined) return;
    const address = this.#desk.addressOf(node);
    this.#desk.say({ type: "retryOnFailed", node: address, attempt, error: fault.error });
  }

  /** Nobody will read the output of a node any more. */
  free(node: number): void {
    this.#scene.knownExtras()?.free(node);
    this.#scene.threads?.free(node);
    this.#outputs[node] = undefined;
  }

  /** The outcome of an attempt that was just reported came after its deadline: it is a timeout, and gave nothing. */
  discard(node: number, attempt: number): void {
    const late = this.#scene.threads?.discard(node, attempt);
    if (late !== undefined) this.#keepForUndo(node, late);
    if (this.#signals.forget(node, attempt)) return;
    this.#keepForUndo(node, this.#outputs[node]);
    this.#outputs[node] = undefined;
    this.#desk.errors.delete(node);
  }
}
