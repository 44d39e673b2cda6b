/** The numbers that plans use for names: signals, and the pools, rates and concurrency keys that nodes need. */

/** What is counted like a pool. */
export type PoolKind = "pool" | "rate" | "key";

/** Signals by number, pools by number. Numbers are given once and never change. */
export class FlowNames {
  readonly #signals: Map<string, number>;
  readonly #pools: Map<string, number>;
  readonly #capacities: number[];
  readonly #intervals: number[];
  /** Both as arrays: made when a run first asks, since most runs have neither. */
  #limits: { readonly capacities: Uint32Array; readonly intervals: Float64Array } | undefined;

  constructor(from?: FlowNames) {
    this.#signals = new Map(from === undefined ? [] : from.#signals);
    this.#pools = new Map(from === undefined ? [] : from.#pools);
    this.#capacities = from === undefined ? [] : from.#capacities.slice();
    this.#intervals = from === undefined ? [] : from.#intervals.slice();
  }

  /** The same numbers, free to grow. */
  copy(): FlowNames {
    return new FlowNames(this);
  }

  /** The number of a signal; a new one where it has none. */
  signal(name: string): number {
    let number = this.#signals.get(name);
    if (number === undefined) {
      number = this.#signals.size;
      this.#signals.set(name, number);
    }
    return number;
  }

  /** The names of signals, at the position of their number. */
  get signalNames(): string[] {
    return [...this.#signals.keys()];
  }

  /** The number of a pool, a rate or a concurrency key; `undefined` where there is none. */
  pool(kind: PoolKind, name: string): number | undefined {
    return this.#pools.get(`${kind} ${name}`);
  }

  /** Adds a pool or a key: so much of it at once; or a rate: so many starts in any window of so many milliseconds. */
  addPool(kind: PoolKind, name: string, capacity: number, intervalMs = 0): void {
    this.#pools.set(`${kind} ${name}`, this.#capacities.push(capacity) - 1);
    this.#intervals.push(intervalMs);
    this.#limits = undefined;
  }

  /** How much there is of a pool, by its number. */
  capacityOf(pool: number): number {
    return this.#capacities[pool] ?? 0;
  }

  /** Whether there are pools, rates or concurrency keys. */
  get hasPools(): boolean {
    return this.#capacities.length > 0;
  }

  /** Capacities by pool number, as a run is given them; not to be written to. */
  get capacities(): Uint32Array {
    this.#limits ??= { capacities: Uint32Array.from(this.#capacities), intervals: Float64Array.from(this.#intervals) };
    return this.#limits.capacities;
  }

  /** By pool number the window of a rate, in milliseconds; 0 for a pool. Not to be written to. */
  get intervals(): Float64Array {
    this.#limits ??= { capacities: Uint32Array.from(this.#capacities), intervals: Float64Array.from(this.#intervals) };
    return this.#limits.intervals;
  }
}
