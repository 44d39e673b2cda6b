/** What the core asks for that calls the user's code: predicates, iterables, undos. Done one after another, outside of any crossing. */
import type { DoorEffect } from "../native/index.js";

/** A queue of such effects. */
export class Chores {
  #queue: DoorEffect[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#queue.length;
  }

  add(effect: DoorEffect): void {
    this.#queue.push(effect);
  }

  /** The next one; there is one. */
  take(): DoorEffect {
    const effect = this.#queue[this.#head++] as DoorEffect;
    if (this.isEmpty) this.clear();
    return effect;
  }

  clear(): void {
    this.#queue = [];
    this.#head = 0;
  }
}
