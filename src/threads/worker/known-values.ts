/**
 * Outputs that this thread has at hand: those of its own attempts, as live objects, and those it has decoded. A cache: what is not here
 * is decoded again.
 *
 * Scalars take one place by their node, objects as many as fit: both are bounded, however large the run is.
 */

/** How many scalars are kept; a power of two. */
const places = 256;
/** How many bytes the kept objects may have had as codes, all together. */
const mostBytes = 64 * 2 ** 20;
/** How many objects are kept. */
const mostObjects = 4096;

interface KnownObject {
  readonly value: unknown;
  readonly byteCount: number;
}

/** The known outputs of one run. */
export class KnownValues {
  readonly #nodes = new Int32Array(places).fill(-1);
  readonly #scalars = new Array<unknown>(places).fill(undefined);
  readonly #objects = new Map<number, KnownObject>();
  #byteCount = 0;
  /** What {@link find} has found. */
  found: unknown;

  /** Looks for the output of a node. */
  find(node: number): boolean {
    const place = node & (places - 1);
    if (this.#nodes[place] === node) {
      this.found = this.#scalars[place];
      return true;
    }
    const object = this.#objects.size === 0 ? undefined : this.#objects.get(node);
    if (object === undefined) return false;
    this.found = object.value;
    return true;
  }

  /** Keeps what costs no memory of its own. */
  addScalar(node: number, value: unknown): void {
    const place = node & (places - 1);
    this.#nodes[place] = node;
    this.#scalars[place] = value;
  }

  /** Keeps an object that takes `byteCount` as a code; the oldest make room. */
  addObject(node: number, value: unknown, byteCount: number): void {
    this.forget(node);
    if (byteCount > mostBytes) return;
    this.#objects.set(node, { value, byteCount });
    this.#byteCount += byteCount;
    for (const [oldest, { byteCount: bytes }] of this.#objects) {
      if (this.#byteCount <= mostBytes && this.#objects.size <= mostObjects) return;
      this.#objects.delete(oldest);
      this.#byteCount -= bytes;
    }
  }

  /** Forgets one. */
  forget(node: number): void {
    const place = node & (places - 1);
    if (this.#nodes[place] === node) this.#nodes[place] = -1;
    const object = this.#objects.get(node);
    if (object === undefined) return;
    this.#objects.delete(node);
    this.#byteCount -= object.byteCount;
  }

  /** Forgets all. */
  clear(): void {
    this.#nodes.fill(-1);
    this.#scalars.fill(undefined);
    this.#objects.clear();
    this.#byteCount = 0;
  }
}
