/**
 * The hot door to a draft: nodes are counted here and cross with the next call that needs them, edges cross one by one through a native
 * function without arguments and three words that both sides see, laid out as `crates/binding/src/draft.rs` says.
 */
import { NativeDraft } from "./addon.js";

/** What the core answers to an edge. */
export const edgeAnswers = { added: 0, unknownNode: 1, selfLoop: 2, duplicate: 3, cycle: 4 } as const;

/** A draft of the core and the fast way to make it grow. */
export class DraftDoor {
  readonly #native = new NativeDraft();
  readonly #addEdge: () => number;
  /** Upstream, downstream, number of nodes that the core does not have yet. */
  readonly #words: Uint32Array;

  constructor() {
    const { words, isShared, addEdge } = this.#native.open();
    this.#words = words;
    this.#addEdge = isShared ? (addEdge as () => number) : () => (addEdge as (words: Uint32Array) => number)(words);
  }

  /** The draft with every node that was added, for all the other calls. */
  get native(): NativeDraft {
    const nodes = this.#words[2] as number;
    if (nodes > 0) {
      this.#native.addNodes(nodes);
      this.#words[2] = 0;
    }
    return this.#native;
  }

  /** Adds so many nodes; their ids go on from those given before. */
  addNodes(count: number): void {
    this.#words[2] = (this.#words[2] as number) + count;
  }

  /** Adds an edge; answers with one of {@link edgeAnswers}. Where it is not `added`, there is no such edge. */
  addEdge(from: number, to: number): number {
    const words = this.#words;
    words[0] = from;
    words[1] = to;
    const answer = this.#addEdge();
    words[2] = 0;
    return answer;
  }
}
