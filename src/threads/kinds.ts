/**
 * What an object is to structured clone: decided by what it is inside, not by its prototype; cached by prototype, and verified.
 *
 * Objects that this module does not know are shown to V8 once for each prototype, whose word counts.
 */

import { types } from "node:util";
import { v8 } from "../builtins.js";

/** What an object is to the codec. */
export const kinds = {
  /** Its own enumerable properties are all there is to it: objects, instances of classes. */
  plain: 0,
  array: 1,
  date: 2,
  regExp: 3,
  map: 4,
  set: 5,
  boxed: 6,
  buffer: 7,
  view: 8,
  error: 9,
  /** Goes only through a message port: a SharedArrayBuffer, a Blob, a KeyObject. */
  carried: 10,
  /** Structured clone refuses it. */
  refused: 11,
  proxy: 12,
} as const;

export type Kind = (typeof kinds)[keyof typeof kinds];

const kindsByPrototype = new WeakMap<object, Kind>();

/** What `value` is. Never throws, and runs no code of the user's. */
export function kindOf(value: object): Kind {
  if (types.isProxy(value)) return kinds.proxy;
  if (Array.isArray(value)) return kinds.array;
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return kinds.plain;
  if (prototype === null) return types.isNativeError(value) ? kinds.error : kinds.plain;
  const known = kindsByPrototype.get(prototype);
  if (known !== undefined && isStill(known, value)) return known;
  const kind = look(value, prototype);
  // V8's no may be about what is inside this one object.
  if (kind !== kinds.refused && kind !== kinds.carried) kindsByPrototype.set(prototype, kind);
  return kind;
}

/** Whether an object whose prototype is that of a `kind` is one: a prototype can be given to anything. */
function isStill(kind: Kind, value: object): boolean {
  switch (kind) {
    case kinds.view:
      return ArrayBuffer.isView(value);
    case kinds.date:
      return types.isDate(value);
    case kinds.map:
      return types.isMap(value);
    case kinds.set:
      return types.isSet(value);
    case kinds.regExp:
      return types.isRegExp(value);
    case kinds.boxed:
      return types.isBoxedPrimitive(value);
    case kinds.buffer:
      return types.isArrayBuffer(value);
    default:
      return true;
  }
}

function look(value: object, prototype: object): Kind {
  if (ArrayBuffer.isView(value)) return kinds.view;
  if (types.isDate(value)) return kinds.date;
  if (types.isRegExp(value)) return kinds.regExp;
  if (types.isMap(value)) return kinds.map;
  if (types.isSet(value)) return kinds.set;
  if (types.isSharedArrayBuffer(value)) return kinds.carried;
  if (types.isArrayBuffer(value)) return kinds.buffer;
  if (types.isBoxedPrimitive(value)) return types.isSymbolObject(value) ? kinds.refused : kinds.boxed;
  if (types.isNativeError(value) || isErrorLike(prototype)) return kinds.error;
  return ofPrototype(value, prototype);
}

/** Whether `Error` or `DOMException` (whose instances are ordinary objects in Node.js 20) is among the prototypes. */
function isErrorLike(prototype: object): boolean {
  for (let at: object | null = prototype; at !== null; at = parentOf(at)) {
    if (at === Error.prototype || at === DOMException.prototype) return true;
  }
  return false;
}

/** Classes of the platform whose instances only a message port can bring over, by name. (A class of the user's of that name goes there too.) */
const portClasses = new Set(
  [
    "Blob File MessagePort KeyObject CryptoKey X509Certificate BlockList SocketAddress Histogram FileHandle",
    "ReadableStream WritableStream TransformStream",
  ].flatMap((names) => names.split(" ")),
);

function ofPrototype(value: object, prototype: object): Kind {
  let isUnsure = false;
  for (let at: object | null = prototype; at !== null && at !== Object.prototype; at = parentOf(at)) {
    const maker = ownValue(at, "constructor");
    if (typeof maker !== "function") {
      isUnsure ||= Object.hasOwn(at, Symbol.toStringTag);
      continue;
    }
    if (portClasses.has(nameOf(maker))) return kinds.carried;
    // The `Object` of another realm is at the root of what is plain there.
    isUnsure ||= isNative(maker) && !(parentOf(at) === null && nameOf(maker) === "Object");
  }
  return isUnsure ? judge(value) : kinds.plain;
}

function parentOf(prototype: object): object | null {
  return types.isProxy(prototype) ? null : Object.getPrototypeOf(prototype);
}

/** The value of an own data property. */
export function ownValue(object: object, key: PropertyKey): unknown {
  return types.isProxy(object) ? undefined : Object.getOwnPropertyDescriptor(object, key)?.value;
}

/** The name of a function, if it is text. */
export function nameOf(maker: unknown): string {
  const name = typeof maker === "function" ? ownValue(maker, "name") : undefined;
  return typeof name === "string" ? name : "";
}

function isNative(maker: unknown): boolean {
  return !types.isProxy(maker) && Function.prototype.toString.call(maker).endsWith("{ [native code] }");
}

/** Thrown through V8 where it meets what only a port can bring over. */
const onlyByPort = new Error("only through a message port");

/** Asks V8 what it thinks of an object. */
function judge(value: object): Kind {
  const refuse = (): never => {
    throw onlyByPort;
  };
  try {
    // Called by the serializer itself where it meets what it does not write.
    const serializer = Object.assign(new (v8().Serializer)(), { _writeHostObject: refuse, _getSharedArrayBufferId: refuse });
    serializer.writeHeader();
    serializer.writeValue(value);
    return kinds.plain;
  } catch (thrown) {
    return thrown === onlyByPort ? kinds.carried : kinds.refused;
  }
}
