/**
 * What there is to know of runs, read once for all runs of which the same is known: their functions are loaded already when the second one
 * comes.
 */
import { deserialize } from "node:v8";
import type { AnyTask } from "../../flow/lowered.js";
import { decode } from "../codec.js";
import type { RunDescription } from "../messages.js";

/** How many are kept. */
const mostKept = 16;

/** A function that could not be had: its attempts fail for good. */
export class LoadFailure {
  constructor(readonly error: unknown) {}
}

/** What is known of some runs. */
export class KnownDescription {
  readonly bytes: Uint8Array;
  readonly #description: RunDescription;
  /** The functions by index, as far as they are loaded. */
  readonly fns: (AnyTask | LoadFailure | undefined)[];
  #names: readonly string[] | undefined;
  #moving: ReadonlySet<number> | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#description = deserialize(bytes);
    this.fns = this.#description.fns.map(({ fault }) => (fault === undefined ? undefined : new LoadFailure(decode(fault))));
  }

  get runId(): string | undefined {
    return this.#description.runId;
  }

  /** Where the function of this index is. */
  refOf(fn: number): RunDescription["fns"][number] | undefined {
    return this.#description.fns[fn];
  }

  /** Whether direct nodes have upstreams. */
  get hasNames(): boolean {
    return this.#description.names !== undefined;
  }

  /** The names of the base nodes, where they are known here. */
  get names(): readonly string[] | undefined {
    const { names } = this.#description;
    if (names !== undefined) this.#names ??= deserialize(names) as string[];
    return this.#names;
  }

  /** Whether the output of any base node moves. */
  get hasMoving(): boolean {
    return this.#description.moving !== undefined;
  }

  /** Whether the output of a base node moves. */
  isMoving(node: number): boolean {
    this.#moving ??= new Set(this.#description.moving);
    return this.#moving.has(node);
  }
}

/** The descriptions that one thread has read. */
export class Descriptions {
  /** The latest last. */
  readonly #kept: KnownDescription[] = [];

  read(bytes: Uint8Array): KnownDescription {
    const place = this.#kept.findLastIndex((known) => Buffer.compare(known.bytes, bytes) === 0);
    const known = this.#kept[place] ?? new KnownDescription(bytes);
    if (place !== -1) this.#kept.splice(place, 1);
    this.#kept.push(known);
    if (this.#kept.length > mostKept) this.#kept.shift();
    return known;
  }
}
