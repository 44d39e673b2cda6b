/**
 * Writes a value as bytes, with everything that structured clone brings over, and errors as what they are.
 *
 * What cannot be written stops it: {@link Refusal} where nothing can bring the value over, {@link OnlyByPort} where a message port can.
 * Why it was refused is found out afterwards, by `uncloneable.ts`: nothing here keeps track of where it is.
 */
import { types } from "node:util";
import { BufferTable, isDetached } from "./buffer-table.js";
import { ByteWriter } from "./byte-writer.js";
import { type ErrorSink, writeError } from "./error-fields.js";
import { kindOf, kinds } from "./kinds.js";
import { formatVersion, headerSize, ops, viewClasses, viewWidths } from "./ops.js";
import { KnownShapes, mostKeys, type Shape } from "./shapes.js";
import { viewedInputs } from "./viewed-inputs.js";

/** Thrown where a value cannot be brought to another thread at all. */
export class Refusal extends Error {}
/** Thrown where a value can be brought to another thread through a message port only. */
export class OnlyByPort extends Error {}

// Made once: they carry nothing, and a stack costs more than a small value.
const refusal = new Refusal("cannot be cloned");
const onlyByPort = new OnlyByPort("only through a message port");

/** What is nested deeper is refused: the reader's stack may be shorter than the writer's. Structured clone gives up near 2,000. */
const deepest = 2_000;
export const tooDeep = new Refusal("nested too deep");

/** Up to this many objects an earlier one is found by looking through a list, which costs less than a map. */
const fewObjects = 8;

