/** Undoing: calls the code that takes back what a node has done, and says how it ended. The core decides of which nodes, and in which order. */
import type { UndoFunction } from "../flow/lowered.js";
import type { UndoCall } from "./columns.js";
import { AttemptContext } from "./context.js";
import type { Desk } from "./desk.js";
import { isThenable, promiseOf } from "./thenable.js";

/** What undoing needs to know of the run. */
export interface UndoScene {
  /** The code that undoes a node, where the run undoes at all. */
  undoOf(node: number): UndoFunction | undefined;
  outputOf(node: number): unknown;
}

/** A call that goes on. */
interface Began {
  readonly node: number;
  /** The run's time, in microseconds. */
  readonly startedAt: number;
  /** The clock's reading then, in milliseconds. */
  readonly readAt: number;
}

/** The undoing of one run. */
export class Undos {
  readonly #desk: Desk;
  readonly #scene: UndoScene;
  /** Outputs that the report does not show, and that undoing needs: of code that succeeded too late, and those that were freed. */
  readonly #kept = new Map<number, unknown>();
  /** What undoing threw, by node. */
  readonly errors = new Map<number, unknown>();
  /** The calls that have returned, for the trace, in that order. */
  readonly calls: UndoCall[] = [];

  constructor(desk: Desk, scene: UndoScene) {
    this.#desk = desk;
    this.#scene = scene;
  }

  /** Keeps an output that the run itself does not need any more, if the node may be undone. */
  keep(node: number, output: unknown): void {
    if (this.#scene.undoOf(node) !== undefined) this.#kept.set(node, output);
  }

  /** Calls the code that undoes a node. */
  undo(node: number): void {
    const began = { node, startedAt: this.#desk.run.time(), readAt: this.#desk.now() };
    try {
      const output = this.#kept.has(node) ? this.#kept.get(node) : this.#scene.outputOf(node);
      const returned = this.#scene.undoOf(node)?.(output, new AttemptContext(this.#desk, node, 0));
      if (!isThenable(returned)) this.#undone(began, true);
      else {
        promiseOf(returned).then(
          () => this.#undone(began, true),
          (error) => this.#failed(began, error),
        );
      }
    } catch (error) {
      this.#failed(began, error);
    }
  }

  #failed(began: Began, error: unknown): void {
    this.errors.set(began.node, error);
    this.#undone(began, false);
  }

  #undone({ node, startedAt, readAt }: Began, isOk: boolean): void {
    const now = this.#desk.now();
    this.calls.push({ node, startedAt, endedAt: startedAt + Math.round((now - readAt) * 1000), isOk });
    this.#desk.report()?.undone(node, isOk, now);
  }
}
