/**
 * Errors as what is written of them: class, message, stack, name, code, own properties, cause.
 *
 * An error is the news that something went wrong, so it never fails to be written: properties that cannot be cloned are left out.
 */
import { kindOfError, prototypeOf } from "./error-classes.js";
import { kindOf, kinds } from "./kinds.js";
import { causes, ops } from "./ops.js";

/** What the encoder does for an error. */
export interface ErrorSink {
  /** Gives an object its number. */
  enter(error: object): void;
  /** Whether an object has no number yet. */
  isNew(error: object): boolean;
  byte(value: number): void;
  string(value: string): void;
  value(value: unknown): void;
  /** Writes, or takes back what was written where that throws. Answers whether it is there. */
  attempt(write: () => void): boolean;
}

/** Writes an error and its causes, however many. */
export function writeError(first: object, sink: ErrorSink): void {
  for (let error: object | undefined = first; error !== undefined; ) error = writeOne(error, sink);
}

/** Writes one error; answers its cause, if that is an error to be written next. */
function writeOne(error: object, sink: ErrorSink): object | undefined {
  sink.enter(error);
  const kind = kindOfError(error);
  sink.byte(ops.error);
  sink.string(kind.className);
  sink.string(kind.baseName);
  if (kind.baseName === "DOMException") {
    sink.string(textOf(error, "message"));
    sink.string(textOf(error, "name"));
  }
  const own = new Set(Reflect.ownKeys(error));
  writeInherited(error, own, kind.baseName, sink);
  for (const key of own) {
    if (typeof key !== "string" || key === "cause" || key === "stack") continue;
    const isEnumerable = Object.getOwnPropertyDescriptor(error, key)?.enumerable === true;
    const value = read(error, key);
    if (!writeField(key, isEnumerable, value, sink) && key === "errors" && Array.isArray(value)) {
      writeField(key, isEnumerable, cloneable(value, sink), sink);
    }
  }
  sink.byte(ops.undefined);
  return writeCause(error, own.has("cause"), sink);
}

/** What an error shows that is not its own, and that its base would not show by itself. */
function writeInherited(error: object, own: ReadonlySet<PropertyKey>, baseName: string, sink: ErrorSink): void {
  const stack = read(error, "stack");
  if (typeof stack === "string") writeField("stack", false, stack, sink);
  if (baseName === "DOMException") return;
  const base = prototypeOf(baseName);
  for (const key of ["name", "message", "code", "errors"]) {
    if (own.has(key)) continue;
    const value = read(error, key);
    if (value !== undefined && value !== inherited(base, key)) writeField(key, false, value, sink);
  }
}

function inherited(base: object, key: string): unknown {
  return read(base, key);
}

/** A property, or `undefined` where reading it throws. */
function read(error: object, key: string): unknown {
  try {
    return Reflect.get(error, key);
  } catch {
    return undefined;
  }
}

function textOf(error: object, key: string): string {
  const value = read(error, key);
  return typeof value === "string" ? value : "";
}

function writeField(key: string, isEnumerable: boolean, value: unknown, sink: ErrorSink): boolean {
  return sink.attempt(() => {
    sink.byte(isEnumerable ? ops.true : ops.false);
    sink.string(key);
    sink.value(value);
  });
}

/** The members of a list that can be written. */
function cloneable(list: readonly unknown[], sink: ErrorSink): unknown[] {
  return list.filter((member) => {
    let isWritten = false;
    sink.attempt(() => {
      sink.value(member);
      isWritten = true;
      throw new Error("taken back");
    });
    return isWritten;
  });
}

function writeCause(error: object, hasCause: boolean, sink: ErrorSink): object | undefined {
  const cause = hasCause ? read(error, "cause") : undefined;
  const isEnumerable = hasCause && Object.getOwnPropertyDescriptor(error, "cause")?.enumerable === true;
  if (typeof cause === "object" && cause !== null && kindOf(cause) === kinds.error && sink.isNew(cause)) {
    sink.byte(causes.error);
    sink.byte(isEnumerable ? 1 : 0);
    return cause;
  }
  const isWritten =
    hasCause &&
    sink.attempt(() => {
      sink.byte(causes.value);
      sink.byte(isEnumerable ? 1 : 0);
      sink.value(cause);
    });
  if (!isWritten) sink.byte(causes.none);
  return undefined;
}