/** Writes values, one message after the other. Not to be entered again while it writes: getters run the user's code. */
export class ValueEncoder {
  readonly #writer = new ByteWriter();
  readonly #buffers = new BufferTable();
  readonly #shapes = new KnownShapes();
  /** The objects of this message by number; beyond the first few also in the map. */
  readonly #objects: object[] = [];
  readonly #numbers = new Map<object, number>();
  #message = 0;
  #shapeCount = 0;
  #depth = 0;
  readonly #errorSink: ErrorSink = {
    enter: (error) => this.#enter(error),
    isNew: (error) => this.#findObject(error) === -1,
    byte: (value) => this.#writer.byte(value),
    string: (value) => this.#string(value),
    value: (value) => this.#value(value),
    attempt: (write) => this.#attempt(write),
  };

  /**
   * The bytes of a value: a view that is valid until the next call.
   *
   * @throws {Refusal} if it cannot be brought to another thread, {@link OnlyByPort} if bytes cannot hold it, and what a getter throws
   */
  encode(value: unknown): Uint8Array {
    const writer = this.#writer;
    writer.start();
    this.#message++;
    this.#shapeCount = 0;
    this.#depth = 0;
    try {
      this.#value(value);
      const textAt = writer.position;
      writer.flushText();
      const buffersAt = writer.position;
      const segments = this.#buffers.isEmpty ? 0 : this.#buffers.write(writer);
      writer.patch(0, formatVersion);
      writer.patch(4, textAt);
      writer.patch(8, buffersAt);
      writer.patch(headerSize - 4, segments);
      return writer.finish();
    } finally {
      this.#forget(0);
      this.#buffers.clear();
    }
  }

  #value(value: unknown): void {
    const writer = this.#writer;
    switch (typeof value) {
      case "string":
        this.#string(value);
        break;
      case "number":
        this.#number(value);
        break;
      case "object":
        if (value === null) writer.byte(ops.null);
        else this.#object(value);
        break;
      case "boolean":
        writer.byte(value ? ops.true : ops.false);
        break;
      case "undefined":
        writer.byte(ops.undefined);
        break;
      case "bigint":
        writer.byte(ops.bigint);
        this.#string(value.toString(16));
        break;
      default:
        throw refusal;
    }
  }

  #number(value: number): void {
    const writer = this.#writer;
    if ((value | 0) !== value || Object.is(value, -0)) {
      writer.byte(ops.double);
      writer.f64(value);
    } else if (value >= 0 && value < 64) {
      writer.byte(ops.smallInt + value);
    } else {
      writer.byte(ops.int32);
      writer.u32(value);
    }
  }

  #string(value: string): void {
    const writer = this.#writer;
    const { length } = value;
    if (length === 0) {
      writer.byte(ops.emptyString);
      return;
    }
    if (length < 128) {
      writer.byte(ops.shortString + length);
    } else {
      writer.byte(ops.longString);
      writer.u32(length);
    }
    writer.characters(value);
  }

  #object(value: object): void {
    const earlier = this.#findObject(value);
    if (earlier !== -1) {
      this.#writer.byte(ops.reference);
      this.#writer.count(earlier);
      return;
    }
    if (++this.#depth > deepest) throw tooDeep;
    switch (kindOf(value)) {
      case kinds.plain:
        this.#enter(value);
        this.#plain(value as Record<string, unknown>);
        break;
      case kinds.array:
        this.#enter(value);
        this.#array(value as unknown[]);
        break;
      default:
        this.#special(value);
        break;
    }
    this.#depth--;
  }

  #plain(value: Record<string, unknown>): void {
    const writer = this.#writer;
    const keys = Object.keys(value);
    const shape = keys.length === 0 || keys.length > mostKeys ? undefined : this.#shapes.find(keys);
    if (shape === undefined) {
      writer.byte(ops.dictionary);
      this.#pairs(value, keys);
      return;
    }
    this.#shape(shape);
    for (let i = 0; i < keys.length; i++) this.#value(value[keys[i] as string]);
  }

  #shape(shape: Shape): void {
    const writer = this.#writer;
    if (shape.message === this.#message && shape.index < this.#shapeCount) {
      writer.byte(ops.knownShape);
      writer.count(shape.index);
    } else {
      shape.message = this.#message;
      shape.index = this.#shapeCount++;
      writer.byte(ops.newShape);
      this.#string(shape.text);
    }
  }

  #pairs(value: object, keys: readonly string[]): void {
    this.#writer.count(keys.length);
    const record = value as Record<string, unknown>;
    for (const key of keys) {
      this.#string(key);
      this.#value(record[key]);
    }
  }

  #array(value: unknown[]): void {
    const writer = this.#writer;
    const { length } = value;
    const keys = Object.keys(value);
    // Indices come first: without holes and names, the last key is the last index.
    if (keys.length !== length || (length > 0 && keys[length - 1] !== String(length - 1))) {
      writer.byte(ops.sparseArray);
      writer.u32(length);
      this.#pairs(value, keys);
      return;
    }
    writer.byte(ops.array);
    writer.count(length);
    for (let i = 0; i < length; i++) this.#value(value[i]);
  }

  #special(value: object): void {
    const writer = this.#writer;
    switch (kindOf(value)) {
      case kinds.date:
        this.#enter(value);
        writer.byte(ops.date);
        writer.f64(Date.prototype.getTime.call(value));
        break;
      case kinds.regExp: {
        this.#enter(value);
        const { source, flags } = value as RegExp;
        writer.byte(ops.regExp);
        this.#string(source);
        this.#string(flags);
        break;
      }
      case kinds.map: {
        this.#enter(value);
        // A copy: to write an entry may run a getter, which may change the map.
        const entries = [...Map.prototype.entries.call(value)];
        writer.byte(ops.map);
        writer.count(entries.length);
        for (const [key, entry] of entries) {
          this.#value(key);
          this.#value(entry);
        }
        return;
      }
      case kinds.set: {
        this.#enter(value);
        const entries = [...Set.prototype.values.call(value)];
        writer.byte(ops.set);
        writer.count(entries.length);
        for (const entry of entries) this.#value(entry);
        return;
      }
      case kinds.boxed:
        this.#enter(value);
        writer.byte(ops.boxed);
        this.#value(unboxed(value));
        break;
      case kinds.buffer:
        this.#buffer(value as ArrayBuffer);
        break;
      case kinds.view:
        this.#view(value as ArrayBufferView);
        break;
      case kinds.error:
        writeError(value, this.#errorSink);
        break;
      case kinds.carried:
        throw onlyByPort;
      case kinds.proxy: {
        const viewed = viewedInputs(value);
        if (viewed === undefined) throw refusal;
        this.#enter(value);
        this.#plain(viewed);
        break;
      }
      default:
        throw refusal;
    }
  }

  #buffer(buffer: ArrayBuffer): void {
    if (isDetached(buffer)) throw refusal;
    this.#enter(buffer);
    this.#writer.byte(ops.buffer);
    this.#writer.count(this.#buffers.useAll(buffer));
  }

  #view(view: ArrayBufferView): void {
    const { buffer, byteOffset, byteLength } = view;
    if (!types.isArrayBuffer(buffer)) throw onlyByPort;
    if (isDetached(buffer)) throw refusal;
    this.#enter(view);
    const kind = viewClassOf(view);
    const width = viewWidths[kind] as number;
    this.#writer.byte(ops.view);
    this.#writer.byte(kind);
    this.#writer.count(this.#buffers.use(buffer, byteOffset, byteOffset + byteLength, width));
    this.#writer.f64(byteOffset);
    this.#writer.f64(byteLength / width);
  }

  /** Writes something that may be left out: what it wrote before it failed is taken back. Answers whether it is there. */
  #attempt(write: () => void): boolean {
    const mark = this.#writer.mark();
    const objects = this.#objects.length;
    const shapes = this.#shapeCount;
    const depth = this.#depth;
    try {
      write();
      return true;
    } catch {
      this.#writer.rewind(mark);
      this.#forget(objects);
      this.#shapeCount = shapes;
      this.#depth = depth;
      return false;
    }
  }

  /** The number of an object that was written before, or -1. */
  #findObject(value: object): number {
    const objects = this.#objects;
    if (objects.length > fewObjects) return this.#numbers.get(value) ?? -1;
    for (let i = 0; i < objects.length; i++) if (objects[i] === value) return i;
    return -1;
  }

  #enter(value: object): void {
    const objects = this.#objects;
    const number = objects.push(value) - 1;
    if (number < fewObjects) return;
    if (number === fewObjects) for (let i = 0; i < fewObjects; i++) this.#numbers.set(objects[i] as object, i);
    this.#numbers.set(value, number);
  }

  #forget(kept: number): void {
    const objects = this.#objects;
    if (objects.length > fewObjects) {
      if (kept === 0) this.#numbers.clear();
      else for (let i = kept; i < objects.length; i++) this.#numbers.delete(objects[i] as object);
    }
    objects.length = kept;
  }
}

const viewNames: readonly unknown[] = viewClasses;
const indexOfBuffer = viewClasses.indexOf("Buffer");
const indexOfDataView = viewClasses.indexOf("DataView");

/** Says what a typed array is, whatever its prototype says; `undefined` for a `DataView`. */
const typedArrayName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get;

function viewClassOf(view: ArrayBufferView): number {
  if (Buffer.isBuffer(view)) return indexOfBuffer;
  const found: unknown = typedArrayName?.call(view);
  if (found === undefined) return indexOfDataView;
  const index = viewNames.indexOf(found);
  if (index === -1) throw refusal;
  return index;
}

/** The primitive in a boxed one, whatever its own `valueOf` says. */
function unboxed(value: object): unknown {
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  if (types.isBigIntObject(value)) return BigInt.prototype.valueOf.call(value);
  throw refusal;
}
