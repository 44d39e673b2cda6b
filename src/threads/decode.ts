/** Reads values from the bytes that `encode.ts` wrote. Runs no code of the user's. */
import { makeError } from "./error-classes.js";
import { causes, formatVersion, headerSize, ops, segmentWidth, viewClasses, viewWidths } from "./ops.js";
import { ReadShapes, type Shape } from "./shapes.js";

const shapes = new ReadShapes();

/** The value that these bytes are. They are not kept: what comes out is the reader's own. */
export function decodeBytes(bytes: Uint8Array): unknown {
  return new MessageReader(bytes).read();
}

/** A part of a buffer that came over. */
interface ReadSegment {
  readonly start: number;
  readonly buffer: ArrayBuffer;
}

class MessageReader {
  readonly #bytes: Buffer;
  /** The same bytes; made for the first number that needs it. */
  #doubles: DataView | undefined;
  #position = headerSize;
  /** Where the next chunk of text begins. */
  #nextChunk: number;
  #chunk = "";
  #characters = 0;
  readonly #objects: object[] = [];
  readonly #shapes: Shape[] = [];
  /** By the buffer's index; made when the first one is asked for. */
  #segments: ReadSegment[][] | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#nextChunk = this.#u32At(4);
  }

  read(): unknown {
    if (this.#bytes.length < headerSize || this.#u32At(0) !== formatVersion) throw new Error("these bytes are no value of this release");
    return this.#value();
  }

  #value(): unknown {
    const op = this.#byte();
    if (op >= ops.shortString) return this.#text(op - ops.shortString);
    if (op >= ops.smallInt) return op - ops.smallInt;
    switch (op) {
      case ops.undefined:
        return undefined;
      case ops.null:
        return null;
      case ops.true:
        return true;
      case ops.false:
        return false;
      case ops.double:
        return this.#f64();
      case ops.int32:
        return this.#u32() | 0;
      case ops.emptyString:
        return "";
      case ops.longString:
        return this.#text(this.#u32());
      case ops.knownShape:
        return this.#shaped(this.#shapes[this.#count()] as Shape);
      case ops.newShape: {
        const shape = shapes.find(this.#string());
        this.#shapes.push(shape);
        return this.#shaped(shape);
      }
      case ops.array:
        return this.#array();
      case ops.reference:
        return this.#objects[this.#count()];
      default:
        return this.#rare(op);
    }
  }

  #rare(op: number): unknown {
    switch (op) {
      case ops.dictionary:
        return this.#pairs(this.#enter({}));
      case ops.sparseArray: {
        const array = this.#enter<unknown[]>([]);
        array.length = this.#u32();
        return this.#pairs(array);
      }
      case ops.bigint: {
        const text = this.#string();
        return text.startsWith("-") ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
      }
      case ops.date:
        return this.#enter(new Date(this.#f64()));
      case ops.regExp:
        return this.#regExp();
      case ops.map: {
        const map = this.#enter(new Map<unknown, unknown>());
        for (let left = this.#count(); left > 0; left--) map.set(this.#value(), this.#value());
        return map;
      }
      case ops.set: {
        const set = this.#enter(new Set<unknown>());
        for (let left = this.#count(); left > 0; left--) set.add(this.#value());
        return set;
      }
      case ops.boxed:
        return this.#enter(Object(this.#value()));
      case ops.buffer:
        return this.#enter(this.#segmentOf(this.#count(), 0, 0).buffer);
      case ops.view:
        return this.#view();
      case ops.error:
        return this.#error();
      default:
        throw new Error(`these bytes are no value: step ${op} at ${this.#position - 1}`);
    }
  }

  #shaped(shape: Shape): object {
    const object = this.#enter<Record<string, unknown>>({});
    const { keys } = shape;
    if (shape.mustDefine) for (const key of keys) define(object, key, this.#value(), true);
    else for (let i = 0; i < keys.length; i++) object[keys[i] as string] = this.#value();
    return object;
  }

  #array(): unknown[] {
    const length = this.#count();
    const array = this.#enter<unknown[]>([]);
    for (let i = 0; i < length; i++) array.push(this.#value());
    return array;
  }

  #pairs(object: object): object {
    for (let left = this.#count(); left > 0; left--) define(object, this.#string(), this.#value(), true);
    return object;
  }

  #regExp(): RegExp {
    const source = this.#string();
    return this.#enter(new RegExp(source, this.#string()));
  }

  #view(): ArrayBufferView {
    // The number is taken before the view is made: buffers take none here.
    const number = this.#objects.push(shapes) - 1;
    const kind = this.#byte();
    const index = this.#count();
    const offset = this.#f64();
    const length = this.#f64();
    const { buffer, start } = this.#segmentOf(index, offset, offset + length * (viewWidths[kind] as number));
    const view = makeView(viewClasses[kind], buffer, offset - start, length);
    this.#objects[number] = view;
    return view;
  }

  /** The part of a buffer that holds these bytes. */
  #segmentOf(index: number, start: number, end: number): ReadSegment {
    this.#segments ??= this.#readSegments();
    const found = this.#segments[index]?.find((segment) => segment.start <= start && end <= segment.start + segment.buffer.byteLength);
    if (found === undefined) throw new Error("these bytes are no value: a view of nothing");
    return found;
  }

  #readSegments(): ReadSegment[][] {
    const segments: ReadSegment[][] = [];
    const position = this.#position;
    this.#position = this.#u32At(8);
    for (let left = this.#u32At(headerSize - 4); left > 0; left--) {
      const row = Array.from({ length: segmentWidth }, () => this.#f64());
      const [start = 0, size = 0, limit = -1, at = 0, index = 0] = row;
      const buffer = limit === -1 ? new ArrayBuffer(size) : growable(size, limit);
      new Uint8Array(buffer).set(this.#bytes.subarray(at, at + size));
      (segments[index] ??= []).push({ start, buffer });
    }
    this.#position = position;
    return segments;
  }

  #error(): Error {
    const first = this.#oneError();
    let error = first;
    for (;;) {
      const what = this.#byte();
      if (what === causes.none) return first;
      const isEnumerable = this.#byte() === 1;
      if (what === causes.value) {
        define(error, "cause", this.#value(), isEnumerable);
        return first;
      }
      this.#byte();
      const cause = this.#oneError();
      define(error, "cause", cause, isEnumerable);
      error = cause;
    }
  }

  #oneError(): Error {
    const className = this.#string();
    const baseName = this.#string();
    const text = baseName === "DOMException" ? [this.#string(), this.#string()] : [];
    const error = this.#enter(makeError({ className, baseName }, text));
    for (let op = this.#byte(); op !== ops.undefined; op = this.#byte()) define(error, this.#string(), this.#value(), op === ops.true);
    return error;
  }

  #enter<T extends object>(object: T): T {
    this.#objects.push(object);
    return object;
  }

  #byte(): number {
    return this.#bytes[this.#position++] as number;
  }

  #count(): number {
    const small = this.#byte();
    return small < 255 ? small : this.#u32();
  }

  #u32(): number {
    this.#position += 4;
    return this.#u32At(this.#position - 4);
  }

  #u32At(at: number): number {
    const bytes = this.#bytes;
    return (
      ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>>
      0
    );
  }

  #f64(): number {
    this.#doubles ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    this.#position += 8;
    return this.#doubles.getFloat64(this.#position - 8, true);
  }

  /** A string, of which the step comes next. */
  #string(): string {
    const op = this.#byte();
    if (op >= ops.shortString) return this.#text(op - ops.shortString);
    return op === ops.longString ? this.#text(this.#u32()) : "";
  }

  #text(length: number): string {
    if (this.#characters + length > this.#chunk.length) this.#readChunk();
    const from = this.#characters;
    this.#characters = from + length;
    return this.#chunk.length === length ? this.#chunk : this.#chunk.slice(from, from + length);
  }

  #readChunk(): void {
    const head = this.#u32At(this.#nextChunk);
    const isWide = (head & 1) === 1;
    const from = this.#nextChunk + 4;
    this.#nextChunk = from + (head >>> 1) * (isWide ? 2 : 1);
    this.#chunk = this.#bytes.toString(isWide ? "utf16le" : "latin1", from, this.#nextChunk);
    this.#characters = 0;
  }
}

/** Makes a property, whatever stands in the prototypes. */
function define(object: object, key: string, value: unknown, isEnumerable: boolean): void {
  Object.defineProperty(object, key, { value, enumerable: isEnumerable, writable: true, configurable: true });
}

/** A buffer that can change its size. (TypeScript's ES2023 does not know it.) */
function growable(byteLength: number, maxByteLength: number): ArrayBuffer {
  return Reflect.construct(ArrayBuffer, [byteLength, { maxByteLength }]);
}

function makeView(name: string | undefined, buffer: ArrayBuffer, offset: number, length: number): ArrayBufferView {
  if (name === "Buffer") return Buffer.from(buffer, offset, length);
  const viewClass: unknown = Reflect.get(globalThis, name ?? "");
  if (typeof viewClass !== "function") throw new Error(`there is no ${name} here`);
  return Reflect.construct(viewClass, [buffer, offset, length]);
}
