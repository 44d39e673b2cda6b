/**
 * What maps run over: arrays, and iterables that are pulled only as far as there is room for their items.
 *
 * I1 An item is known by its index; a million of them are one array. I2 Of an async iterable one item is asked for at a time. I3 An
 * iterable that is not read to its end is closed, once.
 */
import { quote } from "../errors/base.js";
import { InvalidOptionError } from "../errors/options.js";
import type { LoweredContainer } from "../flow/lowered.js";
import type { Door } from "../native/index.js";
import { AttemptContext } from "./context.js";
import type { Desk } from "./desk.js";
import { isThenable, promiseOf } from "./thenable.js";

/** How many items of an iterable are taken at once where the core sets no bound: the event loop turns between two batches. */
const batchSize = 1024;

/** A source of items. */
interface Source {
  readonly attempt: number;
  /** The items so far, by index. */
  items: readonly unknown[];
  readonly pulled: unknown[];
  iterator: Iterator<unknown> | undefined;
  asyncIterator: AsyncIterator<unknown> | undefined;
  /** How many more items an async iterable is to give. */
  wanted: number;
  isPulling: boolean;
  isStopped: boolean;
}

type MapRule = Extract<LoweredContainer, { kind: "map" }>;

/** What maps need to know of the run. */
export interface ItemScene {
  mapOf(node: number): MapRule;
  inputsOf(node: number): object;
}

/** The items of one run's maps. */
export class Items {
  readonly #desk: Desk;
  readonly #scene: ItemScene;
  readonly #sources = new Map<number, Source>();
  /** Maps whose `over` has given a promise: whether what it gives is still wanted. */
  readonly #awaited = new Map<number, { isStopped: boolean }>();

  constructor(desk: Desk, scene: ItemScene) {
    this.#desk = desk;
    this.#scene = scene;
  }

  /** Item `index` of a map. */
  valueOf(map: number, index: number): unknown {
    return this.#sources.get(map)?.items[index];
  }

  /** A map has begun, or has room for so many more items. */
  expand(node: number, attempt: number, room: number): void {
    const source = this.#sources.get(node);
    if (source !== undefined && source.attempt === attempt) {
      this.#more(node, source, room);
      return;
    }
    try {
      const over = this.#overOf(node);
      if (!isThenable(over)) this.#begin(node, attempt, over, room);
      else {
        const awaited = { isStopped: false };
        this.#awaited.set(node, awaited);
        promiseOf(over).then(
          (value) => awaited.isStopped || this.#try(node, attempt, () => this.#begin(node, attempt, value, room)),
          (error) => awaited.isStopped || this.#failed(node, attempt, error),
        );
      }
    } catch (error) {
      this.#failed(node, attempt, error);
    }
  }

  #overOf(node: number): unknown {
    const { over } = this.#scene.mapOf(node);
    const inputs = this.#scene.inputsOf(node);
    return over === undefined ? Object.values(inputs)[0] : over(inputs, new AttemptContext(this.#desk, node, 0));
  }

  #begin(node: number, attempt: number, over: unknown, room: number): void {
    const isList = typeof over === "object" && over !== null;
    const source: Source = {
      attempt,
      items: [],
      pulled: [],
      iterator: undefined,
      asyncIterator: undefined,
      wanted: 0,
      isPulling: false,
      isStopped: false,
    };
    this.#sources.set(node, source);
    if (Array.isArray(over)) {
      const { length } = over;
      // What is pushed to it while the map runs is no item. One that is too long is not copied: it may be a sparse one, of any length.
      if (length <= this.#scene.mapOf(node).maxItems) source.items = Array.prototype.slice.call(over, 0, length);
      this.#report(node, source, length, true);
    } else if (isList && isAsyncIterable(over)) {
      source.asyncIterator = over[Symbol.asyncIterator]();
      source.items = source.pulled;
      this.#more(node, source, room);
    } else if (isList && isIterable(over)) {
      source.iterator = over[Symbol.iterator]();
      source.items = source.pulled;
      this.#more(node, source, room);
    } else {
      const owner = `map ${quote(this.#desk.nameOf(node))}`;
      throw new InvalidOptionError("over", "an array, an iterable object or an async iterable", over, owner);
    }
  }

  #report(node: number, { attempt, items }: Source, count: number, isDone: boolean): void {
    this.#door()?.items(node, attempt, count, isDone, this.#desk.now());
    // What may stop something is heard before anything else is called: it may take leases back.
    if (items.length > this.#scene.mapOf(node).maxItems) this.#desk.hurry();
  }

  #door(): Door | undefined {
    return this.#desk.report();
  }

  #more(node: number, source: Source, room: number): void {
    if (source.iterator !== undefined) this.#try(node, source.attempt, () => this.#pull(node, source, source.iterator, room));
    else if (source.asyncIterator !== undefined) {
      source.wanted = Math.max(1, Math.min(room, batchSize));
      if (!source.isPulling) void this.#pullAsync(node, source, source.asyncIterator);
    }
  }

  #pull(node: number, source: Source, iterator: Iterator<unknown> | undefined, room: number): void {
    const most = Math.max(1, Math.min(room, batchSize));
    let count = 0;
    let isDone = false;
    while (count < most && !isDone && iterator !== undefined) {
      const step = iterator.next();
      isDone = step.done === true;
      if (isDone) source.iterator = undefined;
      else count = source.pulled.push(step.value) && count + 1;
    }
    this.#report(node, source, count, isDone);
  }

  async #pullAsync(node: number, source: Source, iterator: AsyncIterator<unknown>): Promise<void> {
    source.isPulling = true;
    try {
      while (source.wanted > 0 && !source.isStopped) {
        source.wanted--;
        const { done, value } = await iterator.next();
        if (source.isStopped) break;
        if (done === true) source.asyncIterator = undefined;
        else source.pulled.push(value);
        this.#report(node, source, done === true ? 0 : 1, done === true);
        if (done === true) break;
      }
    } catch (error) {
      source.asyncIterator = undefined; // One that threw is closed.
      this.#failed(node, source.attempt, error);
    }
    source.isPulling = false;
  }

  #try(node: number, attempt: number, begin: () => void): void {
    try {
      begin();
    } catch (error) {
      const source = this.#sources.get(node);
      if (source !== undefined) source.iterator = undefined;
      this.#failed(node, attempt, error);
    }
  }

  #failed(node: number, attempt: number, error: unknown): void {
    const door = this.#door();
    if (door === undefined || this.#sources.get(node)?.isStopped === true) return;
    this.#desk.errors.set(node, error);
    door.itemsFailed(node, attempt, this.#desk.now());
    this.#desk.hurry();
  }

  /** No more items of a map are wanted. */
  stop(node: number): void {
    const awaited = this.#awaited.get(node);
    if (awaited !== undefined) awaited.isStopped = true;
    const source = this.#sources.get(node);
    if (source === undefined || source.isStopped) return;
    source.isStopped = true;
    const iterator = source.iterator ?? source.asyncIterator;
    try {
      const closed: unknown = iterator?.return?.();
      if (isThenable(closed)) closed.then(undefined, () => {}); // What closing throws changes nothing: nobody waits for it.
    } catch {
      // As above.
    }
  }

  /** Closes everything that is still open. */
  stopAll(): void {
    for (const node of this.#sources.keys()) this.stop(node);
  }
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value && typeof value[Symbol.iterator] === "function";
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === "function";
}
