/** Whether and why a run, or a part of it, was cancelled. */

/** The cancels of one run. */
export class Cancellation {
  /** Whether the run was cancelled. */
  isCancelled = false;
  /** Why; `undefined` if it was not. */
  reason: unknown;
  /** Why the branch that is being cancelled is. */
  branchReason: unknown;
  /** The nodes that commands cancelled by name, if any did. */
  #nodes: Set<number> | undefined;

  /** The run is cancelled. Answers whether that is news. */
  cancel(reason: unknown): boolean {
    if (this.isCancelled) return false;
    this.isCancelled = true;
    this.reason = reason === undefined ? new DOMException("This run was cancelled", "AbortError") : reason;
    return true;
  }

  /** Nodes are cancelled by name, while `cancel` runs. */
  cancelBranch(nodes: Iterable<number>, reason: unknown, cancel: () => void): void {
    this.#nodes ??= new Set();
    for (const node of nodes) this.#nodes.add(node);
    this.branchReason = reason;
    cancel();
    this.branchReason = undefined;
  }

  /** Whether a command cancelled this very node. */
  isNamed(node: number): boolean {
    return this.#nodes?.has(node) === true;
  }
}
