/** The abort signals of a run's attempts: one per attempt that asks, and what attempts nobody asked for yet were told. */

/** An attempt as one number: exact for 2^32 nodes and 2^20 attempts of each. */
function keyOf(node: number, attempt: number): number {
  return attempt * 2 ** 32 + node;
}

/** Signals by attempt. Costs nothing for attempts that never ask. */
export class AttemptSignals {
  readonly #asked = new Map<number, AbortController>();
  readonly #told = new Map<number, unknown>();

  /** The signal of an attempt, made now if it is the first time. */
  of(node: number, attempt: number): AbortSignal {
    const key = keyOf(node, attempt);
    let controller = this.#asked.get(key);
    if (controller === undefined) {
      controller = new AbortController();
      this.#asked.set(key, controller);
      if (this.#told.has(key)) controller.abort(this.#told.get(key));
    }
    return controller.signal;
  }

  /** An attempt is told to stop. Answers with what aborts its signal, where it has asked for one: that calls its listeners. */
  tell(node: number, attempt: number, reason: unknown): AbortController | undefined {
    const key = keyOf(node, attempt);
    this.#told.set(key, reason);
    return this.#asked.get(key);
  }

  /** Throws the reason where an attempt was told to stop; makes no signal. */
  throwIfTold(node: number, attempt: number): void {
    const key = keyOf(node, attempt);
    if (this.#told.has(key)) throw this.#told.get(key);
  }

  /** Tells every attempt that has asked and has not returned. */
  abortAll(reason: unknown): void {
    for (const controller of this.#asked.values()) controller.abort(reason);
  }

  /** The code of an attempt has returned. Answers whether it had been told to stop; if so, that is kept until it is forgotten. */
  returned(node: number, attempt: number): boolean {
    if (this.#asked.size === 0 && this.#told.size === 0) return false;
    const key = keyOf(node, attempt);
    this.#asked.delete(key);
    return this.#told.has(key);
  }

  /** The core has heard of the end of an attempt that was told to stop. Answers whether it had been. */
  forget(node: number, attempt: number): boolean {
    return this.#told.delete(keyOf(node, attempt));
  }
}
