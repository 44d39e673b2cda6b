/** What the core has handed out and nobody has begun: a queue of leases, and how many of each node were taken back. */
import type { Door } from "../native/index.js";

/** Leases in the order in which they were handed out. */
export class Leases {
  /** Pairs of node and attempt from `#head` up to `#tail`. */
  #queue = new Uint32Array(64);
  #head = 0;
  #tail = 0;
  /** How many leases of each node were taken back and are still to come out of the queue. */
  readonly #revoked = new Map<number, number>();
  /** The node and the attempt of the lease taken last. */
  node = 0;
  attempt = 0;

  get isEmpty(): boolean {
    return this.#head >= this.#tail;
  }

  /** Takes over what the core has handed out in its last step. */
  add(door: Door): void {
    const count = 2 * door.leaseCount;
    if (this.#head === this.#tail) this.#head = this.#tail = 0;
    if (this.#tail + count > this.#queue.length) {
      const left = this.#queue.subarray(this.#head, this.#tail);
      const isRoomy = left.length + count <= this.#queue.length / 2;
      const queue = isRoomy ? this.#queue : new Uint32Array(2 * (left.length + count));
      queue.set(left);
      this.#queue = queue;
      this.#tail = left.length;
      this.#head = 0;
    }
    door.copyLeases(this.#queue, this.#tail);
    this.#tail += count;
  }

  /** Takes the next lease out, into `node` and `attempt`. Answers whether it still holds. */
  take(): boolean {
    this.node = this.#queue[this.#head++] as number;
    this.attempt = this.#queue[this.#head++] as number;
    return this.#revoked.size === 0 || !this.#wasRevoked(this.node);
  }

  /** A lease that has not begun is void. It is passed over when it comes out of the queue: a sweep takes back a million of them. */
  revoke(node: number): void {
    this.#revoked.set(node, (this.#revoked.get(node) ?? 0) + 1);
  }

  #wasRevoked(node: number): boolean {
    const count = this.#revoked.get(node);
    if (count === undefined) return false;
    if (count > 1) this.#revoked.set(node, count - 1);
    else this.#revoked.delete(node);
    return true;
  }
}
