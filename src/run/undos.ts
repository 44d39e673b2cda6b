/** Undoing: calls the code that takes back what a node has done, and says how it ended. The core decides of which nodes, and in which order. */
import type { UndoFunction } from "../flow/lowered.js";
import { AttemptContext } from "./context.js";
import type { Desk } from "./desk.js";
import { isThenable, promiseOf } from "./thenable.js";

/** What undoing needs to know of the run. */
export interface UndoScene {
  /** The code that undoes a node, where the run undoes at all. */
  undoOf(node: number): UndoFunction | undefined;
  outputOf(node: number): unknown;
}

/** The undoing of one run. */
export class Undos {
  readonly #desk: Desk;
  readonly #scene: UndoScene;
  /** Outputs that the report does not show, and that undoing needs: of code that succeeded too late, and those that were freed. */
  readonly #kept = new Map<number, unknown>();
  /** What undoing threw, by node. */
  readonly errors = new Map<number, unknown>();

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
    try {
      const output = this.#kept.has(node) ? this.#kept.get(node) : this.#scene.outputOf(node);
      const returned = this.#scene.undoOf(node)?.(output, new AttemptContext(this.#desk, node, 0));
      if (!isThenable(returned)) this.#undone(node, true);
      else {
        promiseOf(returned).then(
          () => this.#undone(node, true),
          (error) => this.#failed(node, error),
        );
      }
    } catch (error) {
      this.#failed(node, error);
    }
  }

  #failed(node: number, error: unknown): void {
    this.errors.set(node, error);
    this.#undone(node, false);
  }

  #undone(node: number, isOk: boolean): void {
    this.#desk.report()?.undone(node, isOk, this.#desk.now());
  }
}
